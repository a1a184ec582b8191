// What the mapping's policies do in a run: groups, phases, fields that flow one way.

#include "flow/scene_run_testing.h"
#include "mapping/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> ledger(Company& company) {
  std::vector<std::string> out;
  for (const Conflict& c : company.person_state().conflicts) {
    out.push_back(c.field + ": " + c.legacy_value + " | " + c.platform_value + ", " +
                  (c.open ? "open" : c.winner));
  }
  return out;
}

// --- groups -------------------------------------------------------------------------------------

// Two fields of one group, which the platform even keeps in two databases.
struct Groups : testing::Test {
  Groups() {
    company.field("name").group = 0;
    company.field("city").group = 0;
    ann = company.hire("ann");
    (void)run(company);
    user = company.platform_of(ann);
  }
  void name_on_legacy() {
    company.set(company.legacy, kPeople, ann, "name", "Ann");
    company.world.pass(minutes(1));
  }
  void city_on_platform() {
    company.set(company.geo, kProfiles, user, "city", "Oslo");
    company.world.pass(minutes(1));
  }
  Scene scene;
  Company& company = scene.company;
  Key ann, user;
};

TEST_F(Groups, ALaterEditOfOneFieldOnThePlatformTakesTheOtherOneWithIt) {
  name_on_legacy();
  city_on_platform();
  (void)run(company);
  EXPECT_THAT(company.legacy_people(), ElementsAre("ann ann@example.org null active Oslo null"));
  EXPECT_THAT(ledger(company), ElementsAre("name: Ann | ann, platform"));
  expect_converged(company);
}

TEST_F(Groups, ALaterEditOfOneFieldOnLegacyTakesTheOtherOneWithIt) {
  city_on_platform();
  name_on_legacy();
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("Ann ann@example.org null active Bonn null"));
  EXPECT_THAT(ledger(company), ElementsAre("city: Bonn | Oslo, legacy"));
  expect_converged(company);
}

TEST_F(Groups, FieldsThatOnlyOneSideEditsFlowAsUsual) {
  name_on_legacy();
  company.set(company.legacy, kPeople, ann, "city", "Rome");
  company.set(company.identity, kUsers, user, "status", "inactive");
  (void)run(company);
  EXPECT_THAT(company.platform_people(),
              ElementsAre("Ann ann@example.org null inactive Rome null"));
  EXPECT_THAT(ledger(company), IsEmpty());
  expect_converged(company);
}

TEST_F(Groups, AreHeldTogetherAndSettledByOneWord) {
  company.field("name").policy = Policy::kManual;
  company.field("city").policy = Policy::kManual;
  name_on_legacy();
  city_on_platform();
  (void)run(company);
  ASSERT_THAT(ledger(company), ElementsAre("name: Ann | ann, open", "city: Bonn | Oslo, open"));
  EXPECT_EQ(company.on_platform(user, "name"), "ann");
  EXPECT_EQ(company.on_legacy(ann, "city"), "Bonn");
  VirtualState store(company.state);
  ASSERT_TRUE(store.resolve_conflict(TenantId{1}, company.person_state().conflicts.front(),
                                     "legacy", company.world.now()));
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("Ann ann@example.org null active Bonn null"));
  expect_converged(company);
}

// --- phases (E22) -------------------------------------------------------------------------------

TEST(Phases, ALegacyThatIsToBeReadOnlyReportsItsUsersWrites) {
  for (const Phase phase : {Phase::kDual, Phase::kLegacyReadonly}) {
    Scene scene;
    Company& company = scene.company;
    company.plan.phase = phase;
    const Key ann = company.hire("ann");
    const Key bob = company.hire("bob");
    (void)run(company);
    company.set(company.legacy, kPeople, ann, "name", "Ann");
    company.set(company.identity, kUsers, company.platform_of(bob), "name", "Bob");
    const RunReport report = run(company);
    EXPECT_EQ(report.total.legacy_user_writes, phase == Phase::kLegacyReadonly ? 1 : 0);
    EXPECT_EQ(company.on_platform(company.platform_of(ann), "name"), "Ann") << "and they flow";
    EXPECT_EQ(company.on_legacy(bob, "name"), "Bob");
    EXPECT_EQ(run(company).total.legacy_user_writes, 0) << "our own write is no user's";
    expect_converged(company);
  }
}

TEST(Phases, ALegacyThatIsToBeReadOnlyReportsRowsThatItsUsersMakeAndRemove) {
  for (const bool hard : {false, true}) {
    Scene scene{{.hard_legacy = hard}};
    Company& company = scene.company;
    company.plan.phase = Phase::kLegacyReadonly;
    const Key ann = company.hire("ann");
    const Key bob = company.hire("bob");
    EXPECT_EQ(run(company).total.legacy_user_writes, 0) << "they were there before the bridge";
    (void)company.hire("cid");
    (void)company.sign_up("eve");
    EXPECT_EQ(run(company).total.legacy_user_writes, 1);
    if (hard)
      company.legacy.remove(kPeople, ann);
    else
      company.soft_delete(company.legacy, kPeople, ann);
    company.soft_delete(company.identity, kUsers, company.platform_of(bob));
    std::int64_t reported = reconcile(company).total.legacy_user_writes;
    wait_for_proof(company);
    reported += reconcile(company).total.legacy_user_writes;
    EXPECT_EQ(reported, 1);
    EXPECT_EQ(company.platform_people().size(), 2U);
    EXPECT_EQ(reconcile(company).total.legacy_user_writes, 0);
    expect_converged(company);
  }
}

// The company's teams by a mapping file: what a phase says of conflicts is the compiler's word.
Plan teams_in(const std::string& phase, const Company& company) {
  const std::string text =
      "bridge: 1\ntenant: {name: acme, id: " + company.options.uuid + "}\nphase: " + phase + R"(
sides: {legacy: {main: {sqlite: l}}, platform: {identity: {sqlite: i}}}
state: {sqlite: s}
scope: {legacy: all, platform: "org == 1"}
capture: {margin: 0s}
entities:
  team:
    legacy: {teams: {key: id}}
    platform: {t: {table: identity.teams, key: id}}
    stamp: {legacy: updated, platform: t.updated}
    delete: {legacy: {soft: deleted_at}, platform: {soft: t.deleted_at}}
    fields:
      "name <-> t.title": copy
    legacy_only: {teams.secret: private}
    platform_only: {t.secret: private}
)";
  const Loaded loaded = load("teams.yaml", text, [](const std::string&) { return std::nullopt; });
  if (!loaded.document) throw std::runtime_error(loaded.problems.front().error.text());
  Compiled made = compile(*loaded.document, {{company.legacy.find(kTeams)->info()},
                                             {company.identity.find(kTeams)->info()}});
  if (!made.plan) throw std::runtime_error(made.problems.front().error.text());
  return std::move(*made.plan);
}

// Both sides edit a team's name; legacy's edit is the later one, or the platform's.
std::string winner_in(const std::string& phase, Side later) {
  Scene scene;
  Company& company = scene.company;
  company.plan = teams_in(phase, company);
  const Key red = company.found("red");
  (void)run(company);
  const Key there = company.identity.rows(kTeams).begin()->first;
  for (const Side side : {other(later), later}) {
    company.world.pass(minutes(1));
    if (side == Side::kLegacy)
      company.set(company.legacy, kTeams, red, "name", "legacy");
    else
      company.set(company.identity, kTeams, there, "title", "platform");
  }
  company.world.pass(minutes(1));
  EXPECT_EQ(run(company).total.conflicts, 1);
  EXPECT_EQ(company.legacy_teams(), company.platform_teams());
  return company.legacy.text(kTeams, red, "name");
}

TEST(Phases, SayWhoWinsWhereTheMappingDoesNot) {
  EXPECT_EQ(winner_in("dual", Side::kLegacy), "legacy");
  EXPECT_EQ(winner_in("dual", Side::kPlatform), "platform");
  for (const Side later : {Side::kLegacy, Side::kPlatform}) {
    EXPECT_EQ(winner_in("legacy_leads", later), "legacy");
    EXPECT_EQ(winner_in("platform_leads", later), "platform");
    EXPECT_EQ(winner_in("legacy_readonly", later), "platform");
  }
}

// --- one way (E17) ------------------------------------------------------------------------------

struct OneWay : testing::TestWithParam<Direction> {
  OneWay() {
    company.field("city").direction = GetParam();
    if (to_platform())
      ann = company.hire("ann");
    else
      user = company.sign_up("ann");
    (void)run(company);
    (to_platform() ? user : ann) =
        to_platform() ? company.platform_of(ann) : company.legacy_of(user);
  }
  bool to_platform() const { return GetParam() == Direction::kToPlatform; }
  void write_source(std::string_view city) { write(to_platform(), city); }
  void write_target(std::string_view city) { write(!to_platform(), city); }
  std::string source() const { return city_on(to_platform()); }
  std::string target() const { return city_on(!to_platform()); }
  void write(bool legacy, std::string_view city) {
    company.set(legacy ? company.legacy : company.geo, legacy ? kPeople : kProfiles,
                legacy ? ann : user, "city", city);
  }
  std::string city_on(bool legacy) const {
    return legacy ? company.on_legacy(ann, "city") : company.on_platform(user, "city");
  }
  Scene scene;
  Company& company = scene.company;
  Key ann, user;
};
INSTANTIATE_TEST_SUITE_P(Directions, OneWay,
                         testing::Values(Direction::kToPlatform, Direction::kToLegacy),
                         [](const auto& direction) {
                           return direction.param == Direction::kToPlatform ? "ToPlatform"
                                                                            : "ToLegacy";
                         });

TEST_P(OneWay, DriftOfTheTargetIsReportedAndLeftAlone) {
  write_target("Oslo");
  RunReport report;
  EXPECT_EQ(writes_during(company, [&] { report = run(company); }), 0);
  EXPECT_EQ(report.total.drift, 1);
  EXPECT_EQ(source(), "Bonn");
  EXPECT_EQ(target(), "Oslo");
  EXPECT_THAT(ledger(company), IsEmpty()) << "nothing was lost";
  EXPECT_EQ(writes_during(company, [&] { (void)reconcile(company); }), 0);
}

TEST_P(OneWay, TheSourcesNextEditGoesOverADrift) {
  write_target("Oslo");
  (void)run(company);
  write_source("Rome");
  (void)run(company);
  EXPECT_EQ(target(), "Rome");
  EXPECT_EQ(company.person_state().conflicts.size(), 1U) << "now it was, and is on record";
  expect_converged(company);
}

TEST_P(OneWay, DriftOfAnEnforcedFieldIsWrittenOver) {
  company.field("city").enforce = true;
  write_target("Oslo");
  const RunReport report = run(company);
  EXPECT_EQ(report.total.drift, 0);
  EXPECT_EQ(source(), "Bonn");
  EXPECT_EQ(target(), "Bonn");
  EXPECT_THAT(ledger(company), ElementsAre(to_platform() ? "city: Bonn | Oslo, legacy"
                                                         : "city: Oslo | Bonn, platform"));
  expect_converged(company);
}

}  // namespace
}  // namespace atlas::sim
