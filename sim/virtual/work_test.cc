// What transactions of a virtual server see, wait for and lose.

#include "sim/virtual/work.h"

#include "foundation/result_testing.h"
#include "sim/virtual/company.h"
#include "sim/virtual/fibers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

struct Works : testing::Test {
  Scene scene;
  Database& db = scene.company.legacy;
  const Table& people = *db.find(kPeople);
  Key red = scene.company.found("red");
  Key ann = scene.company.hire("ann", red);
  Key bob = scene.company.hire("bob");

  Result<RowVerdict> put(Work& work, const TableName& name, WriteKind kind, KeyView key,
                         const Database::Cells& cells) {
    const Table& table = *db.find(name);
    std::vector<std::uint32_t> columns;
    std::vector<Value> values;
    for (const auto& [column, value] : cells) {
      columns.push_back(table.column(column));
      values.push_back(value);
    }
    ATLAS_OK(work.lock(table, kind, key, columns, values));
    return work.write(table, kind, key, columns, values);
  }
  Result<RowVerdict> rename(Work& work, KeyView key, const char* name) {
    return put(work, kPeople, WriteKind::kUpdate, key, {{"name", Value::text(name)}});
  }
  std::string name_in(Work& work, KeyView key) {
    return std::string(
        work.rows().at(kPeople)->find(key)->second->cells[people.column("name")].as_text());
  }
};

TEST_F(Works, AStatementSeesWhatIsCommittedAndItsOwn) {
  Work ours(db);
  Work theirs(db);
  ASSERT_TRUE(rename(ours, ann, "Ann"));
  EXPECT_EQ(name_in(ours, ann), "Ann");
  EXPECT_EQ(name_in(theirs, ann), "ann");
  ASSERT_TRUE(rename(theirs, bob, "Bob"));
  theirs.commit();
  EXPECT_EQ(name_in(ours, bob), "Bob");
  ours.end();
  EXPECT_EQ(db.text(kPeople, ann, "name"), "ann") << "rolled back";
}

TEST_F(Works, WhoWantsARowWaitsForItsWriter) {
  Fibers fibers(scene.world, 0);
  std::vector<std::string> order;
  fibers.spawn([&] {
    Work work(db);
    ASSERT_TRUE(rename(work, ann, "first"));
    scene.world.wait_for([&] { return !order.empty(); });
    order.emplace_back("first");
    work.commit();
  });
  fibers.spawn([&] {
    Work work(db);
    order.emplace_back("second waits");
    ASSERT_TRUE(rename(work, ann, "second"));
    order.emplace_back("second");
    work.commit();
  });
  fibers.run();
  EXPECT_THAT(order, testing::ElementsAre("second waits", "first", "second"));
  EXPECT_EQ(db.text(kPeople, ann, "name"), "second");
}

TEST_F(Works, OfTwoThatWaitForEachOtherOneGivesWay) {
  Fibers fibers(scene.world, 0);
  int refused = 0;
  int reached = 0;
  auto both = [&](Key first, Key second) {
    return [&, first, second] {
      Work work(db);
      ASSERT_TRUE(rename(work, first, "x"));
      ++reached;
      scene.world.wait_for([&] { return reached == 2; });
      const auto verdict = rename(work, second, "y");
      if (verdict) return work.commit();
      EXPECT_EQ(verdict.error().code(), Code::kSerialization);
      ++refused;
    };
  };
  fibers.spawn(both(ann, bob));
  fibers.spawn(both(bob, ann));
  fibers.run();
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(db.deadlocks, 1);
}

TEST_F(Works, AUniqueValueThatAnotherMayTakeIsWaitedFor) {
  Work theirs(db);
  ASSERT_TRUE(put(theirs, kPeople, WriteKind::kUpdate, ann, {{"mail", Value::text("new@x")}}));
  Work ours(db);
  const Value mail = Value::text("new@x");
  const std::uint32_t column = people.column("mail");
  EXPECT_TRUE(ours.blocked(people, WriteKind::kUpdate, bob, {&column, 1}, {&mail, 1}));
  const Value old = Value::text("ann@example.org");
  EXPECT_TRUE(ours.blocked(people, WriteKind::kUpdate, bob, {&column, 1}, {&old, 1}))
      << "it may roll back";
  theirs.end();
  EXPECT_FALSE(ours.blocked(people, WriteKind::kUpdate, bob, {&column, 1}, {&mail, 1}));
}

TEST_F(Works, AParentIsKeptForWhoRefersToIt) {
  Work child(db);
  Arena arena;
  const Value team = decode_key(red, arena).front();
  ASSERT_TRUE(put(child, kPeople, WriteKind::kUpdate, bob, {{"team", team}}));
  Work remover(db);
  EXPECT_TRUE(remover.blocked(*db.find(kTeams), WriteKind::kRemove, red, {}, {}));
  EXPECT_FALSE(remover.blocked(*db.find(kTeams), WriteKind::kUpdate, red, {}, {}));
  child.end();
  EXPECT_FALSE(remover.blocked(*db.find(kTeams), WriteKind::kRemove, red, {}, {}));
}

TEST_F(Works, ACrashEndsWhatIsOpenAndGivesNumbersAgain) {
  Work lost(db);
  ASSERT_TRUE(rename(lost, ann, "lost"));
  const std::uint64_t number = lost.writer();
  EXPECT_TRUE(db.crash());
  EXPECT_TRUE(lost.lost());
  const auto verdict = rename(lost, bob, "x");
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code(), Code::kConnectionLost);
  Work next(db);
  EXPECT_EQ(next.writer(), number);
  EXPECT_EQ(db.text(kPeople, ann, "name"), "ann");
  EXPECT_FALSE(next.blocked(people, WriteKind::kUpdate, ann, {}, {}));
}

TEST_F(Works, WhatIsPreparedSurvivesACrash) {
  Work work(db);
  ASSERT_TRUE(rename(work, ann, "prepared"));
  work.prepare();
  EXPECT_EQ(db.prepared, 1);
  EXPECT_TRUE(db.open_since.empty()) << "no backend has it";
  EXPECT_FALSE(db.crash()) << "its number is known";
  EXPECT_FALSE(work.lost());
  work.commit();
  EXPECT_EQ(db.text(kPeople, ann, "name"), "prepared");
  EXPECT_EQ(db.prepared, 0);
}

}  // namespace
}  // namespace atlas::sim
