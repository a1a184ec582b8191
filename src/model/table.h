#pragma once

// What the engine needs to know of one table: TableShape, made from the mapping and the catalog.
// And the catalog's own words.

#include "model/type.h"
#include "model/value.h"
#include "model/zone.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace atlas {

struct TableName {
  std::string schema;  // empty in SQLite
  std::string name;
  auto operator<=>(const TableName&) const = default;
  std::string text() const { return schema.empty() ? name : schema + "." + name; }
};

struct ColumnInfo {
  std::string name;
  Type type;
  bool not_null = false;
  bool has_default = false;  // default, identity or serial
  bool generated = false;    // generated always as (…) stored, or identity always: never written
  bool numeric_affinity = false;  // SQLite only: decimals would be rounded
  std::string sequence;           // sequence or rowid that feeds it, empty if none
};

struct UniqueInfo {
  std::string name;
  std::vector<std::string> columns;
  bool primary = false;
  bool deferrable = false;
  bool plain = true;  // no expression, no predicate
};

struct ForeignKeyInfo {
  std::string name;
  std::vector<std::string> columns;
  TableName target;
  std::vector<std::string> target_columns;
  bool cascades = false;  // on delete or on update: cascade, set null, set default
};

// Rows of another table that a delete of ours would take along, or whose reference it would clear.
struct CascadeInfo {
  TableName table;
  std::vector<std::string> columns;         // of `table`
  std::vector<std::string> target_columns;  // of the described table, in the same order
};

struct TriggerInfo {
  std::string name;
  bool before_row = false;
  bool after_or_deferred = false;
  // Its function looks tables up in the caller's search path, which is not the application's (Q3).
  bool uses_callers_path = false;
  // Its function takes the time of day in the session's time zone, which is ours when we write.
  bool uses_session_zone = false;
};

struct IndexInfo {
  std::string name;
  std::vector<std::string> columns;  // leading plain columns
};

// One table as the catalog shows it.
struct TableInfo {
  TableName table;
  std::vector<ColumnInfo> columns;
  std::vector<std::string> primary_key;
  std::vector<UniqueInfo> uniques;
  std::vector<ForeignKeyInfo> foreign_keys;
  std::vector<CascadeInfo> cascades;  // foreign keys of other tables that act when a row is deleted
  std::vector<std::string> checks;
  std::vector<TriggerInfo> triggers;
  std::vector<IndexInfo> indexes;
  bool row_security = false;        // active for our role
  bool replicated_into = false;     // filled by logical replication: stamps are not this database's
  std::int64_t rows_estimate = -1;  // by the database's statistics; -1: it has none
  // Hash of everything above that a write depends on (columns, types, keys, triggers); equal = no
  // drift (ENGINE E8).
  std::uint64_t fingerprint = 0;

  const ColumnInfo* column(std::string_view name) const;
  bool has_after_effects() const;  // AFTER or deferred triggers, or cascades: E13
  bool has_before_triggers() const;
};

struct ShapeColumn {
  std::string name;
  Type type;
};

// column = constant, for scope and kinds.
struct ColumnEquals {
  std::uint32_t column = 0;  // index into TableShape::columns
  Value value;               // content owned by the plan
};

// One table as the mapping uses it. Built once per run; shared read-only by all threads.
struct TableShape {
  TableName table;
  // Columns read and written, key columns included. Never the columns that the mapping does not
  // name.
  std::vector<ShapeColumn> columns;
  std::vector<std::uint32_t> key;      // indexes into columns, in key order
  std::optional<std::uint32_t> stamp;  // index into columns
  ZoneRule stamp_zone;                 // how a naive stamp becomes an instant; UTC if unset
  bool stamp_touched = true;  // we set the stamp to the target's own clock on write (E20 touch)
  std::vector<ColumnEquals> scope;  // pushed down into scans; written on insert
  std::string key_sequence;         // sequence feeding the single integer key column; empty if none
  bool rewrites = false;            // written cells may come back different: read them back (E12)
  bool after_effects = false;       // E13: versions are read after commit
  std::uint64_t fingerprint = 0;  // of the catalog when the plan was checked (E8); 0 = not compared
  std::int64_t row_bytes_max = 8 * 1024 * 1024;  // larger rows come back unread (limits.row_bytes)

  std::uint32_t column(std::string_view name) const;  // aborts if absent
};

}  // namespace atlas
