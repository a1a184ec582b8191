#include "engines/sqlite/state.h"

#include "engines/sqlite/state_rows.h"
#include "engines/sqlite/state_schema.h"
#include "engines/sqlite/transaction.h"
#include "foundation/fault_point.h"

#include <fmt/format.h>

namespace atlas {

using sqlite::Connection;
using sqlite::Query;
using sqlite::StateView;
using sqlite::StoredEntity;
using sqlite::WriteScope;

namespace {

// ?1 name, ?2 uuid. The row of the name comes first.
constexpr std::string_view kFindTenant =
    "SELECT id, name, uuid, hash_key FROM main.atlas_bridge_tenant "
    "WHERE name = ?1 OR uuid = ?2 ORDER BY name = ?1 DESC";

Error kept_under_another_id(const std::string& name) {
  return {Code::kPrivateState, fmt::format("tenant {} is kept under another id", name)};
}

}  // namespace

Result<std::unique_ptr<StateStore>> SqliteStateStore::open(const SqliteStateOptions& options) {
  sqlite::ConnectionOptions connection;
  connection.path = options.path;
  connection.where = options.name;
  connection.busy_timeout = options.busy_timeout;
  connection.create = options.own_file;
  if (options.own_file) connection.own_tables = sqlite::state_tables();
  connection.damaged = Code::kStateUnusable;
  ATLAS_TRY(auto opened, Connection::open(connection));
  ATLAS_TRY(std::string identity, opened->identity());
  return std::unique_ptr<StateStore>(new SqliteStateStore(std::move(opened), std::move(identity)));
}

Result<> SqliteStateStore::migrate() { return sqlite::migrate_state(*connection_); }

Result<Prepared> SqliteStateStore::prepared(const std::string& name, const std::string& uuid,
                                            std::span<const EntityLayout> entities) {
  ATLAS_TRY(const std::int64_t version, sqlite::state_version(*connection_));
  if (version == 0) return Prepared::kNothing;
  ATLAS_TRY(Query get, connection_->prepare("tenant", std::string(kFindTenant)));
  ATLAS_TRY(const bool row, get.text(0, name).text(1, uuid).step());
  if (!row) return Prepared::kNothing;
  if (get.bytes(2) != uuid) return kept_under_another_id(name).at(connection_->options().where);
  if (version != sqlite::newest_state_version() || get.bytes(1) != name) return Prepared::kPartly;
  for (const EntityLayout& entity : entities) {
    ATLAS_TRY(const bool declared, sqlite::entity_declared(*connection_, entity));
    if (!declared) return Prepared::kPartly;
  }
  return Prepared::kReady;
}

Result<std::string> SqliteStateStore::identity() { return identity_; }

Result<TenantInfo> SqliteStateStore::tenant(const std::string& name, const std::string& uuid,
                                            const std::array<std::uint8_t, 32>& fresh_key) {
  ATLAS_OK(connection_->begin_write());
  WriteScope scope(*connection_);
  TenantInfo out{.id = {}, .name = name, .uuid = uuid, .hash_key = fresh_key};
  {
    ATLAS_TRY(Query get, connection_->prepare("tenant", std::string(kFindTenant)));
    ATLAS_TRY(const bool row, get.text(0, name).text(1, uuid).step());
    if (row) {
      if (get.bytes(2) != uuid) return kept_under_another_id(name).at(connection_->options().where);
      const std::string_view key = get.bytes(3);
      if (key.size() != out.hash_key.size()) {
        return Error(Code::kStateUnusable, "the tenant's hash key is damaged")
            .at(connection_->options().where);
      }
      out.id = {static_cast<std::int32_t>(get.integer(0))};
      std::copy(key.begin(), key.end(), out.hash_key.begin());
    }
  }
  if (out.id.value != 0) {
    // The id is immutable, the name is not.
    ATLAS_TRY(Query rename, connection_->prepare("tenant",
                                                 "UPDATE main.atlas_bridge_tenant SET name = ?2 "
                                                 "WHERE id = ?1 AND name <> ?2"));
    ATLAS_OK(rename.integer(0, out.id.value).text(1, name).run());
  } else {
    ATLAS_TRY(Query put,
              connection_->prepare("tenant",
                                   "INSERT INTO main.atlas_bridge_tenant (name, uuid, hash_key) "
                                   "VALUES (?1, ?2, ?3) RETURNING id"));
    const std::string_view key(reinterpret_cast<const char*>(fresh_key.data()), fresh_key.size());
    ATLAS_TRY(const bool row, put.text(0, name).text(1, uuid).blob(2, key).step());
    if (row) out.id = {static_cast<std::int32_t>(put.integer(0))};
  }
  ATLAS_OK(scope.commit());
  return out;
}

Result<EntityRef> SqliteStateStore::entity(TenantId tenant, const EntityLayout& decl) {
  ATLAS_TRY(auto found, sqlite::find_or_make_entity(*connection_, tenant, decl));
  const EntityRef ref{found.entity.id(), found.layout, decl.parts.size(), decl.fields.size()};
  entities_.insert_or_assign(ref.id, std::move(found.entity));
  return ref;
}

Result<StoredEntity*> SqliteStateStore::stored(std::int32_t entity, std::int32_t layout) {
  auto found = entities_.find(entity);
  if (found == entities_.end()) {
    ATLAS_TRY(auto loaded, sqlite::load_entity(*connection_, entity));
    if (!loaded) {
      return Error(Code::kNotFound, fmt::format("no entity {}", entity))
          .at(connection_->options().where);
    }
    found = entities_.emplace(entity, std::move(*loaded)).first;
  } else if (layout > found->second.last_layout()) {
    ATLAS_OK(found->second.load(*connection_));
  }
  return &found->second;
}

// --- confirm
// --------------------------------------------------------------------------------------

namespace sqlite {
namespace {

Result<> close_intents(Connection& connection, TenantId tenant,
                       const std::vector<BatchNumber>& intents) {
  ATLAS_TRY(Query drop, connection.prepare("close intents",
                                           "DELETE FROM main.atlas_bridge_intent "
                                           "WHERE tenant = ?1 AND batch = ?2"));
  drop.integer(0, tenant.value);
  for (const BatchNumber intent : intents) ATLAS_OK(drop.integer(1, intent.value).run());
  return {};
}

Result<> write_confirm(const StateView& view, const Lease& lease, const Confirm& confirm) {
  ATLAS_OK(check_lease(view.connection, lease));
  ATLAS_OK(write_links(view, confirm));
  ATLAS_OK(write_pending(view, confirm));
  ATLAS_OK(write_candidates(view, confirm));
  ATLAS_OK(write_conflicts(view, confirm));
  ATLAS_OK(write_cursors(view, confirm));
  return close_intents(view.connection, view.tenant, confirm.intents);
}

Error cut(const Connection& connection) {
  return Error(Code::kConnectionLost, "a confirm was cut").at(connection.options().where);
}

}  // namespace
}  // namespace sqlite

Result<> SqliteStateStore::confirm(const Lease& lease, const EntityRef& entity,
                                   const Confirm& confirm) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  if (fault_point("sqlite.confirm") == Fault::kFail) return sqlite::cut(*connection_);
  ATLAS_OK(connection_->begin_write());
  WriteScope scope(*connection_);
  ATLAS_OK(sqlite::write_confirm({*connection_, lease.tenant, *known, entity}, lease, confirm));
  if (fault_point("sqlite.before_confirm_commit") == Fault::kFail) return sqlite::cut(*connection_);
  ATLAS_OK(scope.commit());
  if (fault_point("sqlite.after_confirm_commit") == Fault::kFail) return sqlite::cut(*connection_);
  return {};
}

bool SqliteStateStore::joins(const Transaction& transaction) const {
  const auto* ours = dynamic_cast<const sqlite::SqliteTransaction*>(&transaction);
  if (ours == nullptr) return false;
  const auto theirs = ours->connection().identity();
  return theirs && *theirs == identity_;
}

Result<> SqliteStateStore::confirm_joined(Transaction& transaction, const Lease& lease,
                                          const EntityRef& entity, const Confirm& confirm) {
  auto* ours = dynamic_cast<sqlite::SqliteTransaction*>(&transaction);
  if (ours == nullptr || !joins(transaction)) {
    return Error(Code::kInternal, "the transaction is not of the state's file")
        .at(connection_->options().where);
  }
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  if (fault_point("sqlite.confirm") == Fault::kFail) return sqlite::cut(*connection_);
  auto written =
      sqlite::write_confirm({ours->connection(), lease.tenant, *known, entity}, lease, confirm);
  if (!written) ours->connection().rollback();
  return written;
}

}  // namespace atlas
