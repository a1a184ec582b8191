// runs: the ledger of runs, newest first. Needs the state only: it is there while a side is down.

#include "app/duration.h"
#include "app/json_text.h"
#include "app/table.h"
#include "app/verb.h"
#include "app/wiring.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace atlas::app {
namespace {

struct RunsOptions {
  std::size_t limit = 20;
};

Json report_of(const RunRecord& run) { return Json::parse(run.report, nullptr, false); }

std::int64_t total(const Json& report, const char* name) {
  if (!report.is_object()) return 0;
  const auto found = report.find("total");
  return found == report.end() ? 0 : found->value(name, std::int64_t{0});
}

// The error of a run with the entities that drift paused, or the reason that a person gave for
// what they did.
std::string why(const Json& report) {
  if (!report.is_object()) return {};
  std::string out = report.value("error", "");
  if (out.empty()) return one_line(report.value("reason", ""));
  const auto paused = report.find("paused_by_drift");
  if (paused == report.end() || !paused->is_object()) return out;
  for (const auto& [entity, changes] : paused->items()) out += " " + entity;
  return out;
}

void print_runs(const std::vector<RunRecord>& runs, Terminal& terminal) {
  Table table;
  table.number("RUN").column("VERB").column("OUTCOME").column("STARTED").number("TOOK").number(
      "DECIDED");
  table.number("ROWS WRITTEN").number("CONFLICTS").column("WHY");
  table.column("BY");
  for (const RunRecord& run : runs) {
    const Json report = report_of(run);
    const bool ended = run.outcome != "running" && run.outcome != "crashed";
    const bool good = run.outcome == "done" || run.outcome == "running";
    table.row({std::to_string(run.id.value),
               run.verb.empty() ? "-" : run.verb,  // known once it has ended
               {run.outcome, good ? Style::kPlain : Style::kWarn},
               instant_text(run.started),
               ended ? duration_text(run.finished - run.started) : "-",
               count_cell(total(report, "decided")),
               count_cell(total(report, "rows_written")),
               count_cell(total(report, "conflicts")),
               why(report),
               run.holder});
  }
  table.print(terminal);
}

Json runs_json(const std::vector<RunRecord>& runs) {
  Json out = Json::array();
  for (const RunRecord& run : runs) {
    const Json report = report_of(run);
    const bool ended = run.outcome != "running" && run.outcome != "crashed";
    out.push_back({{"run", run.id.value},
                   {"verb", run.verb},
                   {"outcome", run.outcome},
                   {"holder", run.holder},
                   {"started", instant_text(run.started)},
                   {"finished", ended ? Json(instant_text(run.finished)) : Json()},
                   {"report", report.is_object() ? report : Json()}});
  }
  return out;
}

Result<ExitCode> runs(const RunsOptions& options, const CommonOptions& common, Terminal& terminal) {
  ATLAS_TRY(OpenState state, open_tenant_of(common, terminal));
  ATLAS_TRY(const std::vector<RunRecord> list, state.store->runs(state.tenant.id, options.limit));
  if (common.json) {
    terminal.out << json_document(runs_json(list));
  } else if (list.empty()) {
    terminal.out << "no run yet\n";
  } else {
    print_runs(list, terminal);
  }
  return ExitCode::kDone;
}

}  // namespace

void declare_runs(Verb& root) {
  auto options = std::make_shared<RunsOptions>();
  Verb verb = root.verb("runs", "The ledger of runs, newest first");
  verb.reads_config()
      .prints_tables_or_json()
      .number("--limit", options->limit, 1, 10'000, "How many")
      .examples({"runs", "runs --limit 100 -o json"})
      .does([options](const CommonOptions& common, Terminal& terminal) {
        return runs(*options, common, terminal);
      });
}

}  // namespace atlas::app
