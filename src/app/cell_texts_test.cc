#include "app/cell_texts.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace atlas::app {
namespace {

TEST(CellTexts, AColumnAloneIsNullAndAnEmptyTextIsNot) {
  EXPECT_EQ(*read_cell("u.name=Mary=Ann"), CellText("u.name", "Mary=Ann"));
  EXPECT_EQ(*read_cell("name="), CellText("name", ""));
  EXPECT_EQ(*read_cell("name"), CellText("name", std::nullopt));
  EXPECT_EQ(read_cell("=x").error().code(), Code::kUsage);
  EXPECT_EQ(read_cell("").error().code(), Code::kUsage);
}

TEST(CellTexts, PrintInALineAndAsJson) {
  const std::vector<CellText> cells = {{"a", "1"}, {"b", std::nullopt}};
  EXPECT_EQ(cells_line(cells), "a=1, b=null");
  EXPECT_EQ(cells_json(cells).dump(), R"({"a":"1","b":null})");
}

}  // namespace
}  // namespace atlas::app
