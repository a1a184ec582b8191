// The lease and what it guards: run records, batch numbers, intents.

#include "engines/postgres/state.h"
#include "engines/postgres/state_rows.h"
#include "engines/postgres/state_schema.h"

#include <fmt/format.h>

#include <array>

namespace atlas {

using postgres::Connection;
using postgres::Params;
using postgres::Rowset;
using postgres::StateSteps;
using postgres::Step;

namespace {

// A lease row that was never held has no run and is free.
constexpr std::string_view kMake =
    "insert into atlas_bridge.lease (tenant, epoch, holder) values ($1::int4, 0, '') "
    "on conflict do nothing";
// Waits for the transactions of the present holder, which share-lock the row. The clock is read
// once it is ours.
constexpr std::string_view kLook =
    "select epoch, run, holder, until from atlas_bridge.lease where tenant = $1::int4 for update";
constexpr std::string_view kFree =
    "select until is null or until <= clock_timestamp() from atlas_bridge.lease "
    "where tenant = $1::int4";
// $1 tenant, $2 holder, $3 ttl in microseconds.
constexpr std::string_view kTake = R"(
with crashed as (
  update atlas_bridge.run set outcome = 'crashed', finished = clock_timestamp()
  where id = (select run from atlas_bridge.lease where tenant = $1::int4) and outcome = 'running'),
started as (
  insert into atlas_bridge.run (tenant, verb, outcome, holder, started)
  values ($1::int4, 'sync', 'running', $2, clock_timestamp()) returning id)
update atlas_bridge.lease l
set epoch = l.epoch + 1, run = started.id, holder = $2, until = clock_timestamp() + $3::int8 * interval '1 microsecond'
from started where l.tenant = $1::int4
returning l.epoch, l.run)";

}  // namespace

Result<LeaseAnswer> PostgresState::take_lease(TenantId tenant, const std::string& holder,
                                              Micros ttl, Instant /*now*/) {
  Params key, take;
  key.int4(tenant.value);
  take.int4(tenant.value).text(holder).int8(ttl.count());
  const auto work = [&](Connection& connection) -> Result<LeaseAnswer> {
    postgres::RollbackGuard guard(connection);
    const std::array look = {
        Step{.label = "lease", .sql = "begin isolation level read committed", .prepared = false},
        Step{.label = "lease", .sql = kMake, .params = &key},
        Step{.label = "lease", .sql = kLook, .params = &key},
        Step{.label = "lease", .sql = kFree, .params = &key}};
    auto seen = connection.run_all(look);
    if (!seen) return postgres::state_error(connection, std::move(seen).error());
    LeaseAnswer answer;
    if (!(*seen)[3].boolean(0, 0)) {
      answer.held_by = {.holder = (*seen)[2].text(0, 2),
                        .until = postgres::read_instant((*seen)[2], 0, 3)};
      return answer;
    }
    auto taken = connection.run("lease", kTake, take);
    if (!taken) return postgres::state_error(connection, std::move(taken).error());
    answer.lease = Lease{
        .tenant = tenant, .run = RunId{taken->integer(0, 1)}, .epoch = Epoch{taken->integer(0, 0)}};
    CommitAnswer commit = connection.commit();
    if (commit.outcome != CommitOutcome::kCommitted) return std::move(*commit.error);
    return answer;
  };
  return pool_.with(work);
}

Result<> PostgresState::renew_lease(const Lease& lease, Micros ttl, Instant /*now*/) {
  constexpr std::string_view kRenew = R"(
update atlas_bridge.lease set until = clock_timestamp() + $3::int8 * interval '1 microsecond'
where tenant = $1::int4 and epoch = $2::int8 and until is not null
returning 1)";
  Params params;
  params.int4(lease.tenant.value).int8(lease.epoch.value).int8(ttl.count());
  ATLAS_TRY(const Rowset rows, ask("renew", kRenew, params));
  if (rows.size() == 0) return Error(Code::kFenceStale, "the lease was taken over");
  return {};
}

Result<> PostgresState::release_lease(const Lease& lease, const RunRecord& end) {
  constexpr std::string_view kEnd = R"(
update atlas_bridge.run
set verb = coalesce(nullif($2, ''), verb), outcome = $3, report = $4,
    finished = coalesce($5::timestamptz, clock_timestamp())
where id = $1::int8)";
  StateSteps steps;
  postgres::add_lease_check(steps, lease);
  Params& params = steps.add("release", std::string(kEnd));
  params.int8(lease.run.value).text(end.verb).text(end.outcome).text(end.report);
  if (end.finished == Instant{}) {
    params.null();
  } else {
    postgres::bind_instant(params, end.finished);
  }
  steps.add("release", "update atlas_bridge.lease set until = null where tenant = $1::int4")
      .int4(lease.tenant.value);
  return pool_.with([&](Connection& connection) { return steps.run_committed(connection); });
}

Result<Epoch> PostgresState::epoch(TenantId tenant) {
  Params params;
  params.int4(tenant.value);
  ATLAS_TRY(const Rowset rows,
            ask("epoch", "select epoch from atlas_bridge.lease where tenant = $1::int4", params));
  return Epoch{rows.size() == 0 ? 0 : rows.integer(0, 0)};
}

Result<BatchNumber> PostgresState::reserve_batches(const Lease& lease, std::size_t n) {
  constexpr std::string_view kReserve = R"(
update atlas_bridge.tenant t set batches = t.batches + $3::int8
where t.id = $1::int4 and exists (
  select 1 from atlas_bridge.lease l
  where l.tenant = t.id and l.epoch = $2::int8 and l.until is not null)
returning t.batches - $3::int8 + 1)";
  Params params;
  params.int4(lease.tenant.value).int8(lease.epoch.value).int8(static_cast<std::int64_t>(n));
  ATLAS_TRY(const Rowset rows, ask("batches", kReserve, params));
  if (rows.size() == 0) return Error(Code::kFenceStale, "the lease was taken over");
  return BatchNumber{rows.integer(0, 0)};
}

Result<> PostgresState::store_intents(const Lease& lease, std::span<const Intent> intents) {
  if (intents.empty()) return {};
  StateSteps steps;
  postgres::add_lease_check(steps, lease);
  Params& params = steps.add(
      "intents",
      "insert into atlas_bridge.intent (tenant, number, entity, endpoint, payload) "
      "select $1::int4, s.* from unnest($2::int8[], $3::int4[], $4::text[], $5::bytea[]) as s");
  params.int4(lease.tenant.value);
  {
    postgres::ArrayWriter numbers = params.array(postgres::kInt8Oid);
    for (const Intent& intent : intents) numbers.int8(intent.number.value);
  }
  {
    postgres::ArrayWriter entities = params.array(postgres::kInt4Oid);
    for (const Intent& intent : intents) entities.int4(intent.entity);
  }
  {
    postgres::ArrayWriter endpoints = params.array(postgres::kTextOid);
    for (const Intent& intent : intents) endpoints.raw(intent.endpoint);
  }
  {
    postgres::ArrayWriter payloads = params.array(postgres::kByteaOid);
    for (const Intent& intent : intents) payloads.raw(intent.payload);
  }
  return pool_.with([&](Connection& connection) { return steps.run_committed(connection); });
}

Result<std::vector<Intent>> PostgresState::open_intents(TenantId tenant) {
  Params params;
  params.int4(tenant.value);
  ATLAS_TRY(const Rowset rows,
            ask("intents",
                "select number, entity, endpoint, payload from atlas_bridge.intent "
                "where tenant = $1::int4 order by number",
                params));
  std::vector<Intent> out;
  out.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out.push_back({.number = BatchNumber{rows.integer(i, 0)},
                   .entity = static_cast<std::int32_t>(rows.integer(i, 1)),
                   .endpoint = rows.text(i, 2),
                   .payload = rows.text(i, 3)});
  }
  return out;
}

}  // namespace atlas
