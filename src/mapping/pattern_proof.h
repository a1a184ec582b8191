#pragma once

// Whether a text can be divided into the segments of a template in one way only.

#include "mapping/pattern_regex.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace atlas {

// A text and two ways to divide it; each has one piece a segment.
struct TwoReadings {
  std::string text;
  std::vector<std::string> first, second;
};

struct SplitProof {
  bool too_large = false;               // not decided
  std::optional<TwoReadings> readings;  // of a shortest text that has two
  bool unambiguous() const { return !too_large && !readings; }
};

// Exact: the squared automaton of the segments' concatenation is searched breadth first.
SplitProof prove_one_split(std::span<const RegexNode> segments);

}  // namespace atlas
