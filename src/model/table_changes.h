#pragma once

// Names what became different in a table, for people.

#include "model/table.h"

#include <string>
#include <vector>

namespace atlas {

// One line a difference: columns in the order of `before`, then new ones; keys, checks, triggers
// after them. "column public.users.phone: varchar(20) -> varchar(40)". A table without columns is
// gone. Plain indexes and statistics are no difference. Empty: the descriptions show none.
std::vector<std::string> table_changes(const TableInfo& before, const TableInfo& now);

}  // namespace atlas
