#pragma once

// Settles the intents a crash left open (ENGINE E3): asks each target's witness and confirms what
// was applied.

#include "apply/apply.h"

#include <functional>
#include <map>

namespace atlas {

struct RecoveryReport {
  std::int64_t applied = 0;        // intents that had been applied and are confirmed now
  std::int64_t never_applied = 0;  // intents that never were and never can be
};

struct RecoveryEntity {
  EntityRef entity;
  std::vector<std::string> field_names;  // of the current layout
};

// Call after the lease was taken and every fence raised, before anything is read.
//   entities  by EntityRef::id; an intent of an entity that is no longer mapped is left open
//   (kStateUnusable is not raised) errors    kRetry when a target cannot be asked: the run must not
//   go on with that entity
Result<RecoveryReport> recover(
    StateStore& state, const Lease& lease, const std::string& tenant, Instant now,
    const std::map<std::int32_t, RecoveryEntity>& entities,
    const std::function<Result<Endpoint*>(const std::string& name)>& endpoint);

}  // namespace atlas
