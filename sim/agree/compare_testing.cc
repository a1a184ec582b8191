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
    Nature{"SQLite", "kUniqueTaken by [^\n]*", "kUniqueTaken",
           "SQLite names the columns of a unique constraint, not the constraint"},
    Nature{"SQLite", " by \\w+\\.(\\w+)\n", " by $1\n",
           "SQLite names a required column together with its table"},
    Nature{"SQLite", "id int8 not null default fed", "id int8 not null",
           "SQLite feeds every integer key: it is the rowid"},
    Nature{"SQLite", "not applied: [^\n]*", "not applied",
           "SQLite does not try the other writes of an instance once one of them failed"},
    Nature{
        "SQLite", "", "",
        "SQLite knows that a key is taken before it looks at the row: where rows are refused for "
        "what they hold themselves, draw() gives them keys of their own"},
    Nature{"SQLite", "", "", "SQLite has one writer: scripts with two are not played there"},
    Nature{"SQLite", ", more\n  end\n", ", end\n",
           "SQLite looks one row further: its full last page knows that it is the last"},
};

using Lines = std::vector<std::string>;

Lines as_compared(const Lines& lines, const std::string& one, const std::string& two) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  for (const Nature& nature : kNatures) {
    if (nature.words.empty() || (nature.engine != one && nature.engine != two)) continue;
    text = std::regex_replace(text, std::regex{std::string(nature.words)},
                              std::string(nature.instead));
  }
  Lines out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    out.push_back(text.substr(at, end - at));
    at = end + 1;
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
