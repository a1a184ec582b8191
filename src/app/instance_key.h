#pragma once

#include "mapping/plan.h"
#include "state/store.h"

#include <string>
#include <string_view>
#include <vector>

namespace atlas::app {

// Every way to read what a person typed for an instance of the entity: a legacy key, with its table
// where the entity has several ("5", "users/5", "7, 9"), or a platform key. Empty if there is none.
std::vector<InstanceKey> readings(const EntityPlan& entity, std::string_view text);
// "users/5" on legacy, the plain key on the platform.
std::string instance_text(const EntityPlan& entity, const InstanceKey& instance);
// How keys of the entity are written, for messages: "users/KEY, staff/KEY or the platform's key".
std::string key_forms(const EntityPlan& entity);
// The legacy tables, in order.
std::vector<std::string> kind_names(const EntityPlan& entity);

}  // namespace atlas::app
