// The pages about the language say what the loader does: the grammar's example loads, and every key
// of a field is explained.

#include "mapping/load_operators.h"
#include "mapping/load_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace atlas {
namespace {

std::string page(const std::string& name) {
  std::ifstream in(std::string(ATLAS_TEST_SOURCE_DIR) + "/docs/" + name);
  EXPECT_TRUE(in) << name;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(Documents, TheGrammarsExampleLoads) {
  const std::string text = page("formats/mapping.md");
  const std::size_t from = text.find("```yaml\n") + 8;
  const Loaded loaded =
      load("example.yaml", text.substr(from, text.find("```", from) - from), fixed_variables({}));
  EXPECT_TRUE(loaded.document) << problem_texts(loaded.problems);
}

TEST(Documents, EveryOperatorIsInBothPages) {
  const std::string grammar = page("formats/mapping.md");
  const std::string reference = page("mapping-reference.md");
  for (const std::string& key : operator_keys()) {
    EXPECT_THAT(grammar, testing::HasSubstr("`" + key + "`"));
    EXPECT_THAT(reference, testing::HasSubstr("`" + key + "`"));
  }
}

}  // namespace
}  // namespace atlas
