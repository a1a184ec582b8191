// The command line end to end: each verb by the built binary, on SQLite files.

#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace atlas::e2e {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr app::AtlasSize kSmall{
    .users = 60, .staff = 20, .teams = 20, .geofences = 20, .members = 40, .categories = 6};

// A world that was checked and synced once.
std::unique_ptr<SqliteWorld> synced_world() {
  auto world = std::make_unique<SqliteWorld>();
  (void)world->load(kSmall);
  world->check();
  (void)world->sync();
  return world;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

void set_legacy_user(World& world, int id, const std::string& assignments) {
  (void)world.at(Place::kLegacy)
      .query(fmt::format("update users set {}, updated_at = {} where id = {}", assignments,
                         world.now(Place::kLegacy), id));
}

void set_platform_name(World& world, int legacy_id, const std::string& name) {
  const std::string email =
      world.at(Place::kLegacy).one(fmt::format("select email from users where id = {}", legacy_id));
  (void)world.at(Place::kIdentity)
      .query(fmt::format("update users set given_name = {}, family_name = '', updated_at = {} "
                         "where email = {}",
                         literal(name), world.now(Place::kIdentity), literal(email)));
}

std::string legacy_name(World& world, int id) {
  return world.at(Place::kLegacy).one(fmt::format("select name from users where id = {}", id));
}

// MAPPING §4, level 4: counted on the rows, not guessed.
TEST(Cli, CheckCountsRowsThatACanonicalFormMakesOne) {
  SqliteWorld world;
  (void)world.load(kSmall);
  const auto counted = [&] {
    std::vector<std::string> out;
    const Json checked = world.json({"check"});
    for (const Json& problem : checked["problems"]) {
      const std::string why = problem["why"];
      if (problem["code"] == "ATB-2303" && why.find("another one has too") != std::string::npos)
        out.push_back(why);
    }
    return out;
  };
  Sql& legacy = world.at(Place::kLegacy);
  (void)legacy.query("update users set email = 'u' || id || '@example.com'");
  (void)legacy.query("update staff set email = 's' || id || '@example.com'");
  EXPECT_THAT(counted(), IsEmpty());
  (void)legacy.query("update users set email = ' Same@Example.com' where id = 7");
  (void)legacy.query("update staff set email = 'same@example.com' where id = 3");
  (void)legacy.query("update users set email = 'SAME@example.com' where id = 9");
  EXPECT_THAT(counted(), ElementsAre(AllOf(HasSubstr("3 rows of legacy"), HasSubstr("`email`"),
                                           HasSubstr("users 7 and users 9"))));
}

TEST(Cli, CheckPlanSyncVerifyStatusAndRunsTellOneStory) {
  SqliteWorld world;
  (void)world.load(kSmall);
  const Json checked = world.json({"check"});
  EXPECT_TRUE(checked["lawful"].get<bool>());
  EXPECT_GT(checked["fields"].size(), 20U);

  const Json planned = world.json({"plan", "--rows"});
  EXPECT_GT(planned["writes"].get<long>(), 100);
  EXPECT_EQ(planned["rows"].size(), planned["writes"].get<std::size_t>());
  EXPECT_EQ(world.at(Place::kIdentity).number("select count(*) from users"), 0) << "plan wrote";

  const Json run = world.sync();
  EXPECT_EQ(run["outcome"], "done");
  EXPECT_GT(run["total"]["created_platform"].get<long>(), 100);
  EXPECT_EQ(world.json({"plan"})["writes"], 0);

  const Finished verified = world.run({"verify", "--exit-code"});
  EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("verify: equal"));

  const Json status = world.json({"status"});
  EXPECT_TRUE(status["checked"].get<bool>());
  EXPECT_EQ(status["last_run"]["outcome"], "done");
  ASSERT_THAT(status["entities"], SizeIs(5));
  for (const Json& entity : status["entities"]) {
    EXPECT_GT(entity["links"].get<long>(), 0) << entity;
    for (const Json& cursor : entity["cursors"]) EXPECT_TRUE(cursor["first_load_done"].get<bool>());
  }
  const Json runs = world.json({"runs"});
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0]["report"]["total"]["rows_written"], run["total"]["rows_written"]);
}

TEST(Cli, EveryVerbAlsoPrintsTables) {
  const auto world = synced_world();
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"check"},
                                             {"doctor"},
                                             {"plan"},
                                             {"sync"},
                                             {"verify"},
                                             {"status"},
                                             {"runs"},
                                             {"record", "person", "users/1"},
                                             {"conflicts", "list"},
                                             {"quarantine", "list"}}) {
    const Finished done = world->run(words);
    EXPECT_EQ(done.exit, 0) << words.front() << done.err;
    EXPECT_THAT(done.out, Not(IsEmpty())) << words.front();
    EXPECT_THAT(done.out, Not(HasSubstr("\x1b["))) << words.front();
  }
}

TEST(Cli, SyncRefusesWhatWasNotChecked) {
  SqliteWorld world;
  const Finished refused = world.run({"sync"});
  EXPECT_EQ(refused.exit, 78);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("ATB-2304"), HasSubstr("atlas-bridge check")));
  world.check();
  EXPECT_EQ(world.run({"sync"}).exit, 0);
  world.set_mapping(replaced(world.mapping(), "canon: [trim]", "canon: [trim, collapse]"));
  EXPECT_EQ(world.run({"sync"}).exit, 78) << "a changed mapping was not checked either";
  EXPECT_THAT(world.run({"status"}).out, HasSubstr("run `atlas-bridge check`"));
}

TEST(Cli, AMisspeltKeyExits78WithItsPositionAndTheRightName) {
  SqliteWorld world;
  world.set_mapping(replaced(world.mapping(), "match:    [email]", "mtach:    [email]"));
  for (const char* verb : {"check", "sync", "plan", "status", "doctor"}) {
    const Finished refused = world.run({verb});
    EXPECT_EQ(refused.exit, 78) << verb;
    EXPECT_THAT(refused.err,
                AllOf(HasSubstr("ATB-2004"), HasSubstr("atlas.yaml:61:5"), HasSubstr("match")))
        << verb;
  }
}

TEST(Cli, AllProblemsAreListedInFileOrder) {
  SqliteWorld world;
  std::string text = replaced(world.mapping(), "c.colour", "c.color");
  world.set_mapping(replaced(text, "t.name", "t.nmae"));
  const Finished refused = world.run({"check"});
  EXPECT_EQ(refused.exit, 78);
  const std::size_t first = refused.err.find("color");
  const std::size_t second = refused.err.find("nmae");
  ASSERT_NE(first, std::string::npos) << refused.err;
  ASSERT_NE(second, std::string::npos) << refused.err;
  EXPECT_LT(first, second);
  EXPECT_FALSE(world.run({"check", "-o", "json"}).out.empty());
}

TEST(Cli, CheckExitsTwoForDeclaredLossesOnlyWhenAsked) {
  SqliteWorld world;
  EXPECT_EQ(world.run({"check", "--exit-code"}).exit, 0) << "columns of different width are none";
  world.set_mapping(replaced(world.mapping(), R"("hired_on <-> p.hired_on": copy)",
                             R"("hired_on -> p.hired_on": {loss: "legacy keeps the dates"})"));
  EXPECT_EQ(world.run({"check"}).exit, 0);
  EXPECT_EQ(world.run({"check", "--exit-code"}).exit, 2);
}

TEST(Cli, ADroppedColumnIsNamedByCheck) {
  SqliteWorld world;
  (void)world.at(Place::kOrg).query("alter table categories drop column colour");
  const Finished refused = world.run({"check"});
  EXPECT_EQ(refused.exit, 78);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("ATB-2102"), HasSubstr("colour")));
}

TEST(Cli, StrictTellsHeldRowsAndRetryBringsACorrectedRowOver) {
  const auto world = synced_world();
  set_legacy_user(*world, 1, "status = 8");
  EXPECT_EQ(world->run({"sync"}).exit, 0);
  EXPECT_EQ(world->run({"sync", "--strict"}).exit, 3);
  const Json listed = world->json({"quarantine", "list", "--entity", "person"});
  const auto one =
      std::ranges::find_if(listed, [](const Json& row) { return row["key"] == "users/1"; });
  ASSERT_NE(one, listed.end()) << listed;
  EXPECT_EQ((*one)["code"], "ATB-3001");
  EXPECT_EQ((*one)["field"], "status");
  EXPECT_THAT(world->run({"quarantine", "show", "person", "users/1"}).out,
              AllOf(HasSubstr("ATB-3001"), HasSubstr("status")));
  EXPECT_THAT(world->run({"record", "person", "users/1"}).out, HasSubstr("cannot be mapped"));
  set_legacy_user(*world, 1, "status = 2");
  EXPECT_EQ(world->json({"quarantine", "retry", "person", "users/1"})["marked"], 1);
  (void)world->sync();
  EXPECT_EQ(world->run({"quarantine", "show", "person", "users/1"}).exit, 64);
  EXPECT_EQ(world->run({"verify", "--exit-code"}).exit, 0);
}

TEST(Cli, AManualConflictWaitsForAPersonAndIsResolvedByTheirWord) {
  for (const std::string winner : {"legacy", "platform"}) {
    SCOPED_TRACE(winner);
    SqliteWorld world;
    world.set_mapping(replaced(world.mapping(), "conflict: newest", "conflict: manual"));
    (void)world.load(kSmall);
    world.check();
    (void)world.sync();
    set_legacy_user(world, 2, "name = 'Alex Summer'");
    set_platform_name(world, 2, "Winter");
    EXPECT_EQ(world.sync()["total"]["conflicts_held"], 1);
    const Json open = world.json({"conflicts", "list"});
    ASSERT_THAT(open, SizeIs(1));
    EXPECT_EQ(open[0]["legacy_value"], "Alex Summer");
    EXPECT_EQ(open[0]["platform_value"], "Winter");
    const std::string id = std::to_string(open[0]["id"].get<long>());
    EXPECT_THAT(world.run({"conflicts", "show", id}).out,
                AllOf(HasSubstr("Alex Summer"), HasSubstr("Winter"), HasSubstr("person users/2")));
    const std::string seen = open[0]["seen"];
    EXPECT_THAT(world.run({"conflicts", "show", id}).out,
                HasSubstr("resolve " + id + " --seen " + seen));
    // It changes before they decide: their word was for other values.
    set_platform_name(world, 2, "Winterling");
    (void)world.sync();
    const Finished late =
        world.run({"conflicts", "resolve", id, "--seen", seen, "--winner", winner});
    EXPECT_THAT(late.err, HasSubstr("ATB-5003"));
    const std::string now_seen = world.json({"conflicts", "list"})[0]["seen"];
    EXPECT_EQ(world.run({"conflicts", "resolve", id, "--seen", now_seen, "--winner", winner}).exit,
              0);
    (void)world.sync();
    EXPECT_THAT(world.json({"conflicts", "list"}), IsEmpty());
    EXPECT_EQ(legacy_name(world, 2), winner == "legacy" ? "Alex Summer" : "Winterling");
    EXPECT_EQ(world.run({"verify", "--exit-code"}).exit, 0);
    const Json all = world.json({"conflicts", "list", "--all"});
    ASSERT_THAT(all, SizeIs(1)) << "one entry tells the story";
    EXPECT_EQ(all[0]["winner"], winner);
    EXPECT_THAT(world.run({"conflicts", "show", id}).out, HasSubstr("conflicts undo " + id));
    const Finished settled =
        world.run({"conflicts", "resolve", id, "--seen", now_seen, "--winner", winner});
    EXPECT_EQ(settled.exit, 1);
    EXPECT_THAT(settled.err, AllOf(HasSubstr("ATB-5007"), HasSubstr("conflicts undo " + id)));
  }
}

TEST(Cli, ANewestConflictShowsWinnerAndLoser) {
  const auto world = synced_world();
  set_legacy_user(*world, 2, "name = 'Alex Summer'");
  set_platform_name(*world, 2, "Winter");
  EXPECT_EQ(world->sync()["total"]["conflicts"], 1);
  EXPECT_THAT(world->json({"conflicts", "list"}), IsEmpty());
  const Json settled = world->json({"conflicts", "list", "--all"});
  ASSERT_THAT(settled, SizeIs(1));
  EXPECT_THAT(settled[0]["reason"].get<std::string>(), HasSubstr("newest"));
  const std::string winner = settled[0]["winner"];
  EXPECT_EQ(legacy_name(*world, 2), settled[0][winner + "_value"].get<std::string>());
}

TEST(Cli, ASettledConflictIsUndoneAndTheUndoToo) {
  const auto world = synced_world();
  set_legacy_user(*world, 2, "name = 'Alex Summer'");
  set_platform_name(*world, 2, "Winter");
  (void)world->sync();
  const Json settled = world->json({"conflicts", "list", "--all"})[0];
  const std::string id = std::to_string(settled["id"].get<long>());
  const std::string won = settled["winner"];
  const std::string lost = won == "legacy" ? "platform" : "legacy";
  EXPECT_THAT(world->run({"conflicts", "show", id}).out, HasSubstr("conflicts undo " + id));
  EXPECT_EQ(world->run({"conflicts", "undo", id}).exit, 64) << "why?";

  const Json undo = world->json({"conflicts", "undo", id, "--reason", "her own spelling"});
  EXPECT_EQ(undo["undoes"].get<long>(), settled["id"].get<long>());
  const std::string second = std::to_string(undo["id"].get<long>());
  EXPECT_THAT(world->run({"conflicts", "list"}).out, HasSubstr("undo of " + id));
  EXPECT_THAT(world->run({"conflicts", "undo", id, "--reason", "again"}).err,
              HasSubstr("ATB-5004"));
  EXPECT_THAT(world
                  ->run({"conflicts", "resolve", second, "--seen", undo["seen"].get<std::string>(),
                         "--winner", won})
                  .err,
              HasSubstr("ATB-5007"));
  (void)world->sync();
  EXPECT_EQ(legacy_name(*world, 2), settled[lost + "_value"].get<std::string>());
  EXPECT_EQ(world->run({"verify", "--exit-code"}).exit, 0);
  EXPECT_THAT(world->json({"conflicts", "list"}), IsEmpty());
  EXPECT_THAT(world->run({"conflicts", "show", id}).out, HasSubstr("undone by " + second));
  EXPECT_THAT(world->json({"conflicts", "show", second})["reason"].get<std::string>(),
              AllOf(HasSubstr("undo of " + id + " by "), HasSubstr("her own spelling")));
  EXPECT_THAT(world->run({"conflicts", "undo", id, "--reason", "again"}).err,
              HasSubstr("undo " + second));

  (void)world->json({"conflicts", "undo", second, "--reason", "no"});
  (void)world->sync();
  EXPECT_EQ(legacy_name(*world, 2), settled[won + "_value"].get<std::string>());
  EXPECT_EQ(world->run({"verify", "--exit-code"}).exit, 0);

  // What has been edited since is not undone: by this or by the run.
  const Json third = world->json({"conflicts", "list", "--all"})[0];
  const std::string third_id = std::to_string(third["id"].get<long>());
  set_legacy_user(*world, 2, "name = 'Alex Autumn'");
  (void)world->json({"conflicts", "undo", third_id, "--reason", "late"});
  (void)world->sync();
  EXPECT_EQ(legacy_name(*world, 2), "Alex Autumn");
  EXPECT_THAT(world->json({"conflicts", "list", "--all"})[0]["reason"].get<std::string>(),
              HasSubstr("edited since"));
  EXPECT_THAT(world->run({"conflicts", "undo", third_id, "--reason", "late"}).err,
              AllOf(HasSubstr("ATB-5004"), HasSubstr("edited since")));
  EXPECT_EQ(world->run({"verify", "--exit-code"}).exit, 0);
}

TEST(Cli, ADeleteThatLostIsNoUndoAndShowSaysWhatToDo) {
  const auto world = synced_world();
  set_platform_name(*world, 2, "Winter");
  set_legacy_user(*world, 2, fmt::format("deleted_at = {}", world->now(Place::kLegacy)));
  (void)world->sync();
  const Json lost = world->json({"conflicts", "list", "--all"})[0];
  ASSERT_EQ(lost["field"], "(liveness)");
  const std::string id = std::to_string(lost["id"].get<long>());
  EXPECT_THAT(world->run({"conflicts", "show", id}).out,
              AllOf(HasSubstr("delete it on either side"), Not(HasSubstr("conflicts undo"))));
}

TEST(Cli, RecordFindsARowByEitherKeyAndSaysWhichOneIsMeant) {
  const auto world = synced_world();
  const Json by_legacy = world->json({"record", "person", "users/3"});
  EXPECT_TRUE(by_legacy["linked"].get<bool>());
  EXPECT_EQ(by_legacy["summary"], "both sides agree");
  const std::string uuid = by_legacy["platform_key"];
  EXPECT_EQ(world->json({"record", "person", uuid})["legacy_key"], "users/3");
  const Finished ambiguous = world->run({"record", "person", "3"});
  EXPECT_EQ(ambiguous.exit, 64);
  EXPECT_THAT(ambiguous.err, HasSubstr("users/3 or staff/3"));
  EXPECT_EQ(world->run({"record", "person", "users/999999"}).exit, 64);
  EXPECT_EQ(world->run({"record", "person", "no key"}).exit, 64);
  EXPECT_EQ(world->run({"record", "persn", "1"}).exit, 64);
  set_legacy_user(*world, 3, "name = 'Someone Else'");
  const Json edited = world->json({"record", "person", "users/3"});
  const auto name =
      std::ranges::find_if(edited["fields"], [](const Json& f) { return f["field"] == "name"; });
  EXPECT_EQ((*name)["standing"], "legacy edited");
}

TEST(Cli, RecordSaysThatOneSidesRowIsGone) {
  const auto world = synced_world();
  Sql& legacy = world->at(Place::kLegacy);
  (void)legacy.query("pragma foreign_keys = off");
  (void)legacy.query("delete from users where id = 3");
  const Json gone = world->json({"record", "person", "users/3"});
  EXPECT_THAT(gone["summary"].get<std::string>(), HasSubstr("gone on legacy"));
}

TEST(Cli, RecordSaysThatARowIsTooLargeToBeRead) {
  const auto world = synced_world();
  set_legacy_user(*world, 3, "name = hex(zeroblob(5000000))");
  Json large = world->json({"record", "person", "users/3"});
  EXPECT_EQ(large["summary"], "the row of users exceeds limits.row_bytes (8388608 bytes)");
  EXPECT_EQ(large["rows"][0]["now"], "exceeds limits.row_bytes");
  EXPECT_EQ(large["rows"][1]["now"], "present");
  (void)world->sync();
  large = world->json({"record", "person", "users/3"});
  EXPECT_THAT(large["summary"].get<std::string>(),
              AllOf(HasSubstr("ATB-3006"), HasSubstr("the row of users exceeds")));
}

TEST(Cli, AFileThatIsNoDatabaseSaysSo) {
  const auto world = synced_world();
  write_text(world->mapping_file() + ".db", "not a database, however long it may go on\n");
  for (const char* verb : {"check", "sync", "plan", "verify"}) {
    const Finished told = world->run({verb}, {{"LEGACY_DB", world->mapping_file() + ".db"}});
    EXPECT_EQ(told.exit, 78) << verb;
    EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-1013"), HasSubstr("legacy.main"))) << verb;
  }
}

TEST(Cli, AFolderInPlaceOfTheFileIsNamedAsOne) {
  const SqliteWorld world;
  const std::string folder = std::filesystem::path(world.mapping_file()).parent_path();
  const Finished told = Program({"check", "-c", folder}, {}).finish();
  EXPECT_EQ(told.exit, 78);
  EXPECT_THAT(told.err, AllOf(HasSubstr("is a folder"), HasSubstr("-c " + folder + "/atlas.yaml")));
}

TEST(Cli, ALostStateIsSaidByCheckAlready) {
  const auto world = synced_world();
  const Finished told =
      world->run({"check"}, {{"STATE_DB", world->mapping_file() + ".fresh-state"}});
  EXPECT_EQ(told.exit, 78);
  EXPECT_THAT(told.err, HasSubstr("ATB-4004"));
  EXPECT_THAT(told.out, Not(HasSubstr("sync may run.")));
}

TEST(Cli, APlanOfTooManyDeletesNamesNoSetThatCannotBeApprovedYet) {
  const auto world = synced_world();
  const std::string now = world->now(Place::kLegacy);
  (void)world->at(Place::kLegacy)
      .query(fmt::format("update geofences set deleted_at = {0}, updated_at = {0}", now));
  const Finished planned = world->run({"plan"});
  EXPECT_EQ(planned.exit, 78);
  EXPECT_THAT(planned.err, AllOf(HasSubstr("ATB-4020"), HasSubstr("atlas-bridge sync"),
                                 Not(HasSubstr("--set"))));
  const Finished stopped = world->run({"sync"});
  EXPECT_THAT(stopped.err, AllOf(HasSubstr("ATB-4020"), HasSubstr("approve geofence --set")));
  EXPECT_THAT(world->run({"plan"}).err, HasSubstr("approve geofence --set"))
      << "now the set is there";
}

TEST(Cli, AnotherCustomersScopeIsRefusedByEveryVerbThatReadsRows) {
  const auto world = synced_world();
  for (const char* verb : {"check", "verify"}) {
    const Finished told = world->run({verb}, {{"TENANT_ID", "7"}});
    EXPECT_EQ(told.exit, 78) << verb << told.err;
    EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4022"), HasSubstr("tenant_id is 42"),
                                HasSubstr("says 7"), HasSubstr("state reset --entity")))
        << verb;
    EXPECT_THAT(told.out, Not(HasSubstr("sync may run.")));
  }
  for (const char* verb : {"plan", "sync", "reconcile"})
    EXPECT_EQ(world->run({verb}, {{"TENANT_ID", "7"}}).exit, 78) << verb;
  EXPECT_EQ(world->sync()["total"]["rows_written"], 0);
  EXPECT_EQ(world
                ->run({"state", "reset", "--reason", "another customer", "--confirm", "demo"},
                      {{"TENANT_ID", "7"}})
                .exit,
            0);
  EXPECT_EQ(world->run({"check"}, {{"TENANT_ID", "7"}}).exit, 0);
}

// Adoption of what stands on both sides, while some of it cannot be mapped.
TEST(Cli, PairsThatCannotBeMappedAreNotMadeTwiceByAFreshState) {
  const auto world = synced_world();
  Sql& legacy = world->at(Place::kLegacy);
  const auto people = [&] {
    return std::pair(
        legacy.number("select count(*) from users") + legacy.number("select count(*) from staff"),
        world->at(Place::kIdentity).number("select count(*) from users"));
  };
  const auto before = people();
  set_legacy_user(*world, 2, "status = 9");
  const Finished reset = world->run(
      {"state", "reset", "--entity", "person", "--reason", "a test", "--confirm", "demo"});
  ASSERT_EQ(reset.exit, 0) << reset.err;
  (void)world->sync();
  EXPECT_EQ(people(), before);
  EXPECT_THAT(world->run({"quarantine", "list", "--state", "all"}).out,
              AllOf(HasSubstr("users/2"), HasSubstr("its pair cannot be mapped: users 2"),
                    Not(HasSubstr("users/11")), Not(HasSubstr("users/12"))))
      << "staff of the same address are of another kind";
  set_legacy_user(*world, 2, "status = 1");
  (void)world->sync();
  EXPECT_EQ(people(), before);
  EXPECT_EQ(world->run({"verify", "--exit-code"}).exit, 0);
}

TEST(Cli, ADeadlineKeepsProgressAndExitsZero) {
  SqliteWorld world;
  (void)world.load(kSmall);
  world.check();
  const Finished cut = world.run({"sync", "--deadline", "1ms", "--page-rows", "5"});
  EXPECT_EQ(cut.exit, 0) << cut.err;
  const std::size_t first = cut.err.find("ATB-4007");
  EXPECT_NE(first, std::string::npos) << cut.err;
  EXPECT_EQ(cut.err.find("ATB-4007", first + 1), std::string::npos) << "once is enough";
  (void)world.sync();
  EXPECT_EQ(world.run({"verify", "--exit-code"}).exit, 0);
}

TEST(Cli, ASignalStopsBetweenPagesWithItsOwnExitCodeAndAnOverlappingStartIsHarmless) {
  SqliteWorld world;
  (void)world.load(
      {.users = 3000, .staff = 100, .teams = 50, .geofences = 50, .members = 100, .categories = 6});
  world.check();
  for (const auto& [signal, exit] : {std::pair{SIGTERM, 143}, std::pair{SIGINT, 130}}) {
    const auto running = world.start({"sync", "--page-rows", "1"});
    // It holds the lease as soon as its run is in the ledger.
    for (int i = 0; i < 200; ++i) {
      const Json runs = world.json({"runs", "--limit", "1"});
      if (!runs.empty() && runs[0]["outcome"] == "running") break;
    }
    EXPECT_EQ(world.run({"sync", "--if-locked", "fail"}).exit, 75);
    const Finished skipped = world.run({"sync"});
    EXPECT_EQ(skipped.exit, 0);
    EXPECT_THAT(skipped.err, HasSubstr("holds the lease"));
    running->send(signal);
    const Finished stopped = running->finish();
    EXPECT_EQ(stopped.exit, exit) << stopped.err;
    // What it wrote until then is told, there and in the ledger.
    const Json told = world.json({"runs", "--limit", "1"})[0];
    EXPECT_EQ(told["outcome"], "stopped");
    const auto written = told["report"]["total"]["rows_written"].get<std::int64_t>();
    EXPECT_THAT(stopped.out, HasSubstr(fmt::format("stopped: {} row", written)));
  }
  (void)world.sync();
  EXPECT_EQ(world.run({"verify", "--exit-code"}).exit, 0);
}

TEST(Cli, VerifyExitsTwoForADifferenceThatNoRunWillFind) {
  const auto world = synced_world();
  // Nobody stamped this edit: capture cannot see it.
  (void)world->at(Place::kLegacy).query("update users set name = 'Unseen Edit' where id = 4");
  EXPECT_EQ(world->run({"verify"}).exit, 0);
  const Finished found = world->run({"verify", "--exit-code"});
  EXPECT_EQ(found.exit, 2) << found.out;
  EXPECT_THAT(found.out, HasSubstr("users/4"));
}

TEST(Cli, DoctorPrintsTheMissingIndexAsAStatement) {
  const auto world = synced_world();
  (void)world->at(Place::kLegacy).query("drop index users_updated_at_idx");
  EXPECT_THAT(world->run({"doctor"}).out,
              HasSubstr("CREATE INDEX users_updated_at_idx ON users (updated_at, id);"));
}

TEST(Cli, DemoTellsItsStoryInUnderSixtyLinesAndLeavesNothing) {
  TemporaryFolder folder;
  Program program({"demo", "--users", "60"}, {{"TMPDIR", folder.path()}, {"NO_COLOR", "1"}});
  const Finished done = program.finish();
  EXPECT_EQ(done.exit, 0) << done.out << done.err;
  EXPECT_LE(std::ranges::count(done.out, '\n'), 60) << done.out;
  for (const char* claim : {"both edits kept", "platform won: Alex Winter", "Alex Summer",
                            "ATB-3001", "verify: equal", "0 rows written"}) {
    EXPECT_THAT(done.out, HasSubstr(claim));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Cli, DemoKeepsAFolderThatCommandsCanUse) {
  TemporaryFolder folder;
  const std::string made = folder.path() + "/demo";
  EXPECT_EQ(Program({"demo", "--users", "60", "--dir", made}, {}).finish().exit, 0);
  EXPECT_EQ(Program({"status", "-c", made + "/atlas.yaml"}, {}).finish().exit, 0);
  EXPECT_EQ(Program({"demo", "--dir", made}, {}).finish().exit, 64) << "the folder is not empty";
}

}  // namespace
}  // namespace atlas::e2e
