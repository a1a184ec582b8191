// status: how far each entity is, and what waits for a person.

#include "app/duration.h"
#include "app/json_text.h"
#include "app/table.h"
#include "app/verb.h"
#include "app/wiring.h"
#include "capture/reconcile.h"
#include "model/text_form.h"
#include "state/passed_checks.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ostream>

namespace atlas::app {
namespace {

constexpr std::size_t kConflictsMax = 10'000;  // counted, not listed

constexpr std::array kStates = {PendingState::kDirty, PendingState::kDeferred,
                                PendingState::kWaiting, PendingState::kHeld,
                                PendingState::kQuarantined};

struct EntityStatus {
  std::string entity;
  std::int64_t links = 0;       // of living pairs
  std::int64_t tombstones = 0;  // of deleted ones
  PendingCounts pending;
  std::int64_t conflicts = 0;
  std::vector<Cursor> cursors;
  std::vector<std::string> drift;  // not empty: the entity is paused
};

Result<std::vector<EntityStatus>> look(const Bridge& bridge, OpenState& state) {
  std::vector<EntityStatus> out;
  for (const EntityIndex index : bridge.chosen()) {
    const EntityRef& ref = state.entities[index.value];
    EntityStatus one;
    one.entity = bridge.plan().entities[index.value].name;
    one.drift = bridge.plan().entities[index.value].drift;
    ATLAS_TRY(one.links, state.store->living_count(state.tenant.id, ref));
    ATLAS_TRY(const std::int64_t all, state.store->link_count(state.tenant.id, ref));
    one.tombstones = all - one.links;
    ATLAS_TRY(one.pending, state.store->pending_counts(state.tenant.id, ref));
    ATLAS_TRY(const auto open, state.store->conflicts(state.tenant.id, ref, true, kConflictsMax));
    one.conflicts = static_cast<std::int64_t>(open.size());
    ATLAS_TRY(one.cursors, state.store->cursors(state.tenant.id, ref));
    std::erase_if(one.cursors, [](const Cursor& c) { return is_sweep_cursor(c.source); });
    out.push_back(std::move(one));
  }
  return out;
}

// The stamp as the table writes it: naive on the legacy clock, or UTC.
std::string cursor_text(const Cursor& cursor) {
  if (!cursor.swept) return cursor.key.empty() ? "first load not begun" : "first load under way";
  if (!cursor.has_stamp) return "first load done";
  std::string text = value_text(Value::timestamp(cursor.stamp));
  return text.substr(0, text.find('.'));
}

void print_entities(const std::vector<EntityStatus>& entities, Terminal& terminal) {
  Table table;
  table.column("ENTITY").number("LINKS").number("DIRTY").number("DEFERRED").number("WAITING");
  table.number("HELD")
      .number("QUARANTINED")
      .number("CONFLICTS")
      .column("CAPTURED UP TO (AS STORED)");
  for (const EntityStatus& one : entities) {
    std::vector<Table::Cell> cells{one.entity, count_cell(one.links)};
    for (const PendingState state : kStates) {
      const auto found = one.pending.by_state.find(state);
      const std::int64_t count = found == one.pending.by_state.end() ? 0 : found->second;
      const bool person = state == PendingState::kQuarantined || state == PendingState::kHeld;
      cells.emplace_back(count_cell(count), count > 0 && person ? Style::kWarn : Style::kPlain);
    }
    cells.emplace_back(count_cell(one.conflicts), one.conflicts > 0 ? Style::kWarn : Style::kPlain);
    std::string cursors;
    for (const Cursor& cursor : one.cursors) {
      cursors +=
          fmt::format("{}{} {}", cursors.empty() ? "" : ", ", cursor.source, cursor_text(cursor));
    }
    cells.emplace_back(cursors.empty() ? "never run" : cursors);
    table.row(std::move(cells));
  }
  table.print(terminal);
}

// What became different since the check, of every entity that waits for another one.
void print_paused(const std::vector<EntityStatus>& entities, Terminal& terminal) {
  for (const EntityStatus& one : entities) {
    if (one.drift.empty()) continue;
    terminal.out << styled(fmt::format("{} is paused: its schema changed since the last passing "
                                       "check; run `atlas-bridge check`",
                                       one.entity),
                           Style::kWarn, terminal.out_colour)
                 << '\n';
    for (const std::string& line : one.drift) terminal.out << "  " << one_line(line) << '\n';
  }
}

Json entity_json(const EntityStatus& one) {
  Json pending = Json::object();
  for (const PendingState state : kStates) {
    const auto found = one.pending.by_state.find(state);
    pending[std::string(pending_state_name(state))] =
        found == one.pending.by_state.end() ? 0 : found->second;
  }
  Json cursors = Json::array();
  for (const Cursor& cursor : one.cursors) {
    cursors.push_back(
        {{"source", cursor.source},
         {"first_load_done", cursor.swept},
         {"stamp", cursor.has_stamp ? Json(value_text(Value::timestamp(cursor.stamp))) : Json()}});
  }
  return {{"entity", one.entity},
          {"links", one.links},
          {"tombstones", one.tombstones},
          {"pending", std::move(pending)},
          {"open_conflicts", one.conflicts},
          {"cursors", std::move(cursors)},
          {"paused_by_drift", one.drift}};
}

Json run_json(const RunRecord& run) {
  return {{"run", run.id.value},
          {"outcome", run.outcome},
          {"started", instant_text(run.started)},
          {"finished", run.outcome == "running" ? Json() : Json(instant_text(run.finished))}};
}

std::string run_line(const std::vector<RunRecord>& runs) {
  if (runs.empty()) return "no run yet";
  const RunRecord& last = runs.front();
  const Micros ago = system_clock().now() - last.started;
  return fmt::format("last run {}: {}, started {} ({} ago) by {}", last.id.value, last.outcome,
                     instant_text(last.started), duration_text(ago), one_line(last.holder));
}

Result<ExitCode> status(const CommonOptions& common, Terminal& terminal) {
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge,
            Bridge::open(common, terminal, exit, AskDrift::kAlways));
  if (!bridge) return exit;
  ATLAS_TRY(OpenState state, bridge->state());
  ATLAS_TRY(const std::vector<EntityStatus> entities, look(*bridge, state));
  ATLAS_TRY(const std::vector<RunRecord> runs, state.store->runs(state.tenant.id, 1));
  const Plan& plan = bridge->plan();
  ATLAS_TRY(const CheckStanding standing,
            check_standing(*state.store, state.tenant.id, {plan.mapping_hash, plan.schema_hash}));
  const bool checked = standing == CheckStanding::kPassed;
  if (common.json) {
    Json list = Json::array();
    for (const EntityStatus& one : entities) list.push_back(entity_json(one));
    terminal.out << json_document({{"tenant", state.tenant.name},
                                   {"checked", checked && bridge->mapping().drift.empty()},
                                   {"last_run", runs.empty() ? Json() : run_json(runs.front())},
                                   {"entities", std::move(list)}});
    return ExitCode::kDone;
  }
  print_entities(entities, terminal);
  terminal.out << "tenant " << one_line(state.tenant.name) << "; " << run_line(runs) << '\n';
  print_paused(entities, terminal);
  if (!checked) {
    terminal.out << styled(
                        "the mapping or a schema changed since the last passing check: run "
                        "`atlas-bridge check`",
                        Style::kWarn, terminal.out_colour)
                 << '\n';
  }
  return ExitCode::kDone;
}

}  // namespace

void declare_status(Verb& root) {
  Verb verb = root.verb("status", "Links, rows that wait, conflicts, cursors and the last run");
  verb.reads_config().prints_tables_or_json().takes_all_tenants().takes_entities().examples(
      {"status", "status -o json"});
  verb.does(status);
}

}  // namespace atlas::app
