// verify: do both sides agree, value by value? (ENGINE E36)

#include "app/json_text.h"
#include "app/progress.h"
#include "app/signals.h"
#include "app/verb.h"
#include "app/verify_print.h"
#include "app/wiring.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace atlas::app {
namespace {

struct VerifyVerbOptions {
  bool exit_code = false;
  std::optional<Micros> deadline;
  std::size_t findings = VerifyOptions{}.findings_max;
  std::size_t page_rows = VerifyOptions{}.page_rows;
};

Result<ExitCode> run_verify(const VerifyVerbOptions& options, const CommonOptions& common,
                            Terminal& terminal) {
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge,
            Bridge::open(common, terminal, exit, AskDrift::kAlways));
  if (!bridge) return exit;
  {
    ATLAS_TRY(const OpenState state, open_tenant(bridge->mapping()));
    ATLAS_TRY(std::optional<Error> refused, refusal(state, bridge->mapping()));
    // Of a restored side it tells what that lost; another database has other rows.
    if (refused && refused->code() == Code::kOtherDatabase) return std::move(*refused);
  }
  const StopSignals signals;
  Clock& clock = system_clock();
  std::optional<Micros> end;
  if (options.deadline) end = clock.monotonic() + *options.deadline;
  VerifyOptions what;
  what.entities = common.entities;
  what.page_rows = options.page_rows;
  what.findings_max = options.findings;
  what.fresh_key = fresh_hash_key();
  Result<VerifyReport> report = [&] {
    Progress progress(terminal, clock, "verify", bridge->chosen().size());
    const VerifyPorts ports = verify_ports(bridge->ports(stop_when(signals, clock, end)));
    return verify(bridge->plan(), ports, what, progress);
  }();
  if (!report) return std::move(report).error();
  if (common.json) {
    terminal.out << json_document(verify_json(*report));
  } else {
    print_verify(*report, terminal);
  }
  if (signals.asked()) return signals.exit();
  for (const EntityVerdict& entity : report->entities) {
    if (entity.error) exit = entity.error->exit();
  }
  // Differences are what --exit-code asks about; an unknown verdict is not equal either.
  if (exit == ExitCode::kDone && options.exit_code && report->verdict != Verdict::kEqual) {
    return ExitCode::kDifferences;
  }
  return exit;
}

}  // namespace

void declare_verify(Verb& root) {
  auto options = std::make_shared<VerifyVerbOptions>();
  Verb verb = root.verb("verify", "Compares both sides value by value; writes nothing");
  verb.reads_config()
      .prints_tables_or_json()
      .takes_all_tenants()
      .takes_entities()
      .flag("--exit-code", options->exit_code,
            "Exit 2 on differences, also unknown ones; rows that are known to stand aside "
            "(quarantined, held, waiting, in an open conflict) and pending ones do not count")
      .duration("--deadline", options->deadline, "Stop after this time, such as 5m")
      .number("--findings", options->findings, 1, 1'000'000,
              "Findings listed per entity and standing")
      .number("--page-rows", options->page_rows, 1, 100'000, "Rows compared at a time")
      .advanced()
      .examples({"verify", "verify --exit-code --entity person"})
      .does([options](const CommonOptions& common, Terminal& terminal) {
        return run_verify(*options, common, terminal);
      });
}

}  // namespace atlas::app
