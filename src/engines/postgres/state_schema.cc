#include "engines/postgres/state_schema.h"

#include "engines/postgres/sql_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace atlas::postgres {
namespace {

// Hashes and versions are unsigned; their bits are kept in int8. Keys are the encoded bytes of
// docs/formats/key.md. Rows that are rewritten in place keep room in their page, so that updates
// need no new index entries.
constexpr std::string_view kFirst = R"(
create table atlas_bridge.tenant (
  id int4 generated always as identity primary key,
  name text not null unique,
  uuid text not null unique,
  hash_key bytea not null,
  batches int8 not null default 0)
--
create table atlas_bridge.entity (
  id int4 generated always as identity primary key,
  tenant int4 not null references atlas_bridge.tenant,
  name text not null,
  legacy_key text[] not null,
  platform_key text[] not null,
  kinds text[] not null,
  unique (tenant, name))
--
create table atlas_bridge.layout (
  entity int4 not null references atlas_bridge.entity,
  number int4 not null,
  kinds text[] not null,
  parts text[] not null,
  fields text[] not null,
  fingerprints int8[] not null,
  primary key (entity, number))
--
create table atlas_bridge.lease (
  tenant int4 primary key references atlas_bridge.tenant,
  epoch int8 not null,
  run int8,
  holder text not null,
  until timestamptz)
--
create table atlas_bridge.run (
  id int8 generated always as identity primary key,
  tenant int4 not null references atlas_bridge.tenant,
  verb text not null,
  outcome text not null,
  holder text not null,
  started timestamptz not null,
  finished timestamptz,
  report text not null default '')
--
create index run_tenant on atlas_bridge.run (tenant, id)
--
create table atlas_bridge.intent (
  tenant int4 not null references atlas_bridge.tenant,
  number int8 not null,
  entity int4 not null,
  endpoint text not null,
  payload bytea not null,
  primary key (tenant, number))
--
alter table atlas_bridge.intent alter column payload set storage external
--
create table atlas_bridge.pending (
  entity int4 not null references atlas_bridge.entity,
  side int2 not null,
  kind int2 not null,
  key bytea not null,
  state int2 not null,
  code int4 not null,
  reason text not null,
  field text not null,
  blocker text not null,
  fingerprint int8 not null,
  attempts int4 not null,
  since timestamptz not null,
  retry_at timestamptz not null,
  primary key (entity, side, kind, key)) with (fillfactor = 80)
--
create table atlas_bridge.cursor (
  entity int4 not null references atlas_bridge.entity,
  source text not null,
  swept bool not null,
  has_stamp bool not null,
  stamp int8 not null,
  key bytea not null,
  sweep_floor int8 not null,
  primary key (entity, source)) with (fillfactor = 50)
--
create table atlas_bridge.candidate (
  entity int4 not null references atlas_bridge.entity,
  side int2 not null,
  kind int2 not null,
  key bytea not null,
  match int8 not null,
  primary key (entity, side, kind, key))
--
create index candidate_match on atlas_bridge.candidate (entity, side, match)
--
create table atlas_bridge.conflict (
  id int8 generated always as identity primary key,
  entity int4 not null references atlas_bridge.entity,
  side int2 not null,
  kind int2 not null,
  key bytea not null,
  platform_key bytea not null,
  field text not null,
  legacy_value text not null,
  platform_value text not null,
  winner text not null,
  reason text not null,
  open bool not null,
  legacy_token int8 not null,
  legacy_stamp int8 not null,
  platform_token int8 not null,
  platform_stamp int8 not null,
  at timestamptz not null,
  resolved_by text not null)
--
create unique index conflict_open on atlas_bridge.conflict (entity, side, kind, key, field) where open
--
create index conflict_entity on atlas_bridge.conflict (entity, id)
--
create table atlas_bridge.note (
  tenant int4 not null references atlas_bridge.tenant,
  name text not null,
  content text not null,
  primary key (tenant, name))
)";

// An index that shares its first columns with the primary key was taken in its place by plans made
// before the table had statistics: then each key read all candidates of the entity.
constexpr std::string_view kCandidateIndex = R"(
drop index atlas_bridge.candidate_match
--
create index candidate_match on atlas_bridge.candidate (match, entity, side)
)";

// Settled conflicts can be undone.
constexpr std::string_view kUndoneConflicts = R"(
alter table atlas_bridge.conflict
  add column legacy_mid bytea not null default '',
  add column platform_mid bytea not null default '',
  add column undoes int8 not null default 0
--
create index conflict_undoes on atlas_bridge.conflict (undoes) where undoes <> 0
)";

constexpr Migration kMigrations[] = {{.version = 1, .sql = kFirst},
                                     {.version = 2, .sql = kCandidateIndex},
                                     {.version = 3, .sql = kUndoneConflicts}};

// Keeps two migrating runs apart; any number that nobody else uses.
constexpr std::string_view kLock = "select pg_advisory_xact_lock(7020119480234872)";
constexpr std::string_view kLedger =
    "create table if not exists atlas_bridge.migration (version int4 "
    "primary key, at timestamptz not null default now())";
constexpr std::string_view kVersion =
    "select coalesce(max(version), 0)::int8 from atlas_bridge.migration";

std::vector<std::string_view> statements_of(std::string_view sql) {
  constexpr std::string_view kSeparator = "\n--\n";
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t end = sql.find(kSeparator);
    out.push_back(sql.substr(0, end));
    if (end == std::string_view::npos) return out;
    sql.remove_prefix(end + kSeparator.size());
  }
}

Error not_permitted(const Connection& connection, Error cause) {
  const Session& session = connection.session();
  const std::string role = quote_name(session.user);
  return Error(Code::kWitnessMissing,
               fmt::format("role {} may not make the state's tables in database {}", session.user,
                           session.database))
      .at(connection.options().where)
      .advise(fmt::format(
          "connect to database {0} as its owner "
          "and run: CREATE SCHEMA IF NOT EXISTS atlas_bridge; GRANT USAGE, CREATE ON SCHEMA "
          "atlas_bridge TO {1};",
          session.database, role))
      .because(std::move(cause));
}

Error refused(const Connection& connection, Error error) {
  if (error.code() == Code::kPrivilegeMissing) return not_permitted(connection, std::move(error));
  return state_error(connection, std::move(error));
}

// The version that the tables have; 0 when there are none.
Result<std::int64_t> current_version(Connection& connection) {
  constexpr std::string_view kThere = "select to_regclass('atlas_bridge.migration') is not null";
  ATLAS_TRY(const Rowset there, connection.run("migrate", kThere));
  if (!there.boolean(0, 0)) return 0;
  auto rows = connection.run("migrate", kVersion);
  if (!rows) return refused(connection, std::move(rows).error());
  return rows->integer(0, 0);
}

Result<> apply_migration(Connection& connection, const Migration& migration) {
  std::vector<Step> steps;
  for (const std::string_view sql : statements_of(migration.sql)) {
    steps.push_back({.label = "migrate", .sql = sql, .prepared = false});
  }
  Params version;
  version.int4(migration.version);
  steps.push_back({.label = "migrate",
                   .sql = "insert into atlas_bridge.migration (version) values ($1)",
                   .params = &version,
                   .prepared = false});
  auto done = connection.run_all(steps);
  if (!done) return refused(connection, std::move(done).error());
  return {};
}

}  // namespace

std::span<const Migration> state_migrations() { return kMigrations; }

Error state_error(const Connection& connection, Error error) {
  const ErrorKind kind = error.kind();
  if (kind != ErrorKind::kDrift && kind != ErrorKind::kRejected) return error;
  return Error(Code::kStateUnusable, "the state's tables are not as they should be")
      .at(connection.options().where)
      .because(std::move(error));
}

Result<std::int64_t> state_version(Connection& connection) {
  const int newest = state_migrations().back().version;
  ATLAS_TRY(const std::int64_t there, current_version(connection));
  if (there > newest) {
    return Error(Code::kStateTooNew, fmt::format("its version is {}, ours is {}", there, newest))
        .at(connection.options().where);
  }
  return there;
}

Result<> migrate_state(Connection& connection) {
  ATLAS_TRY(const std::int64_t before, state_version(connection));
  if (before == state_migrations().back().version) return {};
  RollbackGuard guard(connection);
  std::vector<Step> opening = {{.label = "migrate", .sql = "begin", .prepared = false},
                               {.label = "migrate", .sql = kLock, .prepared = false}};
  // Where the schema is there already, the right to make one is not needed.
  ATLAS_TRY(const Rowset schema,
            connection.run("migrate", "select to_regnamespace('atlas_bridge') is not null"));
  if (!schema.boolean(0, 0)) {
    opening.push_back(
        {.label = "migrate", .sql = "create schema if not exists atlas_bridge", .prepared = false});
  }
  opening.push_back({.label = "migrate", .sql = kLedger, .prepared = false});
  auto opened = connection.run_all(opening);
  if (!opened) return refused(connection, std::move(opened).error());
  // Somebody may have been first.
  ATLAS_TRY(const std::int64_t now, current_version(connection));
  for (const Migration& migration : state_migrations()) {
    if (migration.version > now) ATLAS_OK(apply_migration(connection, migration));
  }
  CommitAnswer answer = connection.commit();
  if (answer.outcome != CommitOutcome::kCommitted) return std::move(*answer.error);
  return {};
}

}  // namespace atlas::postgres
