#pragma once

// The tables of a StateStore in a SQLite file.

#include "engines/sqlite/connection.h"

namespace atlas::sqlite {

// The version that the tables have; 0 when there are none. Writes nothing.
//   errors  kStateTooNew
Result<std::int64_t> state_version(Connection& connection);
// The version that migrate_state() makes.
std::int64_t newest_state_version();

// Makes or upgrades the tables.
//   errors  kStateTooNew when a newer version wrote them; kWitnessMissing when the file may not be
//   written
Result<> migrate_state(Connection& connection);

}  // namespace atlas::sqlite
