// E9: a target or the state was put back to an earlier moment. Nothing goes on by itself.

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

struct Rewind : testing::Test {
  Rewind() {
    ann = company.hire("ann");
    (void)run(company);
  }
  std::array<Database*, 3> databases() {
    return {&company.legacy, &company.identity, &company.geo};
  }
  // Work that a run would have to do on both sides.
  void edit() {
    company.set(company.legacy, kPeople, ann, "name", "Ann");
    company.set(company.identity, kUsers, company.platform_of(ann), "status", "inactive");
    (void)company.hire("new" + std::to_string(++hired));
  }
  // It needs a person, and it left everything as it was: rows, fences, state, lease.
  void expect_stopped(Code code, const Database& named) {
    const std::vector<std::string> legacy = company.legacy_people();
    const std::vector<std::string> platform = company.platform_people();
    std::vector<std::map<std::string, std::int64_t>> fences;
    for (const Database* database : databases()) fences.push_back(database->fences);
    const std::int64_t confirms = company.state.writes;
    const std::size_t ledger = company.state.tenants.front().runs.size();
    for (int i = 0; i < 2; ++i) {
      std::int64_t writes = writes_during(company, [&] {
        const auto report = try_run(company);
        ASSERT_FALSE(report.has_value());
        EXPECT_EQ(report.error().code(), code);
        EXPECT_EQ(report.error().kind(), ErrorKind::kCorrupt);
        EXPECT_EQ(report.error().exit(), ExitCode::kPersonNeeded);
        EXPECT_THAT(report.error().line(), testing::HasSubstr(named.name()));
      });
      EXPECT_EQ(writes, 0);
    }
    EXPECT_EQ(company.legacy_people(), legacy);
    EXPECT_EQ(company.platform_people(), platform);
    EXPECT_EQ(company.state.writes, confirms);
    EXPECT_EQ(company.state.tenants.front().runs.size(), ledger);
    EXPECT_FALSE(company.state.tenants.front().lease.has_value());
    for (std::size_t i = 0; i < fences.size(); ++i)
      EXPECT_EQ(databases()[i]->fences, fences[i]) << databases()[i]->name();
  }
  Scene scene;
  Company& company = scene.company;
  Key ann;
  int hired = 0;
};

TEST_F(Rewind, ATargetThatIsOlderThanTheStateStopsTheRun) {
  for (Database* database : databases()) {
    SCOPED_TRACE(database->name());
    const Moments rows = database->moment();
    const auto fences = database->fences;
    const auto witnesses = database->witnesses;
    edit();
    (void)run(company);
    const auto after = database->fences;
    restore(*database, rows);
    database->fences = fences;
    database->witnesses = witnesses;
    edit();
    expect_stopped(Code::kTargetRewound, *database);
    database->fences = after;
  }
}

TEST_F(Rewind, AStateThatIsOlderThanATargetStopsTheRun) {
  const auto tenants = company.state.tenants;
  const auto entities = company.state.entities;
  edit();
  (void)run(company);
  company.state.tenants = tenants;
  company.state.entities = entities;
  company.set(company.legacy, kPeople, ann, "city", "Oslo");
  expect_stopped(Code::kStateRewound, company.legacy);
}

}  // namespace
}  // namespace atlas::sim
