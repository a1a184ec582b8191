// Life of the store: opening, tenants, entities, runs, notes.

#include "engines/postgres/state.h"

#include "engines/postgres/pooler.h"
#include "engines/postgres/state_rows.h"
#include "engines/postgres/state_schema.h"

#include <fmt/format.h>

namespace atlas {

using postgres::Params;
using postgres::Rowset;
using postgres::StoredEntity;

namespace {

postgres::ConnectionOptions connection_options(const PostgresOptions& options) {
  return {.dsn = options.dsn,
          .where = options.name,
          .application_name = options.application_name,
          .connect_timeout = options.connect_timeout,
          .statement_timeout = options.statement_timeout,
          .lock_timeout = options.lock_timeout,
          .idle_in_transaction_timeout = options.idle_in_transaction_timeout,
          .keyed_plans = true};
}

// $1 uuid, $2 name. The row of the name comes first.
constexpr std::string_view kFindTenant =
    "select id, name, uuid, hash_key from atlas_bridge.tenant where uuid = $1 or name = $2 "
    "order by (name = $2) desc";

Error kept_under_another_id(const std::string& name) {
  return {Code::kPrivateState, fmt::format("tenant {} is kept under another id", name)};
}

}  // namespace

PostgresState::PostgresState(const PostgresOptions& options)
    : pool_(connection_options(options), options.sessions) {}

Result<std::unique_ptr<StateStore>> PostgresState::open(const PostgresOptions& options) {
  std::unique_ptr<PostgresState> state(new PostgresState(options));
  ATLAS_TRY(const postgres::Borrowed first, state->pool_.take());
  if (first->session().proxied) ATLAS_OK(postgres::refuse_shared_backends(*first));
  state->session_ = first->session();
  return std::unique_ptr<StateStore>(std::move(state));
}

Result<> PostgresState::migrate() { return pool_.with(postgres::migrate_state); }

Result<Prepared> PostgresState::prepared(const std::string& name, const std::string& uuid,
                                         std::span<const EntityLayout> entities) {
  ATLAS_TRY(const std::int64_t version, pool_.with(postgres::state_version));
  if (version == 0) return Prepared::kNothing;
  Params find;
  find.text(uuid).text(name);
  ATLAS_TRY(const Rowset rows, ask("tenant", kFindTenant, find));
  if (rows.size() == 0) return Prepared::kNothing;
  if (rows.bytes(0, 2) != uuid) return kept_under_another_id(name);
  if (version != postgres::state_migrations().back().version || rows.bytes(0, 1) != name)
    return Prepared::kPartly;
  const TenantId tenant{static_cast<std::int32_t>(rows.integer(0, 0))};
  return pool_.with([&](Connection& connection) -> Result<Prepared> {
    for (const EntityLayout& entity : entities) {
      ATLAS_TRY(const bool declared, postgres::entity_declared(connection, tenant, entity));
      if (!declared) return Prepared::kPartly;
    }
    return Prepared::kReady;
  });
}

Result<std::string> PostgresState::identity() { return session_.identity; }

Result<Rowset> PostgresState::ask(std::string_view label, std::string_view sql,
                                  const Params& params) {
  return pool_.with([&](Connection& connection) -> Result<Rowset> {
    auto rows = connection.run(label, sql, params);
    if (!rows) return postgres::state_error(connection, std::move(rows).error());
    return rows;
  });
}

Result<TenantInfo> PostgresState::tenant(const std::string& name, const std::string& uuid,
                                         const std::array<std::uint8_t, 32>& fresh_key) {
  constexpr std::string_view kInsert = R"(
insert into atlas_bridge.tenant (name, uuid, hash_key)
select $1, $2, $3::bytea
where not exists (select 1 from atlas_bridge.tenant where name = $1 or uuid = $2)
on conflict do nothing)";
  Params insert, find;
  insert.text(name).text(uuid).text(
      {reinterpret_cast<const char*>(fresh_key.data()), fresh_key.size()});
  find.text(uuid).text(name);
  ATLAS_TRY([[maybe_unused]] const Rowset inserted, ask("tenant", kInsert, insert));
  ATLAS_TRY(const Rowset rows, ask("tenant", kFindTenant, find));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows.bytes(i, 1) == name && rows.bytes(i, 2) != uuid) return kept_under_another_id(name);
  }
  if (rows.size() != 1) return Error(Code::kStateUnusable, "a tenant that was just made is gone");
  TenantInfo info{
      .id = TenantId{static_cast<std::int32_t>(rows.integer(0, 0))}, .name = name, .uuid = uuid};
  const std::string_view key = rows.bytes(0, 3);
  if (key.size() != info.hash_key.size())
    return Error(Code::kStateUnusable, "a tenant's hash key is damaged");
  std::copy(key.begin(), key.end(), reinterpret_cast<char*>(info.hash_key.data()));
  if (rows.bytes(0, 1) != name) {  // the mapping's name changed, the id did not
    Params renamed;
    renamed.text(uuid).text(name);
    ATLAS_TRY([[maybe_unused]] const Rowset done,
              ask("tenant", "update atlas_bridge.tenant set name = $2 where uuid = $1", renamed));
  }
  return info;
}

Result<EntityRef> PostgresState::entity(TenantId tenant, const EntityLayout& decl) {
  return pool_.with([&](Connection& connection) -> Result<EntityRef> {
    auto ref = postgres::declare_entity(connection, tenant, decl);
    if (!ref) return postgres::state_error(connection, std::move(ref).error());
    return ref;
  });
}

Result<const StoredEntity*> PostgresState::stored(const EntityRef& entity) {
  return stored(entity.id, entity.layout);
}

Result<const StoredEntity*> PostgresState::stored(std::int32_t id, std::int32_t layout) {
  const auto found = entities_.find({id, layout});
  if (found != entities_.end()) return &found->second;
  ATLAS_TRY(StoredEntity entity, pool_.with([&](Connection& connection) -> Result<StoredEntity> {
    auto loaded = postgres::load_entity(connection, id, layout);
    if (!loaded) return postgres::state_error(connection, std::move(loaded).error());
    return loaded;
  }));
  return &entities_.emplace(std::pair(id, layout), std::move(entity)).first->second;
}

Result<std::vector<RunRecord>> PostgresState::runs(TenantId tenant, std::size_t limit) {
  Params params;
  params.int4(tenant.value).int8(static_cast<std::int64_t>(limit));
  ATLAS_TRY(const Rowset rows,
            ask("runs",
                "select id, verb, outcome, holder, started, finished, report from atlas_bridge.run "
                "where tenant = $1::int4 order by id desc limit $2::int8",
                params));
  std::vector<RunRecord> out;
  out.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out.push_back({.id = RunId{rows.integer(i, 0)},
                   .verb = rows.text(i, 1),
                   .outcome = rows.text(i, 2),
                   .holder = rows.text(i, 3),
                   .started = postgres::read_instant(rows, i, 4),
                   .finished = postgres::read_instant(rows, i, 5),
                   .report = rows.text(i, 6)});
  }
  return out;
}

Result<> PostgresState::put_note(TenantId tenant, const std::string& name,
                                 const std::string& text) {
  Params params;
  params.int4(tenant.value).text(name).text(text);
  ATLAS_TRY([[maybe_unused]] const Rowset done,
            ask("note",
                "insert into atlas_bridge.note (tenant, name, content) values ($1::int4, $2, $3) "
                "on conflict (tenant, name) do update set content = excluded.content",
                params));
  return {};
}

Result<std::optional<std::string>> PostgresState::note(TenantId tenant, const std::string& name) {
  Params params;
  params.int4(tenant.value).text(name);
  ATLAS_TRY(
      const Rowset rows,
      ask("note", "select content from atlas_bridge.note where tenant = $1::int4 and name = $2",
          params));
  if (rows.size() == 0) return std::optional<std::string>();
  return std::optional(rows.text(0, 0));
}

}  // namespace atlas
