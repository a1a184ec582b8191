// One row among ten thousand that cannot be mapped, and what the bridge must not touch.

#include "tests/support/books.h"
#include "tests/support/quiet.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

#ifdef __SANITIZE_ADDRESS__
constexpr long kUsers = 1000;
#else
constexpr long kUsers = 10'000;
#endif

std::string insert_users(long count) {
  return fmt::format(
      "insert into users (tenant_id, name, email, status, legacy_flags, password_md5) select 42, "
      "'User ' || n, 'u' || n || '@example.org', 1, n, md5(n::text) from generate_series(1, {}) n",
      count);
}

TEST(Quarantine, OneUnmappableRowAmongTenThousandLeavesTheOthersSyncedAndHealsByItself) {
  PostgresWorld world;
  Sql& legacy = world.at(Place::kLegacy);
  (void)legacy.query(insert_users(kUsers));
  // The fault: a status that the mapping does not know.
  (void)legacy.query("update users set status = 9 where id = 4321 % " + std::to_string(kUsers));
  world.check();
  EXPECT_EQ(world.sync()["outcome"], "done");

  // The visible effect: one row is missing, and the reason is shown.
  Sql& identity = world.at(Place::kIdentity);
  EXPECT_EQ(identity.number("select count(*) from identity.users"), kUsers - 1);
  EXPECT_EQ(expect_sides_equal(world).unmappable_people, 1U);
  const Verdict verdict = world.verify();
  EXPECT_EQ(verdict.different, 0);
  ASSERT_THAT(verdict.aside, SizeIs(1));
  EXPECT_THAT(verdict.aside.front(),
              HasSubstr("quarantined: status on legacy: no entry for this code"));
  EXPECT_EQ(world.run({"sync", "--strict"}).exit, 3);

  // The recovery: someone corrects the row; nobody tells the bridge.
  (void)legacy.query(fmt::format("update users set status = 2, updated_at = {} where status = 9",
                                 world.now(Place::kLegacy)));
  EXPECT_EQ(world.sync()["outcome"], "done");
  EXPECT_EQ(identity.number("select count(*) from identity.users"), kUsers);
  EXPECT_EQ(expect_sides_equal(world).unmappable_people, 0U);
  EXPECT_THAT(world.verify().aside, SizeIs(0));
  EXPECT_EQ(world.run({"sync", "--strict"}).exit, 0);
}

// The row is linked already and becomes unmappable by an edit: its counterpart keeps the last
// agreed value, an edit there waits too, and both come together afterwards.
TEST(Quarantine, OfALinkedRowKeepsItsCounterpartUntilItIsCorrected) {
  PostgresWorld world;
  Sql& legacy = world.at(Place::kLegacy);
  (void)legacy.query(insert_users(50));
  world.check();
  (void)world.sync();
  (void)legacy.query(fmt::format(
      "update users set status = 9, name = 'Wrong Status', updated_at = {} where id = 7",
      world.now(Place::kLegacy)));
  EXPECT_EQ(world.sync()["outcome"], "done");
  Sql& identity = world.at(Place::kIdentity);
  EXPECT_EQ(identity.one("select status from identity.users where email = 'u7@example.org'"),
            "active");
  EXPECT_THAT(world.verify().aside, SizeIs(1));
  (void)legacy.query(fmt::format("update users set status = 0, updated_at = {} where id = 7",
                                 world.now(Place::kLegacy)));
  EXPECT_EQ(world.sync()["outcome"], "done");
  EXPECT_EQ(identity.one("select given_name || status from identity.users where email = "
                         "'u7@example.org'"),
            "Wronginvited");
  (void)expect_sides_equal(world);
}

// A link names the target's row by its key: an edit that would change that key is shown, not made.
TEST(Quarantine, AnEditThatWouldChangeTheOtherSidesKeyWaitsForAPerson) {
  SqliteWorld world;
  (void)world.load(
      {.users = 5, .staff = 5, .teams = 5, .geofences = 5, .members = 5, .categories = 3});
  world.check();
  (void)world.sync();
  Sql& legacy = world.at(Place::kLegacy);
  Sql& org = world.at(Place::kOrg);
  const std::string code = legacy.one("select code from categories where id = 1");
  (void)legacy.query(
      fmt::format("update categories set code = 'renamed', updated_at = {} where id "
                  "= 1",
                  world.now(Place::kLegacy)));
  EXPECT_EQ(world.sync()["total"]["quarantined"], 1);
  EXPECT_EQ(org.number("select count(*) from categories where code = 'renamed'"), 0);
  EXPECT_EQ(org.number("select count(*) from categories where code = '" + code + "'"), 1);
  const Json list = world.json({"quarantine", "list"});
  ASSERT_EQ(list.size(), 1U);
  EXPECT_THAT(list.dump(), HasSubstr("would change the row's key"));
  // It ends when the code is put back.
  (void)legacy.query(
      fmt::format("update categories set code = '{}', label = 'Tram', updated_at = "
                  "{} where id = 1",
                  code, world.now(Place::kLegacy)));
  (void)world.sync();
  EXPECT_EQ(org.one("select name from categories where code = '" + code + "'"), "Tram");
  EXPECT_EQ(world.json({"quarantine", "list"}).size(), 0U);
}

// A person gives a row up: it counts no more, and an edit brings it back.
TEST(Quarantine, ADiscardedRowRestsUntilOneOfItsRowsChanges) {
  SqliteWorld world;
  (void)world.load(
      {.users = 5, .staff = 5, .teams = 5, .geofences = 5, .members = 5, .categories = 3});
  world.check();
  (void)world.sync();
  Sql& legacy = world.at(Place::kLegacy);
  (void)legacy.query(fmt::format("update users set status = 9, updated_at = {} where id = 2",
                                 world.now(Place::kLegacy)));
  EXPECT_EQ(world.run({"sync", "--strict"}).exit, 3);
  EXPECT_EQ(world.run({"quarantine", "discard", "person", "users/2"}).exit, 64) << "why?";
  const Finished done =
      world.run({"quarantine", "discard", "person", "users/2", "--reason", "a test account"});
  EXPECT_EQ(done.exit, 0) << done.err;
  EXPECT_EQ(world.run({"sync", "--strict"}).exit, 0);
  EXPECT_EQ(world.json({"quarantine", "list"}).size(), 0U);
  EXPECT_THAT(world.json({"quarantine", "list", "--state", "discarded"}).dump(),
              HasSubstr("discarded: a test account"));
  EXPECT_EQ(world.verify().different, 0);
  (void)legacy.query(
      fmt::format("update users set status = 1, phone = '+49 7', updated_at = {} where id = 2",
                  world.now(Place::kLegacy)));
  (void)world.sync();
  EXPECT_EQ(world.json({"quarantine", "list", "--state", "discarded"}).size(), 0U);
  (void)expect_sides_equal(world);
}

TEST(Untouched, UnmappedColumnsAndOutOfScopeRowsKeepValueAndRowVersion) {
  PostgresWorld world;
  Sql& legacy = world.at(Place::kLegacy);
  Sql& identity = world.at(Place::kIdentity);
  Sql& geo = world.at(Place::kGeo);
  (void)world.load(
      {.users = 40, .staff = 25, .teams = 20, .geofences = 25, .members = 40, .categories = 3});
  world.check();
  (void)world.sync();

  // What the bridge does not own: columns it does not map, rows of others, shapes out of scope.
  (void)identity.query(
      "update identity.users set locale = 'fr', contact = contact || '{\"fax\": \"1\"}', "
      "updated_at = now() where email like '%@example.org'");
  (void)geo.query(fmt::format(
      "insert into geo.geofences (tenant_id, shape, name, centre, radius_m, outline) values ('{}', "
      "'polygon', 'Harbour', '{{}}', 0, '[[1,2],[3,4],[5,6]]')",
      kOrgId));
  (void)identity.query(
      "insert into identity.users (tenant_id, kind, given_name, email, status, locale) values "
      "(gen_random_uuid(), 'member', 'Stranger', 'stranger@example.net', 'active', 'it')");
  (void)world.sync();
  const std::string flags =
      "select string_agg(id || ':' || legacy_flags || coalesce(password_md5, "
      "'-') || created_at, ',' order by id) from users";
  const std::string others =
      "select string_agg(id || ' ' || xmin || ' ' || users::text, ',' order by id) from users "
      "where tenant_id <> 42";
  const std::string strangers =
      "select string_agg(xmin || ' ' || u::text, ',' order by id) from identity.users u where "
      "tenant_id <> '" +
      std::string(kOrgId) + "'";
  const std::string polygons =
      "select string_agg(xmin || ' ' || g::text, ',' order by id) from geo.geofences g where shape "
      "= 'polygon'";
  const std::string extras =
      "select string_agg(email || locale || coalesce(contact->>'fax', '-'), ',' order by id) from "
      "identity.users";
  const std::string before_flags = legacy.one(flags), before_others = legacy.one(others),
                    before_strangers = identity.one(strangers), before_polygons = geo.one(polygons),
                    before_extras = identity.one(extras);
  ASSERT_THAT(before_extras, HasSubstr("fr1"));

  // Every mapped row is written in both directions.
  (void)legacy.query(fmt::format(
      "update users set phone = '+49 2 ' || id, updated_at = {0} where tenant_id = 42 and "
      "deleted_at is null; update geofences set radius = radius + 1, updated_at = {0} where "
      "tenant_id = 42",
      world.now(Place::kLegacy)));
  (void)identity.query(
      fmt::format("update identity.users set status = 'invited', updated_at = "
                  "clock_timestamp() where tenant_id = '{}'",
                  kOrgId));
  EXPECT_GT(world.sync()["total"]["rows_written"].get<long>(), 80);
  (void)expect_sides_equal(world);
  EXPECT_EQ(legacy.one(flags), before_flags);
  EXPECT_EQ(legacy.one(others), before_others);
  EXPECT_EQ(identity.one(strangers), before_strangers);
  EXPECT_EQ(geo.one(polygons), before_polygons);
  EXPECT_EQ(identity.one(extras), before_extras);
}

}  // namespace
}  // namespace atlas::e2e
