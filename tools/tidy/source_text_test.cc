#include "tools/tidy/source_text.h"

#include <gtest/gtest.h>

namespace atlas::tidy {
namespace {

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

struct SplitCase {
  const char* name;
  const char* text;
  const char* code;
  const char* comment;
};

class SplitSource : public testing::TestWithParam<SplitCase> {};

TEST_P(SplitSource, TellsCodeFromComment) {
  const std::vector<Line> lines = split_source(GetParam().text);
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(trimmed(lines.back().code), GetParam().code);
  EXPECT_EQ(trimmed(lines.back().comment), GetParam().comment);
  EXPECT_EQ(lines.back().code.size(), lines.back().raw.size());
}

INSTANTIATE_TEST_SUITE_P(
    Cases, SplitSource,
    testing::Values(SplitCase{"Plain", "int x;", "int x;", ""},
                    SplitCase{"LineComment", "x;  // new y", "x;", "// new y"},
                    SplitCase{"BlockComment", "a /* b */ c", "a         c", "/* b */"},
                    SplitCase{"BlockOverLines", "/* a\n b */ c", "c", "b */"},
                    SplitCase{"StringHidesComment", R"(f("// no");)", R"(f("     ");)", ""},
                    SplitCase{"EscapedQuote", R"(f("\"//"); // c)", R"(f("    ");)", "// c"},
                    SplitCase{"Character", R"(f('"', '\''); // c)", R"(f(' ', '  ');)", "// c"},
                    SplitCase{"DigitSeparator", "1'000; // '", "1'000;", "// '"},
                    SplitCase{"RawString", "R\"x(\" // )\")x\" + y", "R\"             + y", ""}),
    [](const auto& one) { return one.param.name; });

TEST(IncludeOn, ReadsQuotedAndAngled) {
  EXPECT_EQ(include_on(split_source("#include \"model/key.h\"  // why")[0])->path, "model/key.h");
  EXPECT_TRUE(include_on(split_source("#  include \"a/b.h\"")[0])->quoted);
  EXPECT_FALSE(include_on(split_source("#include <vector>")[0])->quoted);
  EXPECT_FALSE(include_on(split_source("// #include <vector>")[0]).has_value());
}

TEST(Allowed, HoldsOnTheLineAndUnderALineOfComment) {
  const auto here = split_source("x;  // tidy: allow(clock) measures itself\ny;");
  EXPECT_TRUE(allowed(here, 0, "clock"));
  EXPECT_FALSE(allowed(here, 0, "raw-memory"));
  EXPECT_FALSE(allowed(here, 1, "clock"));
  EXPECT_TRUE(allowed(split_source("// tidy: allow(clock) measures itself\ny;"), 1, "clock"));
}

TEST(Allowed, WantsAReason) {
  EXPECT_FALSE(allowed(split_source("x;  // tidy: allow(clock)"), 0, "clock"));
}

}  // namespace
}  // namespace atlas::tidy
