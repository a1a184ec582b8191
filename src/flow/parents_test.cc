// Schedule 11: legacy deletes a team while a member joins it on the platform (E26). With keys that
// cascade and keys that do not; the platform's members in the teams' database and in another one.

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Keys {
  bool cascade;
  bool elsewhere;
};

struct Parents : testing::TestWithParam<Keys> {
  Parents() {
    for (LivenessPlan& live : company.team().liveness) live.kind = DeleteKind::kHard;
    company.legacy.table(kPeople).references.front().cascades = GetParam().cascade;
    company.identity.table(kUsers).references.front().cascades = GetParam().cascade;
    red = company.found("red");
    ann = company.hire("ann", red);
    bob = company.hire("bob");
    (void)run(company);
    platform_red = company.identity.rows(kTeams).begin()->first;
    eve = company.sign_up("eve", platform_red);
  }
  // As the database allows: without a cascade the members leave first.
  void delete_team() {
    company.world.pass(Micros(1));
    if (!GetParam().cascade) company.legacy.update(kPeople, ann, {{"team", Value()}});
    company.legacy.remove(kTeams, red);
  }
  void leave_team() {
    Database& database = GetParam().elsewhere ? company.geo : company.identity;
    company.world.pass(Micros(1));
    database.update(GetParam().elsewhere ? kProfiles : kUsers, eve, {{"team", Value()}});
  }
  Scene scene{
      {.hard_legacy = true, .hard_platform = true, .team_on_profile = GetParam().elsewhere}};
  Company& company = scene.company;
  Key red, platform_red, ann, bob, eve;
};
INSTANTIATE_TEST_SUITE_P(All, Parents,
                         testing::Values(Keys{false, false}, Keys{true, false}, Keys{false, true},
                                         Keys{true, true}),
                         [](const auto& keys) {
                           return std::string(keys.param.cascade ? "Cascading" : "Plain") +
                                  (keys.param.elsewhere ? "Elsewhere" : "SameDatabase");
                         });

TEST_P(Parents, ATeamIsSparedWhileAMemberJoinsItOnTheOtherSide) {
  delete_team();
  prove(company);
  wait_for_proof(company);
  (void)run(company);
  ASSERT_TRUE(company.identity.has(kTeams, platform_red));
  ASSERT_TRUE(company.identity.has(kUsers, eve));
  EXPECT_THAT(company.platform_people(), Contains(HasSubstr("eve@example.org red")));
  EXPECT_THAT(pending_lines(company.team_state()), ElementsAre("held 3016 legacy 1"));
  // Who went with the team on legacy was deleted there, and is so here: by us, not by a key.
  EXPECT_EQ(company.platform_of(ann).empty(), false);
  EXPECT_EQ(company.identity.has(kUsers, company.platform_of(ann)), !GetParam().cascade);
  EXPECT_TRUE(company.identity.has(kUsers, company.platform_of(bob)));
  // The member leaves: the delete follows by itself, and the member arrives.
  leave_team();
  (void)run(company);
  wait_for_retry(company);
  (void)run(company);
  EXPECT_FALSE(company.identity.has(kTeams, platform_red));
  EXPECT_THAT(company.legacy_people(), Contains(HasSubstr("eve@example.org null")));
  EXPECT_THAT(company.team_state().pending, IsEmpty());
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// The member comes at any moment of the run that deletes the team, also between the look at who
// refers to it and the delete itself. A key that does not cascade refuses the delete then.
TEST(ParentsThatGo, AMemberThatJoinsAtAnyMomentIsNotLost) {
  std::size_t spared = 0;
  for (int nth = 1;; ++nth) {
    Scene own{{.hard_legacy = true, .hard_platform = true}};
    Company& c = own.company;
    for (LivenessPlan& live : c.team().liveness) live.kind = DeleteKind::kHard;
    const Key team = c.found("red");
    (void)c.hire("bob");
    (void)run(c);
    const Key there = c.identity.rows(kTeams).begin()->first;
    c.legacy.remove(kTeams, team);
    (void)reconcile(c);
    wait_for_proof(c);
    int calls = 0;
    Key joined;
    c.world.hook = [&](std::string_view, Moment) -> std::optional<Error> {
      // While the team's delete holds its lock, the database makes the member wait, and refuses it.
      const bool may = c.identity.has(kTeams, there) && !c.identity.locked();
      if (++calls == nth && may) joined = c.sign_up("eve", there);
      return std::nullopt;
    };
    (void)run(c);
    c.world.hook = nullptr;
    if (calls < nth) break;
    if (joined.empty()) continue;
    SCOPED_TRACE("call " + std::to_string(nth));
    ++spared;
    ASSERT_TRUE(c.identity.has(kUsers, joined));
    ASSERT_TRUE(c.identity.has(kTeams, there));
    c.world.pass(Micros(1));
    c.identity.update(kUsers, joined, {{"team", Value()}});
    for (int i = 0; i < 2; ++i) {
      wait_for_retry(c);
      (void)reconcile(c);
    }
    EXPECT_FALSE(c.identity.has(kTeams, there)) << "the delete follows by itself";
    EXPECT_THAT(c.legacy_people(), Contains(HasSubstr("eve@example.org null")));
    EXPECT_THAT(c.team_state().pending, IsEmpty());
    expect_converged(c);
    if (HasFailure()) break;
  }
  EXPECT_GT(spared, 10U);
}

}  // namespace
}  // namespace atlas::sim
