#pragma once

// The regular expressions of a pattern's groups: characters, classes, `.`, groups, alternatives and
// greedy repetition. Read here and not by RE2 alone, because the proof that a template is
// unambiguous needs the expression's parts.

#include "foundation/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

struct CodeRange {
  char32_t first = 0, last = 0;
  bool operator==(const CodeRange&) const = default;
};
// Sorted, without overlaps. Never U+0000, which no text has, nor half a surrogate pair.
using CodeSet = std::vector<CodeRange>;

struct RegexNode {
  enum class Kind : std::uint8_t { kSet, kSequence, kChoice, kRepeat };
  Kind kind = Kind::kSequence;
  CodeSet set;                   // kSet: one character of these
  std::vector<RegexNode> parts;  // kRepeat has one
  int min = 0, max = 0;          // kRepeat; kUnlimited
  static constexpr int kUnlimited = -1;
};

// Errors: kWrongShape, with what to write instead.
Result<RegexNode> parse_regex(std::string_view text);
// Exactly these characters, one after the other.
RegexNode literal_regex(std::string_view text);
// The same expression for RE2, without captures.
std::string re2_text(const RegexNode& node);

}  // namespace atlas
