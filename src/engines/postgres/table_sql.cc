#include "engines/postgres/table_sql.h"

#include "engines/postgres/codec.h"
#include "engines/postgres/sql_text.h"

#include <fmt/format.h>

namespace atlas::postgres {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

// The element type of a cast of a whole parameter array: "$1::text[]::legacy.colour[]".
std::string array_expression(std::size_t parameter, const Type& type) {
  const std::string array = fmt::format("${}::{}[]", parameter, travel_name(type.kind));
  const std::string element = write_expression("", type);
  return element.empty() ? array : fmt::format("{}{}[]", array, element);
}

// Kinds whose encoded key is their text, compared bytewise (docs/formats/key.md).
bool ordered_by_text(TypeKind kind) {
  return kind == TypeKind::kNumeric || kind == TypeKind::kEnum || kind == TypeKind::kArray ||
         kind == TypeKind::kOther;
}

}  // namespace

std::string column_reference(const TableShape& shape, std::uint32_t column) {
  return "t." + quote_name(shape.columns[column].name);
}

std::string order_term(const TableShape& shape, std::uint32_t column) {
  const std::string reference = column_reference(shape, column);
  const TypeKind kind = shape.columns[column].type.kind;
  if (is_text(kind)) return reference + " collate \"C\"";
  if (kind == TypeKind::kNumeric)
    return fmt::format("trim_scale({})::text collate \"C\"", reference);
  return ordered_by_text(kind) ? reference + "::text collate \"C\"" : reference;
}

std::string key_order(const TableShape& shape) {
  std::string out;
  for (const std::uint32_t column : shape.key) {
    if (!out.empty()) out += ", ";
    out += order_term(shape, column);
  }
  return out;
}

std::string bound_value(const TableShape& shape, std::uint32_t column, const Value& value,
                        Params& params) {
  const Type& type = shape.columns[column].type;
  bind_cell(params, type, value);
  return write_expression(fmt::format("${}::{}", params.size(), travel_name(type.kind)), type);
}

std::string scope_condition(const TableShape& shape, Params& params) {
  std::string out;
  for (const ColumnEquals& scope : shape.scope) {
    out += " and " + column_reference(shape, scope.column);
    if (scope.value.is_null()) {
      out += " is null";
    } else {
      out += " = " + bound_value(shape, scope.column, scope.value, params);
    }
  }
  return out;
}

std::string key_condition(const TableShape& shape, KeyView after, Params& params) {
  if (after.empty()) return {};
  Arena arena;
  const std::vector<Value> components = decode_key(after, arena);
  std::string bounds;
  for (std::size_t i = 0; i < shape.key.size(); ++i) {
    Type type = shape.columns[shape.key[i]].type;
    if (ordered_by_text(type.kind)) type.kind = TypeKind::kText;
    if (i != 0) bounds += ", ";
    bind_cell(params, type, components[i]);
    bounds += fmt::format("${}::{}", params.size(),
                          type.kind == TypeKind::kChar ? "bpchar" : travel_name(type.kind));
  }
  return fmt::format(" and ({}) > ({})", key_order(shape), bounds);
}

std::size_t bind_keys(const TableShape& shape, std::span<const KeyView> keys, Params& params) {
  Arena arena;
  std::vector<std::vector<Value>> rows;
  rows.reserve(keys.size());
  for (const KeyView key : keys) {
    std::vector<Value> components = decode_key(key, arena);
    bool possible = components.size() == shape.key.size();
    for (std::size_t i = 0; possible && i < components.size(); ++i) {
      possible = !components[i].is_null() && fits(shape.columns[shape.key[i]].type, components[i]);
    }
    if (possible) rows.push_back(std::move(components));
  }
  for (std::size_t i = 0; i < shape.key.size(); ++i) {
    const Type& type = shape.columns[shape.key[i]].type;
    ArrayWriter out = params.array(travels_as(type.kind));
    for (const std::vector<Value>& row : rows) append_cell(out, type, row[i]);
  }
  return rows.size();
}

std::string keyed_source(const TableShape& shape, std::size_t first) {
  if (shape.key.size() == 1) {
    const Type& type = shape.columns[shape.key[0]].type;
    return fmt::format("from {} as t where {} = any ({})", quote_table(shape.table),
                       column_reference(shape, shape.key[0]), array_expression(first, type));
  }
  std::string arrays, names, conditions;
  for (std::size_t i = 0; i < shape.key.size(); ++i) {
    const Type& type = shape.columns[shape.key[i]].type;
    const std::string_view comma = i == 0 ? "" : ", ";
    arrays += fmt::format("{}${}::{}[]", comma, first + i, travel_name(type.kind));
    names += fmt::format("{}k{}", comma, i);
    conditions +=
        fmt::format("{}{} = {}", i == 0 ? "" : " and ", column_reference(shape, shape.key[i]),
                    write_expression(fmt::format("s.k{}", i), type));
  }
  return fmt::format("from unnest({}) as s({}) join {} as t on {} where true", arrays, names,
                     quote_table(shape.table), conditions);
}

std::string referred_query(const TableShape& shape, std::optional<std::uint32_t> alive) {
  std::string arrays, names, conditions;
  for (std::size_t i = 0; i < shape.key.size(); ++i) {
    const Type& type = shape.columns[shape.key[i]].type;
    arrays += fmt::format("${}::{}[], ", i + 1, travel_name(type.kind));
    names += fmt::format("k{}, ", i);
    conditions +=
        fmt::format("{}{} = {}", i == 0 ? "" : " and ", column_reference(shape, shape.key[i]),
                    write_expression(fmt::format("s.k{}", i), type));
  }
  arrays.resize(arrays.size() - 2);
  if (alive) {
    const std::string flag = column_reference(shape, *alive);
    const TypeKind kind = shape.columns[*alive].type.kind;
    const bool number =
        kind == TypeKind::kInt2 || kind == TypeKind::kInt4 || kind == TypeKind::kInt8;
    conditions += kind == TypeKind::kBool ? fmt::format(" and {} is not true", flag)
                  : number                ? fmt::format(" and coalesce({}, 0) = 0", flag)
                                          : fmt::format(" and {} is null", flag);
  }
  return fmt::format(
      "select s.n from unnest({}) with ordinality as s({}n) where exists (select 1 from {} as t "
      "where {})",
      arrays, names, quote_table(shape.table), conditions);
}

Result<> check_types(const Rowset& rows, const TableShape& shape,
                     std::span<const std::uint32_t> columns, std::size_t at) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const ShapeColumn& column = shape.columns[columns[i]];
    const Oid expected = arrives_as(column.type);
    if (expected == 0 || rows.type(at + i) == expected) continue;
    return Error(Code::kSchemaDrift, fmt::format("column {} of {} is no longer {}", column.name,
                                                 shape.table.text(), column.type.name));
  }
  return {};
}

std::int64_t stamp_us(const TableShape& shape, const Value& stamp) {
  if (stamp.tag() == Tag::kInstant) return stamp.as_int();
  if (stamp.tag() == Tag::kTimestamp) {
    if (const auto instant = to_instant(shape.stamp_zone, stamp.as_int())) return *instant;
    ZoneRule total = shape.stamp_zone;
    total.ambiguous = Ambiguous::kLater;
    total.gap = Gap::kShift;
    return to_instant(total, stamp.as_int()).value_or(stamp.as_int());
  }
  if (stamp.tag() != Tag::kDate) return kMinusInfinity;
  const std::int64_t days = stamp.as_int();
  return days == kInfinity || days == kMinusInfinity ? days : days * kDayUs;
}

}  // namespace atlas::postgres
