// `map try` and `trace` by the built binary, on SQLite files: what they show of values, refusals
// and private columns, and that they change nothing.

#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace atlas::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr app::AtlasSize kSmall{
    .users = 30, .staff = 10, .teams = 10, .geofences = 10, .members = 20, .categories = 4};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::unique_ptr<SqliteWorld> synced_world() {
  auto world = std::make_unique<SqliteWorld>();
  (void)world->load(kSmall);
  world->check();
  (void)world->sync();
  return world;
}

void set_legacy_user(World& world, int id, const std::string& assignments) {
  (void)world.at(Place::kLegacy)
      .query(fmt::format("update users set {}, updated_at = {} where id = {}", assignments,
                         world.now(Place::kLegacy), id));
}

const Json& field_of(const Json& answer, const std::string& name) {
  for (const Json& field : answer["fields"]) {
    if (field["field"] == name) return field;
  }
  throw std::runtime_error("no field " + name + " in " + answer.dump());
}

TEST(MapTry, CarriesCellsOverWithoutAStateOrARow) {
  SqliteWorld world;
  const Json there =
      world.json({"map", "try", "person/users", "name=Mary Ann Smith", "users.status=3"});
  EXPECT_EQ(there["from"], "legacy");
  ASSERT_THAT(there["fields"], SizeIs(2));
  const Json& name = field_of(there, "name");
  EXPECT_EQ(name["operator"], "join");
  EXPECT_EQ(name["outcome"], "created");
  EXPECT_EQ(name["written"], Json({{"u.given_name", "Mary"}, {"u.family_name", "Ann Smith"}}));
  EXPECT_EQ(field_of(there, "status")["mid"], "suspended");

  const Json back = world.json({"map", "try", "person/users", "u.status=suspended"});
  EXPECT_EQ(back["from"], "platform");
  EXPECT_EQ(field_of(back, "status")["written"], Json({{"status", "2"}}));
}

TEST(MapTry, KeepsWhatAlreadyYieldsTheValue) {
  SqliteWorld world;
  const Json kept = world.json({"map", "try", "person/users", "--old", "status=3", "--from",
                                "platform", "u.status=suspended"});
  EXPECT_EQ(field_of(kept, "status")["outcome"], "kept");
  EXPECT_EQ(field_of(kept, "status")["written"], Json({{"status", "3"}}));
  const Json changed =
      world.json({"map", "try", "person/users", "u.status=active", "--old=status=3"});
  EXPECT_EQ(field_of(changed, "status")["outcome"], "changed");
  const Json null = world.json(
      {"map", "try", "person/users", "phone", R"(--old=u.contact={"phone": "1", "x": 2})"});
  EXPECT_EQ(field_of(null, "phone")["given"], Json({{"phone", nullptr}}));
  EXPECT_EQ(field_of(null, "phone")["written"], Json({{"u.contact", R"({"x": 2})"}}));
}

TEST(MapTry, SaysWhyAValueIsRefused) {
  SqliteWorld world;
  const Json answer = world.json({"map", "try", "person/users", "status=9"});
  const Json& status = field_of(answer, "status");
  EXPECT_EQ(status["outcome"], "refused");
  EXPECT_EQ(status["refused_on"], "legacy");
  EXPECT_EQ(status["reason"], "no entry for this code");
  EXPECT_TRUE(status["written"].is_null());
  const Finished table = world.run({"map", "try", "person/users", "status=9"});
  EXPECT_EQ(table.exit, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("refused on legacy: no entry for this code"));
}

TEST(MapTry, RefusesWordsThatMeanNothing) {
  SqliteWorld world;
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"person", "status=1"}, "person is several legacy tables"},
      {{"person/user", "status=1"}, "did you mean `users`?"},
      {{"persons/users", "status=1"}, "did you mean `person`?"},
      {{"person/users", "stats=1"}, "did you mean `status`?"},
      {{"person/users", "status=x"}, "no value of that type"},
      {{"person/users", "status=1", "status=2"}, "given twice"},
      {{"person/users", "=1"}, "names no column"},
      {{"person/staff", "team_id=1"}, "is a reference"},
  };
  for (const auto& [words, hint] : cases) {
    std::vector<std::string> all = {"map", "try"};
    all.insert(all.end(), words.begin(), words.end());
    const Finished done = world.run(all);
    EXPECT_NE(done.exit, 0) << hint;
    EXPECT_THAT(done.out, IsEmpty()) << hint;
    EXPECT_THAT(done.err, HasSubstr(hint));
  }
}

// Its case fails, so nothing runs with the mapping; but it can be tried.
TEST(MapTry, IsForMappingsWhoseTestsFail) {
  SqliteWorld world;
  world.set_mapping(world.mapping() +
                    "tests:\n  - {entity: person, kind: users, given: {legacy: {status: 1}}, "
                    "expect: {platform: {u.status: suspended}}}\n");
  const Finished checked = world.run({"check"});
  EXPECT_EQ(checked.exit, 78);
  EXPECT_THAT(checked.err, AllOf(HasSubstr("ATB-2211"), HasSubstr("found: active")));
  EXPECT_EQ(field_of(world.json({"map", "try", "person/users", "status=1"}), "status")["mid"],
            "active");
}

TEST(Trace, ShowsEachFieldOfAnAgreedAndAnEditedRow) {
  const auto world = synced_world();
  const Json agreed = world->json({"trace", "person", "users/1"});
  EXPECT_EQ(agreed["kind"], "users");
  EXPECT_TRUE(agreed["linked"].get<bool>());
  EXPECT_GT(agreed["fields"].size(), 4U);
  for (const Json& field : agreed["fields"]) {
    EXPECT_EQ(field["base"], "agreed") << field;
    EXPECT_TRUE(field["equal"].get<bool>()) << field;
    EXPECT_EQ(field["legacy"]["outcome"], "kept") << field;
    EXPECT_EQ(field["platform"]["outcome"], "kept") << field;
  }
  set_legacy_user(*world, 1, "name = 'Zoe Zimmer'");
  const Json edited = world->json({"trace", "person", "1", "--kind", "users"});
  const Json& name = field_of(edited, "name");
  EXPECT_EQ(name["base"], "legacy edited");
  EXPECT_FALSE(name["equal"].get<bool>());
  EXPECT_EQ(name["legacy"]["cells"], Json({{"name", "Zoe Zimmer"}}));
  EXPECT_EQ(name["platform"]["outcome"], "changed");
  EXPECT_EQ(name["platform"]["would_write"],
            Json({{"u.given_name", "Zoe"}, {"u.family_name", "Zimmer"}}));
  EXPECT_EQ(world->sync()["total"]["rows_written"], 1) << "the trace left the edit to the run";
}

TEST(Trace, SaysWhyARowCannotBeMapped) {
  const auto world = synced_world();
  set_legacy_user(*world, 2, "status = 77, name = 'Zoe Zimmer'");
  const Json trace = world->json({"trace", "person", "users/2"});
  const Json& status = field_of(trace, "status");
  EXPECT_EQ(status["legacy"]["misfit"], "no entry for this code");
  EXPECT_EQ(status["base"], "unknown");
  EXPECT_TRUE(status["equal"].is_null());
  EXPECT_TRUE(status["platform"]["outcome"].is_null());
  EXPECT_EQ(field_of(trace, "name")["base"], "legacy edited") << "the others are told too";
  EXPECT_THAT(world->run({"trace", "person", "users/2"}).out,
              HasSubstr("does not fit: no entry for this code"));
}

TEST(Trace, MasksPrivateColumns) {
  const auto world = synced_world();
  world->set_mapping(replaced(world->mapping(), "users.password_md5: private",
                              "users.password_md5: private\n      users.phone: private"));
  world->check();
  set_legacy_user(*world, 3, "phone = '555-0199', name = 'Seen Name'");
  for (const char* form : {"json", "table"}) {
    const Finished done = world->run({"trace", "person", "users/3", "-o", form});
    EXPECT_EQ(done.exit, 0) << done.err;
    EXPECT_THAT(done.out,
                AllOf(HasSubstr("***"), HasSubstr("Seen Name"), Not(HasSubstr("555-0199"))));
  }
  const Json trace = world->json({"trace", "person", "users/3"});
  const Json& phone = field_of(trace, "phone");
  EXPECT_TRUE(phone["private"].get<bool>());
  EXPECT_EQ(phone["legacy"]["mid"], "***");
  EXPECT_EQ(phone["platform"]["would_write"], Json({{"u.contact", "***"}}));
  (void)world->sync();
  EXPECT_THAT(world->run({"trace", "person", "users/3"}).out, Not(HasSubstr("555-0199")))
      << "the other side has it now";
}

TEST(Trace, FollowsReferences) {
  const auto world = synced_world();
  const std::string key = world->at(Place::kLegacy)
                              .one(
                                  "select team_id || ', ' || user_id from members "
                                  "order by team_id, user_id limit 1");
  const Json trace = world->json({"trace", "member", key});
  const Json& team = field_of(trace, "team_id");
  EXPECT_EQ(team["operator"], "reference");
  EXPECT_THAT(team["legacy"]["mid"].get<std::string>(), HasSubstr("team "));
  EXPECT_EQ(team["platform"]["outcome"], "kept");
}

// Before the first run there is a row on one side, and no link.
TEST(Trace, OfANewRowSaysWhatWouldBeCreated) {
  const auto world = synced_world();
  Sql& legacy = world->at(Place::kLegacy);
  (void)legacy.query("create table copied as select * from users where id = 1");
  (void)legacy.query("update copied set id = 9001, email = 'new@example.com', name = 'New Row'");
  (void)legacy.query("insert into users select * from copied");
  (void)legacy.query("drop table copied");
  const Json trace = world->json({"trace", "person", "users/9001"});
  EXPECT_FALSE(trace["linked"].get<bool>());
  const Json& name = field_of(trace, "name");
  EXPECT_EQ(name["base"], "unknown");
  EXPECT_TRUE(name["platform"]["cells"].is_null());
  EXPECT_EQ(name["platform"]["outcome"], "created");
  EXPECT_EQ(name["platform"]["would_write"],
            Json({{"u.given_name", "New"}, {"u.family_name", "Row"}}));
}

TEST(Trace, RefusesKeysAndKindsThatNobodyKnows) {
  const auto world = synced_world();
  EXPECT_THAT(world->run({"trace", "person", "users/999999"}).err, HasSubstr("no such row"));
  EXPECT_THAT(world->run({"trace", "person", "1", "--kind", "user"}).err,
              HasSubstr("did you mean `users`?"));
  EXPECT_THAT(world->run({"trace", "nobody", "1"}).err, HasSubstr("no entity nobody"));
}

}  // namespace
}  // namespace atlas::e2e
