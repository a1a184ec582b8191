#pragma once

// The tables of a StateStore in a SQLite file.

#include "engines/sqlite/connection.h"

#include <string>
#include <vector>

namespace atlas::sqlite {

// Tables by which a state is known, even one that lost some of them.
std::vector<std::string> state_tables();
// The version that the tables have; 0 when there are none. Writes nothing.
//   errors  kStateTooNew; kStateUnusable when some of the tables are gone
Result<std::int64_t> state_version(Connection& connection);
// The version that migrate_state() makes.
std::int64_t newest_state_version();

// Makes or upgrades the tables.
//   errors  kStateTooNew when a newer version wrote them; kWitnessMissing when the file may not be
//   written
Result<> migrate_state(Connection& connection);

}  // namespace atlas::sqlite
