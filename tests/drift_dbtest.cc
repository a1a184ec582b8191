// A schema that somebody changes after the check. Visible effect: exit 78, the entity whose table
// changed is named with the difference and rests, everything else is synced. Recovery: `check`, or
// the column is put back; nothing is lost.

#include "tests/support/books.h"
#include "tests/support/quiet.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace atlas::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr app::AtlasSize kSmall{
    .users = 60, .staff = 25, .teams = 20, .geofences = 25, .members = 40, .categories = 6};

struct Drift : testing::Test {
  Drift() {
    (void)world.load(kSmall);
    world.check();
    (void)world.sync();
  }
  // Users on both sides go on with people and geofences.
  void edit(const std::string& word) {
    const std::string stamp = ", updated_at = " + world.now(Place::kLegacy);
    (void)legacy.query("update users set name = '" + word + " ' || id" + stamp);
    (void)legacy.query("update geofences set radius = radius + 1" + stamp);
    (void)identity.query("update identity.users set locale = 'en', family_name = '" + word +
                         "', updated_at = now() where kind = 'staff'");
  }
  long people_called(const std::string& word) {
    return identity.number("select count(*) from identity.users where given_name = '" + word + "'");
  }
  std::map<std::string, std::string> geo_rows() { return row_versions(geo, "geo"); }
  Json entity(const Json& list, const std::string& name) const {
    const auto found =
        std::ranges::find_if(list, [&](const Json& one) { return one["entity"] == name; });
    return found == list.end() ? Json() : *found;
  }

  PostgresWorld world;
  Sql& legacy = world.at(Place::kLegacy);
  Sql& identity = world.at(Place::kIdentity);
  Sql& geo = world.at(Place::kGeo);
};

TEST_F(Drift, OfOneTablePausesItsEntityUntilTheNextCheck) {
  (void)legacy.query("alter table geofences alter label type varchar(400)");
  edit("Ann");
  const auto before = geo_rows();
  const Finished told = world.run({"sync"});
  EXPECT_EQ(told.exit, 78) << told.out << told.err;
  EXPECT_THAT(told.err,
              AllOf(HasSubstr("ATB-4005"), HasSubstr("geofence"),
                    HasSubstr("column public.geofences.label: text -> character varying(400)"),
                    HasSubstr("atlas-bridge check")));
  EXPECT_GT(people_called("Ann"), 0) << "people go on";
  EXPECT_GT(legacy.number("select count(*) from staff where name like '% Ann'"), 0);
  EXPECT_EQ(geo_rows(), before) << "geofences rest";

  const Json status = world.json({"status"});
  EXPECT_FALSE(status["checked"].get<bool>());
  EXPECT_THAT(entity(status["entities"], "geofence")["paused_by_drift"].dump(),
              HasSubstr("column public.geofences.label: text -> "));
  EXPECT_EQ(entity(status["entities"], "person")["paused_by_drift"], Json::array());
  EXPECT_THAT(world.run({"status"}).out,
              AllOf(HasSubstr("geofence is paused"), HasSubstr("public.geofences.label"),
                    Not(HasSubstr("person is paused"))));
  const Json last = world.json({"runs", "--limit", "1"})[0];
  EXPECT_EQ(last["outcome"], "partial");
  EXPECT_THAT(last["report"]["paused_by_drift"]["geofence"].dump(), HasSubstr("geofences.label"));
  EXPECT_THAT(world.run({"runs"}).out, HasSubstr("ATB-4005 geofence"));

  const Finished json = world.run({"sync", "-o", "json"});
  EXPECT_EQ(json.exit, 78);
  const Json report = Json::parse(json.out);
  EXPECT_THAT(entity(report["entities"], "geofence")["drift"].dump(), HasSubstr("geofences.label"));
  EXPECT_EQ(entity(report["entities"], "geofence")["error"]["code"], "ATB-4005");
  EXPECT_TRUE(entity(report["entities"], "person")["error"].is_null());
  EXPECT_EQ(report["total"]["rows_written"], 0);
  EXPECT_EQ(world.run({"plan"}).exit, 78);
  EXPECT_EQ(world.run({"verify"}).exit, 78);
  EXPECT_EQ(world.run({"sync", "--entity", "person"}).exit, 0);

  const Finished check = world.run({"check"});
  EXPECT_EQ(check.exit, 0) << check.err;
  EXPECT_THAT(check.err, HasSubstr("column public.geofences.label: text -> "));
  EXPECT_GT(world.sync()["total"]["rows_written"], 0);
  (void)expect_sides_equal(world);
  EXPECT_EQ(world.sync()["total"]["rows_written"], 0);
  EXPECT_TRUE(world.json({"status"})["checked"].get<bool>());
  EXPECT_THAT(world.run({"check"}).err, Not(HasSubstr("geofences.label")));
}

// The mapping is not even lawful for such a schema.
TEST_F(Drift, ThatTakesAMappedColumnAwayPausesItsEntityOnly) {
  (void)geo.query("alter table geo.geofences rename column name to title");
  edit("Bea");
  const Finished told = world.run({"sync"});
  EXPECT_EQ(told.exit, 78) << told.out << told.err;
  EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4005"), HasSubstr("geo.geofences.name: dropped"),
                              HasSubstr("geo.geofences.title: added")));
  EXPECT_GT(people_called("Bea"), 0);
  EXPECT_THAT(world.run({"status"}).out, HasSubstr("geofence is paused"));
  EXPECT_EQ(world.run({"sync", "--entity", "person", "--entity", "team"}).exit, 0);
  EXPECT_EQ(world.run({"conflicts", "list"}).exit, 0);
  EXPECT_EQ(world.run({"check"}).exit, 78);
  // A schema that is again as it was checked needs no further check.
  (void)geo.query("alter table geo.geofences rename column title to name");
  EXPECT_GT(world.sync()["total"]["rows_written"], 0);
  (void)expect_sides_equal(world);
}

TEST_F(Drift, OfATableThatIsGonePausesItsEntityOnly) {
  (void)geo.query("alter table geo.geofences rename to fences");
  edit("Cem");
  const Finished told = world.run({"sync"});
  EXPECT_EQ(told.exit, 78);
  EXPECT_THAT(told.err, HasSubstr("table geo.geofences: gone"));
  EXPECT_GT(people_called("Cem"), 0);
  (void)geo.query("alter table geo.fences rename to geofences");
  (void)world.sync();
  (void)expect_sides_equal(world);
}

// Links keep the keys' types that were checked, and fit again when the schema does.
TEST_F(Drift, OfAKeyLeavesTheLinksAsTheyAre) {
  (void)legacy.query("alter table geofences alter id type bigint");
  const long links = entity(world.json({"status"})["entities"], "geofence")["links"].get<long>();
  EXPECT_GT(links, 0);
  const Finished told = world.run({"sync"});
  EXPECT_EQ(told.exit, 78);
  EXPECT_THAT(told.err, HasSubstr("column public.geofences.id: integer -> bigint"));
  (void)legacy.query("alter table geofences alter id type integer");
  edit("Eva");
  (void)world.sync();
  EXPECT_EQ(entity(world.json({"status"})["entities"], "geofence")["links"].get<long>(), links);
  (void)expect_sides_equal(world);
}

TEST_F(Drift, ATriggersChangedFunctionIsDriftToo) {
  (void)legacy.query(
      "create function look() returns trigger language plpgsql as 'begin return new; end'; "
      "create trigger watch before update on geofences for each row execute function look()");
  const Finished told = world.run({"sync"});
  EXPECT_EQ(told.exit, 78);
  EXPECT_THAT(told.err, HasSubstr("trigger watch of public.geofences: added"));
  world.check();
  (void)legacy.query(
      "create function glance() returns trigger language plpgsql as 'begin return new; end'; "
      "drop trigger watch on geofences; create trigger watch before update on geofences "
      "for each row execute function glance()");
  EXPECT_THAT(world.run({"sync"}).err, HasSubstr("table public.geofences: "));
}

TEST_F(Drift, ADraftsCheckStopsNobodyWhoWorksWithAnotherMapping) {
  const std::string production = world.mapping();
  const std::string canon = "canon: [trim]";
  std::string draft = production;
  draft.replace(draft.find(canon), canon.size(), "canon: [trim, collapse]");
  world.set_mapping(draft);
  EXPECT_EQ(world.run({"sync"}).exit, 78) << "a draft wants a check of its own";
  EXPECT_EQ(world.run({"check"}).exit, 0);
  world.set_mapping(production);
  edit("Dan");
  (void)world.sync();
  (void)expect_sides_equal(world);
  EXPECT_TRUE(world.json({"status"})["checked"].get<bool>());
}

// It kept two hashes and nothing of what it saw.
TEST_F(Drift, ACheckOfAnEarlierVersionCountsUntilASchemaChanges) {
  const std::string hash = world.json({"check"})["hash"];
  Sql& state = world.at(Place::kState);
  (void)state.query("update atlas_bridge.note set name = 'check', content = '" + hash +
                    "' where name = 'checks'; "
                    "delete from atlas_bridge.note where name like 'checked schemas%'");
  edit("Fay");
  (void)world.sync();
  (void)expect_sides_equal(world);
  EXPECT_TRUE(world.json({"status"})["checked"].get<bool>());
  (void)legacy.query("alter table geofences alter label type varchar(400)");
  const Finished told = world.run({"sync"});
  EXPECT_EQ(told.exit, 78);
  EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-2304"), HasSubstr("a schema changed")));
  world.check();
  EXPECT_EQ(world.sync()["total"]["rows_written"], 0);
}

// A backup keeps the checks: a restored state knows what was checked then.
TEST_F(Drift, IsStillKnownAfterARestoreOfTheState) {
  (void)legacy.query("alter table geofences alter label type varchar(400)");
  const std::string file = world.mapping_file() + ".backup";
  EXPECT_EQ(world.run({"state", "backup", file}).exit, 0);
  EXPECT_EQ(world.run({"state", "restore", file, "--replace", "--reason", "a test"}).exit, 0);
  const Finished told = world.run({"sync"});
  EXPECT_EQ(told.exit, 78);
  EXPECT_THAT(told.err, HasSubstr("column public.geofences.label: text -> "));
}

}  // namespace
}  // namespace atlas::e2e
