#pragma once

// The scope that an entity's links were made in: in another one its rows are another customer's.

#include "mapping/plan.h"
#include "state/store.h"

#include <string>
#include <string_view>

namespace atlas {

// Where state keeps it; empty: not known.
std::string scope_note(std::string_view entity);
// Whether every column that limited an entity then has its value still, where there are links.
// Columns that came or went are no contradiction.
//   errors  kOtherDatabase
Result<> same_scope(StateStore& state, TenantId tenant, const Plan& plan);
Result<> note_scope(StateStore& state, TenantId tenant, const Plan& plan);

}  // namespace atlas
