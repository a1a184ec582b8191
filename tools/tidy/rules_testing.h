#pragma once

#include "tools/tidy/rules.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace atlas::tidy {

// The findings as "path:line rule", in the order found.
inline std::vector<std::string> briefly(const Findings& findings) {
  std::vector<std::string> brief;
  for (const Finding& finding : findings) {
    brief.push_back(finding.path + ":" + std::to_string(finding.line) + " " + finding.rule);
  }
  return brief;
}

// A tree of one file.
inline Tree one_file(std::string path, std::string text) {
  return Tree{{{std::move(path), std::move(text)}}};
}

}  // namespace atlas::tidy
