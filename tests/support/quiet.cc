#include "tests/support/quiet.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <thread>
#include <utility>

namespace atlas::e2e {
namespace {

constexpr std::array<std::pair<Place, std::string_view>, 4> kDatabases = {
    {{Place::kLegacy, "legacy"},
     {Place::kIdentity, "identity"},
     {Place::kOrg, "org"},
     {Place::kGeo, "geo"}}};

// Sessions hand their counts over when they end; a session that has ended but is still listed has
// not done so yet.
void wait_for_sessions(Sql& sql) {
  for (int i = 0; i < 500; ++i) {
    if (sql.one("select count(*) from pg_stat_activity where application_name like 'atlas%'") ==
        "0")
      return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

RowVersions row_versions(Sql& database, const std::string& name) {
  RowVersions out;
  for (const SqlRow& table :
       database.query("select schemaname, tablename from pg_tables where schemaname not in "
                      "('atlas_bridge', 'pg_catalog', 'information_schema')")) {
    out[fmt::format("{}.{}", name, *table[1])] = database.one(fmt::format(
        "select count(*) || ' ' || coalesce(md5(string_agg(t.ctid::text || ' ' || t.xmin::text, "
        "',' order by t.ctid)), '') from {}.{} t",
        *table[0], *table[1]));
  }
  return out;
}

RowVersions row_versions(World& world) {
  RowVersions out;
  for (const auto& [place, name] : kDatabases)
    out.merge(row_versions(world.at(place), std::string(name)));
  return out;
}

std::map<std::string, long> tuples_written(World& world) {
  std::map<std::string, long> out;
  for (const auto& [place, name] : kDatabases) {
    Sql& sql = world.at(place);
    wait_for_sessions(sql);
    (void)sql.query("select pg_stat_force_next_flush()");
    (void)sql.query("select pg_stat_clear_snapshot()");
    for (const SqlRow& row :
         sql.query("select relname, n_tup_ins + n_tup_upd + n_tup_del from pg_stat_user_tables "
                   "where schemaname <> 'atlas_bridge'"))
      out[fmt::format("{}.{}", name, *row[0])] = std::stol(*row[1]);
  }
  return out;
}

}  // namespace atlas::e2e
