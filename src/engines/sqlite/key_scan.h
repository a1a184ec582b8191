#pragma once

// Rows in the order of their keys' bytes (E30).

#include "engines/sqlite/table_plan.h"

#include <optional>

namespace atlas::sqlite {

// Uuids are stored as texts, and texts that are no uuid in our spelling lie anywhere among them,
// while their keys come after all uuids. So a table with a uuid key is walked twice: for the uuids,
// then for what is none of them.
class KeyScan {
 public:
  // Begins after the key `after`; empty = at the first. `limit`: how many rows will be asked for at
  // most.
  KeyScan(Connection& connection, const TablePlan& plan, KeyView after, std::size_t limit);

  // Moves to the next row; false at the end. Keys and stamps go to `arena`.
  Result<bool> next(Arena& arena);
  const RowReader& reader() const { return reader_; }
  const Query& query() const { return *query_; }

 private:
  enum class Walk : std::uint8_t { kAll, kUuids, kOthers };
  Result<> start();

  Connection& connection_;
  const TablePlan& plan_;
  RowReader reader_;
  Walk walk_ = Walk::kAll;
  KeyView after_;
  std::size_t limit_;
  Arena bound_;  // outlives the query's bindings
  std::optional<Query> query_;
};

}  // namespace atlas::sqlite
