// The simulator itself: it finds nothing in the engine, what is wrong it finds, and it shortens
// what it found.

#include "sim/proof/seeds.h"
#include "sim/proof/shrink.h"
#include "sim/proof/small_worlds.h"
#include "sim/virtual/work.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

namespace atlas::sim {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

unsigned cores() { return std::max(1U, std::thread::hardware_concurrency()); }

// `./dev sim --from` plays others; what is played here is the same every time.
TEST(Seeds, AllLawsHoldAndEveryMarkIsReached) {
  const SeedRange range{
      .first = 1, .count = kSanitized ? 250U : 20'000U, .threads = cores(), .violations_max = 3};
  const SeedSums sums = play_seeds(range);
  EXPECT_THAT(sums.broken, testing::IsEmpty()) << describe(sums, range);
  EXPECT_GE(sums.user_commits_median, 40U);
  EXPECT_GE(sums.runs_median, 5U);
  EXPECT_GE(sums.faults_median, 3U);
  for (std::size_t m = 0; m < kMarks && !kSanitized; ++m)
    EXPECT_GT(sums.marks[m], 0U) << "never reached: " << kMarkNames[m];
}

// Each broke a law once, by a defect of the engine or of the laws.
TEST(Seeds, ThoseThatBrokeALawOnceHold) {
  for (const std::uint64_t seed : {1002060U, 1033702U, 1037987U, 1089025U, 1091420U, 9051269U,
                                   9136322U, 9524707U, 12149220U}) {
    const Outcome outcome = play(draw(seed));
    EXPECT_FALSE(outcome.violation) << seed << ": " << outcome.violation->law;
  }
}

// `./dev sim --small` has three operations too.
TEST(SmallWorlds, NoInterleavingOfOperationsAndACrashBreaksALaw) {
  for (const TokenStyle tokens : {TokenStyle::kWriter, TokenStyle::kContent}) {
    const SmallSums sums = play_small_worlds({.operations_max = kSanitized ? 1 : 2,
                                              .crash = true,
                                              .tokens = tokens,
                                              .threads = cores()});
    EXPECT_FALSE(sums.violation) << sums.violation->law << ": " << sums.violation->what << " in "
                                 << sums.story;
    EXPECT_GT(sums.crashes, kSanitized ? 100U : 10'000U);
  }
}

TEST(Seeds, ASeedIsPlayedTheSameWayTwice) {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    std::string first;
    std::string second;
    EXPECT_EQ(play(draw(seed), &first).trace, play(draw(seed), &second).trace);
    EXPECT_EQ(first, second);
  }
  EXPECT_NE(play(draw(1)).trace, play(draw(2)).trace);
}

// Two people of one mail and no match: the database refuses the pair, and both sides stay apart.
TEST(Shrink, LeavesWhatBreaksTheLaw) {
  Script script = draw(3);
  script.company.match_mail = false;
  Step twin;
  twin.kind = StepKind::kTwin;
  twin.round = 2;
  twin.actor = 12;
  twin.b = 7;
  script.steps.push_back(twin);
  std::ranges::stable_sort(script.steps, {}, [](const Step& s) { return s.round; });
  const Outcome outcome = play(script);
  ASSERT_TRUE(outcome.violation);
  const Script shortest = shrink(script, outcome.violation->law, 600);
  ASSERT_EQ(shortest.steps.size(), 1U) << describe(shortest);
  EXPECT_EQ(shortest.steps.front().kind, StepKind::kTwin);
}

// What a bridge with a bug would commit; each law must see it.
struct Laws : testing::Test {
  using Cells = Database::Cells;
  Laws() {
    for (Database* database : {&databases.legacy, &databases.identity, &databases.geo})
      database->on_commit = [this](const Commit& commit) { history.record(commit, world.now()); };
  }
  Key born(Database& database, const TableName& table, std::int64_t id, const char* name,
           std::optional<Epoch> bridge) {
    Arena arena;
    Uuid uuid{};
    uuid[15] = static_cast<std::uint8_t>(id);
    const Value key = table == kUsers ? Value::uuid(uuid, arena) : Value::integer(id);
    Cells cells = {{"id", key}, {"name", Value::text(name)}};
    if (table == kUsers) {
      cells.emplace_back("org", Value::integer(1));
      cells.emplace_back("kind", Value::text("person"));
    }
    write(database, table, WriteKind::kInsert, encode_key({&key, 1}), cells, bridge);
    return encode_key({&key, 1});
  }
  void write(Database& database, const TableName& name, WriteKind kind, KeyView key, Cells cells,
             std::optional<Epoch> bridge) {
    world.pass(std::chrono::seconds(1));
    Work work(database, bridge);
    const Table& table = *database.find(name);
    if (kind != WriteKind::kRemove)
      cells.emplace_back("updated", Value::instant(work.begun().time_since_epoch().count()));
    std::vector<std::uint32_t> columns;
    std::vector<Value> values;
    for (const auto& [column, value] : cells) {
      columns.push_back(table.column(column));
      values.push_back(value);
    }
    ASSERT_TRUE(work.lock(table, kind, key, columns, values));
    ASSERT_EQ(work.write(table, kind, key, columns, values).status, WriteStatus::kApplied);
    work.commit();
  }
  std::string broken(const HistoryFacts& facts = {}) const {
    const auto violation = history.breach(facts);
    return violation ? violation->law : "";
  }

  static constexpr Epoch kRun{3};
  World world;
  Databases databases{world};
  StateData state{world};
  Company company{world, databases, state};
  History history{company};
};

TEST_F(Laws, WhatTheBridgeCarriesOverIsLawful) {
  const Key ann = born(databases.legacy, kPeople, 1, "1n1", std::nullopt);
  const Key user = born(databases.identity, kUsers, 1, "1n1", kRun);
  write(databases.legacy, kPeople, WriteKind::kUpdate, ann, {{"name", Value::text("1n2")}}, {});
  write(databases.identity, kUsers, WriteKind::kUpdate, user, {{"name", Value::text("1n2")}}, kRun);
  EXPECT_EQ(broken(), "");
}

TEST_F(Laws, AnInventedValueIsSeen) {
  (void)born(databases.legacy, kPeople, 1, "1n1", std::nullopt);
  (void)born(databases.identity, kUsers, 1, "1n9", kRun);
  EXPECT_EQ(broken(), "H1 provenance");
}

TEST_F(Laws, AValueOfSomebodyElseIsSeen) {
  (void)born(databases.legacy, kPeople, 1, "1n1", std::nullopt);
  (void)born(databases.legacy, kPeople, 2, "2n2", std::nullopt);
  const Key user = born(databases.identity, kUsers, 1, "1n1", kRun);
  write(databases.identity, kUsers, WriteKind::kUpdate, user, {{"name", Value::text("2n2")}}, kRun);
  EXPECT_EQ(broken(), "H1 provenance");
}

TEST_F(Laws, AnEditThatIsLostWithoutARecordIsSeen) {
  (void)born(databases.legacy, kPeople, 1, "1n1", std::nullopt);
  const Key user = born(databases.identity, kUsers, 1, "1n1", kRun);
  write(databases.identity, kUsers, WriteKind::kUpdate, user, {{"name", Value::text("1n2")}}, {});
  write(databases.identity, kUsers, WriteKind::kUpdate, user, {{"name", Value::text("1n1")}}, kRun);
  EXPECT_EQ(broken(), "H2 last writer");
}

TEST_F(Laws, AValueThatComesBackWithoutAUserIsSeen) {
  const Key ann = born(databases.legacy, kPeople, 1, "1n1", std::nullopt);
  const Key user = born(databases.identity, kUsers, 1, "1n1", kRun);
  write(databases.legacy, kPeople, WriteKind::kUpdate, ann, {{"name", Value::text("1n2")}}, {});
  for (const char* name : {"1n2", "1n1", "1n2"})
    write(databases.identity, kUsers, WriteKind::kUpdate, user, {{"name", Value::text(name)}},
          kRun);
  EXPECT_EQ(broken(), "H3 flip-flop");
}

TEST_F(Laws, ADeleteThatNoUserMadeIsSeen) {
  const Key ann = born(databases.legacy, kPeople, 1, "1n1", std::nullopt);
  (void)born(databases.identity, kUsers, 1, "1n1", kRun);
  write(databases.legacy, kPeople, WriteKind::kRemove, ann, {}, kRun);
  EXPECT_EQ(broken(), "H4 delete");
}

// The run that delivers it had read the other side before a user brought the person back there.
TEST_F(Laws, ADeathThatARestoreTookBackMayComeAgainBesideARevival) {
  const Key ann = born(databases.legacy, kPeople, 1, "1n1", std::nullopt);
  const Key user = born(databases.identity, kUsers, 1, "1n1", kRun);
  write(databases.legacy, kPeople, WriteKind::kRemove, ann, {}, {});
  write(databases.identity, kUsers, WriteKind::kRemove, user, {}, kRun);
  (void)born(databases.legacy, kPeople, 1, "1n1", std::nullopt);  // as the backup had her
  (void)born(databases.identity, kUsers, 1, "1n1", std::nullopt);
  write(databases.legacy, kPeople, WriteKind::kRemove, ann, {}, kRun);
  EXPECT_EQ(broken({.restored = true}), "");
  EXPECT_EQ(broken(), "H4 delete");
  (void)born(databases.legacy, kPeople, 1, "1n1", std::nullopt);
  write(databases.legacy, kPeople, WriteKind::kRemove, ann, {}, kRun);
  EXPECT_EQ(broken({.restored = true}), "H4 delete");
}

TEST_F(Laws, AResurrectionThatNoUserMadeIsSeen) {
  const Key ann = born(databases.legacy, kPeople, 1, "1n1", std::nullopt);
  const Key user = born(databases.identity, kUsers, 1, "1n1", kRun);
  write(databases.legacy, kPeople, WriteKind::kRemove, ann, {}, {});
  write(databases.identity, kUsers, WriteKind::kRemove, user, {}, kRun);
  (void)born(databases.identity, kUsers, 1, "1n1", kRun);
  EXPECT_EQ(broken(), "S5 resurrection");
}

TEST_F(Laws, AnOlderRunThatWritesIsSeen) {
  (void)born(databases.legacy, kPeople, 1, "1n1", std::nullopt);
  (void)born(databases.legacy, kPeople, 2, "2n2", std::nullopt);
  (void)born(databases.identity, kUsers, 1, "1n1", Epoch{5});
  (void)born(databases.identity, kUsers, 2, "2n2", Epoch{4});
  EXPECT_EQ(broken(), "H6 exclusion");
}

TEST_F(Laws, AWriteThatChangesNothingIsSeen) {
  (void)born(databases.legacy, kPeople, 1, "1n1", std::nullopt);
  const Key user = born(databases.identity, kUsers, 1, "1n1", kRun);
  write(databases.identity, kUsers, WriteKind::kUpdate, user, {{"name", Value::text("1n1")}}, kRun);
  EXPECT_EQ(broken(), "H8 silence");
}

TEST_F(Laws, AColumnThatIsNotMappedIsNotOurs) {
  (void)born(databases.legacy, kPeople, 1, "1n1", std::nullopt);
  const Key user = born(databases.identity, kUsers, 1, "1n1", kRun);
  write(databases.identity, kUsers, WriteKind::kUpdate, user, {{"secret", Value::text("x")}}, kRun);
  EXPECT_EQ(broken(), "S14 unmapped");
}

}  // namespace
}  // namespace atlas::sim
