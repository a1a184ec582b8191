// Schedule 11: legacy deletes a team while a member joins it on the platform (E26). With keys that
// cascade and keys that do not; the platform's members in the teams' database and in another one.

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

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
  EXPECT_TRUE(company.identity.has(kTeams, platform_red));
  EXPECT_EQ(company.on_platform(eve, "name"), "eve");
  EXPECT_THAT(company.platform_people(), testing::Contains(HasSubstr("eve@example.org red")));
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
  EXPECT_THAT(company.legacy_people(), testing::Contains(HasSubstr("eve@example.org null")));
  EXPECT_THAT(company.team_state().pending, IsEmpty());
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// The member comes between the look at who refers to the team and the delete.
TEST_P(Parents, AMemberThatJoinsAtAnyMomentIsNotLost) {
  for (int nth = 1;; ++nth) {
    Scene own{
        {.hard_legacy = true, .hard_platform = true, .team_on_profile = GetParam().elsewhere}};
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
    (void)try_run(c);
    c.world.hook = nullptr;
    if (calls < nth) break;
    if (joined.empty()) continue;
    SCOPED_TRACE("call " + std::to_string(nth));
    EXPECT_TRUE(c.identity.has(kUsers, joined));
    EXPECT_TRUE(GetParam().elsewhere || c.identity.has(kTeams, there));
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace atlas::sim
