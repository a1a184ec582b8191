// Schedule 23: keys that move from one row to another (E27).

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

std::vector<Key> hire_many(Company& company, int n) {
  std::vector<Key> out;
  for (int i = 0; i < n; ++i) out.push_back(company.hire("p" + std::to_string(i)));
  return out;
}

// `update people set id = ...` in one statement; stamps stay as they are.
void renumber(Company& company, const std::function<std::int64_t(std::int64_t)>& to) {
  const RowMap people = company.legacy.rows(kPeople);
  const Table& table = *company.legacy.find(kPeople);
  for (const auto& [key, row] : people) company.legacy.remove(kPeople, key);
  Arena arena;
  for (const auto& [key, row] : people) {
    Database::Cells cells;
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      cells.emplace_back(table.columns[c].name, row->cells[c].copy_to(arena));
    cells[0].second = Value::integer(to(decode_key(key, arena).front().as_int()));
    (void)company.legacy.insert(kPeople, cells);
  }
}

// Schedule 23: `id = id + 1` over the whole table. Every link now shows its neighbour's value; to
// carry that over would give everybody the neighbour's data (E27).
TEST(ShiftedKeys, StopTheEntityBeforeAnythingIsWritten) {
  for (const TokenStyle tokens : {TokenStyle::kWriter, TokenStyle::kContent}) {
    Scene scene({.match_mail = true}, tokens);
    Company& company = scene.company;
    (void)hire_many(company, 40);
    (void)run(company);
    const std::vector<std::string> before = company.platform_people();
    renumber(company, [](std::int64_t id) { return id + 1; });
    RunSettings full;
    full.sweep.sweep = Sweep::kFull;
    std::int64_t writes = writes_during(company, [&] {
      const auto report = try_run(company, full);
      ASSERT_TRUE(report.has_value());
      ASSERT_TRUE(report->error.has_value());
      EXPECT_EQ(report->error->code(), Code::kKeysShifted);
    });
    EXPECT_EQ(writes, 0);
    EXPECT_EQ(company.platform_people(), before);
  }
}

// Two people who exchange their addresses are no such thing.
TEST(ShiftedKeys, APairThatExchangesItsValuesFlows) {
  Scene scene({.match_mail = true}, TokenStyle::kWriter);
  Company& company = scene.company;
  const std::vector<Key> people = hire_many(company, 4);
  (void)run(company);
  company.set(company.legacy, kPeople, people[0], "mail", "other@example.org");
  (void)run(company);
  company.set(company.legacy, kPeople, people[1], "mail", "p0@example.org");
  company.set(company.legacy, kPeople, people[0], "mail", "p1@example.org");
  (void)run(company);
  (void)run(company);
  expect_converged(company);
}

// Rows that swap their keys in pairs: the same damage, and every key is still there.
TEST(ShiftedKeys, ThatWereSwappedInPairsStopTheEntityToo) {
  for (const std::size_t page_rows : {std::size_t{7}, std::size_t{2000}}) {
    Scene scene({.match_mail = true});
    Company& company = scene.company;
    (void)hire_many(company, 40);
    (void)run(company);
    const std::vector<std::string> before = company.platform_people();
    renumber(company, [](std::int64_t id) { return ((id - 1) ^ 1) + 1; });
    RunSettings full;
    full.page_rows = page_rows;
    full.sweep.sweep = Sweep::kFull;
    const std::int64_t writes = writes_during(company, [&] {
      const auto report = try_run(company, full);
      ASSERT_TRUE(report.has_value());
      ASSERT_TRUE(report->error.has_value());
      EXPECT_EQ(report->error->code(), Code::kKeysShifted);
    });
    EXPECT_EQ(writes, 0);
    EXPECT_EQ(company.platform_people(), before);
  }
}

// One pair alone cannot be told from two people who exchange all their values. Where these are
// unique, each waits for the other and names it, until a person says what was meant.
TEST(ShiftedKeys, OnePairThatSwapsItsKeysWaitsForAPerson) {
  for (const TokenStyle tokens : {TokenStyle::kWriter, TokenStyle::kContent}) {
    Scene scene({.match_mail = true}, tokens);
    Company& company = scene.company;
    const std::vector<Key> people = hire_many(company, 4);
    (void)run(company);
    const auto swap = [](std::int64_t id) { return id <= 2 ? 3 - id : id; };
    renumber(company, swap);
    company.set(company.legacy, kPeople, people[3], "name", "flows");
    (void)reconcile(company);
    EXPECT_THAT(pending_lines(company.person_state()),
                testing::ElementsAre("quarantined 3003 legacy 1", "quarantined 3003 legacy 2"));
    std::vector<std::string> blockers;
    for (const auto& [key, pending] : company.person_state().pending)
      blockers.push_back(pending.blocker);
    EXPECT_THAT(blockers, testing::ElementsAre("people 2", "people 1"));
    EXPECT_EQ(company.on_platform(company.platform_of(people[0]), "name"), "p0");
    EXPECT_EQ(company.on_platform(company.platform_of(people[1]), "name"), "p1");
    EXPECT_EQ(company.on_platform(company.platform_of(people[3]), "name"), "flows");
    // The keys are put back: everybody is who they were.
    renumber(company, swap);
    (void)reconcile(company);
    EXPECT_EQ(company.on_platform(company.platform_of(people[0]), "name"), "p0");
    EXPECT_THAT(company.person_state().pending, testing::IsEmpty());
    expect_converged(company);
  }
}

TEST(ShiftedKeys, OnePairThatSwapsItsKeysFlowsWhereNothingIsUnique) {
  Scene scene({.match_mail = true});
  Company& company = scene.company;
  company.identity.table(kUsers).uniques.clear();
  company.compile();
  const std::vector<Key> people = hire_many(company, 4);
  (void)run(company);
  const Key first = company.platform_of(people[0]);
  renumber(company, [](std::int64_t id) { return id <= 2 ? 3 - id : id; });
  (void)reconcile(company);
  EXPECT_EQ(company.platform_of(people[0]), first);
  EXPECT_EQ(company.on_platform(first, "name"), "p1");
  expect_converged(company);
}

}  // namespace
}  // namespace atlas::sim
