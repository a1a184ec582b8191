#pragma once

// What a seed draws: a company, how it is disturbed, and who does what in which round. Swarm
// testing: every seed leaves out most kinds of steps, so that the others meet more often (Groce et
// al., Swarm Testing, 2012).

#include "mapping/plan.h"
#include "sim/virtual/company.h"
#include "sim/virtual/fibers.h"

#include <cstdint>
#include <string>
#include <vector>

namespace atlas::sim {

enum class StepKind : std::uint8_t {
  // Users; `side` is theirs.
  kFound,  // a team comes
  kHire,   // a person comes, half of them into a team
  kTwin,   // the same person comes on both sides, by mail
  kName,   // a field is edited
  kCity,
  kRemark,
  kStatus,
  kPoison,  // a status that no code stands for (legacy)
  kMove,    // to another team, or to none
  kDelete,  // as the side deletes: marked or removed
  kRevive,
  kSecret,    // a column that is not mapped
  kPair,      // two people in one transaction, with time between
  kBulk,      // every person's city in one transaction: equal stamps
  kLate,      // an edit whose transaction stays open for rounds
  kPrepared,  // the same, prepared
  kClose,     // a team is emptied and deleted
  // Starts of a job.
  kRun,
  kReconcile,
  // The operator.
  kResolve,  // an open conflict
  kRetry,    // what is quarantined
  kRepair,
  // Faults.
  kCommitFault,
  kCrash,
  kBackup,
  kRestore,
  kClockStep,
  kHideRows,  // row security, until the round ends
  kAddColumn,
  kTrigger,
  kRemap,    // a field's operator changes (E15)
  kReplica,  // an address leads to a replica that lags, for a while
};
inline constexpr std::size_t kStepKinds = 32;
std::string_view step_kind_name(StepKind kind);

struct Step {
  StepKind kind{};
  std::uint8_t round = 0;
  std::uint8_t actor = 0;  // steps of one actor follow each other; actors of a round are concurrent
  Side side = Side::kLegacy;
  std::uint32_t a = 0, b = 0, c = 0;  // which row, which way, how long: drawn once, so that a
                                      // script without other steps still means the same
};
std::string describe(const Step& step);

// How a run is disturbed.
struct RunFault {
  std::uint32_t kill_at = 0;   // its port call; 0: never
  std::uint32_t sleep_at = 0;  // stopped there beyond its lease
  std::uint32_t stop_at = 0;   // told to end early from there
  std::uint32_t errors_in_1000 = 0;
  std::uint32_t page_rows = 1;
  bool sweep = false;
};
RunFault run_fault(const Step& step);

struct Script {
  std::uint64_t seed = 0;
  TokenStyle tokens = TokenStyle::kWriter;
  Scheduling scheduling = Scheduling::kUniform;
  CompanyOptions company;
  bool one_stage = false;
  bool joined_state = false;  // state lives in the identity database
  bool sweeps = false;        // every run compares a stretch
  bool group = false;         // name and city win or lose together
  Policy remark = Policy::kManual, city = Policy::kNewest;
  OnDelete on_delete = OnDelete::kUpdateWins;
  Micros platform_ahead{};
  std::uint8_t rounds = 0;
  std::vector<Step> steps;  // by round and actor
};
Script draw(std::uint64_t seed);
std::string describe(const Script& script);

}  // namespace atlas::sim
