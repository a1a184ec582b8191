// Files that a slip of the hand names: what is not the bridge's own stays as it is.

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
using ::testing::Not;

constexpr app::AtlasSize kSmall{
    .users = 12, .staff = 4, .teams = 4, .geofences = 4, .members = 6, .categories = 6};

std::unique_ptr<SqliteWorld> synced_world() {
  auto world = std::make_unique<SqliteWorld>();
  (void)world->load(kSmall);
  world->check();
  (void)world->sync();
  return world;
}

std::string beside(const World& world, const std::string& name) {
  return std::filesystem::path(world.mapping_file()).parent_path() / name;
}

TEST(BackupFile, ReplacesNothingButABackup) {
  const auto world = synced_world();
  write_text(beside(*world, "notes.txt"), "mine\n");
  write_text(beside(*world, "empty"), "");
  for (const char* name :
       {"legacy.db", "identity.db", "state.db", "atlas.yaml", "notes.txt", "empty"}) {
    const std::string file = beside(*world, name);
    const std::string before = read_text(file);
    const Finished refused = world->run({"state", "backup", file});
    EXPECT_EQ(refused.exit, 1) << name << refused.err;
    EXPECT_THAT(refused.err,
                AllOf(HasSubstr("ATB-5008"), HasSubstr(file), HasSubstr("name another")))
        << name;
    // The state itself has been worked with: only that it is there is told.
    const bool same = read_text(file) == before || std::string(name) == "state.db";
    EXPECT_TRUE(same) << name;
  }
  EXPECT_EQ(world->run({"sync"}).exit, 0) << "the state is what it was";
  EXPECT_EQ(world->run({"state", "backup", "/dev/null"}).exit, 1);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));

  const std::string file = beside(*world, "acme.state");
  EXPECT_EQ(world->run({"state", "backup", file}).exit, 0);
  write_text(file, read_text(file).substr(0, 40));
  EXPECT_EQ(world->run({"state", "backup", file}).exit, 0) << "a damaged one gives way, too";
  EXPECT_EQ(world->run({"state", "restore", file, "--replace", "--reason", "x"}).exit, 0);
}

TEST(BackupFile, SaysThatItCannotBeWrittenThere) {
  const auto world = synced_world();
  const Finished told = world->run({"state", "backup", "/nonexistent/x"});
  EXPECT_EQ(told.exit, 1);
  EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-5009"), HasSubstr("/nonexistent/x"),
                              HasSubstr("No such file or directory")));
}

TEST(StateFile, OfAnotherProgramIsLeftAloneByEveryVerb) {
  const auto world = synced_world();
  const std::string file = beside(*world, "app.db");
  (void)sqlite_session(file)->query("create table invoices (id integer)");
  ASSERT_EQ(::chmod(file.c_str(), 0664), 0);
  const std::string before = read_text(file);
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"status"},
                                               {"check"},
                                               {"runs"},
                                               {"conflicts", "list"},
                                               {"plan"},
                                               {"sync"},
                                               {"verify"},
                                               {"doctor"}}) {
    const Finished told = world->run(verb, {{"STATE_DB", file}});
    EXPECT_EQ(told.exit, 78) << verb[0] << told.err;
    EXPECT_THAT(told.out + told.err, AllOf(HasSubstr("ATB-4023"), HasSubstr(file))) << verb[0];
  }
  EXPECT_EQ(read_text(file), before);
  struct stat found{};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0664U);
}

TEST(StateFile, IsNoDevice) {
  const auto world = synced_world();
  struct stat before{};
  struct stat after{};
  ASSERT_EQ(::stat("/dev/null", &before), 0);
  const Finished told = world->run({"status"}, {{"STATE_DB", "/dev/null"}});
  EXPECT_EQ(told.exit, 78) << told.err;
  EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4010"), HasSubstr("no regular file")));
  ASSERT_EQ(::stat("/dev/null", &after), 0);
  EXPECT_EQ(before.st_mode, after.st_mode);
}

TEST(StateFile, MayBeThatOfAnEndpointAndIsThenSaidToBe) {
  SqliteWorld world;
  (void)world.load(kSmall);
  const Environment shared = {{"STATE_DB", beside(world, "org.db")}};
  const Finished checked = world.run({"check"}, shared);
  EXPECT_EQ(checked.exit, 0) << checked.err;
  EXPECT_THAT(checked.err, HasSubstr("the state lies in the file of platform.org"));
  EXPECT_EQ(world.run({"sync"}, shared).exit, 0);
  EXPECT_THAT(world.run({"doctor"}, shared).out, HasSubstr("in the file of platform.org"));
}

TEST(StateFile, ThatOthersMayReadIsForDoctorToSay) {
  const auto world = synced_world();
  const std::string file = beside(*world, "state.db");
  ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
  EXPECT_EQ(world->run({"status"}).exit, 0);
  EXPECT_THAT(world->run({"doctor"}).out, HasSubstr("chmod go-rwx " + file));
  struct stat found{};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0640U);
}

// A witness made anew would deny every write that was in flight.
TEST(WitnessTable, ThatIsGoneIsNamedByEveryVerbAndMadeByNobody) {
  const auto world = synced_world();
  Sql& identity = world->at(Place::kIdentity);
  (void)identity.query("drop table atlas_bridge_witness");
  std::string advice;
  for (const char* verb : {"plan", "sync", "doctor", "check", "sync"}) {
    const Finished told = world->run({verb});
    EXPECT_EQ(told.exit, 78) << verb << told.err;
    advice = told.out + told.err;
    EXPECT_THAT(advice, AllOf(HasSubstr("ATB-4024"), HasSubstr("atlas_bridge_witness is missing"),
                              HasSubstr("platform.identity")))
        << verb;
  }
  const std::size_t from = advice.find("CREATE TABLE atlas_bridge_witness");
  ASSERT_NE(from, std::string::npos) << advice;
  (void)identity.query(advice.substr(from, advice.find('"', from) - from));
  EXPECT_EQ(world->run({"sync"}).exit, 0);
  EXPECT_THAT(world->run({"doctor"}).out, Not(HasSubstr("ATB-4024")));
}

}  // namespace
}  // namespace atlas::e2e
