#pragma once

// Whether a run wrote: by the servers' own statistics and by every row's version.

#include "tests/support/world.h"

#include <map>
#include <string>

namespace atlas::e2e {

// "legacy.users" to a digest of each row's place and version, for every table outside schema
// atlas_bridge. PostgreSQL only.
using RowVersions = std::map<std::string, std::string>;
RowVersions row_versions(World& world);
// The same of one database, whose tables are called "NAME.table".
RowVersions row_versions(Sql& database, const std::string& name);

// Tuples inserted, updated and deleted outside schema atlas_bridge since the databases were made,
// by pg_stat_user_tables. Waits until what ended sessions did has arrived there.
std::map<std::string, long> tuples_written(World& world);

}  // namespace atlas::e2e
