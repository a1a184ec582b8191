#include "tools/tidy/rules_testing.h"

#include <gtest/gtest.h>

namespace atlas::tidy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> rules_broken(std::string path, std::string text) {
  std::vector<std::string> rules;
  for (const Finding& finding : check_calls(one_file(std::move(path), std::move(text)))) {
    rules.push_back(finding.rule);
  }
  return rules;
}

TEST(CallRules, ClocksAreReadAtTheEdgesOnly) {
  const std::string text = "auto now = std::chrono::steady_clock::now();\n";
  EXPECT_THAT(rules_broken("src/flow/run.cc", text), ElementsAre("clock"));
  EXPECT_THAT(rules_broken("src/telemetry/sink.cc", text), ElementsAre("clock"));
  EXPECT_THAT(rules_broken("src/flow/run.cc", "t = time(nullptr);\n"), ElementsAre("clock"));
  for (const char* path : {"src/foundation/system_clock.cc", "src/app/main.cc",
                           "src/engines/sqlite/session.cc", "src/flow/run_test.cc", "tests/a.cc"}) {
    EXPECT_THAT(rules_broken(path, text), IsEmpty()) << path;
  }
}

TEST(CallRules, PureModulesTakeTheirPorts) {
  for (const char* line :
       {"std::jthread t;", "std::mutex m;", "std::condition_variable c;", "std::random_device d;",
        "std::mt19937_64 g;", "std::getenv(\"X\");", "std::this_thread::sleep_for(1s);"}) {
    EXPECT_THAT(rules_broken("src/apply/a.cc", line), ElementsAre("determinism")) << line;
    EXPECT_THAT(rules_broken("src/telemetry/a.cc", line), IsEmpty()) << line;
    EXPECT_THAT(rules_broken("src/foundation/executor.cc", line), IsEmpty()) << line;
  }
}

TEST(CallRules, WordsInCommentsAndTextsAreFree) {
  EXPECT_THAT(rules_broken("src/apply/a.cc", "// no std::mutex here\nf(\"std::mutex\");\n"),
              IsEmpty());
}

TEST(CallRules, MemoryHasAnOwner) {
  for (const char* line : {"auto* x = new Thing(1);", "return new int[3];", "delete x;",
                           "delete[] x;", "x(new (place) Thing);"}) {
    EXPECT_THAT(rules_broken("tests/a.cc", line), ElementsAre("raw-memory")) << line;
  }
  for (const char* line :
       {"Thing(const Thing&) = delete;", "return std::unique_ptr<Thing>(new Thing(std::move(x)));",
        "std::unique_ptr<Thing> thing(new Thing);", "void* operator new(std::size_t);",
        "int renew = 1;", "row.new_value = 2;", "const Rows& new_rows);"}) {
    EXPECT_THAT(rules_broken("tests/a.cc", line), IsEmpty()) << line;
  }
}

TEST(CallRules, ALineMayDepartWithAReason) {
  EXPECT_THAT(rules_broken("src/apply/a.cc",
                           "std::mutex m;  // tidy: allow(determinism) held for one store\n"),
              IsEmpty());
}

}  // namespace
}  // namespace atlas::tidy
