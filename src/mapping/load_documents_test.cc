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

// The first example of the guide is a whole file; later ones are entities or cases to add to it.
TEST(Documents, TheGuidesExamplesLoad) {
  const std::string text = page("mapping.md");
  const auto block = [&](std::string_view beginning) {
    const std::size_t from = text.find("```yaml\n" + std::string(beginning)) + 8;
    EXPECT_NE(from, std::string::npos + 8) << beginning;
    return text.substr(from, text.find("```", from) - from);
  };
  const Variables variables = fixed_variables({{"LEGACY_DSN", "a"}, {"APP_DSN", "b"}});
  const std::string first = block("bridge: 1");
  const Loaded alone = load("guide.yaml", first, variables);
  EXPECT_TRUE(alone.document) << problem_texts(alone.problems);
  const std::string fields =
      "      \"name <-> u.given_name, u.family_name\": {join: \" \"}\n"
      "      \"status <-> u.status\": {enum: {1: active}}\n";
  const Loaded with_cases = load("guide.yaml", first + fields + block("tests:"), variables);
  EXPECT_TRUE(with_cases.document) << problem_texts(with_cases.problems);
  const std::string two = first.substr(0, first.find("sides:")) +
                          "sides: {legacy: {main: {postgres: a}}, platform: {identity: {postgres: "
                          "b}}}\nentities:\n" +
                          block("  person:\n    legacy:\n      users") +
                          "    stamp: {legacy: updated_at, platform: [u.at, p.at]}\n";
  const Loaded kinds = load("guide.yaml", two, variables);
  EXPECT_TRUE(kinds.document) << problem_texts(kinds.problems);
}

TEST(Documents, EveryOperatorIsInBothPages) {
  const std::string grammar = page("formats/mapping.md");
  const std::string reference = page("mapping-reference.md");
  for (const std::string& key : operator_keys()) {
    EXPECT_THAT(grammar, testing::HasSubstr("`" + key + "`"));
    EXPECT_THAT(reference, testing::HasSubstr("`" + key + "`"));
  }
}

// What a section of operators.md begins with is what people copy.
TEST(Documents, EveryOperatorsExampleLoads) {
  std::istringstream operators(page("operators.md"));
  int examples = 0;
  for (std::string line; std::getline(operators, line);) {
    if (!line.starts_with("`\"")) continue;
    ++examples;
    const std::string field = line.substr(1, line.find('`', 1) - 1);
    const std::string text = small_mapping(
        "  person:\n    legacy: {people: {key: id}}\n    platform:\n      u: {table: users, key: "
        "id}\n"
        "      g: {table: fences, key: user_id}\n      p: {table: profiles, key: user_id}\n"
        "    stamp: {legacy: updated_at, platform: u.updated_at, write: touch}\n"
        "    delete: {legacy: hard, platform: hard}\n    fields:\n      " +
        field + "\n");
    const Loaded loaded = load("example.yaml", text, fixed_variables({}));
    EXPECT_TRUE(loaded.document) << field << "\n" << problem_texts(loaded.problems);
  }
  EXPECT_GT(examples, 6);
}

}  // namespace
}  // namespace atlas
