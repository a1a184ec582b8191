#include "app/run_exit.h"

#include <gtest/gtest.h>

namespace atlas::app {
namespace {

RunReport report(RunOutcome outcome, std::optional<Error> error = std::nullopt) {
  RunReport out;
  out.outcome = outcome;
  out.error = std::move(error);
  return out;
}

struct Case {
  const char* name;
  RunReport report;
  IfLocked if_locked;
  ExitCode exit;
};

TEST(ExitOfRun, FollowsTheTableOfTheCommandLine) {
  const Error deadline(Code::kDeadline, "");
  const Error interrupted(Code::kInterrupted, "");
  const Error unreachable(Code::kUnreachable, "");
  const Error drift(Code::kSchemaDrift, "");
  const Error privilege(Code::kPrivilegeMissing, "");
  const std::vector<Case> cases = {
      {"done", report(RunOutcome::kDone), IfLocked::kSkip, ExitCode::kDone},
      {"lease held, skipped", report(RunOutcome::kLeaseHeld), IfLocked::kSkip, ExitCode::kDone},
      {"lease held, failed", report(RunOutcome::kLeaseHeld), IfLocked::kFail, ExitCode::kLeaseHeld},
      {"deadline", report(RunOutcome::kPartial, deadline), IfLocked::kSkip, ExitCode::kDone},
      {"deadline at once", report(RunOutcome::kStopped, deadline), IfLocked::kSkip,
       ExitCode::kDone},
      {"signal", report(RunOutcome::kStopped, interrupted), IfLocked::kSkip, ExitCode::kTerminated},
      {"signal within an entity", report(RunOutcome::kPartial, interrupted), IfLocked::kSkip,
       ExitCode::kTerminated},
      {"peer gone", report(RunOutcome::kPartial, unreachable), IfLocked::kSkip,
       ExitCode::kUnreachable},
      {"drift", report(RunOutcome::kPartial, drift), IfLocked::kSkip, ExitCode::kPersonNeeded},
      {"rights", report(RunOutcome::kFailed, privilege), IfLocked::kSkip, ExitCode::kPermission},
      {"failed without a reason", report(RunOutcome::kFailed), IfLocked::kSkip,
       ExitCode::kUnexpected},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(exit_of_run(c.report, c.if_locked, ExitCode::kTerminated), c.exit) << c.name;
  }
}

}  // namespace
}  // namespace atlas::app
