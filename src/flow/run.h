#pragma once

// One run of one tenant: lease, fences, recovery, stages, accounts (DESIGN §2, ENGINE E2–E6, E34).

#include "apply/recovery.h"
#include "flow/context.h"
#include "flow/observer.h"
#include "verify/entity_decl.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace atlas {

struct RunOptions {
  std::string holder;  // who runs: host and process, for the lease and the ledger
  Micros lease_ttl = std::chrono::minutes(5);
  std::vector<std::string> entities;  // empty: all
  std::size_t page_rows = 2000;
  std::array<std::uint8_t, 32> fresh_key{};  // hash key for a tenant that is made now
  SweepOptions sweep;
  std::string verb = "sync";           // for the ledger
  std::size_t planned_max = SIZE_MAX;  // preview: so many writes are listed, all are summed
  bool demand_check = true;  // refuse without a passing check for this mapping and these schemas
};

enum class RunOutcome : std::uint8_t { kDone, kPartial, kStopped, kFailed, kLeaseHeld };
std::string_view run_outcome_name(RunOutcome outcome);

struct EntityReport {
  std::string entity;
  Counts counts;
  PendingCounts pending;  // what waits, is held or quarantined when the run ends
  std::optional<Error> error;
  std::vector<std::string> drift;  // why it was paused: what became different, a line each (E8)
};

struct RunReport {
  RunOutcome outcome = RunOutcome::kDone;
  RunId run;
  Epoch epoch;
  std::vector<EntityReport> entities;
  Counts total;
  RecoveryReport recovery;
  Micros clock_offset{};       // platform minus legacy, as applied to stamps
  std::optional<Error> error;  // why it failed or was partial
  LeaseHolder held_by;         // kLeaseHeld
  Micros took{};
  std::string json() const;
};

// Runs the plan once. The report is also written to the ledger.
//   errors  only what happens before the lease is had (unreachable state, missing check, missing
//   tables)
Result<RunReport> run_once(const Plan& plan, const Ports& ports, const RunOptions& options,
                           RunObserver& observer);

struct PlanReport {
  PlannedWrites writes;
  std::vector<EntityReport> entities;
};
// What the next run would write; takes no lease and no sequence value
// and writes nothing (E35).
Result<PlanReport> preview(const Plan& plan, const Ports& ports, const RunOptions& options,
                           RunObserver& observer);

}  // namespace atlas
