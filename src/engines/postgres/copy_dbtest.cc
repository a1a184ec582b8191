// Rows that are copied straight into their table: they end as statements by row would have left
// them, whatever stands in the way.

#include "engines/postgres/state.h"
#include "engines/postgres/world_testing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

namespace atlas::postgres {
namespace {

constexpr std::int64_t kFirst = 1001, kLast = 1200;

class Copy : public testing::Test {
 protected:
  Copy() : accounts_(shared_postgres_server().create_database(), 10) {
    // A statement trigger sees each statement that asks for rows, and touches none.
    (void)accounts_.user->query(R"(
create table app.seen (statement text);
create function app.see() returns trigger language plpgsql as $$
begin insert into app.seen values (split_part(current_query(), ' ', 1)); return null; end $$)");
  }

  void watch(const std::string& table) {
    (void)accounts_.user->query(
        fmt::format("create trigger seen before insert on app.{} for each statement execute "
                    "function app.see()",
                    table));
    if (table == "account") accounts_.shape = shape(table, "updated");
  }
  // The statements that inserted, in order: "copy,insert".
  std::string seen() {
    return accounts_.user->one("select coalesce(string_agg(statement, ','), '') from app.seen");
  }
  TableShape shape(const std::string& name, const std::string& stamp = {}) {
    return shape_of(*accounts_.endpoint,
                    {.name = name, .columns = {}, .key = {"id"}, .stamp = stamp},
                    {.schema = "app", .name = name});
  }
  // Accounts kFirst..kLast; the balance is 1 but where `poison` says -1.
  TestGroup newcomers(std::optional<std::int64_t> poison = {}) const {
    TestGroup group(accounts_.shape, WriteKind::kInsert, {"id", "owner", "balance"});
    for (std::int64_t id = kFirst; id <= kLast; ++id) {
      const std::array cells = {Value::integer(id), Value::text("ours"),
                                Value::integer(id == poison ? -1 : 1)};
      group.add({cells.data(), 1}, {}, cells, static_cast<std::uint32_t>(id));
    }
    return group;
  }
  std::vector<WriteResult> apply(const TestGroup& group) {
    const TableShape* table = group.group().shape;
    ++accounts_.batch;
    const auto transaction = must(accounts_.endpoint->begin(accounts_.ticket(), {&table, 1}));
    auto results = must(transaction->apply({&group.group(), 1}));
    EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
    return std::move(results.front());
  }
  // The applied rows have the versions told and hold what was sent; gives the ids of the others.
  std::vector<std::int64_t> others(const TestGroup& group,
                                   const std::vector<WriteResult>& results) {
    const WriteGroup& sent = group.group();
    const Rows rows = must(must(accounts_.endpoint->snapshot())->read(*sent.shape, sent.keys));
    std::vector<std::int64_t> out;
    Arena arena;
    for (std::size_t i = 0; i < results.size(); ++i) {
      const std::ptrdiff_t at = rows.find(sent.keys[i]);
      if (results[i].status != WriteStatus::kApplied) {
        out.push_back(decode_key(sent.keys[i], arena)[0].as_int());
        continue;
      }
      if (at < 0) {
        ADD_FAILURE() << "an applied row is not there";
        continue;
      }
      const auto row = static_cast<std::size_t>(at);
      EXPECT_EQ(rows.version(row), results[i].version);
      for (std::size_t c = 0; c < sent.columns.size(); ++c) {
        EXPECT_EQ(rows.row(row)[sent.columns[c]], sent.cells[i * sent.columns.size() + c])
            << sent.shape->columns[sent.columns[c]].name;
      }
    }
    return out;
  }

  Accounts accounts_;
};

TEST_F(Copy, RowsOfATransactionHaveTheVersionsThatReadingShows) {
  watch("account");
  const TestGroup group = newcomers();
  EXPECT_THAT(others(group, apply(group)), testing::IsEmpty());
  EXPECT_EQ(seen(), "copy");
  EXPECT_EQ(accounts_.user->one(fmt::format(
                "select count(*) from app.account where id >= {} and updated > now() - interval "
                "'1 minute'",
                kFirst)),
            "200")
      << "the stamp is the target's own clock";
}

TEST_F(Copy, StampsThatAreGivenAreKept) {
  watch("account");
  accounts_.shape.stamp_touched = false;
  TestGroup group(accounts_.shape, WriteKind::kInsert, {"id", "owner", "updated"});
  for (std::int64_t id = kFirst; id <= kLast; ++id) {
    const std::array cells = {Value::integer(id), Value::text("ours"),
                              Value::instant(1'700'000'000'000'000 + id)};
    group.add({cells.data(), 1}, {}, cells, static_cast<std::uint32_t>(id));
  }
  EXPECT_THAT(others(group, apply(group)), testing::IsEmpty());
  EXPECT_EQ(seen(), "copy");
}

TEST_F(Copy, EveryKindOfCellArrivesAsItWasSent) {
  (void)accounts_.user->query(R"(
create type app.colour as enum ('red', 'green');
create domain app.small as int2 check (value < 100);
create table app.kinds (id int8 generated always as identity primary key, a bool, b app.small, c numeric(12,3), d float4,
  e float8, f varchar(10), g char(4), h bytea, i date, j time, k timestamp, l timestamptz(3), m interval, n uuid,
  o json, p jsonb, q app.colour, r text, s timestamp default 'infinity', t int8 generated always as (id * 2) stored))");
  watch("kinds");
  const TableShape kinds = shape("kinds");
  TestGroup group(
      kinds, WriteKind::kInsert,
      {"id", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "m", "n", "o", "p", "q", "r"});
  Arena arena;
  for (std::int64_t id = kFirst; id <= kLast; ++id) {
    const bool empty = id % 7 == 0;
    const Uuid uuid{1, 2, 3, static_cast<unsigned char>(id)};
    std::vector<Value> cells = {Value::integer(id),
                                Value::boolean(id % 2 == 0),
                                Value::integer(id % 100),
                                Value::decimal("-1234.500"),
                                Value::floating(0.5),
                                Value::floating(1e300),
                                Value::text("Größe"),
                                Value::text("ab  "),
                                Value::bytes(std::string_view("\0\xff", 2)),
                                Value::date(19'000),
                                Value::time(3'600'000'001),
                                Value::timestamp(kInfinity),
                                Value::interval({.micros = 5, .days = -2, .months = 3}, arena),
                                Value::uuid(uuid, arena),
                                Value::json("{\"b\": 1.0}"),
                                Value::json("{\"b\": 1.0}"),
                                Value::text("green"),
                                Value::text("")};
    if (empty) std::fill(cells.begin() + 1, cells.end(), Value());
    group.add({cells.data(), 1}, {}, cells, static_cast<std::uint32_t>(id));
  }
  EXPECT_THAT(others(group, apply(group)), testing::IsEmpty());
  EXPECT_EQ(seen(), "copy");
  EXPECT_EQ(
      accounts_.user->one("select count(*) from app.kinds where t = 2 * id and s = 'infinity'"),
      "200");
}

TEST_F(Copy, OneRefusedRowLeavesTheOthers) {
  const TestGroup group = newcomers(1100);
  const std::vector<WriteResult> results = apply(group);
  EXPECT_THAT(others(group, results), testing::ElementsAre(1100));
  const WriteResult& refused = results[1100 - kFirst];
  EXPECT_EQ(refused.status, WriteStatus::kRejected);
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->constraint(), "account_balance_check");
}

TEST_F(Copy, ATakenKeyIsToldAndItsRowKept) {
  watch("account");
  (void)accounts_.user->query("insert into app.account values (1150, 'theirs', 7, now())");
  const TestGroup group = newcomers();
  const std::vector<WriteResult> results = apply(group);
  EXPECT_THAT(others(group, results), testing::ElementsAre(1150));
  EXPECT_EQ(results[1150 - kFirst].status, WriteStatus::kKeyTaken);
  EXPECT_EQ(accounts_.owner(1150), "theirs");
  EXPECT_EQ(seen(), "insert,insert") << "the user's, and ours after the COPY was undone";
}

TEST_F(Copy, AValueTakenInAnotherUniqueColumnIsARejection) {
  (void)accounts_.user->query(
      "create table app.other (id int4 primary key, code int4 unique); "
      "insert into app.other values (1, 1100)");
  const TableShape other = shape("other");
  TestGroup group(other, WriteKind::kInsert, {"id", "code"});
  for (std::int64_t id = kFirst; id <= kLast; ++id) {
    const std::array cells = {Value::integer(id), Value::integer(id)};
    group.add({cells.data(), 1}, {}, cells, static_cast<std::uint32_t>(id));
  }
  const std::vector<WriteResult> results = apply(group);
  EXPECT_THAT(others(group, results), testing::ElementsAre(1100));
  ASSERT_TRUE(results[1100 - kFirst].error);
  EXPECT_EQ(results[1100 - kFirst].error->code(), Code::kUniqueTaken);
}

// The user's key is there before ours, and nobody can see it yet.
TEST_F(Copy, AUsersInsertUnderWayIsWaitedForAndKept) {
  for (const bool commits : {true, false}) {
    (void)accounts_.user->query(fmt::format("delete from app.account where id >= {}", kFirst));
    (void)accounts_.user->query("begin; insert into app.account values (1120, 'theirs', 7, now())");
    const TestGroup group = newcomers();
    std::vector<WriteResult> results;
    std::thread applying([&] { results = apply(group); });
    PostgresUser watcher(accounts_.options.dsn.reveal());
    while (watcher.one("select count(*) from pg_locks where not granted") == "0")
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    (void)accounts_.user->query(commits ? "commit" : "rollback");
    applying.join();
    if (commits) {
      EXPECT_THAT(others(group, results), testing::ElementsAre(1120));
      EXPECT_EQ(results[1120 - kFirst].status, WriteStatus::kKeyTaken);
    } else {
      EXPECT_THAT(others(group, results), testing::IsEmpty());
    }
    EXPECT_EQ(accounts_.owner(1120), commits ? "theirs" : "ours");
  }
}

// A trigger by row may rewrite or swallow what we send: RETURNING must tell.
TEST_F(Copy, TablesWithTriggersAreWrittenByStatements) {
  (void)accounts_.user->query(R"(
create function app.shout() returns trigger language plpgsql as $$
begin if new.id = 1050 then return null; end if; new.owner := upper(new.owner); return new; end $$;
create trigger shout before insert on app.account for each row execute function app.shout())");
  watch("account");
  accounts_.shape.rewrites = true;
  const TestGroup group = newcomers();
  const std::vector<WriteResult> results = apply(group);
  EXPECT_EQ(results[1050 - kFirst].status, WriteStatus::kSuppressed);
  EXPECT_EQ(accounts_.owner(1051), "OURS");
  EXPECT_EQ(seen(), "insert");
}

// Nothing of it is visible, and the next attempt under the same numbers is the first.
TEST_F(Copy, ATransactionThatIsNotCommittedLeavesNothing) {
  {
    const TestGroup group = newcomers();
    const auto transaction = must(accounts_.begin());
    (void)must(transaction->apply({&group.group(), 1}));
  }
  EXPECT_EQ(accounts_.user->one("select count(*) from app.account where id > 10"), "0");
}

// --- links --------------------------------------------------------------------------------------

TEST_F(Copy, ManyLinksOfOneConfirmAreReadBackAsTheyWere) {
  const auto store = must(PostgresState::open(accounts_.options));
  must(store->migrate());
  const TenantInfo tenant = must(store->tenant("acme", "uuid", {}));
  EntityLayout layout;
  layout.name = "account";
  layout.kinds = {"account"};
  layout.legacy_key = {test_type(TypeKind::kInt4), test_type(TypeKind::kText)};
  layout.platform_key = {test_type(TypeKind::kUuid)};
  layout.parts = {"legacy", "a"};
  layout.fields = {{"owner", 1}};
  const EntityRef entity = must(store->entity(tenant.id, layout));
  const Lease lease =
      *must(store->take_lease(tenant.id, "test", std::chrono::minutes(1), {})).lease;
  Links made(2, 1);
  Arena arena;
  for (std::int64_t i = 0; i < 500; ++i) {
    const std::array legacy = {Value::integer(i), Value::text("Zoë")};
    const Value platform = Value::uuid(
        Uuid{static_cast<unsigned char>(i / 256), static_cast<unsigned char>(i % 256)}, arena);
    LinkRecord& link = made.add(0, encode_key(legacy), encode_key({&platform, 1}));
    link.parts[1].version = {.token = static_cast<std::uint64_t>(i) + 1, .stamp_us = i};
    link.bases[0] = static_cast<FieldHash>(i) << 40U;
    if (i % 2 == 0) link.match = ~static_cast<FieldHash>(i);
  }
  Confirm confirm;
  confirm.batch = must(store->reserve_batches(lease, 1));
  std::vector<KeyView> keys;
  for (const LinkRecord& link : made) {
    confirm.insert_links.push_back(&link);
    keys.push_back(link.platform_key);
  }
  must(store->confirm(lease, entity, confirm));
  const Links found = must(store->links(tenant.id, entity, Side::kPlatform, keys, {}));
  ASSERT_EQ(found.size(), made.size());
  for (const LinkRecord& link : found) {
    const auto it = std::find_if(made.begin(), made.end(), [&](const LinkRecord& other) {
      return other.platform_key == link.platform_key;
    });
    ASSERT_NE(it, made.end());
    EXPECT_EQ(it->legacy_key, link.legacy_key);
    EXPECT_EQ(it->match, link.match);
    EXPECT_EQ(link.batch, confirm.batch);
    EXPECT_EQ(it->parts[1], link.parts[1]);
    EXPECT_EQ(it->bases[0], link.bases[0]);
  }
}

}  // namespace
}  // namespace atlas::postgres
