#pragma once

// The StateStore on PostgreSQL: schema atlas_bridge of one database. See README.md of this folder.

#include "engines/postgres/endpoint.h"
#include "engines/postgres/pool.h"
#include "engines/postgres/state_entity.h"
#include "state/store.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace atlas {

class PostgresState final : public StateStore {
 public:
  // Connects once. Call migrate() before anything else.
  //   errors  as PostgresEndpoint::open
  static Result<std::unique_ptr<StateStore>> open(const PostgresOptions& options);

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
  using Connection = postgres::Connection;

  explicit PostgresState(const PostgresOptions& options);

  // One statement outside of a transaction.
  Result<std::int64_t> count_links(const std::string& sql);
  Result<postgres::Rowset> ask(std::string_view label, std::string_view sql,
                               const postgres::Params& params);
  // What the store knows of the entity under the layout that `entity` names; read once.
  Result<const postgres::StoredEntity*> stored(const EntityRef& entity);
  Result<const postgres::StoredEntity*> stored(std::int32_t id, std::int32_t layout);
  Result<Links> read_links(const postgres::StoredEntity& entity, const postgres::Rowset& rows);

  postgres::ConnectionPool pool_;
  postgres::Session session_;
  std::map<std::pair<std::int32_t, std::int32_t>, postgres::StoredEntity> entities_;
};

}  // namespace atlas
