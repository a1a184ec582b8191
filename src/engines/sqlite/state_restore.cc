// What backup and restore need beside a run's own words.

#include "engines/sqlite/state.h"
#include "engines/sqlite/state_rows.h"

#include <fmt/format.h>

namespace atlas {

using sqlite::Query;
using sqlite::StoredEntity;
using sqlite::WriteScope;

Result<std::map<std::string, std::string>> SqliteStateStore::notes(TenantId tenant) {
  ATLAS_TRY(Query get,
            connection_->prepare(
                "notes", "SELECT name, text FROM main.atlas_bridge_note WHERE tenant = ?1"));
  get.integer(0, tenant.value);
  std::map<std::string, std::string> out;
  for (;;) {
    ATLAS_TRY(const bool row, get.step());
    if (!row) return out;
    out.emplace(get.bytes(0), get.bytes(1));
  }
}

Result<> SqliteStateStore::forget(const Lease& lease, const EntityRef& entity) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  ATLAS_OK(connection_->begin_write());
  WriteScope scope(*connection_);
  ATLAS_OK(sqlite::check_lease(*connection_, lease));
  for (const char* table : {"cursor", "pending", "candidate", "conflict", "intent"}) {
    ATLAS_TRY(Query drop,
              connection_->prepare(
                  "forget",
                  fmt::format("DELETE FROM main.atlas_bridge_{} WHERE tenant = ?1 AND entity = ?2",
                              table)));
    ATLAS_OK(drop.integer(0, lease.tenant.value).integer(1, entity.id).run());
  }
  {
    ATLAS_TRY(Query drop,
              connection_->prepare(
                  "forget", fmt::format("DELETE FROM {} WHERE tenant = ?1", known->table())));
    ATLAS_OK(drop.integer(0, lease.tenant.value).run());
  }
  return scope.commit();
}

Result<> SqliteStateStore::go_on_from(TenantId tenant, Epoch epoch,
                                      const std::array<std::uint8_t, 32>& hash_key) {
  ATLAS_TRY(Query put,
            connection_->prepare(
                "go on from",
                "UPDATE main.atlas_bridge_tenant SET epoch = ?2, hash_key = ?3 WHERE id = ?1"));
  return put.integer(0, tenant.value)
      .integer(1, epoch.value)
      .blob(2, {reinterpret_cast<const char*>(hash_key.data()), hash_key.size()})
      .run();
}

}  // namespace atlas
