// Schedule 5: triggers of the targets rewrite what we send, before or after, or swallow it (E12,
// E13, S16).

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>

namespace atlas::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Trigger case_trigger(const Table& table, std::string name, WriteKind on, Moment moment,
                     int (*change)(int)) {
  Trigger out;
  out.name = std::move(name);
  out.on = on;
  out.moment = moment;
  out.run = [column = table.column("name"), change](std::span<const Value>, std::span<Value> row,
                                                    Arena& arena) {
    std::string text(row[column].as_text());
    for (char& c : text) c = static_cast<char>(change(static_cast<unsigned char>(c)));
    row[column] = Value::text(arena.copy(text));
    return TriggerAnswer::kGo;
  };
  return out;
}

void rewrite_names(Database& database, const TableName& name, Moment moment, int (*change)(int)) {
  Table& table = database.table(name);
  for (const WriteKind on : {WriteKind::kInsert, WriteKind::kUpdate})
    table.triggers.push_back(case_trigger(table, "change_case", on, moment, change));
}

struct Triggers : testing::TestWithParam<std::tuple<TokenStyle, Moment>> {
  Scene scene{{}, std::get<0>(GetParam())};
  Company& company = scene.company;
  Moment moment = std::get<1>(GetParam());
};
INSTANTIATE_TEST_SUITE_P(
    Kinds, Triggers,
    testing::Combine(testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                     testing::Values(Moment::kBefore, Moment::kAfter)),
    [](const auto& kind) {
      return std::string(std::get<0>(kind.param) == TokenStyle::kWriter ? "Writer" : "Content") +
             (std::get<1>(kind.param) == Moment::kBefore ? "Before" : "After");
    });

// The rewrite M' of our M is an edit of the target: it travels back once, and then all is silent.
TEST_P(Triggers, ARewriteIsAnEditOfTheTargetAndNoEcho) {
  rewrite_names(company.identity, kUsers, moment, std::toupper);
  company.compile();
  const Key ann = company.hire("ann");
  (void)run(company);
  (void)run(company);
  EXPECT_EQ(company.on_platform(company.platform_of(ann), "name"), "ANN");
  EXPECT_EQ(company.on_legacy(ann, "name"), "ANN");
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
  company.set(company.legacy, kPeople, ann, "name", "Anna");
  (void)run(company);
  (void)run(company);
  EXPECT_EQ(company.on_legacy(ann, "name"), "ANNA");
  expect_converged(company);
}

// What we sent stays the base, so a rewrite is not lost if the run dies before it is read back.
TEST_P(Triggers, ARewriteSurvivesACrashBeforeItIsReadBack) {
  rewrite_names(company.identity, kUsers, moment, std::toupper);
  company.compile();
  const Key ann = company.hire("ann");
  at_port(company, "state.confirm", Moment::kAfter, [] { throw Killed(); }, 2);
  EXPECT_THROW((void)try_run(company), Killed);
  company.world.hook = nullptr;
  company.world.pass(std::chrono::minutes(10));
  (void)run(company);
  (void)run(company);
  EXPECT_EQ(company.on_legacy(ann, "name"), "ANN");
  expect_converged(company);
}

// Both sides rewrite and never agree: two bounces and the row is set aside.
TEST_P(Triggers, TriggersThatDisagreeAreQuarantined) {
  const Key ann = company.hire("ann");
  (void)run(company);
  rewrite_names(company.identity, kUsers, moment, std::toupper);
  rewrite_names(company.legacy, kPeople, moment, std::tolower);
  company.compile();
  company.set(company.legacy, kPeople, ann, "name", "Anna");
  std::int64_t writes = 0;
  for (int i = 0; i < 4; ++i) writes += writes_during(company, [&] { (void)run(company); });
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3005 legacy 1"));
  EXPECT_LE(writes, 8) << "they must not play ping-pong";
  EXPECT_EQ(writes_during(company, [&] { (void)run(company); }), 0);
  // A user of the row does not wake the quarrel for good either.
  company.set(company.identity, kUsers, company.platform_of(ann), "status", "inactive");
  for (int i = 0; i < 4; ++i) (void)run(company);
  EXPECT_LE(writes_during(company, [&] { (void)run(company); }), 0);
}

// A trigger that stamps every write with its own clock changes nothing that is mapped.
TEST_P(Triggers, AStampingTriggerCostsNothing) {
  Table& users = company.identity.table(kUsers);
  for (const WriteKind on : {WriteKind::kInsert, WriteKind::kUpdate}) {
    Trigger stamp;
    stamp.name = "stamp";
    stamp.on = on;
    stamp.moment = moment;
    stamp.run = [column = *users.stamp, this](std::span<const Value>, std::span<Value> row,
                                              Arena&) {
      row[column] = Value::instant(company.world.now().time_since_epoch().count());
      return TriggerAnswer::kGo;
    };
    users.triggers.push_back(std::move(stamp));
  }
  company.compile();
  const Key ann = company.hire("ann");
  const RunReport report = run(company);
  EXPECT_EQ(report.total.rows_written, 2);
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  (void)run(company);
  EXPECT_EQ(company.on_platform(company.platform_of(ann), "name"), "Ann");
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// E24: the run dies between the root, which a trigger rewrote, and an optional part. What the part
// does not hold yet is nobody's null, however late the root's stamp is.
TEST(Rewrites, ARootThatWasRewrittenTakesNothingFromAPartNotMadeYet) {
  Scene scene{{.optional_profile = true, .team_on_profile = true}};
  Company& company = scene.company;
  const Key blue = company.found("blue");
  (void)run(company);
  rewrite_names(company.identity, kUsers, Moment::kBefore, std::toupper);
  company.compile();
  const Key ann = company.hire("ann", blue, "Bonn");
  at_port(company, "geo.apply", Moment::kBefore, [] { throw Killed(); });
  ASSERT_TRUE(killed(company));
  company.world.hook = nullptr;
  for (int i = 0; i < 3; ++i) {
    company.world.pass(std::chrono::hours(2));
    (void)run(company);
  }
  EXPECT_EQ(company.on_legacy(ann, "city"), "Bonn");
  EXPECT_NE(company.on_legacy(ann, "team"), "null");
  EXPECT_EQ(company.on_platform(company.platform_of(ann), "city"), "Bonn");
  EXPECT_THAT(company.person_state().conflicts, IsEmpty());
  expect_converged(company);
}

// E19 with rewrites: our write's stamp never beats a user's edit that came before it.
TEST_P(Triggers, OurOwnWriteThatWasRewrittenIsNoUsersEdit) {
  Table& users = company.identity.table(kUsers);
  Trigger other;  // rewrites another field than the one in conflict
  other.name = "trim_remark";
  other.on = WriteKind::kUpdate;
  other.moment = moment;
  other.run = [column = users.column("secret")](std::span<const Value>, std::span<Value> row,
                                                Arena&) {
    row[column] = Value::text("touched");
    return TriggerAnswer::kGo;
  };
  users.triggers.push_back(std::move(other));
  company.compile();
  const Key ann = company.hire("ann");
  (void)run(company);
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  (void)run(company);
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  EXPECT_TRUE(company.person_state().conflicts.empty());
  expect_converged(company);
}

struct Swallow : testing::TestWithParam<TokenStyle> {};
INSTANTIATE_TEST_SUITE_P(Tokens, Swallow,
                         testing::Values(TokenStyle::kWriter, TokenStyle::kContent));

TEST_P(Swallow, AWriteThatATriggerEatsIsQuarantinedAndNothingElseIs) {
  Scene scene{{}, GetParam()};
  Company& company = scene.company;
  const Key ann = company.hire("ann");
  const Key bob = company.hire("bob");
  (void)run(company);
  Table& users = company.identity.table(kUsers);
  Trigger eat;
  eat.name = "eat";
  eat.on = WriteKind::kUpdate;
  eat.run = [column = users.column("name")](std::span<const Value>, std::span<Value> row, Arena&) {
    return row[column].as_text() == "Ann" ? TriggerAnswer::kSwallow : TriggerAnswer::kGo;
  };
  users.triggers.push_back(std::move(eat));
  company.compile();
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  company.set(company.legacy, kPeople, bob, "name", "Bob");
  (void)run(company);
  EXPECT_EQ(company.on_platform(company.platform_of(ann), "name"), "ann");
  EXPECT_EQ(company.on_platform(company.platform_of(bob), "name"), "Bob");
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3004 legacy 1"));
  // The trigger goes; the retry delivers.
  users.triggers.clear();
  company.compile();
  wait_for_retry(company);
  (void)run(company);
  EXPECT_EQ(company.on_platform(company.platform_of(ann), "name"), "Ann");
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

TEST_P(Swallow, ATriggerThatRefusesIsQuarantinedWithItsReason) {
  Scene scene{{}, GetParam()};
  Company& company = scene.company;
  Table& users = company.identity.table(kUsers);
  Trigger refuse;
  refuse.name = "refuse";
  refuse.on = WriteKind::kInsert;
  refuse.run = [](std::span<const Value>, std::span<Value>, Arena&) {
    return TriggerAnswer::kRaise;
  };
  users.triggers.push_back(std::move(refuse));
  company.compile();
  (void)company.hire("ann");
  (void)run(company);
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3011 legacy 1"));
  EXPECT_THAT(company.geo.rows(kProfiles), IsEmpty()) << "no part without its root";
}

// The two rows are no pair yet, but what one side's write has put over an edit is on record.
TEST(HalfAdoption, WhatItWroteOverOnOneSideIsInTheLedger) {
  Scene scene{{.match_mail = true}};
  Company& company = scene.company;
  Table& people = company.legacy.table(kPeople);
  Trigger swallow;
  swallow.name = "swallow";
  swallow.run = [](std::span<const Value>, std::span<Value>, Arena&) {
    return TriggerAnswer::kSwallow;
  };
  people.triggers.push_back(swallow);
  company.compile();
  company.field("city").policy = Policy::kLegacy;
  const Key ann = company.hire("ann", {}, "Bonn");
  const Key user = company.sign_up("ann", {}, "Oslo");
  company.set(company.identity, kUsers, user, "status", "inactive");  // for legacy, which refuses
  (void)run(company);
  ASSERT_EQ(company.on_platform(user, "city"), "Bonn");
  EXPECT_THAT(company.person_state().links, IsEmpty());
  const auto& conflicts = company.person_state().conflicts;
  ASSERT_EQ(conflicts.size(), 1U);
  EXPECT_EQ(conflicts.front().field, "city");
  EXPECT_EQ(conflicts.front().platform_value, "Oslo");
}

// E15: after a crash in the middle it is no pair either, and null still yields to a value.
TEST(HalfAdoption, IsNoPairAfterACrash) {
  Scene scene{{.match_mail = true}};
  Company& company = scene.company;
  company.field("city").policy = Policy::kLegacy;
  company.field("remark").policy = Policy::kNewest;
  const Key ann = company.hire("ann", {}, "Bonn");
  const Key user = company.sign_up("ann", {}, "Oslo");
  company.set(company.identity, kUsers, user, "status", "inactive");
  // One side's write is applied, and nobody hears of it.
  at_port(company, "geo.commit", Moment::kAfter, [] { throw Killed(); });
  ASSERT_TRUE(killed(company));
  company.world.hook = nullptr;
  ASSERT_EQ(company.on_platform(user, "city"), "Bonn");
  company.set(company.legacy, kPeople, ann, "remark", "mine");
  company.set(company.identity, kUsers, user, "status", "active");  // the later row
  company.world.pass(std::chrono::minutes(10));
  (void)run(company);
  (void)run(company);
  EXPECT_EQ(company.on_legacy(ann, "remark"), "mine");
  EXPECT_EQ(company.on_platform(user, "remark"), "mine");
  expect_converged(company);
}

}  // namespace
}  // namespace atlas::sim
