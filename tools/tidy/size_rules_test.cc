#include "tools/tidy/rules_testing.h"

#include <gtest/gtest.h>

namespace atlas::tidy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string lines(std::size_t count, const std::string& line) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += line + "\n";
  return text;
}

std::vector<std::string> check(const std::string& text) {
  return briefly(check_sizes(one_file("a.cc", text)));
}

TEST(SizeRules, WarnAt600LinesAndRefuse1200) {
  EXPECT_THAT(check(lines(600, "//")), IsEmpty());
  const Findings warned = check_sizes(one_file("a.cc", lines(601, "//")));
  ASSERT_EQ(warned.size(), 1U);
  EXPECT_EQ(warned[0].severity, Severity::kWarning);
  const Findings refused = check_sizes(one_file("a.cc", lines(1201, "//")));
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].severity, Severity::kError);
}

TEST(SizeRules, WarnAboutFunctionsOver70Lines) {
  EXPECT_THAT(check("int f() {\n" + lines(68, "  g();") + "}\n"), IsEmpty());
  EXPECT_THAT(check("int f() {\n" + lines(69, "  g();") + "}\n"),
              ElementsAre("a.cc:1 function-size"));
}

TEST(SizeRules, LookIntoNamespacesAndClasses) {
  EXPECT_THAT(check("namespace a {\nclass B : public C {\n public:\n  int f(int x) const {\n" +
                    lines(70, "    if (x) { g(); }") + "  }\n};\n}\n"),
              ElementsAre("a.cc:4 function-size"));
}

TEST(SizeRules, CountAConstructorFromItsInitializers) {
  EXPECT_THAT(check("B::B(int x)\n    : x_{x},\n      y_{x} {\n" + lines(70, "  g();") + "}\n"),
              ElementsAre("a.cc:1 function-size"));
}

TEST(SizeRules, TablesAndClassesMayBeLong) {
  EXPECT_THAT(check("constexpr Row kRows[] = {\n" + lines(100, "  {1, f(2)},") + "};\n"),
              IsEmpty());
  EXPECT_THAT(check("struct A {\n" + lines(100, "  int f() { return 1; }") + "};\n"), IsEmpty());
}

}  // namespace
}  // namespace atlas::tidy
