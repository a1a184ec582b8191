// Types and keys that only PostgreSQL has, and values that do not fit.

#include "engines/postgres/world_testing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

namespace atlas::postgres {
namespace {

class Types : public testing::Test {
 protected:
  Types() : user_(fixture_.user()), endpoint_(fixture_.open()) {
    must(endpoint_->install());
    must(endpoint_->raise_fence("t", {.epoch = {1}}));
  }

  TableShape shape(const std::string& name, std::vector<std::string> key = {"id"}) {
    return shape_of(*endpoint_, {.name = name, .columns = {}, .key = std::move(key), .stamp = {}},
                    {.schema = "app", .name = name});
  }
  std::vector<std::vector<WriteResult>> apply(const WriteGroup& group) {
    const TableShape* table = group.shape;
    const auto transaction = must(endpoint_->begin(
        {.tenant = "t", .epoch = Epoch{1}, .batch = BatchNumber{++batch_}}, {&table, 1}));
    auto results = must(transaction->apply({&group, 1}));
    if (transaction->commit().outcome != CommitOutcome::kCommitted)
      throw std::runtime_error("not committed");
    return results;
  }

  PostgresFixture fixture_;
  PostgresUser& user_;
  std::unique_ptr<Endpoint> endpoint_;
  std::int64_t batch_ = 0;
};

// Whatever has no tag of its own goes from one table to an equal one through its text.
TEST_F(Types, UnusualTypesPassUnchanged) {
  (void)user_.query(R"(
create type app.mood as enum ('sad', 'so; "so"', 'happy');
create domain app.amount as numeric(10,2) check (value >= 0);
create domain app.label as varchar(8);
create type app.pair as (a int4, b text);
create table app.a (id int4 primary key, ints int4[], texts text[], caps varchar(3)[], pads char(2)[], bits bit(3), vbits bit varying(9),
  net inet, ranged int4range, cash money, feeling app.mood, feelings app.mood[], amount app.amount, label app.label, both_ app.pair,
  grid int4[][], clock timetz, doc xml, words tsvector, place point, stamps timestamptz[]);
insert into app.a values
  (1, '{1,NULL,3}', '{"a,b","",NULL,"q\"uo\\te"}', '{abc,d}', '{ab,c}', '101', '10101', '10.0.0.1/8', '[1,5)', '12.34', 'so; "so"',
   '{sad,NULL,happy}', 12.30, 'label', '(1,"x, y")', '{{1,2},{3,4}}', '10:00:00+02', '<a>b</a>', 'cat dog', '(1,2)',
   '{"2024-01-01 00:00:00+00",infinity}'),
  (2, '{}', '{}', '{}', '{}', '000', '', '::1', 'empty', '-1', 'sad', '{}', 0, '', '(,)', '{}', '00:00:00+00', '', '', '(0,0)', '{}'),
  (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
create table app.b (like app.a including all);)");
  const TableShape from = shape("a");
  const TableShape to = shape("b");
  EXPECT_EQ(from.columns[from.column("feeling")].type.kind, TypeKind::kEnum);
  EXPECT_THAT(from.columns[from.column("feeling")].type.labels,
              testing::ElementsAre("sad", "so; \"so\"", "happy"));
  EXPECT_EQ(from.columns[from.column("ints")].type.kind, TypeKind::kArray);
  EXPECT_EQ(from.columns[from.column("amount")].type.kind, TypeKind::kNumeric);
  EXPECT_EQ(from.columns[from.column("amount")].type.size, 10);
  EXPECT_EQ(from.columns[from.column("amount")].type.scale, 2);
  EXPECT_EQ(from.columns[from.column("label")].type.size, 8);
  const Rows rows = must(must(endpoint_->snapshot())->scan(from, {}, 10));
  ASSERT_EQ(rows.size(), 3U);
  std::vector<std::string_view> columns;
  columns.reserve(to.columns.size());
  for (const ShapeColumn& column : to.columns) columns.push_back(column.name);
  TestGroup group(to, WriteKind::kInsert, columns);
  for (std::uint32_t i = 0; i < 3; ++i) group.add(rows.row(i).first(1), {}, rows.row(i), i);
  const auto results = apply(group.group());
  for (const WriteResult& result : results[0]) {
    EXPECT_EQ(result.status, WriteStatus::kApplied) << (result.error ? result.error->line() : "");
  }
  EXPECT_EQ(user_.one("select count(*) from (select a::text from app.a a except select b::text "
                      "from app.b b) x"),
            "0");
}

TEST_F(Types, WhatDoesNotFitIsRejectedAndNeverCut) {
  (void)user_.query(
      "create table app.n (id int4 primary key, small int2, short varchar(3), caps varchar(3)[], "
      "num numeric(4,2), at date, d text)");
  const TableShape n = shape("n");
  std::int64_t id = 0;
  const auto write = [&](std::string_view column, const Value& value) {
    TestGroup group(n, WriteKind::kInsert, {"id", column});
    const std::array cells = {Value::integer(++id), value};
    group.add({cells.data(), 1}, {}, cells, 0);
    const auto results = apply(group.group());
    return results[0][0].status == WriteStatus::kRejected ? results[0][0].error->code() : Code{};
  };
  using namespace std::string_view_literals;
  EXPECT_EQ(write("small", Value::integer(40'000)), Code::kOutsideDomain);
  EXPECT_EQ(write("short", Value::text("abcd")), Code::kOutsideDomain);
  EXPECT_EQ(write("caps", Value::other("{abcd}")), Code::kOutsideDomain);
  EXPECT_EQ(write("num", Value::decimal("123.45")), Code::kOutsideDomain);
  EXPECT_EQ(write("num", Value::text("not a number")), Code::kOutsideDomain);
  EXPECT_EQ(write("at", Value::date(10'000'000'000)), Code::kOutsideDomain);
  EXPECT_EQ(write("d", Value::text("\xFF\xFE"sv)), Code::kEncoding);
  EXPECT_EQ(write("d", Value::text("a\0b"sv)), Code::kEncoding);
  EXPECT_EQ(write("short", Value::text("abc")), Code{});
}

TEST_F(Types, KeysOfEveryTypeAreScannedReadAndWritten) {
  (void)user_.query("create type app.level as enum ('low', 'high', 'mid')");
  struct Kind {
    std::string type, values;
  };
  const std::vector<Kind> kinds = {
      {"varchar(20)", "('a'), ('B'), ('ä'), ('a b')"},
      {"text collate \"C\"", "('a'), ('B'), ('ä'), ('a b')"},
      {"char(4)", "('a'), ('B'), ('ab'), ('a b')"},
      {"app.level", "('low'), ('high'), ('mid')"},
      {"numeric", "(10), (9), (-1.50), (-1.25), (0), (1e20)"},
      {"date", "('2024-01-01'), ('-infinity'), ('0044-03-15 BC'), ('infinity')"},
      {"timestamptz", "('2024-01-01'), ('-infinity'), ('1999-12-31 23:59:59.999999')"},
      {"bytea", "('\\x00'), ('\\x'), ('\\xff'), ('\\x0001')"},
      {"bool", "(true), (false)"},
      {"inet", "('10.0.0.1'), ('9.0.0.1'), ('::1')"},
      {"int8", "(-9223372036854775808), (9223372036854775807), (0)"},
  };
  int number = 0;
  for (const Kind& kind : kinds) {
    const std::string name = "k" + std::to_string(++number);
    (void)user_.query(fmt::format(
        "create table app.{0} (id {1} primary key, v text); insert into app.{0} (id) values {2}",
        name, kind.type, kind.values));
    const TableShape table = shape(name);
    const auto snapshot = must(endpoint_->snapshot());
    std::vector<Key> keys;
    while (true) {
      const KeyPage page =
          must(snapshot->keys(table, keys.empty() ? KeyView() : KeyView(keys.back()), 2));
      for (const KeyVersion& found : page.keys) keys.emplace_back(found.key);
      if (page.end) break;
    }
    EXPECT_EQ(std::to_string(keys.size()), user_.one("select count(*) from app." + name))
        << kind.type;
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end())) << kind.type;
    const std::vector<KeyView> views(keys.begin(), keys.end());
    const Rows rows = must(snapshot->read(table, views));
    ASSERT_EQ(rows.size(), keys.size()) << kind.type;
    TestGroup group(table, WriteKind::kUpdate, {"v"});
    for (std::uint32_t i = 0; i < keys.size(); ++i) {
      const auto at = static_cast<std::size_t>(rows.find(keys[i]));
      const Value cell = Value::text("ours");
      group.add(rows.row(at).first(1), rows.version(at), {&cell, 1}, i);
    }
    const auto results = apply(group.group());
    for (const WriteResult& result : results[0])
      EXPECT_EQ(result.status, WriteStatus::kApplied) << kind.type;
    EXPECT_EQ(user_.one("select count(*) from app." + name + " where v = 'ours'"),
              std::to_string(keys.size()))
        << kind.type;
  }
}

// Q5: names are quoted, whatever is in them.
TEST_F(Types, StrangeNamesAreOnlyNames) {
  const std::string table = "we\"ird; drop table x --\n' $1 %";
  const std::string column = "select \"from\" \xE2\x80\xAE where";
  (void)user_.query("create table app." + PostgresFixture::sql_name(table).substr(4) +
                    " (id int4 primary key, " + "\"select \"\"from\"\" \xE2\x80\xAE where\" text)");
  const TableShape strange = shape(table);
  TestGroup group(strange, WriteKind::kInsert, {"id", column});
  const std::array cells = {Value::integer(1), Value::text("in")};
  group.add({cells.data(), 1}, {}, cells, 0);
  EXPECT_EQ(apply(group.group())[0][0].status, WriteStatus::kApplied);
  const Rows rows = must(must(endpoint_->snapshot())->scan(strange, {}, 1));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.row(0)[1], Value::text("in"));
}

TEST_F(Types, AChangedColumnTypeIsDriftForReaders) {
  (void)user_.query(
      "create table app.c (id int4 primary key, v int4); insert into app.c values (1, 1)");
  const TableShape table = shape("c");
  ASSERT_TRUE(must(endpoint_->snapshot())->scan(table, {}, 1));
  (void)user_.query("alter table app.c alter column v type int8");
  for (int i = 0; i < 2; ++i) {
    const auto rows = must(endpoint_->snapshot())->scan(table, {}, 1);
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().kind(), ErrorKind::kDrift);
  }
  EXPECT_TRUE(must(endpoint_->snapshot())->scan(shape("c"), {}, 1)) << "a new shape reads it";
}

// A stamp without a zone would be ours, not the application's.
TEST_F(Types, TriggersThatTakeTheSessionsTimeAreKnown) {
  std::string sql = "create table app.stamped (id int4 primary key, at timestamp);";
  const auto trigger = [&](const std::string& name, const std::string& value,
                           const std::string& setting = "") {
    sql += fmt::format(
        "create function app.{0}() returns trigger language plpgsql {2} as $$ begin new.at := {1}; "
        "return new; end $$; create trigger {0} before update on app.stamped for each row execute "
        "function app.{0}();",
        name, value, setting);
  };
  trigger("bare_now", "now()");
  trigger("bare_local", "LOCALTIMESTAMP");
  trigger("zoned", "now() AT TIME ZONE 'Europe/Berlin'");
  trigger("pinned", "now()", "set timezone = 'Europe/Berlin'");
  trigger("other", "'2026-01-01'");
  (void)user_.query(sql);
  const std::vector<TableName> names = {{.schema = "app", .name = "stamped"}};
  const auto infos = must(endpoint_->describe(names));
  std::vector<std::string> found;
  for (const TriggerInfo& info : infos[0].triggers)
    if (info.uses_session_zone) found.push_back(info.name);
  EXPECT_EQ(found, (std::vector<std::string>{"bare_local", "bare_now"}));
}

TEST_F(Types, DescribeFollowsTheCatalog) {
  (void)user_.query(R"(
create table app.parent (id int4 primary key, code text unique deferrable initially deferred);
create table app.child (
  id int8 generated always as identity primary key, serial_ serial, parent int4 references app.parent on delete cascade,
  total int4 generated always as (1 + 1) stored, name text not null default 'x' check (length(name) > 0));
create unique index child_lower on app.child (lower(name));
create unique index child_some on app.child (name) where parent is null;
create index child_name on app.child (name, parent);
create rule quiet as on delete to app.child do instead nothing;)");
  const std::vector<TableName> names = {{.schema = "app", .name = "child"},
                                        {.schema = "app", .name = "parent"}};
  const auto infos = must(endpoint_->describe(names));
  const TableInfo& child = infos[0];
  EXPECT_TRUE(child.column("id")->generated);
  EXPECT_EQ(child.column("id")->sequence, "app.child_id_seq");
  EXPECT_EQ(child.column("serial_")->sequence, "app.child_serial__seq");
  EXPECT_TRUE(child.column("serial_")->has_default);
  EXPECT_TRUE(child.column("total")->generated);
  EXPECT_TRUE(child.column("name")->not_null);
  ASSERT_EQ(child.foreign_keys.size(), 1U);
  EXPECT_TRUE(child.foreign_keys[0].cascades);
  EXPECT_EQ(child.foreign_keys[0].target, names[1]);
  EXPECT_EQ(child.checks.size(), 1U);
  EXPECT_TRUE(child.has_before_triggers()) << "a rule can eat writes too";
  EXPECT_EQ(child.uniques.size(), 3U);
  EXPECT_EQ(std::count_if(child.uniques.begin(), child.uniques.end(),
                          [](const UniqueInfo& u) { return !u.plain; }),
            2);
  EXPECT_TRUE(std::any_of(child.indexes.begin(), child.indexes.end(), [](const IndexInfo& i) {
    return i.columns == std::vector<std::string>{"name", "parent"};
  }));
  const TableInfo& parent = infos[1];
  EXPECT_TRUE(std::any_of(parent.uniques.begin(), parent.uniques.end(),
                          [](const UniqueInfo& u) { return u.deferrable; }));
}

}  // namespace
}  // namespace atlas::postgres
