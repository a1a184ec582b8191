// What `plan` says is what `sync` does (E35, S21): row by row, compared with the rows' versions
// before and after. And it only looks: no row is written, no number is taken.

#include "tests/support/quiet.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace atlas::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::array<std::pair<Place, std::string_view>, 4> kEndpoints = {
    {{Place::kLegacy, "legacy.main"},
     {Place::kIdentity, "platform.identity"},
     {Place::kOrg, "platform.org"},
     {Place::kGeo, "platform.geo"}}};

struct Row {
  std::string version;
  Json columns;
};
// "legacy.main public.users" to key to row, of every table with a key outside the bridge's schema.
using Rows = std::map<std::string, std::map<std::string, Row>>;

Rows rows_of(World& world) {
  Rows out;
  for (const auto& [place, endpoint] : kEndpoints) {
    Sql& sql = world.at(place);
    for (const SqlRow& table : sql.query(
             "select i.indrelid::regclass, n.nspname || '.' || c.relname, (select "
             "string_agg(a.attname || '::text', ' || '', '' || ' order by k.at) from "
             "unnest(i.indkey::int2[]) with ordinality k(number, at) join pg_attribute a on "
             "a.attrelid = c.oid and a.attnum = k.number) from pg_index i join pg_class c on c.oid "
             "= i.indrelid join pg_namespace n on n.oid = c.relnamespace where i.indisprimary and "
             "n.nspname not in ('atlas_bridge', 'pg_catalog', 'information_schema', 'pg_toast')")) {
      auto& rows = out[fmt::format("{} {}", endpoint, *table[1])];
      for (const SqlRow& row : sql.query(fmt::format(
               "select {}, xmin || ' ' || ctid, to_jsonb(t) from {} t", *table[2], *table[0])))
        rows[*row[0]] = {*row[1], Json::parse(*row[2])};
    }
  }
  return out;
}

// The stamp goes with every write and is not listed.
std::string changed_columns(const Json& before, const Json& after) {
  std::set<std::string> out;
  for (const auto& [name, value] : after.items())
    if (name != "updated_at" && before[name] != value) out.insert(name);
  return fmt::format("{}", fmt::join(out, " "));
}

// Nobody can tell which number a new row of the legacy side will get.
std::string insert_line(const std::string& table, const std::string& key) {
  return fmt::format("{} insert {}", table, table.starts_with("legacy") ? "new" : key);
}

// A line for each row that is not what it was.
std::vector<std::string> lines_between(const Rows& before, const Rows& after) {
  std::vector<std::string> out;
  for (const auto& [table, rows] : after) {
    const auto& old = before.at(table);
    for (const auto& [key, row] : rows) {
      const auto was = old.find(key);
      if (was == old.end()) {
        out.push_back(insert_line(table, key));
      } else if (was->second.version != row.version) {
        out.push_back(fmt::format("{} update {}: {}", table, key,
                                  changed_columns(was->second.columns, row.columns)));
      }
    }
    for (const auto& [key, row] : old)
      if (!rows.contains(key)) out.push_back(fmt::format("{} delete {}", table, key));
  }
  std::ranges::sort(out);
  return out;
}

// A row that is made and then gets its deferred reference is made, to who compares before and
// after.
std::vector<std::string> lines_of(const Json& plan) {
  std::vector<std::string> out;
  std::set<std::pair<std::string, std::string>> made;
  for (const Json& row : plan["rows"])
    if (row["action"] == "insert") made.emplace(row["table"], row["key"]);
  for (const Json& row : plan["rows"]) {
    if (row["action"] == "update" && made.contains({row["table"], row["key"]})) continue;
    const std::string name = row["table"], endpoint = row["endpoint"], key = row["key"];
    const std::string table = fmt::format("{} {}", endpoint, name);
    if (row["action"] == "insert") {
      EXPECT_EQ(table.starts_with("legacy"), key.starts_with("new:")) << row.dump();
      out.push_back(insert_line(table, key));
    } else if (row["action"] == "update") {
      const auto columns = row["columns"].get<std::set<std::string>>();
      out.push_back(fmt::format("{} update {}: {}", table, key, fmt::join(columns, " ")));
    } else {
      out.push_back(fmt::format("{} delete {}", table, key));
    }
  }
  std::ranges::sort(out);
  return out;
}

std::string sequences(World& world) {
  std::string out;
  for (const auto& [place, endpoint] : kEndpoints)
    out += world.at(place).one(
        "select coalesce(string_agg(sequencename || ' ' || coalesce(last_value, 0), ', ' order by "
        "1), '') from pg_sequences where schemaname <> 'atlas_bridge'");
  return out;
}

class PlanSays : public ::testing::Test {
 protected:
  PlanSays() {
    (void)world_.load(
        {.users = 60, .staff = 25, .teams = 20, .geofences = 25, .members = 40, .categories = 6});
    // What a constraint of the target will refuse is known to the target only.
    (void)world_.at(Place::kLegacy).query("update staff set email = 's' || id || '@example.com'");
    std::string mapping = world_.mapping();
    mapping.replace(mapping.find("confirm: 10m"), 12, "confirm: 0s");
    world_.set_mapping(mapping);
    world_.check();
  }

  // The plan, which must leave no trace, and the run after it.
  //   returns the lines of both
  std::vector<std::string> expect_the_run_it_says() {
    const Rows before = rows_of(world_);
    const std::string numbers = sequences(world_);
    const Json plan = world_.json({"plan", "--rows"});
    const auto tuples = tuples_written(world_);
    EXPECT_THAT(lines_between(before, rows_of(world_)), IsEmpty());
    EXPECT_EQ(sequences(world_), numbers);
    EXPECT_EQ(lines_of(world_.json({"plan", "--rows"})), lines_of(plan)) << "twice the same";
    EXPECT_EQ(tuples_written(world_), tuples);
    const Json run = world_.sync();
    EXPECT_EQ(run["outcome"], "done");
    EXPECT_EQ(plan["writes"], run["total"]["rows_written"]);
    const std::vector<std::string> made = lines_between(before, rows_of(world_));
    const std::vector<std::string> said = lines_of(plan);
    std::vector<std::string> odd;
    std::ranges::set_symmetric_difference(said, made, std::back_inserter(odd));
    EXPECT_THAT(odd, IsEmpty()) << plan["entities"].dump(1);
    EXPECT_EQ(said.size(), made.size());
    return made;
  }

  // Users of both sides: new rows with new rows that they refer to, edits of the same row and of
  // the same field, deletes with and without a row that stays, a row that cannot be mapped.
  void edit() {
    (void)world_.at(Place::kLegacy)
        .query(fmt::format(
            "insert into users (tenant_id, name, email, legacy_flags) values (42, 'New Here', "
            "'new@legacy.example', 0); "
            "update users set phone = '+49 ' || id, updated_at = {0} where id between 5 and 12; "
            "update users set status = 9, updated_at = {0} where id = 13; "
            "update staff set hourly_rate_cents = 4200, name = 'Both Parts', updated_at = {0} "
            "where id = 3; "
            "update teams set title = 'Legacy Title', lead_id = 3, updated_at = {0} where id = 4; "
            "update geofences set deleted_at = {0}, updated_at = {0} where id between 6 and 8; "
            "update users set deleted_at = {0}, updated_at = {0} where id = 14; "
            "update categories set label = 'Renamed', updated_at = {0} where id = 2",
            world_.now(Place::kLegacy)));
    (void)world_.at(Place::kIdentity)
        .query(fmt::format(
            "insert into identity.users (id, tenant_id, kind, given_name, family_name, email, "
            "status, "
            "locale) values "
            "('00000000-0000-4000-8000-000000000001', '{0}', 'staff', 'Grace', 'Hopper', "
            "'grace@platform.example', 'active', 'en'), "
            "('00000000-0000-4000-8000-000000000002', '{0}', 'member', 'Ada', 'Byron', "
            "'ada@platform.example', 'invited', 'en'); "
            "insert into identity.staff_profiles (user_id, tenant_id, hourly_rate, team_id) values "
            "('00000000-0000-4000-8000-000000000001', '{0}', 12.5, "
            "'00000000-0000-4000-8000-000000000003'); "
            "update identity.users set given_name = 'Platform', updated_at = now() where kind = "
            "'member' and contact->>'phone' is not null and tenant_id = '{0}'",
            kOrgId));
    (void)world_.at(Place::kOrg)
        .query(fmt::format("insert into org.teams (id, tenant_id, name, lead_id) values "
                           "('00000000-0000-4000-8000-000000000003', '{0}', 'Compilers', "
                           "'00000000-0000-4000-8000-000000000001'); "
                           "insert into org.team_members (tenant_id, team_id, user_id, role, "
                           "joined_at) values ('{0}', "
                           "'00000000-0000-4000-8000-000000000003', "
                           "'00000000-0000-4000-8000-000000000002', 'lead', now()); "
                           "update org.team_members set archived_at = now(), updated_at = now() "
                           "where (team_id, user_id) "
                           "in (select team_id, user_id from org.team_members where archived_at is "
                           "null and role = "
                           "'member' order by 1, 2 limit 2)",
                           kOrgId));
    (void)world_.at(Place::kGeo)
        .query(fmt::format(
            "update geo.geofences set radius_m = radius_m + 1, updated_at = now() where id in "
            "(select id from "
            "geo.geofences where shape = 'circle' and tenant_id = '{0}' order by id limit 4)",
            kOrgId));
  }

  PostgresWorld world_;
};

// E35: not even tables of the bridge's own.
TEST(Plan, MakesNoStateBeforeTheFirstCheck) {
  PostgresWorld world;
  (void)world.load(
      {.users = 20, .staff = 5, .teams = 4, .geofences = 5, .members = 8, .categories = 3});
  const auto ours = [&] {
    std::string out;
    for (const auto& [place, endpoint] : kEndpoints)
      out += world.at(place).one(
          "select coalesce(string_agg(relname, ', ' order by 1), '') from pg_class where "
          "relnamespace = to_regnamespace('atlas_bridge')");
    if (!out.empty())
      out += world.at(Place::kOrg).one("select '; layouts ' || count(*) from atlas_bridge.layout");
    return out;
  };
  const auto first = lines_of(world.json({"plan", "--rows"}));
  EXPECT_GT(first.size(), 40U);
  EXPECT_EQ(ours(), "");
  world.check();
  const std::string checked = ours();
  EXPECT_THAT(checked, HasSubstr("link_"));
  EXPECT_EQ(lines_of(world.json({"plan", "--rows"})), first) << "the same with a state";
  EXPECT_EQ(ours(), checked);

  std::string mapping = world.mapping();
  const std::string canon = "canon: [trim, lower]";
  mapping.replace(mapping.find(canon), canon.size(), "canon: [trim, upper]");
  world.set_mapping(mapping);
  const Finished changed = world.run({"plan"});
  EXPECT_EQ(changed.exit, 78);
  EXPECT_THAT(changed.err, HasSubstr("ATB-2304"));
  EXPECT_EQ(ours(), checked);
}

TEST(Plan, MakesNoFileBeforeTheFirstCheck) {
  SqliteWorld world;
  (void)world.load(
      {.users = 20, .staff = 5, .teams = 4, .geofences = 5, .members = 8, .categories = 3});
  const std::string state =
      world.mapping_file().substr(0, world.mapping_file().rfind('/')) + "/state.db";
  const Json plan = world.json({"plan"});
  EXPECT_GT(plan["writes"], 40);
  EXPECT_FALSE(std::filesystem::exists(state));
  world.check();
  EXPECT_TRUE(std::filesystem::exists(state));
  EXPECT_EQ(world.json({"plan"})["writes"], plan["writes"]);
}

TEST_F(PlanSays, WhatTheFirstRunWrites) {
  EXPECT_GT(expect_the_run_it_says().size(), 150U);
  EXPECT_THAT(expect_the_run_it_says(), IsEmpty());
}

TEST_F(PlanSays, WhatARunAfterEditsOfBothSidesWrites) {
  (void)world_.sync();
  edit();
  const std::vector<std::string> lines = expect_the_run_it_says();
  const auto has = [&](const std::string& text) {
    return std::ranges::count_if(
        lines, [&](const std::string& line) { return line.find(text) != std::string::npos; });
  };
  EXPECT_EQ(has("legacy.main public.members insert"), 1);
  EXPECT_EQ(has("legacy.main public.members update"), 2);
  EXPECT_EQ(has("identity.users insert"), 1);
  EXPECT_GE(has("geo.geofences delete"), 2);
  EXPECT_GT(has(" update "), 30);
}

TEST_F(PlanSays, WhichApprovedDeletesARunMakes) {
  (void)world_.sync();
  (void)world_.at(Place::kLegacy).query("truncate geofences");
  ASSERT_EQ(world_.run({"reconcile"}).exit, 78);
  const Finished stopped = world_.run({"plan"});
  EXPECT_EQ(stopped.exit, 78) << "a plan stops where the run would";
  EXPECT_THAT(stopped.err, HasSubstr("ATB-4020"));
  const Json due = world_.json({"approve"});
  ASSERT_EQ(due.size(), 1U);
  const std::string set = due[0]["set"];
  ASSERT_EQ(world_.run({"approve", "geofence", "--set", set, "--reason", "we close"}).exit, 0);
  EXPECT_EQ(expect_the_run_it_says().size(), due[0]["due"].get<std::size_t>());
}

}  // namespace
}  // namespace atlas::e2e
