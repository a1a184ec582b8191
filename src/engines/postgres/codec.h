#pragma once

// Cells between PostgreSQL's binary form and Value, for every kind of column. Kinds without a tag
// of their own (arrays, kOther) travel as text: they are selected by ::text and written as text
// that is cast to the column's type.

#include "engines/postgres/oids.h"
#include "engines/postgres/params.h"
#include "model/type.h"
#include "model/value.h"

#include <string>
#include <string_view>

namespace atlas::postgres {

// The type in which a column of this kind arrives; a result of another type means the schema moved.
// 0: not compared.
Oid arrives_as(const Type& type);
// The element type of the parameter array that carries such cells, by oid and by name ("int8").
Oid travels_as(TypeKind kind);
std::string_view travel_name(TypeKind kind);
// The expression that reads `column` (already quoted and qualified).
std::string read_expression(const std::string& column, const Type& type);
// The expression that turns `parameter` (of travel_name) into what may be assigned to such a column
// or compared with it.
std::string write_expression(const std::string& parameter, const Type& type);

// The value of one cell that arrived; content is copied into `arena`. Timestamps beyond the year
// 294246, which PostgreSQL alone can hold, become the last one that an Instant holds.
Value decode_cell(TypeKind kind, std::string_view bytes, Arena& arena);
// Whether append_cell would write the value: its tag fits the kind and its number the range.
bool fits(const Type& type, const Value& value);
// Appends a cell that fits. Null is an element like any other.
void append_cell(CellWriter& out, const Type& type, const Value& value);

// Adds one value that fits as a parameter of its own, of type travel_name.
void bind_cell(Params& params, const Type& type, const Value& value);

// Microseconds between 1970 and 2000, PostgreSQL's epoch.
inline constexpr std::int64_t kEpochShiftUs = 946'684'800'000'000;
inline constexpr std::int32_t kEpochShiftDays = 10'957;
// Raw timestamps as sent ↔ microseconds since 1970; infinities map to ours.
std::int64_t from_server_time(std::int64_t raw);
std::int64_t to_server_time(std::int64_t us);

}  // namespace atlas::postgres
