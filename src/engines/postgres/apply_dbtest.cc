// What the set-wise apply does beyond the conformance suite: order inside one table, swaps, large
// groups, joined state.

#include "engines/postgres/state.h"
#include "engines/postgres/world_testing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

namespace atlas::postgres {
namespace {

class Apply : public testing::Test {
 protected:
  Apply() : accounts_(shared_postgres_server().create_database(), 10) {}

  TableShape shape(const std::string& name) {
    return shape_of(*accounts_.endpoint, {.name = name, .columns = {}, .key = {"id"}, .stamp = {}},
                    {.schema = "app", .name = name});
  }
  std::vector<std::vector<WriteResult>> apply(const std::vector<WriteGroup>& groups) {
    const TableShape* table = groups.front().shape;
    ++accounts_.batch;
    const auto transaction = must(accounts_.endpoint->begin(accounts_.ticket(), {&table, 1}));
    auto results = must(transaction->apply(groups));
    EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
    return results;
  }

  Accounts accounts_;
};

// Bisecting separates parents from children of one table; a child refused for that reason is tried
// again.
TEST_F(Apply, AChildSeparatedFromItsParentByPoisonIsStillApplied) {
  (void)accounts_.user->query(
      "create table app.tree (id int4 primary key, parent int4 references app.tree, size int4 "
      "check (size > 0))");
  const TableShape tree = shape("tree");
  TestGroup group(tree, WriteKind::kInsert, {"id", "parent", "size"});
  constexpr std::int64_t kRows = 64;
  for (std::int64_t id = 1; id <= kRows;
       ++id) {  // every parent comes after its child; row 40 is poison and has a child
    const std::array cells = {Value::integer(id),
                              id == kRows ? Value() : Value::integer(id == 39 ? 40 : kRows),
                              Value::integer(id == 40 ? 0 : 1)};
    group.add({cells.data(), 1}, {}, cells, static_cast<std::uint32_t>(id));
  }
  const auto results = apply({group.group()});
  for (std::int64_t id = 1; id <= kRows; ++id) {
    const WriteResult& result = results[0][static_cast<std::size_t>(id) - 1];
    EXPECT_EQ(result.status, id == 39 || id == 40 ? WriteStatus::kRejected : WriteStatus::kApplied)
        << id;
  }
  EXPECT_EQ(accounts_.user->one("select count(*) from app.tree"), "62");
}

TEST_F(Apply, ASwapPassesWhereTheConstraintCanWait) {
  (void)accounts_.user->query(
      "create table app.seat (id int4 primary key, place int4 unique deferrable); insert into "
      "app.seat values (1, 10), (2, 20)");
  const TableShape seat = shape("seat");
  const Rows rows = must(must(accounts_.endpoint->snapshot())->scan(seat, {}, 10));
  TestGroup group(seat, WriteKind::kUpdate, {"place"});
  const std::array places = {Value::integer(20), Value::integer(10)};
  for (std::uint32_t i = 0; i < 2; ++i)
    group.add(rows.row(i).first(1), rows.version(i), {&places[i], 1}, i);
  const auto results = apply({group.group()});
  EXPECT_EQ(results[0][0].status, WriteStatus::kApplied);
  EXPECT_EQ(results[0][1].status, WriteStatus::kApplied);
  EXPECT_EQ(accounts_.user->one("select place from app.seat where id = 1"), "20");
}

// More rows and bytes than one statement carries, more than both sockets hold at once.
TEST_F(Apply, LargeGroupsGoInPieces) {
  (void)accounts_.user->query("create table app.bulk (id int4 primary key, body text)");
  const TableShape bulk = shape("bulk");
  const std::string body(1500, 'b');
  TestGroup group(bulk, WriteKind::kInsert, {"id", "body"});
  for (std::int64_t id = 1; id <= 12'000; ++id) {
    const std::array cells = {Value::integer(id), Value::text(body)};
    group.add({cells.data(), 1}, {}, cells, static_cast<std::uint32_t>(id));
  }
  const auto results = apply({group.group()});
  EXPECT_TRUE(std::all_of(results[0].begin(), results[0].end(),
                          [](const WriteResult& r) { return r.status == WriteStatus::kApplied; }));
  EXPECT_EQ(accounts_.user->one("select sum(length(body)) from app.bulk"),
            std::to_string(12'000 * 1500));
}

TEST_F(Apply, APartitionedTableIsWrittenLikeAnyOther) {
  (void)accounts_.user->query(R"(
create table app.event (id int4 primary key, v text) partition by range (id);
create table app.event_low partition of app.event for values from (0) to (100);
create table app.event_high partition of app.event for values from (100) to (200);
insert into app.event values (1, 'theirs'))");
  const TableShape event = shape("event");
  TestGroup inserts(event, WriteKind::kInsert, {"id", "v"});
  for (const std::int64_t id : {1, 2, 150, 500}) {
    const std::array cells = {Value::integer(id), Value::text("ours")};
    inserts.add({cells.data(), 1}, {}, cells, static_cast<std::uint32_t>(id));
  }
  const auto inserted = apply({inserts.group()});
  EXPECT_EQ(inserted[0][0].status, WriteStatus::kKeyTaken);
  ASSERT_EQ(inserted[0][1].status, WriteStatus::kApplied);
  ASSERT_EQ(inserted[0][2].status, WriteStatus::kApplied);
  EXPECT_EQ(inserted[0][3].status, WriteStatus::kRejected) << "there is no partition for it";
  TestGroup updates(event, WriteKind::kUpdate, {"v"});
  const Value cell = Value::text("again");
  const Value two = Value::integer(2);
  const Value far = Value::integer(150);
  updates.add({&two, 1}, inserted[0][1].version, {&cell, 1}, 0);
  updates.add({&far, 1}, inserted[0][2].version, {&cell, 1}, 1);
  const auto updated = apply({updates.group()});
  EXPECT_EQ(updated[0][0].status, WriteStatus::kApplied) << "the version of the insert was right";
  EXPECT_EQ(updated[0][1].status, WriteStatus::kApplied);
}

TEST_F(Apply, HalfOfAllRowsMayBePoison) {
  TestGroup group(accounts_.shape, WriteKind::kInsert, {"id", "owner", "balance"});
  for (std::int64_t id = 100; id < 500; ++id) {
    const std::array cells = {Value::integer(id), Value::text("x"),
                              Value::integer(id % 2 == 0 ? -1 : 1)};
    group.add({cells.data(), 1}, {}, cells, static_cast<std::uint32_t>(id));
  }
  const auto results = apply({group.group()});
  for (std::size_t i = 0; i < results[0].size(); ++i) {
    EXPECT_EQ(results[0][i].status, i % 2 == 0 ? WriteStatus::kRejected : WriteStatus::kApplied);
  }
}

// A lost connection inside of bisecting is no row's fault.
TEST_F(Apply, AMissingRightStopsTheTransactionAndNotItsRows) {
  (void)accounts_.user->query(R"(
create table app.log (n int4);
create function app.log_it() returns trigger language plpgsql as $$ begin insert into app.log values (1); return new; end $$;
create trigger t before insert on app.account for each row execute function app.log_it();
create role writer_only login; grant usage on schema app to writer_only;
grant all on app.account to writer_only; grant usage on schema atlas_bridge to writer_only;
grant all on all tables in schema atlas_bridge to writer_only)");
  PostgresOptions weak = accounts_.options;
  weak.dsn = Secret(weak.dsn.reveal() + " user=writer_only");
  accounts_.endpoint = accounts_.open(weak);
  accounts_.shape.fingerprint = 0;
  TestGroup group(accounts_.shape, WriteKind::kInsert, {"id", "owner"});
  const std::array cells = {Value::integer(50), Value::text("x")};
  group.add({cells.data(), 1}, {}, cells, 0);
  const auto transaction = must(accounts_.begin());
  const auto results = transaction->apply({&group.group(), 1});
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().code(), Code::kPrivilegeMissing);
  (void)accounts_.user->query("drop owned by writer_only; drop role writer_only");
}

// --- joined state -------------------------------------------------------------------------------

class Joined : public Apply {
 protected:
  Joined() : store_(must(PostgresState::open(accounts_.options))) {
    must(store_->migrate());
    tenant_ = must(store_->tenant("acme", "uuid", {}));
    EntityLayout layout;
    layout.name = "account";
    layout.kinds = {"account"};
    layout.legacy_key = {test_type(TypeKind::kInt4)};
    layout.platform_key = {test_type(TypeKind::kInt4)};
    layout.parts = {"legacy", "a"};
    layout.fields = {{"owner", 1}};
    entity_ = must(store_->entity(tenant_.id, layout));
    lease_ = *must(store_->take_lease(tenant_.id, "test", std::chrono::minutes(1), {})).lease;
    confirm_.batch = must(store_->reserve_batches(lease_, 1));
    confirm_.insert_links.push_back(&links_.add(0, int_key(1), int_key(1)));
  }

  std::unique_ptr<StateStore> store_;
  TenantInfo tenant_;
  EntityRef entity_;
  Lease lease_;
  Links links_{2, 1};
  Confirm confirm_;
};

TEST_F(Joined, AConfirmInTheSameDatabaseCommitsWithTheWrites) {
  for (const bool commit : {false, true}) {
    const TestGroup group = accounts_.rename({1}, "ours");
    const auto transaction = must(accounts_.begin());
    ASSERT_TRUE(store_->joins(*transaction));
    (void)must(transaction->apply({&group.group(), 1}));
    must(store_->confirm_joined(*transaction, lease_, entity_, confirm_));
    if (commit) {
      EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
    }
    EXPECT_EQ(must(store_->link_count(tenant_.id, entity_)), commit ? 1 : 0);
    EXPECT_EQ(accounts_.owner(1), commit ? "ours" : "owner 1");
  }
}

TEST_F(Joined, AJoinedConfirmOfALostLeaseStopsTheTransaction) {
  RunRecord end;
  end.outcome = "done";
  must(store_->release_lease(lease_, end));
  const auto transaction = must(accounts_.begin());
  EXPECT_EQ(code_of(store_->confirm_joined(*transaction, lease_, entity_, confirm_)),
            Code::kFenceStale);
  EXPECT_NE(transaction->commit().outcome, CommitOutcome::kCommitted);
}

TEST_F(Joined, AnotherDatabaseIsNotJoined) {
  Accounts other(shared_postgres_server().create_database(), 1);
  EXPECT_FALSE(store_->joins(*must(other.begin())));
}

}  // namespace
}  // namespace atlas::postgres
