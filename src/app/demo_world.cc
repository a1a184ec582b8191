#include "app/demo_world.h"

#include "app/embedded_atlas.h"
#include "model/hashing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace atlas::app {
namespace {

constexpr std::uint64_t kSeed = 42;

struct Place {
  std::string_view name;
  std::string_view sqlite_ddl, postgres_ddl;
  std::string_view variable;  // of its connection string in the PostgreSQL mapping
  std::vector<std::string_view> tables;
};

const std::array<Place, kDemoPlaces>& places() {
  namespace text = embedded_atlas;
  static const std::array<Place, kDemoPlaces> kPlaces = {{
      {"legacy",
       text::kLegacySqliteSql,
       text::kLegacyPostgresSql,
       "LEGACY_DSN",
       {"categories", "teams", "staff", "users", "members", "geofences"}},
      {"identity",
       text::kIdentitySqliteSql,
       text::kIdentityPostgresSql,
       "IDENTITY_DSN",
       {"users", "staff_profiles"}},
      {"org",
       text::kOrgSqliteSql,
       text::kOrgPostgresSql,
       "ORG_DSN",
       {"categories", "teams", "team_members"}},
      {"geo", text::kGeoSqliteSql, text::kGeoPostgresSql, "GEO_DSN", {"geofences"}},
  }};
  return kPlaces;
}

}  // namespace

Result<std::unique_ptr<DemoWorld>> DemoWorld::make(const DemoWorldOptions& options) {
  auto world = std::unique_ptr<DemoWorld>(new DemoWorld(options));
  if (options.postgres) {
    ATLAS_OK(world->make_servers());
  } else {
    ATLAS_OK(world->make_files());
  }
  ATLAS_OK(world->write_config(options.postgres ? embedded_atlas::kAtlasPostgresYaml
                                                : embedded_atlas::kAtlasSqliteYaml));
  return world;
}

Result<> DemoWorld::make_files() {
  for (std::size_t i = 0; i < kDemoPlaces; ++i) {
    const Place& place = places()[i];
    ATLAS_TRY(databases_[i],
              open_demo_sqlite(fmt::format("{}/{}.db", options_.folder, place.name)));
    ATLAS_TRY(const auto rows, databases_[i]->run(std::string(place.sqlite_ddl)));
  }
  return {};
}

// The legacy system has a server of its own; the services share one, in a database each.
Result<> DemoWorld::make_servers() {
  for (const char* name : {"legacy", "platform"}) {
    ATLAS_TRY(auto server, TemporaryPostgres::start(options_.folder + "/" + name));
    servers_.push_back(std::move(server));
  }
  for (std::size_t i = 0; i < kDemoPlaces; ++i) {
    const Place& place = places()[i];
    const TemporaryPostgres& server = *servers_[i == 0 ? 0 : 1];
    const std::string name(place.name);
    ATLAS_TRY(auto maintenance, open_demo_postgres(server.dsn("postgres")));
    ATLAS_TRY(const auto made, maintenance->run("CREATE DATABASE " + name));
    ATLAS_TRY(databases_[i], open_demo_postgres(server.dsn(name)));
    ATLAS_TRY(const auto rows, databases_[i]->run(std::string(place.postgres_ddl)));
    variables_[std::string(place.variable)] = server.dsn(name);
  }
  return {};
}

Result<> DemoWorld::write_config(std::string_view text) {
  config_ = options_.folder + "/atlas.yaml";
  std::ofstream file(config_);
  file << text;
  file.close();
  if (!file) return Error(Code::kDiskFull, "the mapping file cannot be written").at(config_);
  return {};
}

std::string DemoWorld::table(DemoPlace place, const std::string& name) const {
  if (!options_.postgres) return name;
  const std::string schema(places()[static_cast<std::size_t>(place)].name);
  return (place == DemoPlace::kLegacy ? "public." : schema + ".") + name;
}

Variables DemoWorld::variables() const {
  return [variables = variables_](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

Result<AtlasAwkward> DemoWorld::load(const AtlasSize& size, std::int64_t now_us) {
  DemoDatabase& legacy = at(DemoPlace::kLegacy);
  ATLAS_OK(legacy.begin_load());
  std::optional<Error> failed;
  const AtlasAwkward planted = generate_legacy(
      size, kSeed, now_us,
      [&](std::string_view name, std::span<const std::optional<std::string_view>> cells) {
        for (const AtlasTable& table : atlas_legacy_tables()) {
          if (failed || table.name != name) continue;
          auto put = legacy.put(table, cells);
          if (!put) failed = std::move(put).error();
        }
      });
  if (failed) return *failed;
  ATLAS_OK(legacy.end_load());
  return planted;
}

Result<DemoWorld::Content> DemoWorld::content() {
  Content content;
  std::string digests;
  for (std::size_t i = 0; i < kDemoPlaces; ++i) {
    const auto place = static_cast<DemoPlace>(i);
    for (const std::string_view name : places()[i].tables) {
      const std::string from = table(place, std::string(name));
      ATLAS_TRY(auto rows, databases_[i]->run(fmt::format("SELECT {}* FROM {}",
                                                          databases_[i]->version_column(), from)));
      std::ranges::sort(rows);
      std::string text;
      for (const DemoDatabase::Row& row : rows) {
        for (const std::string& cell : row) text += cell + '\x1f';
      }
      digests += fmt::format("{}:{};", from, stable_hash(text));
      content.rows += static_cast<std::int64_t>(rows.size());
      ++content.tables;
    }
  }
  content.digest = stable_hash(digests);
  return content;
}

std::vector<std::string> DemoWorld::shell_preparation() const {
  std::vector<std::string> lines;
  lines.reserve(servers_.size() + variables_.size());
  for (const auto& server : servers_) lines.push_back(server->start_command());
  for (const auto& [name, value] : variables_) {
    lines.push_back(fmt::format("export {}='{}'", name, value));
  }
  return lines;
}

}  // namespace atlas::app
