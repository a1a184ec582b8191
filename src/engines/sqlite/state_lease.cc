// Leases, runs, batch numbers, intents and notes.

#include "engines/sqlite/state.h"
#include "engines/sqlite/state_rows.h"

#include <fmt/format.h>

namespace atlas {
namespace sqlite {
namespace {

Error lease_lost(const Connection& connection, const Lease& lease) {
  return Error(Code::kFenceStale, fmt::format("run {} at epoch {} does not hold the lease any more",
                                              lease.run.value, lease.epoch.value))
      .at(connection.options().where);
}

Error no_tenant(const Connection& connection, TenantId tenant) {
  return Error(Code::kNotFound, fmt::format("no tenant {}", tenant.value))
      .at(connection.options().where);
}

// What the tenant's row says of its lease.
struct LeaseRow {
  std::int64_t epoch = 0;
  bool held = false;
  std::int64_t run = 0;
  LeaseHolder holder;
};

Result<LeaseRow> read_lease(Connection& connection, TenantId tenant) {
  ATLAS_TRY(Query get, connection.prepare("lease",
                                          "SELECT epoch, lease_run, lease_holder, lease_until "
                                          "FROM main.atlas_bridge_tenant WHERE id = ?1"));
  ATLAS_TRY(const bool row, get.integer(0, tenant.value).step());
  if (!row) return no_tenant(connection, tenant);
  LeaseRow out;
  out.epoch = get.integer(0);
  out.held = get.storage(1) != Storage::kNull;
  out.run = get.integer(1);
  out.holder = {std::string(get.bytes(2)), instant_at(get.integer(3))};
  return out;
}

// Runs that left no end: their process died or lost its lease.
Result<> close_dead_runs(Connection& connection, TenantId tenant, Instant now) {
  ATLAS_TRY(Query put, connection.prepare(
                           "dead runs",
                           "UPDATE main.atlas_bridge_run SET outcome = 'crashed', finished = ?2 "
                           "WHERE tenant = ?1 AND outcome = 'running'"));
  return put.integer(0, tenant.value).integer(1, micros_of(now)).run();
}

Result<RunId> open_run(Connection& connection, TenantId tenant, const std::string& holder,
                       Instant now) {
  ATLAS_TRY(Query put,
            connection.prepare(
                "open run",
                "INSERT INTO main.atlas_bridge_run (tenant, verb, outcome, holder, started, "
                "finished, report) VALUES (?1, '', 'running', ?2, ?3, 0, '') RETURNING id"));
  ATLAS_TRY(const bool row,
            put.integer(0, tenant.value).text(1, holder).integer(2, micros_of(now)).step());
  return RunId{row ? put.integer(0) : 0};
}

}  // namespace

Result<> check_lease(Connection& connection, const Lease& lease) {
  ATLAS_TRY(const LeaseRow row, read_lease(connection, lease.tenant));
  if (row.held && row.run == lease.run.value && row.epoch == lease.epoch.value) return {};
  return lease_lost(connection, lease);
}

}  // namespace sqlite

using sqlite::instant_at;
using sqlite::micros_of;
using sqlite::Query;
using sqlite::WriteScope;

Result<LeaseAnswer> SqliteStateStore::take_lease(TenantId tenant, const std::string& holder,
                                                 Micros ttl, Instant now) {
  ATLAS_OK(connection_->begin_write());
  WriteScope scope(*connection_);
  ATLAS_TRY(const sqlite::LeaseRow row, sqlite::read_lease(*connection_, tenant));
  LeaseAnswer out;
  if (row.held && row.holder.until > now) {
    out.held_by = row.holder;
    return out;
  }
  ATLAS_OK(sqlite::close_dead_runs(*connection_, tenant, now));
  ATLAS_TRY(const RunId run, sqlite::open_run(*connection_, tenant, holder, now));
  const Epoch epoch{row.epoch + 1};
  {
    ATLAS_TRY(Query put, connection_->prepare(
                             "take lease",
                             "UPDATE main.atlas_bridge_tenant SET epoch = ?2, lease_run = ?3, "
                             "lease_holder = ?4, lease_until = ?5 WHERE id = ?1"));
    put.integer(0, tenant.value).integer(1, epoch.value).integer(2, run.value).text(3, holder);
    ATLAS_OK(put.integer(4, micros_of(now + ttl)).run());
  }
  ATLAS_OK(scope.commit());
  out.lease = Lease{tenant, run, epoch};
  return out;
}

Result<> SqliteStateStore::renew_lease(const Lease& lease, Micros ttl, Instant now) {
  ATLAS_OK(connection_->begin_write());
  WriteScope scope(*connection_);
  ATLAS_OK(sqlite::check_lease(*connection_, lease));
  {
    ATLAS_TRY(Query put, connection_->prepare(
                             "renew lease",
                             "UPDATE main.atlas_bridge_tenant SET lease_until = ?2 WHERE id = ?1"));
    ATLAS_OK(put.integer(0, lease.tenant.value).integer(1, micros_of(now + ttl)).run());
  }
  return scope.commit();
}

Result<> SqliteStateStore::release_lease(const Lease& lease, const RunRecord& end) {
  ATLAS_OK(connection_->begin_write());
  WriteScope scope(*connection_);
  ATLAS_OK(sqlite::check_lease(*connection_, lease));
  {
    ATLAS_TRY(Query free,
              connection_->prepare("release lease",
                                   "UPDATE main.atlas_bridge_tenant SET lease_run = NULL, "
                                   "lease_holder = '', lease_until = 0 WHERE id = ?1"));
    ATLAS_OK(free.integer(0, lease.tenant.value).run());
    ATLAS_TRY(Query put,
              connection_->prepare(
                  "end run",
                  "UPDATE main.atlas_bridge_run SET verb = ?2, outcome = ?3, finished = ?4, "
                  "report = ?5 WHERE id = ?1"));
    put.integer(0, lease.run.value).text(1, end.verb).text(2, end.outcome);
    ATLAS_OK(put.integer(3, micros_of(end.finished)).text(4, end.report).run());
  }
  return scope.commit();
}

Result<Epoch> SqliteStateStore::epoch(TenantId tenant) {
  ATLAS_TRY(const sqlite::LeaseRow row, sqlite::read_lease(*connection_, tenant));
  return Epoch{row.epoch};
}

Result<BatchNumber> SqliteStateStore::reserve_batches(const Lease& lease, std::size_t n) {
  ATLAS_OK(connection_->begin_write());
  WriteScope scope(*connection_);
  ATLAS_OK(sqlite::check_lease(*connection_, lease));
  std::int64_t next = 0;
  {
    ATLAS_TRY(Query put, connection_->prepare(
                             "reserve batches",
                             "UPDATE main.atlas_bridge_tenant SET next_batch = next_batch + ?2 "
                             "WHERE id = ?1 RETURNING next_batch"));
    ATLAS_TRY(const bool row,
              put.integer(0, lease.tenant.value).integer(1, static_cast<std::int64_t>(n)).step());
    if (row) next = put.integer(0);
  }
  ATLAS_OK(scope.commit());
  return BatchNumber{next - static_cast<std::int64_t>(n)};
}

Result<> SqliteStateStore::store_intents(const Lease& lease, std::span<const Intent> intents) {
  ATLAS_OK(connection_->begin_write());
  WriteScope scope(*connection_);
  ATLAS_OK(sqlite::check_lease(*connection_, lease));
  {
    ATLAS_TRY(Query put, connection_->prepare(
                             "store intents",
                             "INSERT INTO main.atlas_bridge_intent VALUES (?1, ?2, ?3, ?4, ?5)"));
    put.integer(0, lease.tenant.value);
    for (const Intent& intent : intents) {
      put.integer(1, intent.number.value).integer(2, intent.entity).text(3, intent.endpoint);
      ATLAS_OK(put.blob(4, intent.payload).run());
    }
  }
  return scope.commit();
}

Result<std::vector<Intent>> SqliteStateStore::open_intents(TenantId tenant) {
  ATLAS_TRY(Query get, connection_->prepare(
                           "open intents",
                           "SELECT batch, entity, endpoint, payload FROM main.atlas_bridge_intent "
                           "WHERE tenant = ?1 ORDER BY batch"));
  get.integer(0, tenant.value);
  std::vector<Intent> out;
  for (;;) {
    ATLAS_TRY(const bool row, get.step());
    if (!row) return out;
    out.push_back({BatchNumber{get.integer(0)}, static_cast<std::int32_t>(get.integer(1)),
                   std::string(get.bytes(2)), std::string(get.bytes(3))});
  }
}

Result<std::vector<RunRecord>> SqliteStateStore::runs(TenantId tenant, std::size_t limit) {
  ATLAS_TRY(Query get,
            connection_->prepare(
                "runs",
                "SELECT id, verb, outcome, holder, started, finished, report "
                "FROM main.atlas_bridge_run WHERE tenant = ?1 ORDER BY id DESC LIMIT ?2"));
  get.integer(0, tenant.value).integer(1, static_cast<std::int64_t>(limit));
  std::vector<RunRecord> out;
  for (;;) {
    ATLAS_TRY(const bool row, get.step());
    if (!row) return out;
    RunRecord& run = out.emplace_back();
    run.id = {get.integer(0)};
    run.verb = get.bytes(1);
    run.outcome = get.bytes(2);
    run.holder = get.bytes(3);
    run.started = instant_at(get.integer(4));
    run.finished = instant_at(get.integer(5));
    run.report = get.bytes(6);
  }
}

Result<> SqliteStateStore::put_note(TenantId tenant, const std::string& name,
                                    const std::string& text) {
  ATLAS_TRY(Query put,
            connection_->prepare("put note",
                                 "INSERT INTO main.atlas_bridge_note VALUES (?1, ?2, ?3) "
                                 "ON CONFLICT (tenant, name) DO UPDATE SET text = excluded.text"));
  return put.integer(0, tenant.value).text(1, name).text(2, text).run();
}

Result<std::optional<std::string>> SqliteStateStore::note(TenantId tenant,
                                                          const std::string& name) {
  ATLAS_TRY(Query get,
            connection_->prepare(
                "note", "SELECT text FROM main.atlas_bridge_note WHERE tenant = ?1 AND name = ?2"));
  ATLAS_TRY(const bool row, get.integer(0, tenant.value).text(1, name).step());
  std::optional<std::string> out;
  if (row) out = get.bytes(0);
  return out;
}

}  // namespace atlas
