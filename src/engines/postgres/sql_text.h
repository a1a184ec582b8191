#pragma once

// Names and constants inside SQL text. Only names from the catalog and numbers of ours get there;
// row values never do.

#include "model/table.h"
#include "model/type.h"

#include <string>
#include <string_view>

namespace atlas::postgres {

// "name", with quotes inside doubled.
std::string quote_name(std::string_view name);
// 'text'; right under standard_conforming_strings = on, which every session sets.
std::string quote_text(std::string_view text);
// The schema of a table; PostgreSQL's default where none is named.
std::string_view schema_of(const TableName& table);
// "schema"."table".
std::string quote_table(const TableName& table);
// The type's name without length or precision, as an explicit cast needs it: a cast to varchar(3)
// cuts silently, an assignment to the column afterwards does not.
std::string cast_name(const Type& type);

}  // namespace atlas::postgres
