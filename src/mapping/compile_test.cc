#include "mapping/compile.h"

#include "mapping/ddl_testing.h"
#include "mapping/document.h"
#include "mapping/load_testing.h"
#include "model/text_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace atlas {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string read_file(const std::string& path) {
  std::ifstream in(std::string(ATLAS_TEST_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(in) << path;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

Compiled compile_example(const std::string& engine) {
  const Loaded loaded = load_file(
      std::string(ATLAS_TEST_SOURCE_DIR) + "/examples/atlas/atlas." + engine + ".yaml",
      fixed_variables(
          {{"LEGACY_DSN", "l"}, {"IDENTITY_DSN", "i"}, {"ORG_DSN", "o"}, {"GEO_DSN", "g"}}));
  EXPECT_TRUE(loaded.document) << problem_texts(loaded.problems);
  if (!loaded.document) return {};
  const std::string end = "." + engine + ".sql";
  return compile(*loaded.document,
                 catalogs_from(connections(*loaded.document),
                               {{"legacy", read_file("examples/atlas/legacy" + end)},
                                {"identity", read_file("examples/atlas/identity" + end)},
                                {"org", read_file("examples/atlas/org" + end)},
                                {"geo", read_file("examples/atlas/geo" + end)}}));
}

class ExampleTest : public testing::TestWithParam<const char*> {};

TEST_P(ExampleTest, Compiles) {
  const Compiled compiled = compile_example(GetParam());
  ASSERT_TRUE(compiled.plan) << problem_texts(compiled.problems);
  const Plan& plan = *compiled.plan;
  EXPECT_EQ(plan.stages, 3U);
  EXPECT_EQ(plan.entity("person")->stage, 0U);
  EXPECT_EQ(plan.entity("team")->stage, 1U);
  EXPECT_EQ(plan.entity("member")->stage, 2U);
  EXPECT_TRUE(plan.entity("member")->natural_match);
}

INSTANTIATE_TEST_SUITE_P(Engines, ExampleTest, testing::Values("sqlite", "postgres"));

// --- what the plan says of the example
// -------------------------------------------------------------

class ExamplePlan : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(compiled().plan) << problem_texts(compiled().problems); }
  static const Compiled& compiled() {
    static const Compiled compiled = compile_example("postgres");
    return compiled;
  }
  static const EntityPlan& entity(const char* name) { return *compiled().plan->entity(name); }
  static std::vector<std::string> columns(const TableShape& shape) {
    std::vector<std::string> out;
    for (const ShapeColumn& column : shape.columns) out.push_back(column.name);
    return out;
  }
  static const FieldPlan& field(const EntityPlan& entity, const std::string& name) {
    for (const FieldPlan& field : entity.fields) {
      if (field.name == name) return field;
    }
    ADD_FAILURE() << "no field " << name;
    return entity.fields.front();
  }
};

TEST_F(ExamplePlan, ReadsOnlyWhatTheMappingNames) {
  EXPECT_THAT(
      columns(entity("person").kinds[0].shape),
      testing::UnorderedElementsAre("id", "tenant_id", "updated_at", "deleted_at", "legacy_flags",
                                    "name", "email", "status", "phone", "last_login"));
  EXPECT_THAT(columns(entity("person").parts[1].shape),
              testing::UnorderedElementsAre("user_id", "tenant_id", "updated_at", "hourly_rate",
                                            "hired_on", "team_id"));
}

TEST_F(ExamplePlan, KnowsWhereKeysComeFrom) {
  EXPECT_EQ(entity("person").legacy_key, KeyOrigin::kSequence);
  EXPECT_EQ(entity("person").platform_key, KeyOrigin::kUuid5);
  EXPECT_FALSE(entity("person").kinds[1].shape.key_sequence.empty());
  EXPECT_EQ(entity("member").legacy_key, KeyOrigin::kFromFields);
  EXPECT_EQ(entity("member").platform_key, KeyOrigin::kFromFields);
  EXPECT_EQ(entity("category").platform_key, KeyOrigin::kFromFields);
  EXPECT_TRUE(entity("category").has_match);
  EXPECT_FALSE(entity("category").natural_match);
}

TEST_F(ExamplePlan, FillsParentKeysFromScope) {
  const RefPlan& ref = *field(entity("team"), "category_id").ref;
  EXPECT_EQ(ref.parent, entity("category").index);
  ASSERT_EQ(ref.platform_key.size(), 2U);
  EXPECT_EQ(ref.platform_key[0].column, -1);
  EXPECT_EQ(value_text(ref.platform_key[0].constant), "0b9b3f5e-8a51-4f0e-a6c7-42d1c0ffee42");
  EXPECT_EQ(ref.platform_key[1].column, 0);
  ASSERT_EQ(ref.legacy_key.size(), 1U);
  EXPECT_EQ(ref.legacy_key[0].column, 0);
}

TEST_F(ExamplePlan, TellsKindsApart) {
  const EntityPlan& person = entity("person");
  ASSERT_EQ(person.kinds[1].when.size(), 1U);
  EXPECT_EQ(value_text(person.kinds[1].when[0].value), "staff");
  EXPECT_EQ(person.kinds[1].when[0].cell.part, 1U);
  EXPECT_EQ(person.kinds[1].platform_constants.size(), 1U);
  EXPECT_THAT(person.parts[1].presence, ElementsAre(Presence::kAbsent, Presence::kRequired));
  EXPECT_EQ(field(person, "phone").kinds, 1U);
  EXPECT_EQ(field(person, "team_id").kinds, 2U);
  EXPECT_EQ(field(person, "name").kinds, 3U);
  EXPECT_EQ(field(person, "name").legacy_by_kind[1].size(), 1U);
  EXPECT_TRUE(field(person, "phone").legacy_by_kind[1].empty());
}

TEST_F(ExamplePlan, PutsConstantsWhereTheyBelong) {
  const EntityPlan& geofence = entity("geofence");
  ASSERT_EQ(geofence.platform_constants.size(), 3U);  // tenant_id, shape, srid
  const ConstantCell& srid = geofence.platform_constants[2];
  EXPECT_TRUE(srid.on_update);
  EXPECT_EQ(srid.value, Value::integer(4326));
  EXPECT_EQ(geofence.parts[0].shape.scope.size(), 2U);
  ASSERT_EQ(geofence.kinds[0].constants.size(), 1U);
  EXPECT_EQ(geofence.kinds[0].constants[0].value, Value::integer(42));
  EXPECT_FALSE(geofence.kinds[0].constants[0].on_update);
}

TEST_F(ExamplePlan, KnowsFlagsStampsAndPolicies) {
  const EntityPlan& geofence = entity("geofence");
  EXPECT_EQ(geofence.liveness[0].kind, DeleteKind::kSoft);
  EXPECT_EQ(geofence.liveness[1].kind, DeleteKind::kHard);
  EXPECT_EQ(entity("person").liveness[0].flag.size(), 2U);
  EXPECT_EQ(zone_name(geofence.liveness[0].zone), "Europe/Berlin");
  EXPECT_EQ(zone_name(geofence.kinds[0].shape.stamp_zone), "Europe/Berlin");
  EXPECT_TRUE(geofence.kinds[0].shape.stamp.has_value());
  EXPECT_EQ(field(geofence, "label").policy, Policy::kPlatform);
  EXPECT_EQ(field(geofence, "lat, lng").group, 0);
  EXPECT_EQ(field(geofence, "team_id").group, -1);
  EXPECT_EQ(field(geofence, "team_id").ref->on_missing, OnMissing::kQuarantine);
  EXPECT_TRUE(field(entity("person"), "team_id").ref->defer);
}

TEST_F(ExamplePlan, ReportsTheLawOfEveryField) {
  for (const FieldReport& report : compiled().fields) {
    EXPECT_FALSE(report.law.empty()) << report.field;
    EXPECT_FALSE(report.evidence.empty()) << report.field;
  }
  EXPECT_EQ(compiled().fields.size(), 22U);
}

TEST(CheckHash, ChangesWithMappingAndSchema) {
  const std::string yaml = read_file("tests/mappings/right/natural-key.yaml");
  const auto hash = [&](std::string text, const std::string& extra) {
    const Loaded loaded =
        load("m.yaml", text, fixed_variables({{"LEGACY_DSN", "l"}, {"APP_DSN", "a"}}));
    if (!loaded.document) return std::string();
    std::string legacy = read_file("tests/mappings/schema/legacy.postgres.sql");
    legacy.replace(legacy.find("label      text NOT NULL"), 24, "label      " + extra);
    const Compiled compiled = compile(
        *loaded.document,
        catalogs_from(
            connections(*loaded.document),
            {{"legacy", legacy}, {"app", read_file("tests/mappings/schema/app.postgres.sql")}}));
    EXPECT_TRUE(compiled.plan) << problem_texts(compiled.problems);
    return compiled.plan ? check_hash(*compiled.plan) : std::string();
  };
  const std::string first = hash(yaml, "text NOT NULL");
  EXPECT_EQ(first, hash("# another comment\n" + yaml, "text NOT NULL"));
  EXPECT_NE(first, hash(yaml, "varchar(50) NOT NULL"));
  std::string edited = yaml;
  edited.replace(edited.find("c.name\": copy"), 13, "c.name\": {canon: [trim]}");
  EXPECT_NE(first, hash(edited, "text NOT NULL"));
}

// --- messages
// --------------------------------------------------------------------------------------

std::string first_problem(const std::string& mapping) {
  const Loaded loaded = load("atlas.yaml", read_file("tests/mappings/wrong/" + mapping),
                             fixed_variables({{"LEGACY_DSN", "l"}, {"APP_DSN", "a"}}));
  if (!loaded.document) return problem_texts(loaded.problems);
  const Compiled compiled =
      compile(*loaded.document,
              catalogs_from(connections(*loaded.document),
                            {{"legacy", read_file("tests/mappings/schema/legacy.postgres.sql")},
                             {"app", read_file("tests/mappings/schema/app.postgres.sql")}}));
  for (const Problem& problem : compiled.problems) {
    if (problem.fatal) return problem.error.text();
  }
  return {};
}

TEST(Messages, GiveAReadyLineForAnUnmappedColumn) {
  EXPECT_EQ(first_problem("column-unmapped.yaml"),
            "error[ATB-2103] a column is not accounted for\n"
            "  --> atlas.yaml:11:16\n"
            "  11 |     legacy:   {users: {key: id}}\n"
            "     |                ^\n"
            "  why: the mapping says nothing about phone of the legacy table public.users (text)\n"
            "  fix: \"phone <-> u.COLUMN\": copy  |  legacy_only: {users.phone: {create: "
            "\"'VALUE'\"}}  |  "
            "legacy_only: {users.phone: private}  |  "
            "legacy_only: {users.phone: {ignore: \"why\"}}\n");
}

TEST(Messages, ShowTheWholeCycleAndTheFieldToDefer) {
  EXPECT_THAT(first_problem("cycle.yaml"),
              HasSubstr("team.parent_id → group, group.parent_id → team"));
  EXPECT_THAT(first_problem("cycle.yaml"),
              HasSubstr("fix: \"parent_id <-> t.parent_id\": {ref: group, defer: true}"));
}

TEST(Messages, NameBothWriters) {
  EXPECT_THAT(first_problem("stamp-mapped.yaml"),
              HasSubstr("writes codes.updated_at, and so does the stamp (line"));
}

}  // namespace
}  // namespace atlas
