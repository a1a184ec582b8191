// The ledger of conflicts: open ones wait for a person, settled ones are kept.

#include "engines/postgres/codec.h"
#include "engines/postgres/plans.h"
#include "engines/postgres/state.h"
#include "engines/postgres/state_rows.h"

#include <fmt/format.h>

#include <map>

namespace atlas {

using postgres::ArrayWriter;
using postgres::Params;
using postgres::Rowset;
using postgres::StateSteps;
using postgres::StoredEntity;

namespace {

constexpr std::string_view kColumns =
    "c.side, c.kind, c.key, c.id, c.platform_key, c.field, c.legacy_value, c.platform_value, "
    "c.winner, c.reason, c.open, c.legacy_token, c.legacy_stamp, c.platform_token, "
    "c.platform_stamp, c.at, c.resolved_by, c.legacy_mid, c.platform_mid, c.undoes, "
    "coalesce((select max(u.id) from atlas_bridge.conflict u where u.undoes = c.id "
    "and u.undoes <> 0 and (u.open or u.winner <> '')), 0)";
constexpr std::size_t kColumnCount = 21;

RowVersion read_version(const Rowset& rows, std::size_t row, std::size_t at) {
  return {.token = static_cast<std::uint64_t>(rows.integer(row, at)),
          .stamp_us = rows.integer(row, at + 1)};
}

Conflict read_conflict(const StoredEntity& entity, const Rowset& rows, std::size_t i) {
  return {.id = rows.integer(i, 3),
          .instance = postgres::read_instance(entity, rows, i, 0),
          .platform_key = rows.text(i, 4),
          .field = rows.text(i, 5),
          .legacy_value = rows.text(i, 6),
          .platform_value = rows.text(i, 7),
          .legacy_mid = std::string(rows.bytes(i, 17)),
          .platform_mid = std::string(rows.bytes(i, 18)),
          .winner = rows.text(i, 8),
          .reason = rows.text(i, 9),
          .open = rows.boolean(i, 10),
          .legacy_version = read_version(rows, i, 11),
          .platform_version = read_version(rows, i, 13),
          .at = postgres::read_instant(rows, i, 15),
          .resolved_by = rows.text(i, 16),
          .undoes = rows.integer(i, 19),
          .undone_by = rows.integer(i, 20)};
}

std::vector<Conflict> read_conflicts(const StoredEntity& entity, const Rowset& rows) {
  std::vector<Conflict> out;
  out.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(read_conflict(entity, rows, i));
  return out;
}

}  // namespace

// --- writing ------------------------------------------------------------------------------------

namespace postgres {
namespace {

using Conflicts = std::vector<const Conflict*>;

template <class Get>
void bind_texts(Params& params, const Conflicts& rows, Oid type, Get get) {
  ArrayWriter out = params.array(type);
  for (const Conflict* row : rows) out.raw(get(*row));
}

template <class Get>
void bind_numbers(Params& params, const Conflicts& rows, Get get) {
  ArrayWriter out = params.array(kInt8Oid);
  for (const Conflict* row : rows) out.int8(get(*row));
}

void add_puts(StateSteps& steps, const StoredEntity& entity, const Conflicts& rows, bool open) {
  if (rows.empty()) return;
  // An open conflict is updated in place; what a person asked for stays while the versions that
  // they saw do.
  constexpr std::string_view kReplace = R"(
on conflict (entity, side, kind, key, field) where open do update
set platform_key = excluded.platform_key, legacy_value = excluded.legacy_value, platform_value = excluded.platform_value,
    winner = excluded.winner, reason = excluded.reason, legacy_token = excluded.legacy_token,
    legacy_stamp = excluded.legacy_stamp, platform_token = excluded.platform_token, platform_stamp = excluded.platform_stamp,
    at = excluded.at, resolved_by = excluded.resolved_by, legacy_mid = excluded.legacy_mid,
    platform_mid = excluded.platform_mid, undoes = excluded.undoes)";
  constexpr std::string_view kInsert = R"(
insert into atlas_bridge.conflict (entity, open, side, kind, key, platform_key, field, legacy_value, platform_value, winner, reason,
                                   resolved_by, legacy_token, legacy_stamp, platform_token, platform_stamp, at,
                                   legacy_mid, platform_mid, undoes)
select $1::int4, $2::bool, s.* from unnest($3::int2[], $4::int2[], $5::bytea[], $6::bytea[], $7::text[], $8::text[], $9::text[],
  $10::text[], $11::text[], $12::text[], $13::int8[], $14::int8[], $15::int8[], $16::int8[], $17::timestamptz[],
  $18::bytea[], $19::bytea[], $20::int8[]) as s)";
  Params& params =
      steps.add("confirm conflicts", std::string(kInsert) + (open ? std::string(kReplace) : ""));
  params.int4(entity.id).boolean(open);
  std::vector<const InstanceKey*> instances;
  for (const Conflict* row : rows) instances.push_back(&row->instance);
  bind_instances(params, entity, instances);
  bind_texts(params, rows, kByteaOid,
             [](const Conflict& c) -> const std::string& { return c.platform_key; });
  bind_texts(params, rows, kTextOid,
             [](const Conflict& c) -> const std::string& { return c.field; });
  bind_texts(params, rows, kTextOid,
             [](const Conflict& c) -> const std::string& { return c.legacy_value; });
  bind_texts(params, rows, kTextOid,
             [](const Conflict& c) -> const std::string& { return c.platform_value; });
  bind_texts(params, rows, kTextOid,
             [](const Conflict& c) -> const std::string& { return c.winner; });
  bind_texts(params, rows, kTextOid,
             [](const Conflict& c) -> const std::string& { return c.reason; });
  bind_texts(params, rows, kTextOid,
             [](const Conflict& c) -> const std::string& { return c.resolved_by; });
  bind_numbers(params, rows,
               [](const Conflict& c) { return static_cast<std::int64_t>(c.legacy_version.token); });
  bind_numbers(params, rows, [](const Conflict& c) { return c.legacy_version.stamp_us; });
  bind_numbers(params, rows, [](const Conflict& c) {
    return static_cast<std::int64_t>(c.platform_version.token);
  });
  bind_numbers(params, rows, [](const Conflict& c) { return c.platform_version.stamp_us; });
  {
    ArrayWriter out = params.array(kTimestampTzOid);
    for (const Conflict* row : rows) append_instant(out, row->at);
  }
  bind_texts(params, rows, kByteaOid,
             [](const Conflict& c) -> const std::string& { return c.legacy_mid; });
  bind_texts(params, rows, kByteaOid,
             [](const Conflict& c) -> const std::string& { return c.platform_mid; });
  bind_numbers(params, rows, [](const Conflict& c) { return c.undoes; });
}

void add_closes(StateSteps& steps, const StoredEntity& entity, const Confirm& confirm) {
  if (confirm.close_conflicts.empty()) return;
  Params& params = steps.add(
      "confirm conflicts",
      "update atlas_bridge.conflict c set open = false, winner = s.winner, "
      "reason = reason || s.remark "
      "from unnest($2::int2[], $3::int2[], $4::bytea[], $5::text[], $6::text[], $7::text[]) "
      "as s(side, kind, key, field, winner, remark) "
      "where c.entity = $1::int4 and c.side = s.side and c.kind = s.kind and c.key = s.key "
      "and c.field = s.field and c.open");
  params.int4(entity.id);
  std::vector<const InstanceKey*> instances;
  instances.reserve(confirm.close_conflicts.size());
  for (const ClosedConflict& closed : confirm.close_conflicts)
    instances.push_back(&closed.instance);
  bind_instances(params, entity, instances);
  for (const auto member :
       {&ClosedConflict::field, &ClosedConflict::winner, &ClosedConflict::remark}) {
    ArrayWriter texts = params.array(kTextOid);
    for (const ClosedConflict& closed : confirm.close_conflicts) texts.raw(closed.*member);
  }
}

}  // namespace

void add_conflict_writes(StateSteps& steps, const StoredEntity& entity, const Confirm& confirm) {
  add_closes(steps, entity, confirm);
  // One open conflict per (instance, field): the last one given.
  std::map<std::pair<InstanceKey, std::string>, const Conflict*> open;
  Conflicts settled, unsettled;
  for (const Conflict& conflict : confirm.put_conflicts) {
    if (conflict.open) {
      open[{conflict.instance, conflict.field}] = &conflict;
    } else {
      settled.push_back(&conflict);
    }
  }
  for (const auto& [key, conflict] : open) unsettled.push_back(conflict);
  add_puts(steps, entity, settled, false);
  add_puts(steps, entity, unsettled, true);
}

}  // namespace postgres

// --- reading ------------------------------------------------------------------------------------

Result<std::vector<Conflict>> PostgresState::conflicts(TenantId /*tenant*/, const EntityRef& ref,
                                                       bool open_only, std::size_t limit) {
  ATLAS_TRY(const StoredEntity* entity, stored(ref));
  Params params;
  params.int4(ref.id);
  const std::string sql = fmt::format(
      "select {} from atlas_bridge.conflict c where c.entity = $1::int4{}{} "
      "order by c.id desc limit {}",
      kColumns, open_only ? " and c.open" : "", entity->known_kinds("c", true), limit);
  ATLAS_TRY(const Rowset rows, ask("conflicts", sql, params));
  return read_conflicts(*entity, rows);
}

Result<std::vector<Conflict>> PostgresState::conflicts_after(TenantId /*tenant*/,
                                                             const EntityRef& ref,
                                                             std::int64_t after,
                                                             std::size_t limit) {
  ATLAS_TRY(const StoredEntity* entity, stored(ref));
  Params params;
  params.int4(ref.id).int8(after);
  const std::string sql = fmt::format(
      "select {} from atlas_bridge.conflict c where c.entity = $1::int4 and c.id > $2::int8{} "
      "order by c.id limit {}",
      kColumns, entity->known_kinds("c", true), limit);
  ATLAS_TRY(const Rowset rows, ask("conflicts", sql, params));
  return read_conflicts(*entity, rows);
}

Result<std::vector<Conflict>> PostgresState::open_conflicts_of(
    TenantId /*tenant*/, const EntityRef& ref, std::span<const InstanceKey> instances) {
  ATLAS_TRY(const StoredEntity* entity, stored(ref));
  Params params;
  params.int4(ref.id);
  std::vector<const InstanceKey*> addresses;
  for (const InstanceKey& instance : instances) addresses.push_back(&instance);
  postgres::bind_instances(params, *entity, addresses);
  const std::string sql = fmt::format(
      "select * from (select {} from unnest($2::int2[], $3::int2[], $4::bytea[]) as s(side, kind, "
      "key) join atlas_bridge.conflict c on c.entity = $1::int4 and c.side = s.side "
      "and c.kind = s.kind and c.key = s.key and c.open{}) as found order by id",
      kColumns, postgres::kFenced);
  ATLAS_TRY(const Rowset rows, ask("conflicts", sql, params));
  return read_conflicts(*entity, rows);
}

Result<std::optional<std::pair<std::int32_t, Conflict>>> PostgresState::conflict(TenantId tenant,
                                                                                 std::int64_t id) {
  using Found = std::optional<std::pair<std::int32_t, Conflict>>;
  Params params;
  params.int4(tenant.value).int8(id);
  // Kinds are shown under the newest layout: people ask, not the engine.
  const std::string sql = fmt::format(
      "select {}, c.entity, (select max(l.number) from atlas_bridge.layout l "
      "where l.entity = c.entity) from atlas_bridge.conflict c join atlas_bridge.entity e "
      "on e.id = c.entity where e.tenant = $1::int4 and c.id = $2::int8",
      kColumns);
  ATLAS_TRY(const Rowset rows, ask("conflict", sql, params));
  if (rows.size() == 0) return Found();
  const auto entity_id = static_cast<std::int32_t>(rows.integer(0, kColumnCount));
  ATLAS_TRY(const StoredEntity* entity,
            stored(entity_id, static_cast<std::int32_t>(rows.integer(0, kColumnCount + 1))));
  return Found(std::pair(entity_id, read_conflict(*entity, rows, 0)));
}

Result<> PostgresState::resolve_conflict(TenantId tenant, const Conflict& seen,
                                         const std::string& winner, Instant now) {
  constexpr std::string_view kResolve = R"(
with resolved as (
  update atlas_bridge.conflict c set resolved_by = $3
  from atlas_bridge.entity e
  where e.id = c.entity and e.tenant = $1::int4 and c.id = $2::int8 and c.open
    and c.legacy_value = $6 and c.platform_value = $7
  returning c.entity, c.side, c.kind, c.key),
dirty as (
  insert into atlas_bridge.pending (entity, side, kind, key, state, code, reason, field, blocker,
                                    fingerprint, attempts, since, retry_at)
  select entity, side, kind, key, $4::int2, 0, 'a conflict was resolved', '', '', 0, 0,
         $5::timestamptz, $5::timestamptz
  from resolved
  on conflict (entity, side, kind, key) do update
  set state = excluded.state, code = 0, reason = excluded.reason, field = '', blocker = '',
      fingerprint = 0, attempts = 0, since = excluded.since, retry_at = excluded.retry_at)
select count(*) from resolved)";
  if (winner != "legacy" && winner != "platform") {
    return Error(Code::kUsage, "a conflict is won by legacy or platform");
  }
  Params params;
  params.int4(tenant.value).int8(seen.id).text(winner);
  params.int2(static_cast<std::int16_t>(PendingState::kDirty));
  postgres::bind_instant(params, now);
  params.text(seen.legacy_value).text(seen.platform_value);
  ATLAS_TRY(const Rowset rows, ask("resolve", kResolve, params));
  if (rows.integer(0, 0) == 0) {
    return Error(Code::kNotFound,
                 fmt::format("there is no open conflict {} of these values", seen.id));
  }
  return {};
}

Result<std::int64_t> PostgresState::undo_conflict(TenantId /*tenant*/, const EntityRef& ref,
                                                  const Conflict& undo) {
  constexpr std::string_view kUndo = R"(
with undo as (
  insert into atlas_bridge.conflict (entity, open, side, kind, key, platform_key, field, legacy_value, platform_value,
    winner, reason, resolved_by, legacy_token, legacy_stamp, platform_token, platform_stamp, at, legacy_mid, platform_mid,
    undoes)
  select $1::int4, true, s.side, s.kind, s.key, $5::bytea, $6, $7, $8, '', $9, $10, 0, 0, 0, 0, $11::timestamptz,
    $12::bytea, $13::bytea, $14::int8
  from unnest($2::int2[], $3::int2[], $4::bytea[]) as s(side, kind, key)
  where not exists (select 1 from atlas_bridge.conflict c where c.undoes = $14::int8 and c.winner <> '')
  on conflict (entity, side, kind, key, field) where open do nothing
  returning id, entity, side, kind, key),
dirty as (
  insert into atlas_bridge.pending (entity, side, kind, key, state, code, reason, field, blocker,
                                    fingerprint, attempts, since, retry_at)
  select entity, side, kind, key, $15::int2, 0, 'a conflict is to be undone', '', '', 0, 0,
         $11::timestamptz, $11::timestamptz
  from undo
  on conflict (entity, side, kind, key) do update
  set state = excluded.state, code = 0, reason = excluded.reason, field = '', blocker = '',
      fingerprint = 0, attempts = 0, since = excluded.since, retry_at = excluded.retry_at)
select coalesce(max(id), 0) from undo)";
  ATLAS_TRY(const StoredEntity* entity, stored(ref));
  Params params;
  params.int4(ref.id);
  const InstanceKey* const instance = &undo.instance;
  postgres::bind_instances(params, *entity, {&instance, 1});
  params.text(undo.platform_key).text(undo.field);
  params.text(undo.legacy_value).text(undo.platform_value);
  params.text(undo.reason).text(undo.resolved_by);
  postgres::bind_instant(params, undo.at);
  params.text(undo.legacy_mid).text(undo.platform_mid).int8(undo.undoes);
  params.int2(static_cast<std::int16_t>(PendingState::kDirty));
  ATLAS_TRY(const Rowset rows, ask("undo", kUndo, params));
  if (rows.integer(0, 0) == 0) {
    return Error(
        Code::kResolveStale,
        fmt::format("conflict {} is undone, or its field has an open conflict", undo.undoes));
  }
  return rows.integer(0, 0);
}

}  // namespace atlas
