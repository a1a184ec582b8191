#pragma once

// Reads the catalog: what describe() gives, and the fingerprint that apply transactions compare
// (E8).

#include "engines/postgres/connection.h"
#include "foundation/result.h"
#include "model/table.h"

#include <span>
#include <vector>

namespace atlas::postgres {

// One entry per table in order. Error kTableMissing names the first missing one.
Result<std::vector<TableInfo>> describe_tables(Connection& connection,
                                               std::span<const TableName> tables);

// The statement that gives one row (position, document, partitioned?, may be referred to?) per
// existing table; fingerprint_of(document) is TableInfo::fingerprint. Its parameters are
// bind_tables' own. It sees what is committed when it starts, so run it after the tables are
// locked.
std::string_view fingerprint_sql();
Params bind_tables(std::span<const TableName> tables);
std::uint64_t fingerprint_of(std::string_view document);

}  // namespace atlas::postgres
