#include "mapping/variables.h"

#include "mapping/load_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace atlas {
namespace {

using testing::HasSubstr;

const Variables kSome = fixed_variables({{"A", "alpha"}, {"EMPTY", ""}, {"B_2", "${A}"}});

std::string of(const std::string& text, const std::string& folder = ".") {
  const Result<std::string> out = substitute(text, kSome, folder);
  return out ? *out : "error " + code_text(out.error().code()) + " " + out.error().why();
}

struct Case {
  const char* text;
  const char* expected;
};
class Substitution : public testing::TestWithParam<Case> {};
TEST_P(Substitution, Gives) { EXPECT_EQ(of(GetParam().text), GetParam().expected); }
INSTANTIATE_TEST_SUITE_P(
    Cases, Substitution,
    testing::Values(
        Case{"plain", "plain"}, Case{"${A}", "alpha"}, Case{"x${A}y${A}", "xalphayalpha"},
        Case{"${NO:-}", ""}, Case{"${NO:-dflt}", "dflt"}, Case{"${EMPTY:-dflt}", "dflt"},
        Case{"${EMPTY}", ""}, Case{"${NO:-${A}}", "alpha"}, Case{"${NO:-${NOR:-deep}}", "deep"},
        Case{"${A:-${NO}}", "alpha"}, Case{"$${A}", "${A}"}, Case{"$A $", "$A $"},
        Case{"a}b", "a}b"}, Case{"${B_2}", "${A}"},  // a value is not looked at again
        Case{"${NO}", "error ATB-2007 NO is not set"},
        Case{"${NO:?say where}", "error ATB-2007 NO is not set: say where"},
        Case{"${A:?x}", "alpha"}, Case{"${EMPTY:?x}", "error ATB-2007 EMPTY is not set: x"},
        Case{"${", "error ATB-2005 a `${` without its `}`"},
        Case{"${A", "error ATB-2005 a `${` without its `}`"},
        Case{"${}", "error ATB-2005 what stands in `${…}` is no variable name"},
        Case{"${a b}", "error ATB-2005 what stands in `${…}` is no variable name"},
        Case{"${A:+x}", "error ATB-2005 after `${A:` comes `-default}` or `?message}`"},
        Case{"${file:}", "error ATB-2005 `${file:}` names no file"}));

TEST(Variables, StopsAtDeepNesting) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "${NO:-";
  text += std::string(50, '}');
  EXPECT_THAT(of(text), HasSubstr("nested deeper"));
}

class IncludedFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / "atlas_variables_test";
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::filesystem::path folder_;
};

TEST_F(IncludedFile, LosesOneNewlineAtTheEnd) {
  write("secret", "s3cret ${A}\n\n");
  EXPECT_EQ(of("x ${file:secret}", folder_.string()), "x s3cret ${A}\n");
  write("windows", "s3cret\r\n");
  EXPECT_EQ(of("${file:windows}", folder_.string()), "s3cret");
  write("bare", "s3cret");
  EXPECT_EQ(of("${file:bare}", folder_.string()), "s3cret");
  EXPECT_EQ(of("${file:" + (folder_ / "bare").string() + "}", "/nowhere"), "s3cret");
}

TEST_F(IncludedFile, IsRefusedWhenMissingOrLarge) {
  EXPECT_THAT(of("${file:none}", folder_.string()), HasSubstr("ATB-2001"));
  EXPECT_THAT(of("${file:.}", folder_.string()), HasSubstr("ATB-2001"));
  write("large", std::string(kIncludedFileBytesMax + 1, 'x'));
  EXPECT_THAT(of("${file:large}", folder_.string()), HasSubstr("more than"));
}

TEST_F(IncludedFile, IsFoundBesideTheMapping) {
  write("dsn", "legacy.db\n");
  std::string text = small_mapping("  {}\n");
  text.replace(text.find("l.db"), 4, "\"${file:dsn}\"");
  const Loaded loaded = load((folder_ / "m.yaml").string(), text, kSome);
  ASSERT_TRUE(loaded.document) << problem_texts(loaded.problems);
  EXPECT_EQ(loaded.document->endpoints.front().address.reveal(), "legacy.db");
}

TEST(Variables, CannotChangeTheStructure) {
  std::string text = small_mapping("  {}\n");
  text.replace(text.find("s.db"), 4, "\"${EVIL}\"");
  const Loaded loaded = load("m.yaml", text, fixed_variables({{"EVIL", "x}\nentities: {a: b}"}}));
  ASSERT_TRUE(loaded.document) << problem_texts(loaded.problems);
  EXPECT_EQ(loaded.document->state->address.reveal(), "x}\nentities: {a: b}");
}

}  // namespace
}  // namespace atlas
