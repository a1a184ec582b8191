// Schedule 9: a side is restored from an older backup. It is noticed before anything is written,
// and `repair --rewound` brings back what the backup did not have (E9).

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

// What users did between the backup and the restore, what came over, and what did not.
struct Rewound : testing::TestWithParam<std::tuple<TokenStyle, Side>> {
  Side side = std::get<1>(GetParam());
  Scene scene{{.match_mail = true}, std::get<0>(GetParam())};
  Company& company = scene.company;
  std::map<std::string, Key> people;  // legacy keys, by first name
  Database::Backup legacy, identity, geo;

  void set(Side on, const std::string& who, const char* column, const char* value) {
    const Key& key = people.at(who);
    if (on == Side::kLegacy) return company.set(company.legacy, kPeople, key, column, value);
    company.set(company.identity, kUsers, company.platform_of(key), column, value);
  }
  void kill(Side on, const std::string& who) {
    if (on == Side::kLegacy) return company.soft_delete(company.legacy, kPeople, people.at(who));
    company.soft_delete(company.identity, kUsers, company.platform_of(people.at(who)));
  }
  void add(Side on, const std::string& who) {
    company.world.pass(Micros(1));
    if (on == Side::kLegacy) {
      people[who] = company.hire(who);
      return;
    }
    const Key user = company.sign_up(who);
    (void)run(company);
    people[who] = company.legacy_of(user);
  }

  void SetUp() override {
    company.compile();
    company.person().limits.deletes_confirm = Micros(0);
    for (const char* who : {"ann", "bob", "eve", "fay", "gil", "hal", "zoe"})
      add(Side::kLegacy, who);
    (void)run(company);
    legacy = company.legacy.backup();
    identity = company.identity.backup();
    geo = company.geo.backup();
    company.world.pass(std::chrono::hours(1));
    set(side, "ann", "name", "Ann2");
    set(other(side), "bob", "name", "Bob2");
    add(side, "cid");
    add(other(side), "dan");
    kill(other(side), "eve");
    kill(side, "fay");
    (void)run(company);
    company.world.pass(std::chrono::minutes(1));
    expect_converged(company);
    set(other(side), "gil", "name", "Gil2");  // not synced yet
    if (side == Side::kLegacy) {
      company.legacy.restore(legacy);
    } else {
      company.identity.restore(identity);
      company.geo.restore(geo);
    }
    company.world.pass(std::chrono::minutes(1));
    set(side, "hal", "name", "Hal2");  // users go on
  }

  RunSettings repair() const {
    RunSettings settings;
    settings.sweep.sweep = Sweep::kRepair;
    settings.sweep.rewound = side;
    return settings;
  }
  void expect_nothing_lost() {
    for (int i = 0; i < 3; ++i) {
      company.world.pass(std::chrono::hours(1));
      (void)reconcile(company);
    }
    expect_converged(company);
    const std::vector<std::string> all = company.legacy_people();
    std::vector<std::string> names;
    for (const std::string& line : all) names.push_back(line.substr(0, line.find(' ')));
    EXPECT_THAT(names, ElementsAre("Ann2", "Bob2", "Gil2", "Hal2", "cid", "dan", "zoe"));
    EXPECT_THAT(company.person_state().pending, IsEmpty());
    EXPECT_EQ(verified(company).verdict, Verdict::kEqual);
  }
};
INSTANTIATE_TEST_SUITE_P(
    Sides, Rewound,
    testing::Combine(testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                     testing::Values(Side::kLegacy, Side::kPlatform)),
    [](const auto& kind) {
      return std::string(std::get<0>(kind.param) == TokenStyle::kWriter ? "Writer" : "Content") +
             std::string(side_name(std::get<1>(kind.param)));
    });

TEST_P(Rewound, StopsEveryRunBeforeItWrites) {
  EXPECT_EQ(writes_during(company,
                          [&] {
                            const auto report = try_run(company);
                            ASSERT_FALSE(report);
                            EXPECT_EQ(report.error().code(), Code::kTargetRewound);
                          }),
            0);
}

TEST_P(Rewound, RepairBringsBackWhatTheBackupDidNotHave) {
  const RunReport report = run(company, repair());
  EXPECT_EQ(report.total.deleted_legacy + report.total.deleted_platform, 0);
  expect_nothing_lost();
}

// Once the fences are raised nothing tells that the side is old, but the note that it was begun.
TEST_P(Rewound, ARepairThatDiesIsToBeFinishedFirst) {
  for (int nth = 1; nth < 12; nth += 2) {
    at_port(company, "state.confirm", Moment::kAfter, [] { throw Killed(); }, nth);
    try {
      (void)try_run(company, repair());
      break;
    } catch (const Killed&) {
    }
    company.world.hook = nullptr;
    company.world.pass(std::chrono::minutes(10));
    const auto report = try_run(company);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), Code::kTargetRewound);
  }
  company.world.hook = nullptr;
  company.world.pass(std::chrono::minutes(10));
  (void)run(company, repair());
  expect_nothing_lost();
}

// A sequence that was restored too gives a number again that the lost row had.
struct RewoundSequence : Rewound {};
INSTANTIATE_TEST_SUITE_P(Legacy, RewoundSequence,
                         testing::Combine(testing::Values(TokenStyle::kWriter,
                                                          TokenStyle::kContent),
                                          testing::Values(Side::kLegacy)));

TEST_P(RewoundSequence, ANewRowAtALostRowsKeyIsNotTakenForIt) {
  company.world.pass(Micros(1));
  const Key ivy = company.hire("ivy");
  ASSERT_EQ(ivy, people.at("cid"));
  const Key user = company.platform_of(ivy);
  (void)run(company, repair());
  EXPECT_EQ(company.on_platform(user, "name"), "cid");
  EXPECT_EQ(company.on_legacy(ivy, "name"), "ivy");
  EXPECT_THAT(pending_lines(company.person_state()),
              Contains(testing::StartsWith("quarantined 3009 legacy")));
  company.world.pass(std::chrono::hours(3));
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "name"), "cid") << "it stays until one of them changes";
}

}  // namespace
}  // namespace atlas::sim
