#pragma once

// The endpoints that are compared.

#include "sim/agree/player_testing.h"

#include <vector>

namespace atlas::agree {

// Each on a new database. PostgreSQL is what the others are held to.
Place postgres_place();
// SQLite is left out where two transactions write side by side: it has one writer.
std::vector<Place> other_places(const Script& script);

}  // namespace atlas::agree
