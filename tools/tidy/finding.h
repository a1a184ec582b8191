#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace atlas::tidy {

enum class Severity { kWarning, kError };

// One departure from a rule. `line` counts from 1; 0 means the whole file.
struct Finding {
  Severity severity = Severity::kError;
  std::string path;
  std::size_t line = 0;
  std::string rule;
  std::string message;

  auto operator<=>(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

}  // namespace atlas::tidy
