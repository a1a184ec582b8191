#pragma once

// What the bridge remembers, in a SQLite file: one of its own, or that of an endpoint whose
// transactions it then joins.

#include "engines/sqlite/connection.h"
#include "engines/sqlite/state_entity.h"
#include "state/store.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace atlas {

struct SqliteStateOptions {
  std::string path;
  std::string name = "state";  // for errors
  std::chrono::milliseconds busy_timeout{10'000};
  // The file holds nothing but the state: it is made when missing, for its owner alone (RELIABILITY
  // Q25), and one that holds the tables of others is refused.
  bool own_file = true;
};

class SqliteStateStore final : public StateStore {
 public:
  // errors  kDatabaseMissing, kPrivilegeMissing, kTimeout, kStateForeign, kStateUnusable
  static Result<std::unique_ptr<StateStore>> open(const SqliteStateOptions& options);

  Result<> migrate() override;
  Result<Prepared> prepared(const std::string& name, const std::string& uuid,
                            std::span<const EntityLayout> entities) override;
  Result<std::string> identity() override;
  Result<TenantInfo> tenant(const std::string& name, const std::string& uuid,
                            const std::array<std::uint8_t, 32>& fresh_key) override;
  Result<EntityRef> entity(TenantId tenant, const EntityLayout& decl) override;

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
  SqliteStateStore(std::unique_ptr<sqlite::Connection> connection, std::string identity)
      : connection_(std::move(connection)), identity_(std::move(identity)) {}

  // The entity behind a handle that entity() gave, here or in another store object.
  Result<sqlite::StoredEntity*> stored(std::int32_t entity, std::int32_t layout);

  std::unique_ptr<sqlite::Connection> connection_;
  std::string identity_;
  std::map<std::int32_t, sqlite::StoredEntity> entities_;
};

}  // namespace atlas
