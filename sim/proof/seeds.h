#pragma once

// Many seeds, each played twice, on several threads.

#include "sim/proof/play.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace atlas::sim {

struct SeedRange {
  std::uint64_t first = 1;
  std::uint64_t count = 0;
  unsigned threads = 1;
  std::size_t violations_max = 5;  // then it stops
};

struct BrokenSeed {
  std::uint64_t seed = 0;
  Violation violation;
};

struct SeedSums {
  std::uint64_t seeds = 0;
  std::vector<BrokenSeed> broken;             // by seed
  std::array<std::uint64_t, kMarks> marks{};  // seeds that reached it
  std::array<std::uint64_t, kFaultKinds> faults{};
  std::uint64_t user_commits = 0, runs = 0, fault_sum = 0;
  std::uint32_t user_commits_median = 0, runs_median = 0, faults_median = 0;
  double seconds = 0;  // of the wall clock
};

// Plays them all. A seed whose two plays differ is broken too ("S21 determinism").
SeedSums play_seeds(const SeedRange& range);
// As a person reads them.
std::string describe(const SeedSums& sums, const SeedRange& range);

}  // namespace atlas::sim
