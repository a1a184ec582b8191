// Schedule 9: a side is restored from an older backup. It is noticed before anything is written,
// and `repair --rewound` brings back what the backup did not have (E9).

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace atlas::sim {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

// What users did between the backup and the restore, what came over, and what did not.
struct Rewound : testing::TestWithParam<std::tuple<TokenStyle, Side, bool>> {
  Side side = std::get<1>(GetParam());
  bool hard = std::get<2>(GetParam());  // both sides remove rows; else they mark them
  Scene scene{{.match_mail = true, .hard_legacy = hard, .hard_platform = hard},
              std::get<0>(GetParam())};
  Company& company = scene.company;
  std::map<std::string, Key> people;  // legacy keys, by first name
  Database::Backup legacy, identity, geo;

  void set(Side on, const std::string& who, const char* column, const char* value) {
    const Key& key = people.at(who);
    if (on == Side::kLegacy) return company.set(company.legacy, kPeople, key, column, value);
    company.set(company.identity, kUsers, company.platform_of(key), column, value);
  }
  void kill(Side on, const std::string& who) {
    const Key user = company.platform_of(people.at(who));
    if (hard && on == Side::kLegacy) return company.legacy.remove(kPeople, people.at(who));
    if (hard) {
      company.identity.remove(kUsers, user);
      return company.geo.remove(kProfiles, user);
    }
    if (on == Side::kLegacy) return company.soft_delete(company.legacy, kPeople, people.at(who));
    company.soft_delete(company.identity, kUsers, user);
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
    if (hard) prove(company);
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
                     testing::Values(Side::kLegacy, Side::kPlatform), testing::Bool()),
    [](const auto& kind) {
      return std::string(std::get<0>(kind.param) == TokenStyle::kWriter ? "Writer" : "Content") +
             std::string(side_name(std::get<1>(kind.param))) +
             (std::get<2>(kind.param) ? "Hard" : "Soft");
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

// Nobody can tell which fields of such a row are edits and which are old: all of them win, and what
// they win over is on record.
TEST_P(Rewound, WhatALaterEditOfTheSameRowWritesOverIsInTheLedger) {
  set(side, "ann", "remark", "later");
  (void)run(company, repair());
  const Side healthy = other(side);
  const auto& conflicts = company.person_state().conflicts;
  EXPECT_TRUE(std::any_of(conflicts.begin(), conflicts.end(), [&](const Conflict& c) {
    return c.field == "name" && !c.open && c.winner == side_name(side) &&
           (healthy == Side::kLegacy ? c.legacy_value : c.platform_value) == "Ann2";
  }));
  EXPECT_EQ(company.on_legacy(people.at("ann"), "name"), "ann");
  EXPECT_EQ(company.on_platform(company.platform_of(people.at("ann")), "name"), "ann");
  EXPECT_EQ(company.on_legacy(people.at("ann"), "remark"), "later");
  EXPECT_EQ(company.on_platform(company.platform_of(people.at("ann")), "remark"), "later");
}

// Once the fences are raised nothing tells that the side is old, but the note that it was begun.
TEST_P(Rewound, ARepairThatDiesIsToBeFinishedFirst) {
  for (int nth = 1; nth < 12; nth += 2) {
    at_port(company, "state.confirm", Moment::kAfter, [] { throw Killed(); }, nth);
    if (!killed(company, repair())) break;
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

// The backup has neither the mark of a row that died nor the part that it got before.
struct RewoundParts : testing::TestWithParam<TokenStyle> {};
INSTANTIATE_TEST_SUITE_P(Tokens, RewoundParts,
                         testing::Values(TokenStyle::kWriter, TokenStyle::kContent));

TEST_P(RewoundParts, ADeadPairGetsItsPartAgain) {
  Scene scene({}, GetParam());
  Company& company = scene.company;
  company.person().limits.deletes_confirm = Micros(0);
  const Key ann = company.hire("ann");
  company.world.hook = [](std::string_view port, Moment) -> std::optional<Error> {
    if (!port.starts_with("geo.begin")) return std::nullopt;
    return Error(Code::kConnectionLost, "the peer is gone");
  };
  ASSERT_TRUE(try_run(company));
  company.world.hook = nullptr;
  const Key user = company.platform_of(ann);
  const Database::Backup identity = company.identity.backup();
  const Database::Backup geo = company.geo.backup();
  company.world.pass(std::chrono::minutes(1));
  company.soft_delete(company.legacy, kPeople, ann);
  for (int i = 0; i < 2; ++i) {
    company.world.pass(std::chrono::minutes(10));
    (void)run(company);
  }
  ASSERT_TRUE(company.geo.has(kProfiles, user));
  company.identity.restore(identity);
  company.geo.restore(geo);
  company.world.pass(std::chrono::minutes(1));
  RunSettings repair;
  repair.sweep.sweep = Sweep::kRepair;
  repair.sweep.rewound = Side::kPlatform;
  (void)run(company, repair);
  for (int i = 0; i < 3; ++i) {
    company.world.pass(std::chrono::hours(1));
    (void)reconcile(company);
  }
  EXPECT_TRUE(company.geo.has(kProfiles, user));
  EXPECT_EQ(company.platform_people(), company.legacy_people());
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  EXPECT_EQ(verified(company).verdict, Verdict::kEqual);
}

// It cannot be mapped while the repair looks at it: what the backup did not have is made once it
// can.
TEST_P(RewoundParts, AnUnmappableRowGetsItsPartAgainOnceItIsPutRight) {
  Scene scene({}, GetParam());
  Company& company = scene.company;
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  const Database::Backup identity = company.identity.backup();
  company.world.pass(std::chrono::minutes(1));
  (void)run(company);
  company.identity.restore(identity);
  company.geo.remove(kProfiles, user);
  company.world.pass(std::chrono::minutes(1));
  company.set(company.legacy, kPeople, ann, "status", "?");
  RunSettings repair;
  repair.sweep.sweep = Sweep::kRepair;
  repair.sweep.rewound = Side::kPlatform;
  (void)run(company, repair);
  EXPECT_FALSE(company.geo.has(kProfiles, user));
  company.set(company.legacy, kPeople, ann, "status", "A");
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "city"), "Bonn");
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// A sequence that was restored too gives a number again that the lost row had.
struct RewoundSequence : Rewound {};
INSTANTIATE_TEST_SUITE_P(Legacy, RewoundSequence,
                         testing::Combine(testing::Values(TokenStyle::kWriter,
                                                          TokenStyle::kContent),
                                          testing::Values(Side::kLegacy), testing::Values(false)));

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

// The state is restored from an older backup: both sides are ahead of their links (E9).
struct RewoundState : testing::TestWithParam<std::tuple<TokenStyle, bool>> {
  Scene scene{{.match_mail = std::get<1>(GetParam())}, std::get<0>(GetParam())};
  Company& company = scene.company;
  std::map<std::string, Key> people;  // legacy keys, by first name

  void set(Side on, const std::string& who, const char* column, const char* value) {
    const Key& key = people.at(who);
    if (on == Side::kLegacy) return company.set(company.legacy, kPeople, key, column, value);
    company.set(company.identity, kUsers, company.platform_of(key), column, value);
  }
  void hire(const std::string& who) {
    company.world.pass(Micros(1));
    people[who] = company.hire(who);
  }
  // Comes over, and has a legacy key that nothing can be derived from.
  void sign_up(const std::string& who) {
    company.world.pass(Micros(1));
    const Key user = company.sign_up(who);
    (void)run(company);
    people[who] = company.legacy_of(user);
  }

  void SetUp() override {
    company.compile();
    company.person().limits.deletes_confirm = Micros(0);
    for (const char* who : {"ann", "bob", "eve", "fay", "gil", "hal", "zoe"}) hire(who);
    (void)run(company);
    const auto tenants = company.state.tenants;
    const auto entities = company.state.entities;
    company.world.pass(std::chrono::hours(1));
    set(Side::kLegacy, "ann", "name", "Ann2");
    set(Side::kPlatform, "bob", "name", "Bob2");
    hire("cid");
    sign_up("dan");
    company.soft_delete(company.identity, kUsers, company.platform_of(people.at("eve")));
    company.soft_delete(company.legacy, kPeople, people.at("fay"));
    (void)run(company);
    company.world.pass(std::chrono::minutes(1));
    set(Side::kLegacy, "ann", "name", "Ann3");  // a second round on the same field
    (void)run(company);
    company.world.pass(std::chrono::minutes(1));
    expect_converged(company);
    // Not synced yet.
    set(Side::kPlatform, "gil", "name", "Gil2");
    set(Side::kLegacy, "hal", "name", "loses");
    company.world.pass(std::chrono::seconds(1));
    set(Side::kPlatform, "hal", "name", "Hal2");
    fence = company.state.tenants.front().epoch;
    company.state.tenants = tenants;
    company.state.entities = entities;
    company.world.pass(std::chrono::minutes(10));
  }

  static RunSettings repair() {
    RunSettings settings;
    settings.sweep.sweep = Sweep::kRepair;
    settings.sweep.state_rewound = true;
    return settings;
  }
  std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const std::string& line : company.legacy_people())
      out.push_back(line.substr(0, line.find(' ')));
    return out;
  }
  void expect_nothing_lost_or_doubled(const std::vector<std::string>& expected) {
    for (int i = 0; i < 3; ++i) {
      company.world.pass(std::chrono::hours(1));
      (void)reconcile(company);
    }
    expect_converged(company);
    EXPECT_EQ(names(), expected);
    EXPECT_THAT(company.person_state().pending, IsEmpty());
    EXPECT_EQ(verified(company).verdict, Verdict::kEqual);
    // The edit that lost is kept.
    const auto& conflicts = company.person_state().conflicts;
    EXPECT_TRUE(std::any_of(conflicts.begin(), conflicts.end(), [](const Conflict& c) {
      return c.field == "name" && c.legacy_value == "loses" && c.winner == "platform";
    }));
  }
  const std::vector<std::string> all = {"Ann3", "Bob2", "Gil2", "Hal2", "cid", "dan", "zoe"};
  Epoch fence;
};
INSTANTIATE_TEST_SUITE_P(
    Tokens, RewoundState,
    testing::Combine(testing::Values(TokenStyle::kWriter, TokenStyle::kContent), testing::Bool()),
    [](const auto& kind) {
      return std::string(std::get<0>(kind.param) == TokenStyle::kWriter ? "Writer" : "Content") +
             (std::get<1>(kind.param) ? "Match" : "NoMatch");
    });

TEST_P(RewoundState, StopsEveryRunBeforeItWrites) {
  EXPECT_EQ(writes_during(company,
                          [&] {
                            const auto report = try_run(company);
                            ASSERT_FALSE(report);
                            EXPECT_EQ(report.error().code(), Code::kStateRewound);
                          }),
            0);
}

TEST_P(RewoundState, RepairFindsThePairsAgainAndTakesEqualRowsForTheBase) {
  const RunReport report = run(company, repair());
  EXPECT_EQ(report.total.created_legacy + report.total.created_platform, 0) << "nothing is doubled";
  EXPECT_EQ(report.total.deleted_legacy + report.total.deleted_platform, 0);
  EXPECT_EQ(report.total.adopted, 2) << "cid by the minted key, dan by what it holds";
  EXPECT_EQ(report.total.rows_written, 2) << "gil and hal";
  EXPECT_GT(report.epoch, fence) << "no run of the lost state can write";
  expect_nothing_lost_or_doubled(all);
}

// Batches that the lost state gave numbers to lie in the targets, applied: the same numbers are
// given to no others.
TEST_P(RewoundState, NumbersThatTheLostStateGaveAwayAreNotGivenAgain) {
  for (Database* database : {&company.legacy, &company.identity, &company.geo}) {
    for (std::int64_t n = 1; n < 2000; ++n)
      database->witnesses[{company.options.uuid, n}].applied = true;
  }
  (void)run(company, repair());
  expect_nothing_lost_or_doubled(all);
}

TEST_P(RewoundState, ARowThatIsNewComesOver) {
  hire("ivy");
  (void)run(company, repair());
  std::vector<std::string> expected = all;
  expected.insert(expected.end() - 1, "ivy");
  expect_nothing_lost_or_doubled(expected);
}

TEST_P(RewoundState, ARepairThatDiesIsToBeFinishedFirst) {
  for (int nth = 1; nth < 14; nth += 2) {
    at_port(company, "state.confirm", Moment::kAfter, [] { throw Killed(); }, nth);
    if (!killed(company, repair())) break;
    company.world.hook = nullptr;
    company.world.pass(std::chrono::minutes(10));
    const auto report = try_run(company);
    ASSERT_FALSE(report) << "links are still old";
  }
  company.world.hook = nullptr;
  company.world.pass(std::chrono::minutes(10));
  if (const auto left = company.state.tenants.front().notes["rewound"]; !left.empty())
    (void)run(company, repair());
  expect_nothing_lost_or_doubled(all);
}

TEST_P(RewoundState, ADeathOfTheRepairAtAnyPortDoesNoHarm) {
  for (const char* port :
       {"state.put_note", "state.go_on_from", "state.take_lease", "state.reserve_batches",
        "identity.commit", "legacy.commit", "identity.raise_fence"}) {
    for (const Moment moment : {Moment::kBefore, Moment::kAfter}) {
      at_port(company, port, moment, [] { throw Killed(); });
      (void)killed(company, repair());
      company.world.hook = nullptr;
      company.world.pass(std::chrono::minutes(10));
    }
  }
  if (!company.state.tenants.front().notes["rewound"].empty()) (void)run(company, repair());
  expect_nothing_lost_or_doubled(all);
}

TEST_P(RewoundState, AHealthyStateIsNotRepairedThatWay) {
  (void)run(company, repair());
  company.world.pass(std::chrono::minutes(10));
  const auto report = try_run(company, repair());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), Code::kNotFound);
}

// What was found on neither side by key, match or content: a person says what is what, and until
// then nothing is doubled.
TEST_P(RewoundState, RowsThatMayBelongTogetherWaitForAPerson) {
  set(Side::kLegacy, "dan", "mail", "dan@elsewhere");  // not synced
  (void)run(company, repair());
  for (int i = 0; i < 3; ++i) {
    company.world.pass(std::chrono::hours(3));
    (void)reconcile(company);
  }
  EXPECT_EQ(company.legacy_people().size(), company.platform_people().size());
  std::vector<std::string> waits = pending_lines(company.person_state());
  ASSERT_EQ(waits.size(), 2U) << "one row of each side";
  EXPECT_THAT(waits, testing::Each(testing::StartsWith("quarantined 3017")));
  // An edit does not make it new.
  set(Side::kLegacy, "dan", "name", "Dan2");
  (void)run(company);
  EXPECT_EQ(pending_lines(company.person_state()).size(), 2U);
  if (!std::get<1>(GetParam())) return;
  // Equal in match, they find each other.
  set(Side::kLegacy, "dan", "mail", "dan@example.org");
  (void)run(company);
  (void)reconcile(company);
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

}  // namespace
}  // namespace atlas::sim
