// The entries of `enum` against what a CHECK constraint lets the columns be.

#include "mapping/ddl_testing.h"
#include "mapping/document.h"
#include "mapping/load_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace atlas {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string file(const std::string& path) {
  std::ifstream in(std::string(ATLAS_TEST_SOURCE_DIR) + "/tests/mappings/" + path);
  EXPECT_TRUE(in) << path;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// What is said of `status <-> u.status` with these entries, when the columns have these checks.
std::vector<std::string> said(const std::string& line, const std::string& legacy_check,
                              const std::string& platform_check) {
  std::string text = file("wrong/enum-folds.yaml");
  const std::string from = R"("status <-> u.status": {enum: {0: invited, 1: active, 2: active}})";
  text.replace(text.find(from), from.size(), line);
  const Loaded loaded =
      load("m.yaml", text, fixed_variables({{"LEGACY_DSN", "l"}, {"APP_DSN", "a"}}));
  EXPECT_TRUE(loaded.document);
  if (!loaded.document) return {};
  Catalogs catalogs = catalogs_from(
      connections(*loaded.document),
      {{"legacy", file("schema/legacy.postgres.sql")}, {"app", file("schema/app.postgres.sql")}});
  const auto put = [](std::vector<TableInfo>& tables, const std::string& name,
                      const std::string& check) {
    for (TableInfo& table : tables)
      if (table.table.name == name) table.checks = {check};
  };
  put(catalogs[0], "users", legacy_check);
  put(catalogs[1], "users", platform_check);
  std::vector<std::string> out;
  for (const Problem& problem : compile(*loaded.document, catalogs).problems) {
    if (problem.error.code() != Code::kRangeGap) continue;
    if (problem.error.why().find("status") == std::string::npos) continue;
    out.push_back((problem.fatal ? "" : "remark ") + problem.error.why());
  }
  return out;
}

constexpr const char* kThree =
    R"("status <-> u.status": {enum: {0: invited, 1: active, 2: suspended}})";
constexpr const char* kCodes = "CHECK ((status = ANY (ARRAY[0, 1, 2])))";
constexpr const char* kTexts =
    "CHECK ((status = ANY (ARRAY['invited'::text, 'active'::text, 'suspended'::text])))";

TEST(EnumLabels, FitTheConstraintsOfBothSides) {
  EXPECT_THAT(said(kThree, kCodes, kTexts), IsEmpty());
}

TEST(EnumLabels, ThatAConstraintRefusesAreRefused) {
  EXPECT_THAT(said(kThree, "status IN (0, 1)", kTexts),
              ElementsAre(AllOf(HasSubstr("CHECK constraint"), HasSubstr("would write 2"))));
  EXPECT_THAT(said(kThree, kCodes, "CHECK (status IN ('invited', 'active'))"),
              ElementsAre(HasSubstr("would write suspended")));
  EXPECT_THAT(
      said(R"("status <-> u.status": {enum: {0: invited, 1: active, 2: suspended}, else: odd})",
           kCodes, kTexts),
      ElementsAre(HasSubstr("would write odd")));
}

TEST(EnumLabels, ThatAreMissingAreARemark) {
  EXPECT_THAT(said(kThree, "status = ANY (ARRAY[0::int2, 1::int2, 2::int2, -3::int2])", kTexts),
              ElementsAre(AllOf(HasSubstr("remark"), HasSubstr("can be -3"))));
  EXPECT_THAT(said(R"("status <-> u.status": {enum: {0: invited, 1: active}})", "true", kTexts),
              ElementsAre(AllOf(HasSubstr("remark"), HasSubstr("can be suspended"))));
}

TEST(EnumLabels, OfAOneWayFieldAreHeldAgainstWhereTheyGo) {
  const std::string line =
      R"("status -> u.status": {enum: {0: invited, 1: active, 2: suspended}, loss: "theirs"})";
  EXPECT_THAT(said(line, "status IN (0, 1)", kTexts), IsEmpty());
  EXPECT_THAT(said(line, kCodes, "status IN ('invited', 'active')"),
              ElementsAre(HasSubstr("would write suspended")));
  EXPECT_THAT(said(line, kCodes, "status IN ('invited', 'active', 'suspended', 'gone')"),
              IsEmpty());
}

}  // namespace
}  // namespace atlas
