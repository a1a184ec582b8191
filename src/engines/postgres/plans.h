#pragma once

// Which plans the server may choose. Our statements find their rows by keys, and an index serves
// each of them; without statistics, or with many keys in sight, the planner guesses otherwise and
// reads whole tables for every page.

#include <array>
#include <string_view>

namespace atlas::postgres {

// Until the transaction ends: only index scans and nested loops, where there are any to choose.
inline constexpr std::string_view kKeyedPlansSql =
    "select set_config(s.name, 'off', true) from unnest('{enable_seqscan, enable_bitmapscan, "
    "enable_hashjoin, enable_mergejoin, enable_sort}'::text[]) as s(name)";

// Until the transaction ends: a statement over key arrays is not planned anew by their length. A
// hash join over the whole table loses against the index long before the planner thinks so.
inline constexpr std::string_view kGenericPlansSql =
    "set local plan_cache_mode = force_generic_plan";

// $1 table, for pages of it in order: of a plain table that was never analyzed the server knows
// nothing, and an index in that order is taken if there is one.
inline constexpr std::string_view kOrderedPlansSql =
    "select set_config('enable_sort', 'off', true) from pg_class c "
    "where c.oid = to_regclass($1) and c.relkind = 'r' and c.reltuples < 0";

// Ends a subquery that is to be answered by keys before it is sorted: without it the server reads a
// whole table in the order asked for, so as not to sort a handful.
inline constexpr std::string_view kFenced = " offset 0";

// Undo both.
inline constexpr std::array<std::string_view, 5> kDefaultPlansSql = {
    "set local enable_seqscan to default", "set local enable_bitmapscan to default",
    "set local enable_hashjoin to default", "set local enable_mergejoin to default",
    "set local enable_sort to default"};

}  // namespace atlas::postgres
