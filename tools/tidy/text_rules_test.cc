#include "tools/tidy/rules_testing.h"

#include <gtest/gtest.h>

namespace atlas::tidy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> check(std::string path, std::string text) {
  return briefly(check_text(one_file(std::move(path), std::move(text))));
}

TEST(TextRules, ASuppressionNamesCheckAndReason) {
  for (const char* comment :
       {"// NOLINT(bugprone-x): the peer owns it", "// NOLINTNEXTLINE(bugprone-x) the peer owns it",
        "// NOLINTBEGIN(a-b, c-d): generated", "// NOLINTEND(a-b, c-d)"}) {
    EXPECT_THAT(check("a.cc", std::string("x;  ") + comment + "\n"), IsEmpty()) << comment;
  }
  for (const char* comment : {"// NOLINT", "// NOLINT(bugprone-x)", "// NOLINTNEXTLINE: reason",
                              "// NOLINTEND", "// NOLINT(): reason"}) {
    EXPECT_THAT(check("a.cc", std::string("x;  ") + comment + "\n"), ElementsAre("a.cc:1 nolint"))
        << comment;
  }
}

TEST(TextRules, NoFileKnowsAMachine) {
  const std::string home = std::string("/") + "home/";
  EXPECT_THAT(check("docs/a.md", "one\nsee " + home + "ann/notes\n"),
              ElementsAre("docs/a.md:2 machine-path"));
  EXPECT_THAT(check("docs/a.md", "https://example.org" + home + "ann, " + home + "\n"), IsEmpty());
}

}  // namespace
}  // namespace atlas::tidy
