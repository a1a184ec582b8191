// What two runs do when nothing goes wrong: the ground that the other schedules stand on.

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct FirstRun : testing::TestWithParam<TokenStyle> {
  Scene scene{{}, GetParam()};
  Company& company = scene.company;
};
INSTANTIATE_TEST_SUITE_P(Tokens, FirstRun,
                         testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                         [](const auto& tokens) {
                           return tokens.param == TokenStyle::kWriter ? "Writer" : "Content";
                         });

TEST_P(FirstRun, CarriesRowsBothWays) {
  const Key red = company.found("red");
  const Key blue = company.open_team("blue");
  (void)company.hire("ann", red);
  (void)company.sign_up("bob", blue, "Rome");
  const RunReport report = run(company);
  EXPECT_EQ(report.outcome, RunOutcome::kDone);
  EXPECT_THAT(company.legacy_people(), ElementsAre("ann ann@example.org red active Bonn null",
                                                   "bob bob@example.org blue active Rome null"));
  EXPECT_EQ(report.total.created_legacy, 2);
  EXPECT_EQ(report.total.created_platform, 2);
  expect_converged(company);
  EXPECT_EQ(verified(company).verdict, Verdict::kEqual);
}

TEST_P(FirstRun, EditsOfDifferentFieldsBothSurvive) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  company.set(company.identity, kUsers, user, "status", "inactive");
  company.set(company.geo, kProfiles, user, "city", "Oslo");
  (void)run(company);
  EXPECT_THAT(company.platform_people(),
              ElementsAre("Ann ann@example.org null inactive Oslo null"));
  expect_converged(company);
}

TEST_P(FirstRun, TheLaterEditOfOneFieldWins) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.set(company.identity, kUsers, user, "name", "early");
  company.set(company.legacy, kPeople, ann, "name", "late");
  const RunReport report = run(company);
  EXPECT_EQ(company.on_platform(user, "name"), "late");
  EXPECT_EQ(report.total.conflicts, 1);
  expect_converged(company);
}

TEST_P(FirstRun, DeletesTravelAndCanBeUndone) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.soft_delete(company.legacy, kPeople, ann);
  (void)run(company);
  EXPECT_NE(company.on_platform(user, "deleted_at"), "null");
  expect_converged(company);
  company.world.pass(Micros(5));
  company.identity.update(kUsers, user, {{"deleted_at", Value()}});
  (void)run(company);
  EXPECT_EQ(company.on_legacy(ann, "deleted_at"), "null");
  EXPECT_THAT(company.legacy_people(), ElementsAre("ann ann@example.org null active Bonn null"));
  expect_converged(company);
}

TEST_P(FirstRun, UnmappedColumnsAndForeignTenantsKeepValueAndVersion) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.identity.update(kUsers, user, {{"secret", Value::text("theirs")}});
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "name"), "Ann");
  EXPECT_EQ(company.on_platform(user, "secret"), "theirs");
  EXPECT_EQ(company.on_legacy(ann, "secret"), "legacy");
}

TEST_P(FirstRun, ADryRunSaysWhatTheRunThenDoes) {
  (void)company.hire("ann", company.found("red"));
  (void)company.sign_up("bob");
  const PlanReport planned = previewed(company);
  EXPECT_EQ(company.bridge_writes(), 0);
  const RunReport report = run(company);
  EXPECT_EQ(planned.writes.total, report.total.rows_written);
}

TEST_P(FirstRun, ADeadPeerCostsOnlyWhatNeedsIt) {
  (void)company.hire("ann", company.found("red"));
  company.world.hook = [](std::string_view port, Moment) -> std::optional<Error> {
    if (port.starts_with("geo.begin")) return Error(Code::kConnectionLost, "the peer is gone");
    return std::nullopt;
  };
  const auto report = try_run(company);
  ASSERT_TRUE(report);
  EXPECT_THAT(company.platform_teams(), ElementsAre("red"));
  EXPECT_THAT(company.geo.rows(kProfiles), IsEmpty());
  company.world.hook = nullptr;
  (void)run(company);
  (void)run(company);
  EXPECT_EQ(company.geo.rows(kProfiles).size(), 1U);
  expect_converged(company);
}

}  // namespace
}  // namespace atlas::sim
