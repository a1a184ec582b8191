// A database of the platform is restored from a backup (E9): every verb that decides says so, and
// `repair --rewound` brings back what the backup did not have.

#include "tests/support/books.h"
#include "tests/support/rounds.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace atlas::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Rewound, ARestoredDatabaseIsNoticedAndGetsItsRowsBack) {
  PostgresWorld world;
  (void)world.load(
      {.users = 200, .staff = 30, .teams = 20, .geofences = 60, .members = 100, .categories = 6});
  world.check();
  (void)world.sync();
  const std::string database = world.at(Place::kIdentity).one("select current_database()");
  const auto admin = [&] { return world.session(Place::kOrg); };
  world.close(Place::kIdentity);
  (void)admin()->query(fmt::format("create database {0}_backup template {0}", database));

  // An hour of work on both sides, synced.
  Sql& legacy = world.at(Place::kLegacy);
  const std::string now = world.now(Place::kLegacy);
  (void)legacy.query(fmt::format(
      "update users set name = 'Legacy ' || id || ' Edit', updated_at = {0} where id % 10 = 3 and "
      "tenant_id = 42; insert into users (tenant_id, name, email, status, legacy_flags) select "
      "42, 'New ' || n, 'new' || n || '@example.org', 1, 0 from generate_series(1, 20) n",
      now));
  (void)world.at(Place::kIdentity)
      .query(fmt::format(
          "update identity.users set given_name = 'Platform', updated_at = now() where "
          "tenant_id = '{0}' and right(id::text, 1) = '7' and given_name not like 'Legacy%'; "
          "insert into identity.users (tenant_id, kind, given_name, family_name, email, status, "
          "locale) "
          "select '{0}', 'member', 'Fresh', n::text, 'fresh' || n || '@example.org', 'active', "
          "'de' "
          "from generate_series(1, 20) n",
          kOrgId));
  (void)world.sync();
  (void)world.sync();
  const Books before = expect_sides_equal(world);

  world.close(Place::kIdentity);
  (void)admin()->query(fmt::format("drop database {0}", database));
  (void)admin()->query(fmt::format("create database {0} template {0}_backup", database));
  // Somebody works on while nobody has noticed.
  (void)world.at(Place::kIdentity)
      .query(
          "update identity.users set given_name = 'After', updated_at = now() where id = (select "
          "min(id::text)::uuid from identity.users where archived_at is null and kind = "
          "'member')");

  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"sync"}, {"plan"}, {"reconcile"}, {"repair"}}) {
    const Finished told = world.run(verb);
    EXPECT_EQ(told.exit, 78) << verb.front();
    EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4003"), HasSubstr("repair --rewound")));
  }
  const Finished preview = world.run({"repair", "--rewound", "platform", "--dry-run"});
  EXPECT_EQ(preview.exit, 0) << preview.err;
  const Json repaired = world.json({"repair", "--rewound", "platform"});
  EXPECT_EQ(repaired["outcome"], "done") << repaired.dump(1);
  EXPECT_EQ(repaired["total"]["deleted_legacy"], 0);
  EXPECT_EQ(repaired["total"]["deleted_platform"], 0);
  (void)world.sync();
  const Books after = expect_sides_equal(world);
  EXPECT_EQ(after.lines.size(), before.lines.size());
  std::vector<std::string> lost;
  std::set_difference(before.lines.begin(), before.lines.end(), after.lines.begin(),
                      after.lines.end(), std::back_inserter(lost));
  EXPECT_EQ(lost.size(), 1U) << "only the row that was edited after the restore differs";
  EXPECT_EQ(legacy.number("select count(*) from users where name like 'After%'"), 1);
  const Verdict verdict = world.verify();
  EXPECT_TRUE(verdict.complete);
  EXPECT_EQ(verdict.different, 0) << verdict.report.dump(1);
  EXPECT_EQ(world.sync()["total"]["rows_written"], 0);
  world.close(Place::kIdentity);
  (void)admin()->query(fmt::format("drop database {0}_backup", database));
}

// The state is put back to an hour ago, while both sides went on.
template <class W>
void expect_state_catches_up() {
  W world;
  (void)world.load(
      {.users = 80, .staff = 30, .teams = 20, .geofences = 30, .members = 60, .categories = 6});
  std::string mapping = world.mapping();
  const std::string cap = "percent: 5,";
  mapping.replace(mapping.find(cap), cap.size(), "percent: 100,");
  world.set_mapping(mapping);
  world.check();
  (void)sync_until_quiet(world);
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/acme.state";
  (void)world.json({"state", "backup", file});
  Rounds rounds(world);
  for (int i = 0; i < 2; ++i) {
    rounds.play();
    (void)sync_until_quiet(world);
  }
  const Books before = expect_sides_equal(world);
  const std::string old =
      fmt::format("name = 'Not synced', updated_at = {}", world.now(Place::kLegacy));
  (void)world.at(Place::kLegacy)
      .query("update users set " + old +
             " where id = (select min(id) from users where tenant_id = 42 and deleted_at is null "
             "and name like 'Legacy%' is not true)");
  (void)world.json({"state", "restore", file, "--replace", "--reason", "the disk failed"});

  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"sync"}, {"plan"}, {"reconcile"}, {"repair"}}) {
    const Finished told = world.run(verb);
    EXPECT_EQ(told.exit, 78) << verb.front();
    EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4004"), HasSubstr("repair --rewound state")));
  }
  const Finished preview = world.run({"repair", "--rewound", "state", "--dry-run"});
  EXPECT_EQ(preview.exit, 0) << preview.err;
  // Killed on its way, again and again.
  const std::string count = folder.path() + "/count";
  int killed = 0;
  for (int n = 40; n < 400; n += 60) {
    const Finished cut =
        world.run({"repair", "--rewound", "state"},
                  {{"ATLAS_FAULT", fmt::format("{}:kill", n)}, {"ATLAS_FAULT_COUNT_FILE", count}});
    world.expire_lease();
    if (cut.signal == 0) break;
    ++killed;
    const Finished told = world.run({"sync"});
    EXPECT_EQ(told.exit, 78) << "links are still old\n" << told.out << told.err;
  }
  EXPECT_GT(killed, 1);
  const Finished repaired = world.run({"repair", "--rewound", "state"});
  EXPECT_THAT(repaired.exit, ::testing::AnyOf(0, 64)) << repaired.out << repaired.err;
  (void)sync_until_quiet(world);
  const Books after = expect_sides_equal(world);
  EXPECT_EQ(after.lines.size(), before.lines.size()) << "nothing is lost and nothing doubled";
  std::vector<std::string> lost;
  std::set_difference(before.lines.begin(), before.lines.end(), after.lines.begin(),
                      after.lines.end(), std::back_inserter(lost));
  EXPECT_EQ(lost.size(), 1U) << "only the row that was edited since differs";
  rounds.play();
  (void)sync_until_quiet(world);
  (void)expect_sides_equal(world);
  EXPECT_EQ(world.verify().different, 0);
}

TEST(RewoundState, OfPostgresFindsItsPairsAgainThoughItIsKilled) {
  expect_state_catches_up<PostgresWorld>();
}
TEST(RewoundState, OfSqliteFindsItsPairsAgainThoughItIsKilled) {
  expect_state_catches_up<SqliteWorld>();
}

}  // namespace
}  // namespace atlas::e2e
