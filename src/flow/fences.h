#pragma once

// Whether the fences of a tenant's targets are where the last run left them (E2, E9). One that is
// lower was restored; one with another mark is another database.

#include "endpoint/endpoint.h"
#include "mapping/plan.h"
#include "state/store.h"

#include <array>
#include <string>

namespace atlas {

// What state remembers of an endpoint's fence: epoch 0 and no mark before the first run there.
Result<Fence> noted_fence(StateStore& state, TenantId tenant, const std::string& endpoint);
Result<> note_fence(StateStore& state, TenantId tenant, const std::string& endpoint,
                    const Fence& fence);
// What rises first is to be read last: note, then fence, then `known`, the tenant's epoch. A run
// that starts beside us moves them in between, and that is no contradiction.
//   errors  kOtherDatabase, kTargetRewound, kStateRewound
Result<> same_database(const EndpointPlan& endpoint, const Fence& noted, const Fence& found);
Result<> not_rewound(const EndpointPlan& endpoint, const Fence& noted, const Fence& found);
Result<> not_ahead(const EndpointPlan& endpoint, const Fence& found, Epoch known);
// All three.
Result<> as_left(const EndpointPlan& endpoint, const Fence& noted, const Fence& found, Epoch known);

// A name for a database that has none. `random` is 32 random bytes; endpoints of one database,
// that is of one `identity` (Probe), get one name.
std::string fresh_mark(const std::array<std::uint8_t, 32>& random, const std::string& identity);

}  // namespace atlas
