// Instances whose trigger rolls the whole transaction back, beside others that are refused half-way
// or at the end.

#include "engines/sqlite/fixture_testing.h"
#include "foundation/fault_point.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace atlas::sqlite {
namespace {

using testing::ElementsAre;

template <class T>
T need(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  return std::move(*result);
}

int g_begins = 0;

// An apply that begins again and again is cut.
Fault count_begins(std::string_view point) {
  constexpr int kBeginsMax = 10;
  if (point == "sqlite.begin") ++g_begins;
  return g_begins > kBeginsMax ? Fault::kFail : Fault::kNone;
}

// A row of `t`, which may refer to another at the end of the transaction, and one of `u` after it.
struct Pair {
  std::int64_t id = 0;
  std::int64_t peer = 0;  // 0: none
  bool in_u = false;
};

class SqliteRollback : public testing::Test {
 protected:
  SqliteRollback() : endpoint_(fixture_.open()) {
    if (!endpoint_->install() || !endpoint_->raise_fence("t", {.epoch = {1}}))
      throw std::runtime_error("no fence");
    fixture_.run(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, peer INTEGER REFERENCES t (id) DEFERRABLE "
        "INITIALLY DEFERRED); CREATE TABLE u (id INTEGER PRIMARY KEY)");
    g_begins = 0;
  }
  void SetUp() override { set_fault_hook(count_begins); }
  void TearDown() override { set_fault_hook(nullptr); }

  // An insert into the table is refused where the condition holds: ABORT or ROLLBACK.
  void refuse(const char* table, const char* how, const char* condition) {
    fixture_.run(
        fmt::format("CREATE TRIGGER {0}_refuses BEFORE INSERT ON {0} WHEN {2} BEGIN "
                    "SELECT RAISE({1}, 'no'); END",
                    table, how, condition));
  }
  // An instance each. The ids of those that were applied.
  std::vector<std::int64_t> insert(const std::vector<Pair>& pairs) {
    const TableShape t = shape("t");
    const TableShape u = shape("u");
    TestGroup into_t(t, WriteKind::kInsert, {"id", "peer"});
    TestGroup into_u(u, WriteKind::kInsert, {"id"});
    for (std::uint32_t i = 0; i < pairs.size(); ++i) {
      const Pair& pair = pairs[i];
      const Value cells[] = {Value::integer(pair.id),
                             pair.peer == 0 ? Value() : Value::integer(pair.peer)};
      into_t.add({cells, 1}, {}, cells, i);
      if (pair.in_u) into_u.add({cells, 1}, {}, {cells, 1}, i);
    }
    const TableShape* tables[] = {&t, &u};
    const WriteGroup groups[] = {into_t.group(), into_u.group()};
    const auto transaction = need(endpoint_->begin({"t", {1}, {1}}, tables));
    const auto results = need(transaction->apply(groups));
    EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const bool applied = results[0][i].status == WriteStatus::kApplied;
      if (applied) out.push_back(pairs[i].id);
      EXPECT_EQ(fixture_.number(fmt::format("SELECT count(*) FROM t WHERE id = {}", pairs[i].id)),
                applied ? 1 : 0)
          << pairs[i].id;
    }
    return out;
  }

  SqliteFixture fixture_;
  std::unique_ptr<Endpoint> endpoint_;

 private:
  TableShape shape(const std::string& table) {
    return shape_of(*endpoint_, {.name = table, .columns = {}, .key = {"id"}, .stamp = {}},
                    {"", table});
  }
};

TEST_F(SqliteRollback, IsNotTriedAgainWhenTheOthersAreDoneAgain) {
  refuse("t", "ROLLBACK", "NEW.id = 1");
  refuse("u", "ABORT", "NEW.id = 2");
  EXPECT_THAT(insert({{.id = 1}, {.id = 2, .in_u = true}, {.id = 3, .in_u = true}}),
              ElementsAre(3));
  EXPECT_EQ(g_begins, 2);
}

// 1 and 3 refer to each other. They are refused one by one while 2 is sought, and applied after 4
// rolled everything back and 5 was refused half-way: then the end has nothing left to retry.
TEST_F(SqliteRollback, WhatIsAppliedAfterItIsNotWrittenOnceMoreAtTheEnd) {
  refuse("t", "ROLLBACK", "NEW.id = 4 AND NOT EXISTS (SELECT 1 FROM t WHERE id = 1)");
  refuse("u", "ABORT", "NOT EXISTS (SELECT 1 FROM t WHERE id = 1)");
  EXPECT_THAT(insert({{.id = 1, .peer = 3},
                      {.id = 2, .peer = 77, .in_u = true},
                      {.id = 3, .peer = 1},
                      {.id = 4},
                      {.id = 5, .in_u = true},
                      {.id = 6}}),
              ElementsAre(1, 3, 6));
  EXPECT_EQ(g_begins, 2);
}

// 3 rolls back only beside 1 and without 2, as it is when the refused are tried together.
TEST_F(SqliteRollback, IsNotTriedAgainTogetherWithThoseThatAreRefusedAtTheEnd) {
  refuse("t", "ROLLBACK",
         "NEW.id = 3 AND EXISTS (SELECT 1 FROM t WHERE id = 1) AND NOT EXISTS (SELECT 1 FROM t "
         "WHERE id = 2)");
  refuse("u", "ABORT", "NOT EXISTS (SELECT 1 FROM t WHERE id = 1)");
  EXPECT_THAT(
      insert({{.id = 1, .peer = 3}, {.id = 2, .peer = 77, .in_u = true}, {.id = 3, .peer = 1}}),
      testing::IsEmpty());
  EXPECT_EQ(g_begins, 2);
}

}  // namespace
}  // namespace atlas::sqlite
