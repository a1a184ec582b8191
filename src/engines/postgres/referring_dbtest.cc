// Deletes and the foreign keys that they would set off (E26): whoever refers keeps the row, also
// who comes while we delete, is in no mapped table, or cannot be seen.

#include "engines/postgres/referring.h"

#include "engines/postgres/world_testing.h"
#include "engines/postgres/write_sql.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <thread>

namespace atlas::postgres {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

class Referring : public testing::Test {
 protected:
  Referring() : accounts_(shared_postgres_server().create_database(), 4) {}

  TableShape shape(const std::string& name, const std::vector<std::string>& key = {"id"}) {
    return shape_of(*accounts_.endpoint, {.name = name, .columns = {}, .key = key, .stamp = {}},
                    {.schema = "app", .name = name});
  }
  // Removes all rows of a table, an instance a row, in the order of their keys.
  TestGroup removal(const TableShape& of) {
    const Rows rows = must(must(accounts_.endpoint->snapshot())->scan(of, {}, 100));
    TestGroup group(of, WriteKind::kRemove, {});
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      std::vector<Value> key;
      key.reserve(of.key.size());
      for (const std::uint32_t column : of.key) key.push_back(rows.row(i)[column]);
      group.add(key, rows.version(i), {}, i);
    }
    return group;
  }
  std::vector<WriteResult> remove(const TableShape& of) {
    const TestGroup group = removal(of);
    ++accounts_.batch;
    const auto transaction = must(accounts_.endpoint->begin(accounts_.ticket(), begin_with(of)));
    auto results = must(transaction->apply({&group.group(), 1}));
    EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
    return results[0];
  }
  std::span<const TableShape* const> begin_with(const TableShape& of) {
    table_ = &of;
    return {&table_, 1};
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
  void sql(const std::string& text) { (void)accounts_.user->query(text); }
  std::string one(const std::string& text) { return accounts_.user->one(text); }

  Accounts accounts_;
  const TableShape* table_ = nullptr;
};

constexpr WriteStatus kGone = WriteStatus::kApplied;
constexpr WriteStatus kStays = WriteStatus::kReferred;

class ReferringActions : public Referring, public testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, ReferringActions,
                         testing::Values("cascade", "set null", "set default"),
                         [](const auto& action) {
                           std::string name = action.param;
                           std::erase(name, ' ');
                           return name;
                         });

// The user's row is there, but not committed, when we look and when we lock.
TEST_P(ReferringActions, AChildThatIsCommittedWhileWeWaitKeepsItsParent) {
  sql(fmt::format(
      "create table app.child (id int8 primary key, account int4 references app.account "
      "on delete {})",
      GetParam()));
  const TestGroup group = removal(accounts_.shape);
  PostgresUser user(accounts_.options.dsn.reveal());
  (void)user.query("begin; insert into app.child values (7, 2)");
  const auto transaction = must(accounts_.begin());
  std::jthread commits([&] {
    // Once we wait for the row.
    PostgresUser watcher(accounts_.options.dsn.reveal());
    for (int i = 0; i < 3000; ++i) {
      if (watcher.one("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and "
                      "datname = current_database()") != "0")
        break;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    (void)user.query("commit");
  });
  const auto results = must(transaction->apply({&group.group(), 1}));
  commits.join();
  ASSERT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
  EXPECT_THAT(statuses(results[0]), ElementsAre(kGone, kStays, kGone, kGone));
  EXPECT_EQ(one("select account from app.child"), "2");
  EXPECT_EQ(one("select string_agg(id::text, ',') from app.account"), "2");
}

// Who comes after our lock waits for us, and is told that the parent is gone.
TEST_P(ReferringActions, AChildThatComesAfterOurLockIsRefused) {
  sql(fmt::format(
      "create table app.child (id int8 primary key, account int4 references app.account "
      "on delete {})",
      GetParam()));
  const TestGroup group = removal(accounts_.shape);
  const auto transaction = must(accounts_.begin());
  const auto results = must(transaction->apply({&group.group(), 1}));
  EXPECT_THAT(statuses(results[0]), Each(kGone));
  PostgresUser user(accounts_.options.dsn.reveal());
  user.start("insert into app.child values (7, 2)");
  ASSERT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
  EXPECT_THROW((void)user.finish(), std::runtime_error);
  EXPECT_EQ(one("select count(*) from app.child"), "0");
}

TEST_F(Referring, ANewKeyCountsThoughTheShapeIsOlder) {
  ASSERT_NE(accounts_.shape.fingerprint, 0U);
  sql("create table app.child (id int8 primary key, account int4 references app.account on delete "
      "cascade); insert into app.child values (7, 3)");
  const auto results = remove(accounts_.shape);
  EXPECT_THAT(statuses(results), ElementsAre(kGone, kGone, kStays, kGone));
  ASSERT_TRUE(results[2].error);
  EXPECT_EQ(results[2].error->code(), Code::kHasChildren);
  EXPECT_EQ(why(results[2]), "rows of app.child");
}

TEST_F(Referring, KeysOfSeveralColumnsAndOfPartitionsCount) {
  sql(R"(
create table app.place (a int4, b text, primary key (a, b));
insert into app.place values (1, 'x'), (1, 'y'), (2, 'x'), (2, 'y'), (3, 'x');
create table app.visit (id int4, b varchar(5), a int8, foreign key (a, b) references app.place on delete set null)
  partition by range (id);
create table app.visit_low partition of app.visit for values from (0) to (100);
create table app.visit_high partition of app.visit for values from (100) to (200);
insert into app.visit values (1, 'y', 1), (150, 'x', 2), (2, null, 3), (3, 'x', null))");
  const auto results = remove(shape("place", {"a", "b"}));
  EXPECT_THAT(statuses(results), ElementsAre(kGone, kStays, kStays, kGone, kGone));
  EXPECT_EQ(why(results[1]), "rows of app.visit");
}

TEST_F(Referring, APartitionedParentIsGuardedByItsOwnKeysAndThoseOfItsPartitions) {
  sql(R"(
create table app.event (id int4 primary key, v text) partition by range (id);
create table app.event_low partition of app.event for values from (0) to (100);
create table app.event_high partition of app.event for values from (100) to (200);
insert into app.event values (1, 'a'), (2, 'b'), (3, 'c'), (150, 'd');
create table app.whole (event int4 references app.event on delete cascade);
create table app.part (event int4 references app.event_low on delete cascade);
insert into app.whole values (150), (3);
insert into app.part values (2), (3))");
  const TableShape low = shape("event_low");
  EXPECT_THAT(statuses(remove(low)), ElementsAre(kGone, kStays, kStays));
  EXPECT_THAT(statuses(remove(shape("event"))), ElementsAre(kStays, kStays, kStays));
  sql("delete from app.whole; delete from app.part");
  EXPECT_THAT(statuses(remove(shape("event"))), ElementsAre(kGone, kGone, kGone));
}

// A row that refers to itself goes; a tree goes from its leaves, one level a transaction.
TEST_F(Referring, ATableMayReferToItself) {
  sql("create table app.tree (id int4 primary key, parent int4 references app.tree on delete "
      "cascade); insert into app.tree values (1, 1), (2, null), (3, 2), (4, 3)");
  const TableShape tree = shape("tree");
  EXPECT_THAT(statuses(remove(tree)), ElementsAre(kGone, kStays, kStays, kGone));
  EXPECT_THAT(statuses(remove(tree)), ElementsAre(kStays, kGone));
  EXPECT_THAT(statuses(remove(tree)), ElementsAre(kGone));
}

// Equal is what the key takes for equal, whatever the columns' own collations say.
TEST_F(Referring, TextsAreComparedAsTheKeyComparesThem) {
  sql(R"(
create collation app.caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create table app.word (id text collate app.caseless primary key);
create table app.plain (id text collate "C" primary key);
insert into app.word values ('ann'), ('bob');
insert into app.plain values ('ann'), ('bob');
create table app.use (word text references app.word on delete cascade, plain text references app.plain on delete cascade);
insert into app.use values ('ANN', 'bob'))");
  EXPECT_THAT(statuses(remove(shape("word"))), ElementsAre(kStays, kGone));
  EXPECT_THAT(statuses(remove(shape("plain"))), ElementsAre(kGone, kStays));
}

// Keys that refuse by themselves are no business of the guard.
TEST_F(Referring, KeysThatDoNotActRefuseAsEver) {
  sql("create table app.child (account int4 references app.account); insert into app.child values "
      "(2)");
  EXPECT_THAT(statuses(remove(accounts_.shape)),
              ElementsAre(kGone, WriteStatus::kRejected, kGone, kGone));
}

TEST_F(Referring, ATriggerThatKeepsARowIsStillToldApart) {
  sql(R"(
create table app.child (account int4 references app.account on delete cascade);
insert into app.child values (3);
create function app.keep() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger keep before delete on app.account for each row when (old.id = 2) execute function app.keep())");
  const TableShape now = shape("account");
  EXPECT_THAT(statuses(remove(now)), ElementsAre(kGone, WriteStatus::kSuppressed, kStays, kGone));
}

// A poisoned row among them: what was seen in an attempt that was undone is seen again.
TEST_F(Referring, BisectingKeepsWhoRefers) {
  sql(R"(
create table app.child (account int4 references app.account on delete cascade);
create table app.bill (account int4 references app.account);
insert into app.child values (3);
insert into app.bill values (1))");
  EXPECT_THAT(statuses(remove(accounts_.shape)),
              ElementsAre(WriteStatus::kRejected, kGone, kStays, kGone));
  EXPECT_EQ(one("select count(*) from app.child"), "1");
}

TEST_F(Referring, TablesThatNoKeyRefersToPayNothing) {
  const std::vector<TableName> tables = {{.schema = "app", .name = "account"}};
  EXPECT_EQ(one("select relhastriggers from pg_class where oid = 'app.account'::regclass"), "f");
  TestGroup group(accounts_.shape, WriteKind::kRemove, {});
  EXPECT_EQ(write_sql(group.group(), false),
            "delete from \"app\".\"account\" as t using unnest($1::int4[], $2::xid[]) with "
            "ordinality as s(k0, x, n) where t.\"id\" = s.k0 and t.xmin = s.x returning s.n");
}

class ReferringRights : public Referring {
 protected:
  ReferringRights() : role_("clerk_" + one("select current_database()")) {
    sql(fmt::format(
        "create schema secret; create table secret.child (id int4, account int4 references "
        "app.account on delete cascade); insert into secret.child values (7, 2);"
        "create role {0} login; grant usage on schema app, atlas_bridge to {0};"
        "grant all on all tables in schema app, atlas_bridge to {0}",
        role_));
    PostgresOptions weak = accounts_.options;
    weak.dsn = Secret(shared_postgres_server().dsn(one("select current_database()"), role_));
    accounts_.endpoint = accounts_.open(weak);
  }
  void TearDown() override { sql("drop owned by " + role_ + "; drop role " + role_); }
  // Nothing was removed; runs what the refusal says.
  void follow(const std::vector<WriteResult>& results) {
    ASSERT_THAT(statuses(results), Each(kStays));
    ASSERT_EQ(results.size(), 4U);
    const std::string told = why(results[0]);
    ASSERT_THAT(told, HasSubstr("rows of secret.child, which cannot be seen: "));
    sql(told.substr(told.find(": ") + 2));
  }

  std::string role_;
};

TEST_F(ReferringRights, WhoCannotBeSeenKeepsEveryRowAndTheGrantIsNamed) {
  const auto refused = remove(accounts_.shape);
  EXPECT_THAT(why(refused[0]), HasSubstr("GRANT USAGE ON SCHEMA \"secret\" TO"));
  EXPECT_THAT(why(refused[0]), HasSubstr("GRANT SELECT ON TABLE \"secret\".\"child\" TO"));
  follow(refused);
  EXPECT_THAT(statuses(remove(accounts_.shape)), ElementsAre(kGone, kStays, kGone, kGone));
}

TEST_F(ReferringRights, APolicyThatHidesRowsKeepsEveryRow) {
  sql("grant usage on schema secret to " + role_ + "; grant select on secret.child to " + role_ +
      "; alter table secret.child enable row level security");
  follow(remove(accounts_.shape));
  EXPECT_THAT(statuses(remove(accounts_.shape)), ElementsAre(kGone, kStays, kGone, kGone));
}

// The look before the delete is refused in the same words.
TEST_F(ReferringRights, TheLookBeforehandNamesTheGrantToo) {
  TableShape child;
  child.table = {.schema = "secret", .name = "child"};
  child.columns = {{.name = "account", .type = accounts_.shape.columns[0].type}};
  child.key = {0};
  const Key key = int_key(2);
  const KeyView value = key;
  const auto look = [&] {
    return must(accounts_.endpoint->snapshot())->referred(child, {&value, 1}, std::nullopt);
  };
  const auto closed = look();
  ASSERT_EQ(code_of(closed), Code::kPrivilegeMissing);
  sql(closed.error().next());
  EXPECT_THAT(must(look()), ElementsAre(0U));
  sql("alter table secret.child enable row level security");
  const auto hidden = look();
  ASSERT_EQ(code_of(hidden), Code::kRowsHidden);
  sql(hidden.error().next());
  EXPECT_THAT(must(look()), ElementsAre(0U));
}

// The columns of the key are enough.
TEST_F(ReferringRights, TheProbeNamesTheGrant) {
  const TableName table{.schema = "app", .name = "account"};
  const auto warnings = [&] {
    std::vector<Finding> out;
    for (Finding& finding : must(accounts_.endpoint->probe({&table, 1})).findings) {
      if (finding.detail.find("secret.child") != std::string::npos) out.push_back(finding);
    }
    return out;
  };
  const auto found = warnings();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].level, Finding::Level::kWarn);
  EXPECT_THAT(found[0].fix, HasSubstr("GRANT SELECT ON TABLE \"secret\".\"child\" TO"));
  sql("grant usage on schema secret to " + role_ + "; grant select (account) on secret.child to " +
      role_);
  EXPECT_TRUE(warnings().empty());
  EXPECT_THAT(statuses(remove(accounts_.shape)), ElementsAre(kGone, kStays, kGone, kGone));
}

}  // namespace
}  // namespace atlas::postgres
