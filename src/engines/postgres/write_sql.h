#pragma once

// The set-wise statement of one WriteGroup and its parameters.

#include "endpoint/endpoint.h"
#include "engines/postgres/params.h"
#include "engines/postgres/referring.h"
#include "engines/postgres/rowset.h"

#include <span>
#include <string>

namespace atlas::postgres {

// One statement for any number of rows, as parallel arrays. Gives one row per row written:
//   update  position in the arrays (from 1), xmin, stamp     remove  position
//   insert  key columns, xmin, stamp
// Updates and removes touch a row only while its xmin is the guard's, under READ COMMITTED also
// after waiting for a user's transaction.
// A partitioned table cannot return the xmin of inserted rows: it gives null there.
std::string write_sql(const WriteGroup& group, bool partitioned);
// How its removes are kept from taking along the rows that refer to theirs; errors as
// delete_guard's.
Result<std::optional<DeleteGuard>> guard_of(const WriteGroup& group,
                                            std::span<const ReferringKey> keys);
std::string guarded_remove_sql(const WriteGroup& group, const DeleteGuard& guard);
void bind_rows(const WriteGroup& group, std::span<const std::uint32_t> rows, Params& params);

// The clock that E20's `touch` writes, empty where the stamp is left alone or written like any
// other column.
std::string touch_expression(const WriteGroup& group);

// (xmin, stamp) of rows that exist, by key.
std::string written_sql(const TableShape& shape);
// (key columns, xmin) of rows that exist, by key.
std::string peek_sql(const TableShape& shape);
// The key in columns 0.. of a result.
KeyView key_of(const TableShape& shape, const Rowset& rows, std::size_t row, Arena& arena);

// "insert into public.users", for errors.
std::string write_label(const WriteGroup& group);
// Whether every cell of the row can be sent in its column's type.
bool row_fits(const WriteGroup& group, std::size_t row);
// Bytes that the row adds to its statement, roughly.
std::size_t row_bytes(const WriteGroup& group, std::size_t row);

}  // namespace atlas::postgres
