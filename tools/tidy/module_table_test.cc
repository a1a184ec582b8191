#include "tools/tidy/module_table.h"

#include <gtest/gtest.h>

namespace atlas::tidy {
namespace {

constexpr std::string_view kTable = R"(
# atlas_module(ghost DEPS base)
atlas_module(base THREADS LIBS fmt::fmt)
atlas_module(model DEPS base   # the words
  LIBS xxhash)
atlas_module(engines/lite DEPS model TEST_DEPS maker)
atlas_module(maker DEPS model)
atlas_module(sim DIR sim DEPS maker)
)";

class ModuleTableTest : public testing::Test {
 protected:
  [[nodiscard]] bool may(std::string_view from, std::string_view to, For purpose) const {
    return table_.may_include(*table_.of_include(std::string(from) + "/x.h"),
                              *table_.of_include(std::string(to) + "/x.h"), purpose);
  }

  ModuleTable table_ = ModuleTable::parse(kTable);
};

TEST_F(ModuleTableTest, ReadsTheCallsWithoutComments) {
  ASSERT_EQ(table_.modules().size(), 5U);
  EXPECT_EQ(table_.modules()[1].name, "model");
  EXPECT_EQ(table_.modules()[1].deps, std::vector<std::string>{"base"});
  EXPECT_EQ(table_.modules()[2].folder, "src/engines/lite");
  EXPECT_EQ(table_.modules()[4].folder, "sim");
}

TEST_F(ModuleTableTest, FindsTheModuleOfAFile) {
  EXPECT_EQ(table_.of_file("src/engines/lite/a.cc")->name, "engines/lite");
  EXPECT_EQ(table_.of_file("src/modelling/a.cc"), nullptr);
  EXPECT_EQ(table_.of_file("tests/a.cc"), nullptr);
}

TEST_F(ModuleTableTest, ArrowsPointDownwardThroughDependencies) {
  EXPECT_TRUE(may("engines/lite", "base", For::kProduct));
  EXPECT_TRUE(may("model", "model", For::kProduct));
  EXPECT_FALSE(may("base", "model", For::kProduct));
}

TEST_F(ModuleTableTest, TestsReachTheirOwnDependenciesToo) {
  EXPECT_FALSE(may("engines/lite", "maker", For::kProduct));
  EXPECT_TRUE(may("engines/lite", "maker", For::kTests));
}

}  // namespace
}  // namespace atlas::tidy
