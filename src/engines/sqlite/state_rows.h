#pragma once

// Pieces that the state's statements share. Every function works on any connection to the state's
// file, so that a confirm can travel in an endpoint's transaction.

#include "engines/sqlite/connection.h"
#include "engines/sqlite/state_entity.h"
#include "state/store.h"

namespace atlas::sqlite {

// One tenant's view of one entity under one layout, on one connection.
struct StateView {
  Connection& connection;
  TenantId tenant;
  StoredEntity& entity;
  EntityRef ref;
};

inline std::int64_t micros_of(Instant at) { return at.time_since_epoch().count(); }
inline Instant instant_at(std::int64_t micros) { return Instant(Micros(micros)); }

// Inside a transaction: kFenceStale when another run holds the lease or nobody does.
Result<> check_lease(Connection& connection, const Lease& lease);

// Parameters `first`..`first` + 4: tenant, entity, side, kind, key.
void bind_instance(Query& query, int first, const StateView& view, const InstanceKey& instance);
inline constexpr int kInstanceParameters = 5;
// Columns `first`..`first` + 2: side, kind, key. nullopt when the mapping has no such kind any
// more.
std::optional<InstanceKey> read_instance(const Query& query, int first, const StateView& view);

// Where a scan ordered by instance goes on: one stretch a side and kind, in the mapping's order of
// kinds.
struct Stretch {
  Side side = Side::kLegacy;
  std::uint16_t kind = 0;
  KeyView after;  // empty: from its start
};
std::vector<Stretch> stretches(const StateView& view, const InstanceKey* after);

// The parts of a confirm.
Result<> write_links(const StateView& view, const Confirm& confirm);
Result<> write_pending(const StateView& view, const Confirm& confirm);
Result<> write_candidates(const StateView& view, const Confirm& confirm);
Result<> write_conflicts(const StateView& view, const Confirm& confirm);
Result<> write_cursors(const StateView& view, const Confirm& confirm);
Result<> put_pending(const StateView& view, const Pending& pending);

}  // namespace atlas::sqlite
