// sync: one run; what cron and Kubernetes start. reconcile and repair: runs that compare
// everything.

#include "app/duration.h"
#include "app/preview.h"
#include "app/progress.h"
#include "app/run_exit.h"
#include "app/run_print.h"
#include "app/signals.h"
#include "app/verb.h"
#include "app/wiring.h"
#include "flow/run.h"

#include <fmt/format.h>

#include <ostream>

namespace atlas::app {
namespace {

struct SyncOptions {
  std::string verb = "sync";
  Sweep sweep = Sweep::kRolling;
  std::string rewound;
  bool dry = false;
  std::optional<Micros> deadline;
  bool strict = false;
  std::string if_locked = "skip";
  std::size_t page_rows = RunOptions{}.page_rows;
};

SweepOptions sweep_of(const SyncOptions& options) {
  SweepOptions out;
  out.sweep = options.sweep;
  out.state_rewound = options.rewound == "state";
  if (!options.rewound.empty() && !out.state_rewound)
    out.rewound = options.rewound == "legacy" ? Side::kLegacy : Side::kPlatform;
  return out;
}

// Rows that wait for a person, over all runs: what --strict asks about.
Result<std::int64_t> held_rows(const Bridge& bridge) {
  ATLAS_TRY(OpenState state, bridge.state());
  std::int64_t held = 0;
  for (const EntityIndex index : bridge.chosen()) {
    ATLAS_TRY(PendingCounts counts,
              state.store->pending_counts(state.tenant.id, state.entities[index.value]));
    held += counts.by_state[PendingState::kQuarantined] + counts.by_state[PendingState::kHeld];
  }
  return held;
}

Result<ExitCode> exit_of(const RunReport& report, const SyncOptions& options,
                         const StopSignals& signals, const Bridge& bridge) {
  const IfLocked if_locked = options.if_locked == "fail" ? IfLocked::kFail : IfLocked::kSkip;
  const ExitCode exit = exit_of_run(report, if_locked, signals.exit());
  if (!options.strict || exit != ExitCode::kDone) return exit;
  ATLAS_TRY(const std::int64_t held, held_rows(bridge));
  return held > 0 ? ExitCode::kHeldRows : ExitCode::kDone;
}

Result<ExitCode> sync(const SyncOptions& options, const CommonOptions& common, Terminal& terminal) {
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge, Bridge::open(common, terminal, exit));
  if (!bridge) return exit;
  if (const auto& tenant = bridge->mapping().tenant; tenant && !tenant->paused.empty()) {
    remark(terminal,
           fmt::format("tenant {} is paused: {}", tenant->name, one_line(tenant->paused)));
    if (common.json) terminal.out << "{\"outcome\":\"paused\"}\n";
    return ExitCode::kDone;
  }
  const StopSignals signals;
  Clock& clock = system_clock();
  std::optional<Micros> end;
  if (options.deadline) end = clock.monotonic() + *options.deadline;
  const Ports ports = bridge->ports(stop_when(signals, clock, end));
  RunOptions run;
  run.holder = holder_name();
  run.entities = common.entities;
  run.page_rows = options.page_rows;
  run.sweep = sweep_of(options);
  run.verb = options.verb;
  run.fresh_key = fresh_hash_key();
  const auto go = [&] {
    Progress progress(terminal, clock, options.verb, bridge->chosen().size());
    for (const EntityPlan& entity : bridge->plan().entities) {
      progress.expect(entity.name, bridge->rows_estimate(entity, Side::kLegacy),
                      bridge->rows_estimate(entity, Side::kPlatform));
    }
    return run_once(bridge->plan(), ports, run, progress);
  };
  Result<RunReport> report = go();
  if (!report && report.error().code() == Code::kNoPassingCheck) {
    ATLAS_TRY(const bool paused, bridge->pause_drifted());
    if (paused) report = go();
  }
  if (!report) return std::move(report).error();
  if (common.json) {
    print_run_json(*report, terminal);
  } else {
    print_run(*report, terminal);
  }
  return exit_of(*report, options, signals, *bridge);
}

}  // namespace

namespace {

// What sync and reconcile share.
void declare_run(Verb& verb, const std::shared_ptr<SyncOptions>& options) {
  verb.reads_config()
      .prints_tables_or_json()
      .takes_all_tenants()
      .takes_entities()
      .duration("--deadline", options->deadline,
                "Stop after this time, such as 5m; progress is kept and the exit code is 0")
      .flag("--strict", options->strict, "Exit 3 while rows are quarantined or held")
      .choice("--if-locked", options->if_locked, {"skip", "fail"},
              "When another run is under way: skip (exit 0, the default) or fail (exit 75)")
      .number("--page-rows", options->page_rows, 1, 100'000, "Rows decided at a time")
      .advanced();
}

}  // namespace

void declare_sync(Verb& root) {
  auto options = std::make_shared<SyncOptions>();
  Verb verb = root.verb("sync", "One run: finds what changed on either side and brings it over");
  declare_run(verb, options);
  verb.examples({"sync", "sync -c atlas.yaml --deadline 50s --strict",
                 "sync --entity person --entity team"})
      .does([options](const CommonOptions& common, Terminal& terminal) {
        return sync(*options, common, terminal);
      });
}

void declare_reconcile(Verb& root) {
  auto options = std::make_shared<SyncOptions>();
  options->verb = "reconcile";
  options->sweep = Sweep::kFull;
  Verb verb = root.verb(
      "reconcile",
      "A run that compares every row with its link: finds deletes and what no stamp shows");
  declare_run(verb, options);
  verb.examples({"reconcile", "reconcile --entity person --deadline 10m"})
      .does([options](const CommonOptions& common, Terminal& terminal) {
        return sync(*options, common, terminal);
      });
}

void declare_repair(Verb& root) {
  auto options = std::make_shared<SyncOptions>();
  options->verb = "repair";
  options->sweep = Sweep::kRepair;
  Verb verb = root.verb(
      "repair",
      "A run that decides every pair anew, whatever its versions say; deletes nothing unproven");
  declare_run(verb, options);
  verb.flag("--dry-run", options->dry, "Show what would be written; change nothing")
      .choice("--rewound", options->rewound, {"legacy", "platform", "state"},
              "That was restored from an older backup: bring back what it lost")
      .examples({"repair --dry-run", "repair --entity person", "repair --rewound platform"})
      .does([options](const CommonOptions& common, Terminal& terminal) {
        if (!options->dry) return sync(*options, common, terminal);
        return print_preview(sweep_of(*options), true, common, terminal);
      });
}

}  // namespace atlas::app
