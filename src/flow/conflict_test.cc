// Schedule 24: a conflict that only a person may settle: edited again, settled, resolved (E21).

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace atlas::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Manual : testing::TestWithParam<TokenStyle> {
  Manual() {
    ann = company.hire("ann");
    (void)run(company);
    user = company.platform_of(ann);
    company.set(company.legacy, kPeople, ann, "remark", "L1");
    company.set(company.identity, kUsers, user, "remark", "P1");
    company.set(company.legacy, kPeople, ann, "name", "Ann");
    report = run(company);
  }
  std::vector<std::string> open() {
    std::vector<std::string> out;
    for (const Conflict& c : company.person_state().conflicts) {
      if (c.open) out.push_back(c.field + ": " + c.legacy_value + " | " + c.platform_value);
    }
    return out;
  }
  void resolve(const std::string& winner) {
    VirtualState store(company.state);
    ASSERT_TRUE(store.resolve_conflict(TenantId{1}, company.person_state().conflicts.front(),
                                       winner, company.world.now()));
  }
  Scene scene{{}, GetParam()};
  Company& company = scene.company;
  Key ann, user;
  RunReport report;
};
INSTANTIATE_TEST_SUITE_P(Tokens, Manual, testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                         [](const auto& tokens) {
                           return tokens.param == TokenStyle::kWriter ? "Writer" : "Content";
                         });

// E35: what a first load will settle is known before it overwrites anything.
TEST(Preview, CountsTheConflictsThatTheRunSettles) {
  CompanyOptions by_mail;
  by_mail.match_mail = true;
  Scene scene{by_mail};
  Company& company = scene.company;
  const Key ann = company.hire("ann");
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  (void)company.sign_up("ann");
  const auto agree = [&] {
    const PlanReport planned = previewed(company);
    std::int64_t said = 0;
    for (const EntityReport& entity : planned.entities) said += entity.counts.conflicts;
    EXPECT_EQ(said, 1);
    EXPECT_EQ(run(company).total.conflicts, said);
  };
  agree();
  company.set(company.legacy, kPeople, ann, "name", "Anna");
  company.world.pass(std::chrono::seconds(2));
  company.set(company.identity, kUsers, company.platform_of(ann), "name", "Anne");
  agree();
}

// The entry that they chose from has the winner and keeps both values: it can be undone.
TEST_P(Manual, OneEntryTellsWhatAPersonChose) {
  resolve("legacy");
  EXPECT_EQ(run(company).total.conflicts, 1);
  ASSERT_EQ(company.person_state().conflicts.size(), 1U);
  const Conflict& told = company.person_state().conflicts.front();
  EXPECT_FALSE(told.open);
  EXPECT_EQ(told.winner, "legacy");
  EXPECT_EQ(told.reason, "manual; resolved by a person");
  EXPECT_FALSE(told.legacy_mid.empty() || told.platform_mid.empty());
  EXPECT_EQ(company.on_platform(user, "remark"), "L1");
}

TEST_P(Manual, BothValuesStayAndOtherFieldsFlow) {
  EXPECT_EQ(report.total.conflicts_held, 1);
  EXPECT_EQ(company.on_legacy(ann, "remark"), "L1");
  EXPECT_EQ(company.on_platform(user, "remark"), "P1");
  EXPECT_EQ(company.on_platform(user, "name"), "Ann");
  EXPECT_THAT(open(), ElementsAre("remark: L1 | P1"));
  EXPECT_EQ(writes_during(company, [&] { (void)run(company); }), 0)
      << "versions are recorded, the cursor passes";
  EXPECT_THAT(open(), ElementsAre("remark: L1 | P1")) << "and it stays open";
}

TEST_P(Manual, EditedAgainOnBothSidesItIsUpdatedInPlace) {
  company.set(company.legacy, kPeople, ann, "remark", "L2");
  (void)run(company);
  company.set(company.identity, kUsers, user, "remark", "P2");
  (void)run(company);
  EXPECT_THAT(open(), ElementsAre("remark: L2 | P2")) << "one open conflict a link and field";
}

TEST_P(Manual, AnEditOfAnotherFieldLeavesItOpen) {
  company.set(company.legacy, kPeople, ann, "city", "Oslo");
  (void)run(company);
  EXPECT_THAT(open(), ElementsAre("remark: L1 | P1"));
  EXPECT_EQ(company.on_platform(user, "city"), "Oslo");
}

TEST_P(Manual, EqualityClosesIt) {
  company.set(company.legacy, kPeople, ann, "remark", "same");
  company.set(company.identity, kUsers, user, "remark", "same");
  (void)run(company);
  EXPECT_THAT(open(), IsEmpty());
  expect_converged(company);
  // The base moved: the next edit is an ordinary one.
  company.set(company.legacy, kPeople, ann, "remark", "next");
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "remark"), "next");
  expect_converged(company);
}

TEST_P(Manual, AReturnToTheBaseClosesItAndTheOtherEditFlows) {
  company.world.pass(Micros(1));
  company.legacy.update(kPeople, ann, {{"remark", Value()}});
  (void)run(company);
  EXPECT_THAT(open(), IsEmpty());
  EXPECT_EQ(company.on_legacy(ann, "remark"), "P1");
  expect_converged(company);
}

TEST_P(Manual, AResolutionIsCarriedOut) {
  resolve("legacy");
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "remark"), "L1");
  EXPECT_THAT(open(), IsEmpty());
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// The person saw P1; a user writes P2 before the run comes.
TEST_P(Manual, AResolutionOfRowsThatChangedIsNotCarriedOut) {
  resolve("legacy");
  company.set(company.identity, kUsers, user, "remark", "P2");
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "remark"), "P2");
  EXPECT_THAT(open(), ElementsAre("remark: L1 | P2"));
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "remark"), "P2") << "not in the next run either";
}

// The same where the field lies on another row than the root, whose version says nothing of it.
TEST_P(Manual, AResolutionIsNotCarriedOutWhenTheOtherPartChanged) {
  company.field("city").policy = Policy::kManual;
  company.set(company.legacy, kPeople, ann, "city", "Rome");
  company.set(company.geo, kProfiles, user, "city", "Oslo");
  (void)run(company);
  VirtualState store(company.state);
  const auto& conflicts = company.person_state().conflicts;
  const auto city = std::ranges::find(conflicts, "city", &Conflict::field);
  ASSERT_NE(city, conflicts.end());
  ASSERT_TRUE(store.resolve_conflict(TenantId{1}, *city, "legacy", company.world.now()));
  company.set(company.geo, kProfiles, user, "city", "Ulm");
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "city"), "Ulm");
  EXPECT_THAT(open(), testing::Contains("city: Rome | Ulm"));
}

TEST_P(Manual, ADeleteClosesIt) {
  company.soft_delete(company.legacy, kPeople, ann);
  company.soft_delete(company.identity, kUsers, user);
  (void)run(company);
  (void)run(company);
  EXPECT_EQ(writes_during(company, [&] { (void)run(company); }), 0);
}

// S3: each loser is in the ledger exactly once, whatever happens to the run that overrides it and
// to the instance's other writes.
struct Losers : testing::TestWithParam<TokenStyle> {
  Losers() {
    ann = company.hire("ann");
    (void)run(company);
    user = company.platform_of(ann);
    company.set(company.identity, kUsers, user, "name", "loses");
    company.set(company.identity, kUsers, user, "status", "inactive");  // flows to legacy
    company.world.pass(std::chrono::seconds(1));
    company.set(company.legacy, kPeople, ann, "name", "wins");
  }
  void expect_one_loser() {
    (void)run(company);
    (void)run(company);
    EXPECT_EQ(company.on_platform(user, "name"), "wins");
    EXPECT_EQ(company.on_legacy(ann, "status"), "I");
    ASSERT_EQ(company.person_state().conflicts.size(), 1U);
    EXPECT_EQ(company.person_state().conflicts[0].platform_value, "loses");
    EXPECT_EQ(company.person_state().conflicts[0].winner, "legacy");
    expect_converged(company);
  }
  Scene scene{{}, GetParam()};
  Company& company = scene.company;
  Key ann, user;
};
INSTANTIATE_TEST_SUITE_P(Tokens, Losers, testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                         [](const auto& tokens) {
                           return tokens.param == TokenStyle::kWriter ? "Writer" : "Content";
                         });

TEST_P(Losers, AreOnRecordAlthoughTheRunDied) {
  for (const Moment moment : {Moment::kBefore, Moment::kAfter}) {
    at_port(company, "state.confirm", moment, [] { throw Killed(); }, 1);
    (void)killed(company);
    company.world.hook = nullptr;
    company.world.pass(std::chrono::minutes(10));
  }
  expect_one_loser();
}

TEST_P(Losers, AreOnRecordAlthoughAnotherWriteOfTheInstanceFailed) {
  // The status is refused by its guard on legacy; the name is written on the platform all the same.
  at_port(company, "legacy.begin", Moment::kBefore,
          [&] { company.set(company.legacy, kPeople, ann, "city", "Oslo"); });
  (void)run(company);
  company.world.hook = nullptr;
  EXPECT_EQ(company.on_platform(user, "name"), "wins");
  expect_one_loser();
}

TEST_P(Losers, AreNotOnRecordWhenTheirOverridingWriteFailed) {
  const Value stamp = company.identity.rows(kUsers).at(user)->cells.back();
  at_port(company, "identity.begin", Moment::kBefore, [&] {
    company.identity.update(kUsers, user, {{"secret", Value::text("theirs")}, {"updated", stamp}});
  });
  (void)run(company);
  company.world.hook = nullptr;
  expect_one_loser();
}

// An edit that a delete overrides is on record too.
TEST_P(Losers, OfADeleteAreOnRecordAlthoughTheRunDied) {
  company.person().on_delete = OnDelete::kDeleteWins;
  company.soft_delete(company.legacy, kPeople, ann);
  at_port(company, "identity.commit", Moment::kAfter, [] { throw Killed(); });
  EXPECT_THROW((void)try_run(company), Killed);
  company.world.hook = nullptr;
  company.world.pass(std::chrono::minutes(10));
  (void)run(company);
  (void)run(company);
  EXPECT_NE(company.on_platform(user, "deleted_at"), "null");
  const auto& conflicts = company.person_state().conflicts;
  EXPECT_TRUE(std::any_of(conflicts.begin(), conflicts.end(), [](const Conflict& c) {
    return c.field == "name" && c.platform_value == "loses";
  }));
}

// `conflicts undo`: the value that lost is written to its own side and flows from there.
struct Undone : testing::TestWithParam<TokenStyle> {
  Undone() {
    ann = company.hire("ann");
    (void)run(company);
    user = company.platform_of(ann);
    company.set(company.identity, kUsers, user, "name", "loses");
    company.world.pass(std::chrono::seconds(1));
    company.set(company.legacy, kPeople, ann, "name", "wins");
    (void)run(company);
    (void)run(company);
    company.world.pass(std::chrono::seconds(1));
  }
  const std::vector<Conflict>& ledger() { return company.person_state().conflicts; }
  // As the verb asks for it.
  void undo(const Conflict& conflict) {
    VirtualState store(company.state);
    Conflict undo = conflict;
    undo.undoes = conflict.id;
    undo.open = true;
    undo.winner.clear();
    undo.resolved_by = conflict.winner == "legacy" ? "platform" : "legacy";
    undo.reason = "undo by test: why";
    undo.at = company.world.now();
    const auto made = store.undo_conflict(TenantId{1}, person_in(store), undo);
    ASSERT_TRUE(made) << made.error().line();
  }
  EntityRef person_in(VirtualState& store) {
    return *store.entity(TenantId{1}, entity_decl(company.person()));
  }
  void expect_both(const char* name) {
    EXPECT_EQ(company.on_legacy(ann, "name"), name);
    EXPECT_EQ(company.on_platform(user, "name"), name);
    EXPECT_THAT(company.person_state().pending, IsEmpty());
    expect_converged(company);
  }
  Scene scene{{}, GetParam()};
  Company& company = scene.company;
  Key ann, user;
};
INSTANTIATE_TEST_SUITE_P(Tokens, Undone, testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                         [](const auto& tokens) {
                           return tokens.param == TokenStyle::kWriter ? "Writer" : "Content";
                         });

TEST_P(Undone, TheLosersValueStandsOnBothSides) {
  undo(ledger().front());
  const RunReport report = run(company);
  EXPECT_EQ(report.total.conflicts, 0) << "it is nobody's conflict";
  expect_both("loses");
  ASSERT_EQ(ledger().size(), 2U);
  EXPECT_FALSE(ledger()[1].open);
  EXPECT_EQ(ledger()[1].winner, "platform");
  EXPECT_EQ(ledger()[1].reason, "undo by test: why");
}

TEST_P(Undone, AnUndoIsUndoneTheSameWay) {
  undo(ledger().front());
  (void)run(company);
  company.world.pass(std::chrono::seconds(1));
  undo(ledger().back());
  (void)run(company);
  expect_both("wins");
  EXPECT_EQ(ledger().back().winner, "legacy");
}

// Somebody edits the field, on either side, before the run comes.
TEST_P(Undone, AnEditThatCameSinceStays) {
  for (const bool on_legacy : {true, false}) {
    undo(ledger().front());
    if (on_legacy) {
      company.set(company.legacy, kPeople, ann, "name", "later");
    } else {
      company.set(company.identity, kUsers, user, "name", "later");
    }
    (void)run(company);
    expect_both("later");
    EXPECT_EQ(ledger().back().winner, "") << "it is not undone";
    EXPECT_THAT(ledger().back().reason, testing::HasSubstr("edited since"));
    // Back to the state in which it could be undone.
    company.world.pass(std::chrono::seconds(1));
    company.set(company.legacy, kPeople, ann, "name", "wins");
    (void)run(company);
  }
}

// Between our read and our write: the guard is lost, and then the field has another value.
TEST_P(Undone, AnEditInTheMomentOfItsWriteStays) {
  undo(ledger().front());
  at_port(company, "identity.begin", Moment::kBefore,
          [&] { company.set(company.identity, kUsers, user, "name", "later"); });
  (void)run(company);
  company.world.hook = nullptr;
  (void)run(company);
  expect_both("later");
}

TEST_P(Undone, EditsOfOtherFieldsComeOverAndDoNotDisturbIt) {
  undo(ledger().front());
  company.set(company.identity, kUsers, user, "status", "inactive");
  company.set(company.legacy, kPeople, ann, "city", "Oslo");
  (void)run(company);
  EXPECT_EQ(company.on_legacy(ann, "status"), "I");
  EXPECT_EQ(company.on_platform(user, "city"), "Oslo");
  expect_both("loses");
}

TEST_P(Undone, ARunThatDiesAnywhereLeavesItToTheNext) {
  undo(ledger().front());
  for (const char* port : {"state.store_intents", "identity.commit", "state.confirm",
                           "legacy.commit", "state.confirm"}) {
    for (const Moment moment : {Moment::kBefore, Moment::kAfter}) {
      at_port(company, port, moment, [] { throw Killed(); });
      (void)killed(company);
      company.world.hook = nullptr;
      company.world.pass(std::chrono::minutes(10));
    }
  }
  (void)run(company);
  (void)run(company);
  expect_both("loses");
  EXPECT_EQ(ledger().back().winner, "platform");
  EXPECT_FALSE(ledger().back().open);
}

TEST_P(Undone, OfADeletedPairIsRefused) {
  undo(ledger().front());
  company.soft_delete(company.legacy, kPeople, ann);
  (void)run(company);
  (void)run(company);
  EXPECT_THAT(ledger().back().reason, testing::HasSubstr("not alive"));
  EXPECT_FALSE(ledger().back().open);
}

}  // namespace
}  // namespace atlas::sim
