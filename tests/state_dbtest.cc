// The state as a file: backup, restore into the same and into the other engine, reset.

#include "tests/support/books.h"
#include "tests/support/rounds.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sys/stat.h>

namespace atlas::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr app::AtlasSize kSize{
    .users = 60, .staff = 22, .teams = 20, .geofences = 22, .members = 40, .categories = 6};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// What a state is worth: with it a further run finds nothing to do, and verify agrees.
void expect_at_rest(World& world) {
  const Json run = world.sync();
  EXPECT_EQ(run["total"]["rows_written"], 0) << run["total"].dump(1);
  const Verdict verdict = world.verify();
  EXPECT_EQ(verdict.different, 0) << verdict.report.dump(1);
  (void)expect_sides_equal(world);
}

long links(const World& world) {
  const Json status = world.json({"status"});
  long sum = 0;
  for (const Json& entity : status["entities"]) sum += entity["links"].get<long>();
  return sum;
}

template <class W>
std::unique_ptr<W> synced_world() {
  auto world = std::make_unique<W>();
  (void)world->load(kSize);
  world->check();
  (void)sync_until_quiet(*world);
  return world;
}

// There and back again: `elsewhere` is the mapping with its state in another database.
void expect_state_moves(World& world, const std::string& elsewhere, const std::string& file) {
  const std::string home = world.mapping();
  const long linked = links(world);
  ASSERT_GT(linked, 100);
  const Json saved = world.json({"state", "backup", file});
  EXPECT_EQ(saved["links"].get<long>(), linked);
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U) << "values and the hash key are nobody else's";

  world.set_mapping(elsewhere);
  const Json restored = world.json({"state", "restore", file, "--reason", "moved"});
  EXPECT_EQ(restored["links"].get<long>(), linked);
  EXPECT_EQ(links(world), linked);
  expect_at_rest(world);
  Rounds rounds(world);
  rounds.play();
  (void)sync_until_quiet(world);
  rounds.expect_kept(expect_sides_equal(world));

  // The old home has missed the round: it may not go on, and can be brought up to date.
  (void)world.json({"state", "backup", file});
  world.set_mapping(home);
  const Finished told = world.run({"sync"});
  EXPECT_EQ(told.exit, 78);
  EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4004"), HasSubstr("repair --rewound state")));
  const Finished refused = world.run({"state", "restore", file, "--reason", "back"});
  EXPECT_EQ(refused.exit, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("ATB-5005"), HasSubstr("--replace")));
  (void)world.json({"state", "restore", file, "--replace", "--reason", "back"});
  expect_at_rest(world);
}

TEST(State, OfSqliteMovesToPostgresAndBack) {
  const auto world = synced_world<SqliteWorld>();
  const TemporaryFolder folder;
  const PostgresWorld other;  // only for its databases
  world->environment["OTHER_DSN"] = other.dsn(Place::kState);
  expect_state_moves(*world,
                     replaced(world->mapping(), "state: {sqlite: \"${STATE_DB:-state.db}\"}",
                              "state: {postgres: \"${OTHER_DSN}\"}"),
                     folder.path() + "/acme.state");
}

TEST(State, OfPostgresMovesToSqliteAndBack) {
  const auto world = synced_world<PostgresWorld>();
  const TemporaryFolder folder;
  expect_state_moves(*world,
                     replaced(world->mapping(), "state: {postgres: \"${ORG_DSN}\"}",
                              "state: {sqlite: \"" + folder.path() + "/moved.db\"}"),
                     folder.path() + "/acme.state");
}

TEST(State, ABackupWaitsForNoRunAndADamagedOneChangesNothing) {
  const auto world = synced_world<SqliteWorld>();
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/acme.state";
  (void)world->json({"state", "backup", file});
  const std::string whole = read_text(file);
  // Somebody holds the lease.
  (void)world->at(Place::kState)
      .query(
          "update atlas_bridge_tenant set lease_run = 1, lease_holder = 'other', "
          "lease_until = 9000000000000000");
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"state", "backup", folder.path() + "/second"},
        {"state", "restore", file, "--replace", "--reason", "x"},
        {"state", "reset", "--confirm", "demo", "--reason", "x"}}) {
    const Finished held = world->run(verb);
    EXPECT_EQ(held.exit, 75) << verb[1] << held.err;
    EXPECT_THAT(held.err, HasSubstr("held by other"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/second"));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    EXPECT_EQ(entry.path().filename(), "acme.state") << "nothing half made is left";
  world->expire_lease();

  const long linked = links(*world);
  std::string damaged = whole;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  for (const std::string& text : {damaged, whole.substr(0, whole.size() / 2), std::string()}) {
    write_text(file, text);
    const Finished refused =
        world->run({"state", "restore", file, "--replace", "--reason", "the disk failed"});
    EXPECT_EQ(refused.exit, 1);
    EXPECT_THAT(refused.err, HasSubstr("ATB-5006"));
  }
  EXPECT_EQ(links(*world), linked);
  world->set_mapping(replaced(world->mapping(), "id: 7f3c", "id: 8f3c"));
  write_text(file, whole);
  EXPECT_EQ(world->run({"state", "restore", file, "--reason", "x"}).exit, 78) << "another tenant's";
}

TEST(State, ARestoreThatIsKilledLetsNoRunGoOnUntilItIsDoneAgain) {
  const auto world = synced_world<SqliteWorld>();
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/acme.state";
  (void)world->json({"state", "backup", file});
  const std::string count = folder.path() + "/count";
  (void)world->run({"state", "restore", file, "--replace", "--reason", "x"},
                   {{"ATLAS_FAULT_COUNT_FILE", count}});
  const int points = std::stoi(read_text(count));
  ASSERT_GT(points, 10);
  int cut_short = 0;
  for (int n = 2; n < points; n += points / 8) {
    const Finished killed = world->run({"state", "restore", file, "--replace", "--reason", "x"},
                                       {{"ATLAS_FAULT", fmt::format("{}:kill", n)}});
    EXPECT_NE(killed.signal, 0) << n;
    world->expire_lease();
    const Finished told = world->run({"sync"});
    if (told.exit == 0) continue;  // before anything was touched, or after all was there
    ++cut_short;
    EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4010"), HasSubstr("state restore")));
    (void)world->json({"state", "restore", file, "--reason", "again"});
    const Finished behind = world->run({"sync"});
    if (behind.exit != 0) {
      EXPECT_THAT(behind.err, HasSubstr("ATB-4004"));
      (void)world->json({"repair", "--rewound", "state"});
    }
    (void)world->json({"state", "backup", file});
  }
  EXPECT_GT(cut_short, 2);
  expect_at_rest(*world);
}

TEST(State, ResetForgetsAndTheNextRunFindsThePairsByMatch) {
  const auto world = synced_world<SqliteWorld>();
  const Finished asked =
      world->run({"state", "reset", "--entity", "person", "--reason", "shifted"});
  EXPECT_EQ(asked.exit, 0);
  EXPECT_THAT(asked.err, HasSubstr("nothing is forgotten yet"));
  EXPECT_EQ(world->run({"state", "reset", "--reason", "x", "--confirm", "another"}).exit, 64);
  EXPECT_THAT(asked.out, AllOf(HasSubstr("person"), HasSubstr("found again by match")));
  const long before = links(*world);
  // What a person has approved, they approved of the links that go.
  Sql& state = world->at(Place::kState);
  for (const char* note : {"approval person", "deletes person", "approval team"}) {
    (void)state.query(
        fmt::format("insert or replace into atlas_bridge_note select distinct tenant, '{}', 'kept' "
                    "from atlas_bridge_note",
                    note));
  }
  (void)world->json(
      {"state", "reset", "--entity", "person", "--reason", "shifted", "--confirm", "demo"});
  EXPECT_LT(links(*world), before);
  EXPECT_EQ(state.one("select group_concat(name) from atlas_bridge_note where text = 'kept'"),
            "approval team");
  (void)state.query("delete from atlas_bridge_note where name = 'approval team'");
  const Json run = world->sync();
  for (const Json& entity : run["entities"]) {
    if (entity["entity"] != "person") continue;
    EXPECT_EQ(entity["counts"]["created_platform"], 0) << entity.dump(1);
    EXPECT_EQ(entity["counts"]["created_legacy"], 0) << entity.dump(1);
  }
  EXPECT_GT(links(*world), before - 10) << "only pairs that are dead on both sides stay apart";
  (void)sync_until_quiet(*world);
  expect_at_rest(*world);
  EXPECT_THAT(
      world->at(Place::kState).one("select report from atlas_bridge_run where verb = 'reset'"),
      HasSubstr("shifted"))
      << "who and why is kept";
}

}  // namespace
}  // namespace atlas::e2e
