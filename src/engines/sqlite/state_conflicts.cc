// The conflict ledger.

#include "engines/sqlite/state.h"
#include "engines/sqlite/state_rows.h"

#include <fmt/format.h>

#include <bit>

namespace atlas {
namespace sqlite {
namespace {

constexpr const char* kColumns =
    "id, side, kind, key, platform_key, field, legacy_value, platform_value, winner, reason, open, "
    "legacy_token, legacy_stamp, "
    "platform_token, platform_stamp, at, resolved_by, legacy_mid, platform_mid, undoes, "
    "(SELECT max(u.id) FROM main.atlas_bridge_conflict u WHERE u.undoes = c.id AND "
    "(u.open = 1 OR u.winner <> ''))";
constexpr int kColumnCount = 21;

std::optional<Conflict> read_conflict(const Query& query, const StateView& view) {
  auto instance = read_instance(query, 1, view);
  if (!instance) return std::nullopt;
  Conflict out;
  out.id = query.integer(0);
  out.instance = std::move(*instance);
  out.platform_key = query.bytes(4);
  out.field = query.bytes(5);
  out.legacy_value = query.bytes(6);
  out.platform_value = query.bytes(7);
  out.winner = query.bytes(8);
  out.reason = query.bytes(9);
  out.open = query.integer(10) != 0;
  out.legacy_version = {std::bit_cast<std::uint64_t>(query.integer(11)), query.integer(12)};
  out.platform_version = {std::bit_cast<std::uint64_t>(query.integer(13)), query.integer(14)};
  out.at = instant_at(query.integer(15));
  out.resolved_by = query.bytes(16);
  out.legacy_mid = query.bytes(17);
  out.platform_mid = query.bytes(18);
  out.undoes = query.integer(19);
  out.undone_by = query.integer(20);
  return out;
}

Result<> read_conflicts(Query& query, const StateView& view, std::vector<Conflict>& out) {
  for (;;) {
    ATLAS_TRY(const bool row, query.step());
    if (!row) return {};
    if (auto found = read_conflict(query, view)) out.push_back(std::move(*found));
  }
}

// The open conflict of an instance's field is one row, whose number people may have seen: it stays.
constexpr const char* kPut =
    "INSERT INTO main.atlas_bridge_conflict (tenant, entity, side, kind, key, platform_key, field, "
    "legacy_value, platform_value, "
    "winner, reason, open, legacy_token, legacy_stamp, platform_token, platform_stamp, at, "
    "resolved_by, legacy_mid, platform_mid, undoes) VALUES "
    "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, "
    "?21) "
    "ON CONFLICT (tenant, entity, side, kind, key, field) WHERE open = 1 DO UPDATE SET "
    "platform_key = excluded.platform_key, legacy_value = excluded.legacy_value, platform_value = "
    "excluded.platform_value, "
    "winner = excluded.winner, reason = excluded.reason, legacy_token = excluded.legacy_token, "
    "legacy_stamp = excluded.legacy_stamp, platform_token = excluded.platform_token, "
    "platform_stamp = excluded.platform_stamp, "
    "at = excluded.at, resolved_by = excluded.resolved_by, legacy_mid = excluded.legacy_mid, "
    "platform_mid = excluded.platform_mid, undoes = excluded.undoes";

Result<> put_conflict(Query& put, const StateView& view, const Conflict& conflict) {
  bind_instance(put, 0, view, conflict.instance);
  put.blob(5, conflict.platform_key).text(6, conflict.field);
  put.text(7, conflict.legacy_value).text(8, conflict.platform_value);
  put.text(9, conflict.winner).text(10, conflict.reason).integer(11, conflict.open ? 1 : 0);
  put.integer(12, std::bit_cast<std::int64_t>(conflict.legacy_version.token))
      .integer(13, conflict.legacy_version.stamp_us);
  put.integer(14, std::bit_cast<std::int64_t>(conflict.platform_version.token))
      .integer(15, conflict.platform_version.stamp_us);
  put.integer(16, micros_of(conflict.at)).text(17, conflict.resolved_by);
  put.blob(18, conflict.legacy_mid).blob(19, conflict.platform_mid);
  return put.integer(20, conflict.undoes).run();
}

}  // namespace

Result<> write_conflicts(const StateView& view, const Confirm& confirm) {
  ATLAS_TRY(Query close,
            view.connection.prepare("close conflicts",
                                    "UPDATE main.atlas_bridge_conflict SET open = 0, winner = ?7, "
                                    "reason = reason || ?8 WHERE tenant = ?1 "
                                    "AND entity = ?2 AND side = ?3 AND kind = ?4 AND key = ?5 "
                                    "AND field = ?6 AND open = 1"));
  for (const ClosedConflict& closed : confirm.close_conflicts) {
    bind_instance(close, 0, view, closed.instance);
    close.text(kInstanceParameters, closed.field);
    ATLAS_OK(close.text(kInstanceParameters + 1, closed.winner)
                 .text(kInstanceParameters + 2, closed.remark)
                 .run());
  }
  ATLAS_TRY(Query put, view.connection.prepare("put conflicts", kPut));
  for (const Conflict& conflict : confirm.put_conflicts)
    ATLAS_OK(put_conflict(put, view, conflict));
  return {};
}

}  // namespace sqlite

using sqlite::Query;
using sqlite::StateView;
using sqlite::StoredEntity;
using sqlite::WriteScope;

Result<std::vector<Conflict>> SqliteStateStore::conflicts(TenantId tenant, const EntityRef& entity,
                                                          bool open_only, std::size_t limit) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  const StateView view{*connection_, tenant, *known, entity};
  ATLAS_TRY(
      Query get,
      connection_->prepare(
          "conflicts", fmt::format("SELECT {} FROM main.atlas_bridge_conflict c WHERE tenant = ?1 "
                                   "AND entity = ?2{} ORDER BY id DESC LIMIT ?3",
                                   sqlite::kColumns, open_only ? " AND open = 1" : "")));
  get.integer(0, tenant.value).integer(1, entity.id).integer(2, static_cast<std::int64_t>(limit));
  std::vector<Conflict> out;
  ATLAS_OK(sqlite::read_conflicts(get, view, out));
  return out;
}

Result<std::vector<Conflict>> SqliteStateStore::conflicts_after(TenantId tenant,
                                                                const EntityRef& entity,
                                                                std::int64_t after,
                                                                std::size_t limit) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  const StateView view{*connection_, tenant, *known, entity};
  ATLAS_TRY(Query get,
            connection_->prepare("conflicts after",
                                 fmt::format("SELECT {} FROM main.atlas_bridge_conflict c WHERE "
                                             "tenant = ?1 AND entity = ?2 AND id > ?3 ORDER BY id "
                                             "LIMIT ?4",
                                             sqlite::kColumns)));
  get.integer(0, tenant.value).integer(1, entity.id).integer(2, after);
  get.integer(3, static_cast<std::int64_t>(limit));
  std::vector<Conflict> out;
  ATLAS_OK(sqlite::read_conflicts(get, view, out));
  return out;
}

Result<std::optional<std::pair<std::int32_t, Conflict>>> SqliteStateStore::conflict(
    TenantId tenant, std::int64_t id) {
  std::optional<std::pair<std::int32_t, Conflict>> out;
  ATLAS_TRY(Query get,
            connection_->prepare("conflict",
                                 fmt::format("SELECT {}, entity FROM main.atlas_bridge_conflict c "
                                             "WHERE id = ?1 AND tenant = ?2",
                                             sqlite::kColumns)));
  ATLAS_TRY(const bool row, get.integer(0, id).integer(1, tenant.value).step());
  if (!row) return out;
  const auto entity = static_cast<std::int32_t>(get.integer(sqlite::kColumnCount));
  ATLAS_TRY(StoredEntity * known, stored(entity, 0));
  const StateView view{*connection_, tenant, *known, {entity, known->last_layout(), 0, 0}};
  if (auto found = sqlite::read_conflict(get, view)) out.emplace(entity, std::move(*found));
  return out;
}

Result<std::vector<Conflict>> SqliteStateStore::open_conflicts_of(
    TenantId tenant, const EntityRef& entity, std::span<const InstanceKey> instances) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  const StateView view{*connection_, tenant, *known, entity};
  ATLAS_TRY(Query get,
            connection_->prepare(
                "open conflicts of",
                fmt::format("SELECT {} FROM main.atlas_bridge_conflict c WHERE tenant = ?1 AND "
                            "entity = ?2 AND side = ?3 AND kind = ?4 AND key = ?5 AND "
                            "open = 1 ORDER BY field",
                            sqlite::kColumns)));
  std::vector<Conflict> out;
  for (const InstanceKey& instance : instances) {
    sqlite::bind_instance(get, 0, view, instance);
    ATLAS_OK(sqlite::read_conflicts(get, view, out));
    get.reset();
  }
  return out;
}

Result<> SqliteStateStore::resolve_conflict(TenantId tenant, const Conflict& seen,
                                            const std::string& winner, Instant now) {
  if (winner != "legacy" && winner != "platform")
    return Error(Code::kUsage, "a conflict is won by legacy or platform");
  ATLAS_OK(connection_->begin_write());
  WriteScope scope(*connection_);
  ATLAS_TRY(const auto found, conflict(tenant, seen.id));
  if (!found || !found->second.open || found->second.legacy_value != seen.legacy_value ||
      found->second.platform_value != seen.platform_value) {
    return Error(Code::kNotFound, fmt::format("no open conflict {} of these values", seen.id))
        .at(connection_->options().where);
  }
  {
    ATLAS_TRY(
        Query put,
        connection_->prepare(
            "resolve", "UPDATE main.atlas_bridge_conflict SET resolved_by = ?2 WHERE id = ?1"));
    ATLAS_OK(put.integer(0, seen.id).text(1, winner).run());
  }
  ATLAS_TRY(StoredEntity * known, stored(found->first, 0));
  const StateView view{*connection_, tenant, *known, {found->first, known->last_layout(), 0, 0}};
  Pending dirty;
  dirty.instance = found->second.instance;
  dirty.since = now;
  dirty.retry_at = now;
  ATLAS_OK(sqlite::put_pending(view, dirty));
  return scope.commit();
}

Result<std::int64_t> SqliteStateStore::undo_conflict(TenantId tenant, const EntityRef& entity,
                                                     const Conflict& undo) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  const StateView view{*connection_, tenant, *known, entity};
  ATLAS_OK(connection_->begin_write());
  WriteScope scope(*connection_);
  std::int64_t id = 0;
  {
    ATLAS_TRY(
        Query taken,
        connection_->prepare(
            "undo conflict",
            "SELECT 1 FROM main.atlas_bridge_conflict WHERE tenant = ?1 AND ((entity = ?2 AND side "
            "= ?3 AND kind = ?4 AND key = ?5 AND field = ?6 AND open = 1) OR (undoes = ?7 AND "
            "winner <> '')) LIMIT 1"));
    sqlite::bind_instance(taken, 0, view, undo.instance);
    ATLAS_TRY(const bool row,
              taken.text(sqlite::kInstanceParameters, undo.field).integer(6, undo.undoes).step());
    if (row) {
      return Error(Code::kResolveStale,
                   fmt::format("conflict {} is undone, or its field has an open conflict",
                               undo.undoes))
          .at(connection_->options().where);
    }
    ATLAS_TRY(Query put, connection_->prepare("put conflicts", sqlite::kPut));
    ATLAS_OK(sqlite::put_conflict(put, view, undo));
    ATLAS_TRY(id, connection_->number("undo conflict", "SELECT last_insert_rowid()"));
  }
  Pending dirty;
  dirty.instance = undo.instance;
  dirty.reason = "a conflict is to be undone";
  dirty.since = undo.at;
  dirty.retry_at = undo.at;
  ATLAS_OK(sqlite::put_pending(view, dirty));
  ATLAS_OK(scope.commit());
  return id;
}

}  // namespace atlas
