// Cursors, pending instances and match candidates.

#include "engines/sqlite/state.h"
#include "engines/sqlite/state_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace atlas {
namespace sqlite {
namespace {

constexpr const char* kPendingColumns =
    "side, kind, key, state, code, reason, field, blocker, fingerprint, attempts, since, retry_at";
constexpr const char* kOfInstance =
    " WHERE tenant = ?1 AND entity = ?2 AND side = ?3 AND kind = ?4 AND key = ?5";

std::optional<Pending> read_pending(const Query& query, const StateView& view) {
  auto instance = read_instance(query, 0, view);
  if (!instance) return std::nullopt;
  Pending out;
  out.instance = std::move(*instance);
  out.state = static_cast<PendingState>(query.integer(3));
  out.code = static_cast<std::uint16_t>(query.integer(4));
  out.reason = query.bytes(5);
  out.field = query.bytes(6);
  out.blocker = query.bytes(7);
  out.fingerprint = std::bit_cast<std::uint64_t>(query.integer(8));
  out.attempts = static_cast<std::int32_t>(query.integer(9));
  out.since = instant_at(query.integer(10));
  out.retry_at = instant_at(query.integer(11));
  return out;
}

std::string state_list(std::span<const PendingState> states) {
  std::string out;
  for (const PendingState state : states)
    out += fmt::format("{}{}", out.empty() ? "" : ", ", static_cast<int>(state));
  return out;
}

// Rows of one stretch; parameters 1..5 as for an instance, the last one the limit.
std::string stretch_condition(const Stretch& stretch) {
  return fmt::format(" WHERE tenant = ?1 AND entity = ?2 AND side = ?3 AND kind = ?4{}",
                     stretch.after.empty() ? "" : " AND key > ?5");
}

void bind_stretch(Query& query, const StateView& view, const Stretch& stretch, std::size_t limit) {
  query.integer(0, view.tenant.value)
      .integer(1, view.entity.id())
      .integer(2, static_cast<std::int64_t>(stretch.side));
  query.integer(3, view.entity.stored_kind(view.ref.layout, stretch.side, stretch.kind));
  if (!stretch.after.empty()) query.blob(4, stretch.after);
  query.integer(5, static_cast<std::int64_t>(limit));
}

}  // namespace

void bind_instance(Query& query, int first, const StateView& view, const InstanceKey& instance) {
  query.integer(first, view.tenant.value).integer(first + 1, view.entity.id());
  query.integer(first + 2, static_cast<std::int64_t>(instance.side));
  query.integer(first + 3, view.entity.stored_kind(view.ref.layout, instance.side, instance.kind));
  query.blob(first + 4, instance.key);
}

std::optional<InstanceKey> read_instance(const Query& query, int first, const StateView& view) {
  const auto side = static_cast<Side>(query.integer(first));
  const auto kind = view.entity.kind_of(view.ref.layout, side, query.integer(first + 1));
  if (!kind) return std::nullopt;
  return InstanceKey{side, *kind, Key(query.bytes(first + 2))};
}

std::vector<Stretch> stretches(const StateView& view, const InstanceKey* after) {
  std::vector<Stretch> out;
  out.reserve(view.entity.kinds(view.ref.layout) + 1);
  for (std::size_t kind = 0; kind < view.entity.kinds(view.ref.layout); ++kind) {
    out.push_back({Side::kLegacy, static_cast<std::uint16_t>(kind), {}});
  }
  out.push_back({Side::kPlatform, 0, {}});
  if (after == nullptr) return out;
  std::erase_if(out, [&](const Stretch& s) {
    return std::pair(s.side, s.kind) < std::pair(after->side, after->kind);
  });
  if (!out.empty() && out.front().side == after->side && out.front().kind == after->kind)
    out.front().after = after->key;
  return out;
}

Result<> put_pending(const StateView& view, const Pending& pending) {
  ATLAS_TRY(Query put, view.connection.prepare(
                           "put pending",
                           "INSERT OR REPLACE INTO main.atlas_bridge_pending VALUES "
                           "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"));
  bind_instance(put, 0, view, pending.instance);
  put.integer(5, static_cast<std::int64_t>(pending.state)).integer(6, pending.code);
  put.text(7, pending.reason).text(8, pending.field).text(9, pending.blocker);
  put.integer(10, std::bit_cast<std::int64_t>(pending.fingerprint)).integer(11, pending.attempts);
  return put.integer(12, micros_of(pending.since)).integer(13, micros_of(pending.retry_at)).run();
}

Result<> write_pending(const StateView& view, const Confirm& confirm) {
  ATLAS_TRY(Query drop, view.connection.prepare(
                            "drop pending",
                            std::string("DELETE FROM main.atlas_bridge_pending") + kOfInstance));
  for (const InstanceKey& instance : confirm.drop_pending) {
    bind_instance(drop, 0, view, instance);
    ATLAS_OK(drop.run());
  }
  for (const Pending& pending : confirm.put_pending) ATLAS_OK(put_pending(view, pending));
  return {};
}

Result<> write_candidates(const StateView& view, const Confirm& confirm) {
  ATLAS_TRY(Query drop, view.connection.prepare(
                            "drop candidates",
                            std::string("DELETE FROM main.atlas_bridge_candidate") + kOfInstance));
  for (const InstanceKey& instance : confirm.drop_candidates) {
    bind_instance(drop, 0, view, instance);
    ATLAS_OK(drop.run());
  }
  ATLAS_TRY(Query put,
            view.connection.prepare("put candidates",
                                    "INSERT OR REPLACE INTO main.atlas_bridge_candidate VALUES "
                                    "(?1, ?2, ?3, ?4, ?5, ?6)"));
  for (const Candidate& candidate : confirm.put_candidates) {
    bind_instance(put, 0, view, candidate.instance);
    ATLAS_OK(put.integer(kInstanceParameters, std::bit_cast<std::int64_t>(candidate.match)).run());
  }
  return {};
}

Result<> write_cursors(const StateView& view, const Confirm& confirm) {
  ATLAS_TRY(Query put,
            view.connection.prepare("put cursors",
                                    "INSERT OR REPLACE INTO main.atlas_bridge_cursor VALUES "
                                    "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
  for (const Cursor& cursor : confirm.cursors) {
    put.integer(0, view.tenant.value).integer(1, view.entity.id()).text(2, cursor.source);
    put.integer(3, cursor.swept ? 1 : 0)
        .integer(4, cursor.has_stamp ? 1 : 0)
        .integer(5, cursor.stamp);
    ATLAS_OK(put.blob(6, cursor.key).integer(7, cursor.sweep_floor).run());
  }
  return {};
}

}  // namespace sqlite

using sqlite::Query;
using sqlite::StateView;
using sqlite::StoredEntity;

Result<std::vector<Cursor>> SqliteStateStore::cursors(TenantId tenant, const EntityRef& entity) {
  ATLAS_TRY(Query get,
            connection_->prepare(
                "cursors",
                "SELECT source, swept, has_stamp, stamp, key, sweep_floor "
                "FROM main.atlas_bridge_cursor WHERE tenant = ?1 AND entity = ?2 ORDER BY source"));
  get.integer(0, tenant.value).integer(1, entity.id);
  std::vector<Cursor> out;
  for (;;) {
    ATLAS_TRY(const bool row, get.step());
    if (!row) return out;
    out.push_back({std::string(get.bytes(0)), get.integer(1) != 0, get.integer(2) != 0,
                   get.integer(3), Key(get.bytes(4)), get.integer(5)});
  }
}

Result<std::vector<Pending>> SqliteStateStore::pending(TenantId tenant, const EntityRef& entity,
                                                       std::span<const PendingState> states,
                                                       Instant due, const InstanceKey* after,
                                                       std::size_t limit) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  const StateView view{*connection_, tenant, *known, entity};
  std::vector<Pending> out;
  for (const sqlite::Stretch& stretch : sqlite::stretches(view, after)) {
    if (out.size() >= limit) break;
    ATLAS_TRY(
        Query get,
        connection_->prepare(
            "pending", fmt::format("SELECT {} FROM main.atlas_bridge_pending{} AND state IN ({}) "
                                   "AND retry_at <= ?7 ORDER BY key LIMIT ?6",
                                   sqlite::kPendingColumns, sqlite::stretch_condition(stretch),
                                   sqlite::state_list(states))));
    sqlite::bind_stretch(get, view, stretch, limit - out.size());
    get.integer(6, sqlite::micros_of(due));
    for (;;) {
      ATLAS_TRY(const bool row, get.step());
      if (!row) break;
      if (auto found = sqlite::read_pending(get, view)) out.push_back(std::move(*found));
    }
  }
  return out;
}

Result<std::vector<Pending>> SqliteStateStore::pending_of(TenantId tenant, const EntityRef& entity,
                                                          std::span<const InstanceKey> instances) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  const StateView view{*connection_, tenant, *known, entity};
  ATLAS_TRY(Query get,
            connection_->prepare("pending of",
                                 fmt::format("SELECT {} FROM main.atlas_bridge_pending{}",
                                             sqlite::kPendingColumns, sqlite::kOfInstance)));
  std::vector<Pending> out;
  for (const InstanceKey& instance : instances) {
    sqlite::bind_instance(get, 0, view, instance);
    ATLAS_TRY(const bool row, get.step());
    if (row) {
      if (auto found = sqlite::read_pending(get, view)) out.push_back(std::move(*found));
    }
    get.reset();
  }
  return out;
}

Result<PendingCounts> SqliteStateStore::pending_counts(TenantId tenant, const EntityRef& entity) {
  ATLAS_TRY(Query get, connection_->prepare("count pending",
                                            "SELECT state, count(*) FROM main.atlas_bridge_pending "
                                            "WHERE tenant = ?1 AND entity = ?2 GROUP BY state"));
  get.integer(0, tenant.value).integer(1, entity.id);
  PendingCounts out;
  for (;;) {
    ATLAS_TRY(const bool row, get.step());
    if (!row) return out;
    out.by_state[static_cast<PendingState>(get.integer(0))] = get.integer(1);
  }
}

Result<std::int64_t> SqliteStateStore::retry_pending(TenantId tenant, const EntityRef& entity,
                                                     const InstanceKey* only, Instant now) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  const StateView view{*connection_, tenant, *known, entity};
  const std::string rows =
      only == nullptr ? " WHERE tenant = ?1 AND entity = ?2" : sqlite::kOfInstance;
  ATLAS_TRY(Query put,
            connection_->prepare("retry pending",
                                 "UPDATE main.atlas_bridge_pending SET retry_at = ?6" + rows));
  if (only == nullptr) {
    put.integer(0, tenant.value).integer(1, entity.id);
  } else {
    sqlite::bind_instance(put, 0, view, *only);
  }
  ATLAS_OK(put.integer(sqlite::kInstanceParameters, sqlite::micros_of(now)).run());
  return connection_->changes();
}

Result<std::vector<Candidate>> SqliteStateStore::candidates(TenantId tenant,
                                                            const EntityRef& entity, Side side,
                                                            std::span<const FieldHash> matches) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  const StateView view{*connection_, tenant, *known, entity};
  ATLAS_TRY(Query get,
            connection_->prepare("candidates",
                                 "SELECT side, kind, key, match FROM main.atlas_bridge_candidate "
                                 "WHERE tenant = ?1 AND entity = ?2 AND side = ?3 AND match = ?4"));
  std::vector<Candidate> out;
  for (const FieldHash match : matches) {
    get.integer(0, tenant.value).integer(1, entity.id).integer(2, static_cast<std::int64_t>(side));
    get.integer(3, std::bit_cast<std::int64_t>(match));
    for (;;) {
      ATLAS_TRY(const bool row, get.step());
      if (!row) break;
      if (auto instance = sqlite::read_instance(get, 0, view))
        out.push_back({std::move(*instance), match});
    }
    get.reset();
  }
  return out;
}

Result<std::vector<Candidate>> SqliteStateStore::scan_candidates(TenantId tenant,
                                                                 const EntityRef& entity,
                                                                 const InstanceKey* after,
                                                                 std::size_t limit) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  const StateView view{*connection_, tenant, *known, entity};
  std::vector<Candidate> out;
  for (const sqlite::Stretch& stretch : sqlite::stretches(view, after)) {
    if (out.size() >= limit) break;
    ATLAS_TRY(Query get,
              connection_->prepare(
                  "scan candidates",
                  fmt::format("SELECT side, kind, key, match FROM main.atlas_bridge_candidate{} "
                              "ORDER BY key LIMIT ?6",
                              sqlite::stretch_condition(stretch))));
    sqlite::bind_stretch(get, view, stretch, limit - out.size());
    for (;;) {
      ATLAS_TRY(const bool row, get.step());
      if (!row) break;
      auto instance = sqlite::read_instance(get, 0, view);
      if (instance) out.push_back({std::move(*instance), std::bit_cast<FieldHash>(get.integer(3))});
    }
  }
  return out;
}

}  // namespace atlas
