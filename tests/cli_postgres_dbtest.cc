// What the command line says when a PostgreSQL server does not let it work.

#include "engines/postgres/server_testing.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>
#include <utility>

namespace atlas::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr app::AtlasSize kSmall{
    .users = 30, .staff = 20, .teams = 20, .geofences = 20, .members = 20, .categories = 6};

TEST(CliPostgres, AnUnreachableServerExits69AndNamesTheEndpoint) {
  PostgresWorld world;
  world.check();
  world.environment["LEGACY_DSN"] = "host=/nowhere port=1 user=x dbname=legacy";
  for (const char* verb : {"check", "sync", "plan", "verify", "doctor", "status"}) {
    const Finished failed = world.run({verb});
    EXPECT_EQ(failed.exit, 69) << verb << failed.out << failed.err;
    EXPECT_THAT(failed.out + failed.err, HasSubstr("legacy.main")) << verb;
  }
  EXPECT_EQ(world.run({"runs"}).exit, 0) << "what is remembered is shown while a side is down";
}

TEST(CliPostgres, AWrongPasswordExits77AndIsNeverPrinted) {
  PostgresServer server;
  const std::string hba = server.folder() + "/data/pg_hba.conf";
  const std::string dsn = server.create_database();
  PostgresUser admin(dsn);
  (void)admin.query("create role careful login password 'right'");
  write_text(hba, "local all careful scram-sha-256\n" + read_text(hba));
  (void)admin.query("select pg_reload_conf()");
  const std::string database = admin.one("select current_database()");
  PostgresWorld world;
  world.environment["LEGACY_DSN"] = server.dsn(database, "careful") + " password=wrong-secret-17";
  // The server reads its rules when it gets to it.
  Finished failed;
  for (int i = 0; i < 50 && failed.exit != 77; ++i) failed = world.run({"check"});
  EXPECT_EQ(failed.exit, 77) << failed.err;
  EXPECT_THAT(failed.err, AllOf(HasSubstr("ATB-1002"), Not(HasSubstr("wrong-secret-17"))));
  const Finished doctor = world.run({"doctor"});
  EXPECT_EQ(doctor.exit, 77) << doctor.out;
  EXPECT_THAT(doctor.out + doctor.err, Not(HasSubstr("wrong-secret-17")));
}

TEST(CliPostgres, AMissingPrivilegeIsToldByDoctorAsTheStatementThatGrantsIt) {
  PostgresWorld world;
  (void)world.load(kSmall);
  Sql& legacy = world.at(Place::kLegacy);
  const std::string database = legacy.one("select current_database()");
  const std::string role = "bridge_" + database;
  (void)legacy.query(
      fmt::format("create role {0} login; grant pg_read_all_stats to {0}; "
                  "grant create on database {1} to {0}; grant usage on schema public to {0}; "
                  "grant select, insert, update, delete on all tables in schema public to {0}; "
                  "grant usage on all sequences in schema public to {0}; "
                  "revoke update on users from {0}",
                  role, database));
  world.environment["LEGACY_DSN"] = PostgresWorld::legacy_server().dsn(database, role);
  const Finished told = world.run({"doctor"});
  EXPECT_EQ(told.exit, 77) << told.out << told.err;
  EXPECT_THAT(told.out, AllOf(HasSubstr("GRANT UPDATE ON TABLE"), HasSubstr(role)));
  (void)legacy.query(fmt::format("grant update on users to {}", role));
  const Finished healthy = world.run({"doctor"});
  EXPECT_EQ(healthy.exit, 0) << healthy.out << healthy.err;
  world.check();
  EXPECT_EQ(world.sync()["outcome"], "done");
}

TEST(CliPostgres, DoctorFindsTheMissingIndexTheNullableStampAndTheTrigger) {
  PostgresWorld world;
  Sql& legacy = world.at(Place::kLegacy);
  (void)legacy.query(
      "drop index users_updated_at_idx; alter table users alter updated_at drop not null; "
      "create function note() returns trigger language plpgsql as 'begin return null; end'; "
      "create trigger audit after update on users for each row execute function note()");
  const Finished told = world.run({"doctor"});
  EXPECT_EQ(told.exit, 0) << told.out << told.err;
  EXPECT_THAT(
      told.out,
      AllOf(HasSubstr("CREATE INDEX CONCURRENTLY users_updated_at_idx ON public.users "
                      "(updated_at, id);"),
            HasSubstr("ALTER TABLE public.users ALTER COLUMN updated_at SET NOT NULL;"),
            HasSubstr("audit may write after our own writes"), HasSubstr("platform minus legacy")));
}

TEST(CliPostgres, EveryVerbWorksOnPostgresToo) {
  PostgresWorld world;
  (void)world.load(kSmall);
  world.check();
  EXPECT_GT(world.json({"plan"})["writes"].get<long>(), 50);
  (void)world.sync();
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"doctor"},
                                             {"plan", "--rows"},
                                             {"verify", "--exit-code"},
                                             {"status"},
                                             {"runs"},
                                             {"record", "person", "users/1"},
                                             {"conflicts", "list", "--all"},
                                             {"quarantine", "list", "--state", "all"},
                                             {"quarantine", "retry"}}) {
    const Finished done = world.run(words);
    EXPECT_EQ(done.exit, 0) << words.front() << done.out << done.err;
  }
}

TEST(CliPostgres, AConflictIsUndoneAndTheUndoToo) {
  PostgresWorld world;
  (void)world.load(kSmall);
  world.check();
  (void)world.sync();
  const auto name = [&] {
    return world.at(Place::kLegacy).one("select name from users where id = 2");
  };
  const auto email = world.at(Place::kLegacy).one("select email from users where id = 2");
  (void)world.at(Place::kLegacy)
      .query("update users set name = 'Alex Summer', updated_at = " + world.now(Place::kLegacy) +
             " where id = 2");
  (void)world.at(Place::kIdentity)
      .query("update identity.users set given_name = 'Winter', family_name = '', updated_at = " +
             world.now(Place::kIdentity) + " where email = '" + email + "'");
  EXPECT_EQ(world.sync()["total"]["conflicts"], 1);
  EXPECT_EQ(name(), "Winter");
  for (const char* expected : {"Alex Summer", "Winter"}) {
    const Json last = world.json({"conflicts", "list", "--all"})[0];
    const std::string id = std::to_string(last["id"].get<long>());
    (void)world.json({"conflicts", "undo", id, "--reason", "asked by the customer"});
    (void)world.sync();
    EXPECT_EQ(name(), expected);
    EXPECT_EQ(world.run({"verify", "--exit-code"}).exit, 0);
    EXPECT_THAT(world.run({"conflicts", "show", id}).out, HasSubstr("undone by"));
  }
}

TEST(CliPostgres, DemoRunsOnTwoServersOfItsOwnAndLeavesNothing) {
  TemporaryFolder folder;
  // The servers' user has to reach its data.
  std::filesystem::permissions(folder.path(), std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
  Program program({"demo", "--postgres", "--users", "40"},
                  {{"TMPDIR", folder.path()}, {"NO_COLOR", "1"}});
  const Finished done = program.finish();
  EXPECT_EQ(done.exit, 0) << done.out << done.err;
  for (const char* claim : {"both edits kept", "platform won: Alex Winter", "Alex Summer",
                            "ATB-3001", "verify: equal", "0 rows written"}) {
    EXPECT_THAT(done.out, HasSubstr(claim));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(CliPostgres, ADemoThatIsStoppedLeavesNothingEither) {
  for (const auto& [signal, exit] : {std::pair{SIGTERM, 143}, std::pair{SIGINT, 130}}) {
    TemporaryFolder folder;
    std::filesystem::permissions(folder.path(), std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
    Program program({"demo", "--postgres"}, {{"TMPDIR", folder.path()}});
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    program.send(signal);
    const Finished done = program.finish();
    EXPECT_EQ(done.exit, exit) << done.out << done.err;
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  }
}

}  // namespace
}  // namespace atlas::e2e
