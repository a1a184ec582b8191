#include "engines/postgres/catalog.h"

#include "engines/postgres/catalog_sql.h"
#include "engines/postgres/sql_text.h"
#include "model/hashing.h"

#include <fmt/format.h>

#include <array>

namespace atlas::postgres {
namespace {

// Lists inside one cell; names in catalogs hardly hold this character, and a name that does only
// misses its match.
constexpr char kSeparator = '\x01';

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::size_t end = list.find(kSeparator);
    out.emplace_back(list.substr(0, end));
    list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
  }
  return out;
}

TypeKind kind_of(Oid oid, std::string_view typtype, std::string_view category) {
  switch (oid) {
    case kBoolOid:
      return TypeKind::kBool;
    case kInt2Oid:
      return TypeKind::kInt2;
    case kInt4Oid:
      return TypeKind::kInt4;
    case kInt8Oid:
      return TypeKind::kInt8;
    case kNumericOid:
      return TypeKind::kNumeric;
    case kFloat4Oid:
      return TypeKind::kFloat4;
    case kFloat8Oid:
      return TypeKind::kFloat8;
    case kTextOid:
      return TypeKind::kText;
    case kVarcharOid:
      return TypeKind::kVarchar;
    case kBpcharOid:
      return TypeKind::kChar;
    case kByteaOid:
      return TypeKind::kBytea;
    case kDateOid:
      return TypeKind::kDate;
    case kTimeOid:
      return TypeKind::kTime;
    case kTimestampOid:
      return TypeKind::kTimestamp;
    case kTimestampTzOid:
      return TypeKind::kTimestampTz;
    case kIntervalOid:
      return TypeKind::kInterval;
    case kUuidOid:
      return TypeKind::kUuid;
    case kJsonOid:
      return TypeKind::kJson;
    case kJsonbOid:
      return TypeKind::kJsonb;
    default:
      break;
  }
  if (typtype == "e") return TypeKind::kEnum;
  return category == "A" ? TypeKind::kArray : TypeKind::kOther;
}

// Reads length, precision and scale out of a type modifier (see each type's typmodin in the
// server).
void read_modifier(Type& type, int typmod) {
  constexpr int kHeader = 4;
  if (type.kind == TypeKind::kNumeric && typmod >= kHeader) {
    type.size = ((typmod - kHeader) >> 16) & 0xFFFF;
    // Eleven bits with a sign since PostgreSQL 15.
    type.scale = (((typmod - kHeader) & 0x7FF) ^ 1024) - 1024;
  }
  if (type.kind == TypeKind::kVarchar || type.kind == TypeKind::kChar)
    type.size = typmod < kHeader ? 0 : typmod - kHeader;
  if (type.kind == TypeKind::kTime || is_stamp(type.kind)) type.size = typmod < 0 ? 6 : typmod;
}

Params bind_oids(const std::vector<Oid>& oids) {
  Params params;
  ArrayWriter out = params.array(kOidOid);
  for (const Oid oid : oids) out.uint4(oid);
  return params;
}

void read_columns(const Rowset& rows, std::vector<TableInfo>& tables) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ColumnInfo column;
    column.name = rows.text(i, 1);
    column.type.oid = rows.id(i, 2);
    column.type.name = rows.text(i, 4);
    column.type.kind = kind_of(column.type.oid, rows.bytes(i, 5), rows.bytes(i, 6));
    read_modifier(column.type, static_cast<int>(rows.integer(i, 3)));
    column.not_null = rows.boolean(i, 7);
    column.has_default = rows.boolean(i, 8);
    column.generated = rows.boolean(i, 9);
    column.sequence = rows.text(i, 10);
    column.type.labels = split(rows.bytes(i, 11));
    tables[static_cast<std::size_t>(rows.integer(i, 0)) - 1].columns.push_back(std::move(column));
  }
}

void read_indexes(const Rowset& rows, std::vector<TableInfo>& tables) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    TableInfo& table = tables[static_cast<std::size_t>(rows.integer(i, 0)) - 1];
    std::vector<std::string> columns = split(rows.bytes(i, 2));
    if (rows.boolean(i, 3)) table.primary_key = columns;
    if (rows.boolean(i, 7)) table.indexes.push_back({.name = rows.text(i, 1), .columns = columns});
    if (!rows.boolean(i, 4)) continue;
    table.uniques.push_back({.name = rows.text(i, 1),
                             .columns = std::move(columns),
                             .primary = rows.boolean(i, 3),
                             .deferrable = rows.boolean(i, 5),
                             .plain = rows.boolean(i, 6)});
  }
}

void read_foreign_keys(const Rowset& rows, std::vector<TableInfo>& tables) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    tables[static_cast<std::size_t>(rows.integer(i, 0)) - 1].foreign_keys.push_back(
        {.name = rows.text(i, 1),
         .columns = split(rows.bytes(i, 2)),
         .target = {.schema = rows.text(i, 3), .name = rows.text(i, 4)},
         .target_columns = split(rows.bytes(i, 5)),
         .cascades = rows.boolean(i, 6)});
  }
}

void read_cascades(const Rowset& rows, std::vector<TableInfo>& tables) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    tables[static_cast<std::size_t>(rows.integer(i, 0)) - 1].cascades.push_back(
        {.table = {.schema = rows.text(i, 1), .name = rows.text(i, 2)},
         .columns = split(rows.bytes(i, 3)),
         .target_columns = split(rows.bytes(i, 4))});
  }
}

void read_triggers(const Rowset& rows, std::vector<TableInfo>& tables) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    tables[static_cast<std::size_t>(rows.integer(i, 0)) - 1].triggers.push_back(
        {.name = rows.text(i, 1),
         .before_row = rows.boolean(i, 2),
         .after_or_deferred = rows.boolean(i, 3),
         .uses_callers_path = rows.boolean(i, 4),
         .uses_session_zone = rows.boolean(i, 5)});
  }
}

// Finds the tables; the oids come in the order asked for.
Result<std::vector<Oid>> find_tables(Connection& connection, const Params& names,
                                     std::vector<TableInfo>& tables) {
  ATLAS_TRY(const Rowset rows, connection.run("describe", catalog_sql::kTables, names));
  std::vector<Oid> oids(tables.size(), 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto position = static_cast<std::size_t>(rows.integer(i, 0)) - 1;
    if (!rows.boolean(i, 4)) {
      return Error(Code::kTableMissing, fmt::format("{} is no table: its rows have no versions",
                                                    tables[position].table.text()))
          .at(connection.options().where);
    }
    oids[position] = rows.id(i, 1);
    tables[position].row_security = rows.boolean(i, 2);
    tables[position].replicated_into = rows.boolean(i, 3);
    tables[position].rows_estimate = rows.integer(i, 5);
  }
  for (std::size_t i = 0; i < oids.size(); ++i) {
    if (oids[i] != 0) continue;
    return Error(Code::kTableMissing,
                 fmt::format("table {} does not exist", tables[i].table.text()))
        .at(connection.options().where);
  }
  return oids;
}

}  // namespace

Params bind_tables(std::span<const TableName> tables) {
  Params params;
  {
    ArrayWriter schemas = params.array(kTextOid);
    for (const TableName& table : tables) schemas.raw(schema_of(table));
  }
  ArrayWriter names = params.array(kTextOid);
  for (const TableName& table : tables) names.raw(table.name);
  return params;
}

std::string_view fingerprint_sql() { return catalog_sql::kFingerprint; }

std::uint64_t fingerprint_of(std::string_view document) {
  const std::uint64_t hash = stable_hash(document);
  return hash == 0 ? 1 : hash;  // 0 means "not compared"
}

Result<std::vector<TableInfo>> describe_tables(Connection& connection,
                                               std::span<const TableName> names) {
  std::vector<TableInfo> tables(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) tables[i].table = names[i];
  const Params by_name = bind_tables(names);
  ATLAS_TRY(const std::vector<Oid> oids, find_tables(connection, by_name, tables));
  // One pipeline is one transaction of the catalog, but not one snapshot: drift between its
  // statements is caught by the fingerprint, which is read last.
  const Params by_oid = bind_oids(oids);
  const std::array steps = {
      Step{.label = "describe", .sql = catalog_sql::kColumns, .params = &by_oid},
      Step{.label = "describe", .sql = catalog_sql::kIndexes, .params = &by_oid},
      Step{.label = "describe", .sql = catalog_sql::kForeignKeys, .params = &by_oid},
      Step{.label = "describe", .sql = catalog_sql::kChecks, .params = &by_oid},
      Step{.label = "describe", .sql = catalog_sql::kTriggers, .params = &by_oid},
      Step{.label = "describe", .sql = catalog_sql::kFingerprint, .params = &by_name},
      Step{.label = "describe", .sql = catalog_sql::kCascades, .params = &by_oid},
  };
  ATLAS_TRY(const std::vector<Rowset> results, connection.run_all(steps));
  read_columns(results[0], tables);
  read_indexes(results[1], tables);
  read_foreign_keys(results[2], tables);
  for (std::size_t i = 0; i < results[3].size(); ++i) {
    tables[static_cast<std::size_t>(results[3].integer(i, 0)) - 1].checks.push_back(
        results[3].text(i, 1));
  }
  read_triggers(results[4], tables);
  const Rowset& documents = results[5];
  for (std::size_t i = 0; i < documents.size(); ++i) {
    tables[static_cast<std::size_t>(documents.integer(i, 0)) - 1].fingerprint =
        fingerprint_of(documents.bytes(i, 1));
  }
  read_cascades(results[6], tables);
  return tables;
}

}  // namespace atlas::postgres
