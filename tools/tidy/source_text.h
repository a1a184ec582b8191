#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::tidy {

// One line of C++ taken apart. `code` has neither comments nor the insides of literals, `comment`
// has only comments; both keep the columns of `raw` by blanks.
struct Line {
  std::string raw;
  std::string code;
  std::string comment;
};

std::vector<Line> split_source(std::string_view text);

struct Include {
  std::string path;
  bool quoted = false;
};

// The include directive on the line, if it is one.
std::optional<Include> include_on(const Line& line);

// Whether line `index` departs from `rule` with leave: `// tidy: allow(rule) reason` on the line,
// or on the line above where that one has no code.
bool allowed(const std::vector<Line>& lines, std::size_t index, std::string_view rule);

}  // namespace atlas::tidy
