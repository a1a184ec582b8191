// A state that an earlier version made, dumps in tests/upgrade: it is migrated, what was left open
// is settled, and syncing goes on with nothing lost and nothing doubled. A newer one is refused.

#include "engines/postgres/server_testing.h"
#include "tests/support/bridge.h"
#include "tests/support/sql.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::e2e {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string dump(const std::string& file) {
  return read_text(std::string(ATLAS_TEST_SOURCE_DIR) + "/tests/upgrade/" + file);
}

struct Upgrade : public Bridge {
  std::unique_ptr<Sql> legacy, platform, state;
  std::string newer;  // makes the state look like a later version's

  std::vector<std::string> names(Sql& side) {
    std::vector<std::string> out;
    for (const SqlRow& row : side.query("select name from things order by name"))
      out.push_back(*row.front());
    return out;
  }
};

std::unique_ptr<Upgrade> on_sqlite() {
  struct World : Upgrade {
    World() {
      const auto open = [this](const std::string& name, const char* variable) {
        environment[variable] = folder() + "/" + name + ".db";
        auto sql = sqlite_session(environment[variable]);
        (void)sql->query(dump(name + ".sqlite.sql"));
        return sql;
      };
      legacy = open("legacy", "LEGACY");
      platform = open("platform", "PLATFORM");
      state = open("state", "STATE");
      newer = "update atlas_bridge_meta set value = 99 where name = 'schema'";
      set_mapping(dump("sqlite.yaml"));
    }
  };
  return std::make_unique<World>();
}

std::unique_ptr<Upgrade> on_postgres() {
  struct World : Upgrade {
    World() {
      const auto open = [this](const std::string& name, const char* variable) {
        environment[variable] = shared_postgres_server().create_database();
        // The dump's settings are its session's own.
        (void)postgres_session(environment[variable])->query(dump(name + ".postgres.sql"));
        return postgres_session(environment[variable]);
      };
      legacy = open("legacy", "LEGACY");
      platform = open("platform", "PLATFORM");
      environment["STATE"] = environment["PLATFORM"];
      state = postgres_session(environment["STATE"]);
      newer = "insert into atlas_bridge.migration (version) values (99)";
      set_mapping(dump("postgres.yaml"));
    }
  };
  return std::make_unique<World>();
}

using Make = std::unique_ptr<Upgrade> (*)();
struct Upgraded : testing::TestWithParam<Make> {
  std::unique_ptr<Upgrade> world = GetParam()();
};
INSTANTIATE_TEST_SUITE_P(Engines, Upgraded, testing::Values(&on_sqlite, &on_postgres),
                         [](const auto& make) { return make.index == 0 ? "Sqlite" : "Postgres"; });

TEST_P(Upgraded, GoesOnWithNothingLostAndNothingDoubled) {
  // The run that died holds its lease for five minutes at most: long over.
  world->check();
  const Json first = world->sync();
  EXPECT_EQ(first["recovered"]["applied"], 1) << "the intent of the earlier version is settled\n"
                                              << first.dump(1);
  EXPECT_EQ(first["total"]["created_legacy"], 0);
  EXPECT_EQ(first["total"]["created_platform"], 0);
  EXPECT_THAT(world->names(*world->legacy),
              ElementsAre("four", "one, platform", "three", "two, platform"));
  EXPECT_THAT(world->names(*world->platform),
              ElementsAre("four", "one, platform", "two, platform"));
  EXPECT_EQ(world->sync()["total"]["rows_written"], 0);
  EXPECT_EQ(world->verify().different, 0);

  // Both losers are on record, the second by the settled intent; what they held is text only.
  const Json conflicts = world->json({"conflicts", "list", "--all"});
  ASSERT_EQ(conflicts.size(), 2U) << conflicts.dump(1);
  for (const Json& conflict : conflicts) {
    const Finished refused = world->run(
        {"conflicts", "undo", std::to_string(conflict["id"].get<long>()), "--reason", "x"});
    EXPECT_THAT(refused.err, AllOf(HasSubstr("ATB-5004"), HasSubstr("text only")));
  }

  // Edits of either side, and the row that was quarantined then.
  (void)world->legacy->query(
      "update things set name = 'four, legacy', updated_at = '2027-02-01 10:00:00+00' where id = "
      "4");
  (void)world->platform->query(
      "update things set name = 'one, again', updated_at = '2027-02-01 10:00:00+00' where name = "
      "'one, platform'");
  (void)world->legacy->query(
      "update things set status = 'I', updated_at = '2027-02-01 10:00:00+00' where id = 3");
  (void)world->sync();
  const auto expected = ElementsAre("four, legacy", "one, again", "three", "two, platform");
  EXPECT_THAT(world->names(*world->legacy), expected);
  EXPECT_THAT(world->names(*world->platform), expected);
  EXPECT_EQ(world->verify().different, 0);
  EXPECT_EQ(world->sync()["total"]["rows_written"], 0);
}

TEST_P(Upgraded, IsMigratedByWhateverVerbComesFirst) {
  EXPECT_EQ(world->json({"conflicts", "list", "--all"}).size(), 1U);
  EXPECT_EQ(world->json({"quarantine", "list"}).size(), 1U);
}

TEST_P(Upgraded, OfANewerVersionIsRefused) {
  world->check();
  (void)world->state->query(world->newer);
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"sync"}, {"status"}, {"conflicts", "list"}}) {
    const Finished refused = world->run(verb);
    EXPECT_EQ(refused.exit, 78) << verb.front();
    EXPECT_THAT(refused.err,
                AllOf(HasSubstr("ATB-4011"), HasSubstr("newer version"), HasSubstr("99")));
  }
}

}  // namespace
}  // namespace atlas::e2e
