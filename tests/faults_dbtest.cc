// What goes wrong in a running company: rights that are taken away, a column that disappears while
// a run works, a row that is far too large, a table that is truncated. Visible effect: the exit
// code and the message that tells what to do. Recovery: once that is done, nothing is lost.

#include "engines/postgres/server_testing.h"
#include "tests/support/books.h"
#include "tests/support/quiet.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <sys/resource.h>
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
          "'member'; insert into identity.users (tenant_id, kind, given_name, email, status, "
          "locale) select tenant_id, 'member', 'Renamed', 'new@example.net', 'active', 'en' from "
          "identity.users limit 1");
  const RowVersions before = row_versions(world);
  const Finished told = world.run({"sync"});
  EXPECT_EQ(told.exit, 77) << told.out << told.err;
  EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-1003"), HasSubstr("update of public.users"),
                              HasSubstr("atlas-bridge doctor")));
  EXPECT_EQ(row_versions(world), before) << "the insert goes with the update, or not at all";

  // The statement is run as it is printed.
  const Finished doctor = world.run({"doctor"});
  EXPECT_EQ(doctor.exit, 77);
  const std::size_t grant = doctor.out.find("GRANT UPDATE ON TABLE");
  ASSERT_NE(grant, std::string::npos) << doctor.out;
  (void)legacy.query(doctor.out.substr(grant, doctor.out.find('\n', grant) - grant));
  (void)world.sync();
  (void)expect_sides_equal(world);
  EXPECT_GT(legacy.number("select count(*) from users where name like 'Renamed%'"), 1);
}

// A user who holds the table takes a column away from it between the run's read and its write.
// Renaming it keeps its values: they are there again when it is put back.
void lose_a_column_under_the_run(World& world, Place place, const std::string& table,
                                 const std::string& column) {
  const auto user = world.session(place);
  (void)user->query("begin; lock table " + table + " in share row exclusive mode");
  const RowVersions before = row_versions(world);
  const auto run = world.start({"sync"});
  for (int i = 0; i < 3000 && run->running(); ++i) {
    if (world.at(place).number(
            "select count(*) from pg_stat_activity where application_name = 'atlas-bridge' and "
            "wait_event_type = 'Lock' and datname = current_database()") > 0)
      break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_TRUE(run->running()) << "the run never waited for the table";
  const auto begun = std::chrono::steady_clock::now();
  (void)user->query(
      fmt::format("alter table {} rename column {} to out_of_the_way; commit", table, column));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5))
      << "whoever alters the table waited for a snapshot of the run";
  const Finished told = run->finish();
  EXPECT_EQ(told.exit, 78) << told.out << told.err;
  EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4005"), HasSubstr(table), HasSubstr(column)));
  EXPECT_EQ(row_versions(world), before) << "nothing is half done";
  const Finished again = world.run({"sync"});
  EXPECT_EQ(again.exit, 78);
  EXPECT_THAT(again.err, AllOf(HasSubstr(table), HasSubstr(column)));
  EXPECT_EQ(row_versions(world), before);
  (void)user->query(
      fmt::format("alter table {} rename column out_of_the_way to {}", table, column));
  (void)world.sync();
  (void)expect_sides_equal(world);
  EXPECT_EQ(world.sync()["total"]["rows_written"], 0);
}

TEST(Faults, AColumnThatDisappearsUnderARunStopsItBeforeItWrites) {
  PostgresWorld world;
  (void)world.load(kSmall);
  world.check();
  (void)world.sync();
  Sql& legacy = world.at(Place::kLegacy);
  Sql& identity = world.at(Place::kIdentity);
  (void)identity.query(
      "update identity.users set given_name = 'Renamed', updated_at = now() where kind = 'member'");
  lose_a_column_under_the_run(world, Place::kLegacy, "public.users", "phone");
  EXPECT_GT(legacy.number("select count(*) from users where name like 'Renamed%'"), 0);
  (void)legacy.query("update users set status = 2, updated_at = " + world.now(Place::kLegacy) +
                     " where status = 1");
  lose_a_column_under_the_run(world, Place::kIdentity, "identity.users", "last_login_at");
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
  const Finished run = world.run({"sync", "-o", "json"});
  EXPECT_EQ(run.exit, 0) << run.err;
  RecordProperty("peak_kib", std::to_string(run.peak_kib));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(run.peak_kib, 40 * 1024) << "the row of 20 MiB was read";
#endif
  EXPECT_THAT(too_large(), ElementsAre("users/3"));
  EXPECT_EQ(world.at(Place::kIdentity)
                .number("select count(*) from identity.users where contact->>'phone' = '+49 4'"),
            1);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"record", "person", "users/3"},
        {"quarantine", "show", "person", "users/3"}}) {
    const Finished told = world.run(words);
    EXPECT_EQ(told.exit, 0) << told.err;
    EXPECT_THAT(told.out, AllOf(HasSubstr("row_bytes"), HasSubstr("users"))) << words.front();
  }
  EXPECT_EQ(world.run({"sync", "--strict"}).exit, 3);
  (void)legacy.query(fmt::format("update users set phone = '+49 3', updated_at = {} where id = 3",
                                 world.now(Place::kLegacy)));
  (void)world.sync();
  (void)expect_sides_equal(world);
  EXPECT_THAT(too_large(), IsEmpty());
}

// A real TRUNCATE, which no trigger and no row version tells of; on either side.
// No file of a run that starts while this lives grows beyond so many bytes: what a full disk looks
// like to it.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) {
    (void)::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    (void)::setrlimit(RLIMIT_FSIZE, &small);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);  // a write then fails, and the program goes on
  }
  ~SmallDisk() {
    (void)::setrlimit(RLIMIT_FSIZE, &before_);
    (void)std::signal(SIGXFSZ, handler_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

// F8: the disk is full at this or that write. The run says so; with room again nothing is missing
// and nothing is there twice.
TEST(Faults, AFullDiskIsToldAndNothingIsLost) {
  SqliteWorld world;
  (void)world.load(
      {.users = 400, .staff = 40, .teams = 30, .geofences = 60, .members = 300, .categories = 6});
  world.check();
  std::vector<std::string> told;
  for (const rlim_t kib : {80U, 140U, 260U, 420U, 700U}) {
    const Finished run = [&] {
      const SmallDisk disk(kib * 1024);
      return world.run({"sync"});
    }();
    if (run.exit == 0) continue;
    EXPECT_GT(run.exit, 0) << "it ended by itself";
    EXPECT_THAT(run.err, AllOf(HasSubstr("ATB-1011"), HasSubstr("make room"))) << kib;
    told.push_back(run.err);
    world.expire_lease();  // where there was no room to give it back
  }
  EXPECT_GE(told.size(), 2U);
  (void)world.sync();
  (void)world.sync();
  const Verdict verdict = world.verify();
  EXPECT_TRUE(verdict.complete);
  EXPECT_EQ(verdict.different + verdict.pending + verdict.unlinked, 0) << verdict.report.dump(1);
  EXPECT_EQ(world.at(Place::kIdentity).number("select count(*) from users"),
            world.at(Place::kIdentity).number("select count(distinct email) from users"));
}

TEST(Faults, ATruncatedTableStopsTheRunBeforeItsFirstDelete) {
  PostgresWorld world;
  (void)world.load(kSmall);
  std::string mapping = world.mapping();
  mapping.replace(mapping.find("confirm: 10m"), 12, "confirm: 0s");
  world.set_mapping(mapping);
  Sql& legacy = world.at(Place::kLegacy);
  (void)legacy.query("insert into categories (tenant_id, code, label) values (42, 'x', 'Unused')");
  world.check();
  (void)world.sync();
  Sql& geo = world.at(Place::kGeo);
  ASSERT_GT(geo.number("select count(*) from geo.geofences"), 10);
  // A delete that is nobody's mistake waits with the others.
  (void)legacy.query(
      "create table kept as table geofences; delete from categories where code = 'x'; truncate "
      "geofences");
  const RowVersions before = row_versions(world);
  for (const char* verb : {"reconcile", "sync", "plan"}) {
    const Finished told = world.run({verb});
    EXPECT_EQ(told.exit, 78) << verb << told.out << told.err;
    EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4020"), HasSubstr("approve geofence --set")))
        << verb;
    EXPECT_EQ(row_versions(world), before) << verb << " deletes nothing at all";
  }
  // The recovery: a person puts the rows back.
  (void)legacy.query("insert into geofences table kept; drop table kept");
  EXPECT_EQ(world.json({"reconcile"})["total"]["deleted_platform"], 1) << "the category";
  (void)expect_sides_equal(world);

  (void)geo.query("create table kept as table geo.geofences; truncate geo.geofences");
  const RowVersions then = row_versions(world);
  const Finished told = world.run({"reconcile"});
  EXPECT_EQ(told.exit, 78);
  EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4020"), HasSubstr("approve geofence --set")));
  EXPECT_EQ(row_versions(world), then);
  (void)geo.query("insert into geo.geofences table kept; drop table kept");
  EXPECT_EQ(world.json({"reconcile"})["total"]["deleted_legacy"], 0);
  (void)expect_sides_equal(world);
}

}  // namespace
}  // namespace atlas::e2e
