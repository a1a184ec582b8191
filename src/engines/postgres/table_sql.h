#pragma once

// SQL pieces of a TableShape. The table's alias is always t.

#include "engines/postgres/params.h"
#include "engines/postgres/rowset.h"
#include "foundation/result.h"
#include "model/rows.h"
#include "model/table.h"

#include <optional>
#include <string>
#include <vector>

namespace atlas::postgres {

// t."name".
std::string column_reference(const TableShape& shape, std::uint32_t column);
// What the key is ordered by so that rows come as encoded keys sort (E30): text bytewise, kinds
// without an order of ours by their text. Fixed-length char columns must not hold control
// characters in keys: the server pads them for comparison.
std::string order_term(const TableShape& shape, std::uint32_t column);
std::string key_order(const TableShape& shape);
// " and t.a = $n" for each scope column, their values appended to `params`.
std::string scope_condition(const TableShape& shape, Params& params);
// "$n::type" for a value appended to `params`, as a comparison with the column needs it.
std::string bound_value(const TableShape& shape, std::uint32_t column, const Value& value,
                        Params& params);
// " and (key) > (…)"; nothing for an empty key.
std::string key_condition(const TableShape& shape, KeyView after, Params& params);

// Arrays of the keys' components, one parameter each. Keys that no row can have (a number beyond
// the column's type) are left out. Gives how many went in.
std::size_t bind_keys(const TableShape& shape, std::span<const KeyView> keys, Params& params);
// "from … where" over the arrays that start at parameter `first`: the rows with those keys.
std::string keyed_source(const TableShape& shape, std::size_t first);

// The statement over the arrays from parameter 1 on that gives the positions, from 1, of those keys
// that some row holds; with `alive` only rows count whose flag is null, false or 0.
std::string referred_query(const TableShape& shape, std::optional<std::uint32_t> alive);

// Error kSchemaDrift unless the result's columns from `at` on have the types of shape columns
// `columns`.
Result<> check_types(const Rowset& rows, const TableShape& shape,
                     std::span<const std::uint32_t> columns, std::size_t at);
// A native stamp as UTC microseconds. A local time that its zone refuses counts as if the clock had
// not been changed.
std::int64_t stamp_us(const TableShape& shape, const Value& stamp);

}  // namespace atlas::postgres
