// What happens when processes, servers and other users do not wait for us (ENGINE §8, schedules 1,
// 2, 3, 5, 8, 22).

#include "engines/postgres/world_testing.h"
#include "foundation/fault_point.h"

#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace atlas::postgres {
namespace {

using namespace std::chrono_literals;

// A server that may be crashed and whose commits may be held up.
class OwnServer : public testing::Test {
 protected:
  OwnServer() : server_({.fsync = true, .settings = {}}), accounts_(server_.create_database(), 3) {}

  // COMMIT writes its record and then waits for a standby that does not exist.
  void hold_commits() { set("synchronous_standby_names", "nobody"); }
  void let_commits_go() { set("synchronous_standby_names", ""); }
  void set(const std::string& name, const std::string& value) {
    PostgresUser admin(server_.dsn("postgres"));
    (void)admin.query("alter system set " + name + " = '" + value + "'");
    (void)admin.query("select pg_reload_conf()");
    std::this_thread::sleep_for(100ms);
  }

  PostgresServer server_;
  Accounts accounts_;
};

// Schedule 1: after a crash an application's transaction gets the number that ours had.
TEST_F(OwnServer, ACrashedTransactionIsSettledAsNeverApplied) {
  const auto transaction = must(accounts_.begin());
  const TestGroup group = accounts_.rename({1}, "ours");
  ASSERT_EQ(must(transaction->apply({&group.group(), 1}))[0][0].status, WriteStatus::kApplied);
  server_.crash();
  server_.start();
  EXPECT_NE(transaction->commit().outcome, CommitOutcome::kCommitted);
  accounts_.user = std::make_unique<PostgresUser>(accounts_.options.dsn.reveal());
  for (int i = 0; i < 10; ++i)
    (void)accounts_.user->query("update app.account set owner = 'theirs' where id = 1");
  must(accounts_.endpoint->raise_fence("tenant-a", {.epoch = {2}}));
  EXPECT_FALSE(must(accounts_.endpoint->settle(accounts_.ticket())).applied);
  EXPECT_EQ(accounts_.owner(1), "theirs");
}

// Schedule 2: the client dies after COMMIT was sent; the server commits later.
TEST_F(OwnServer, ACommitThatOutlivesItsClientIsSettledAsApplied) {
  hold_commits();
  ++accounts_.batch;
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      const auto endpoint = must(PostgresEndpoint::open(accounts_.options));
      const TableShape* table = &accounts_.shape;
      const auto transaction = must(endpoint->begin(accounts_.ticket(), {&table, 1}));
      TestGroup group(accounts_.shape, WriteKind::kUpdate, {"owner"});
      const Key key = int_key(1);
      const KeyView view = key;
      const Rows rows = must(must(endpoint->snapshot())->read(accounts_.shape, {&view, 1}));
      const Value id = Value::integer(1);
      const Value cell = Value::text("ours");
      group.add({&id, 1}, rows.version(0), {&cell, 1}, 0);
      (void)must(transaction->apply({&group.group(), 1}));
      (void)transaction->commit();
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  PostgresUser watcher(server_.dsn("postgres"));
  while (watcher.one("select count(*) from pg_stat_activity where wait_event = 'SyncRep'") == "0") {
    std::this_thread::sleep_for(20ms);
  }
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(accounts_.owner(1), "owner 1") << "not committed yet";

  // Recovery fences first, and has to wait for the transaction in flight to do so.
  std::thread later([&] {
    std::this_thread::sleep_for(500ms);
    let_commits_go();
  });
  must(accounts_.endpoint->raise_fence("tenant-a", {.epoch = {2}}));
  const Settlement settlement = must(accounts_.endpoint->settle(accounts_.ticket()));
  later.join();
  EXPECT_TRUE(settlement.applied);
  EXPECT_EQ(accounts_.owner(1), "ours");
}

// The server dies after it wrote the commit and before it answered.
TEST_F(OwnServer, AnUnansweredCommitIsUnknownAndThenSettled) {
  const TestGroup group = accounts_.rename({1}, "ours");
  const auto transaction = must(accounts_.begin());
  (void)must(transaction->apply({&group.group(), 1}));
  hold_commits();
  CommitAnswer answer;
  std::thread committing([&] { answer = transaction->commit(); });
  PostgresUser watcher(server_.dsn("postgres"));
  while (watcher.one("select count(*) from pg_stat_activity where wait_event = 'SyncRep'") == "0") {
    std::this_thread::sleep_for(20ms);
  }
  server_.crash();
  committing.join();
  EXPECT_EQ(answer.outcome, CommitOutcome::kUnknown);
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->kind(), ErrorKind::kInDoubt);
  server_.start();
  let_commits_go();
  accounts_.user = std::make_unique<PostgresUser>(accounts_.options.dsn.reveal());
  must(accounts_.endpoint->raise_fence("tenant-a", {.epoch = {2}}));
  EXPECT_EQ(must(accounts_.endpoint->settle(accounts_.ticket())).applied,
            accounts_.owner(1) == "ours");
  EXPECT_EQ(accounts_.owner(1), "ours") << "the log had it";
}

TEST_F(OwnServer, TheEndpointFindsARestartedServerAgain) {
  server_.crash();
  const auto down = accounts_.endpoint->fence("tenant-a");
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().kind(), ErrorKind::kRetry);
  server_.start();
  EXPECT_EQ(must(accounts_.endpoint->fence("tenant-a")).epoch, Epoch{1});
}

// --- other users and other runs -----------------------------------------------------------------

class Shared : public testing::Test {
 protected:
  Shared() : accounts_(shared_postgres_server().create_database(), 100) {}
  Accounts accounts_;
};

// Schedule 3: the successor's fence waits for an apply in flight, and nothing of the old epoch
// begins afterwards.
TEST_F(Shared, RaisingTheFenceWaitsForAppliesInFlight) {
  const TestGroup group = accounts_.rename({1}, "sleeper");
  const auto sleeper = must(accounts_.begin());
  (void)must(sleeper->apply({&group.group(), 1}));
  const auto successor = accounts_.open(accounts_.options);
  std::atomic<bool> raised = false;
  std::thread waiting([&] {
    must(successor->raise_fence("tenant-a", {.epoch = {2}}));
    raised = true;
  });
  std::this_thread::sleep_for(300ms);
  EXPECT_FALSE(raised);
  EXPECT_EQ(sleeper->commit().outcome, CommitOutcome::kCommitted);
  waiting.join();
  EXPECT_TRUE(must(successor->settle(accounts_.ticket())).applied);
  EXPECT_EQ(code_of(accounts_.begin()), Code::kFenceStale);
}

TEST_F(Shared, AFenceThatCannotBeRaisedInTimeIsARetry) {
  const auto sleeper = must(accounts_.begin());
  PostgresOptions hurried = accounts_.options;
  hurried.fence_timeout = 200ms;
  const auto raised = accounts_.open(hurried)->raise_fence("tenant-a", {.epoch = {2}});
  ASSERT_FALSE(raised);
  EXPECT_EQ(raised.error().code(), Code::kTimeout);
  EXPECT_EQ(raised.error().kind(), ErrorKind::kRetry);
}

// Schedule 8: the application inserts an explicit id equal to one that we reserved.
TEST_F(Shared, AReservedKeyThatAUserTookIsReported) {
  (void)accounts_.user->query(
      "create table app.numbered (id int4 generated by default as identity primary key, v text)");
  const TestTable table{.name = "numbered",
                        .columns = {},
                        .key = {"id"},
                        .stamp = {},
                        .uniques = {},
                        .checks = {},
                        .references = {},
                        .key_sequence = true};
  const TableShape shape =
      shape_of(*accounts_.endpoint, table, {.schema = "app", .name = "numbered"});
  const auto numbers = must(accounts_.endpoint->reserve(shape, 2));
  (void)accounts_.user->query("insert into app.numbered values (" + std::to_string(numbers[0]) +
                              ", 'theirs')");
  TestGroup group(shape, WriteKind::kInsert, {"id", "v"});
  for (std::uint32_t i = 0; i < 2; ++i) {
    const std::array cells = {Value::integer(numbers[i]), Value::text("ours")};
    group.add({cells.data(), 1}, {}, cells, i);
  }
  ++accounts_.batch;
  const TableShape* used = &shape;
  const auto transaction = must(accounts_.endpoint->begin(accounts_.ticket(), {&used, 1}));
  const auto results = must(transaction->apply({&group.group(), 1}));
  EXPECT_EQ(results[0][0].status, WriteStatus::kKeyTaken);
  EXPECT_EQ(results[0][1].status, WriteStatus::kApplied);
}

// A user's transaction is in the way; when it commits, only its row is refused.
TEST_F(Shared, AGuardHoldsAfterWaitingForAUsersTransaction) {
  const TestGroup group = accounts_.rename({1, 2, 3}, "ours");
  PostgresUser other(accounts_.options.dsn.reveal());
  (void)other.query("begin; update app.account set owner = 'theirs' where id = 2");
  const auto transaction = must(accounts_.begin());
  std::vector<std::vector<WriteResult>> results;
  std::thread applying([&] { results = must(transaction->apply({&group.group(), 1})); });
  std::this_thread::sleep_for(200ms);
  (void)other.query("commit");
  applying.join();
  EXPECT_EQ(results[0][0].status, WriteStatus::kApplied);
  EXPECT_EQ(results[0][1].status, WriteStatus::kStale);
  EXPECT_EQ(results[0][2].status, WriteStatus::kApplied);
  EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(accounts_.owner(2), "theirs");
}

TEST_F(Shared, ALockTimeoutIsARetryOfTheWholeTransaction) {
  PostgresOptions hurried = accounts_.options;
  hurried.lock_timeout = 100ms;
  const TestGroup group = accounts_.rename({1, 2}, "ours");
  PostgresUser other(accounts_.options.dsn.reveal());
  (void)other.query("begin; update app.account set owner = 'theirs' where id = 2");
  accounts_.endpoint = accounts_.open(hurried);
  const auto transaction = must(accounts_.begin());
  const auto results = transaction->apply({&group.group(), 1});
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().code(), Code::kTimeout);
  EXPECT_NE(transaction->commit().outcome, CommitOutcome::kCommitted);
  (void)other.query("rollback");
  EXPECT_EQ(accounts_.owner(1), "owner 1");
}

TEST_F(Shared, ADeadlockIsARetry) {
  const TestGroup group = accounts_.rename({1, 2}, "ours");
  PostgresUser other(accounts_.options.dsn.reveal());
  (void)other.query(
      "set deadlock_timeout = '10s'; begin; update app.account set owner = 'theirs' where id = 2");
  const auto transaction = must(accounts_.begin());
  Result<std::vector<std::vector<WriteResult>>> results = Error(Code::kInternal, "");
  std::thread applying([&] { results = transaction->apply({&group.group(), 1}); });
  std::this_thread::sleep_for(200ms);
  other.start("update app.account set owner = 'theirs' where id = 1");
  applying.join();
  (void)other.finish();
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().code(), Code::kSerialization);
  (void)other.query("commit");
}

TEST_F(Shared, AConnectionKilledWhileIdleIsReplaced) {
  ASSERT_EQ(must(accounts_.endpoint->fence("tenant-a")).epoch, Epoch{1});
  (void)accounts_.user->query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
      "and pid <> pg_backend_pid()");
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(must(accounts_.endpoint->fence("tenant-a")).epoch, Epoch{1});
  EXPECT_TRUE(accounts_.endpoint->snapshot());
  EXPECT_TRUE(accounts_.begin());
}

TEST_F(Shared, AConnectionKilledInATransactionAppliesNothing) {
  const TestGroup group = accounts_.rename({1}, "ours");
  const auto transaction = must(accounts_.begin());
  (void)must(transaction->apply({&group.group(), 1}));
  (void)accounts_.user->query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
      "and pid <> pg_backend_pid()");
  std::this_thread::sleep_for(100ms);
  EXPECT_NE(transaction->commit().outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(accounts_.owner(1), "owner 1");
  EXPECT_FALSE(must(accounts_.endpoint->settle(accounts_.ticket())).applied);
}

// --- triggers -----------------------------------------------------------------------------------

// Schedule 5: a BEFORE trigger rewrites, an AFTER trigger rewrites once more.
TEST_F(Shared, WhatTriggersRewroteIsSeenAfterCommit) {
  (void)accounts_.user->query(R"(
create function app.before_account() returns trigger language plpgsql as $$ begin new.owner := upper(new.owner); return new; end $$;
create trigger b before update on app.account for each row execute function app.before_account();
create function app.after_account() returns trigger language plpgsql as
$$ begin update app.account set owner = owner || '!' where id = new.id; return null; end $$;
create trigger a after update on app.account for each row when (pg_trigger_depth() = 0) execute function app.after_account();)");
  const TableName name{.schema = "app", .name = "account"};
  const TableInfo info = must(accounts_.endpoint->describe({&name, 1}))[0];
  EXPECT_TRUE(info.has_before_triggers());
  EXPECT_TRUE(info.has_after_effects());
  EXPECT_EQ(code_of(accounts_.begin()), Code::kSchemaDrift)
      << "the triggers are new since the shape was made";
  accounts_.shape.fingerprint = info.fingerprint;
  const TestGroup group = accounts_.rename({1}, "ours");
  const auto transaction = must(accounts_.begin());
  ASSERT_EQ(must(transaction->apply({&group.group(), 1}))[0][0].status, WriteStatus::kApplied);
  ASSERT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(accounts_.owner(1), "OURS!");
}

// --- watermark ----------------------------------------------------------------------------------

// Schedule 22: transactions without a number, with one, and prepared ones hold the horizon back.
TEST_F(Shared, OpenTransactionsHoldTheHorizonBack) {
  PostgresUser other(accounts_.options.dsn.reveal());
  const auto seconds_back = [&] {
    const Horizon horizon = must(accounts_.endpoint->horizon());
    return std::chrono::duration<double>(horizon.server_now - horizon.safe).count();
  };
  EXPECT_LT(seconds_back(), 0.05);
  (void)other.query("begin; select 1");
  std::this_thread::sleep_for(150ms);
  EXPECT_GE(seconds_back(), 0.15) << "it has no transaction number yet and may still write";
  (void)other.query("update app.account set owner = 'late' where id = 1");
  EXPECT_GE(seconds_back(), 0.15);
  EXPECT_FALSE(must(accounts_.endpoint->horizon()).prepared_pending);
  (void)other.query("prepare transaction 'late'");
  EXPECT_TRUE(must(accounts_.endpoint->horizon()).prepared_pending);
  (void)other.query("commit prepared 'late'");
  EXPECT_FALSE(must(accounts_.endpoint->horizon()).prepared_pending);
  EXPECT_LT(seconds_back(), 0.05);
}

int g_countdown = 0;

// Breaks the connection at every point in turn: the witness always knows what became of the
// transaction.
TEST_F(Shared, EveryBrokenSendAndReceiveIsSettledRightly) {
  int unknown = 0;
  int arrived = 0;
  for (int point = 1;; ++point) {
    const TestGroup group = accounts_.rename({1}, "run " + std::to_string(point));
    g_countdown = point;
    set_fault_hook(
        [](std::string_view) { return --g_countdown == 0 ? Fault::kFail : Fault::kNone; });
    CommitOutcome outcome = CommitOutcome::kRolledBack;
    if (auto transaction = accounts_.begin()) {
      if ((*transaction)->apply({&group.group(), 1})) outcome = (*transaction)->commit().outcome;
    }
    set_fault_hook(nullptr);
    const bool reached = g_countdown <= 0;
    // Settling waits for a commit that the server is still busy with.
    const bool applied = must(accounts_.endpoint->settle(accounts_.ticket())).applied;
    const bool written = accounts_.owner(1) == "run " + std::to_string(point);
    ASSERT_EQ(applied, written) << "point " << point;
    if (outcome != CommitOutcome::kUnknown) {
      ASSERT_EQ(written, outcome == CommitOutcome::kCommitted) << "point " << point;
    }
    unknown += outcome == CommitOutcome::kUnknown ? 1 : 0;
    arrived += written ? 1 : 0;
    if (!reached) break;
  }
  EXPECT_GT(unknown, 0);
  EXPECT_GT(arrived, 1) << "a commit whose answer was lost";
}

}  // namespace
}  // namespace atlas::postgres
