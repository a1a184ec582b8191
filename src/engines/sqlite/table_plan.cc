#include "engines/sqlite/table_plan.h"

#include "engines/sqlite/stamp_text.h"
#include "foundation/assert.h"
#include "model/key.h"
#include "model/text_form.h"
#include "model/zone.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas::sqlite {
namespace {

// A stamp that no rule of the zone settles still needs a place in time: a gap counts as if the
// clock had not been put forward yet, a doubled hour as its second pass. Stamps only rank edits;
// values keep their own rule.
std::int64_t instant_of(const ZoneRule& rule, std::int64_t local_us) {
  const ZoneRule total{
      rule.zone, rule.ambiguous == Ambiguous::kEarlier ? Ambiguous::kEarlier : Ambiguous::kLater,
      Gap::kShift};
  return to_instant(total, local_us).value_or(local_us);
}

std::string qualified(const std::string& column) { return "t." + column; }

// A row is looked up by its key as a text or a number: neither null nor a blob in a column of
// another type can be.
bool can_be_named(const Query& query, std::uint32_t column, const Value& cell) {
  const bool blob = query.storage(static_cast<int>(column)) == Storage::kBlob;
  return !cell.is_null() && (!blob || cell.tag() == Tag::kBytes);
}

const StoredColumn* stored_column(const StoredTable& table, const std::string& name) {
  const auto found = std::ranges::find(table.columns, name, &StoredColumn::name);
  return found == table.columns.end() ? nullptr : &*found;
}

bool binary_order(const TablePlan& plan, std::uint32_t column) {
  return stored_column(*plan.stored, plan.shape->columns[column].name)->binary_order;
}

}  // namespace

std::string TablePlan::scope_condition(int first) const {
  std::string out;
  for (const ColumnEquals& term : shape->scope) {
    out += fmt::format(" AND {} = ?{}", qualified(columns[term.column]), ++first);
  }
  return out;
}

std::string TablePlan::key_after(int first) const {
  std::string left;
  std::string right;
  for (const std::uint32_t column : shape->key) {
    if (!left.empty()) {
      left += ", ";
      right += ", ";
    }
    left += qualified(columns[column]);
    if (!binary_order(*this, column)) left += " COLLATE BINARY";
    right += fmt::format("?{}", ++first);
  }
  if (shape->key.size() == 1) return left + " > " + right;
  return fmt::format("({}) > ({})", left, right);
}

std::string TablePlan::key_match(int first) const {
  std::string out;
  for (const std::uint32_t column : shape->key) {
    if (!out.empty()) out += " AND ";
    out += fmt::format("{} = ?{}", qualified(columns[column]), ++first);
    // The index serves the column's own collation, the second condition ours.
    if (!binary_order(*this, column)) {
      out += fmt::format(" AND {} = ?{} COLLATE BINARY", qualified(columns[column]), first);
    }
  }
  return out;
}

std::string TablePlan::stamp_column() const { return qualified(columns[*shape->stamp]); }

Result<TablePlan> make_plan(Connection& connection, Catalog& catalog, const TableShape& shape) {
  TablePlan plan;
  plan.shape = &shape;
  ATLAS_TRY(plan.stored, catalog.table(connection, shape.table));
  plan.table = quoted_name(shape.table.name);
  std::vector<const StoredColumn*> results;
  for (const ShapeColumn& column : shape.columns) {
    // SQLite reads a name in quotes that it does not know as a text: every name must be the
    // catalog's.
    const StoredColumn* found = stored_column(*plan.stored, column.name);
    if (found == nullptr) {
      return Error(Code::kColumnMissing,
                   fmt::format("{} has no column {}", shape.table.text(), column.name))
          .at(connection.options().where);
    }
    results.push_back(found);
    plan.columns.push_back(quoted_name(column.name));
  }
  for (const StoredColumn& column : plan.stored->columns) {
    if (!column.computed && std::ranges::find(results, &column) == results.end())
      results.push_back(&column);
  }
  for (const StoredColumn& column : plan.stored->columns) {
    if (column.computed) continue;
    plan.hashed.push_back(static_cast<int>(std::ranges::find(results, &column) - results.begin()));
  }
  for (const StoredColumn* column : results) {
    plan.select += (plan.select.empty() ? "SELECT " : ", ") + qualified(quoted_name(column->name));
  }
  plan.select += " FROM main." + plan.table + " AS t";
  for (const std::uint32_t column : shape.key) {
    if (!plan.key_order.empty()) plan.key_order += ", ";
    plan.key_order += qualified(plan.columns[column]);
    if (!binary_order(plan, column)) plan.key_order += " COLLATE BINARY";
  }
  return plan;
}

bool bind_key(Query& query, int first, KeyView key, Arena& arena) {
  for (const Value& component : decode_key(key, arena)) {
    if (!bind_cell(query, first++, component, arena)) return false;
  }
  return true;
}

void bind_scope(Query& query, int first, const TableShape& shape, Arena& arena) {
  for (const ColumnEquals& term : shape.scope) {
    ATLAS_ASSERT(bind_cell(query, first++, term.value, arena), "a scope's constant can be stored");
  }
}

bool RowReader::look(const Query& query, Arena& arena) {
  const TableShape& shape = *plan_->shape;
  // First: reading a number as text may change what the statement says of its storage.
  hash_.start();
  for (const int column : plan_->hashed) hash_.add(query, column);
  content_bytes_ = 0;
  for (std::size_t i = 0; i < shape.columns.size(); ++i) {
    content_bytes_ += query.content_bytes(static_cast<int>(i));
  }
  key_cells_.clear();
  for (const std::uint32_t column : shape.key) {
    key_cells_.push_back(
        read_key_cell(query, static_cast<int>(column), shape.columns[column].type, arena));
    if (!can_be_named(query, column, key_cells_.back())) return false;
  }
  key_ = encode_key(key_cells_, arena);
  version_ = {hash_.finish(), kMinusInfinity};
  stamp_ = Value::null();
  if (shape.stamp) read_stamp(query, arena);
  return true;
}

void RowReader::read_stamp(const Query& query, Arena& arena) {
  const auto column = static_cast<int>(*plan_->shape->stamp);
  const Type& type = plan_->shape->columns[*plan_->shape->stamp].type;
  const bool instant = type.kind == TypeKind::kTimestampTz;
  if (query.storage(column) == Storage::kNull) return;
  std::optional<std::int64_t> micros;
  if (query.storage(column) == Storage::kText)
    micros = sortable_stamp(query.bytes(column), type.kind);
  if (micros) {
    stamp_ = instant ? Value::instant(*micros) : Value::timestamp(*micros);
  } else {
    const Value cell = read_cell(query, column, type, arena);
    if (cell.tag() == Tag::kTimestamp || cell.tag() == Tag::kInstant) micros = cell.as_int();
    stamp_ = Value::other(arena.copy(query.bytes(column)));
  }
  if (micros) version_.stamp_us = instant ? *micros : instant_of(plan_->shape->stamp_zone, *micros);
}

void RowReader::cells(const Query& query, std::span<Value> into, Arena& arena) const {
  const TableShape& shape = *plan_->shape;
  for (std::size_t i = 0; i < shape.key.size(); ++i) into[shape.key[i]] = key_cells_[i];
  if (oversized()) return;
  for (std::size_t i = 0; i < shape.columns.size(); ++i) {
    if (std::ranges::find(shape.key, i) != shape.key.end()) continue;
    into[i] = read_cell(query, static_cast<int>(i), shape.columns[i].type, arena);
  }
}

Result<const TablePlan*> TablePlans::of(const TableShape& shape) {
  if (auto found = plans_.find(&shape); found != plans_.end()) return found->second.get();
  ATLAS_TRY(TablePlan plan, make_plan(*connection_, *catalog_, shape));
  auto& kept = plans_[&shape];
  kept = std::make_unique<TablePlan>(std::move(plan));
  return static_cast<const TablePlan*>(kept.get());
}

}  // namespace atlas::sqlite
