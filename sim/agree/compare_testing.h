#pragma once

// Two transcripts as a diff, and what may differ.

#include "sim/agree/player_testing.h"

#include <span>
#include <string>
#include <string_view>

namespace atlas::agree {

// A difference that lies in an engine's nature: before its transcript is compared with another,
// `words` (a regular expression) become `instead` in both. Without words: what is not played.
struct Nature {
  std::string_view engine, words, instead, why;
};
std::span<const Nature> natures();

// Empty if both say the same; else the first steps that differ, as a diff of their lines.
std::string difference(const std::string& left_name, const Transcript& left,
                       const std::string& right_name, const Transcript& right);

}  // namespace atlas::agree
