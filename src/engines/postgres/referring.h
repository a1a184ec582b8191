#pragma once

// Foreign keys that act when a row is deleted, and how a delete is kept from setting them off
// (E26): cascades never do our work.

#include "endpoint/endpoint.h"
#include "engines/postgres/connection.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace atlas::postgres {

// One foreign key of whatever table: on delete cascade, set null or set default.
struct ReferringKey {
  TableName table;        // whose rows refer
  std::string condition;  // that row c of `table` refers to row t, as the key itself compares them
  // The statement that lets us see all of its rows; empty where we do.
  std::string missing_right;
};

// By position of `tables`, as the catalog says now. A table is asked for with all that inherits
// from it, its partitions among them.
Result<std::vector<std::vector<ReferringKey>>> referring_keys(Connection& connection,
                                                              std::span<const TableName> tables);

// What a set-wise delete from one table needs beside itself. Every statement has the parameters of
// the delete; to be run in this order, in one READ COMMITTED transaction.
struct DeleteGuard {
  // Locks the rows. Whoever adds a row that refers to one of them has committed then, or waits for
  // us to end and is refused if the row is gone.
  std::string lock;
  // (position in the arrays, position in `tables`) of the rows that are referred to.
  std::string look;
  // What the delete demands of t besides.
  std::string condition;
  std::vector<TableName> tables;
};
// None where no key acts. Error kHasChildren, to be said of each row: who refers cannot be seen.
//   source  "unnest(...) with ordinality as s(...)", whose `n` is the position
//   guard   what joins t to s
Result<std::optional<DeleteGuard>> delete_guard(const TableName& table,
                                                std::span<const ReferringKey> keys,
                                                const std::string& source,
                                                const std::string& guard);

}  // namespace atlas::postgres
