#include "mapping/ddl_testing.h"
#include "mapping/document.h"
#include "mapping/load_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace atlas {
namespace {

using testing::Contains;
using testing::Not;

std::string file(const std::string& path) {
  std::ifstream in(std::string(ATLAS_TEST_SOURCE_DIR) + "/tests/mappings/" + path);
  EXPECT_TRUE(in) << path;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Problems of wrong/kind-gap.yaml, whose platform table allows what `check` says.
std::vector<std::string> with_check(const std::string& check) {
  const Loaded loaded = load("m.yaml", file("wrong/kind-gap.yaml"),
                             fixed_variables({{"LEGACY_DSN", "l"}, {"APP_DSN", "a"}}));
  if (!loaded.document) return places(loaded.problems);
  Catalogs catalogs = catalogs_from(
      connections(*loaded.document),
      {{"legacy", file("schema/legacy.postgres.sql")}, {"app", file("schema/app.postgres.sql")}});
  catalogs[1][0].checks = {check};
  return places(compile(*loaded.document, catalogs).problems);
}

TEST(KindGap, IsReadFromTheCheckConstraint) {
  for (const char* check :
       {"kind IN ('member', 'staff', 'robot')", "CHECK (kind IN ('member', 'staff', 'robot'))",
        "CHECK ((kind = ANY (ARRAY['member'::text, 'staff'::text, 'robot'::text])))",
        "(kind = ANY (ARRAY['member'::text, 'staff'::text, 'robot'::text]))",
        "CHECK (((kind)::text = ANY ((ARRAY['member'::character varying, 'staff'::character "
        "varying, 'robot'::character varying])::text[])))",
        "\"kind\" in ('member','staff','robot')"}) {
    EXPECT_THAT(with_check(check), Contains("ATB-2302 12:15")) << check;
  }
}

TEST(KindGap, IsClosedWhenEveryValueHasATable) {
  for (const char* check : {"kind IN ('member', 'staff')",
                            "CHECK ((kind = ANY (ARRAY['staff'::text, 'member'::text])))"}) {
    EXPECT_THAT(with_check(check), Not(Contains(testing::HasSubstr("ATB-2302")))) << check;
  }
}

TEST(KindGap, IsARemarkWhenTheConstraintSaysNothingSure) {
  for (const char* check : {"length(kind) > 2", "kind IN ('member', 'staff') OR name = 'x'",
                            "other IN ('a')", "kind <> 'robot'"}) {
    EXPECT_THAT(with_check(check), Contains("remark ATB-2302 12:15")) << check;
  }
}

}  // namespace
}  // namespace atlas
