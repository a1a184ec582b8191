#include "mapping/checked_schema.h"

#include "mapping/ddl_testing.h"
#include "mapping/load_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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

// The Atlas example, checked, and its schemas as they became.
struct CheckedSchema : testing::Test {
  CheckedSchema() {
    const Loaded loaded = load_file(
        std::string(ATLAS_TEST_SOURCE_DIR) + "/examples/atlas/atlas.postgres.yaml",
        fixed_variables(
            {{"LEGACY_DSN", "l"}, {"IDENTITY_DSN", "i"}, {"ORG_DSN", "o"}, {"GEO_DSN", "g"}}));
    EXPECT_TRUE(loaded.document) << problem_texts(loaded.problems);
    document = loaded.document;
    wanted = connections(*document);
    live = catalogs_from(wanted, {{"legacy", read_file("examples/atlas/legacy.postgres.sql")},
                                  {"identity", read_file("examples/atlas/identity.postgres.sql")},
                                  {"org", read_file("examples/atlas/org.postgres.sql")},
                                  {"geo", read_file("examples/atlas/geo.postgres.sql")}});
    before = live;
    noted = checked_schema(wanted, live);
  }

  TableInfo& table(const std::string& name) {
    for (std::vector<TableInfo>& endpoint : live) {
      for (TableInfo& one : endpoint) {
        if (one.table.text() == name) return one;
      }
    }
    throw std::runtime_error("there is no table " + name);
  }
  // As the database does with every statement that alters the table.
  TableInfo& altered(const std::string& name) {
    TableInfo& out = table(name);
    ++out.fingerprint;
    return out;
  }
  SchemaDrift drift() const {
    auto out = schema_drift(noted, wanted, live);
    if (!out) throw std::runtime_error("the note cannot be read");
    return std::move(*out);
  }
  Compiled paused() const {
    const SchemaDrift now = drift();
    Compiled out = compile(*document, now.checked);
    if (!out.plan) throw std::runtime_error(problem_texts(out.problems));
    pause_drifted(*out.plan, now.tables);
    return out;
  }

  std::shared_ptr<const Document> document;
  Connections wanted;
  Catalogs live, before;
  std::string noted;
};

std::vector<std::string> paused_entities(const Plan& plan) {
  std::vector<std::string> out;
  for (const EntityPlan& entity : plan.entities) {
    if (!entity.drift.empty()) out.push_back(entity.name);
  }
  return out;
}

TEST_F(CheckedSchema, UnchangedTablesAreNoDrift) {
  table("public.users").rows_estimate = 7;
  EXPECT_THAT(drift().tables, IsEmpty());
  EXPECT_THAT(paused_entities(*paused().plan), IsEmpty());
}

// What was checked comes back whole: a plan made of it has the same hash.
TEST_F(CheckedSchema, APlanForDriftedTablesIsTheOneThatWasChecked) {
  const Compiled checked = compile(*document, before);
  for (std::vector<TableInfo>& endpoint : live) {
    for (TableInfo& one : endpoint) {
      ++one.fingerprint;
      one.columns.clear();
    }
  }
  const Compiled again = paused();
  EXPECT_EQ(check_hash(*again.plan), check_hash(*checked.plan));
  EXPECT_EQ(again.plan->entities.size(), paused_entities(*again.plan).size());
}

// A description with something in every place.
TableInfo full_table(const TableName& name) {
  TableInfo out;
  out.table = name;
  ColumnInfo column;
  column.name = "mood \"x\"";
  column.type = {TypeKind::kEnum, "mood", 3, 2, {"good", "b\xC3\xB6se"}, 4711};
  column.not_null = column.has_default = column.generated = column.numeric_affinity = true;
  column.sequence = "moods";
  out.columns = {column};
  out.primary_key = {"mood"};
  out.uniques = {{.name = "u", .columns = {"a", "b"}, .primary = true, .deferrable = true}};
  out.uniques.front().plain = false;
  out.foreign_keys = {{"f", {"a"}, {"s", "t"}, {"b"}, true}};
  out.cascades = {{{"s", "c"}, {"a"}, {"b"}}};
  out.checks = {"CHECK (a > 0)"};
  out.triggers = {{"t", true, true, true}};
  out.indexes = {{"i", {"a"}}};
  out.row_security = out.replicated_into = true;
  out.fingerprint = 0xfedcba9876543210U;
  return out;
}

TEST_F(CheckedSchema, EveryPartOfADescriptionComesBack) {
  const TableInfo full = full_table(table("public.users").table);
  table("public.users") = full;
  noted = checked_schema(wanted, live);
  table("public.users").fingerprint = 1;
  table("public.users").columns.clear();
  const SchemaDrift now = drift();
  ASSERT_EQ(now.tables.size(), 1U);
  const auto& endpoint = now.checked[now.tables.front().endpoint.value];
  const auto found = std::ranges::find(endpoint, full.table, &TableInfo::table);
  ASSERT_NE(found, endpoint.end());
  EXPECT_EQ(checked_schema(wanted, now.checked), noted);
  ASSERT_EQ(found->columns.size(), 1U);
  EXPECT_EQ(found->columns[0].type, full.columns[0].type);
  EXPECT_TRUE(found->columns[0].numeric_affinity && found->columns[0].generated);
  EXPECT_EQ(found->columns[0].sequence, "moods");
  EXPECT_FALSE(found->uniques[0].plain);
  EXPECT_EQ(found->cascades[0].target_columns, full.cascades[0].target_columns);
  EXPECT_TRUE(found->triggers[0].uses_callers_path);
  EXPECT_TRUE(found->row_security && found->replicated_into);
  EXPECT_EQ(found->fingerprint, full.fingerprint);
}

TEST_F(CheckedSchema, ADroppedColumnPausesTheEntityOfItsTableOnly) {
  std::vector<ColumnInfo>& columns = altered("public.geofences").columns;
  std::erase_if(columns, [](const ColumnInfo& c) { return c.name == "label"; });
  EXPECT_FALSE(compile(*document, live).plan) << "it is mapped";
  const Compiled compiled = paused();
  EXPECT_THAT(paused_entities(*compiled.plan), ElementsAre("geofence"));
  EXPECT_THAT(compiled.plan->entity("geofence")->drift,
              ElementsAre("column public.geofences.label: dropped"));
  const Error error = paused_by_drift(*compiled.plan->entity("geofence"));
  EXPECT_EQ(error.code(), Code::kSchemaDrift);
  EXPECT_EQ(error.exit(), ExitCode::kPersonNeeded);
  EXPECT_THAT(error.why(), HasSubstr("geofence is paused: column public.geofences.label: dropped"));
}

TEST_F(CheckedSchema, ReferrersThatReadADriftedTableAreMarked) {
  altered("org.team_members").columns.front().not_null ^= true;
  const Compiled compiled = paused();
  EXPECT_THAT(paused_entities(*compiled.plan), ElementsAre("member"));
  int marked = 0;
  for (const EntityPlan& entity : compiled.plan->entities) {
    for (const ReferrerPlan& one : entity.referrers[index(Side::kLegacy)])
      EXPECT_FALSE(one.drifted) << one.shape.table.text();
    for (const ReferrerPlan& one : entity.referrers[index(Side::kPlatform)]) {
      EXPECT_EQ(one.drifted, one.shape.table.text() == "org.team_members");
      marked += one.drifted ? 1 : 0;
    }
  }
  EXPECT_GE(marked, 2) << "of a team and of a person";
}

TEST_F(CheckedSchema, ADifferenceThatNoDescriptionShowsIsOneToo) {
  (void)altered("identity.users");
  ASSERT_EQ(drift().tables.size(), 1U);
  EXPECT_THAT(drift().tables.front().changes, ElementsAre(HasSubstr("table identity.users: ")));
}

TEST_F(CheckedSchema, TablesOfEqualNameAreToldByTheirEndpoint) {
  EXPECT_EQ(drift().tables.size(), 0U);
  wanted.endpoints[0].name = "legacy.other";
  EXPECT_FALSE(schema_drift(noted, wanted, live)) << "nothing was noted of that database";
}

TEST_F(CheckedSchema, WhatIsNoNoteIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("{}"), std::string("[]"), std::string("[1]"),
        noted.substr(0, noted.size() / 2), std::string("[{\"endpoint\": 1}]")})
    EXPECT_FALSE(schema_drift(text, wanted, live)) << text.substr(0, 40);
}

}  // namespace
}  // namespace atlas
