// Deletes and the foreign keys that they would set off, as only SQLite spells and compares them
// (E26).

#include "engines/sqlite/fixture_testing.h"

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

class SqliteReferring : public testing::Test {
 protected:
  SqliteReferring() : endpoint_(fixture_.open()) {
    if (!endpoint_->install() || !endpoint_->raise_fence("t", {.epoch = {1}}))
      throw std::runtime_error("no fence");
  }
  // Removes all rows of a table, an instance a row, in the order of their keys.
  std::vector<WriteResult> remove(const std::string& table, const std::vector<std::string>& key) {
    const TableShape of =
        shape_of(*endpoint_, {.name = table, .columns = {}, .key = key, .stamp = {}}, {"", table});
    const Rows rows = need(need(endpoint_->snapshot())->scan(of, {}, 100));
    TestGroup group(of, WriteKind::kRemove, {});
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      std::vector<Value> components;
      components.reserve(of.key.size());
      for (const std::uint32_t column : of.key) components.push_back(rows.row(i)[column]);
      group.add(components, rows.version(i), {}, i);
    }
    const TableShape* tables[] = {&of};
    const auto transaction = need(endpoint_->begin({"t", {1}, {++batch_}}, tables));
    auto results = need(transaction->apply({&group.group(), 1}));
    EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
    return results[0];
  }
  static std::vector<WriteStatus> statuses(const std::vector<WriteResult>& results) {
    std::vector<WriteStatus> out;
    out.reserve(results.size());
    for (const WriteResult& result : results) out.push_back(result.status);
    return out;
  }
  static std::string why(const WriteResult& result) {
    return result.error ? result.error->why() : "no error";
  }

  SqliteFixture fixture_;
  std::unique_ptr<Endpoint> endpoint_;
  std::int64_t batch_ = 0;
};

constexpr WriteStatus kGone = WriteStatus::kApplied;
constexpr WriteStatus kStays = WriteStatus::kReferred;

TEST_F(SqliteReferring, EveryKeyThatActsKeepsItsParents) {
  fixture_.run(R"(CREATE TABLE p (id INTEGER PRIMARY KEY);
    INSERT INTO p VALUES (1), (2), (3), (4), (5);
    CREATE TABLE a (p INTEGER REFERENCES p ON DELETE CASCADE);
    CREATE TABLE b (p INTEGER REFERENCES P (ID) ON DELETE SET NULL);
    CREATE TABLE c (p INTEGER DEFAULT 5 REFERENCES p ON DELETE SET DEFAULT);
    CREATE TABLE d (p INTEGER REFERENCES p ON DELETE RESTRICT);
    INSERT INTO a VALUES (1); INSERT INTO b VALUES (2), (NULL); INSERT INTO c VALUES (3);
    INSERT INTO d VALUES (4))");
  const auto results = remove("p", {"id"});
  EXPECT_THAT(statuses(results),
              ElementsAre(kStays, kStays, kStays, WriteStatus::kRejected, kGone));
  EXPECT_EQ(why(results[0]), "rows of a");
  EXPECT_EQ(why(results[1]), "rows of b");
  EXPECT_EQ(why(results[2]), "rows of c");
  EXPECT_EQ(fixture_.number("SELECT (SELECT p FROM a) * 100 + (SELECT max(p) FROM b) * 10 + "
                            "(SELECT p FROM c)"),
            123);
}

// The referred column's collation and affinity decide what is equal.
TEST_F(SqliteReferring, ValuesAreComparedAsTheKeyComparesThem) {
  fixture_.run(R"(CREATE TABLE word (id TEXT COLLATE NOCASE PRIMARY KEY NOT NULL);
    CREATE TABLE number (id TEXT PRIMARY KEY NOT NULL);
    INSERT INTO word VALUES ('ann'), ('bob');
    INSERT INTO number VALUES ('5'), ('6');
    CREATE TABLE child (word TEXT REFERENCES word ON DELETE CASCADE,
      number INTEGER REFERENCES number ON DELETE CASCADE);
    INSERT INTO child VALUES ('ANN', 6))");
  EXPECT_THAT(statuses(remove("word", {"id"})), ElementsAre(kStays, kGone));
  EXPECT_THAT(statuses(remove("number", {"id"})), ElementsAre(kGone, kStays));
}

TEST_F(SqliteReferring, KeysOfSeveralColumnsCount) {
  fixture_.run(R"(CREATE TABLE place (a TEXT, b INTEGER, PRIMARY KEY (b, a)) WITHOUT ROWID;
    INSERT INTO place VALUES ('x', 1), ('y', 1), ('x', 2);
    CREATE TABLE visit (pa TEXT, pb INTEGER, FOREIGN KEY (pb, pa) REFERENCES place ON DELETE CASCADE);
    INSERT INTO visit VALUES ('y', 1), ('x', NULL))");
  EXPECT_THAT(statuses(remove("place", {"b", "a"})), ElementsAre(kGone, kStays, kGone));
}

// A row that refers to itself goes; parents go after their children, in whatever order they come.
TEST_F(SqliteReferring, ATableMayReferToItself) {
  fixture_.run(
      R"(CREATE TABLE Tree (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES tree ON DELETE CASCADE);
    INSERT INTO tree VALUES (1, 1), (2, NULL), (3, 2), (5, NULL), (4, 5))");
  EXPECT_THAT(statuses(remove("tree", {"id"})), ElementsAre(kGone, kStays, kGone, kGone, kGone));
  EXPECT_THAT(statuses(remove("tree", {"id"})), ElementsAre(kGone));
}

}  // namespace
}  // namespace atlas::sqlite
