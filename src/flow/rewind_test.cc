// E9: a target or the state was put back to an earlier moment. Nothing goes on by itself.

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

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
    std::vector<std::map<std::string, Fence>> fences;
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

// Another company's database of the same tenant at the same epoch: the epochs say nothing.
TEST_F(Rewind, AnotherDatabaseStopsTheRun) {
  for (Database* database : databases()) {
    SCOPED_TRACE(database->name());
    Fence& fence = database->fences.begin()->second;
    EXPECT_FALSE(fence.mark.empty());
    const std::string own = fence.mark;
    fence.mark = "db-of-others";
    edit();
    expect_stopped(Code::kOtherDatabase, *database);
    RunSettings repair;
    repair.sweep.sweep = Sweep::kRepair;
    repair.sweep.rewound = database == &company.legacy ? Side::kLegacy : Side::kPlatform;
    const auto repaired = try_run(company, repair);
    ASSERT_FALSE(repaired.has_value()) << "nor is it taken for a restored one";
    EXPECT_EQ(repaired.error().code(), Code::kOtherDatabase);
    fence.mark = own;
  }
  (void)run(company);
}

TEST_F(Rewind, DatabasesHaveMarksOfTheirOwnThatStay) {
  std::set<std::string> marks;
  for (const Database* database : databases()) marks.insert(database->fences.begin()->second.mark);
  EXPECT_EQ(marks.size(), 3U);
  edit();
  (void)run(company);
  for (const Database* database : databases())
    EXPECT_TRUE(marks.contains(database->fences.begin()->second.mark)) << database->name();
}

// State and targets of an earlier version know epochs alone.
TEST_F(Rewind, AFenceWithoutAMarkGetsOneFromTheNextRun) {
  for (Database* database : databases()) database->fences.begin()->second.mark.clear();
  for (auto& [name, text] : company.state.tenants.front().notes) {
    if (name.starts_with("fence ")) text = text.substr(0, text.find(' '));
  }
  edit();
  (void)run(company);
  const std::string mark = company.legacy.fences.begin()->second.mark;
  EXPECT_FALSE(mark.empty());
  EXPECT_THAT(company.state.tenants.front().notes.at("fence legacy.main"),
              testing::EndsWith(" " + mark));
  company.legacy.fences.begin()->second.mark = "db-of-others";
  edit();
  expect_stopped(Code::kOtherDatabase, company.legacy);
}

}  // namespace
}  // namespace atlas::sim
