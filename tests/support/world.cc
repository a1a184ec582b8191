#include "tests/support/world.h"

#include "engines/postgres/server_testing.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <ctime>
#include <stdexcept>

namespace atlas::e2e {
namespace {

// 2026-06-15 12:00:00 UTC: the generated rows are the same in each run of the tests.
constexpr std::int64_t kGeneratedAtUs = 1'781'524'800'000'000;
constexpr std::size_t kRowsPerInsert = 500;

constexpr std::array kPlaces = {Place::kLegacy, Place::kIdentity, Place::kOrg, Place::kGeo,
                                Place::kState};

std::string_view service(Place place) {
  switch (place) {
    case Place::kLegacy:
      return "legacy";
    case Place::kIdentity:
      return "identity";
    case Place::kOrg:
      return "org";
    case Place::kGeo:
      return "geo";
    case Place::kState:
      return "state";
  }
  return "";
}

// Gathers the generator's rows of one table into statements of many rows.
class Loader {
 public:
  explicit Loader(Sql& sql) : sql_(sql) {}

  void row(std::string_view table, std::span<const std::optional<std::string_view>> cells) {
    if (table != table_ || rows_ == kRowsPerInsert) flush();
    table_ = table;
    statement_ += rows_++ == 0 ? "(" : ",(";
    bool first = true;
    for (const auto& cell : cells) {
      if (!first) statement_ += ',';
      first = false;
      statement_ += cell ? literal(std::string(*cell)) : "NULL";
    }
    statement_ += ')';
  }
  void flush() {
    if (rows_ == 0) return;
    std::string columns;
    for (const app::AtlasTable& shape : app::atlas_legacy_tables()) {
      if (shape.name != table_) continue;
      for (const std::string_view column : shape.columns)
        columns += (columns.empty() ? "" : ",") + std::string(column);
    }
    (void)sql_.query(fmt::format("insert into {} ({}) values {}", table_, columns, statement_));
    statement_.clear();
    rows_ = 0;
  }

 private:
  Sql& sql_;
  std::string table_, statement_;
  std::size_t rows_ = 0;
};

void move_sequences(Sql& sql) {
  for (const app::AtlasTable& table : app::atlas_legacy_tables()) {
    if (!table.numbered) continue;
    (void)sql.query(
        fmt::format("select setval(pg_get_serial_sequence('{0}', 'id'), "
                    "(select greatest(max(id), 1) from {0}))",
                    table.name));
  }
}

}  // namespace

World::World() : sessions_(kPlaces.size()) {}

std::string World::example(const std::string& file) {
  return read_text(std::string(ATLAS_TEST_SOURCE_DIR) + "/examples/atlas/" + file);
}

void World::close(Place place) { sessions_[static_cast<std::size_t>(place)].reset(); }

Sql& World::at(Place place) {
  auto& slot = sessions_[static_cast<std::size_t>(place)];
  if (!slot) slot = session(place);
  return *slot;
}

void World::expire_lease() {
  (void)at(Place::kState)
      .query(is_postgres()
                 ? "update atlas_bridge.lease set until = '2000-01-01' where until is not null"
                 : "update atlas_bridge_tenant set lease_until = 0");
}

app::AtlasAwkward World::load(const app::AtlasSize& size, std::uint64_t seed) {
  Sql& sql = at(Place::kLegacy);
  (void)sql.query(is_postgres() ? "begin; set constraints all deferred"
                                : "begin; pragma defer_foreign_keys = on");
  Loader loader(sql);
  const app::AtlasAwkward awkward =
      app::generate_legacy(size, seed, kGeneratedAtUs,
                           [&](std::string_view table, auto cells) { loader.row(table, cells); });
  loader.flush();
  (void)sql.query("commit");
  if (is_postgres()) move_sequences(sql);
  return awkward;
}

// --- PostgreSQL ---------------------------------------------------------------------------------

PostgresServer& PostgresWorld::legacy_server() {
  static PostgresServer server({.fsync = false, .settings = {}});
  return server;
}

PostgresServer& PostgresWorld::platform_server() {
  static PostgresServer server({.fsync = false, .settings = {}});
  return server;
}

PostgresWorld::PostgresWorld() : PostgresWorld(legacy_server(), platform_server()) {}

PostgresWorld::PostgresWorld(PostgresServer& legacy, PostgresServer& platform)
    : legacy_(legacy.create_database()),
      identity_(platform.create_database()),
      org_(platform.create_database()),
      geo_(platform.create_database()) {
  for (const Place place : {Place::kLegacy, Place::kIdentity, Place::kOrg, Place::kGeo})
    (void)session(place)->query(example(fmt::format("{}.postgres.sql", service(place))));
  environment = {
      {"LEGACY_DSN", legacy_}, {"IDENTITY_DSN", identity_}, {"ORG_DSN", org_}, {"GEO_DSN", geo_}};
  set_mapping(example("atlas.postgres.yaml"));
}

std::string PostgresWorld::dsn(Place place) const {
  switch (place) {
    case Place::kLegacy:
      return legacy_;
    case Place::kIdentity:
      return identity_;
    case Place::kGeo:
      return geo_;
    case Place::kOrg:
    case Place::kState:
      break;
  }
  return org_;
}

std::unique_ptr<Sql> PostgresWorld::session(Place place) const {
  return postgres_session(dsn(place));
}

std::string PostgresWorld::now(Place place) const {
  return place == Place::kLegacy ? "(clock_timestamp() at time zone 'Europe/Berlin')"
                                 : "clock_timestamp()";
}

// --- SQLite -------------------------------------------------------------------------------------

SqliteWorld::SqliteWorld() {
  for (const Place place : {Place::kLegacy, Place::kIdentity, Place::kOrg, Place::kGeo})
    (void)session(place)->query(example(fmt::format("{}.sqlite.sql", service(place))));
  for (const Place place : kPlaces) {
    std::string name(service(place));
    for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
    environment[name + "_DB"] = fmt::format("{}/{}.db", folder(), service(place));
  }
  set_mapping(example("atlas.sqlite.yaml"));
}

std::unique_ptr<Sql> SqliteWorld::session(Place place) const {
  return sqlite_session(fmt::format("{}/{}.db", folder(), service(place)));
}

std::string SqliteWorld::now(Place place) const {
  using std::chrono::microseconds;
  const auto at = std::chrono::system_clock::now().time_since_epoch();
  const auto us = std::chrono::duration_cast<microseconds>(at).count();
  const std::time_t seconds = us / 1'000'000;
  std::tm parts{};
  if (place == Place::kLegacy) {
    (void)::setenv("TZ", "Europe/Berlin", 1);
    ::tzset();
    (void)::localtime_r(&seconds, &parts);
  } else {
    (void)::gmtime_r(&seconds, &parts);
  }
  return fmt::format("'{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}{}'", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     us % 1'000'000, place == Place::kLegacy ? "" : "+00");
}

}  // namespace atlas::e2e
