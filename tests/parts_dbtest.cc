// One instance whose rows lie in two databases of the platform (E24, schedule 14): created, edited
// and marked as deleted from either side; one part refused while the other is there.

#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace atlas::e2e {
namespace {

class TwoDatabases : public ::testing::Test {
 protected:
  // Staff profiles move to the database of the geo service.
  void SetUp() override {
    (void)geo_.query(
        "create schema staffing; create table staffing.profiles (user_id uuid primary key, "
        "tenant_id uuid not null, "
        "hourly_rate numeric(10,2) not null, hired_on date, team_id uuid, updated_at timestamptz "
        "not null "
        "default now()); create index on staffing.profiles (updated_at, user_id)");
    std::string mapping = world_.mapping();
    const std::string from = "{table: identity.staff_profiles,";
    mapping.replace(mapping.find(from), from.size(), "{endpoint: geo, table: staffing.profiles,");
    world_.set_mapping(mapping);
    (void)legacy_.query(
        "insert into staff (tenant_id, name, email, status, hourly_rate_cents, hired_on) select "
        "42, 'Staff ' || n, 's' || n || '@example.org', 1, 100 * n, '2020-01-01' from "
        "generate_series(1, 50) n");
    world_.check();
    (void)world_.sync();
  }
  std::string rate(const std::string& email) {
    const std::string id =
        identity_.one("select id from identity.users where email = '" + email + "'");
    return geo_.one(fmt::format(
        "select coalesce((select hourly_rate::text from staffing.profiles where user_id = '{}'), "
        "'none')",
        id));
  }
  void expect_equal() {
    const Verdict verdict = world_.verify();
    EXPECT_EQ(verdict.different, 0) << verdict.report.dump(1);
    EXPECT_EQ(world_.sync()["total"]["rows_written"], 0);
  }

  PostgresWorld world_;
  Sql& legacy_ = world_.at(Place::kLegacy);
  Sql& identity_ = world_.at(Place::kIdentity);
  Sql& geo_ = world_.at(Place::kGeo);
};

TEST_F(TwoDatabases, TakeEditsOfEitherPartAndOfBoth) {
  EXPECT_EQ(geo_.number("select count(*) from staffing.profiles"), 50);
  EXPECT_EQ(rate("s7@example.org"), "7.00");
  // Another part of the same instance on each side, and both parts on one.
  (void)legacy_.query(fmt::format(
      "update staff set hourly_rate_cents = 1234, updated_at = {0} where email = 's7@example.org'; "
      "update staff set hourly_rate_cents = 4321, name = 'Both Parts', updated_at = {0} where "
      "email = 's8@example.org'",
      world_.now(Place::kLegacy)));
  (void)identity_.query(
      "update identity.users set given_name = 'Seven', updated_at = now() where email = "
      "'s7@example.org'");
  (void)geo_.query(fmt::format(
      "update staffing.profiles set hourly_rate = 99, updated_at = now() where user_id = '{}'",
      identity_.one("select id from identity.users where email = 's9@example.org'")));
  (void)world_.sync();
  EXPECT_EQ(rate("s7@example.org"), "12.34");
  EXPECT_EQ(legacy_.one("select name from staff where email = 's7@example.org'"), "Seven 7");
  EXPECT_EQ(rate("s8@example.org"), "43.21");
  EXPECT_EQ(legacy_.number("select hourly_rate_cents from staff where email = 's9@example.org'"),
            9900);
  (void)legacy_.query(fmt::format(
      "update staff set deleted_at = {0}, updated_at = {0} where email = 's8@example.org'",
      world_.now(Place::kLegacy)));
  (void)world_.sync();
  EXPECT_EQ(identity_.number("select count(*) from identity.users where archived_at is not null"),
            1);
  expect_equal();
}

TEST_F(TwoDatabases, OnePartRefusedWhileTheOtherIsThereHealsByItself) {
  (void)geo_.query("alter table staffing.profiles add check (hourly_rate < 500)");
  world_.check();
  (void)legacy_.query(
      "insert into staff (tenant_id, name, email, status, hourly_rate_cents, hired_on) values "
      "(42, 'Too Dear', 'dear@example.org', 1, 90000, '2020-01-01')");
  const Json report = world_.sync();
  EXPECT_EQ(report["total"]["quarantined"], 1);
  EXPECT_EQ(
      identity_.number("select count(*) from identity.users where email = 'dear@example.org'"), 1);
  EXPECT_EQ(rate("dear@example.org"), "none");
  // Users go on with the half that is there; nothing of the other half is taken for null.
  (void)identity_.query(
      "update identity.users set given_name = 'Still', updated_at = now() where email = "
      "'dear@example.org'");
  (void)world_.sync();
  EXPECT_EQ(legacy_.number("select hourly_rate_cents from staff where email = 'dear@example.org'"),
            90000);
  (void)legacy_.query(
      fmt::format("update staff set hourly_rate_cents = 40000, updated_at = {} where email = "
                  "'dear@example.org'",
                  world_.now(Place::kLegacy)));
  (void)world_.sync();
  (void)world_.sync();
  EXPECT_EQ(rate("dear@example.org"), "400.00");
  EXPECT_EQ(legacy_.one("select name from staff where email = 'dear@example.org'"), "Still Dear");
  EXPECT_EQ(world_.json({"quarantine", "list"}).size(), 0U);
  expect_equal();
}

// Made and marked as deleted on the platform, where no transaction covers both databases: a service
// may be a run ahead of the other.
TEST_F(TwoDatabases, BeginAndEndOnThePlatformWithAServiceThatIsLate) {
  const std::string id = "00000000-0000-4000-8000-000000000001";
  (void)identity_.query(fmt::format(
      "insert into identity.users (id, tenant_id, kind, given_name, family_name, email, status, "
      "locale) values ('{}', '{}', 'staff', 'Grace', 'Hopper', 'grace@example.org', 'active', "
      "'en')",
      id, kOrgId));
  const std::string known = "select count(*) from staff where email = 'grace@example.org'";
  (void)world_.sync();
  EXPECT_EQ(legacy_.number(known), 0) << "half an instance is none";
  EXPECT_EQ(world_.json({"quarantine", "list", "--state", "all"}).size(), 1U);
  (void)geo_.query(fmt::format(
      "insert into staffing.profiles (user_id, tenant_id, hourly_rate, hired_on) values ('{}', "
      "'{}', 12.5, '1949-01-01')",
      id, kOrgId));
  (void)world_.sync();
  EXPECT_EQ(legacy_.one("select concat_ws(' ', name, hourly_rate_cents, hired_on) from staff where "
                        "email = 'grace@example.org'"),
            "Grace Hopper 1250 1949-01-01");
  EXPECT_EQ(world_.json({"quarantine", "list", "--state", "all"}).size(), 0U);

  (void)identity_.query(fmt::format(
      "update identity.users set archived_at = now(), updated_at = now() where id = '{}'", id));
  (void)world_.sync();
  EXPECT_EQ(legacy_.number(known + " and deleted_at is not null"), 1);
  EXPECT_EQ(rate("grace@example.org"), "12.50") << "a mark is enough: no row is removed";
  expect_equal();
  // And back to life on the other side.
  (void)legacy_.query(fmt::format(
      "update staff set deleted_at = null, hourly_rate_cents = 1300, updated_at = {} where email = "
      "'grace@example.org'",
      world_.now(Place::kLegacy)));
  (void)world_.sync();
  EXPECT_EQ(identity_.number(fmt::format(
                "select count(*) from identity.users where id = '{}' and archived_at is null", id)),
            1);
  EXPECT_EQ(rate("grace@example.org"), "13.00");
  expect_equal();
}

// Killed once the first database has committed: the next run writes the other part, once.
TEST_F(TwoDatabases, AreCompletedAfterARunThatDiedBetweenTheirCommits) {
  const std::string now = world_.now(Place::kLegacy);
  for (int nth = 1; nth <= 2; ++nth) {
    (void)legacy_.query(fmt::format(
        "insert into staff (tenant_id, name, email, status, hourly_rate_cents, hired_on) values "
        "(42, "
        "'New {0}', 'new{0}@example.org', 1, 1700, '2020-01-01'); update staff set name = 'Round "
        "{0}', hourly_rate_cents = 100 + {0}, updated_at = {1} where email = 's7@example.org'",
        nth, now));
    const Finished killed =
        world_.run({"sync"}, {{"ATLAS_FAULT", fmt::format("apply.after_commit:{}:kill", nth)}});
    EXPECT_EQ(killed.signal, SIGKILL) << killed.out << killed.err;
    world_.expire_lease();
    (void)world_.sync();
    EXPECT_EQ(rate(fmt::format("new{}@example.org", nth)), "17.00");
    EXPECT_EQ(rate("s7@example.org"), fmt::format("1.0{}", nth));
    EXPECT_EQ(identity_.one("select given_name || ' ' || family_name from identity.users where "
                            "email = 's7@example.org'"),
              fmt::format("Round {}", nth));
    EXPECT_EQ(identity_.number("select count(*) from identity.users"), 50 + nth);
    EXPECT_EQ(geo_.number("select count(*) from staffing.profiles"), 50 + nth);
    expect_equal();
  }
}

}  // namespace
}  // namespace atlas::e2e
