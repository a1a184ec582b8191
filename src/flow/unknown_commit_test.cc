// Schedule 2 through whole runs: the answer to every COMMIT is lost once, in every way (E3, S7,
// S8).

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::ElementsAre;

struct UnknownCommit : testing::TestWithParam<std::tuple<TokenStyle, CommitFault>> {};
INSTANTIATE_TEST_SUITE_P(Ways, UnknownCommit,
                         testing::Combine(testing::Values(TokenStyle::kWriter,
                                                          TokenStyle::kContent),
                                          testing::Values(CommitFault::kAppliedUnanswered,
                                                          CommitFault::kRolledBackUnanswered,
                                                          CommitFault::kAppliedLater)));

void work(Company& company) {
  const Key red = company.found("red");
  (void)company.hire("ann", red);
  (void)company.sign_up("bob", company.open_team("blue"));
}

void expect_work(Company& company) {
  EXPECT_THAT(company.legacy_people(), ElementsAre("ann ann@example.org red active Bonn null",
                                                   "bob bob@example.org blue active Bonn null"));
  EXPECT_EQ(company.person_state().links.size(), 2U);
  EXPECT_EQ(company.legacy.rows(kPeople).size(), 2U);
  EXPECT_EQ(company.identity.rows(kUsers).size(), 2U);
  expect_converged(company);
}

TEST_P(UnknownCommit, IsSettledInTheSameRun) {
  const auto [tokens, fault] = GetParam();
  for (std::size_t skip = 0; skip < 3; ++skip) {
    for (int which = 0; which < 3; ++which) {
      Scene scene{{}, tokens};
      Company& company = scene.company;
      work(company);
      Database& database = which == 0   ? company.legacy
                           : which == 1 ? company.identity
                                        : company.geo;
      database.commit_faults.assign(skip, CommitFault::kNone);
      database.commit_faults.push_back(fault);
      (void)run(company);
      (void)run(company);
      SCOPED_TRACE("commit " + std::to_string(skip + 1) + " of " + database.name());
      expect_work(company);
    }
  }
}

// The run dies right after it: the witness tells the next one.
TEST_P(UnknownCommit, IsSettledByTheNextRunIfThisOneDies) {
  const auto [tokens, fault] = GetParam();
  for (const char* name : {"legacy", "identity", "geo"}) {
    for (int nth = 1; nth <= 2; ++nth) {
      Scene scene{{}, tokens};
      Company& company = scene.company;
      work(company);
      Database& database = name == std::string("legacy") ? company.legacy
                           : name == std::string("geo")  ? company.geo
                                                         : company.identity;
      database.commit_faults.assign(static_cast<std::size_t>(nth) - 1, CommitFault::kNone);
      database.commit_faults.push_back(fault);
      at_port(company, std::string(name) + ".settle", Moment::kBefore, [] { throw Killed(); });
      (void)killed(company);
      company.world.hook = nullptr;
      company.world.pass(std::chrono::minutes(10));
      (void)run(company);
      (void)run(company);
      SCOPED_TRACE(std::string(name) + " commit " + std::to_string(nth));
      expect_work(company);
    }
  }
}

}  // namespace
}  // namespace atlas::sim
