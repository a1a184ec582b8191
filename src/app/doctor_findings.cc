#include "app/doctor_findings.h"

#include "app/duration.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas::app {
namespace {

using Level = Finding::Level;

constexpr Micros kClockWarn = std::chrono::seconds(1);

std::string quoted_name(std::string_view name) {
  const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (plain && (name.front() < '0' || name.front() > '9')) return std::string(name);
  std::string out = "\"";
  for (const char c : name) {
    out += c;
    if (c == '"') out += c;
  }
  return out + "\"";
}

std::string quoted_table(const TableName& table) {
  if (table.schema.empty()) return quoted_name(table.name);
  return quoted_name(table.schema) + "." + quoted_name(table.name);
}

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

// A scan in (stamp, key) order is served by an index that starts so. Columns that the scope fixes
// to one value may stand anywhere in it, or be missing.
bool serves(const std::vector<std::string>& index, const std::vector<std::string>& wanted,
            const std::vector<std::string>& fixed) {
  const auto moving = [&](const std::vector<std::string>& names) {
    std::vector<std::string> out;
    std::ranges::copy_if(names, std::back_inserter(out), [&](const std::string& name) {
      return std::ranges::find(fixed, name) == fixed.end();
    });
    return out;
  };
  const std::vector<std::string> have = moving(index);
  const std::vector<std::string> need = moving(wanted);
  return have.size() >= need.size() && std::equal(need.begin(), need.end(), have.begin());
}

Finding index_finding(const TableShape& shape, const TableInfo& info, EngineKind engine) {
  std::vector<std::string> wanted{shape.columns[*shape.stamp].name};
  wanted.reserve(1 + shape.key.size());
  for (const std::uint32_t column : shape.key) wanted.push_back(shape.columns[column].name);
  std::vector<std::string> fixed;
  fixed.reserve(shape.scope.size());
  for (const ColumnEquals& scope : shape.scope) fixed.push_back(shape.columns[scope.column].name);
  const std::string table = info.table.text();
  for (const IndexInfo& index : info.indexes) {
    if (serves(index.columns, wanted, fixed)) {
      return {Level::kOk, "index", fmt::format("{}: {} serves capture", table, index.name), ""};
    }
  }
  std::string columns;
  for (const std::string& name : wanted)
    columns += (columns.empty() ? "" : ", ") + quoted_name(name);
  const std::string name = quoted_name(fmt::format("{}_{}_idx", info.table.name, wanted.front()));
  return {Level::kWarn, "index",
          fmt::format("{}: no index on ({}): every run reads the whole table", table, list(wanted)),
          fmt::format("CREATE INDEX {}{} ON {} ({});",
                      engine == EngineKind::kPostgres ? "CONCURRENTLY " : "", name,
                      quoted_table(info.table), columns)};
}

void capture_findings(const TableShape& shape, const TableInfo& info, const EntityPlan& entity,
                      EngineKind engine, std::vector<Finding>& out) {
  const std::string table = info.table.text();
  if (!shape.stamp) {
    out.push_back({Level::kFail, "capture",
                   table + ": no stamp column, so only a comparison sees edits",
                   "name the column under `stamp:`"});
    return;
  }
  const std::string& stamp = shape.columns[*shape.stamp].name;
  const bool by_database = entity.capture.stamp_by == StampBy::kDatabase;
  out.push_back({Level::kOk, "capture",
                 by_database
                     ? fmt::format("{}: grade stamped by the database, by {}", table, stamp)
                     : fmt::format("{}: grade stamped by applications, by {}; a commit more than "
                                   "{} after its stamp is missed until the next reconcile",
                                   table, stamp, duration_text(entity.capture.overlap)),
                 ""});
  const ColumnInfo* column = info.column(stamp);
  if (column != nullptr && !column->not_null) {
    out.push_back(
        {Level::kWarn, "capture",
         fmt::format("{}.{} may be null: rows without a stamp are never captured", table, stamp),
         engine == EngineKind::kPostgres
             ? fmt::format("ALTER TABLE {} ALTER COLUMN {} SET NOT NULL;", quoted_table(info.table),
                           quoted_name(stamp))
             : "give every row a stamp, and declare the column NOT NULL"});
  }
  if (info.replicated_into) {
    out.push_back({Level::kWarn, "capture",
                   table + " is filled by replication: its stamps are another server's",
                   "declare `capture: {stamp_by: application}` with an overlap above the delay"});
  }
  out.push_back(index_finding(shape, info, engine));
}

// A stamp without a zone that a trigger takes from now(): the same trigger stamps differently in
// our sessions, and `newest` would believe it.
void zone_finding(const TableShape& shape, const TableInfo& info, std::vector<Finding>& out) {
  if (!shape.stamp || shape.columns[*shape.stamp].type.kind != TypeKind::kTimestamp) return;
  std::vector<std::string> names;
  for (const TriggerInfo& trigger : info.triggers)
    if (trigger.before_row && trigger.uses_session_zone) names.push_back(trigger.name);
  if (names.empty()) return;
  out.push_back({Level::kWarn, "capture",
                 fmt::format("{}: {} stamp by the session's time zone, and {} has none of its own; "
                             "the bridge's sessions are in UTC",
                             info.table.text(), list(names), shape.columns[*shape.stamp].name),
                 "write `now() AT TIME ZONE '...'` there, with the zone of `stamp:`, or `ALTER "
                 "FUNCTION ... SET timezone = '...'` once"});
}

void trigger_findings(const TableInfo& info, std::vector<Finding>& out) {
  const std::string table = info.table.text();
  std::vector<std::string> before;
  std::vector<std::string> after;
  std::vector<std::string> lost;
  for (const TriggerInfo& trigger : info.triggers) {
    if (trigger.uses_callers_path) lost.push_back(trigger.name);
    if (trigger.before_row) before.push_back(trigger.name);
    if (trigger.after_or_deferred) after.push_back(trigger.name);
  }
  for (const ForeignKeyInfo& key : info.foreign_keys) {
    if (key.cascades) after.push_back("foreign key " + key.name);
  }
  if (!before.empty()) {
    out.push_back({Level::kWarn, "triggers",
                   fmt::format("{}: {} may rewrite what we write; every write is read back", table,
                               list(before)),
                   "make sure that the rewriting is stable: written again, it changes nothing"});
  }
  if (!after.empty()) {
    out.push_back({Level::kWarn, "triggers",
                   fmt::format("{}: {} may write after our own writes; each row is read once more "
                               "after the commit",
                               table, list(after)),
                   "nothing to do, unless what they write has to reach the other side in the same "
                   "run: then it comes over in the next one"});
  }
  if (!lost.empty()) {
    out.push_back({Level::kWarn, "triggers",
                   fmt::format("{}: {} name tables without their schema; in the bridge's sessions "
                               "the search path is pg_catalog, and they would fail",
                               table, list(lost)),
                   "name the schemas there, or `ALTER FUNCTION ... SET search_path = ...` once"});
  }
}

}  // namespace

std::vector<Finding> table_findings(const Plan& plan, EndpointIndex index,
                                    const std::vector<TableInfo>& tables) {
  std::vector<Finding> out;
  const EngineKind engine = plan.endpoints[index.value].engine;
  const auto look = [&](const TableShape& shape, const EntityPlan& entity) {
    const auto info = std::ranges::find(tables, shape.table, &TableInfo::table);
    if (info == tables.end()) return;
    capture_findings(shape, *info, entity, engine, out);
    zone_finding(shape, *info, out);
    trigger_findings(*info, out);
  };
  for (const EntityPlan& entity : plan.entities) {
    for (const KindPlan& kind : entity.kinds) {
      if (kind.endpoint == index) look(kind.shape, entity);
    }
    for (const PartPlan& part : entity.parts) {
      if (part.endpoint == index) look(part.shape, entity);
    }
  }
  return out;
}

Finding clock_finding(Micros offset, Micros noise) {
  const std::string text = fmt::format("{}{}, measured to within {}", offset < Micros{} ? "" : "+",
                                       duration_text(offset), duration_text(noise));
  if (std::chrono::abs(offset) <= kClockWarn + noise) {
    return {Level::kOk, "clock", "against this machine: " + text, ""};
  }
  return {Level::kWarn, "clock", "against this machine: " + text, "check NTP on both machines"};
}

Finding side_clock_finding(Micros platform_minus_legacy, Micros noise) {
  const std::string text = fmt::format("platform minus legacy: {}{}, measured to within {}",
                                       platform_minus_legacy < Micros{} ? "" : "+",
                                       duration_text(platform_minus_legacy), duration_text(noise));
  if (std::chrono::abs(platform_minus_legacy) <= kClockWarn + noise) {
    return {Level::kOk, "clock", text, ""};
  }
  return {Level::kWarn, "clock", text + "; runs add it to legacy stamps before comparing",
          "check NTP on both database servers"};
}

}  // namespace atlas::app
