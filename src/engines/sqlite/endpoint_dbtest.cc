#include "engines/sqlite/endpoint.h"

#include "engines/sqlite/fixture_testing.h"
#include "model/key.h"
#include "model/text_form.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sys/stat.h>

namespace atlas::sqlite {
namespace {

const bool kRegistered =
    register_endpoint_conformance("Sqlite", [] { return std::make_unique<SqliteFixture>(); });

using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
T need(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

Key key_of(std::int64_t id) {
  const Value value = Value::integer(id);
  return encode_key(std::span(&value, 1));
}

// Writes of one kind to one table, an instance a row unless said otherwise. Owns what the group
// borrows.
struct Group {
  Group(const TableShape& shape, WriteKind kind, const std::vector<std::string_view>& columns) {
    group.shape = &shape;
    group.kind = kind;
    for (const auto column : columns) group.columns.push_back(shape.column(column));
  }
  Group& add(KeyView key, RowVersion guard, const std::vector<Value>& cells,
             std::uint32_t instance) {
    group.keys.push_back(arena.copy(key));
    group.guards.push_back(guard);
    for (const Value& cell : cells) group.cells.push_back(cell.copy_to(arena));
    group.instances.push_back(instance);
    group.ordinals.push_back(static_cast<std::uint32_t>(group.ordinals.size()));
    return *this;
  }
  Arena arena;
  WriteGroup group;
};

class SqliteFile : public testing::Test {
 protected:
  void SetUp() override {
    endpoint_ = fixture_.open();
    need(endpoint_->install());
    need(endpoint_->raise_fence("t", {.epoch = {1}}));
  }

  TableShape shape(const std::string& table, const std::string& stamp = {}) {
    const TableName name{"", table};
    const TableInfo info = need(endpoint_->describe(std::span(&name, 1))).front();
    TableShape out;
    out.table = name;
    for (const ColumnInfo& column : info.columns) {
      if (column.generated) continue;
      if (column.name == stamp) out.stamp = static_cast<std::uint32_t>(out.columns.size());
      out.columns.push_back({column.name, column.type});
    }
    for (const std::string& column : info.primary_key) out.key.push_back(out.column(column));
    out.fingerprint = info.fingerprint;
    return out;
  }

  // Keys and stamps of all pages of a stamped scan, as texts.
  std::vector<std::string> changed(const TableShape& table, std::size_t page_size,
                                   StampPosition from = {}) {
    auto snapshot = need(endpoint_->snapshot());
    std::vector<std::string> out;
    for (int pages = 0; pages < 100; ++pages) {
      const KeyPage page = need(snapshot->changed(table, from, page_size));
      EXPECT_LE(page.keys.size(), page_size);
      for (const KeyVersion& found : page.keys)
        out.push_back(key_text(found.key) + " @ " + value_text(found.stamp));
      if (page.end) return out;
      if (page.keys.empty()) break;
      held_.clear();
      from = {page.keys.back().stamp.copy_to(held_), Key(page.keys.back().key)};
    }
    ADD_FAILURE() << "the scan does not end";
    return out;
  }

  RowVersion version(const TableShape& table, KeyView key) {
    auto snapshot = need(endpoint_->snapshot());
    const Rows rows = need(snapshot->read(table, std::span(&key, 1)));
    return rows.size() == 1 ? rows.version(0) : RowVersion{};
  }

  std::unique_ptr<Transaction> begin(const TableShape& table, std::int64_t batch) {
    const TableShape* tables[] = {&table};
    return need(endpoint_->begin({"t", {1}, {batch}}, tables));
  }

  SqliteFixture fixture_;
  std::unique_ptr<Endpoint> endpoint_;
  Arena held_;
};

using SqliteChanged = SqliteFile;

TEST_F(SqliteChanged, OrdersEqualTimesByKeyHoweverTheyAreSpelled) {
  fixture_.run(R"(CREATE TABLE t (id INTEGER PRIMARY KEY, at timestamp_text);
    CREATE INDEX t_at ON t (at, id);
    INSERT INTO t VALUES (9, '2026-01-01 10:00:00'), (3, '2026-01-01 10:00:00.000000'), (5, '2026-01-01 10:00:00.0'),
      (7, '2026-01-01 10:00:00'), (1, '2026-01-01 10:00:00.000001'), (2, '2026-01-01 09:59:59.999999'), (4, NULL))");
  const TableShape table = shape("t", "at");
  for (const std::size_t page : {1U, 2U, 3U, 10U}) {
    EXPECT_THAT(changed(table, page),
                ElementsAre("2 @ 2026-01-01 09:59:59.999999", "3 @ 2026-01-01 10:00:00",
                            "5 @ 2026-01-01 10:00:00", "7 @ 2026-01-01 10:00:00",
                            "9 @ 2026-01-01 10:00:00", "1 @ 2026-01-01 10:00:00.000001"))
        << page;
  }
}

TEST_F(SqliteChanged, StartsInsideATieAndAtItsBeginning) {
  fixture_.run(R"(CREATE TABLE t (id INTEGER PRIMARY KEY, at timestamptz_text);
    INSERT INTO t VALUES (1, '2026-01-01 10:00:00+00'), (2, '2026-01-01 10:00:00'), (3, '2026-01-01 10:00:00.000000+00'),
      (4, '2026-01-01 10:00:00.5'))");
  const TableShape table = shape("t", "at");
  const Value ten = Value::instant(1'767'261'600'000'000);
  EXPECT_THAT(changed(table, 2, {ten, key_of(1)}),
              ElementsAre("2 @ 2026-01-01 10:00:00+00", "3 @ 2026-01-01 10:00:00+00",
                          "4 @ 2026-01-01 10:00:00.5+00"));
  EXPECT_EQ(changed(table, 2, {ten, {}}).size(), 4U);
}

TEST_F(SqliteChanged, RowsWithStampsThatAreNoTimesAreShownAndPassed) {
  fixture_.run(R"(CREATE TABLE t (id INTEGER PRIMARY KEY, at timestamp_text);
    INSERT INTO t VALUES (1, '2026-01-01 10:00:00'), (2, 'yesterday'), (3, '2026-01-01T10:00:00'), (4, 'yesterday'),
      (5, '2026-01-01 10:00:00 foo'), (6, x'00'), (7, '2026-01-02 10:00:00'))");
  const TableShape table = shape("t", "at");
  for (const std::size_t page : {1U, 2U, 10U}) {
    EXPECT_THAT(changed(table, page),
                testing::UnorderedElementsAre("1 @ 2026-01-01 10:00:00", "5 @ 2026-01-01 10:00:00",
                                              "3 @ 2026-01-01T10:00:00", "7 @ 2026-01-02 10:00:00",
                                              "2 @ yesterday", "4 @ yesterday",
                                              testing::StartsWith("6 @ ")))
        << page;
  }
}

TEST_F(SqliteChanged, ManyEqualStampsArePagedByKey) {
  fixture_.run(R"(CREATE TABLE t (id INTEGER PRIMARY KEY, at timestamp_text);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
    INSERT INTO t SELECT i, '2026-01-01 10:00:00.000000' FROM n)");
  const auto found = changed(shape("t", "at"), 7);
  EXPECT_EQ(found.size(), 500U);
  EXPECT_EQ(found.back(), "500 @ 2026-01-01 10:00:00");
}

using SqliteRead = SqliteFile;

TEST_F(SqliteRead, CellsThatAreNotOfTheirTypeComeAsTheyAre) {
  fixture_.run(
      R"(CREATE TABLE t (id INTEGER PRIMARY KEY, u uuid_text, n INTEGER, d decimal_text(10,2), b boolean_int,
      at timestamptz_text, x TEXT);
    INSERT INTO t VALUES (1, 'no uuid', 'many', 'ten', 2, 'soon', x'ff');
    INSERT INTO t VALUES (2, '3F0C8B9E-0000-4000-8000-000000000001', 7, '1.50', 1, '2026-01-01 10:00:00', 'ok'))");
  const TableShape table = shape("t");
  auto snapshot = need(endpoint_->snapshot());
  const Rows rows = need(snapshot->scan(table, {}, 10));
  ASSERT_EQ(rows.size(), 2U);
  for (std::size_t column = 1; column < rows.width(); ++column) {
    EXPECT_EQ(rows.row(0)[column].tag(), Tag::kOther) << column;
  }
  EXPECT_EQ(rows.row(0)[3].as_text(), "ten");
  EXPECT_EQ(value_text(rows.row(1)[1]), "3f0c8b9e-0000-4000-8000-000000000001");
  EXPECT_EQ(rows.row(1)[3], Value::decimal("1.50"));
  EXPECT_EQ(rows.row(1)[4], Value::boolean(true));
  EXPECT_EQ(rows.row(1)[5].tag(), Tag::kInstant);
}

TEST_F(SqliteRead, AKeySpelledOtherwiseIsFoundUnderTheNameThatTheScanGave) {
  fixture_.run(R"(CREATE TABLE t (id uuid_text NOT NULL PRIMARY KEY);
    INSERT INTO t VALUES ('3F0C8B9E-0000-4000-8000-000000000001'), ('3f0c8b9e-0000-4000-8000-000000000002'))");
  const TableShape table = shape("t");
  auto snapshot = need(endpoint_->snapshot());
  const KeyPage page = need(snapshot->keys(table, {}, 10));
  ASSERT_EQ(page.keys.size(), 2U);
  for (const KeyVersion& found : page.keys) {
    EXPECT_EQ(need(snapshot->read(table, std::span(&found.key, 1))).size(), 1U)
        << key_text(found.key);
  }
}

// E30: keys come in the order of their bytes, so that a merge never steps back because of one bad
// row.
TEST_F(SqliteRead, KeysThatAreNoUuidsComeAfterThoseThatAre) {
  fixture_.run(R"(CREATE TABLE t (id uuid_text NOT NULL PRIMARY KEY, v TEXT);
    INSERT INTO t (id) VALUES ('b0000000-0000-4000-8000-000000000001'), ('A0000000-0000-4000-8000-000000000002'), (''),
      ('a0000000-0000-4000-8000-000000000003'), ('f'), (x'00'), ('00000000-0000-4000-8000-000000000004'), ('zz'))");
  const TableShape table = shape("t");
  auto snapshot = need(endpoint_->snapshot());
  for (const std::size_t limit : {1U, 2U, 3U, 100U}) {
    std::vector<Key> found;
    Key after;
    for (bool end = false; !end;) {
      const KeyPage page = need(snapshot->keys(table, after, limit));
      for (const KeyVersion& key : page.keys) found.emplace_back(key.key);
      end = page.end;
      if (!page.keys.empty()) after = found.back();
      ASSERT_LE(found.size(), 7U);
    }
    EXPECT_EQ(found.size(), 7U) << limit;
    EXPECT_TRUE(std::ranges::is_sorted(found)) << limit;
  }
  EXPECT_EQ(need(snapshot->scan(table, {}, 100)).size(), 7U) << "a blob is no name";
}

TEST_F(SqliteRead, KeysWithACollationOfTheirOwnCompareByBytes) {
  fixture_.run(
      R"(CREATE TABLE t (id TEXT COLLATE NOCASE NOT NULL PRIMARY KEY, v TEXT); INSERT INTO t VALUES ('b', 1), ('A', 2), ('C', 3))");
  const TableShape table = shape("t");
  auto snapshot = need(endpoint_->snapshot());
  std::vector<std::string> found;
  Key after;
  for (int i = 0; i < 4; ++i) {
    const KeyPage page = need(snapshot->keys(table, after, 1));
    if (page.keys.empty()) break;
    found.push_back(key_text(page.keys[0].key));
    after = page.keys[0].key;
  }
  EXPECT_THAT(found, ElementsAre("A", "C", "b"));
  const Value lower = Value::text("a");
  const Key key = encode_key(std::span(&lower, 1));
  const KeyView view = key;
  EXPECT_EQ(need(snapshot->read(table, std::span(&view, 1))).size(), 0U);
}

TEST_F(SqliteRead, VersionsTellTypesContentsAndUnmappedColumnsApart) {
  fixture_.run(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, v, hidden TEXT); INSERT INTO t VALUES (1, '1', "
      "'a')");
  TableShape table = shape("t");
  const Key key = key_of(1);
  std::set<std::uint64_t> tokens;
  for (const char* change :
       {"SET v = '1'", "SET v = 1", "SET v = 1.0", "SET v = x'31'", "SET v = NULL", "SET v = ''",
        "SET hidden = 'b'", "SET hidden = NULL"}) {
    fixture_.run(std::string("UPDATE t ") + change);
    EXPECT_TRUE(tokens.insert(version(table, key).token).second) << change;
  }
  const RowVersion before = version(table, key);
  table.columns.pop_back();
  EXPECT_EQ(version(table, key), before);
}

TEST_F(SqliteRead, TooLargeRowsComeUnread) {
  fixture_.run(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, "
      "hex(zeroblob(1000))), (2, 'x')");
  TableShape table = shape("t");
  table.row_bytes_max = 1999;
  auto snapshot = need(endpoint_->snapshot());
  const Rows rows = need(snapshot->scan(table, {}, 10));
  EXPECT_TRUE(rows.oversized(0));
  EXPECT_TRUE(rows.row(0)[1].is_null());
  EXPECT_EQ(rows.row(0)[0], Value::integer(1));
  EXPECT_NE(rows.version(0).token, 0U);
  EXPECT_FALSE(rows.oversized(1));
}

TEST_F(SqliteRead, TwoSnapshotsAndAWriteStandSideBySide) {
  fixture_.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a')");
  const TableShape table = shape("t");
  auto before = need(endpoint_->snapshot());
  Group update(table, WriteKind::kUpdate, {"v"});
  update.add(key_of(1), version(table, key_of(1)), {Value::text("b")}, 0);
  auto transaction = begin(table, 1);
  EXPECT_EQ(need(transaction->apply(std::span(&update.group, 1)))[0][0].status,
            WriteStatus::kApplied);
  EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
  auto after = need(endpoint_->snapshot());
  EXPECT_EQ(need(before->scan(table, {}, 10)).row(0)[1], Value::text("a"));
  EXPECT_EQ(need(after->scan(table, {}, 10)).row(0)[1], Value::text("b"));
}

using SqliteApply = SqliteFile;

TEST_F(SqliteApply, RowsOfOneTableMayReferToLaterOnes) {
  fixture_.run("CREATE TABLE t (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES t (id))");
  const TableShape table = shape("t");
  Group insert(table, WriteKind::kInsert, {"id", "parent"});
  insert.add(key_of(1), {}, {Value::integer(1), Value::integer(2)}, 0);
  insert.add(key_of(2), {}, {Value::integer(2), Value::integer(3)}, 1);
  insert.add(key_of(3), {}, {Value::integer(3), Value::null()}, 2);
  insert.add(key_of(4), {}, {Value::integer(4), Value::integer(99)}, 3);
  auto transaction = begin(table, 1);
  const auto results = need(transaction->apply(std::span(&insert.group, 1)));
  for (const std::size_t row : {0U, 1U, 2U})
    EXPECT_EQ(results[0][row].status, WriteStatus::kApplied) << row;
  ASSERT_EQ(results[0][3].status, WriteStatus::kRejected);
  EXPECT_EQ(results[0][3].error->code(), Code::kConstraintViolated);
  EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(fixture_.number("SELECT count(*) FROM t"), 3);
  need(endpoint_->raise_fence("t", {.epoch = {2}}));
  const Settlement settled = need(endpoint_->settle({"t", {2}, {1}}));
  EXPECT_TRUE(settled.applied);
  EXPECT_THAT(settled.unapplied, ElementsAre(3));
}

TEST_F(SqliteApply, ADeferredReferenceThatWouldFailAtCommitRefusesOnlyItsInstance) {
  fixture_.run(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, peer INTEGER REFERENCES t (id) DEFERRABLE INITIALLY "
      "DEFERRED)");
  const TableShape table = shape("t");
  Group insert(table, WriteKind::kInsert, {"id", "peer"});
  for (int i = 1; i <= 9; ++i)
    insert.add(key_of(i), {}, {Value::integer(i), Value::integer(i == 5 ? 77 : i)},
               static_cast<std::uint32_t>(i));
  auto transaction = begin(table, 1);
  const auto results = need(transaction->apply(std::span(&insert.group, 1)));
  for (std::size_t row = 0; row < 9; ++row) {
    EXPECT_EQ(results[0][row].status, row == 4 ? WriteStatus::kRejected : WriteStatus::kApplied)
        << row;
  }
  EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(fixture_.number("SELECT count(*) FROM t"), 8);
}

TEST_F(SqliteApply, InstancesThatReferToEachOtherFitTogetherBesideABrokenOne) {
  fixture_.run(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, peer INTEGER REFERENCES t (id) DEFERRABLE INITIALLY "
      "DEFERRED)");
  const TableShape table = shape("t");
  Group insert(table, WriteKind::kInsert, {"id", "peer"});
  insert.add(key_of(1), {}, {Value::integer(1), Value::integer(4)}, 1);
  insert.add(key_of(2), {}, {Value::integer(2), Value::null()}, 2);
  insert.add(key_of(3), {}, {Value::integer(3), Value::null()}, 3);
  insert.add(key_of(4), {}, {Value::integer(4), Value::integer(1)}, 4);
  auto transaction = begin(table, 1);
  const auto results = need(transaction->apply(std::span(&insert.group, 1)));
  for (const auto& result : results[0]) {
    EXPECT_EQ(result.status, WriteStatus::kApplied);
  }
  EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
}

TEST_F(SqliteApply, ATriggerThatRollsEverythingBackLosesOnlyItsOwnRow) {
  fixture_.run(R"(CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
    CREATE TRIGGER r BEFORE INSERT ON t WHEN NEW.v = 'bad' BEGIN SELECT RAISE(ROLLBACK, 'no'); END)");
  const TableShape table = shape("t");
  Group insert(table, WriteKind::kInsert, {"id", "v"});
  insert.add(key_of(1), {}, {Value::integer(1), Value::text("good")}, 1);
  insert.add(key_of(2), {}, {Value::integer(2), Value::text("bad")}, 2);
  insert.add(key_of(3), {}, {Value::integer(3), Value::text("good")}, 3);
  auto transaction = begin(table, 1);
  const auto results = need(transaction->apply(std::span(&insert.group, 1)));
  EXPECT_EQ(results[0][0].status, WriteStatus::kApplied);
  ASSERT_EQ(results[0][1].status, WriteStatus::kRejected);
  EXPECT_EQ(results[0][1].error->code(), Code::kTriggerRaised);
  EXPECT_EQ(results[0][2].status, WriteStatus::kApplied);
  EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(fixture_.number("SELECT count(*) FROM t"), 2);
}

TEST_F(SqliteApply, AnInstanceOverTwoTablesIsWrittenWholeOrNotAtAll) {
  fixture_.run(
      R"(CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, v TEXT UNIQUE);
    INSERT INTO b VALUES (100, 'taken'))");
  const TableShape a = shape("a");
  const TableShape b = shape("b");
  Group first(a, WriteKind::kInsert, {"id", "v"});
  Group second(b, WriteKind::kInsert, {"id", "v"});
  for (std::uint32_t i = 1; i <= 3; ++i) {
    first.add(key_of(i), {}, {Value::integer(i), Value::text("x")}, i);
    second.add(key_of(i), {},
               {Value::integer(i), Value::text(i == 2 ? "taken" : fmt::format("v{}", i))}, i);
  }
  const WriteGroup groups[] = {first.group, second.group};
  auto transaction = begin(a, 1);
  const auto results = need(transaction->apply(groups));
  EXPECT_EQ(results[0][1].status, WriteStatus::kSkipped);
  ASSERT_EQ(results[1][1].status, WriteStatus::kRejected);
  EXPECT_EQ(results[1][1].error->code(), Code::kUniqueTaken);
  EXPECT_EQ(results[1][1].error->constraint(), "b.v");
  EXPECT_THAT(results[1][1].error->why(), testing::Not(HasSubstr("taken")));
  EXPECT_EQ(results[0][2].status, WriteStatus::kApplied);
  EXPECT_EQ(results[1][2].status, WriteStatus::kApplied);
  EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(fixture_.number("SELECT sum(id) FROM a"), 4);
}

TEST_F(SqliteApply, ATableThatReplacesOnConflictKeepsItsRows) {
  fixture_.run(
      R"(CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT UNIQUE ON CONFLICT REPLACE); INSERT INTO t VALUES (1, 'a'))");
  const TableShape table = shape("t");
  Group insert(table, WriteKind::kInsert, {"id", "v"});
  insert.add(key_of(2), {}, {Value::integer(2), Value::text("a")}, 1);
  auto transaction = begin(table, 1);
  EXPECT_EQ(need(transaction->apply(std::span(&insert.group, 1)))[0][0].status,
            WriteStatus::kRejected);
  EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(fixture_.number("SELECT max(id) FROM t"), 1);
}

TEST_F(SqliteApply, StampsAreWrittenInFull) {
  fixture_.run(R"(CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, at timestamptz_text))");
  const TableShape table = shape("t", "at");
  Group insert(table, WriteKind::kInsert, {"id", "v"});
  insert.add(key_of(1), {}, {Value::integer(1), Value::text("a")}, 1);
  auto transaction = begin(table, 1);
  const auto results = need(transaction->apply(std::span(&insert.group, 1)));
  EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(
      fixture_.number("SELECT length(at) = 29 AND at LIKE '____-__-__ __:__:__.______+00' FROM t"),
      1);
  EXPECT_EQ(version(table, key_of(1)), results[0][0].version);
  EXPECT_GT(results[0][0].version.stamp_us, 0);
}

TEST_F(SqliteApply, WaitsForALockOnlyAsLongAsItMay) {
  fixture_.set_busy_timeout(std::chrono::milliseconds(50));
  auto impatient = fixture_.open();
  need(fixture_.user().begin_write());
  EXPECT_EQ(impatient->horizon().error().code(), Code::kTimeout);
  EXPECT_EQ(impatient->begin({"t", {1}, {1}}, {}).error().kind(), ErrorKind::kRetry);
  fixture_.user().rollback();
  EXPECT_TRUE(impatient->horizon().has_value());
}

using SqliteCatalog = SqliteFile;

TEST_F(SqliteCatalog, TellsKeysUniquesReferencesAndTriggers) {
  fixture_.run(R"(CREATE TABLE p (a TEXT, b INTEGER, PRIMARY KEY (b, a)) WITHOUT ROWID;
    CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, price decimal_text(10,2) NOT NULL DEFAULT '0', bad NUMERIC(10,2),
      twice AS (price * 2), pa TEXT, pb INTEGER, CHECK (id > 0), UNIQUE (pa, pb),
      FOREIGN KEY (pb, pa) REFERENCES p ON DELETE CASCADE);
    CREATE UNIQUE INDEX half ON t (price) WHERE price > 1;
    CREATE TRIGGER tr AFTER UPDATE ON t BEGIN SELECT 1; END)");
  const TableName names[] = {{"", "p"}, {"", "t"}};
  const auto tables = need(endpoint_->describe(names));
  EXPECT_THAT(tables[0].primary_key, ElementsAre("b", "a"));
  EXPECT_TRUE(tables[0].columns[0].not_null);
  const TableInfo& t = tables[1];
  EXPECT_EQ(t.column("id")->sequence, "rowid");
  EXPECT_TRUE(t.column("price")->has_default);
  EXPECT_FALSE(t.column("price")->numeric_affinity);
  EXPECT_TRUE(t.column("bad")->numeric_affinity);
  EXPECT_TRUE(t.column("twice")->generated);
  EXPECT_THAT(t.checks, ElementsAre("id > 0"));
  ASSERT_EQ(t.foreign_keys.size(), 1U);
  EXPECT_THAT(t.foreign_keys[0].target_columns, ElementsAre("b", "a"));
  EXPECT_TRUE(t.foreign_keys[0].cascades);
  EXPECT_TRUE(t.has_after_effects());
  bool partial = false;
  for (const UniqueInfo& unique : t.uniques) partial |= unique.name == "half" && !unique.plain;
  EXPECT_TRUE(partial);
  const TableName missing{"", "nowhere"};
  EXPECT_EQ(endpoint_->describe(std::span(&missing, 1)).error().code(), Code::kTableMissing);
}

TEST_F(SqliteCatalog, AnIndexIsNoDriftAndATriggerIs) {
  fixture_.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
  const std::uint64_t before = shape("t").fingerprint;
  fixture_.run("CREATE INDEX i ON t (v)");
  EXPECT_EQ(shape("t").fingerprint, before);
  const TableShape old = shape("t");
  fixture_.run("CREATE TRIGGER tr BEFORE UPDATE ON t BEGIN SELECT 1; END");
  EXPECT_NE(shape("t").fingerprint, before);
  const TableShape* tables[] = {&old};
  EXPECT_EQ(endpoint_->begin({"t", {1}, {1}}, tables).error().code(), Code::kSchemaDrift);
}

TEST_F(SqliteCatalog, AColumnThatDoesNotExistIsNeverAText) {
  fixture_.run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  TableShape table = shape("t");
  table.columns.push_back({"ghost", table.columns[0].type});
  auto snapshot = need(endpoint_->snapshot());
  EXPECT_EQ(snapshot->scan(table, {}, 1).error().code(), Code::kColumnMissing);
}

using SqliteSequence = SqliteFile;

TEST_F(SqliteSequence, AutoincrementNeverGivesWhatWasReserved) {
  fixture_.run(
      "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT); INSERT INTO t (v) VALUES "
      "('a')");
  TableShape table = shape("t");
  table.key_sequence = "rowid";
  EXPECT_THAT(need(endpoint_->reserve(table, 3)), ElementsAre(2, 3, 4));
  fixture_.run("INSERT INTO t (v) VALUES ('b')");
  EXPECT_EQ(fixture_.number("SELECT max(id) FROM t"), 5);
  EXPECT_THAT(need(endpoint_->reserve(table, 1)), ElementsAre(6));
}

TEST_F(SqliteSequence, BlocksNeverOverlap) {
  fixture_.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
  TableShape table = shape("t");
  table.key_sequence = "rowid";
  EXPECT_THAT(need(endpoint_->reserve(table, 2)), ElementsAre(1, 2));
  fixture_.run("INSERT INTO t VALUES (10, 'x')");
  auto other = fixture_.open();
  EXPECT_THAT(need(other->reserve(table, 2)), ElementsAre(11, 12));
  fixture_.run("DELETE FROM t");
  EXPECT_THAT(need(endpoint_->reserve(table, 1)), ElementsAre(13));
}

using SqliteProbe = SqliteFile;

TEST_F(SqliteProbe, SaysWhatStandsInTheWay) {
  fixture_.run(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, at timestamp_text); INSERT INTO t VALUES (1, "
      "'2026-01-01T10:00:00')");
  const TableName names[] = {{"", "t"}, {"", "gone"}};
  const Probe probe = need(endpoint_->probe(names));
  EXPECT_THAT(probe.product, testing::StartsWith("SQLite 3."));
  EXPECT_EQ(probe.identity, need(fixture_.open()->probe({})).identity);
  std::vector<std::string> bad;
  for (const Finding& finding : probe.findings) {
    if (finding.level != Finding::Level::kOk) bad.push_back(finding.topic);
  }
  EXPECT_THAT(bad, ElementsAre("spelling", "tables"));
}

TEST(SqliteOpen, NamesWhatIsWrong) {
  const TestFolder folder;
  EndpointOptions options;
  options.clock = &system_clock();
  options.connection.path = folder.file("missing.db");
  EXPECT_EQ(SqliteEndpoint::open(options).error().code(), Code::kDatabaseMissing);
  options.connection.path = folder.file("text.db");
  std::ofstream(options.connection.path)
      << "this is no database, though it is a file of more than a few bytes";
  EXPECT_EQ(SqliteEndpoint::open(options).error().code(), Code::kFileDamaged);
}

TEST(SqliteOpen, ANewFileIsItsOwnersOnly) {
  const TestFolder folder;
  ConnectionOptions options;
  options.path = folder.file("new.db");
  options.create = true;
  auto connection = need(Connection::open(options));
  need(connection->execute("test", "CREATE TABLE t (a)"));
  for (const char* end : {"", "-wal", "-shm"}) {
    struct ::stat found{};
    ASSERT_EQ(::stat((options.path + end).c_str(), &found), 0) << end;
    EXPECT_EQ(found.st_mode & 0777U, 0600U) << end;
  }
}

}  // namespace
}  // namespace atlas::sqlite
