// References: children wait for parents, deferred ones are patched in, and edits in between survive
// (E12, E23).

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// People are handled before their teams, as in a cycle.
void people_first(Company& company) {
  company.team().stage = 1;
  company.person().stage = 0;
}

RunSettings only(std::string entity) {
  RunSettings out;
  out.entities = {std::move(entity)};
  return out;
}

TEST(References, AChildWaitsForItsParentAndNamesIt) {
  Scene scene;
  Company& company = scene.company;
  const Key red = company.found("red");
  const Key ann = company.hire("ann", red);
  (void)run(company, only("person"));
  EXPECT_EQ(company.platform_of(ann), Key());
  ASSERT_EQ(company.person_state().pending.size(), 1U);
  const Pending& waiting = company.person_state().pending.begin()->second;
  EXPECT_EQ(waiting.state, PendingState::kWaiting);
  EXPECT_EQ(waiting.blocker, "teams 1");
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("ann ann@example.org red active Bonn null"));
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

TEST(References, OneRunIsEnoughWhereTheParentComesLaterInIt) {
  Scene scene;
  Company& company = scene.company;
  people_first(company);
  (void)company.hire("ann", company.found("red"));
  (void)company.sign_up("bob", company.open_team("blue"));
  (void)run(company);
  EXPECT_EQ(company.legacy_people().size(), 2U);
  expect_converged(company);
}

TEST(References, AnUpdateDeliversItsOtherFieldsWhileItsParentIsMissing) {
  Scene scene;
  Company& company = scene.company;
  const Key ann = company.hire("ann");
  (void)run(company);
  company.world.pass(Micros(1));
  const Key red = company.found("red");
  company.legacy.update(kPeople, ann, {{"name", Value::text("Ann")}, {"team", Value::integer(1)}});
  (void)run(company, only("person"));
  EXPECT_EQ(company.on_platform(company.platform_of(ann), "name"), "Ann");
  EXPECT_EQ(company.on_platform(company.platform_of(ann), "team"), "null");
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("Ann ann@example.org red active Bonn null"));
  expect_converged(company);
}

// E12, E15: null yields to a value when a pair is adopted, also where the value's parent is linked
// later than the pair. Whose row is the newer one says nothing.
struct Adopted : testing::TestWithParam<bool> {
  static CompanyOptions options(bool defer) {
    CompanyOptions out;
    out.match_mail = true;
    out.defer_team = defer;
    return out;
  }
  Scene scene{options(GetParam())};
  Company& company = scene.company;
};

TEST_P(Adopted, PairsKeepTheReferenceThatLegacyAloneHas) {
  (void)company.hire("ann", company.found("red"));
  company.world.pass(std::chrono::minutes(5));
  (void)company.sign_up("ann");
  people_first(company);
  const RunReport report = run(company);
  EXPECT_EQ(report.total.conflicts, 0);
  EXPECT_THAT(company.platform_people(), ElementsAre("ann ann@example.org red active Bonn null"));
  expect_converged(company);
}

TEST_P(Adopted, PairsKeepTheReferenceThatThePlatformAloneHas) {
  (void)company.sign_up("ann", company.open_team("red"));
  company.world.pass(std::chrono::minutes(5));
  const Key ann = company.hire("ann");
  people_first(company);
  const RunReport report = run(company);
  EXPECT_EQ(report.total.conflicts, 0);
  EXPECT_NE(company.on_legacy(ann, "team"), "null");
  EXPECT_THAT(company.platform_people(), ElementsAre("ann ann@example.org red active Bonn null"));
  expect_converged(company);
}

INSTANTIATE_TEST_SUITE_P(References, Adopted, testing::Bool(),
                         [](const auto& mode) { return mode.param ? "Deferred" : "Plain"; });

// --- schedule 6: deferred references
// -------------------------------------------------------------------

struct Deferred : testing::Test {
  Deferred() {
    red = company.found("red");
    ann = company.hire("ann", red);
    (void)run(company, only("person"));  // no link of the team yet
    user = company.platform_of(ann);
  }
  static CompanyOptions options() {
    CompanyOptions out;
    out.defer_team = true;
    return out;
  }
  Scene scene{options()};
  Company& company = scene.company;
  Key red, ann, user;
};

TEST_F(Deferred, SendsNullAndPatchesItIn) {
  EXPECT_EQ(company.on_platform(user, "team"), "null");
  EXPECT_EQ(company.on_legacy(ann, "team"), "1") << "our null must not travel back as an edit";
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("deferred 3012 legacy 1"));
  (void)run(company, only("person"));
  EXPECT_EQ(company.on_legacy(ann, "team"), "1") << "still no parent, still no edit";
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("ann ann@example.org red active Bonn null"));
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

TEST_F(Deferred, AnEditOfAnotherFieldInBetweenSurvives) {
  company.set(company.identity, kUsers, user, "name", "Ann");
  company.set(company.legacy, kPeople, ann, "city", "Oslo");
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("Ann ann@example.org red active Oslo null"));
  expect_converged(company);
}

TEST_F(Deferred, APlatformEditOfTheReferenceItselfInBetweenWinsAsTheLaterOne) {
  const Key blue = company.open_team("blue");
  company.world.pass(Micros(1));
  Arena arena;
  company.identity.update(kUsers, user, {{"team", decode_key(blue, arena).front()}});
  (void)run(company);
  (void)run(company);
  EXPECT_THAT(company.legacy_people(), ElementsAre("ann ann@example.org blue active Bonn null"));
  EXPECT_EQ(company.person_state().conflicts.size(), 1U)
      << "the legacy value lost and is on record";
  expect_converged(company);
}

TEST_F(Deferred, ALegacyEditOfTheReferenceInBetweenIsDelivered) {
  const Key green = company.found("green");
  company.world.pass(Micros(1));
  company.legacy.update(kPeople, ann, {{"team", Value::integer(2)}});
  (void)run(company);
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("ann ann@example.org green active Bonn null"));
  expect_converged(company);
}

TEST_F(Deferred, TheReferenceTakenBackInBetweenStaysEmpty) {
  company.world.pass(Micros(1));
  company.legacy.update(kPeople, ann, {{"team", Value()}});
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("ann ann@example.org null active Bonn null"));
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

TEST_F(Deferred, ACrashBetweenInsertAndPatchChangesNothing) {
  for (int nth = 1; nth <= 3; ++nth) {
    at_port(
        company, "identity.commit", nth % 2 == 0 ? Moment::kBefore : Moment::kAfter,
        [] { throw Killed(); }, nth);
    (void)killed(company);
    company.world.hook = nullptr;
    company.world.pass(std::chrono::minutes(10));
  }
  (void)run(company);
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("ann ann@example.org red active Bonn null"));
  EXPECT_EQ(company.on_legacy(ann, "team"), "1");
  expect_converged(company);
}

TEST(References, AParentThatIsQuarantinedHoldsItsChildrenOnly) {
  Scene scene;
  Company& company = scene.company;
  Table& teams = company.identity.table(kTeams);
  teams.checks.push_back({"no_red", [column = teams.column("title")](std::span<const Value> row) {
                            return row[column].as_text() != "red";
                          }});
  company.compile();
  const Key red = company.found("red");
  (void)company.hire("ann", red);
  (void)company.hire("bob", company.found("blue"));
  (void)company.hire("cid");
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("bob bob@example.org blue active Bonn null",
                                                     "cid cid@example.org null active Bonn null"));
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("waiting 3012 legacy 1"));
  company.set(company.legacy, kTeams, red, "name", "Red");
  (void)run(company);
  EXPECT_EQ(company.platform_people().size(), 3U);
  expect_converged(company);
}

// --- a reference whose parent has no link
// ----------------------------------------------------------

struct Missing : testing::Test {
  void on_missing(OnMissing what) { company.field("team").ref->on_missing = what; }
  void join(const Key& who, const Key& team, std::string_view name) {
    Arena arena;
    company.world.pass(Micros(1));
    company.legacy.update(kPeople, who,
                          {{"team", decode_key(team, arena).front()}, {"name", Value::text(name)}});
  }
  Scene scene;
  Company& company = scene.company;
};

TEST_F(Missing, NullMakesTheRowWithoutItAndPatchesItIn) {
  on_missing(OnMissing::kNull);
  const Key ann = company.hire("ann", company.found("red"));
  const Key eve = company.sign_up("eve", company.open_team("blue"));
  (void)run(company, only("person"));
  EXPECT_EQ(company.on_platform(company.platform_of(ann), "team"), "null");
  EXPECT_EQ(company.on_legacy(company.legacy_of(eve), "team"), "null");
  (void)run(company, only("person"));
  EXPECT_EQ(company.on_legacy(ann, "team"), "1") << "our null must not travel back as an edit";
  EXPECT_NE(company.on_platform(eve, "team"), "null");
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("ann ann@example.org red active Bonn null",
                                                     "eve eve@example.org blue active Bonn null"));
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// Where a deferred reference would keep the parent that it had.
TEST_F(Missing, NullTakesTheFormerParentAwayUntilTheNewOneIsThere) {
  on_missing(OnMissing::kNull);
  const Key ann = company.hire("ann", company.found("red"));
  (void)run(company);
  const Key user = company.platform_of(ann);
  join(ann, company.found("green"), "Ann");
  (void)run(company, only("person"));
  EXPECT_EQ(company.on_platform(user, "team"), "null");
  EXPECT_EQ(company.on_platform(user, "name"), "Ann");
  EXPECT_EQ(company.on_legacy(ann, "team"), "2");
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("Ann ann@example.org green active Bonn null"));
  expect_converged(company);
}

TEST_F(Missing, QuarantineSetsANewRowAside) {
  on_missing(OnMissing::kQuarantine);
  const Key ann = company.hire("ann", company.found("red"));
  (void)company.hire("bob");
  (void)run(company, only("person"));
  EXPECT_EQ(company.platform_of(ann), Key());
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3001 legacy 1"));
  EXPECT_EQ(company.person_state().pending.begin()->second.field, "team");
  EXPECT_THAT(company.platform_people(), ElementsAre("bob bob@example.org null active Bonn null"))
      << "nobody else is in quarantine";
  (void)run(company);
  wait_for_retry(company);
  (void)run(company);
  EXPECT_EQ(company.on_platform(company.platform_of(ann), "name"), "ann");
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// Where a waiting reference would let the row's other fields flow.
TEST_F(Missing, QuarantineSetsAllFieldsOfALinkedRowAside) {
  on_missing(OnMissing::kQuarantine);
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  join(ann, company.found("red"), "Ann");
  (void)run(company, only("person"));
  EXPECT_EQ(company.on_platform(user, "name"), "ann");
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3001 legacy 1"));
  (void)run(company);
  wait_for_retry(company);
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("Ann ann@example.org red active Bonn null"));
  expect_converged(company);
}

}  // namespace
}  // namespace atlas::sim
