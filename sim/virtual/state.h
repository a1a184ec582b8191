#pragma once

// The bridge's memory in memory: every method of StateStore, atomic, with the rules that the tables
// of a real store enforce.

#include "sim/virtual/database.h"
#include "sim/virtual/world.h"
#include "state/store.h"

#include <map>
#include <string>
#include <vector>

namespace atlas::sim {

// What all connections of one store share.
class StateData {
 public:
  struct Entity {
    std::string name;
    TenantId tenant;
    std::vector<EntityLayout> layouts;
    std::vector<std::string> kinds;  // every name seen; links are kept by position in it
    // By (kind, legacy key).
    struct StoredLink {
      Key platform_key;
      BatchNumber batch;
      FieldHash match = kNoBase;
      std::string document;
    };
    using LinkKey = std::pair<std::uint16_t, Key>;
    std::map<LinkKey, StoredLink> links;
    std::map<Key, LinkKey> by_platform;
    std::map<InstanceKey, Pending> pending;
    std::map<InstanceKey, FieldHash> candidates;
    std::map<std::string, Cursor> cursors;
    std::vector<Conflict> conflicts;
  };
  struct Tenant {
    TenantInfo info;
    Epoch epoch;
    std::optional<Lease> lease;
    LeaseHolder holder;
    std::int64_t batches = 0;
    std::map<std::int64_t, Intent> intents;
    std::vector<RunRecord> runs;
    std::map<std::string, std::string> notes;
  };

  // `home`: the database that the state lives in, whose transactions may carry confirms; null: one
  // of its own.
  explicit StateData(World& world, Database* home = nullptr) : world_(world), home_(home) {}

  World& world() const { return world_; }
  Database* home() const { return home_; }

  std::vector<Tenant> tenants;   // TenantId is position + 1
  std::vector<Entity> entities;  // EntityRef::id is position + 1
  std::int64_t conflict_ids = 0;
  std::int64_t writes = 0;  // confirms that moved anything, since the beginning

  // Null until a run has declared it.
  Entity* entity(std::string_view tenant, std::string_view name);

 private:
  World& world_;
  Database* home_;
};

// A connection. Port names are "state.<method>".
class VirtualState final : public StateStore {
 public:
  explicit VirtualState(StateData& data) : data_(data) {}

  Result<> migrate() override;
  Result<Prepared> prepared(const std::string& name, const std::string& uuid,
                            std::span<const EntityLayout> entities) override;
  Result<std::string> identity() override;
  Result<TenantInfo> tenant(const std::string& name, const std::string& uuid,
                            const std::array<std::uint8_t, 32>& fresh_key) override;
  Result<EntityRef> entity(TenantId tenant, const EntityLayout& layout) override;

  Result<LeaseAnswer> take_lease(TenantId tenant, const std::string& holder, Micros ttl,
                                 Instant now) override;
  Result<> renew_lease(const Lease& lease, Micros ttl, Instant now) override;
  Result<> release_lease(const Lease& lease, const RunRecord& end) override;
  Result<Epoch> epoch(TenantId tenant) override;
  Result<BatchNumber> reserve_batches(const Lease& lease, std::size_t n) override;

  Result<Links> links(TenantId tenant, const EntityRef& entity, Side side,
                      std::span<const KeyView> keys, std::span<const std::uint16_t> kinds) override;
  Result<Links> scan_links(TenantId tenant, const EntityRef& entity, Side side, std::uint16_t kind,
                           KeyView after, std::size_t limit) override;

  Result<std::vector<Cursor>> cursors(TenantId tenant, const EntityRef& entity) override;
  Result<std::vector<Pending>> pending(TenantId tenant, const EntityRef& entity,
                                       std::span<const PendingState> states, Instant due,
                                       const InstanceKey* after, std::size_t limit) override;
  Result<std::vector<Pending>> pending_of(TenantId tenant, const EntityRef& entity,
                                          std::span<const InstanceKey> instances) override;
  Result<PendingCounts> pending_counts(TenantId tenant, const EntityRef& entity) override;
  Result<std::int64_t> retry_pending(TenantId tenant, const EntityRef& entity,
                                     const InstanceKey* only, Instant now) override;

  Result<std::vector<Candidate>> candidates(TenantId tenant, const EntityRef& entity, Side side,
                                            std::span<const FieldHash> matches) override;
  Result<std::vector<Candidate>> scan_candidates(TenantId tenant, const EntityRef& entity,
                                                 const InstanceKey* after,
                                                 std::size_t limit) override;
  Result<Links> links_by_match(TenantId tenant, const EntityRef& entity,
                               std::span<const FieldHash> matches) override;

  Result<> store_intents(const Lease& lease, std::span<const Intent> intents) override;
  Result<std::vector<Intent>> open_intents(TenantId tenant) override;
  Result<> confirm(const Lease& lease, const EntityRef& entity, const Confirm& confirm) override;
  bool joins(const Transaction& transaction) const override;
  Result<> confirm_joined(Transaction& transaction, const Lease& lease, const EntityRef& entity,
                          const Confirm& confirm) override;

  Result<std::vector<Conflict>> conflicts(TenantId tenant, const EntityRef& entity, bool open_only,
                                          std::size_t limit) override;
  Result<std::vector<Conflict>> conflicts_after(TenantId tenant, const EntityRef& entity,
                                                std::int64_t after, std::size_t limit) override;
  Result<std::optional<std::pair<std::int32_t, Conflict>>> conflict(TenantId tenant,
                                                                    std::int64_t id) override;
  Result<std::vector<Conflict>> open_conflicts_of(TenantId tenant, const EntityRef& entity,
                                                  std::span<const InstanceKey> instances) override;
  Result<> resolve_conflict(TenantId tenant, const Conflict& seen, const std::string& winner,
                            Instant now) override;
  Result<std::int64_t> undo_conflict(TenantId tenant, const EntityRef& entity,
                                     const Conflict& undo) override;
  Result<std::vector<RunRecord>> runs(TenantId tenant, std::size_t limit) override;
  Result<std::int64_t> link_count(TenantId tenant, const EntityRef& entity) override;
  Result<std::int64_t> living_count(TenantId tenant, const EntityRef& entity) override;

  Result<> put_note(TenantId tenant, const std::string& name, const std::string& text) override;
  Result<std::optional<std::string>> note(TenantId tenant, const std::string& name) override;
  Result<std::map<std::string, std::string>> notes(TenantId tenant) override;
  Result<> forget(const Lease& lease, const EntityRef& entity) override;
  Result<> go_on_from(TenantId tenant, Epoch epoch,
                      const std::array<std::uint8_t, 32>& hash_key) override;

 private:
  using Entity = StateData::Entity;
  using Tenant = StateData::Tenant;

  Tenant& tenant_of(TenantId id) { return data_.tenants[static_cast<std::size_t>(id.value) - 1]; }
  Entity& entity_of(const EntityRef& ref) {
    return data_.entities[static_cast<std::size_t>(ref.id) - 1];
  }
  Result<> held(const Lease& lease);
  Result<> load(const Entity& entity, const EntityRef& ref, const Entity::LinkKey& key, Links& out);
  // Kind of the layout → where its links are kept, and back; nullopt where the layout has no such
  // kind.
  static std::uint16_t kept_kind(const Entity& entity, const EntityRef& ref, std::uint16_t kind);
  static std::optional<std::uint16_t> shown_kind(const Entity& entity, const EntityRef& ref,
                                                 std::uint16_t kept);
  struct Delta;
  // Refused where the tables of a real store would refuse it.
  static Result<Delta> delta(const Entity& entity, const EntityRef& ref, const Confirm& confirm);
  void finish(const Lease& lease, const EntityRef& ref, const Delta& delta);
  void keep_conflicts(Entity& entity, const Delta& delta);

  StateData& data_;
};

}  // namespace atlas::sim
