// Foreign keys of tables that the mapping does not name, and that would delete or change rows of
// users along with ours (E26): a user's row that comes while we delete keeps its parent.

#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace atlas::e2e {
namespace {

using ::testing::HasSubstr;

// A category on both sides, and badges on the platform that refer to it. The bridge knows nothing
// of badges.
class Cascade : public testing::TestWithParam<const char*> {
 protected:
  Cascade() {
    std::string mapping = world_.mapping();
    const std::string confirm = "confirm: 10m";
    mapping.replace(mapping.find(confirm), confirm.size(), "confirm: 0s");
    world_.set_mapping(mapping);
    (void)legacy_.query(
        "insert into categories (tenant_id, code, label, updated_at) values (42, "
        "'X', 'Trams', '2026-06-01')");
    world_.check();
    (void)world_.sync();
    (void)org_.query(
        fmt::format("create table org.badges (id int4, tenant_id uuid, code text, foreign key "
                    "(tenant_id, code) "
                    "references org.categories on delete {})",
                    GetParam()));
    (void)legacy_.query("delete from categories where code = 'X'");
  }

  static std::string badge() {
    return fmt::format("insert into org.badges values (1, '{}', 'X')", kOrgId);
  }
  // Waits until a session of the bridge waits for a lock there.
  static void wait_until_blocked(Sql& watcher, Program& run) {
    for (int i = 0; i < 3000 && run.running(); ++i) {
      if (watcher.one("select count(*) from pg_stat_activity where application_name = "
                      "'atlas-bridge' and wait_event_type = 'Lock' and datname = "
                      "current_database()") != "0")
        return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "the bridge never waited for the row locks";
  }
  void expect_held() {
    EXPECT_EQ(org_.number("select count(*) from org.categories where code = 'X'"), 1);
    EXPECT_EQ(org_.number("select count(*) from org.badges where code = 'X'"), 1);
    const Json held = world_.json({"quarantine", "list", "--state", "held"});
    ASSERT_EQ(held.size(), 1U) << held.dump(1);
    EXPECT_THAT(held.dump(), HasSubstr("ATB-3016"));
    EXPECT_THAT(held.dump(), HasSubstr("rows of org.badges"));
  }
  // Once the badge is gone the delete follows by itself.
  void expect_the_delete_follows() {
    (void)org_.query("delete from org.badges");
    (void)world_.sync();
    EXPECT_EQ(org_.number("select count(*) from org.categories where code = 'X'"), 0);
    EXPECT_TRUE(world_.json({"quarantine", "list", "--state", "held"}).empty());
  }

  PostgresWorld world_;
  Sql& legacy_ = world_.at(Place::kLegacy);
  Sql& org_ = world_.at(Place::kOrg);
};
INSTANTIATE_TEST_SUITE_P(All, Cascade, testing::Values("cascade", "set null"),
                         [](const auto& action) {
                           return std::string(action.param) == "cascade" ? "Cascade" : "SetNull";
                         });

TEST_P(Cascade, ARowThatIsCommittedWhileWeDeleteKeepsItsParent) {
  const auto user = world_.session(Place::kOrg);
  (void)user->query("begin; " + badge());
  const auto run = world_.start({"reconcile", "-o", "json"});
  wait_until_blocked(org_, *run);
  (void)user->query("commit");
  const Finished done = run->finish();
  EXPECT_EQ(done.exit, 0) << done.err;
  const Json report = Json::parse(done.out);
  EXPECT_EQ(report["total"]["held"], 1) << report.dump(1);
  EXPECT_EQ(report["total"]["deleted_platform"], 0);
  expect_held();
  expect_the_delete_follows();
}

TEST_P(Cascade, ARowThatWasThereBeforeKeepsItsParent) {
  (void)org_.query(badge());
  EXPECT_EQ(world_.json({"reconcile"})["total"]["held"], 1);
  expect_held();
  expect_the_delete_follows();
}

}  // namespace
}  // namespace atlas::e2e
