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

// A team whose row goes for good on one side, and is only marked on the other.
struct ParentsThatAreMarked : testing::TestWithParam<Side> {
  ParentsThatAreMarked() {
    company.team().liveness[index(dies)].kind = DeleteKind::kHard;
    red = company.found("red");
    bob = company.hire("bob");
    (void)run(company);
    platform_red = company.identity.rows(kTeams).begin()->first;
    user = company.platform_of(bob);
  }
  void remove_team() {
    company.world.pass(Micros(1));
    if (dies == Side::kLegacy) return company.legacy.remove(kTeams, red);
    company.identity.remove(kTeams, platform_red);
  }
  // On the side where the team is alive.
  void move_bob(bool in) {
    Arena arena;
    company.world.pass(Micros(1));
    if (dies == Side::kLegacy) {
      const Value team = in ? decode_key(platform_red, arena).front() : Value();
      return company.identity.update(kUsers, user, {{"team", team}});
    }
    const Value team = in ? decode_key(red, arena).front() : Value();
    company.legacy.update(kPeople, bob, {{"team", team}});
  }
  std::string mark() const {
    return dies == Side::kLegacy ? company.identity.text(kTeams, platform_red, "deleted_at")
                                 : company.legacy.text(kTeams, red, "deleted_at");
  }
  Side dies = GetParam();
  Scene scene;
  Company& company = scene.company;
  Key red, platform_red, bob, user;
};
INSTANTIATE_TEST_SUITE_P(Sides, ParentsThatAreMarked,
                         testing::Values(Side::kLegacy, Side::kPlatform), [](const auto& side) {
                           return side.param == Side::kLegacy ? "LegacyRemoves" : "PlatformRemoves";
                         });

// E26: whether the target removes or marks, its living children count.
TEST_P(ParentsThatAreMarked, ATeamIsNotMarkedWhileAMemberJoinsIt) {
  remove_team();
  move_bob(true);
  prove(company);
  wait_for_proof(company);
  (void)run(company);
  EXPECT_EQ(mark(), "null");
  ASSERT_THAT(pending_lines(company.team_state()), ElementsAre("held 3016 legacy 1"));
  EXPECT_EQ(company.team_state().pending.begin()->second.blocker,
            dies == Side::kLegacy ? "rows of users" : "rows of people");
  move_bob(false);
  (void)run(company);
  wait_for_retry(company);
  (void)run(company);
  EXPECT_NE(mark(), "null");
  EXPECT_THAT(company.team_state().pending, IsEmpty());
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  EXPECT_EQ(company.legacy_people(), company.platform_people());
}

TEST_P(ParentsThatAreMarked, AMemberThatIsDeadDoesNotHoldTheMark) {
  move_bob(true);
  (void)run(company);
  // As the database allows: the dead member leaves the team there.
  if (dies == Side::kLegacy) {
    company.legacy.update(kPeople, bob, {{"team", Value()}, {"deleted_at", Value::instant(1)}});
  } else {
    company.identity.update(kUsers, user, {{"team", Value()}, {"deleted_at", Value::instant(1)}});
  }
  remove_team();
  prove(company);
  EXPECT_NE(mark(), "null");
  EXPECT_THAT(company.team_state().pending, IsEmpty());
}

// With a mark on both sides nothing is left without a parent: what one side shows, the other does.
TEST(ParentsWithMarks, AMarkIsCarriedOverWhateverRefersToTheTeam) {
  Scene scene;
  Company& company = scene.company;
  const Key red = company.found("red");
  (void)company.hire("bob", red);
  (void)run(company);
  company.soft_delete(company.legacy, kTeams, red);
  (void)run(company);
  EXPECT_THAT(company.platform_teams(), IsEmpty());
  EXPECT_THAT(company.platform_people(), ElementsAre(HasSubstr("bob@example.org red")));
  expect_converged(company);
}

// A marked member still holds the team by its foreign key: the team stays, with that reason, until
// the member is purged.
TEST(ParentsWithMarks, AMarkedChildsForeignKeyHoldsTheRemovalOfItsParent) {
  Scene scene;
  Company& company = scene.company;
  for (LivenessPlan& live : company.team().liveness) live.kind = DeleteKind::kHard;
  for (ReferrerPlan& one : company.team().referrers[index(Side::kLegacy)]) one.key_holds = true;
  const Key red = company.found("red");
  const Key bob = company.hire("bob", red);
  (void)company.hire("eve");
  (void)run(company);
  const Key team = company.identity.rows(kTeams).begin()->first;
  const Key user = company.platform_of(bob);
  company.world.pass(Micros(1));
  company.identity.remove(kUsers, user);
  company.geo.remove(kProfiles, user);
  company.identity.remove(kTeams, team);
  prove(company);
  for (int i = 0; i < 2; ++i) {
    wait_for_retry(company);
    (void)run(company);
    EXPECT_NE(company.on_legacy(bob, "deleted_at"), "null");
    ASSERT_THAT(pending_lines(company.team_state()), ElementsAre("held 3016 legacy 1"));
    EXPECT_EQ(company.team_state().pending.begin()->second.blocker,
              "rows of people that are marked as deleted");
  }
  company.legacy.remove(kPeople, bob);
  (void)run(company);
  EXPECT_FALSE(company.legacy.has(kTeams, red));
  EXPECT_THAT(company.team_state().pending, IsEmpty());
}

// E35: `plan` says what the run will do with a parent, not only what is meant.
struct PlannedParents : testing::Test {
  PlannedParents() {
    for (LivenessPlan& live : company.team().liveness) live.kind = DeleteKind::kHard;
    red = company.found("red");
    ann = company.hire("ann", red);
    (void)company.hire("bob");
    (void)run(company);
    there = company.identity.rows(kTeams).begin()->first;
  }
  std::int64_t announced() {
    const PlanReport planned = previewed(company);
    std::int64_t deletes = 0;
    for (const auto& [table, sums] : planned.writes.tables) deletes += sums.deletes;
    return deletes;
  }
  void plan_and_run(std::int64_t deletes) {
    (void)reconcile(company);
    wait_for_proof(company);
    EXPECT_EQ(announced(), deletes);
    EXPECT_EQ(run(company).total.deleted_platform, deletes == 0 ? 0 : deletes - parts);
  }
  Scene scene{{.hard_legacy = true, .hard_platform = true}};
  Company& company = scene.company;
  Key red, ann, there;
  std::int64_t parts = 0;  // rows that are deleted beside their root
};

TEST_F(PlannedParents, AreNotAnnouncedAsDeletedWhileAMemberJoins) {
  company.legacy.update(kPeople, ann, {{"team", Value()}});
  company.legacy.remove(kTeams, red);
  (void)company.sign_up("eve", there);
  plan_and_run(0);
  EXPECT_THAT(pending_lines(company.team_state()), ElementsAre("held 3016 legacy 1"));
  wait_for_retry(company);
  EXPECT_EQ(announced(), 0);
}

TEST_F(PlannedParents, AreAnnouncedWithTheMembersThatDieBeforeThem) {
  company.legacy.remove(kPeople, ann);
  company.legacy.remove(kTeams, red);
  parts = 1;
  plan_and_run(3);
}

TEST_F(PlannedParents, AreAnnouncedWhenTheirMembersMoveAwayInTheSameRun) {
  (void)reconcile(company);
  company.world.pass(Micros(1));
  company.legacy.update(kPeople, ann, {{"team", Value()}});
  company.legacy.remove(kTeams, red);
  RunSettings teams;
  teams.entities = {"team"};
  (void)reconcile(company, teams);
  wait_for_proof(company);
  EXPECT_EQ(announced(), 1);
  EXPECT_EQ(run(company).total.deleted_platform, 1);
}

}  // namespace
}  // namespace atlas::sim
