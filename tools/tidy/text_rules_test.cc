#include "tools/tidy/rules_testing.h"

#include <gtest/gtest.h>

namespace atlas::tidy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> check(std::string path, std::string text) {
  return briefly(check_text(one_file(std::move(path), std::move(text))));
}

// The word is put together here, because clang-tidy reads it in texts too.
std::string suppression(const std::string& rest) {
  return "x;  // NO"
         "LINT" +
         rest + "\n";
}

TEST(TextRules, ASuppressionNamesCheckAndReason) {
  for (const char* rest :
       {"(bugprone-x): the peer owns it", "NEXTLINE(bugprone-x) the peer owns it",
        "BEGIN(a-b, c-d): generated", "END(a-b, c-d)"}) {
    EXPECT_THAT(check("a.cc", suppression(rest)), IsEmpty()) << rest;
  }
  for (const char* rest : {"", "(bugprone-x)", "NEXTLINE: reason", "END", "(): reason"}) {
    EXPECT_THAT(check("a.cc", suppression(rest)), ElementsAre("a.cc:1 nolint")) << rest;
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
