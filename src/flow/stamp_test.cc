// Stamps: whose edit is the later one (E11, E18, E19), and what a cursor may pass (E28, S11).

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;

struct Stamps : testing::TestWithParam<TokenStyle> {
  Scene scene{{}, GetParam()};
  Company& company = scene.company;
  Instant ten = company.world.now() + std::chrono::hours(10);

  void at(int minute) { company.world.set(ten + minutes(minute)); }
};
INSTANTIATE_TEST_SUITE_P(Tokens, Stamps, testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                         [](const auto& tokens) {
                           return tokens.param == TokenStyle::kWriter ? "Writer" : "Content";
                         });

// Schedule 10: the platform's user edits status at 10:00. We deliver a name to that row at 10:20;
// the delivery of status to legacy is refused because a user edits status there at 10:10. The
// platform row now bears our stamp, 10:20; it must not win.
TEST_P(Stamps, OurOwnWriteIsNoUsersStamp) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  at(0);
  company.set(company.identity, kUsers, user, "status", "inactive");
  at(5);
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  at(10);
  at_port(company, "legacy.begin", Moment::kBefore, [&] {
    company.set(company.legacy, kPeople, ann, "status",
                "A");  // not seen by our read; touched again
    company.legacy.update(kPeople, ann, {{"status", Value::text("I")}});
    company.legacy.update(kPeople, ann,
                          {{"status", Value::text("A")}, {"city", Value::text("Oslo")}});
    company.world.pass(minutes(10));
  });
  (void)run(company);
  company.world.hook = nullptr;
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "name"), "Ann");
  EXPECT_EQ(company.on_platform(user, "city"), "Oslo");
  expect_converged(company);
}

TEST_P(Stamps, AnEditBeforeOurOwnWriteLosesToALaterOneOfTheOtherSide) {
  company.options.status_codes = {{"A", "active"}, {"I", "inactive"}, {"S", "sick"}};
  company.compile();
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  at(0);
  company.set(company.identity, kUsers, user, "status", "inactive");
  at(5);
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  at(8);
  at_port(company, "legacy.begin", Moment::kBefore, [&] {
    at(10);
    company.set(company.legacy, kPeople, ann, "status", "S");
    at(20);
  });
  (void)run(
      company);  // status to legacy refused by its guard, name to the platform applied at 10:20
  company.world.hook = nullptr;
  at(30);
  (void)run(company);
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "name"), "Ann");
  EXPECT_EQ(company.on_platform(user, "status"), "sick")
      << "10:10 beats 10:00, whatever we wrote at 10:20";
  expect_converged(company);
}

// Schedule 17, E11: row stamps are upper bounds. P edits C 10:10 and D 10:30, L edits C 10:20: P's
// row says 10:30.
TEST_P(Stamps, TwoEditsOfARowBetweenReadsAreOneWithTheLaterStamp) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  at(10);
  company.set(company.identity, kUsers, user, "name", "P");
  at(20);
  company.set(company.legacy, kPeople, ann, "name", "L");
  at(30);
  company.set(company.identity, kUsers, user, "status", "inactive");
  const RunReport report = run(company);
  EXPECT_EQ(company.on_legacy(ann, "name"), "P");
  EXPECT_EQ(company.on_legacy(ann, "status"), "I") << "D survives in any case";
  EXPECT_EQ(report.total.conflicts, 1);
  ASSERT_EQ(company.person_state().conflicts.size(), 1U);
  EXPECT_EQ(company.person_state().conflicts[0].legacy_value, "L") << "the loser is kept";
  EXPECT_EQ(company.person_state().conflicts[0].winner, "platform");
  expect_converged(company);
}

// E18: stamps are compared as far as the coarser side tells them; within a second of a side that
// knows seconds only, side rank decides and not the other side's fraction.
TEST_P(Stamps, StampsAreComparedAtTheCoarserSidesPrecision) {
  for (KindPlan& kind : company.person().kinds) kind.shape.columns[*kind.shape.stamp].type.size = 0;
  company.plan.phase = Phase::kLegacyLeads;  // ties go to legacy
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  at(10);
  const Value second = Value::instant(company.world.now().time_since_epoch().count());
  company.legacy.update(kPeople, ann, {{"name", Value::text("L")}, {"updated", second}});
  company.world.pass(std::chrono::milliseconds(500));
  company.set(company.identity, kUsers, user, "name", "P");
  company.world.pass(minutes(1));
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "name"), "L");
  ASSERT_EQ(company.person_state().conflicts.size(), 1U);
  EXPECT_EQ(company.person_state().conflicts[0].reason, "equal stamps, side rank");
  expect_converged(company);
}

// The same edits with a run in between: each is seen by itself.
TEST_P(Stamps, EditsSeenByThemselvesHaveTheirOwnStamps) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  at(10);
  company.set(company.identity, kUsers, user, "name", "P");
  at(11);
  (void)run(company);
  at(20);
  company.set(company.legacy, kPeople, ann, "name", "L");
  at(30);
  company.set(company.identity, kUsers, user, "status", "inactive");
  const RunReport report = run(company);
  EXPECT_EQ(report.total.conflicts, 0);
  EXPECT_EQ(company.on_platform(user, "name"), "L");
  expect_converged(company);
}

// Schedule 22 through a whole run.
TEST_P(Stamps, ALateCommitIsCarriedOver) {
  (void)company.hire("first");
  (void)run(company);
  at(0);
  const Instant early = company.world.now();
  company.legacy.open_since.insert(early);
  at(5);
  (void)company.hire("other");
  at(6);
  (void)run(company);
  at(7);
  company.legacy.insert(kPeople, {{"name", Value::text("late")},
                                  {"status", Value::text("A")},
                                  {"updated", Value::instant(early.time_since_epoch().count())}});
  company.legacy.open_since.clear();
  at(8);
  (void)run(company);
  EXPECT_EQ(company.platform_people().size(), 3U);
  at(9);
  expect_converged(company);
}

TEST_P(Stamps, ARowWithoutAStampIsFoundByTheFirstSweep) {
  company.legacy.insert(
      kPeople, {{"name", Value::text("old")}, {"status", Value::text("A")}, {"updated", Value()}});
  (void)run(company);
  EXPECT_EQ(company.platform_people().size(), 1U);
  expect_converged(company);
}

// --- stamps that we write (E20) -----------------------------------------------------------------

std::int64_t stamp_of(const Database& database, const TableName& table, const Key& key) {
  return database.rows(table).at(key)->cells[*database.find(table)->stamp].as_int();
}

void preserve_stamps(Company& company) {
  company.person().preserve_stamp = true;
  for (KindPlan& kind : company.person().kinds) kind.shape.stamp_touched = false;
  for (PartPlan& part : company.person().parts) part.shape.stamp_touched = false;
}

TEST_P(Stamps, ATouchedRowBearsTheTimeOfOurWrite) {
  const Key ann = company.hire("ann");
  (void)run(company);
  at(0);
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  at(30);
  (void)run(company);
  EXPECT_GE(stamp_of(company.identity, kUsers, company.platform_of(ann)),
            (ten + minutes(30)).time_since_epoch().count());
  expect_converged(company);
}

TEST_P(Stamps, APreservedRowBearsTheTimeOfTheEdit) {
  preserve_stamps(company);
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  EXPECT_EQ(stamp_of(company.identity, kUsers, user), stamp_of(company.legacy, kPeople, ann));
  at(0);
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  at(30);
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "name"), "Ann");
  EXPECT_EQ(stamp_of(company.identity, kUsers, user), stamp_of(company.legacy, kPeople, ann));
  expect_converged(company);
}

TEST_P(Stamps, APreservedRowNeverGetsOlder) {
  preserve_stamps(company);
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  at(0);
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  at(5);
  company.set(company.identity, kUsers, user, "status", "inactive");
  const std::int64_t later = stamp_of(company.identity, kUsers, user);
  at(30);
  (void)run(company);
  EXPECT_THAT(company.platform_people(),
              ElementsAre("Ann ann@example.org null inactive Bonn null"));
  EXPECT_EQ(stamp_of(company.identity, kUsers, user), later) << "its own was the later one";
  EXPECT_EQ(stamp_of(company.legacy, kPeople, ann), later);
  expect_converged(company);
}

// --- clocks (E18) -------------------------------------------------------------------------------

// Each side's clock in turn is ten minutes ahead; the edit made first bears the later stamp.
TEST_P(Stamps, TheClocksDifferenceIsTakenOffBeforeStampsAreCompared) {
  const Key ann = company.hire("ann");
  company.identity.clock_ahead = company.geo.clock_ahead = minutes(10);
  (void)run(company);
  const Key user = company.platform_of(ann);
  at(0);
  company.set(company.identity, kUsers, user, "name", "P");
  at(5);
  company.set(company.legacy, kPeople, ann, "name", "L");
  at(30);
  RunReport report = run(company);
  EXPECT_NEAR(static_cast<double>(report.clock_offset.count()),
              static_cast<double>(Micros(minutes(10)).count()), 1000.0);
  EXPECT_EQ(company.on_platform(user, "name"), "L");

  company.identity.clock_ahead = company.geo.clock_ahead = Micros(0);
  company.legacy.clock_ahead = minutes(10);
  at(60);
  company.set(company.legacy, kPeople, ann, "name", "L2");
  at(65);
  company.set(company.identity, kUsers, user, "name", "P2");
  at(90);
  report = run(company);
  EXPECT_LT(report.clock_offset, -minutes(9));
  EXPECT_EQ(company.on_legacy(ann, "name"), "P2");
  expect_converged(company);
}

TEST_P(Stamps, ADifferenceBelowWhatCanBeMeasuredIsNone) {
  company.identity.clock_ahead = Micros(500);
  EXPECT_EQ(run(company).clock_offset, Micros(0));
  company.identity.clock_ahead = std::chrono::milliseconds(20);
  EXPECT_NE(run(company).clock_offset, Micros(0));
}

// F11, S11: 10,000 rows of one stamp, pages of 100, the run dies between pages. Counted at both
// ends.
TEST(Ties, TenThousandRowsOfOneStampSurviveDeathsBetweenPages) {
  Scene scene;
  Company& company = scene.company;
  company.identity.table(kUsers).uniques.clear();  // linear in the virtual database
  company.legacy.table(kPeople).uniques.clear();
  company.compile();
  (void)run(company);
  company.world.pass(minutes(1));
  const Instant tie = company.world.now();
  const Value stamp = Value::instant(tie.time_since_epoch().count());
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = "p" + std::to_string(i);
    company.legacy.insert(
        kPeople, {{"name", Value::text(name)}, {"status", Value::text("A")}, {"updated", stamp}});
  }
  company.world.pass(minutes(1));
  RunSettings settings;
  settings.page_rows = 100;
  std::int64_t last = 0;
  for (const int page : {1, 20, 37}) {
    int confirms = 0;
    company.world.hook = [&](std::string_view port, Moment moment) -> std::optional<Error> {
      if (port == "state.confirm" && moment == Moment::kAfter && ++confirms == page) throw Killed();
      return std::nullopt;
    };
    EXPECT_THROW((void)try_run(company, settings), Killed);
    company.world.hook = nullptr;
    const auto& cursors = company.person_state().cursors;
    const Cursor& cursor = cursors.at("people");
    EXPECT_LE(cursor.stamp, tie.time_since_epoch().count())
        << "it may not rest behind the tie while the tie is open";
    EXPECT_GE(cursor.stamp, last);
    last = cursor.stamp;
    company.world.pass(minutes(10));
  }
  (void)run(company, settings);
  EXPECT_EQ(company.identity.rows(kUsers).size(), 10'000U);
  EXPECT_EQ(company.geo.rows(kProfiles).size(), 10'000U);
  EXPECT_EQ(company.person_state().links.size(), 10'000U);
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  EXPECT_EQ(writes_during(company, [&] { (void)run(company); }), 0);
}

// A name that was edited on legacy cannot go over, and a city comes from the platform: legacy's row
// has our stamp while its own edit waits (E19).
struct OwnStamp : testing::TestWithParam<TokenStyle> {
  Scene scene{{}, GetParam()};
  Company& company = scene.company;
  Key ann, user;
  Value between;  // later than the edit of legacy, earlier than our write there

  void SetUp() override {
    ann = company.hire("ann");
    (void)run(company);
    user = company.platform_of(ann);
    company.set(company.legacy, kPeople, ann, "name", "first");
    company.world.pass(std::chrono::seconds(1));
    between = Value::instant(company.world.now().time_since_epoch().count());
    company.set(company.geo, kProfiles, user, "city", "Oslo");
    Trigger refuse;
    refuse.name = "refuse";
    refuse.run = [](std::span<const Value>, std::span<Value>, Arena&) {
      return TriggerAnswer::kRaise;
    };
    company.identity.table(kUsers).triggers.push_back(refuse);
    company.compile();
    company.world.pass(std::chrono::minutes(1));
  }
  // Our write is committed, and the run dies before it is confirmed.
  void crash() {
    at_port(company, "legacy.commit", Moment::kAfter, [] { throw Killed(); });
    ASSERT_TRUE(killed(company));
    company.world.hook = nullptr;
    company.world.pass(std::chrono::minutes(10));
  }
  void expect_the_platforms_edit_wins() {
    ASSERT_EQ(company.on_legacy(ann, "city"), "Oslo");
    company.identity.table(kUsers).triggers.clear();
    company.compile();
    company.identity.update(kUsers, user, {{"name", Value::text("second")}, {"updated", between}});
    wait_for_retry(company);
    (void)reconcile(company);
    EXPECT_EQ(company.on_legacy(ann, "name"), "second");
    EXPECT_EQ(company.on_platform(user, "name"), "second");
  }
};
INSTANTIATE_TEST_SUITE_P(Tokens, OwnStamp,
                         testing::Values(TokenStyle::kWriter, TokenStyle::kContent));

// Where versions are hashes of rows, a new column makes every row another one.
TEST_P(OwnStamp, StaysOursWhenAColumnIsAdded) {
  (void)run(company);
  ColumnInfo extra;
  extra.name = "extra";
  extra.type.kind = TypeKind::kText;
  company.legacy.add_column(kPeople, extra);
  expect_the_platforms_edit_wins();
}

// E3: the witness names the stamp that our rows have.
struct OwnStampSettled : OwnStamp {};
INSTANTIATE_TEST_SUITE_P(Tokens, OwnStampSettled, testing::Values(TokenStyle::kWriter));

TEST_P(OwnStampSettled, StaysOursAfterACrash) {
  crash();
  (void)run(company);
  expect_the_platforms_edit_wins();
}

// The column keeps whole seconds, the witness all of the transaction's time.
TEST_P(OwnStampSettled, StaysOursAfterACrashWhereStampsAreRounded) {
  crash();
  const auto second = std::chrono::round<std::chrono::seconds>(company.world.now() - minutes(10));
  const Value kept = Value::instant(Micros(second.time_since_epoch()).count());
  company.legacy.update(kPeople, ann, {{"updated", kept}});
  const auto shapes = [this] {
    for (KindPlan& kind : company.person().kinds)
      kind.shape.columns[*kind.shape.stamp].type.size = 0;
  };
  shapes();
  (void)run(company);
  expect_the_platforms_edit_wins();
}

}  // namespace
}  // namespace atlas::sim
