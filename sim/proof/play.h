#pragma once

// Plays a script on the virtual machine with the real engine, in two phases: users, jobs and faults
// meet; then faults end, users fix what they broke, and everything must come to rest.

#include "sim/proof/history.h"
#include "sim/proof/marks.h"
#include "sim/proof/script.h"

#include <array>
#include <optional>
#include <string>

namespace atlas::sim {

enum class FaultKind : std::uint8_t {
  kKill,
  kSleep,
  kStop,
  kFailedCalls,
  kCommit,
  kCrash,
  kRestore,
  kClock,
  kHiddenRows,
  kColumn,
  kTrigger,
  kRemap,
  kLate,
  kPrepared,
  kPoison,
  kDuplicateStart,
  kReplica,
};
inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::kReplica) + 1;
constexpr std::array<std::string_view, kFaultKinds> kFaultNames = {
    "killed runs",       "sleeping runs",         "early stops",        "failed calls",
    "lost answers",      "crashed servers",       "restored databases", "stepped clocks",
    "hidden rows",       "added columns",         "triggers",           "changed operators",
    "late transactions", "prepared transactions", "poisoned rows",      "duplicate starts",
    "lagging replicas",
};

struct Outcome {
  std::optional<Violation> violation;
  Marks marks;
  std::uint64_t trace = 0;  // of every port call and every commit, in order
  std::uint32_t user_commits = 0;
  std::uint32_t runs = 0;
  std::array<std::uint32_t, kFaultKinds> faults{};
  std::uint32_t fault_count() const {
    std::uint32_t sum = 0;
    for (const std::uint32_t n : faults) sum += n;
    return sum;
  }
};

// Same script, same outcome. `log`, if given, receives a line for each step, run and commit.
Outcome play(const Script& script, std::string* log = nullptr);

}  // namespace atlas::sim
