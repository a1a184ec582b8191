#include "mapping/compile.h"

#include "mapping/ddl_testing.h"
#include "mapping/document.h"
#include "mapping/load_testing.h"

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

}  // namespace
}  // namespace atlas
