#pragma once

// Reserving key values of a table whose integer key SQLite gives out itself.

#include "engines/sqlite/pool.h"
#include "model/table.h"

#include <cstdint>
#include <vector>

namespace atlas::sqlite {

// Values that no reservation and no AUTOINCREMENT will give again. An application's insert into a
// table without AUTOINCREMENT may still take one of them (E7).
Result<std::vector<std::int64_t>> reserve_keys(Connection& connection, Catalog& catalog,
                                               const TableShape& shape, std::size_t n);

}  // namespace atlas::sqlite
