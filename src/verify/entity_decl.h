#pragma once

#include "mapping/plan.h"
#include "state/store.h"

namespace atlas {

// How an entity of the plan is declared to the state store.
EntityLayout entity_decl(const EntityPlan& entity);

}  // namespace atlas
