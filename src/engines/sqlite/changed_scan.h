#pragma once

// The stamped scan: rows after a position, ordered by (stamp, key), although applications spell the
// same time in texts of different lengths. Walks the index in the order of the texts and settles
// the ties itself.

#include "endpoint/endpoint.h"
#include "engines/sqlite/stamp_text.h"
#include "engines/sqlite/table_plan.h"

namespace atlas::sqlite {

class ChangedScan {
 public:
  ChangedScan(Connection& connection, const TablePlan& plan, std::size_t limit);
  Result<KeyPage> run(const StampPosition& from);

 private:
  // Rows of one time, among those found by text order.
  struct Tie {
    std::size_t begin = 0;  // position in page_.keys of its first row
    StampRange range;
    bool uniform = true;  // all spelled as we write it
  };
  struct Condition {
    std::string sql;                 // of further parameters; " AND …"
    std::vector<std::string> texts;  // bound in order
    KeyView key;                     // bound after them, if any
  };

  Result<Query> query(std::string_view label, const Condition& condition, const std::string& order);
  // Rows of the time `range` with keys after `key`, by key.
  Result<> ties(const StampRange& range, KeyView key);
  // Rows by text order under `condition`.
  Result<> stream(const Condition& condition);
  // The page ended inside the tie: keeps what is a beginning of it by key.
  Result<> end_inside(const Tie& tie);
  Result<bool> exists(const Condition& condition);
  Result<bool> all_as_written(const StampRange& range);
  void sort_by_key(const Tie& tie);
  void push(const Value& stamp);
  bool full() const { return page_.keys.size() == limit_; }
  std::string parameter(std::size_t n) const;

  Connection& connection_;
  const TablePlan& plan_;
  std::size_t limit_;
  TypeKind kind_;
  RowReader reader_;
  KeyPage page_;
  Arena bound_;
};

}  // namespace atlas::sqlite
