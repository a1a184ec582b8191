#pragma once

// How one TableShape is read and written here: checked against the catalog, with its statements
// spelled out.

#include "engines/sqlite/catalog.h"
#include "engines/sqlite/codec.h"
#include "engines/sqlite/connection.h"
#include "model/rows.h"
#include "model/table.h"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace atlas::sqlite {

// Result columns of every statement that reads rows: the shape's columns in its order, then the
// table's others.
struct TablePlan {
  const TableShape* shape = nullptr;
  std::shared_ptr<const StoredTable> stored;
  std::string table;                 // quoted
  std::vector<std::string> columns;  // quoted, as shape->columns
  std::vector<int> hashed;  // result columns that make the version, in the table's own order
  std::string select;       // SELECT … FROM table t
  std::string key_order;    // t."a", t."b"

  // " AND t.c = ?" for every scope column; parameters follow each other from `first`.
  std::string scope_condition(int first) const;
  // "(t.a, t.b) > (?, ?)" and "t.a = ? AND t.b = ?"; parameters follow each other from `first`.
  std::string key_after(int first) const;
  std::string key_match(int first) const;
  int key_size() const { return static_cast<int>(shape->key.size()); }
  std::string stamp_column() const;  // t."updated_at"
};

// errors  kTableMissing, kColumnMissing
Result<TablePlan> make_plan(Connection& connection, Catalog& catalog, const TableShape& shape);

// Binds the key's components from `first`. False when a component has no spelling here: no row can
// have that key.
bool bind_key(Query& query, int first, KeyView key, Arena& arena);
void bind_scope(Query& query, int first, const TableShape& shape, Arena& arena);

// Takes rows out of a statement of `plan`. One thread; reusable.
class RowReader {
 public:
  explicit RowReader(const TablePlan& plan) : plan_(&plan) {}

  // Looks at the row that the statement stands on. False: its key cannot be named (null, a stray
  // blob).
  bool look(const Query& query, Arena& arena);
  // Of the row looked at. The key lives in the arena given to look().
  KeyView key() const { return key_; }
  RowVersion version() const { return version_; }
  // The native stamp: kTimestamp or kInstant when its spelling can be ordered, else kOther with the
  // text; null without one.
  Value stamp() const { return stamp_; }
  bool oversized() const { return content_bytes_ > plan_->shape->row_bytes_max; }
  // Fills shape->columns.size() cells; of an oversized row only the key's.
  void cells(const Query& query, std::span<Value> into, Arena& arena) const;

 private:
  void read_stamp(const Query& query, Arena& arena);

  const TablePlan* plan_;
  RowHash hash_;
  std::vector<Value> key_cells_;
  KeyView key_;
  RowVersion version_;
  Value stamp_;
  std::int64_t content_bytes_ = 0;
};

// Plans of one transaction or snapshot, made when first asked for.
class TablePlans {
 public:
  TablePlans(Connection& connection, Catalog& catalog)
      : connection_(&connection), catalog_(&catalog) {}
  Result<const TablePlan*> of(const TableShape& shape);

 private:
  Connection* connection_;
  Catalog* catalog_;
  std::map<const TableShape*, std::unique_ptr<TablePlan>> plans_;
};

}  // namespace atlas::sqlite
