#include "mapping/checked_schema.h"

#include "model/table_changes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace atlas {
namespace {

using Json = nlohmann::ordered_json;

const TableInfo* find_table(const std::vector<TableInfo>& tables, const TableName& name) {
  const auto found = std::ranges::find(tables, name, &TableInfo::table);
  return found == tables.end() ? nullptr : &*found;
}

// --- writing

Json json_of(const TableName& name) { return {name.schema, name.name}; }

Json json_of(const ColumnInfo& column) {
  const Type& type = column.type;
  return {{"name", column.name},
          {"type", type.name},
          {"kind", type_kind_name(type.kind)},
          {"size", type.size},
          {"scale", type.scale},
          {"labels", type.labels},
          {"oid", type.oid},
          {"not_null", column.not_null},
          {"default", column.has_default},
          {"generated", column.generated},
          {"numeric_affinity", column.numeric_affinity},
          {"sequence", column.sequence}};
}

Json json_of(const UniqueInfo& unique) {
  return {{"name", unique.name},
          {"columns", unique.columns},
          {"primary", unique.primary},
          {"deferrable", unique.deferrable},
          {"plain", unique.plain}};
}

Json json_of(const ForeignKeyInfo& key) {
  return {{"name", key.name},
          {"columns", key.columns},
          {"target", json_of(key.target)},
          {"target_columns", key.target_columns},
          {"cascades", key.cascades}};
}

Json json_of(const CascadeInfo& cascade) {
  return {{"table", json_of(cascade.table)},
          {"columns", cascade.columns},
          {"target_columns", cascade.target_columns}};
}

Json json_of(const TriggerInfo& trigger) {
  return {{"name", trigger.name},
          {"before_row", trigger.before_row},
          {"after_or_deferred", trigger.after_or_deferred},
          {"uses_callers_path", trigger.uses_callers_path}};
}

Json json_of(const IndexInfo& one) { return {{"name", one.name}, {"columns", one.columns}}; }

template <class Thing>
Json list_of(const std::vector<Thing>& things) {
  Json out = Json::array();
  for (const Thing& thing : things) out.push_back(json_of(thing));
  return out;
}

Json json_of(const std::string& endpoint, const TableInfo& table) {
  return {{"endpoint", endpoint},
          {"table", json_of(table.table)},
          {"fingerprint", table.fingerprint},
          {"columns", list_of(table.columns)},
          {"primary_key", table.primary_key},
          {"uniques", list_of(table.uniques)},
          {"foreign_keys", list_of(table.foreign_keys)},
          {"cascades", list_of(table.cascades)},
          {"checks", table.checks},
          {"triggers", list_of(table.triggers)},
          {"indexes", list_of(table.indexes)},
          {"row_security", table.row_security},
          {"replicated_into", table.replicated_into}};
}

// --- reading: everything throws when it is not there or of another type

void read(const Json& json, TableName& out) {
  json.at(0).get_to(out.schema);
  json.at(1).get_to(out.name);
}

TypeKind kind_named(const std::string& name) {
  for (int kind = 0; kind <= static_cast<int>(TypeKind::kOther); ++kind) {
    if (type_kind_name(static_cast<TypeKind>(kind)) == name) return static_cast<TypeKind>(kind);
  }
  return TypeKind::kOther;
}

void read(const Json& json, ColumnInfo& out) {
  json.at("name").get_to(out.name);
  json.at("type").get_to(out.type.name);
  out.type.kind = kind_named(json.at("kind").get<std::string>());
  json.at("size").get_to(out.type.size);
  json.at("scale").get_to(out.type.scale);
  json.at("labels").get_to(out.type.labels);
  json.at("oid").get_to(out.type.oid);
  json.at("not_null").get_to(out.not_null);
  json.at("default").get_to(out.has_default);
  json.at("generated").get_to(out.generated);
  json.at("numeric_affinity").get_to(out.numeric_affinity);
  json.at("sequence").get_to(out.sequence);
}

void read(const Json& json, UniqueInfo& out) {
  json.at("name").get_to(out.name);
  json.at("columns").get_to(out.columns);
  json.at("primary").get_to(out.primary);
  json.at("deferrable").get_to(out.deferrable);
  json.at("plain").get_to(out.plain);
}

void read(const Json& json, ForeignKeyInfo& out) {
  json.at("name").get_to(out.name);
  json.at("columns").get_to(out.columns);
  read(json.at("target"), out.target);
  json.at("target_columns").get_to(out.target_columns);
  json.at("cascades").get_to(out.cascades);
}

void read(const Json& json, CascadeInfo& out) {
  read(json.at("table"), out.table);
  json.at("columns").get_to(out.columns);
  json.at("target_columns").get_to(out.target_columns);
}

void read(const Json& json, TriggerInfo& out) {
  json.at("name").get_to(out.name);
  json.at("before_row").get_to(out.before_row);
  json.at("after_or_deferred").get_to(out.after_or_deferred);
  json.at("uses_callers_path").get_to(out.uses_callers_path);
}

void read(const Json& json, IndexInfo& out) {
  json.at("name").get_to(out.name);
  json.at("columns").get_to(out.columns);
}

template <class Thing>
void read(const Json& json, std::vector<Thing>& out) {
  for (const Json& one : json) read(one, out.emplace_back());
}

struct CheckedTable {
  std::string endpoint;
  TableInfo info;
};

void read(const Json& json, CheckedTable& out) {
  json.at("endpoint").get_to(out.endpoint);
  TableInfo& table = out.info;
  read(json.at("table"), table.table);
  json.at("fingerprint").get_to(table.fingerprint);
  read(json.at("columns"), table.columns);
  json.at("primary_key").get_to(table.primary_key);
  read(json.at("uniques"), table.uniques);
  read(json.at("foreign_keys"), table.foreign_keys);
  read(json.at("cascades"), table.cascades);
  json.at("checks").get_to(table.checks);
  read(json.at("triggers"), table.triggers);
  read(json.at("indexes"), table.indexes);
  json.at("row_security").get_to(table.row_security);
  json.at("replicated_into").get_to(table.replicated_into);
}

std::optional<std::vector<CheckedTable>> parse(std::string_view text) {
  try {
    std::vector<CheckedTable> out;
    read(Json::parse(text), out);
    return out;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

TableDrift drift_of(EndpointIndex endpoint, const TableInfo& checked, const TableInfo& live) {
  TableDrift out{endpoint, checked.table, table_changes(checked, live)};
  // Fingerprints see more than descriptions do, such as which function a trigger calls.
  if (out.changes.empty()) {
    out.changes.push_back(
        fmt::format("table {}: a trigger's function, a rule or an option changed, or the order of "
                    "what was described",
                    checked.table.text()));
  }
  return out;
}

}  // namespace

std::string checked_schema(const Connections& connections, const Catalogs& catalogs) {
  Json out = Json::array();
  for (std::size_t e = 0; e < connections.tables.size() && e < catalogs.size(); ++e) {
    for (const TableName& name : connections.tables[e]) {
      if (const TableInfo* table = find_table(catalogs[e], name))
        out.push_back(json_of(connections.endpoints[e].name, *table));
    }
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<SchemaDrift> schema_drift(std::string_view checked, const Connections& connections,
                                        const Catalogs& live) {
  const auto tables = parse(checked);
  if (!tables) return std::nullopt;
  SchemaDrift out;
  out.checked = live;
  for (std::uint32_t e = 0; e < connections.tables.size() && e < live.size(); ++e) {
    for (TableInfo& now : out.checked[e]) {
      const auto then = std::ranges::find_if(*tables, [&](const CheckedTable& one) {
        return one.endpoint == connections.endpoints[e].name && one.info.table == now.table;
      });
      if (then == tables->end()) return std::nullopt;
      if (then->info.fingerprint == now.fingerprint) continue;
      out.tables.push_back(drift_of(EndpointIndex{e}, then->info, now));
      now = then->info;
    }
  }
  return out;
}

void pause_drifted(Plan& plan, const std::vector<TableDrift>& tables) {
  auto find = [&](EndpointIndex endpoint, const TableName& table) -> const TableDrift* {
    const auto found = std::ranges::find_if(tables, [&](const TableDrift& one) {
      return one.endpoint == endpoint && one.table == table;
    });
    return found == tables.end() ? nullptr : &*found;
  };
  for (EntityPlan& entity : plan.entities) {
    auto touch = [&](EndpointIndex endpoint, const TableShape& shape) {
      if (const TableDrift* drift = find(endpoint, shape.table))
        entity.drift.insert(entity.drift.end(), drift->changes.begin(), drift->changes.end());
    };
    for (const KindPlan& kind : entity.kinds) touch(kind.endpoint, kind.shape);
    for (const PartPlan& part : entity.parts) touch(part.endpoint, part.shape);
    for (auto& side : entity.referrers) {
      for (ReferrerPlan& referrer : side)
        referrer.drifted = find(referrer.endpoint, referrer.shape.table) != nullptr;
    }
  }
}

}  // namespace atlas
