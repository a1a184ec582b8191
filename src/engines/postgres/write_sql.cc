#include "engines/postgres/write_sql.h"

#include "engines/postgres/codec.h"
#include "engines/postgres/sql_text.h"
#include "engines/postgres/table_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace atlas::postgres {
namespace {

const Type& type_of(const WriteGroup& group, std::size_t i) {
  return group.shape->columns[group.columns[i]].type;
}

std::string returned_version(const TableShape& shape, const std::string& xmin = "t.xmin") {
  return shape.stamp ? xmin + ", " + column_reference(shape, *shape.stamp) : xmin;
}

// The parameter arrays of one statement as a row source named s.
struct Source {
  std::string arrays, names;
  std::size_t count = 0;

  void add(std::string_view type, std::string_view name) {
    arrays += fmt::format("{}${}::{}[]", count == 0 ? "" : ", ", count + 1, type);
    names += fmt::format("{}{}", count == 0 ? "" : ", ", name);
    ++count;
  }
  std::string text() const {
    return fmt::format("unnest({}) with ordinality as s({}, n)", arrays, names);
  }
};

// Keys k0.., guards x; the condition that joins them to t.
std::string add_guard(Source& source, const TableShape& shape) {
  std::string condition;
  for (std::size_t i = 0; i < shape.key.size(); ++i) {
    const Type& type = shape.columns[shape.key[i]].type;
    const std::string name = fmt::format("k{}", i);
    source.add(travel_name(type.kind), name);
    condition += fmt::format("{} = {} and ", column_reference(shape, shape.key[i]),
                             write_expression("s." + name, type));
  }
  source.add("xid", "x");
  return condition + "t.xmin = s.x";
}

void add_cells(Source& source, const WriteGroup& group) {
  for (std::size_t i = 0; i < group.columns.size(); ++i) {
    source.add(travel_name(type_of(group, i).kind), fmt::format("c{}", i));
  }
}

std::string update_sql(const WriteGroup& group) {
  const TableShape& shape = *group.shape;
  Source source;
  const std::string guard = add_guard(source, shape);
  add_cells(source, group);
  std::string sets;
  for (std::size_t i = 0; i < group.columns.size(); ++i) {
    sets += fmt::format("{}{} = {}", i == 0 ? "" : ", ",
                        quote_name(shape.columns[group.columns[i]].name),
                        write_expression(fmt::format("s.c{}", i), type_of(group, i)));
  }
  if (const std::string touch = touch_expression(group); !touch.empty()) {
    sets += fmt::format("{}{} = {}", sets.empty() ? "" : ", ",
                        quote_name(shape.columns[*shape.stamp].name), touch);
  }
  return fmt::format("update {} as t set {} from {} where {} returning s.n, {}",
                     quote_table(shape.table), sets, source.text(), guard, returned_version(shape));
}

std::string remove_sql(const WriteGroup& group, const std::string& condition) {
  const TableShape& shape = *group.shape;
  Source source;
  const std::string guard = add_guard(source, shape);
  return fmt::format("delete from {} as t using {} where {}{} returning s.n",
                     quote_table(shape.table), source.text(), guard, condition);
}

std::string key_columns(const TableShape& shape) {
  std::string out;
  for (const std::uint32_t column : shape.key) {
    out += read_expression(column_reference(shape, column), shape.columns[column].type) + ", ";
  }
  return out;
}

std::string insert_sql(const WriteGroup& group, bool partitioned) {
  const TableShape& shape = *group.shape;
  Source source;
  add_cells(source, group);
  std::string columns, cells;
  for (std::size_t i = 0; i < group.columns.size(); ++i) {
    columns += (i == 0 ? "" : ", ") + quote_name(shape.columns[group.columns[i]].name);
    cells += (i == 0 ? "" : ", ") + write_expression(fmt::format("s.c{}", i), type_of(group, i));
  }
  if (const std::string touch = touch_expression(group); !touch.empty()) {
    columns += ", " + quote_name(shape.columns[*shape.stamp].name);
    cells += ", " + touch;
  }
  std::string key;
  for (const std::uint32_t column : shape.key)
    key += (key.empty() ? "" : ", ") + quote_name(shape.columns[column].name);
  // The primary key is named, so that any other unique column raises and is bisected (E7).
  return fmt::format(
      "insert into {} as t ({}) overriding system value select {} from unnest({}) as s({}) "
      "on conflict ({}) do nothing returning {}{}",
      quote_table(shape.table), columns, cells, source.arrays, source.names, key,
      key_columns(shape), returned_version(shape, partitioned ? "null::xid" : "t.xmin"));
}

// A version of another product, or none, matches no row: 0 is no transaction.
std::uint32_t xid_of(const RowVersion& version) {
  return version.token > std::numeric_limits<std::uint32_t>::max()
             ? 0
             : static_cast<std::uint32_t>(version.token);
}

}  // namespace

std::string touch_expression(const WriteGroup& group) {
  const TableShape& shape = *group.shape;
  if (!shape.stamp || !shape.stamp_touched) return {};
  if (std::find(group.columns.begin(), group.columns.end(), *shape.stamp) != group.columns.end())
    return {};
  const TypeKind kind = shape.columns[*shape.stamp].type.kind;
  if (kind == TypeKind::kTimestampTz) return "now()";
  const std::string zone = shape.stamp_zone.zone == nullptr ? "UTC" : zone_name(shape.stamp_zone);
  std::string local = fmt::format("(now() at time zone {})", quote_text(zone));
  if (kind == TypeKind::kTimestamp) return local;
  return kind == TypeKind::kDate ? local + "::date" : std::string();
}

std::string write_sql(const WriteGroup& group, bool partitioned) {
  switch (group.kind) {
    case WriteKind::kInsert:
      return insert_sql(group, partitioned);
    case WriteKind::kUpdate:
      return update_sql(group);
    case WriteKind::kRemove:
      return remove_sql(group, {});
  }
  return {};
}

Result<std::optional<DeleteGuard>> guard_of(const WriteGroup& group,
                                            std::span<const ReferringKey> keys) {
  Source source;
  const std::string guard = add_guard(source, *group.shape);
  return delete_guard(group.shape->table, keys, source.text(), guard);
}

std::string guarded_remove_sql(const WriteGroup& group, const DeleteGuard& guard) {
  return remove_sql(group, guard.condition);
}

void bind_rows(const WriteGroup& group, std::span<const std::uint32_t> rows, Params& params) {
  const TableShape& shape = *group.shape;
  if (group.kind != WriteKind::kInsert) {
    Arena arena;
    std::vector<std::vector<Value>> keys;
    keys.reserve(rows.size());
    for (const std::uint32_t row : rows) keys.push_back(decode_key(group.keys[row], arena));
    for (std::size_t k = 0; k < shape.key.size(); ++k) {
      const Type& type = shape.columns[shape.key[k]].type;
      ArrayWriter out = params.array(travels_as(type.kind));
      for (const std::vector<Value>& key : keys) append_cell(out, type, key[k]);
    }
    ArrayWriter guards = params.array(kXidOid);
    for (const std::uint32_t row : rows) guards.uint4(xid_of(group.guards[row]));
  }
  const std::size_t width = group.columns.size();
  for (std::size_t c = 0; c < width; ++c) {
    const Type& type = type_of(group, c);
    ArrayWriter out = params.array(travels_as(type.kind));
    for (const std::uint32_t row : rows) append_cell(out, type, group.cells[row * width + c]);
  }
}

std::string written_sql(const TableShape& shape) {
  return fmt::format("select {} {}", returned_version(shape), keyed_source(shape, 1));
}

std::string peek_sql(const TableShape& shape) {
  return fmt::format("select {}t.xmin {}", key_columns(shape), keyed_source(shape, 1));
}

KeyView key_of(const TableShape& shape, const Rowset& rows, std::size_t row, Arena& arena) {
  std::vector<Value> components(shape.key.size());
  for (std::size_t k = 0; k < components.size(); ++k) {
    components[k] = decode_cell(shape.columns[shape.key[k]].type.kind, rows.bytes(row, k), arena);
  }
  return encode_key(components, arena);
}

std::string write_label(const WriteGroup& group) {
  switch (group.kind) {
    case WriteKind::kInsert:
      return "insert into " + group.shape->table.text();
    case WriteKind::kUpdate:
      return "update of " + group.shape->table.text();
    case WriteKind::kRemove:
      return "delete from " + group.shape->table.text();
  }
  return {};
}

bool row_fits(const WriteGroup& group, std::size_t row) {
  const std::size_t width = group.columns.size();
  for (std::size_t c = 0; c < width; ++c) {
    if (!fits(type_of(group, c), group.cells[row * width + c])) return false;
  }
  if (group.kind == WriteKind::kInsert) return true;
  Arena arena;
  const std::vector<Value> key = decode_key(group.keys[row], arena);
  for (std::size_t k = 0; k < group.shape->key.size(); ++k) {
    if (!fits(group.shape->columns[group.shape->key[k]].type, key[k])) return false;
  }
  return true;
}

std::size_t row_bytes(const WriteGroup& group, std::size_t row) {
  constexpr std::size_t kCell = 12;  // length word and a number
  const std::size_t width = group.columns.size();
  std::size_t bytes = (width + group.shape->key.size() + 1) * kCell;
  for (std::size_t c = 0; c < width; ++c) {
    const Value& cell = group.cells[row * width + c];
    if (cell.has_content()) bytes += cell.as_text().size();
  }
  return bytes;
}

}  // namespace atlas::postgres
