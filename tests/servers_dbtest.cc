// Servers that come and go in the life of a bridge: one that crashes while a run works, one whose
// password is changed, one that is a standby until it is promoted. Visible effect: the exit code
// and the endpoint's name. Recovery: the next run once the server is there again, with nothing
// lost.

#include "engines/postgres/server_testing.h"
#include "tests/support/books.h"
#include "tests/support/quiet.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace atlas::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr app::AtlasSize kSmall{
    .users = 60, .staff = 25, .teams = 20, .geofences = 25, .members = 40, .categories = 6};

// Asks `question` until the answer is "t".
void wait_for(Sql& sql, const std::string& question) {
  for (int i = 0; i < 3000; ++i) {
    if (sql.one(question) == "t") return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("never: " + question);
}

constexpr const char* kBlocked =
    "select count(*) > 0 from pg_stat_activity where application_name = 'atlas-bridge' and "
    "wait_event_type = 'Lock' and datname = current_database()";

TEST(Servers, OneThatCrashesUnderARunIsNamedAndNothingIsLost) {
  PostgresServer legacy({.fsync = true, .settings = {}});
  PostgresWorld world(legacy, PostgresWorld::platform_server());
  (void)world.load(kSmall);
  world.check();
  (void)world.sync();
  const auto edit = [&](const std::string& name) {
    (void)world.at(Place::kIdentity)
        .query(fmt::format("update identity.users set given_name = '{}', updated_at = now() where "
                           "kind = 'member'",
                           name));
    (void)world.at(Place::kLegacy)
        .query(fmt::format("update staff set name = '{} Staff', updated_at = {} where id < 10",
                           name, world.now(Place::kLegacy)));
  };
  edit("Under");
  const auto holder = world.session(Place::kLegacy);
  (void)holder->query("begin; select 1 from users for update");
  const auto run = world.start({"sync"});
  wait_for(world.at(Place::kLegacy), kBlocked);
  legacy.crash();
  const Finished told = run->finish();
  EXPECT_EQ(told.exit, 69) << told.out << told.err;
  EXPECT_THAT(told.err, HasSubstr("legacy.main"));
  const Finished down = world.run({"sync"});
  EXPECT_EQ(down.exit, 69) << down.err;
  EXPECT_THAT(down.err, AllOf(HasSubstr("ATB-1001"), HasSubstr("legacy.main")));

  legacy.start();
  world.close(Place::kLegacy);
  (void)world.sync();
  (void)expect_sides_equal(world);
  EXPECT_GT(world.at(Place::kLegacy).number("select count(*) from users where name like 'Under %'"),
            10);
  EXPECT_EQ(world.sync()["total"]["rows_written"], 0);
}

TEST(Servers, APasswordThatIsChangedStopsTheRunUntilTheBridgeHasTheNewOne) {
  PostgresServer legacy({.fsync = false, .settings = {}});
  PostgresWorld world(legacy, PostgresWorld::platform_server());
  (void)world.load(kSmall);
  Sql& admin = world.at(Place::kLegacy);
  const std::string database = admin.one("select current_database()");
  (void)admin.query("create role careful superuser login password 'first-17'");
  const std::string rules = legacy.folder() + "/data/pg_hba.conf";
  write_text(rules, "local all careful scram-sha-256\n" + read_text(rules));
  (void)admin.query("select pg_reload_conf()");
  wait_for(admin, "select count(*) > 0 from pg_hba_file_rules where 'careful' = any (user_name)");
  const auto know = [&](const std::string& password) {
    world.environment["LEGACY_DSN"] = legacy.dsn(database, "careful") + " password=" + password;
  };
  know("first-17");
  world.check();
  (void)world.sync();
  (void)admin.query("alter role careful password 'second-18'");
  (void)admin.query("update users set phone = '+49 7', updated_at = " + world.now(Place::kLegacy) +
                    " where id = 5");
  (void)world.at(Place::kOrg).query("update org.teams set name = 'Renamed', updated_at = now()");
  const RowVersions before = row_versions(world);
  for (const char* verb : {"sync", "plan", "verify", "doctor"}) {
    const Finished told = world.run({verb});
    EXPECT_EQ(told.exit, 77) << verb << told.out << told.err;
    EXPECT_THAT(told.out + told.err,
                AllOf(HasSubstr("ATB-1002"), HasSubstr("legacy.main"), Not(HasSubstr("first-17"))))
        << verb;
  }
  EXPECT_EQ(row_versions(world), before);
  know("second-18");
  (void)world.sync();
  (void)expect_sides_equal(world);
  EXPECT_GT(admin.number("select count(*) from teams where title = 'Renamed'"), 10);
}

// Reads from a standby would be late, and its transactions are not the primary's (E28).
TEST(Servers, AStandbyIsRefusedUntilItIsPromoted) {
  PostgresServer primary({.fsync = false, .settings = {}});
  PostgresWorld world(PostgresWorld::legacy_server(), primary);
  (void)world.load(kSmall);
  world.check();
  (void)world.sync();
  PostgresServer standby({.fsync = false, .settings = {}, .standby_of = &primary});
  const auto there = [&](Place place) {
    return standby.dsn(world.at(place).one("select current_database()"));
  };
  const std::string identity = there(Place::kIdentity), org = there(Place::kOrg),
                    geo = there(Place::kGeo);
  (void)world.at(Place::kLegacy)
      .query("update users set phone = '+49 7', updated_at = " + world.now(Place::kLegacy) +
             " where id = 5");
  // It lags: its fence is not yet where the last run left it, as after a restore.
  (void)postgres_session(identity)->query("select pg_wal_replay_pause()");
  (void)world.sync();
  const RowVersions versions = row_versions(world);

  // One service, and then all of them with the state.
  world.environment["IDENTITY_DSN"] = identity;
  for (int round = 0; round < 2; ++round) {
    const Finished told = world.run({"sync"});
    EXPECT_EQ(told.exit, 78) << told.out << told.err;
    EXPECT_THAT(told.err, HasSubstr("ATB-1009"));
    EXPECT_EQ(world.run({"verify"}).exit, 78) << "what a standby shows is late";
    const Finished doctor = world.run({"doctor"});
    EXPECT_EQ(doctor.exit, 78) << doctor.out;
    EXPECT_THAT(doctor.out, HasSubstr("replica"));
    world.environment["ORG_DSN"] = org;
    world.environment["GEO_DSN"] = geo;
  }
  EXPECT_EQ(row_versions(world), versions);

  (void)postgres_session(identity)->query("select pg_wal_replay_resume()");
  (void)world.at(Place::kLegacy)
      .query("update users set phone = '+49 8', updated_at = " + world.now(Place::kLegacy) +
             " where id = 5");

  // A planned failover: the standby has everything.
  const std::string end = world.at(Place::kOrg).one("select pg_current_wal_lsn()");
  const auto follower = postgres_session(org);
  wait_for(*follower, fmt::format("select pg_last_wal_replay_lsn() >= '{}'", end));
  primary.crash();
  (void)follower->query("select pg_promote()");
  EXPECT_EQ(world.run({"doctor"}).exit, 0);
  EXPECT_GT(world.sync()["total"]["rows_written"], 0);
  EXPECT_EQ(postgres_session(identity)->number(
                "select count(*) from identity.users where contact->>'phone' = '+49 8'"),
            1);
  EXPECT_EQ(world.verify().different, 0);
}

}  // namespace
}  // namespace atlas::e2e
