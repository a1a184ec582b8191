#include "engines/postgres/state_rows.h"

#include "engines/postgres/codec.h"
#include "engines/postgres/state_schema.h"

namespace atlas::postgres {
namespace {

constexpr std::string_view kDivisionByZero = "22012";

std::int64_t raw_time(Instant instant) {
  return to_server_time(instant.time_since_epoch().count());
}

}  // namespace

void bind_hashes(Params& params, std::span<const FieldHash> hashes) {
  ArrayWriter out = params.array(kInt8Oid);
  for (const FieldHash hash : hashes) out.int8(static_cast<std::int64_t>(hash));
}

void bind_instances(Params& params, const StoredEntity& entity,
                    std::span<const InstanceKey* const> instances) {
  {
    ArrayWriter sides = params.array(kInt2Oid);
    for (const InstanceKey* instance : instances)
      sides.int2(static_cast<std::int16_t>(instance->side));
  }
  {
    ArrayWriter kinds = params.array(kInt2Oid);
    for (const InstanceKey* instance : instances) kinds.int2(entity.stored_kind(*instance));
  }
  ArrayWriter keys = params.array(kByteaOid);
  for (const InstanceKey* instance : instances) keys.raw(instance->key);
}

InstanceKey read_instance(const StoredEntity& entity, const Rowset& rows, std::size_t row,
                          std::size_t at) {
  InstanceKey instance;
  instance.side = static_cast<Side>(rows.integer(row, at));
  const std::int64_t kind = rows.integer(row, at + 1);
  instance.kind =
      instance.side == Side::kLegacy ? entity.caller_kind(kind) : static_cast<std::uint16_t>(kind);
  instance.key = rows.bytes(row, at + 2);
  return instance;
}

Instant read_instant(const Rowset& rows, std::size_t row, std::size_t column) {
  if (rows.is_null(row, column)) return {};
  return Instant(Micros(from_server_time(rows.integer(row, column))));
}

void bind_instant(Params& params, Instant instant) { params.int8(raw_time(instant)); }

void append_instant(ArrayWriter& out, Instant instant) { out.int8(raw_time(instant)); }

Params& StateSteps::add(std::string_view label, std::string sql, Guard guard) {
  entries_.push_back(
      {.label = label, .sql = std::move(sql), .guard = guard, .params = {}, .copy = nullptr});
  return entries_.back().params;
}

CopyRows& StateSteps::add_copy(std::string_view label, std::string sql) {
  entries_.push_back({.label = label,
                      .sql = std::move(sql),
                      .guard = Guard::kNone,
                      .params = {},
                      .copy = std::make_unique<CopyRows>()});
  return *entries_.back().copy;
}

Result<> StateSteps::run(Connection& connection) const {
  std::size_t from = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.copy == nullptr) continue;
    ATLAS_OK(run_steps(connection, from, i));
    from = i + 1;
    auto copied = connection.copy(entry.label, entry.sql, entry.copy->bytes());
    if (!copied) return state_error(connection, std::move(copied).error());
  }
  return run_steps(connection, from, entries_.size());
}

// The entries from `from` up to `to`, in one round trip.
Result<> StateSteps::run_steps(Connection& connection, std::size_t from, std::size_t to) const {
  if (from == to) return {};
  std::vector<Step> steps;
  steps.reserve(to - from);
  for (std::size_t i = from; i < to; ++i) {
    const Entry& entry = entries_[i];
    steps.push_back({.label = entry.label, .sql = entry.sql, .params = &entry.params});
  }
  PipelineAnswer answer = connection.pipeline(steps);
  if (!answer.error) return {};
  if (answer.error->sqlstate() == kDivisionByZero) {
    const Guard guard = entries_[from + answer.failed].guard;
    const std::string& where = connection.options().where;
    if (guard == Guard::kLease)
      return Error(Code::kFenceStale, "the lease was taken over").at(where);
    if (guard == Guard::kLinks)
      return Error(Code::kStateUnusable, "a link to be updated is not there").at(where);
  }
  return state_error(connection, std::move(*answer.error));
}

Result<> StateSteps::run_committed(Connection& connection) const {
  RollbackGuard guard(connection);
  ATLAS_OK(connection.command("state", "begin isolation level read committed"));
  ATLAS_OK(run(connection));
  CommitAnswer answer = connection.commit();
  if (answer.outcome == CommitOutcome::kCommitted) return {};
  return std::move(*answer.error);
}

void add_lease_check(StateSteps& steps, const Lease& lease) {
  constexpr std::string_view kCheck = R"(
select 1 / (select count(*)::int4 from (
  select 1 from atlas_bridge.lease
  where tenant = $1::int4 and epoch = $2::int8 and run = $3::int8 and until is not null
  for share) as held))";
  steps.add("lease", std::string(kCheck), StateSteps::Guard::kLease)
      .int4(lease.tenant.value)
      .int8(lease.epoch.value)
      .int8(lease.run.value);
}

}  // namespace atlas::postgres
