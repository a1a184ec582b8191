#include "engines/sqlite/state_schema.h"

#include <fmt/format.h>

namespace atlas::sqlite {
namespace {

constexpr std::int64_t kSchemaVersion = 2;

// Times are microseconds since 1970 UTC. `kind` is a number of atlas_bridge_kind, which stays when
// a mapping reorders its legacy tables. `key` columns hold encoded keys (docs/formats/key.md), link
// documents docs/formats/link.md.
constexpr const char* kTables = R"sql(
CREATE TABLE IF NOT EXISTS main.atlas_bridge_meta (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS main.atlas_bridge_tenant (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  uuid TEXT NOT NULL UNIQUE,
  hash_key BLOB NOT NULL,
  epoch INTEGER NOT NULL DEFAULT 0,
  next_batch INTEGER NOT NULL DEFAULT 1,
  lease_run INTEGER,
  lease_holder TEXT NOT NULL DEFAULT '',
  lease_until INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS main.atlas_bridge_run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant INTEGER NOT NULL,
  verb TEXT NOT NULL,
  outcome TEXT NOT NULL,
  holder TEXT NOT NULL,
  started INTEGER NOT NULL,
  finished INTEGER NOT NULL,
  report TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS main.atlas_bridge_run_tenant ON atlas_bridge_run (tenant, id);
CREATE TABLE IF NOT EXISTS main.atlas_bridge_entity (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  legacy_key TEXT NOT NULL,
  platform_key TEXT NOT NULL,
  UNIQUE (name, legacy_key, platform_key)
) STRICT;
CREATE TABLE IF NOT EXISTS main.atlas_bridge_kind (
  entity INTEGER NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (entity, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS main.atlas_bridge_layout (
  entity INTEGER NOT NULL,
  layout INTEGER NOT NULL,
  role INTEGER NOT NULL,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  fingerprint INTEGER NOT NULL,
  PRIMARY KEY (entity, layout, role, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS main.atlas_bridge_cursor (
  tenant INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  source TEXT NOT NULL,
  swept INTEGER NOT NULL,
  has_stamp INTEGER NOT NULL,
  stamp INTEGER NOT NULL,
  key BLOB NOT NULL,
  sweep_floor INTEGER NOT NULL,
  PRIMARY KEY (tenant, entity, source)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS main.atlas_bridge_pending (
  tenant INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  side INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  key BLOB NOT NULL,
  state INTEGER NOT NULL,
  code INTEGER NOT NULL,
  reason TEXT NOT NULL,
  field TEXT NOT NULL,
  blocker TEXT NOT NULL,
  fingerprint INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  since INTEGER NOT NULL,
  retry_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, entity, side, kind, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS main.atlas_bridge_candidate (
  tenant INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  side INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  key BLOB NOT NULL,
  match INTEGER NOT NULL,
  PRIMARY KEY (tenant, entity, side, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS main.atlas_bridge_candidate_match
  ON atlas_bridge_candidate (tenant, entity, side, match);
CREATE TABLE IF NOT EXISTS main.atlas_bridge_conflict (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  side INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  key BLOB NOT NULL,
  platform_key BLOB NOT NULL,
  field TEXT NOT NULL,
  legacy_value TEXT NOT NULL,
  platform_value TEXT NOT NULL,
  winner TEXT NOT NULL,
  reason TEXT NOT NULL,
  open INTEGER NOT NULL,
  legacy_token INTEGER NOT NULL,
  legacy_stamp INTEGER NOT NULL,
  platform_token INTEGER NOT NULL,
  platform_stamp INTEGER NOT NULL,
  at INTEGER NOT NULL,
  resolved_by TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS main.atlas_bridge_conflict_open
  ON atlas_bridge_conflict (tenant, entity, side, kind, key, field) WHERE open = 1;
CREATE INDEX IF NOT EXISTS main.atlas_bridge_conflict_entity ON atlas_bridge_conflict (tenant, entity, id);
CREATE TABLE IF NOT EXISTS main.atlas_bridge_intent (
  tenant INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  endpoint TEXT NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY (tenant, batch)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS main.atlas_bridge_note (
  tenant INTEGER NOT NULL,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;
)sql";

// 2: settled conflicts can be undone.
constexpr const char* kUndoneConflicts = R"sql(
ALTER TABLE main.atlas_bridge_conflict ADD COLUMN legacy_mid BLOB NOT NULL DEFAULT x'';
ALTER TABLE main.atlas_bridge_conflict ADD COLUMN platform_mid BLOB NOT NULL DEFAULT x'';
ALTER TABLE main.atlas_bridge_conflict ADD COLUMN undoes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX main.atlas_bridge_conflict_undoes ON atlas_bridge_conflict (undoes) WHERE undoes <> 0;
)sql";

// 0 when there are no tables yet.
Result<std::int64_t> present_version(Connection& connection) {
  ATLAS_TRY(const std::int64_t marks,
            connection.number("state version",
                              "SELECT count(*) FROM main.sqlite_schema WHERE name IN "
                              "('atlas_bridge_meta', 'atlas_bridge_tenant')"));
  if (marks == 0) return 0;
  return connection.number("state version",
                           "SELECT value FROM main.atlas_bridge_meta WHERE name = 'schema'");
}

Result<> make_tables(Connection& connection) {
  ATLAS_OK(connection.begin_write());
  WriteScope scope(connection);
  // Somebody may have been first.
  ATLAS_TRY(const std::int64_t version, present_version(connection));
  if (version < 1) ATLAS_OK(connection.execute("make state", kTables));
  if (version < 2) ATLAS_OK(connection.execute("make state", kUndoneConflicts));
  ATLAS_OK(connection.execute(
      "make state", fmt::format("INSERT INTO main.atlas_bridge_meta VALUES ('schema', {}) "
                                "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                                kSchemaVersion)));
  return scope.commit();
}

}  // namespace

std::vector<std::string> state_tables() {
  return {"atlas_bridge_meta", "atlas_bridge_tenant", "atlas_bridge_run", "atlas_bridge_entity"};
}

Result<std::int64_t> state_version(Connection& connection) {
  ATLAS_TRY(const std::int64_t version, present_version(connection));
  if (version > kSchemaVersion) {
    return Error(Code::kStateTooNew,
                 fmt::format("its tables have version {}, this program knows {}", version,
                             kSchemaVersion))
        .at(connection.options().where);
  }
  return version;
}

std::int64_t newest_state_version() { return kSchemaVersion; }

Result<> migrate_state(Connection& connection) {
  ATLAS_TRY(const std::int64_t version, state_version(connection));
  if (version == kSchemaVersion) return {};
  auto made = make_tables(connection);
  if (made || made.error().code() != Code::kPrivilegeMissing) return made;
  return Error(Code::kWitnessMissing, "the tables of the state cannot be made")
      .at(connection.options().where)
      .advise(writable_advice(connection.options().path))
      .because(std::move(made).error());
}

}  // namespace atlas::sqlite
