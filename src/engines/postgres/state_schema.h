#pragma once

// The tables of the bridge's state, in schema atlas_bridge beside fence and witness. Each migration
// is applied once, in order, and never changed afterwards.

#include "engines/postgres/connection.h"

#include <span>
#include <string_view>

namespace atlas::postgres {

struct Migration {
  int version = 0;
  std::string_view sql;  // several statements separated by lines of "--"
};
std::span<const Migration> state_migrations();

// The version that the tables have; 0 when there are none. Writes nothing.
//   errors  kStateTooNew
Result<std::int64_t> state_version(Connection& connection);

// Brings the tables up to date. Concurrent callers wait for each other.
//   errors  kStateTooNew; kWitnessMissing with the statements that a database owner has to run
Result<> migrate_state(Connection& connection);

// Errors of the state's own statements: what is missing or contradictory is kStateUnusable, not a
// row's or a table's fault.
Error state_error(const Connection& connection, Error error);

}  // namespace atlas::postgres
