#pragma once

// Catalogs for tests, read from CREATE TABLE statements instead of a database. Only what test
// schemas use: columns, NOT NULL, DEFAULT, PRIMARY KEY, UNIQUE, CHECK, REFERENCES, identity and
// generated columns, enum types, triggers.

#include "mapping/compile.h"

#include <string>
#include <string_view>
#include <vector>

namespace atlas {

// All tables of a script. PostgreSQL's tables without a schema are in `public`; SQLite's have none,
// and its declared types follow the convention of names before `_text` and `_int`.
std::vector<TableInfo> read_ddl(std::string_view sql, EngineKind engine);

// Catalogs for `wanted`: endpoint "platform.identity" has the tables of scripts["identity"].
Catalogs catalogs_from(const Connections& wanted,
                       const std::vector<std::pair<std::string, std::string>>& scripts);

}  // namespace atlas
