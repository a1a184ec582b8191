// Deletes on real databases: rows that are simply gone, on either side; a table emptied by mistake.

#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::e2e {
namespace {

using ::testing::HasSubstr;

constexpr app::AtlasSize kSmall{
    .users = 200, .staff = 30, .teams = 20, .geofences = 60, .members = 100, .categories = 6};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

template <class AnyWorld>
class Deletes : public testing::Test {
 protected:
  // Synced once; a second look may follow at once.
  void SetUp() override {
    (void)world_.load(kSmall);
    world_.set_mapping(replaced(world_.mapping(), "confirm: 10m", "confirm: 0s"));
    world_.check();
    (void)world_.sync();
    users = world_.is_postgres() ? "identity.users" : "users";
    geofences = world_.is_postgres() ? "geo.geofences" : "geofences";
  }
  long alive(Sql& sql, const std::string& table, const std::string& flag,
             const std::string& where = "1 = 1") {
    return sql.number(
        fmt::format("select count(*) from {} where {} is null and {}", table, flag, where));
  }
  void expect_equal() {
    const Verdict verdict = world_.verify();
    EXPECT_TRUE(verdict.complete);
    EXPECT_EQ(verdict.different, 0) << verdict.report.dump(1);
    EXPECT_EQ(verdict.unlinked, 0) << verdict.report.dump(1);
  }

  AnyWorld world_;
  std::string users, geofences;
};
using Worlds = testing::Types<SqliteWorld, PostgresWorld>;
TYPED_TEST_SUITE(Deletes, Worlds);

TYPED_TEST(Deletes, RowsThatAreGoneAreDeletedOnTheOtherSideAndNothingElse) {
  auto& world = this->world_;
  Sql& legacy = world.at(Place::kLegacy);
  Sql& identity = world.at(Place::kIdentity);
  Sql& geo = world.at(Place::kGeo);
  const long people = this->alive(identity, this->users, "archived_at");
  const long fences = this->alive(legacy, "geofences", "deleted_at");
  // Nobody refers to these.
  const std::string lonely =
      "id in (select u.id from users u where u.deleted_at is null and u.tenant_id = 42 and "
      "u.status in (0, 1) and not exists (select 1 from members m where m.user_id = u.id) "
      "order by u.id limit 3)";
  const long chosen = legacy.number("select count(*) from users where " + lonely);
  ASSERT_GT(chosen, 0);
  (void)legacy.query("delete from users where " + lonely);
  (void)geo.query(
      fmt::format("delete from {0} where id in (select id from {0} where tenant_id = "
                  "'{1}' order by id limit 2)",
                  this->geofences, kOrgId));
  const Json run = world.json({"reconcile"});
  EXPECT_EQ(run["outcome"], "done") << run.dump(1);
  EXPECT_EQ(this->alive(identity, this->users, "archived_at"), people - chosen);
  EXPECT_EQ(this->alive(legacy, "geofences", "deleted_at"), fences - 2);
  this->expect_equal();
  EXPECT_EQ(world.json({"reconcile"})["total"]["rows_written"], 0);
}

// E14: a natural key whose pair is dead, and whose rows are gone, may be used by a new row.
TYPED_TEST(Deletes, ANaturalKeyIsFreeAgainOnceItsPairIsDeleted) {
  auto& world = this->world_;
  Sql& legacy = world.at(Place::kLegacy);
  Sql& org = world.at(Place::kOrg);
  const std::string categories = world.is_postgres() ? "org.categories" : "categories";
  for (const char* label : {"Trams", "Ferries"}) {
    (void)legacy.query(fmt::format(
        "insert into categories (tenant_id, code, label, updated_at) values (42, 'X', '{}', {})",
        label, world.now(Place::kLegacy)));
    EXPECT_EQ(world.sync()["total"]["quarantined"], 0);
    EXPECT_EQ(org.one("select name from " + categories + " where code = 'X'"), label);
    (void)legacy.query("delete from categories where code = 'X'");
    (void)world.json({"reconcile"});
    EXPECT_EQ(org.number("select count(*) from " + categories + " where code = 'X'"), 0);
  }
  this->expect_equal();
}

TYPED_TEST(Deletes, AnEmptiedTableStopsTheRunUntilAPersonSaysYes) {
  auto& world = this->world_;
  Sql& legacy = world.at(Place::kLegacy);
  Sql& geo = world.at(Place::kGeo);
  const long before = geo.number("select count(*) from " + this->geofences);
  (void)legacy.query("delete from geofences");
  const Finished stopped = world.run({"reconcile"});
  EXPECT_EQ(stopped.exit, 78);
  EXPECT_THAT(stopped.err, HasSubstr("ATB-4020"));
  EXPECT_EQ(geo.number("select count(*) from " + this->geofences), before) << "nothing is deleted";
  EXPECT_EQ(world.run({"sync"}).exit, 78) << "nor by the next run";

  const Json due = world.json({"approve"});
  ASSERT_EQ(due.size(), 1U) << due.dump(1);
  const std::string set = due[0]["set"];
  EXPECT_THAT(stopped.err, HasSubstr("approve geofence --set " + set));
  EXPECT_EQ(world.run({"approve", "geofence", "--set", set}).exit, 64) << "a reason is wanted";
  const Finished other =
      world.run({"approve", "geofence", "--set", "0000000000000000", "--reason", "no"});
  EXPECT_NE(other.exit, 0);
  EXPECT_EQ(geo.number("select count(*) from " + this->geofences), before);
  const Finished yes = world.run({"approve", "geofence", "--set", set, "--reason", "we close"});
  EXPECT_EQ(yes.exit, 0) << yes.err;
  const Json run = world.sync();
  EXPECT_EQ(run["total"]["deleted_platform"], due[0]["due"]);
  this->expect_equal();
  const Json runs = world.json({"runs"});
  EXPECT_EQ(runs[1]["verb"], "approve") << runs.dump(1);
}

TYPED_TEST(Deletes, RepairShowsAndMakesWhatVersionsHide) {
  auto& world = this->world_;
  Sql& legacy = world.at(Place::kLegacy);
  const Finished dry = world.run({"repair", "--dry-run"});
  EXPECT_EQ(dry.exit, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("0 writes"));
  const std::string name = legacy.one("select name from users where id = 2");
  // An edit that leaves the stamp as it was.
  (void)legacy.query("update users set phone = '+49 1' where id = 2");
  EXPECT_THAT(world.run({"repair", "--dry-run"}).out, HasSubstr("1 write"));
  EXPECT_EQ(world.json({"repair"})["total"]["rows_written"], 1);
  EXPECT_EQ(legacy.one("select name from users where id = 2"), name);
  this->expect_equal();
}

}  // namespace
}  // namespace atlas::e2e
