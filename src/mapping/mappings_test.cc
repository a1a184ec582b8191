// Every mapping in tests/mappings: the right ones compile, each wrong one is refused with the code
// and the line that its head names.

#include "mapping/ddl_testing.h"
#include "mapping/document.h"
#include "mapping/load_testing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace atlas {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(ATLAS_TEST_SOURCE_DIR) / "tests/mappings";

std::string read_file(const fs::path& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> names_in(const char* folder) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(kFolder / folder))
    out.push_back(entry.path().stem().string());
  std::sort(out.begin(), out.end());
  return out;
}

Compiled run(const fs::path& path) {
  const Loaded loaded =
      load_file(path.string(), fixed_variables({{"LEGACY_DSN", "l"}, {"APP_DSN", "a"}}));
  Compiled out;
  if (!loaded.document) {
    out.problems = loaded.problems;
    return out;
  }
  const Connections wanted = connections(*loaded.document);
  const std::string engine =
      wanted.endpoints.front().engine == EngineKind::kPostgres ? "postgres" : "sqlite";
  return compile(
      *loaded.document,
      catalogs_from(wanted,
                    {{"legacy", read_file(kFolder / "schema" / ("legacy." + engine + ".sql"))},
                     {"app", read_file(kFolder / "schema" / ("app." + engine + ".sql"))}}));
}

// "ATB-2103 line 14" of the lines `# expect: …`.
std::vector<std::string> expected_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  const std::string mark = "# expect: ";
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(mark)) out.push_back(line.substr(mark.size()));
  }
  return out;
}

std::vector<std::string> found_in(const std::vector<Problem>& problems) {
  std::vector<std::string> out;
  for (const Problem& problem : problems) {
    if (!problem.fatal) continue;
    const std::string& where = problem.error.where();
    const std::size_t line = where.find(".yaml:") + 6;
    const std::string text = fmt::format("{} line {}", code_text(problem.error.code()),
                                         where.substr(line, where.find(':', line) - line));
    if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(text);
  }
  return out;
}

std::string test_name(const testing::TestParamInfo<std::string>& mapping) {
  std::string name = mapping.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class RightMapping : public testing::TestWithParam<std::string> {};
TEST_P(RightMapping, Compiles) {
  const Compiled compiled = run(kFolder / "right" / (GetParam() + ".yaml"));
  ASSERT_TRUE(compiled.plan) << problem_texts(compiled.problems);
  for (const Problem& problem : compiled.problems) EXPECT_FALSE(problem.error.why().empty());
}
INSTANTIATE_TEST_SUITE_P(Mappings, RightMapping, testing::ValuesIn(names_in("right")), test_name);

class WrongMapping : public testing::TestWithParam<std::string> {};
TEST_P(WrongMapping, IsRefusedAtTheNamedPlace) {
  const fs::path path = kFolder / "wrong" / (GetParam() + ".yaml");
  const std::vector<std::string> expected = expected_of(read_file(path));
  ASSERT_FALSE(expected.empty()) << "the head of the file names no code";
  const Compiled compiled = run(path);
  EXPECT_FALSE(compiled.plan);
  EXPECT_THAT(found_in(compiled.problems), testing::UnorderedElementsAreArray(expected))
      << problem_texts(compiled.problems);
}
INSTANTIATE_TEST_SUITE_P(Mappings, WrongMapping, testing::ValuesIn(names_in("wrong")), test_name);

}  // namespace
}  // namespace atlas
