// Rows that cannot be mapped, and whose counterpart stands on the other side already: neither is
// made twice (E27, E33).

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

// No constraint keeps the double out.
struct UnmappedPairs : testing::TestWithParam<TokenStyle> {
  UnmappedPairs() {
    company.legacy.table(kPeople).uniques.clear();
    company.identity.table(kUsers).uniques.clear();
    company.compile();
  }
  Scene scene{{.match_mail = true}, GetParam()};
  Company& company = scene.company;

  std::size_t rows() const {
    return company.legacy.rows(kPeople).size() + company.identity.rows(kUsers).size();
  }
  std::vector<std::string> reasons() {
    std::vector<std::string> out;
    for (const auto& [key, pending] : company.person_state().pending) out.push_back(pending.reason);
    return out;
  }
  void expect_waiting(const RunReport& report) {
    EXPECT_EQ(rows(), 2U) << "nobody is made twice";
    EXPECT_EQ(report.total[Outcome::kQuarantined], 1);
    EXPECT_EQ(report.total[Outcome::kHeld], 1);
    EXPECT_EQ(company.person_state().pending.size(), 2U);
    EXPECT_EQ(verified(company).entities[1].counts[Standing::kKnown], 2);
  }
  // No run, at once or after every back-off, makes one of them.
  void expect_rest() {
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(writes_during(company, [&] { (void)reconcile(company); }), 0);
      EXPECT_EQ(company.person_state().pending.size(), 2U);
      wait_for_retry(company);
    }
  }
  void expect_adopted(KeyView person, KeyView user) {
    EXPECT_EQ(company.legacy_of(user), person);
    EXPECT_EQ(rows(), 2U);
    EXPECT_THAT(company.person_state().pending, IsEmpty());
    EXPECT_THAT(company.person_state().candidates, IsEmpty());
    expect_converged(company);
    EXPECT_EQ(verified(company).verdict, Verdict::kEqual);
  }
};
INSTANTIATE_TEST_SUITE_P(Tokens, UnmappedPairs,
                         testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                         [](const auto& tokens) {
                           return tokens.param == TokenStyle::kWriter ? "Writer" : "Content";
                         });

TEST_P(UnmappedPairs, TheCounterpartOfAnUnmappableLegacyRowWaitsForIt) {
  const Key ann = company.hire("ann");
  const Key user = company.sign_up("ann");
  company.set(company.legacy, kPeople, ann, "status", "?");
  EXPECT_EQ(previewed(company).writes.total, 0);
  expect_waiting(run(company));
  EXPECT_THAT(pending_lines(company.person_state()),
              ElementsAre("quarantined 3001 legacy 1", StartsWith("held 3012 platform")));
  ASSERT_EQ(reasons().size(), 2U);
  EXPECT_EQ(reasons()[1], "its pair cannot be mapped: people 1");
  EXPECT_EQ(previewed(company).writes.total, 0);
  expect_rest();
  company.set(company.legacy, kPeople, ann, "status", "A");
  EXPECT_EQ(previewed(company).writes.total, 0) << "they are equal";
  EXPECT_EQ(run(company).total.adopted, 1);
  expect_adopted(ann, user);
}

TEST_P(UnmappedPairs, TheCounterpartOfAnUnmappablePlatformRowWaitsForIt) {
  const Key ann = company.hire("ann");
  const Key user = company.sign_up("ann");
  company.set(company.identity, kUsers, user, "status", "?");
  EXPECT_EQ(previewed(company).writes.total, 0);
  expect_waiting(run(company));
  EXPECT_THAT(pending_lines(company.person_state()),
              ElementsAre("held 3012 legacy 1", StartsWith("quarantined 3001 platform")));
  ASSERT_EQ(reasons().size(), 2U);
  EXPECT_THAT(reasons()[0], StartsWith("its pair cannot be mapped: platform person "));
  expect_rest();
  company.set(company.identity, kUsers, user, "status", "active");
  EXPECT_EQ(run(company).total.adopted, 1);
  expect_adopted(ann, user);
}

TEST_P(UnmappedPairs, BothMayBeUnmappable) {
  const Key ann = company.hire("ann");
  const Key user = company.sign_up("ann");
  company.set(company.legacy, kPeople, ann, "status", "?");
  company.set(company.identity, kUsers, user, "status", "?");
  (void)run(company);
  expect_rest();
  company.set(company.legacy, kPeople, ann, "status", "A");
  (void)run(company);
  expect_rest();
  company.set(company.identity, kUsers, user, "status", "active");
  (void)run(company);
  expect_adopted(ann, user);
}

TEST_P(UnmappedPairs, ACounterpartThatComesLaterWaitsAsWell) {
  const Key ann = company.hire("ann");
  company.set(company.legacy, kPeople, ann, "status", "?");
  EXPECT_EQ(run(company).total[Outcome::kQuarantined], 1);
  const Key user = company.sign_up("ann");
  EXPECT_EQ(previewed(company).writes.total, 0);
  (void)run(company);
  EXPECT_EQ(company.person_state().pending.size(), 2U);
  expect_rest();
  company.set(company.identity, kUsers, user, "name", "Ann");
  (void)run(company);
  expect_rest();
  company.set(company.legacy, kPeople, ann, "status", "A");
  (void)run(company);
  EXPECT_EQ(company.legacy_of(user), ann);
  EXPECT_EQ(company.legacy_people(), company.platform_people());
}

// What a person sends to another try by hand.
TEST_P(UnmappedPairs, ARetryMakesNoDouble) {
  const Key ann = company.hire("ann");
  const Key user = company.sign_up("ann");
  company.set(company.legacy, kPeople, ann, "status", "?");
  (void)run(company);
  for (auto& [key, pending] : company.person_state().pending) {
    if (key.side == Side::kPlatform) pending.state = PendingState::kDirty;
  }
  (void)run(company);
  EXPECT_EQ(rows(), 2U);
  expect_rest();
  company.set(company.legacy, kPeople, ann, "status", "A");
  (void)run(company);
  expect_adopted(ann, user);
}

// A paused entity looks at what was set aside before it looks for pairs.
TEST_P(UnmappedPairs, ACorrectedRowThatEndsAPauseIsStillAPair) {
  const Key ann = company.hire("ann");
  const Key user = company.sign_up("ann");
  company.set(company.legacy, kPeople, ann, "status", "?");
  (void)run(company);
  company.person().limits.open_max = 0;
  company.set(company.legacy, kPeople, ann, "status", "A");
  wait_for_retry(company);
  (void)run(company);
  expect_adopted(ann, user);
}

TEST_P(UnmappedPairs, OnceTheRowIsNobodysPairTheOtherIsNew) {
  for (const bool dies : {true, false}) {
    Scene other({.match_mail = true}, GetParam());
    Company& world = other.company;
    const Key ann = world.hire("ann");
    (void)world.sign_up("ann");
    world.set(world.legacy, kPeople, ann, "status", "?");
    (void)run(world);
    EXPECT_EQ(world.legacy.rows(kPeople).size(), 1U);
    if (dies) {
      world.soft_delete(world.legacy, kPeople, ann);
      world.set(world.legacy, kPeople, ann, "mail", "gone@example.org");
    } else {
      world.set(world.legacy, kPeople, ann, "mail", "other@example.org");
    }
    for (int i = 0; i < 2; ++i) {
      (void)run(world);
      wait_for_retry(world);
    }
    EXPECT_EQ(world.legacy.rows(kPeople).size(), 2U) << (dies ? "died" : "is somebody else");
    EXPECT_EQ(world.person_state().pending.size(), 1U);
  }
}

TEST_P(UnmappedPairs, ARowThatIsRemovedHoldsNobodyBack) {
  const Key ann = company.hire("ann");
  const Key user = company.sign_up("ann");
  company.set(company.legacy, kPeople, ann, "status", "?");
  (void)run(company);
  company.legacy.remove(kPeople, ann);
  for (int i = 0; i < 3; ++i) {
    (void)reconcile(company);
    wait_for_retry(company);
  }
  EXPECT_NE(company.legacy_of(user), Key());
  EXPECT_EQ(company.legacy_people(), company.platform_people());
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  EXPECT_THAT(company.person_state().candidates, IsEmpty());
}

// Where not even the match can be told nobody knows of a pair.
TEST_P(UnmappedPairs, AnUnmappableMatchPairsNothing) {
  FieldPlan& status = company.field("status");
  status.in_match = true;
  const Key ann = company.hire("ann");
  (void)company.sign_up("ann");
  company.set(company.legacy, kPeople, ann, "status", "?");
  const RunReport report = run(company);
  EXPECT_EQ(report.total.created_legacy, 1);
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3001 legacy 1"));
}

// Rows that several others match wait until somebody tells them apart, however often they come up.
TEST_P(UnmappedPairs, AnAmbiguousRowIsNotTakenForNewWithItsNextTry) {
  (void)company.hire("ann");
  (void)company.legacy.insert(kPeople, {{"name", Value::text("double")},
                                        {"mail", Value::text("ann@example.org")},
                                        {"status", Value::text("A")},
                                        {"city", Value::text("Bonn")}});
  (void)company.sign_up("ann");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(writes_during(company, [&] { (void)run(company); }), 0);
    wait_for_retry(company);
  }
  EXPECT_EQ(rows(), 3U);
}

// A row that waits for its parent is adopted once that is linked, not made a second time.
TEST_P(UnmappedPairs, ARowThatWaitsForItsParentIsStillAPair) {
  Table& teams = company.identity.table(kTeams);
  teams.checks.push_back(
      {"no_digits", [column = teams.column("title")](std::span<const Value> row) {
         return row[column].as_text().find('7') == std::string_view::npos;
       }});
  company.compile();
  const Key red = company.found("red7");
  const Key ann = company.hire("ann", red);
  const Key user = company.sign_up("ann");
  (void)run(company);
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("waiting 3012 legacy 1"));
  company.set(company.legacy, kTeams, red, "name", "red");
  (void)run(company);
  expect_adopted(ann, user);
}

}  // namespace
}  // namespace atlas::sim
