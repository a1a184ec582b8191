#pragma once

// The tables of a StateStore in a SQLite file.

#include "engines/sqlite/connection.h"

namespace atlas::sqlite {

// Makes or upgrades the tables.
//   errors  kStateTooNew when a newer version wrote them; kWitnessMissing when the file may not be
//   written
Result<> migrate_state(Connection& connection);

}  // namespace atlas::sqlite
