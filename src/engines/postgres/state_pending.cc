// Keys to look at again, cursors, and candidates for a match.

#include "engines/postgres/codec.h"
#include "engines/postgres/plans.h"
#include "engines/postgres/state.h"
#include "engines/postgres/state_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace atlas {

using postgres::ArrayWriter;
using postgres::Params;
using postgres::Rowset;
using postgres::StateSteps;
using postgres::StoredEntity;

namespace {

constexpr std::string_view kPendingColumns =
    "p.side, p.kind, p.key, p.state, p.code, p.reason, p.field, p.blocker, p.fingerprint, "
    "p.attempts, p.since, p.retry_at";

std::vector<Pending> read_pending(const StoredEntity& entity, const Rowset& rows) {
  std::vector<Pending> out;
  out.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out.push_back({.instance = postgres::read_instance(entity, rows, i, 0),
                   .state = static_cast<PendingState>(rows.integer(i, 3)),
                   .code = static_cast<std::uint16_t>(rows.integer(i, 4)),
                   .reason = rows.text(i, 5),
                   .field = rows.text(i, 6),
                   .blocker = rows.text(i, 7),
                   .fingerprint = static_cast<std::uint64_t>(rows.integer(i, 8)),
                   .attempts = static_cast<std::int32_t>(rows.integer(i, 9)),
                   .since = postgres::read_instant(rows, i, 10),
                   .retry_at = postgres::read_instant(rows, i, 11)});
  }
  return out;
}

std::vector<Candidate> read_candidates(const StoredEntity& entity, const Rowset& rows) {
  std::vector<Candidate> out;
  out.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out.push_back({.instance = postgres::read_instance(entity, rows, i, 0),
                   .match = static_cast<FieldHash>(rows.integer(i, 3))});
  }
  return out;
}

// " and (side, kind, key) > (…)" with three parameters more; nothing for the start.
std::string after_instance(const StoredEntity& entity, const InstanceKey* after,
                           std::string_view alias, Params& params) {
  if (after == nullptr) return {};
  const std::size_t n = params.size();
  params.int2(static_cast<std::int16_t>(after->side))
      .int2(entity.stored_kind(*after))
      .text(after->key);
  return fmt::format(" and ({0}.side, {0}.kind, {0}.key) > (${1}::int2, ${2}::int2, ${3}::bytea)",
                     alias, n + 1, n + 2, n + 3);
}

std::vector<const InstanceKey*> addresses(std::span<const InstanceKey> instances) {
  std::vector<const InstanceKey*> out;
  out.reserve(instances.size());
  for (const InstanceKey& instance : instances) out.push_back(&instance);
  return out;
}

// One entry per instance, the last one given; an upsert may name a row once only.
template <class Entry>
std::vector<const Entry*> last_of_each(const std::vector<Entry>& entries) {
  std::vector<const Entry*> out;
  out.reserve(entries.size());
  for (const Entry& entry : entries) out.push_back(&entry);
  std::stable_sort(out.begin(), out.end(),
                   [](const Entry* a, const Entry* b) { return a->instance < b->instance; });
  std::vector<const Entry*> last;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i + 1 == out.size() || out[i]->instance != out[i + 1]->instance) last.push_back(out[i]);
  }
  return last;
}

template <class Entry>
std::vector<const InstanceKey*> instances_of(const std::vector<const Entry*>& entries) {
  std::vector<const InstanceKey*> out;
  out.reserve(entries.size());
  for (const Entry* entry : entries) out.push_back(&entry->instance);
  return out;
}

}  // namespace

// --- pending ------------------------------------------------------------------------------------

Result<std::vector<Pending>> PostgresState::pending(TenantId /*tenant*/, const EntityRef& ref,
                                                    std::span<const PendingState> states,
                                                    Instant due, const InstanceKey* after,
                                                    std::size_t limit) {
  ATLAS_TRY(const StoredEntity* entity, stored(ref));
  Params params;
  params.int4(ref.id);
  {
    ArrayWriter out = params.array(postgres::kInt2Oid);
    for (const PendingState state : states) out.int2(static_cast<std::int16_t>(state));
  }
  postgres::bind_instant(params, due);
  const std::string from =
      after_instance(*entity, after, "p", params) + entity->known_kinds("p", true);
  const std::string sql = fmt::format(
      "select {} from atlas_bridge.pending p where p.entity = $1::int4 "
      "and p.state = any ($2::int2[]) and p.retry_at <= $3::timestamptz{} "
      "order by p.side, p.kind, p.key limit {}",
      kPendingColumns, from, limit);
  ATLAS_TRY(const Rowset rows, ask("pending", sql, params));
  return read_pending(*entity, rows);
}

Result<std::vector<Pending>> PostgresState::pending_of(TenantId /*tenant*/, const EntityRef& ref,
                                                       std::span<const InstanceKey> instances) {
  ATLAS_TRY(const StoredEntity* entity, stored(ref));
  Params params;
  params.int4(ref.id);
  postgres::bind_instances(params, *entity, addresses(instances));
  const std::string sql = fmt::format(
      "select * from (select {} from unnest($2::int2[], $3::int2[], $4::bytea[]) as s(side, kind, "
      "key) join atlas_bridge.pending p on p.entity = $1::int4 and p.side = s.side "
      "and p.kind = s.kind and p.key = s.key{}) as found order by 1, 2, 3",
      kPendingColumns, postgres::kFenced);
  ATLAS_TRY(const Rowset rows, ask("pending_of", sql, params));
  return read_pending(*entity, rows);
}

Result<PendingCounts> PostgresState::pending_counts(TenantId /*tenant*/, const EntityRef& ref) {
  Params params;
  params.int4(ref.id);
  ATLAS_TRY(
      const Rowset rows,
      ask("pending_counts",
          "select state, count(*) from atlas_bridge.pending where entity = $1::int4 group by state",
          params));
  PendingCounts counts;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    counts.by_state[static_cast<PendingState>(rows.integer(i, 0))] = rows.integer(i, 1);
  }
  return counts;
}

Result<std::int64_t> PostgresState::retry_pending(TenantId /*tenant*/, const EntityRef& ref,
                                                  const InstanceKey* only, Instant now) {
  ATLAS_TRY(const StoredEntity* entity, stored(ref));
  Params params;
  params.int4(ref.id);
  postgres::bind_instant(params, now);
  std::string sql =
      "with done as (update atlas_bridge.pending p set retry_at = $2::timestamptz "
      "where p.entity = $1::int4";
  if (only != nullptr) {
    params.int2(static_cast<std::int16_t>(only->side))
        .int2(entity->stored_kind(*only))
        .text(only->key);
    sql += " and p.side = $3::int2 and p.kind = $4::int2 and p.key = $5::bytea";
  }
  ATLAS_TRY(const Rowset rows,
            ask("retry_pending", sql + " returning 1) select count(*) from done", params));
  return rows.integer(0, 0);
}

namespace postgres {
namespace {

void add_instance_deletes(StateSteps& steps, const StoredEntity& entity, std::string_view table,
                          const std::vector<InstanceKey>& instances) {
  if (instances.empty()) return;
  Params& params = steps.add(
      "confirm drops",
      fmt::format(
          "delete from atlas_bridge.{} t "
          "using unnest($2::int2[], $3::int2[], $4::bytea[]) as s(side, kind, key) "
          "where t.entity = $1::int4 and t.side = s.side and t.kind = s.kind and t.key = s.key",
          table));
  params.int4(entity.id);
  bind_instances(params, entity, addresses(instances));
}

template <class Get>
void bind_texts(Params& params, const std::vector<const Pending*>& rows, Get get) {
  ArrayWriter out = params.array(kTextOid);
  for (const Pending* row : rows) out.raw(get(*row));
}

}  // namespace

void add_pending_writes(StateSteps& steps, const StoredEntity& entity, const Confirm& confirm) {
  add_instance_deletes(steps, entity, "pending", confirm.drop_pending);
  if (confirm.put_pending.empty()) return;
  constexpr std::string_view kPut = R"(
insert into atlas_bridge.pending (entity, side, kind, key, state, code, reason, field, blocker, fingerprint, attempts, since, retry_at)
select $1::int4, s.* from unnest($2::int2[], $3::int2[], $4::bytea[], $5::int2[], $6::int4[], $7::text[], $8::text[], $9::text[],
                                 $10::int8[], $11::int4[], $12::timestamptz[], $13::timestamptz[]) as s
on conflict (entity, side, kind, key) do update
set state = excluded.state, code = excluded.code, reason = excluded.reason, field = excluded.field, blocker = excluded.blocker,
    fingerprint = excluded.fingerprint, attempts = excluded.attempts, since = excluded.since, retry_at = excluded.retry_at)";
  const std::vector<const Pending*> rows = last_of_each(confirm.put_pending);
  Params& params = steps.add("confirm pending", std::string(kPut));
  params.int4(entity.id);
  bind_instances(params, entity, instances_of(rows));
  {
    ArrayWriter out = params.array(kInt2Oid);
    for (const Pending* row : rows) out.int2(static_cast<std::int16_t>(row->state));
  }
  {
    ArrayWriter out = params.array(kInt4Oid);
    for (const Pending* row : rows) out.int4(row->code);
  }
  bind_texts(params, rows, [](const Pending& row) -> const std::string& { return row.reason; });
  bind_texts(params, rows, [](const Pending& row) -> const std::string& { return row.field; });
  bind_texts(params, rows, [](const Pending& row) -> const std::string& { return row.blocker; });
  {
    ArrayWriter out = params.array(kInt8Oid);
    for (const Pending* row : rows) out.int8(static_cast<std::int64_t>(row->fingerprint));
  }
  {
    ArrayWriter out = params.array(kInt4Oid);
    for (const Pending* row : rows) out.int4(row->attempts);
  }
  {
    ArrayWriter out = params.array(kTimestampTzOid);
    for (const Pending* row : rows) append_instant(out, row->since);
  }
  ArrayWriter out = params.array(kTimestampTzOid);
  for (const Pending* row : rows) append_instant(out, row->retry_at);
}

void add_candidate_writes(StateSteps& steps, const StoredEntity& entity, const Confirm& confirm) {
  add_instance_deletes(steps, entity, "candidate", confirm.drop_candidates);
  if (confirm.put_candidates.empty()) return;
  const std::vector<const Candidate*> rows = last_of_each(confirm.put_candidates);
  Params& params = steps.add(
      "confirm candidates",
      "insert into atlas_bridge.candidate (entity, side, kind, key, match) select $1::int4, s.* "
      "from unnest($2::int2[], $3::int2[], $4::bytea[], $5::int8[]) as s "
      "on conflict (entity, side, kind, key) do update set match = excluded.match");
  params.int4(entity.id);
  bind_instances(params, entity, instances_of(rows));
  ArrayWriter matches = params.array(kInt8Oid);
  for (const Candidate* row : rows) matches.int8(static_cast<std::int64_t>(row->match));
}

void add_cursor_writes(StateSteps& steps, const StoredEntity& entity, const Confirm& confirm) {
  for (const Cursor& cursor : confirm.cursors) {  // a handful at most: one a source
    steps
        .add("confirm cursor",
             "insert into atlas_bridge.cursor (entity, source, swept, has_stamp, stamp, key, "
             "sweep_floor) "
             "values ($1::int4, $2, $3::bool, $4::bool, $5::int8, $6::bytea, $7::int8) "
             "on conflict (entity, source) do update "
             "set swept = excluded.swept, has_stamp = excluded.has_stamp, stamp = excluded.stamp, "
             "key = excluded.key, sweep_floor = excluded.sweep_floor")
        .int4(entity.id)
        .text(cursor.source)
        .boolean(cursor.swept)
        .boolean(cursor.has_stamp)
        .int8(cursor.stamp)
        .text(cursor.key)
        .int8(cursor.sweep_floor);
  }
}

}  // namespace postgres

// --- cursors ------------------------------------------------------------------------------------

Result<std::vector<Cursor>> PostgresState::cursors(TenantId /*tenant*/, const EntityRef& ref) {
  Params params;
  params.int4(ref.id);
  ATLAS_TRY(const Rowset rows,
            ask("cursors",
                "select source, swept, has_stamp, stamp, key, sweep_floor from atlas_bridge.cursor "
                "where entity = $1::int4 order by source",
                params));
  std::vector<Cursor> out;
  out.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out.push_back({.source = rows.text(i, 0),
                   .swept = rows.boolean(i, 1),
                   .has_stamp = rows.boolean(i, 2),
                   .stamp = rows.integer(i, 3),
                   .key = rows.text(i, 4),
                   .sweep_floor = rows.integer(i, 5)});
  }
  return out;
}

// --- candidates ---------------------------------------------------------------------------------

Result<std::vector<Candidate>> PostgresState::candidates(TenantId /*tenant*/, const EntityRef& ref,
                                                         Side side,
                                                         std::span<const FieldHash> matches) {
  ATLAS_TRY(const StoredEntity* entity, stored(ref));
  Params params;
  params.int4(ref.id).int2(static_cast<std::int16_t>(side));
  postgres::bind_hashes(params, matches);
  const std::string sql = fmt::format(
      "select * from (select c.side, c.kind, c.key, c.match from atlas_bridge.candidate c "
      "where c.entity = $1::int4 and c.side = $2::int2 and c.match = any ($3::int8[]){}{}) as "
      "found "
      "order by 1, 2, 3",
      entity->known_kinds("c", true), postgres::kFenced);
  ATLAS_TRY(const Rowset rows, ask("candidates", sql, params));
  return read_candidates(*entity, rows);
}

Result<std::vector<Candidate>> PostgresState::scan_candidates(TenantId /*tenant*/,
                                                              const EntityRef& ref,
                                                              const InstanceKey* after,
                                                              std::size_t limit) {
  ATLAS_TRY(const StoredEntity* entity, stored(ref));
  Params params;
  params.int4(ref.id);
  const std::string from =
      after_instance(*entity, after, "c", params) + entity->known_kinds("c", true);
  const std::string sql = fmt::format(
      "select c.side, c.kind, c.key, c.match from atlas_bridge.candidate c "
      "where c.entity = $1::int4{} order by c.side, c.kind, c.key limit {}",
      from, limit);
  ATLAS_TRY(const Rowset rows, ask("candidates", sql, params));
  return read_candidates(*entity, rows);
}

}  // namespace atlas
