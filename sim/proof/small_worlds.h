#pragma once

// Every story of a small world: one entity, one linked row, two sides, up to three user operations
// and one crash, in all interleavings with the calls of a run (RELIABILITY §3). An operation moves
// only among the calls to its own database that may meet its row: past the others it commutes. A
// crash comes after each call that leaves something behind: between the others it is the same.

#include "sim/proof/history.h"

#include <cstdint>
#include <optional>
#include <string>

namespace atlas::sim {

struct SmallWorlds {
  int operations_max = 3;
  bool crash = true;
  TokenStyle tokens = TokenStyle::kWriter;
  unsigned threads = 1;
};

struct SmallSums {
  std::uint64_t stories = 0;
  std::uint64_t crashes = 0;           // stories whose run was killed
  std::optional<Violation> violation;  // the first one found
  std::string story;                   // in which
};

SmallSums play_small_worlds(const SmallWorlds& worlds);

}  // namespace atlas::sim
