#include "sim/agree/compare_testing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <regex>

namespace atlas::agree {
namespace {

constexpr std::size_t kStepsShown = 3;

constexpr std::array kNatures = {
    Nature{"SQLite", " by (\\w+_fkey|FOREIGN KEY)", " by a foreign key",
           "SQLite does not say which foreign key refuses"},
};

using Lines = std::vector<std::string>;

Lines as_compared(const Lines& lines, const std::string& one, const std::string& two) {
  Lines out = lines;
  for (const Nature& nature : kNatures) {
    if (nature.engine != one && nature.engine != two) continue;
    const std::regex words{std::string(nature.words)};
    for (std::string& line : out)
      line = std::regex_replace(line, words, std::string(nature.instead));
  }
  return out;
}

std::string diff(const Lines& left, const Lines& right) {
  std::string out;
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const bool both = i < left.size() && i < right.size();
    if (both && left[i] == right[i]) {
      out += "  " + left[i] + "\n";
      continue;
    }
    if (i < left.size()) out += "- " + left[i] + "\n";
    if (i < right.size()) out += "+ " + right[i] + "\n";
  }
  return out;
}

}  // namespace

std::span<const Nature> natures() { return kNatures; }

std::string difference(const std::string& left_name, const Transcript& left,
                       const std::string& right_name, const Transcript& right) {
  std::string out;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    const Lines a = as_compared(left[i], left_name, right_name);
    const Lines b = as_compared(right[i], left_name, right_name);
    if (a == b || shown == kStepsShown) continue;
    ++shown;
    out += fmt::format("@@ step {}\n{}", i + 1, diff(a, b));
  }
  return out.empty() ? out : fmt::format("--- {}\n+++ {}\n{}", left_name, right_name, out);
}

}  // namespace atlas::agree
