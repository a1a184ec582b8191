#include "engines/sqlite/snapshot.h"

#include "engines/sqlite/changed_scan.h"
#include "engines/sqlite/key_scan.h"
#include "foundation/fault_point.h"

#include <fmt/format.h>

namespace atlas::sqlite {
namespace {

// Appends the row that `reader` looked at.
void add_row(Rows& rows, const RowReader& reader, const Query& query) {
  const auto cells = rows.add(reader.key(), reader.version(), reader.stamp());
  reader.cells(query, cells, rows.arena());
  if (reader.oversized()) rows.set_oversized(rows.size() - 1);
}

}  // namespace

Result<std::unique_ptr<Snapshot>> SqliteSnapshot::open(std::shared_ptr<Pool> pool) {
  ATLAS_TRY(Loan loan, Loan::take(std::move(pool)));
  ATLAS_OK(loan.connection().begin_read());
  return std::unique_ptr<Snapshot>(new SqliteSnapshot(std::move(loan)));
}

Result<const TablePlan*> SqliteSnapshot::plan_for(const TableShape& shape) {
  if (fault_point("sqlite.read") == Fault::kFail) {
    return Error(Code::kConnectionLost, "a read was cut").at(loan_.connection().options().where);
  }
  return plans_.of(shape);
}

Result<KeyPage> SqliteSnapshot::changed(const TableShape& shape, const StampPosition& from,
                                        std::size_t limit) {
  ATLAS_TRY(const TablePlan* plan, plan_for(shape));
  return ChangedScan(loan_.connection(), *plan, limit).run(from);
}

Result<KeyPage> SqliteSnapshot::keys(const TableShape& shape, KeyView after, std::size_t limit) {
  ATLAS_TRY(const TablePlan* plan, plan_for(shape));
  KeyPage page;
  KeyScan scan(loan_.connection(), *plan, after, limit);
  for (;;) {
    ATLAS_TRY(const bool row, scan.next(page.arena));
    page.end = !row;
    if (!row || page.keys.size() == limit) return page;
    page.keys.push_back({scan.reader().key(), scan.reader().version(), scan.reader().stamp()});
  }
}

Result<Rows> SqliteSnapshot::scan(const TableShape& shape, KeyView after, std::size_t limit) {
  ATLAS_TRY(const TablePlan* plan, plan_for(shape));
  Rows rows(shape.columns.size());
  KeyScan scan(loan_.connection(), *plan, after, limit);
  while (rows.size() < limit) {
    ATLAS_TRY(const bool row, scan.next(rows.arena()));
    if (!row) break;
    add_row(rows, scan.reader(), scan.query());
  }
  rows.index();
  return rows;
}

// A look-up a key: in one process that is what SQLite itself would do with a list.
Result<Rows> SqliteSnapshot::read(const TableShape& shape, std::span<const KeyView> keys) {
  ATLAS_TRY(const TablePlan* plan, plan_for(shape));
  Rows rows(shape.columns.size());
  ATLAS_TRY(Query query, loan_.connection().prepare("read by key",
                                                    plan->select + " WHERE " + plan->key_match(0)));
  RowReader reader(*plan);
  Arena bound;
  for (const KeyView key : keys) {
    bound.clear();
    if (!bind_key(query, 0, key, bound)) continue;
    ATLAS_TRY(const bool row, query.step());
    if (row && reader.look(query, rows.arena())) add_row(rows, reader, query);
    query.reset();
  }
  rows.index();
  return rows;
}

namespace {

// A mark that is no value of its column's type says nothing: its row counts as alive.
std::string says_alive(const std::string& flag, TypeKind type) {
  std::string out = flag + " IS NULL OR " + flag + " = 0";
  if (is_stamp(type) || type == TypeKind::kDate)
    out += " OR " + flag + " NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'";
  if (is_integer(type) || type == TypeKind::kBool) out += " OR typeof(" + flag + ") = 'text'";
  return "(" + out + ")";
}

}  // namespace

Result<std::vector<std::size_t>> SqliteSnapshot::referred(const TableShape& shape,
                                                          std::span<const KeyView> values,
                                                          std::optional<std::uint32_t> alive) {
  ATLAS_TRY(const TablePlan* plan, plan_for(shape));
  std::string sql = "SELECT 1 FROM " + plan->table + " t WHERE " + plan->key_match(0);
  if (alive) {
    sql += " AND " + says_alive("t." + plan->columns[*alive], shape.columns[*alive].type.kind);
  }
  ATLAS_TRY(Query query, loan_.connection().prepare("referred", sql + " LIMIT 1"));
  std::vector<std::size_t> out;
  Arena bound;
  for (std::size_t i = 0; i < values.size(); ++i) {
    bound.clear();
    if (!bind_key(query, 0, values[i], bound)) continue;
    ATLAS_TRY(const bool row, query.step());
    if (row) out.push_back(i);
    query.reset();
  }
  return out;
}

Result<std::int64_t> SqliteSnapshot::unnamed(const TableShape& shape) {
  ATLAS_TRY(const TablePlan* plan, plan_for(shape));
  std::string lost;
  for (const std::uint32_t column : shape.key) {
    const std::string name = "t." + plan->columns[column];
    lost += fmt::format("{}{} IS NULL", lost.empty() ? "" : " OR ", name);
    if (shape.columns[column].type.kind != TypeKind::kBytea)
      lost += fmt::format(" OR typeof({}) = 'blob'", name);
  }
  ATLAS_TRY(Query query,
            loan_.connection().prepare("rows without a name",
                                       fmt::format("SELECT count(*) FROM main.{} AS t WHERE ({}){}",
                                                   plan->table, lost, plan->scope_condition(0))));
  Arena bound;
  bind_scope(query, 0, shape, bound);
  ATLAS_TRY(const bool row, query.step());
  return row ? query.integer(0) : 0;
}

}  // namespace atlas::sqlite
