// What goes wrong in a running company: rights that are taken away, a column that disappears while
// a run works, a row that is far too large, a table that is truncated. Visible effect: the exit
// code and the message that tells what to do. Recovery: once that is done, nothing is lost.

#include "engines/postgres/server_testing.h"
#include "tests/support/books.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace atlas::e2e {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr app::AtlasSize kSmall{
    .users = 60, .staff = 25, .teams = 20, .geofences = 25, .members = 40, .categories = 6};

// A role with just what the bridge needs on the legacy side.
std::string least_role(Sql& legacy, const std::string& database) {
  std::string role = "least_" + database;
  (void)legacy.query(
      fmt::format("create role {0} login; grant pg_read_all_stats to {0}; "
                  "grant create on database {1} to {0}; grant usage on schema public to {0}; "
                  "grant select, insert, update, delete on all tables in schema public to {0}; "
                  "grant usage on all sequences in schema public to {0}",
                  role, database));
  return role;
}

TEST(Faults, ARightThatIsTakenAwayStopsTheRunAndIsToldAsItsGrant) {
  PostgresWorld world;
  (void)world.load(kSmall);
  Sql& legacy = world.at(Place::kLegacy);
  const std::string database = legacy.one("select current_database()");
  const std::string role = least_role(legacy, database);
  world.environment["LEGACY_DSN"] = PostgresWorld::legacy_server().dsn(database, role);
  world.check();
  (void)world.sync();
  (void)legacy.query("revoke update on users from " + role);
  (void)world.at(Place::kIdentity)
      .query(
          "update identity.users set given_name = 'Renamed', updated_at = now() where kind = "
          "'member'");
  const Finished told = world.run({"sync"});
  EXPECT_EQ(told.exit, 77) << told.out << told.err;
  EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-1003"), HasSubstr("users")));
  EXPECT_EQ(legacy.number("select count(*) from users where name like 'Renamed%'"), 0);
  EXPECT_THAT(world.run({"doctor"}).out, HasSubstr("GRANT UPDATE ON TABLE"));
  (void)legacy.query("grant update on users to " + role);
  (void)world.sync();
  (void)expect_sides_equal(world);
  EXPECT_GT(legacy.number("select count(*) from users where name like 'Renamed%'"), 0);
}

// Schedule 22 with a role that is no superuser: without the right to see other sessions it would
// find nothing that holds the cursor back.
TEST(Faults, ALateCommitIsFoundByARoleWithFewRights) {
  PostgresWorld world;
  (void)world.load(kSmall);
  Sql& legacy = world.at(Place::kLegacy);
  const std::string database = legacy.one("select current_database()");
  const std::string role = least_role(legacy, database);
  (void)legacy.query("revoke pg_read_all_stats from " + role);
  world.environment["LEGACY_DSN"] = PostgresWorld::legacy_server().dsn(database, role);
  world.check();
  const Finished blind = world.run({"sync"});
  EXPECT_EQ(blind.exit, 78) << blind.err;
  EXPECT_THAT(blind.err, AllOf(HasSubstr("ATB-4015"), HasSubstr("GRANT pg_read_all_stats")));
  EXPECT_EQ(world.run({"doctor"}).exit, 78);
  (void)legacy.query("grant pg_read_all_stats to " + role);
  EXPECT_EQ(world.run({"doctor"}).exit, 0);
  (void)world.sync();
  const auto late = world.session(Place::kLegacy);
  (void)late->query(
      "begin; update users set phone = '+49 99', updated_at = now() at time zone "
      "'Europe/Berlin' where id = 3");
  for (int i = 0; i < 2; ++i) {
    (void)legacy.query(
        fmt::format("update users set phone = '+49 {}', updated_at = {} where id = 4", i,
                    world.now(Place::kLegacy)));
    (void)world.sync();
  }
  (void)late->query("commit");
  (void)world.sync();
  (void)expect_sides_equal(world);
}

// Between the run's read and its write, while a user holds the row.
TEST(Faults, AColumnThatDisappearsUnderARunStopsItBeforeItWrites) {
  PostgresWorld world;
  (void)world.load(kSmall);
  world.check();
  (void)world.sync();
  Sql& legacy = world.at(Place::kLegacy);
  (void)world.at(Place::kIdentity)
      .query(
          "update identity.users set given_name = 'Renamed', updated_at = now() where kind = "
          "'member'");
  const auto user = world.session(Place::kLegacy);
  (void)user->query("begin; lock table users in share row exclusive mode");
  const auto run = world.start({"sync"});
  for (int i = 0; i < 3000 && run->running(); ++i) {
    if (legacy.number("select count(*) from pg_stat_activity where application_name = "
                      "'atlas-bridge' and wait_event_type = 'Lock' and datname = "
                      "current_database()") > 0)
      break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_TRUE(run->running()) << "the run never waited for the table";
  (void)user->query("alter table users drop column phone; commit");
  const Finished told = run->finish();
  EXPECT_EQ(told.exit, 78) << told.out << told.err;
  EXPECT_THAT(told.err, HasSubstr("phone"));
  EXPECT_EQ(legacy.number("select count(*) from users where name like 'Renamed%'"), 0);
  const Finished again = world.run({"sync"});
  EXPECT_EQ(again.exit, 78);
  EXPECT_THAT(again.err, AllOf(HasSubstr("phone"), HasSubstr("users")));
  (void)legacy.query("alter table users add column phone text");
  world.check();
  (void)world.sync();
  EXPECT_GT(legacy.number("select count(*) from users where name like 'Renamed%'"), 0);
}

TEST(Faults, ARowOfTwentyMegabytesWaitsAloneAndUnread) {
  PostgresWorld world;
  (void)world.load(kSmall);
  world.check();
  (void)world.sync();
  Sql& legacy = world.at(Place::kLegacy);
  (void)legacy.query(fmt::format(
      "update users set phone = repeat('7', 20 * 1024 * 1024), updated_at = {0} where id = 3; "
      "update users set phone = '+49 4', updated_at = {0} where id = 4",
      world.now(Place::kLegacy)));
  const auto too_large = [&] {
    std::vector<std::string> out;
    for (const Json& row : world.json({"quarantine", "list"}))
      if (row["code"] == "ATB-3006") out.push_back(row["key"]);
    return out;
  };
  EXPECT_EQ(world.sync()["outcome"], "done");
  EXPECT_THAT(too_large(), ElementsAre("users/3"));
  EXPECT_EQ(world.at(Place::kIdentity)
                .number("select count(*) from identity.users where contact->>'phone' = '+49 4'"),
            1);
  EXPECT_THAT(world.run({"record", "person", "users/3"}).out, HasSubstr("row_bytes"));
  (void)legacy.query(fmt::format("update users set phone = '+49 3', updated_at = {} where id = 3",
                                 world.now(Place::kLegacy)));
  (void)world.sync();
  (void)expect_sides_equal(world);
  EXPECT_THAT(too_large(), IsEmpty());
}

TEST(Faults, ATruncatedTableStopsTheRunBeforeItsFirstDelete) {
  PostgresWorld world;
  (void)world.load(kSmall);
  std::string mapping = world.mapping();
  mapping.replace(mapping.find("confirm: 10m"), 12, "confirm: 0s");
  world.set_mapping(mapping);
  world.check();
  (void)world.sync();
  Sql& geo = world.at(Place::kGeo);
  const std::string alive = "select count(*) from geo.geofences";
  const long before = geo.number(alive);
  ASSERT_GT(before, 10);
  (void)world.at(Place::kLegacy).query("truncate geofences");
  const Finished told = world.run({"reconcile"});
  EXPECT_EQ(told.exit, 78);
  EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4020"), HasSubstr("approve geofence --set")));
  EXPECT_EQ(world.run({"sync"}).exit, 78);
  EXPECT_EQ(geo.number(alive), before);
}

}  // namespace
}  // namespace atlas::e2e
