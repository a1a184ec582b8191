#pragma once

// How a story must end: both sides equal, nobody doubled, and verify of the same opinion.

#include "sim/proof/history.h"
#include "sim/virtual/company.h"

#include <optional>
#include <string>

namespace atlas::sim {

// The living rows of both sides by person, read without plan, links or mapper.
//   restored  a database was put back: rows that came with it may hold values of others
std::optional<Violation> difference(const Company& company, const StateData& state, bool restored);
// What verify says of the company: no difference but open conflicts.
std::optional<Violation> verdict(Company& company);

// The cells of a row that have a value, and what became of those that changed.
std::string show_row(const Table& table, const Row* before, const Row* after);

// Links, conflicts, pending rows and candidates of every entity, a line each.
std::string show_state(const StateData& state);

}  // namespace atlas::sim
