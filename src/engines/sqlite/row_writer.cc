#include "engines/sqlite/row_writer.h"

#include "model/key.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas::sqlite {
namespace {

// A column that we fill without being told, and its value.
struct Constant {
  std::uint32_t column;
  Value value;
};

bool among(const std::vector<std::uint32_t>& columns, std::uint32_t column) {
  return std::ranges::find(columns, column) != columns.end();
}

Value stamp_of(const TableShape& shape, Instant now) {
  const std::int64_t utc = now.time_since_epoch().count();
  if (shape.columns[*shape.stamp].type.kind == TypeKind::kTimestampTz) return Value::instant(utc);
  return Value::timestamp(to_local(shape.stamp_zone, utc));
}

std::vector<Constant> constants_of(const TableShape& shape, const WriteGroup& group, Instant now) {
  std::vector<Constant> out;
  if (group.kind == WriteKind::kRemove) return out;
  if (group.kind == WriteKind::kInsert) {
    for (const ColumnEquals& term : shape.scope) {
      if (!among(group.columns, term.column)) out.push_back({term.column, term.value});
    }
  }
  const bool scoped =
      shape.stamp && std::ranges::find(out, *shape.stamp, &Constant::column) != out.end();
  if (shape.stamp && shape.stamp_touched && !scoped && !among(group.columns, *shape.stamp)) {
    out.push_back({*shape.stamp, stamp_of(shape, now)});
  }
  return out;
}

std::string write_sql(const TablePlan& plan, WriteKind kind,
                      const std::vector<std::uint32_t>& columns) {
  // Said only where the table would replace or ignore rows: it also overrules the table's triggers.
  const char* or_abort = plan.stored->resolves_conflicts ? "OR ABORT " : "";
  const int keys = static_cast<int>(columns.size());
  std::string list;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) list += ", ";
    list += plan.columns[columns[i]];
    if (kind == WriteKind::kUpdate) list += fmt::format(" = ?{}", i + 1);
  }
  switch (kind) {
    case WriteKind::kInsert: {
      std::string values;
      for (std::size_t i = 0; i < columns.size(); ++i)
        values += fmt::format("{}?{}", i > 0 ? ", " : "", i + 1);
      return fmt::format("INSERT {}INTO main.{} ({}) VALUES ({})", or_abort, plan.table, list,
                         values);
    }
    case WriteKind::kUpdate:
      return fmt::format("UPDATE {}main.{} AS t SET {} WHERE {}", or_abort, plan.table, list,
                         plan.key_match(keys));
    case WriteKind::kRemove:
      return fmt::format("DELETE FROM main.{} AS t WHERE {}", plan.table, plan.key_match(0));
  }
  return {};
}

// Which of the foreign keys that act on deletes has rows that refer to the row, as its number; null
// if none has. A row that refers to itself takes nobody along.
std::string referring_sql(const TablePlan& plan) {
  const TableInfo& info = plan.stored->info;
  std::string left, right;
  for (const std::uint32_t column : plan.shape->key) {
    left += (left.empty() ? "c." : ", c.") + plan.columns[column];
    right += (right.empty() ? "t." : ", t.") + plan.columns[column];
  }
  std::string cases;
  for (std::size_t i = 0; i < info.cascades.size(); ++i) {
    const CascadeInfo& cascade = info.cascades[i];
    std::string matches;
    for (std::size_t k = 0; k < cascade.columns.size() && k < cascade.target_columns.size(); ++k) {
      // The referred column's collation is the one that counts: it stands on the left.
      matches +=
          fmt::format("{}t.{} = c.{}", k == 0 ? "" : " AND ",
                      quoted_name(cascade.target_columns[k]), quoted_name(cascade.columns[k]));
    }
    if (cascade.table == info.table) matches += fmt::format(" AND ({}) IS NOT ({})", left, right);
    cases += fmt::format(" WHEN EXISTS (SELECT 1 FROM main.{} AS c WHERE {}) THEN {}",
                         quoted_name(cascade.table.name), matches, i);
  }
  return fmt::format("SELECT CASE{} END FROM main.{} AS t WHERE {}", cases, plan.table,
                     plan.key_match(0));
}

std::string_view label_of(WriteKind kind) {
  switch (kind) {
    case WriteKind::kInsert:
      return "insert";
    case WriteKind::kUpdate:
      return "update";
    case WriteKind::kRemove:
      return "delete";
  }
  return "write";
}

// The catalog's name of the unique constraint that a message names by its columns.
std::string unique_named(const TablePlan& plan, const std::string& columns) {
  for (const UniqueInfo& unique : plan.stored->info.uniques) {
    std::string spelled;
    for (const std::string& column : unique.columns) {
      spelled += (spelled.empty() ? "" : ", ") + plan.stored->info.table.name + "." + column;
    }
    if (spelled == columns) return unique.name;
  }
  return columns;
}

}  // namespace

Result<RowWriter> RowWriter::make(Connection& connection, const TablePlan& plan,
                                  const WriteGroup& group, Instant now) {
  const std::vector<Constant> constants = constants_of(*plan.shape, group, now);
  std::vector<std::uint32_t> columns = group.columns;
  for (const Constant& constant : constants) columns.push_back(constant.column);
  ATLAS_TRY(Query find,
            connection.prepare("compare version", plan.select + " WHERE " + plan.key_match(0)));
  RowWriter out(connection, plan, group, std::move(find));
  if (group.kind == WriteKind::kRemove || !columns.empty()) {
    ATLAS_TRY(Query put,
              connection.prepare(label_of(group.kind), write_sql(plan, group.kind, columns)));
    out.put_.emplace(std::move(put));
  }
  if (group.kind == WriteKind::kRemove && !plan.stored->info.cascades.empty()) {
    ATLAS_TRY(Query referring, connection.prepare("who refers", referring_sql(plan)));
    out.referring_.emplace(std::move(referring));
  }
  for (const Constant& constant : constants) {
    out.constants_.push_back(constant.value.copy_to(out.constant_arena_));
  }
  return out;
}

Result<std::optional<RowVersion>> RowWriter::stored_version(KeyView key) {
  std::optional<RowVersion> out;
  if (!bind_key(find_, 0, key, arena_)) return out;
  ATLAS_TRY(const bool row, find_.step());
  if (row && reader_.look(find_, arena_)) out = reader_.version();
  find_.reset();
  return out;
}

Result<std::optional<Error>> RowWriter::taken_along(KeyView key) {
  std::optional<Error> out;
  if (!referring_ || !bind_key(*referring_, 0, key, arena_)) return out;
  ATLAS_TRY(const bool row, referring_->step());
  if (row && referring_->storage(0) != Storage::kNull) {
    const auto which = static_cast<std::size_t>(referring_->integer(0));
    const TableName& who = plan_->stored->info.cascades[which].table;
    out = Error(Code::kHasChildren, "rows of " + who.text()).at(connection_->options().where);
  }
  referring_->reset();
  return out;
}

std::string RowWriter::bind(std::size_t row) {
  const std::size_t width = group_->columns.size();
  int parameter = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (bind_cell(*put_, parameter++, group_->cells[row * width + i], arena_)) continue;
    return plan_->shape->columns[group_->columns[i]].name;
  }
  for (const Value& constant : constants_) (void)bind_cell(*put_, parameter++, constant, arena_);
  if (group_->kind != WriteKind::kInsert)
    (void)bind_key(*put_, parameter, group_->keys[row], arena_);
  return {};
}

WriteResult RowWriter::refusal(Error error) const {
  WriteResult out;
  out.status = WriteStatus::kRejected;
  const std::string constraint = error.code() == Code::kUniqueTaken
                                     ? unique_named(*plan_, error.constraint())
                                     : error.constraint();
  out.error = std::move(error).on_constraint(constraint);
  return out;
}

Result<WriteResult> RowWriter::write(std::size_t row) {
  arena_.clear();
  const KeyView key = group_->keys[row];
  ATLAS_TRY(const std::optional<RowVersion> before, stored_version(key));
  if (group_->kind == WriteKind::kInsert) {
    if (before) return WriteResult{.status = WriteStatus::kKeyTaken, .version = {}, .error = {}};
  } else if (!before || before->token != group_->guards[row].token) {
    return WriteResult{.status = WriteStatus::kStale, .version = {}, .error = {}};
  }
  ATLAS_TRY(std::optional<Error> referred, taken_along(key));
  if (referred) {
    return WriteResult{
        .status = WriteStatus::kReferred, .version = {}, .error = std::move(referred)};
  }
  if (!put_) return WriteResult{.status = WriteStatus::kApplied, .version = *before, .error = {}};
  if (const std::string unfit = bind(row); !unfit.empty()) {
    return refusal(Error(Code::kOutsideDomain, "SQLite keeps no such value: NaN")
                       .at(fmt::format("{} {}.{}", connection_->options().where,
                                       plan_->shape->table.text(), unfit)));
  }
  return put(key);
}

Result<WriteResult> RowWriter::put(KeyView key) {
  auto written = put_->run();
  if (!written) {
    if (written.error().kind() != ErrorKind::kRejected) return std::move(written).error();
    return refusal(std::move(written).error());
  }
  WriteResult out;
  if (connection_->changes() == 0) {
    out.status = WriteStatus::kSuppressed;
    return out;
  }
  out.status = WriteStatus::kApplied;
  if (group_->kind == WriteKind::kRemove) return out;
  // Read again rather than RETURNING, which would show the row before its AFTER triggers.
  ATLAS_TRY(const std::optional<RowVersion> after, stored_version(key));
  if (after) {
    out.version = *after;
  } else if (group_->kind == WriteKind::kInsert) {
    out.status = WriteStatus::kSuppressed;  // a trigger took the new row away
  }
  return out;
}

}  // namespace atlas::sqlite
