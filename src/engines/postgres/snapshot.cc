#include "engines/postgres/snapshot.h"

#include "engines/postgres/codec.h"
#include "engines/postgres/horizon.h"
#include "engines/postgres/plans.h"
#include "engines/postgres/pooler.h"
#include "engines/postgres/sql_text.h"
#include "engines/postgres/table_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atlas::postgres {
namespace {

// A replica shows what was, and not for how long (E28).
constexpr std::string_view kPrimarySql = "select pg_backend_pid(), pg_is_in_recovery()";

// One statement's worth of keys; more are read in several, still of one moment.
constexpr std::size_t kKeysMax = 10'000;

// Bytes of a cell that can be large, empty for kinds that cannot. Neither function unpacks what is
// stored out of line.
std::string size_expression(const std::string& column, TypeKind kind) {
  switch (kind) {
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
    case TypeKind::kBytea:
      return fmt::format("coalesce(octet_length({}), 0)::int8", column);
    case TypeKind::kNumeric:
    case TypeKind::kJson:
    case TypeKind::kJsonb:
    case TypeKind::kArray:
    case TypeKind::kOther:
      return fmt::format("coalesce(pg_column_size({}), 0)::int8", column);
    case TypeKind::kBool:
    case TypeKind::kInt2:
    case TypeKind::kInt4:
    case TypeKind::kInt8:
    case TypeKind::kFloat4:
    case TypeKind::kFloat8:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kInterval:
    case TypeKind::kUuid:
    case TypeKind::kEnum:
      return {};
  }
  return {};
}

// Columns 0..n-1 of the shape, then the version, then whether the row is oversized.
// `source` is "from … where …" with ordering and limit. Its rows are fixed in a subquery, so that
// cells of oversized rows are neither unpacked nor sent.
std::string row_query(const TableShape& shape, const std::string& source) {
  std::string inner, outer, size;
  for (std::uint32_t i = 0; i < shape.columns.size(); ++i) {
    const Type& type = shape.columns[i].type;
    const std::string reference = column_reference(shape, i);
    inner += fmt::format("{} as c{}, ", reference, i);
    const std::string cell = read_expression(fmt::format("q.c{}", i), type);
    const std::string bytes = size_expression(reference, type.kind);
    const bool needed =
        shape.stamp == i || std::find(shape.key.begin(), shape.key.end(), i) != shape.key.end();
    if (!bytes.empty()) size += (size.empty() ? "" : " + ") + bytes;
    outer += bytes.empty() || needed ? cell + ", "
                                     : fmt::format("case when q.big then null else {} end, ", cell);
  }
  const std::string big =
      size.empty() ? "false" : fmt::format("{} > {}", size, shape.row_bytes_max);
  return fmt::format(
      "select {}q.version, q.big from (select {}t.xmin as version, {} as big {} offset 0) as q",
      outer, inner, big, source);
}

// Who refers may be a table that the mapping does not name, and doctor was not asked about.
Error advised(Error error, const Session& session, const TableName& table) {
  const std::string role = quote_name(session.user);
  if (error.code() == Code::kRowsHidden)
    return std::move(error).advise(fmt::format("ALTER ROLE {} BYPASSRLS;", role));
  if (error.code() != Code::kPrivilegeMissing) return error;
  return std::move(error).advise(
      fmt::format("GRANT USAGE ON SCHEMA {} TO {}; GRANT SELECT ON TABLE {} TO {};",
                  quote_name(schema_of(table)), role, quote_table(table), role));
}

}  // namespace

Result<std::unique_ptr<PostgresSnapshot>> PostgresSnapshot::open(ConnectionPool& pool) {
  ATLAS_TRY(Borrowed connection, pool.take_started([](Connection& fresh) -> Result<> {
    const std::array steps = {
        Step{.label = "snapshot",
             .sql = "begin isolation level repeatable read read only",
             .prepared = false},
        Step{.label = "snapshot", .sql = kPrimarySql},
    };
    ATLAS_TRY(const std::vector<Rowset> results, fresh.run_all(steps));
    ATLAS_OK(check_backend(fresh, results[1]));
    if (results[1].boolean(0, 1)) return replica(fresh.options().where);
    return {};
  }));
  return std::unique_ptr<PostgresSnapshot>(new PostgresSnapshot(std::move(connection)));
}

Result<Rowset> PostgresSnapshot::ask(std::string_view label, Access access, const TableShape& shape,
                                     std::string_view sql, const Params& params) {
  std::vector<Step> steps;
  Params table;
  const bool pages = access == Access::kPages;
  if (access != planned_ || (pages && planned_for_ != shape.table)) {
    if (planned_ != Access::kUnset) {
      for (const std::string_view undo : kDefaultPlansSql)
        steps.push_back({.label = label, .sql = undo, .prepared = false});
    }
    if (pages) table.text(quote_table(shape.table));
    steps.push_back(
        {.label = label, .sql = pages ? kOrderedPlansSql : kKeyedPlansSql, .params = &table});
    planned_ = access;
    planned_for_ = shape.table;
  }
  steps.push_back({.label = label, .sql = sql, .params = &params});
  auto results = connection_->run_all(steps);
  if (results) return std::move(results->back());
  const Code code = results.error().code();
  if (code != Code::kColumnMissing && code != Code::kTableMissing)
    return std::move(results).error();
  // The server's own words do not name the table.
  return Error(code, fmt::format("table {} is not what it was", shape.table.text()))
      .at(connection_->options().where)
      .because(std::move(results).error());
}

// Rows of (key columns, version, stamp) become a page.
Result<KeyPage> PostgresSnapshot::key_page(std::string_view label, const TableShape& shape,
                                           const std::string& condition, const std::string& order,
                                           Params& params, std::size_t limit) {
  std::string columns;
  for (const std::uint32_t column : shape.key) {
    columns += read_expression(column_reference(shape, column), shape.columns[column].type) + ", ";
  }
  const std::string stamp =
      shape.stamp ? ", " + column_reference(shape, *shape.stamp) : std::string();
  // The limit is text, not a parameter: a plan must know that few rows are wanted.
  const std::string sql = fmt::format(
      "select {}t.xmin{} from {} as t where true{}{} order by {} limit {}", columns, stamp,
      quote_table(shape.table), condition, scope_condition(shape, params), order, limit);
  ATLAS_TRY(const Rowset rows, ask(label, Access::kPages, shape, sql, params));
  const std::size_t width = shape.key.size();
  ATLAS_OK(check_types(rows, shape, shape.key, 0));
  if (shape.stamp) ATLAS_OK(check_types(rows, shape, {&*shape.stamp, 1}, width + 1));

  KeyPage page;
  page.end = rows.size() < limit;
  page.keys.reserve(rows.size());
  std::vector<Value> components(width);
  Arena scratch;  // key components die when they are encoded
  for (std::size_t r = 0; r < rows.size(); ++r) {
    scratch.clear();
    for (std::size_t k = 0; k < width; ++k) {
      components[k] = decode_cell(shape.columns[shape.key[k]].type.kind, rows.bytes(r, k), scratch);
    }
    KeyVersion found;
    found.key = encode_key(components, page.arena);
    found.version.token = rows.id(r, width);
    if (shape.stamp && !rows.is_null(r, width + 1)) {
      found.stamp =
          decode_cell(shape.columns[*shape.stamp].type.kind, rows.bytes(r, width + 1), page.arena);
      found.version.stamp_us = stamp_us(shape, found.stamp);
    }
    page.keys.push_back(found);
  }
  return page;
}

Result<KeyPage> PostgresSnapshot::changed(const TableShape& shape, const StampPosition& from,
                                          std::size_t limit) {
  if (!shape.stamp)
    return Error(Code::kInternal, "a table without a stamp was asked for its changes");
  const std::string stamp = column_reference(shape, *shape.stamp);
  const std::string order = stamp + ", " + key_order(shape);
  Params params;
  std::string condition;
  if (from.stamp.is_null()) {
    condition = fmt::format(" and {} is not null", stamp);
  } else if (from.key.empty()) {
    const std::string bound = bound_value(shape, *shape.stamp, from.stamp, params);
    condition = fmt::format(" and {} >= {}", stamp, bound);
  } else {
    const std::string bound = bound_value(shape, *shape.stamp, from.stamp, params);
    // " and (k1, k2) > ($2, $3)" with the stamp put in front of both rows.
    std::string rows = key_condition(shape, from.key, params);
    const std::size_t second = rows.find(") > (") + 5;
    rows.insert(second, bound + ", ");
    rows.insert(rows.find('(') + 1, stamp + ", ");
    condition = rows;
  }
  return key_page("changed", shape, condition, order, params, limit);
}

Result<KeyPage> PostgresSnapshot::keys(const TableShape& shape, KeyView after, std::size_t limit) {
  Params params;
  const std::string condition = key_condition(shape, after, params);
  return key_page("keys", shape, condition, key_order(shape), params, limit);
}

Result<> PostgresSnapshot::append_rows(std::string_view label, Access access,
                                       const TableShape& shape, const std::string& sql,
                                       const Params& params, Rows& into) {
  ATLAS_TRY(const Rowset rows, ask(label, access, shape, sql, params));
  const std::size_t width = shape.columns.size();
  std::vector<std::uint32_t> columns(width);
  for (std::uint32_t i = 0; i < width; ++i) columns[i] = i;
  ATLAS_OK(check_types(rows, shape, columns, 0));

  Arena& arena = into.arena();
  std::vector<Value> cells(width);
  std::vector<Value> components(shape.key.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const bool oversized = rows.boolean(r, width + 1);
    for (std::size_t c = 0; c < width; ++c) {
      cells[c] = rows.is_null(r, c)
                     ? Value()
                     : decode_cell(shape.columns[c].type.kind, rows.bytes(r, c), arena);
    }
    for (std::size_t k = 0; k < components.size(); ++k) components[k] = cells[shape.key[k]];
    const Value stamp = shape.stamp ? cells[*shape.stamp] : Value();
    const RowVersion version{.token = rows.id(r, width), .stamp_us = stamp_us(shape, stamp)};
    std::span<Value> out = into.add(encode_key(components, arena), version, stamp);
    if (oversized) {
      into.set_oversized(into.size() - 1);
    } else {
      std::copy(cells.begin(), cells.end(), out.begin());
    }
  }
  return {};
}

Result<Rows> PostgresSnapshot::read(const TableShape& shape, std::span<const KeyView> keys) {
  Rows out(shape.columns.size());
  const std::string sql = row_query(shape, keyed_source(shape, 1));
  Params params;
  while (!keys.empty()) {
    const auto chunk = keys.first(std::min(keys.size(), kKeysMax));
    keys = keys.subspan(chunk.size());
    params.clear();
    if (bind_keys(shape, chunk, params) == 0) continue;
    ATLAS_OK(append_rows("read", Access::kKeys, shape, sql, params, out));
  }
  out.index();
  return out;
}

Result<Rows> PostgresSnapshot::scan(const TableShape& shape, KeyView after, std::size_t limit) {
  Params params;
  std::string source = fmt::format("from {} as t where true{}", quote_table(shape.table),
                                   key_condition(shape, after, params));
  source += scope_condition(shape, params);
  source += fmt::format(" order by {} limit {}", key_order(shape), limit);
  Rows out(shape.columns.size());
  ATLAS_OK(append_rows("scan", Access::kPages, shape, row_query(shape, source), params, out));
  out.index();
  return out;
}

Result<std::vector<std::size_t>> PostgresSnapshot::referred(const TableShape& shape,
                                                            std::span<const KeyView> values,
                                                            std::optional<std::uint32_t> alive) {
  std::vector<std::size_t> positions;  // of the values that a row can have
  std::vector<KeyView> keys;
  for (std::size_t i = 0; i < values.size(); ++i) {
    Params probe;
    if (bind_keys(shape, values.subspan(i, 1), probe) == 0) continue;
    positions.push_back(i);
    keys.push_back(values[i]);
  }
  if (keys.empty()) return positions;
  Params params;
  (void)bind_keys(shape, keys, params);
  const std::string sql = referred_query(shape, alive);
  auto answer = connection_->run("referred", sql, params);
  if (!answer) return advised(std::move(answer).error(), connection_->session(), shape.table);
  const Rowset& rows = *answer;
  std::vector<std::size_t> out;
  out.reserve(rows.size());
  for (std::size_t r = 0; r < rows.size(); ++r)
    out.push_back(positions[static_cast<std::size_t>(rows.integer(r, 0)) - 1]);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace atlas::postgres
