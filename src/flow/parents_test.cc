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

// A team that is deleted on legacy, and whose delete on the platform is due.
struct ParentThatGoes {
  explicit ParentThatGoes(bool cascade) {
    company.identity.table(kUsers).references.front().cascades = cascade;
    for (LivenessPlan& live : company.team().liveness) live.kind = DeleteKind::kHard;
    const Key team = company.found("red");
    (void)company.hire("bob");
    (void)run(company);
    there = company.identity.rows(kTeams).begin()->first;
    company.legacy.remove(kTeams, team);
    (void)reconcile(company);
    wait_for_proof(company);
  }
  Scene scene{{.hard_legacy = true, .hard_platform = true}};
  Company& company = scene.company;
  Key there;  // the team on the platform
};

class ParentsThatGo : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(All, ParentsThatGo, testing::Bool(), [](const auto& cascade) {
  return std::string(cascade.param ? "Cascading" : "Plain");
});

// The member comes at any moment of the run that deletes the team, also between the look at who
// refers to it and the delete itself. A key that does not cascade refuses the delete then; with one
// that does, the endpoint does not make it.
TEST_P(ParentsThatGo, AMemberThatJoinsAtAnyMomentIsNotLost) {
  std::size_t spared = 0;
  for (int nth = 1;; ++nth) {
    ParentThatGoes own(GetParam());
    Company& c = own.company;
    const Key& there = own.there;
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

// Between the look and the delete: held as if the look had seen it, counted as held, proof and all.
TEST(ParentsThatCascade, AMemberThatJoinsAfterTheLookHoldsTheDelete) {
  ParentThatGoes own(true);
  Company& c = own.company;
  Key eve;
  at_port(c, "identity.apply", Moment::kBefore, [&] { eve = c.sign_up("eve", own.there); });
  const RunReport report = run(c);
  c.world.hook = nullptr;
  ASSERT_FALSE(eve.empty());
  EXPECT_TRUE(c.identity.has(kUsers, eve));
  EXPECT_TRUE(c.identity.has(kTeams, own.there));
  ASSERT_THAT(pending_lines(c.team_state()), ElementsAre("held 3016 legacy 1"));
  EXPECT_EQ(c.team_state().pending.begin()->second.blocker, "rows of users");
  EXPECT_EQ(report.entities[0].counts[Outcome::kHeld], 1);
  EXPECT_EQ(report.entities[0].counts.deleted_platform, 0);
  // She leaves, and the delete follows without a new proof.
  c.world.pass(Micros(1));
  c.identity.update(kUsers, eve, {{"team", Value()}});
  (void)run(c);
  EXPECT_FALSE(c.identity.has(kTeams, own.there));
  EXPECT_THAT(c.team_state().pending, IsEmpty());
  EXPECT_TRUE(c.identity.has(kUsers, eve));
}

// A table that the mapping does not name, and that is closed to us.
TEST(ParentsThatCascade, WhoCannotBeSeenHoldsTheDeleteAndNothingElse) {
  for (const bool looks : {true, false}) {
    SCOPED_TRACE(looks);
    ParentThatGoes own(true);
    Company& c = own.company;
    const Table& users = *c.identity.find(kUsers);
    Table badges;
    badges.name = {"", "badges"};
    badges.columns = {users.columns[users.key.front()], users.columns[users.column("team")]};
    badges.key = {0};
    badges.references.push_back({"badges_team_fkey", 1, kTeams, false, true});
    badges.row_security = true;
    ReferrerPlan referrer;
    referrer.endpoint = EndpointIndex{1};
    referrer.shape.table = badges.name;
    referrer.shape.columns = {{"team", badges.columns[1].type}};
    referrer.shape.key = {0};
    referrer.components = {0};
    const TableName name = c.identity.create(std::move(badges)).name;
    // Without a look before, the endpoint refuses all the same.
    if (looks) c.team().referrers[index(Side::kPlatform)].push_back(std::move(referrer));
    (void)c.hire("ann");
    (void)run(c);
    EXPECT_TRUE(c.identity.has(kTeams, own.there));
    ASSERT_THAT(pending_lines(c.team_state()), ElementsAre("held 3016 legacy 1"));
    EXPECT_THAT(c.team_state().pending.begin()->second.blocker,
                HasSubstr("rows of badges, which cannot be seen"));
    EXPECT_THAT(c.platform_people(), Contains(HasSubstr("ann@example.org")));
    c.identity.table(name).row_security = false;
    (void)run(c);
    EXPECT_FALSE(c.identity.has(kTeams, own.there));
    EXPECT_THAT(c.team_state().pending, IsEmpty());
  }
}

}  // namespace
}  // namespace atlas::sim
