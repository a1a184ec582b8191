#include "app/run_exit.h"

#include <algorithm>
#include <array>

namespace atlas::app {

ExitCode exit_of_run(const RunReport& report, IfLocked if_locked, ExitCode interrupted) {
  switch (report.outcome) {
    case RunOutcome::kLeaseHeld:
      return if_locked == IfLocked::kFail ? ExitCode::kLeaseHeld : ExitCode::kDone;
    case RunOutcome::kDone:
      return ExitCode::kDone;
    case RunOutcome::kStopped:
    case RunOutcome::kPartial:
    case RunOutcome::kFailed:
      break;
  }
  if (!report.error) {
    return report.outcome == RunOutcome::kFailed ? ExitCode::kUnexpected : ExitCode::kDone;
  }
  if (report.error->code() == Code::kDeadline) return ExitCode::kDone;
  if (report.error->code() == Code::kInterrupted) return interrupted;
  return report.error->exit();
}

ExitCode graver(ExitCode a, ExitCode b) {
  constexpr std::array kGravity = {
      ExitCode::kDone,         ExitCode::kDifferences, ExitCode::kHeldRows,   ExitCode::kLeaseHeld,
      ExitCode::kUnexpected,   ExitCode::kUnreachable, ExitCode::kPermission, ExitCode::kUsage,
      ExitCode::kPersonNeeded, ExitCode::kInterrupted, ExitCode::kTerminated};
  const auto gravity = [&](ExitCode exit) {
    return std::ranges::find(kGravity, exit) - kGravity.begin();
  };
  return gravity(a) >= gravity(b) ? a : b;
}

}  // namespace atlas::app
