// Roles with few rights: what is missing is named with the statement that grants it, and granting
// just that is enough (Q1, Q2).

#include "engines/postgres/world_testing.h"

#include <gmock/gmock.h>

#include <thread>

namespace atlas::postgres {
namespace {

class Rights : public testing::Test {
 protected:
  Rights()
      : accounts_(shared_postgres_server().create_database(), 3),
        database_(accounts_.user->one("select current_database()")),
        role_("clerk_" + database_),
        weak_(accounts_.options) {
    (void)accounts_.user->query("create role " + role_ + " login");
    weak_.dsn = Secret(shared_postgres_server().dsn(database_, role_));
  }
  void TearDown() override {
    (void)accounts_.user->query("drop owned by " + role_ + "; drop role " + role_);
  }
  // Runs every fix that the probe names until none is left that fails.
  void follow_the_fixes(const TableName& table) {
    for (int round = 0; round < 5; ++round) {
      const Probe probe = must(accounts_.open(weak_)->probe({&table, 1}));
      bool failing = false;
      for (const Finding& finding : probe.findings) {
        if (finding.level != Finding::Level::kFail) continue;
        failing = true;
        (void)accounts_.user->query(finding.fix);
      }
      if (!failing) return;
    }
    FAIL() << "the fixes do not help";
  }

  Accounts accounts_;
  std::string database_, role_;
  PostgresOptions weak_;
};

TEST_F(Rights, TheProbesOwnFixesAreEnough) {
  const TableName table{.schema = "app", .name = "account"};
  follow_the_fixes(table);
  // The witness tables exist already; they need their own grants.
  const auto endpoint = accounts_.open(weak_);
  const auto fence = endpoint->fence("tenant-a");
  ASSERT_FALSE(fence);
  EXPECT_EQ(fence.error().code(), Code::kWitnessMissing);
  const auto installed = endpoint->install();
  ASSERT_FALSE(installed);
  ASSERT_EQ(installed.error().code(), Code::kWitnessMissing);
  const std::string next = installed.error().next();
  EXPECT_NE(next.find(role_), std::string::npos);
  EXPECT_NE(next.find(database_), std::string::npos);
  (void)accounts_.user->query(next.substr(next.find("run: ") + 5));
  must(endpoint->install());

  accounts_.endpoint = accounts_.open(weak_);
  const TestGroup group = accounts_.rename({1}, "ours");
  const auto transaction = must(accounts_.begin());
  EXPECT_EQ(must(transaction->apply({&group.group(), 1}))[0][0].status, WriteStatus::kApplied);
  EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
  must(accounts_.endpoint->raise_fence("tenant-a", {.epoch = {2}}));
  EXPECT_TRUE(must(accounts_.endpoint->settle(accounts_.ticket())).applied);
  must(accounts_.endpoint->purge_witnesses("tenant-a", BatchNumber{1}));
}

TEST_F(Rights, AnOwnSchemaIsEnoughToInstall) {
  (void)accounts_.user->query("drop schema if exists atlas_bridge cascade");
  (void)accounts_.user->query("create schema atlas_bridge authorization " + role_);
  ASSERT_EQ(accounts_.user->one("select has_database_privilege('" + role_ +
                                "', current_database(), 'create')"),
            "f");
  const auto endpoint = accounts_.open(weak_);
  must(endpoint->install());
  EXPECT_EQ(must(endpoint->fence("tenant-a")).epoch, Epoch{0});
}

// Made anew it would deny every write that was in flight.
TEST_F(Rights, AWitnessTableThatIsGoneIsMadeByTheDatabasesOwnerOnly) {
  must(accounts_.endpoint->install());
  (void)must(accounts_.endpoint->raise_fence("tenant-a", {.epoch = {7}}));
  (void)accounts_.user->query("drop table atlas_bridge.witness");
  const auto endpoint = accounts_.open(accounts_.options);
  EXPECT_EQ(code_of(endpoint->fence("tenant-a")), Code::kWitnessGone);
  const auto installed = endpoint->install();
  ASSERT_EQ(code_of(installed), Code::kWitnessGone);
  const std::string next(installed.error().next());
  (void)accounts_.user->query(next.substr(next.find("create table")));
  must(endpoint->install());
  EXPECT_EQ(must(endpoint->fence("tenant-a")).epoch, Epoch{7});
}

TEST_F(Rights, AMissingRightIsRefusedByName) {
  const auto rows = must(accounts_.open(weak_)->snapshot())->scan(accounts_.shape, {}, 1);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code(), Code::kPrivilegeMissing);
  EXPECT_EQ(rows.error().kind(), ErrorKind::kRefused);
}

// Q2: rows that a policy hides are an error and never look deleted.
TEST_F(Rights, HiddenRowsAreAnError) {
  const TableName table{.schema = "app", .name = "account"};
  follow_the_fixes(table);
  (void)accounts_.user->query(
      "alter table app.account enable row level security; create policy p on app.account using (id "
      "> 1)");
  const auto endpoint = accounts_.open(weak_);
  const auto rows = must(endpoint->snapshot())->scan(accounts_.shape, {}, 10);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code(), Code::kRowsHidden);
  EXPECT_TRUE(must(endpoint->describe({&table, 1}))[0].row_security);
  follow_the_fixes(table);
  EXPECT_EQ(must(must(endpoint->snapshot())->scan(accounts_.shape, {}, 10)).size(), 3U);
}

TEST_F(Rights, TheHorizonNeedsToSeeOtherUsers) {
  const auto endpoint = accounts_.open(weak_);
  // The superuser's session stands beside it, and a further one of its own, as in every run.
  const auto second = accounts_.open(weak_);
  (void)must(second->snapshot());
  const Horizon blind = must(endpoint->horizon());
  ASSERT_TRUE(blind.hidden);
  EXPECT_EQ(blind.hidden->code(), Code::kStampedUnsafe);
  (void)accounts_.user->query(blind.hidden->next());
  const Horizon seeing = must(endpoint->horizon());
  EXPECT_FALSE(seeing.hidden);
  // With the right, the oldest transaction of anybody counts.
  (void)accounts_.user->query("begin; select 1");
  (void)accounts_.user->query("select pg_sleep(0.05)");
  const Horizon held = must(endpoint->horizon());
  EXPECT_LT(held.safe, held.server_now);
  (void)accounts_.user->query("rollback");
}

TEST_F(Rights, AWrongDatabaseAndADeadServerAreToldApart) {
  PostgresOptions options = accounts_.options;
  options.dsn = Secret(shared_postgres_server().dsn("nowhere"));
  EXPECT_EQ(code_of(PostgresEndpoint::open(options)), Code::kDatabaseMissing);
  options.dsn = Secret(shared_postgres_server().dsn(database_, "nobody"));
  EXPECT_EQ(code_of(PostgresEndpoint::open(options)), Code::kLoginRefused);
  options.dsn = Secret("host=/nowhere dbname=x password=hush");
  const auto dead = PostgresEndpoint::open(options);
  EXPECT_EQ(code_of(dead), Code::kUnreachable);
  EXPECT_EQ(dead.error().text().find("hush"), std::string::npos);
}

TEST_F(Rights, TwoDatabasesOfOneServerHaveTwoIdentities) {
  const Accounts other(shared_postgres_server().create_database(), 1);
  EXPECT_NE(must(accounts_.endpoint->probe({})).identity, must(other.endpoint->probe({})).identity);
}

}  // namespace
}  // namespace atlas::postgres
