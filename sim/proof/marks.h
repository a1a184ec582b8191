#pragma once

// Situations that the simulator must reach: a long run that leaves one at zero proves less than it
// says.

#include <array>
#include <cstdint>
#include <string_view>

namespace atlas::sim {

enum class Mark : std::uint8_t {
  kKilled,
  kLeaseHeld,
  kSlept,
  kStaleEpoch,
  kStoppedEarly,
  kFailedCall,
  kSettledApplied,
  kSettledNever,
  kCommitAppliedUnanswered,
  kCommitRolledBack,
  kCommitLater,
  kCrashed,
  kNumberReused,
  kLockWait,
  kDeadlock,
  kLockTimeout,
  kStaleGuard,
  kEcho,
  kTie,
  kLateCommit,
  kPreparedDuringRun,
  kConflictNewest,
  kConflictPolicy,
  kConflictHeld,
  kConflictResolved,
  kConflictClosed,
  kBaseUnknown,
  kAdopted,
  kParked,
  kDeferred,
  kWaiting,
  kQuarantined,
  kFiltered,
  kHeld,
  kSuspectedDelete,
  kDeletedLegacy,
  kDeletedPlatform,
  kRevivedLegacy,
  kRevivedPlatform,
  kUpdateAgainstDelete,
  kHasChildren,
  kSuppressed,
  kRaised,
  kRowsHidden,
  kDrift,
  kRewound,
  kRepaired,
  kClockStepped,
  kKinds,
  kCapped,
  kJoinedConfirm,
  kReplicaRefused,
};
inline constexpr std::size_t kMarks = static_cast<std::size_t>(Mark::kReplicaRefused) + 1;

// In order of Mark.
constexpr std::array<std::string_view, kMarks> kMarkNames = {
    "a run is killed",
    "a start finds the lease held",
    "a run sleeps beyond its lease",
    "a stale epoch is refused",
    "a run is told to end early",
    "a port call fails",
    "an intent is settled as applied",
    "an intent is settled as never applied",
    "a commit is applied and not answered",
    "a commit is rolled back and not answered",
    "a commit is applied later",
    "a server crashes",
    "a transaction's number is given again",
    "a transaction waits for a row",
    "a deadlock",
    "a wait for a row is given up",
    "a guard is stale",
    "an echo is dropped",
    "more equal stamps than a page holds",
    "a transaction commits after the run that began after it",
    "a prepared transaction stands during a run",
    "a conflict is won by the newest",
    "a conflict is won by policy",
    "a conflict waits for a person",
    "a person resolves a conflict",
    "an open conflict closes by itself",
    "a conflict without a base",
    "two rows are adopted as one",
    "a row is set aside as a candidate",
    "a reference is deferred",
    "a child waits for its parent",
    "a row is quarantined",
    "a row is filtered",
    "a row is held",
    "a delete is suspected",
    "a delete reaches legacy",
    "a delete reaches the platform",
    "a revival reaches legacy",
    "a revival reaches the platform",
    "an update meets a delete",
    "a parent is kept for its children",
    "a trigger swallows a write",
    "a trigger refuses a write",
    "rows are hidden from a run",
    "a schema drifts",
    "a rewound database is noticed",
    "a rewound database is repaired",
    "a clock steps",
    "people of two kinds",
    "a cap holds deletes back",
    "a confirm joins its apply",
    "a replica is refused",
};

class Marks {
 public:
  void set(Mark mark) { bits_ |= std::uint64_t{1} << static_cast<unsigned>(mark); }
  bool has(Mark mark) const { return ((bits_ >> static_cast<unsigned>(mark)) & 1U) != 0; }
  void set_if(bool reached, Mark mark) {
    if (reached) set(mark);
  }
  std::uint64_t bits() const { return bits_; }

 private:
  std::uint64_t bits_ = 0;
};
static_assert(kMarks <= 64);

}  // namespace atlas::sim
