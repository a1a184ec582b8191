// Links: one table an entity, with the key of each side in columns of its own types.

#include "engines/sqlite/state.h"
#include "engines/sqlite/state_rows.h"
#include "model/key.h"

#include <fmt/format.h>

#include <bit>

namespace atlas {
namespace sqlite {
namespace {

// Columns before the keys in every SELECT of links.
constexpr int kFirstKeyColumn = 4;

std::string select_links(const StateView& view) {
  return fmt::format("SELECT kind, batch, match, doc, {}, {} FROM {} WHERE tenant = ?1",
                     view.entity.legacy().list(), view.entity.platform().list(),
                     view.entity.table());
}

Error damaged(const StateView& view) {
  return Error(Code::kStateUnusable, "a link document is damaged")
      .at(view.connection.options().where + " " + view.entity.table());
}

// Appends the link that the query stands on; one of a kind that the mapping has no more is left
// out.
Result<> append_row(const StateView& view, const Query& query, Arena& scratch, Links& links) {
  const auto kind = view.entity.kind_of(view.ref.layout, Side::kLegacy, query.integer(0));
  if (!kind) return {};
  scratch.clear();
  const KeyView legacy = view.entity.legacy().read(query, kFirstKeyColumn, scratch);
  const KeyView platform =
      view.entity.platform().read(query, kFirstKeyColumn + view.entity.legacy().size(), scratch);
  LinkRecord& link = links.add(*kind, legacy, platform);
  link.batch = {query.integer(1)};
  link.match =
      query.storage(2) == Storage::kNull ? kNoBase : std::bit_cast<FieldHash>(query.integer(2));
  const std::string_view document = query.bytes(3);
  const LayoutMap* map = view.entity.map(link_layout(document), view.ref.layout);
  if (map == nullptr || !decode_link(document, map->fields, link, map->parts)) return damaged(view);
  return {};
}

Result<> append_rows(const StateView& view, Query& query, Links& links) {
  Arena scratch;
  for (;;) {
    ATLAS_TRY(const bool row, query.step());
    if (!row) return {};
    ATLAS_OK(append_row(view, query, scratch, links));
  }
}

// Parameters 1..: tenant, kind, legacy key, platform key, match, batch, document.
bool bind_link(Query& query, const StateView& view, const LinkRecord& link, BatchNumber batch,
               Arena& arena) {
  const KeyColumns& legacy = view.entity.legacy();
  const KeyColumns& platform = view.entity.platform();
  query.integer(0, view.tenant.value);
  query.integer(1, view.entity.stored_kind(view.ref.layout, Side::kLegacy, link.kind));
  if (!legacy.bind(query, 2, link.legacy_key, arena)) return false;
  int next = 2 + legacy.size();
  if (!platform.bind(query, next, link.platform_key, arena)) return false;
  next += platform.size();
  if (link.match == kNoBase) {
    query.null(next);
  } else {
    query.integer(next, std::bit_cast<std::int64_t>(link.match));
  }
  query.integer(next + 1, batch.value);
  query.blob(next + 2, arena.copy(encode_link(link, view.ref.layout)));
  return true;
}

std::string insert_sql(const StateView& view) {
  const int keys = view.entity.legacy().size() + view.entity.platform().size();
  std::string marks = "?1, ?2";
  for (int i = 0; i < keys + 3; ++i) marks += fmt::format(", ?{}", i + 3);
  return fmt::format("INSERT INTO {} (tenant, kind, {}, {}, match, batch, doc) VALUES ({})",
                     view.entity.table(), view.entity.legacy().list(),
                     view.entity.platform().list(), marks);
}

std::string update_sql(const StateView& view) {
  const int legacy = view.entity.legacy().size();
  const int platform = view.entity.platform().size();
  const int rest = 2 + legacy + platform;
  return fmt::format(
      "UPDATE {} SET {}, match = ?{}, batch = ?{}, doc = ?{} WHERE tenant = ?1 AND kind = ?2 AND "
      "{}",
      view.entity.table(), view.entity.platform().assignments(2 + legacy), rest + 1, rest + 2,
      rest + 3, view.entity.legacy().equals(2));
}

Error unfit_key(const StateView& view) {
  return Error(Code::kInternal, "a link's key is not of its entity's types")
      .at(view.connection.options().where);
}

// Every uniqueness was checked when the intent was stored (E4): a link that does not fit means that
// state is not what it was.
Error taken(const StateView& view, Error cause) {
  if (cause.code() != Code::kUniqueTaken) return cause;
  return Error(Code::kStateUnusable, "a new link's key has a link already")
      .at(view.connection.options().where)
      .because(std::move(cause));
}

}  // namespace

Result<> write_links(const StateView& view, const Confirm& confirm) {
  Arena arena;
  if (!confirm.replaced_links.empty()) {
    ATLAS_TRY(Query drop, view.connection.prepare(
                              "replaced links",
                              fmt::format("DELETE FROM {} WHERE tenant = ?1 AND kind = ?2 AND {}",
                                          view.entity.table(), view.entity.legacy().equals(2))));
    for (const auto& [kind, legacy] : confirm.replaced_links) {
      arena.clear();
      drop.integer(0, view.tenant.value);
      drop.integer(1, view.entity.stored_kind(view.ref.layout, Side::kLegacy, kind));
      if (!view.entity.legacy().bind(drop, 2, legacy, arena)) return unfit_key(view);
      ATLAS_OK(drop.run());
    }
  }
  if (!confirm.insert_links.empty()) {
    ATLAS_TRY(Query put, view.connection.prepare("insert links", insert_sql(view)));
    for (const LinkRecord* link : confirm.insert_links) {
      arena.clear();
      if (!bind_link(put, view, *link, confirm.batch, arena)) return unfit_key(view);
      auto done = put.run();
      if (!done) return taken(view, std::move(done).error());
    }
  }
  if (!confirm.update_links.empty()) {
    ATLAS_TRY(Query put, view.connection.prepare("update links", update_sql(view)));
    for (const LinkRecord* link : confirm.update_links) {
      arena.clear();
      if (!bind_link(put, view, *link, confirm.batch, arena)) return unfit_key(view);
      auto done = put.run();
      if (!done) return taken(view, std::move(done).error());
      if (view.connection.changes() == 1) continue;
      return Error(Code::kStateUnusable, "a link to be changed does not exist")
          .at(view.connection.options().where);
    }
  }
  return {};
}

}  // namespace sqlite

using sqlite::Query;
using sqlite::StateView;
using sqlite::StoredEntity;

Result<Links> SqliteStateStore::links(TenantId tenant, const EntityRef& entity, Side side,
                                      std::span<const KeyView> keys,
                                      std::span<const std::uint16_t> kinds) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  const StateView view{*connection_, tenant, *known, entity};
  const bool legacy = side == Side::kLegacy;
  ATLAS_TRY(Query get,
            connection_->prepare("links by key", sqlite::select_links(view) +
                                                     (legacy ? " AND kind = ?2 AND " : " AND ") +
                                                     known->key(side).equals(legacy ? 2 : 1)));
  Links out(entity.parts, entity.fields);
  Arena bound;
  Arena scratch;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    bound.clear();
    get.integer(0, tenant.value);
    if (legacy) get.integer(1, known->stored_kind(entity.layout, side, kinds[i]));
    if (!known->key(side).bind(get, legacy ? 2 : 1, keys[i], bound)) continue;
    ATLAS_TRY(const bool row, get.step());
    if (row) ATLAS_OK(sqlite::append_row(view, get, scratch, out));
    get.reset();
  }
  return out;
}

Result<Links> SqliteStateStore::scan_links(TenantId tenant, const EntityRef& entity, Side side,
                                           std::uint16_t kind, KeyView after, std::size_t limit) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  const StateView view{*connection_, tenant, *known, entity};
  const sqlite::KeyColumns& key = known->key(side);
  std::string sql = sqlite::select_links(view);
  int next = 1;
  if (side == Side::kLegacy) sql += fmt::format(" AND kind = ?{}", ++next);
  const int first_key = next;
  if (!after.empty()) {
    sql += " AND " + key.after(next);
    next += key.size();
  }
  sql += fmt::format(" ORDER BY {} LIMIT ?{}", key.list(), next + 1);
  ATLAS_TRY(Query get, connection_->prepare("scan links", sql));
  get.integer(0, tenant.value);
  if (side == Side::kLegacy) get.integer(1, known->stored_kind(entity.layout, side, kind));
  Arena bound;
  Links out(entity.parts, entity.fields);
  if (!after.empty() && !key.bind(get, first_key, after, bound)) {
    return Error(Code::kInternal, "a scan of links goes on after a key of other types")
        .at(connection_->options().where);
  }
  get.integer(next, static_cast<std::int64_t>(limit));
  ATLAS_OK(sqlite::append_rows(view, get, out));
  return out;
}

Result<Links> SqliteStateStore::links_by_match(TenantId tenant, const EntityRef& entity,
                                               std::span<const FieldHash> matches) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  const StateView view{*connection_, tenant, *known, entity};
  ATLAS_TRY(Query get,
            connection_->prepare("links by match", sqlite::select_links(view) + " AND match = ?2"));
  Links out(entity.parts, entity.fields);
  for (const FieldHash match : matches) {
    if (match == kNoBase) continue;
    get.integer(0, tenant.value).integer(1, std::bit_cast<std::int64_t>(match));
    ATLAS_OK(sqlite::append_rows(view, get, out));
    get.reset();
  }
  return out;
}

Result<std::int64_t> SqliteStateStore::link_count(TenantId tenant, const EntityRef& entity) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  return connection_->number("count links", fmt::format("SELECT count(*) FROM {} WHERE tenant = {}",
                                                        known->table(), tenant.value));
}

// The document's flags follow its layout, a number of one byte or two (docs/formats/link.md).
Result<std::int64_t> SqliteStateStore::living_count(TenantId tenant, const EntityRef& entity) {
  ATLAS_TRY(StoredEntity * known, stored(entity.id, entity.layout));
  return connection_->number(
      "count links",
      fmt::format("SELECT count(*) FROM {} WHERE tenant = {} AND "
                  "substr(doc, CASE WHEN substr(doc, 2, 1) < x'80' THEN 3 ELSE 4 END, 1) = x'00'",
                  known->table(), tenant.value));
}

}  // namespace atlas
