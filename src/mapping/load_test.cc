#include "mapping/compile.h"
#include "mapping/document.h"
#include "mapping/load_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string example(const std::string& name) {
  return std::string(ATLAS_TEST_SOURCE_DIR) + "/examples/atlas/" + name;
}

const Variables kNothing = fixed_variables({});

std::vector<std::string> problems_of(const std::string& text) {
  return places(load("m.yaml", text, kNothing).problems);
}

std::string only_text(const std::string& text) {
  const Loaded loaded = load("m.yaml", text, kNothing);
  EXPECT_EQ(loaded.problems.size(), 1U) << problem_texts(loaded.problems);
  return loaded.problems.empty() ? "" : loaded.problems.front().error.text();
}

TEST(Load, ReadsTheSqliteExample) {
  const Loaded loaded = load_file(example("atlas.sqlite.yaml"), kNothing);
  ASSERT_TRUE(loaded.document) << problem_texts(loaded.problems);
  const Document& document = *loaded.document;
  EXPECT_THAT(names_of(document.entities),
              ElementsAre("category", "person", "team", "member", "geofence"));
  EXPECT_EQ(document.endpoints.size(), 4U);
  EXPECT_EQ(document.entity("person")->platform[1].required_for.front().text, "staff");
  EXPECT_EQ(document.entity("person")->platform[0].table.text(), "users");
  EXPECT_EQ(document.entity("geofence")->scope[1].rows.size(), 2U);
}

TEST(Load, ReadsThePostgresExample) {
  const Loaded loaded = load_file(
      example("atlas.postgres.yaml"),
      fixed_variables(
          {{"LEGACY_DSN", "l"}, {"IDENTITY_DSN", "i"}, {"ORG_DSN", "o"}, {"GEO_DSN", "g"}}));
  ASSERT_TRUE(loaded.document) << problem_texts(loaded.problems);
  EXPECT_EQ(loaded.document->entity("person")->platform[0].table.text(), "identity.users");
  EXPECT_EQ(loaded.document->entity("person")->legacy[0].table.text(), "public.users");
}

TEST(Load, NamesTheMissingVariableAndItsMessage) {
  const Loaded loaded = load_file(example("atlas.postgres.yaml"), kNothing);
  EXPECT_FALSE(loaded.document);
  EXPECT_THAT(problem_texts(loaded.problems),
              HasSubstr("LEGACY_DSN is not set: the connection string of the legacy database"));
}

TEST(Load, ReportsEveryProblemInFileOrder) {
  EXPECT_THAT(problems_of("bridge: 1\ntenantt: {}\nsides: {legacy: {main: {sqlite: a}}, platform: "
                          "{app: {sqlit: b}}}\nphase: dul\n"),
              ElementsAre("ATB-2006 1:1", "ATB-2006 1:1", "ATB-2006 1:1", "ATB-2004 2:1",
                          "ATB-2006 3:49", "ATB-2004 3:55", "ATB-2005 4:8"));
}

TEST(Load, ShowsWhereWhyAndTheFix) {
  EXPECT_EQ(only_text(small_mapping(
                "  a:\n    legacy: {t: {kye: id}}\n    platform: {p: {table: t, key: id}}\n")),
            "error[ATB-2004] an unknown key\n"
            "  --> m.yaml:7:18\n"
            "  7 |     legacy: {t: {kye: id}}\n"
            "    |                  ^\n"
            "  why: `t` has no key `kye`\n"
            "  fix: did you mean `key`?\n");
}

}  // namespace
}  // namespace atlas
