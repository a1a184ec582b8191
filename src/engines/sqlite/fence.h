#pragma once

// The bridge's own tables in a target (E2, E3): whose turn it is, and which intents were applied.
// They carry a prefix because SQLite has no schemas.

#include "endpoint/endpoint.h"
#include "engines/sqlite/connection.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace atlas::sqlite {

// Makes the tables; nothing happens when they are there.
Result<> install_tables(Connection& connection);
// Epoch 0 and no mark when the tenant has none, or the tables do not exist.
Result<Fence> fence_of(Connection& connection, const std::string& tenant);
// Waits for the write lock, hence for applies in flight. Gives the mark that the fence has.
// kFenceStale when the fence is higher already.
Result<std::string> raise_fence_to(Connection& connection, const std::string& tenant,
                                   const Fence& to);
Result<Settlement> settle_intent(Connection& connection, const ApplyTicket& ticket);
Result<> drop_witnesses(Connection& connection, const std::string& tenant, BatchNumber upto);

// Inside the apply transaction: compares the fence and inserts the witness. kFenceStale,
// kWitnessMissing.
Result<> enter_fence(Connection& connection, const ApplyTicket& ticket);
// Inside the apply transaction: the writes of the intent that were not applied.
Result<> witness_unapplied(Connection& connection, const ApplyTicket& ticket,
                           const std::vector<std::uint32_t>& ordinals);

}  // namespace atlas::sqlite
