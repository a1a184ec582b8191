// SQLite keeps any value in any column. A cell that is no value of its column's type holds up its
// own row, which is named with the reason, and no other.

#include "tests/support/books.h"
#include "tests/support/rounds.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr app::AtlasSize kSmall{
    .users = 40, .staff = 12, .teams = 10, .geofences = 8, .members = 30, .categories = 6};

class Strays : public testing::Test {
 protected:
  Strays() {
    (void)world.load(kSmall);
    world.check();
    (void)sync_until_quiet(world);
  }
  long quarantined() {
    long out = 0;
    for (const Json& row : world.json({"quarantine", "list"}))
      out += row["state"] == "quarantined" ? 1 : 0;
    return out;
  }
  // A user of the platform whose id is `id`, an SQL expression.
  void add_platform_user(const std::string& id, const std::string& email) {
    (void)world.at(Place::kIdentity)
        .query(fmt::format("insert into users (id, tenant_id, kind, given_name, email, status, "
                           "locale, updated_at) values ({}, {}, 'member', 'A', {}, 'active', "
                           "'en', {})",
                           id, literal(std::string(kOrgId)), literal(email),
                           world.now(Place::kIdentity)));
  }
  void expect_others_flow() {
    (void)world.at(Place::kLegacy)
        .query(
            "update users set name = 'Still Flows', updated_at = " + world.now(Place::kLegacy) +
            " where id = (select min(id) from users where tenant_id = 42 and deleted_at is null)");
    const Json run = world.sync();
    EXPECT_GE(run["total"]["rows_written"].get<long>(), 1);
    EXPECT_EQ(
        world.at(Place::kIdentity).number("select count(*) from users where given_name = 'Still'"),
        1);
  }
  SqliteWorld world;
};

TEST_F(Strays, OfAUuidKeyAreQuarantinedOneByOne) {
  const long before = quarantined();
  const char* const ids[] = {"NOT-A-UUID", "zzz", "1", "5E0C6A1B-0000-4000-A000-0000000000AB"};
  int n = 0;
  for (const char* id : ids)
    add_platform_user(literal(std::string(id)), fmt::format("stray{}@example.com", ++n));
  const Json planned = world.json({"plan", "--rows"});
  EXPECT_EQ(planned["writes"], 0) << planned.dump(1);
  expect_others_flow();
  EXPECT_EQ(quarantined(), before + 4);
  const std::string list = world.run({"quarantine", "list"}).out;
  for (const char* id : ids) EXPECT_THAT(list, HasSubstr(id));
  EXPECT_THAT(list, HasSubstr("its key on platform is not spelled as"));
  (void)world.json({"reconcile"});
  EXPECT_EQ(world.verify().different, 0);

  // Spelled as it should be, the row comes over by itself.
  (void)world.at(Place::kIdentity)
      .query("update users set id = lower(id), updated_at = " + world.now(Place::kIdentity) +
             " where email = 'stray4@example.com'");
  (void)sync_until_quiet(world);
  EXPECT_EQ(world.at(Place::kLegacy)
                .number("select count(*) from users where email = 'stray4@example.com'"),
            1);
  // Under its old key there is no row any more.
  (void)world.json({"quarantine", "retry", "person"});
  (void)world.sync();
  EXPECT_EQ(quarantined(), before + 3);
}

// The row is there, in capitals: nobody deleted it.
TEST_F(Strays, OfALinkedRowsKeyLetNothingBeDeletedUnasked) {
  std::string mapping = world.mapping();
  const std::string_view wait = "confirm: 10m";
  world.set_mapping(mapping.replace(mapping.find(wait), wait.size(), "confirm: 0s"));
  world.check();
  (void)world.at(Place::kIdentity)
      .query(
          "update users set id = upper(id) where id = (select min(id) from users where kind = "
          "'member' and archived_at is null)");
  const long before =
      world.at(Place::kLegacy).number("select count(*) from users where deleted_at is null");
  Finished last;
  for (int i = 0; i < 3; ++i) last = world.run({"reconcile"});
  EXPECT_EQ(last.exit, 78);
  EXPECT_THAT(last.err, AllOf(HasSubstr("ATB-4020"), HasSubstr("not spelled as")));
  EXPECT_EQ(world.at(Place::kLegacy).number("select count(*) from users where deleted_at is null"),
            before);
}

TEST_F(Strays, OfAnIntegerKeyDoNotStopTheComparisonOfATable) {
  const long before = quarantined();
  (void)world.at(Place::kLegacy)
      .query(fmt::format("insert into members (tenant_id, team_id, user_id, updated_at) values "
                         "(42, 1.5, 1, {0}), (42, 2, 'seven', {0})",
                         world.now(Place::kLegacy)));
  (void)world.json({"reconcile"});
  (void)world.json({"repair"});
  expect_others_flow();
  EXPECT_EQ(quarantined(), before + 2);
  EXPECT_THAT(world.run({"quarantine", "list"}).out,
              AllOf(HasSubstr("1.5, 1"), HasSubstr("2, seven")));
  const Verdict verdict = world.verify();
  EXPECT_EQ(verdict.different, 0);
  EXPECT_TRUE(verdict.complete);
}

TEST_F(Strays, WithABinaryKeyAreCountedByVerifyAndDoctor) {
  EXPECT_EQ(world.run({"verify", "--exit-code"}).exit, 0);
  EXPECT_THAT(world.run({"doctor"}).out, Not(HasSubstr("nothing leads to")));
  (void)world.at(Place::kLegacy)
      .query("insert into members (tenant_id, team_id, user_id) values (42, x'01', 31)");
  (void)world.at(Place::kOrg)
      .query(fmt::format("insert into categories (tenant_id, code, name) values ({0}, x'ff', 'a'), "
                         "({0}, x'fe', 'b')",
                         literal(std::string(kOrgId))));
  expect_others_flow();
  const Finished verified = world.run({"verify", "--exit-code"});
  EXPECT_EQ(verified.exit, 2);
  EXPECT_THAT(verified.out, AllOf(HasSubstr("1 of members with a key"),
                                  HasSubstr("2 of categories with a key"), HasSubstr("3 differ")));
  EXPECT_THAT(world.run({"doctor"}).out,
              AllOf(HasSubstr("members: 1 row with a key that is null or binary"),
                    HasSubstr("categories: 2 rows with a key")));
}

TEST_F(Strays, InADeleteMarkDeleteNothing) {
  const long before = quarantined();
  const std::string rows = "select id from users where tenant_id = 42 and deleted_at is null";
  for (const char* mark : {"", "yesterday", "2024-13-45 00:00:00"}) {
    (void)world.at(Place::kLegacy)
        .query(fmt::format("update users set deleted_at = '{}', updated_at = {} where id = "
                           "(select min(id) from ({}))",
                           mark, world.now(Place::kLegacy), rows));
  }
  const std::string alive = "select count(*) from users where archived_at is null";
  const long were = world.at(Place::kIdentity).number(alive);
  EXPECT_EQ(world.json({"plan"})["writes"], 0);
  expect_others_flow();
  EXPECT_EQ(world.at(Place::kIdentity).number(alive), were);
  EXPECT_EQ(quarantined(), before + 3);
  const std::string list = world.run({"quarantine", "list"}).out;
  EXPECT_THAT(list, AllOf(HasSubstr("deleted_at on legacy"), HasSubstr("the mark of a delete")));
  EXPECT_EQ(world.verify().different, 0);
  (void)world.json({"repair"});
  EXPECT_EQ(world.at(Place::kIdentity).number(alive), were);

  (void)world.at(Place::kLegacy)
      .query("update users set deleted_at = null, updated_at = " + world.now(Place::kLegacy) +
             " where deleted_at in ('', 'yesterday', '2024-13-45 00:00:00')");
  (void)sync_until_quiet(world);
  EXPECT_EQ(quarantined(), before);
}

}  // namespace
}  // namespace atlas::e2e
