#pragma once

// Writes the rows of one group one by one, each against the version that was read.

#include "endpoint/endpoint.h"
#include "engines/sqlite/table_plan.h"
#include "foundation/clock.h"

#include <optional>
#include <string>

namespace atlas::sqlite {

class RowWriter {
 public:
  // `now` goes into the stamp column where the shape says so. The group must outlive the writer.
  static Result<RowWriter> make(Connection& connection, const TablePlan& plan,
                                const WriteGroup& group, Instant now);

  // Inside an open write transaction. An error means that the transaction cannot go on; a row that
  // does not fit is a result.
  Result<WriteResult> write(std::size_t row);

 private:
  RowWriter(Connection& connection, const TablePlan& plan, const WriteGroup& group, Query find)
      : connection_(&connection),
        plan_(&plan),
        group_(&group),
        find_(std::move(find)),
        reader_(plan) {}

  // The stored row's version; none when there is no row.
  Result<std::optional<RowVersion>> stored_version(KeyView key);
  // Why the row must not be removed: others would go along with it (E26).
  Result<std::optional<Error>> taken_along(KeyView key);
  // The name of the first column whose value cannot be stored; empty if all can.
  std::string bind(std::size_t row);
  Result<WriteResult> put(KeyView key);
  WriteResult refusal(Error error) const;

  Connection* connection_;
  const TablePlan* plan_;
  const WriteGroup* group_;
  Query find_;
  std::optional<Query> put_;        // none: an update of no column
  std::optional<Query> referring_;  // none: no foreign key acts when a row is removed
  RowReader reader_;
  std::vector<Value> constants_;  // bound after the group's own columns
  Arena constant_arena_;
  Arena arena_;
};

}  // namespace atlas::sqlite
