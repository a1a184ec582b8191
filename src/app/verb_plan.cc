// plan: what the next run would write; changes nothing (ENGINE E35).

#include "app/json_text.h"
#include "app/preview.h"
#include "app/progress.h"
#include "app/run_print.h"
#include "app/signals.h"
#include "app/table.h"
#include "app/verb.h"
#include "app/wiring.h"
#include "flow/run.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <ostream>

namespace atlas::app {
namespace {

constexpr std::size_t kDryRunRowsMax = 10'000;

struct PlanOptions {
  bool rows = false;
  std::size_t rows_max = SIZE_MAX;  // of those listed
  std::size_t page_rows = RunOptions{}.page_rows;
};

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

void print_rows(const std::vector<PlannedWrite>& writes, Terminal& terminal) {
  Table table;
  table.column("ENTITY").column("ACTION").column("ENDPOINT").column("TABLE").column("KEY");
  table.column("COLUMNS");
  for (const PlannedWrite& write : writes) {
    table.row({write.entity, write.action, write.endpoint, write.table, write.key,
               joined(write.columns)});
  }
  if (!table.empty()) table.print(terminal);
}

// Writes by table: inserts, updates, deletes.
void print_totals(const PlannedWrites& writes, Terminal& terminal) {
  Table table;
  table.column("ENDPOINT").column("TABLE").number("INSERTS").number("UPDATES").number("DELETES");
  for (const auto& [name, sums] : writes.tables) {
    table.row({name.first, name.second, count_cell(sums.inserts), count_cell(sums.updates),
               count_cell(sums.deletes)});
  }
  if (table.empty()) return;
  terminal.out << '\n';
  table.print(terminal);
}

Json plan_json(const PlanReport& report, bool with_rows) {
  Json entities = Json::array();
  for (const EntityReport& entity : report.entities) {
    entities.push_back({{"entity", entity.entity},
                        {"counts", json_of(entity.counts)},
                        {"drift", entity.drift},
                        {"error", json_of(entity.error)}});
  }
  Json out{{"writes", report.writes.total},
           {"tried_again", report.writes.again},
           {"entities", std::move(entities)}};
  if (!with_rows) return out;
  Json rows = Json::array();
  for (const PlannedWrite& write : report.writes.rows) {
    rows.push_back({{"entity", write.entity},
                    {"action", write.action},
                    {"endpoint", write.endpoint},
                    {"table", write.table},
                    {"key", write.key},
                    {"columns", write.columns},
                    {"again", write.again}});
  }
  out["rows"] = std::move(rows);
  return out;
}

void print_plan(const PlanReport& report, bool with_rows, Terminal& terminal) {
  if (with_rows) {
    print_rows(report.writes.rows, terminal);
    const auto listed = static_cast<std::int64_t>(report.writes.rows.size());
    if (listed < report.writes.total)
      terminal.out << fmt::format("and {} more\n", count_cell(report.writes.total - listed));
  } else {
    Counts total;
    for (const EntityReport& entity : report.entities) total.add(entity.counts);
    print_counts(report.entities, total, terminal);
    print_totals(report.writes, terminal);
  }
  terminal.out << fmt::format("the next run would make {}", counted(report.writes.total, "write"));
  if (report.writes.again > 0)
    terminal.out << fmt::format(
        ", {} of them to rows that were refused before and may be refused again (quarantine list)",
        report.writes.again);
  terminal.out << '\n';
}

Result<ExitCode> plan(const PlanOptions& options, SweepOptions sweep, const CommonOptions& common,
                      Terminal& terminal) {
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge,
            Bridge::open(common, terminal, exit, AskDrift::kAlways));
  if (!bridge) return exit;
  const StopSignals signals;
  Ports ports = bridge->ports(stop_when(signals, system_clock(), std::nullopt));
  ports.open_state = [&bridge] { return bridge->preview_state(); };
  RunOptions run;
  run.entities = common.entities;
  run.page_rows = options.page_rows;
  run.sweep = sweep;
  run.fresh_key = fresh_hash_key();
  run.planned_max = options.rows ? options.rows_max : 0;
  run.demand_check = false;
  Result<PlanReport> report = [&] {
    Progress progress(terminal, system_clock(), "plan", bridge->chosen().size());
    return preview(bridge->plan(), ports, run, progress);
  }();
  if (!report) {
    if (signals.asked()) return signals.exit();
    return std::move(report).error();
  }
  if (common.json) {
    terminal.out << json_document(plan_json(*report, options.rows));
  } else {
    print_plan(*report, options.rows, terminal);
  }
  for (const EntityReport& entity : report->entities) {
    if (!entity.error) continue;
    print_error(terminal, *entity.error);
    exit = entity.error->exit();
  }
  return signals.asked() ? signals.exit() : exit;
}

}  // namespace

Result<ExitCode> print_preview(SweepOptions sweep, bool rows, const CommonOptions& common,
                               Terminal& terminal) {
  PlanOptions options;
  options.rows = rows;
  options.rows_max = kDryRunRowsMax;
  return plan(options, sweep, common, terminal);
}

void declare_plan(Verb& root) {
  auto options = std::make_shared<PlanOptions>();
  Verb verb = root.verb("plan", "What the next run would write; changes nothing");
  verb.reads_config()
      .prints_tables_or_json()
      .takes_all_tenants()
      .takes_entities()
      .flag("--rows", options->rows, "List every write with its key and columns")
      .number("--page-rows", options->page_rows, 1, 100'000, "Rows decided at a time")
      .advanced()
      .examples({"plan", "plan --rows --entity person", "plan --rows -o json"})
      .does([options](const CommonOptions& common, Terminal& terminal) {
        return plan(*options, SweepOptions{}, common, terminal);
      });
}

}  // namespace atlas::app
