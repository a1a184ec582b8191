#include "app/command_line.h"

#include "app/capture_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Words = std::vector<std::string>;

const std::vector<Words>& all_verbs() {
  static const std::vector<Words> kVerbs = {
      {"demo"},
      {"check"},
      {"doctor"},
      {"plan"},
      {"sync"},
      {"reconcile"},
      {"verify"},
      {"repair"},
      {"approve"},
      {"status"},
      {"runs"},
      {"record"},
      {"trace"},
      {"map", "try"},
      {"conflicts", "list"},
      {"conflicts", "show"},
      {"conflicts", "resolve"},
      {"quarantine", "list"},
      {"quarantine", "show"},
      {"quarantine", "retry"},
      {"quarantine", "discard"},
      {"tenants", "list"},
      {"tenants", "check"},
  };
  return kVerbs;
}

TEST(Help, OfEveryVerbHasOptionsAndAnExampleOfItself) {
  for (Words words : all_verbs()) {
    std::string name;
    for (const std::string& word : words) name += " " + word;
    SCOPED_TRACE(name);
    words.emplace_back("--help");
    const Captured got = run_captured(words);
    EXPECT_EQ(got.exit, 0);
    EXPECT_THAT(got.err, IsEmpty());
    EXPECT_THAT(got.out, HasSubstr("Examples:\n  atlas-bridge" + name));
    EXPECT_THAT(got.out, HasSubstr("--help"));
    if (name != " demo") {
      EXPECT_THAT(got.out, HasSubstr("--config"));
      EXPECT_THAT(got.out, HasSubstr("--output"));
    }
  }
}

TEST(Help, OfTheProgramNamesEveryVerbAndTheExitCodes) {
  const Captured got = run_captured({"--help"});
  EXPECT_EQ(got.exit, 0);
  for (const Words& words : all_verbs()) EXPECT_THAT(got.out, HasSubstr("  " + words.front()));
  for (const char* code : {"64", "69", "75", "77", "78", "130"}) {
    EXPECT_THAT(got.out, HasSubstr(code));
  }
}

TEST(Help, HidesAdvancedOptions) {
  EXPECT_THAT(run_captured({"sync", "--help"}).out, Not(HasSubstr("--page-rows")));
}

TEST(CommandLine, PrintsItsVersion) {
  const Captured got = run_captured({"--version"});
  EXPECT_EQ(got.exit, 0);
  EXPECT_THAT(got.out, testing::MatchesRegex("atlas-bridge [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(CommandLine, WithoutAVerbShowsTheHelpAndExits64) {
  const Captured got = run_captured({});
  EXPECT_EQ(got.exit, 64);
  EXPECT_THAT(got.out, IsEmpty());
  EXPECT_THAT(got.err, HasSubstr("atlas-bridge demo"));
}

TEST(CommandLine, RefusesWhatItDoesNotKnowWith64AndANearName) {
  const std::vector<std::pair<Words, const char*>> cases = {
      {{"snyc"}, "did you mean `sync`?"},
      {{"Sync"}, "did you mean `sync`?"},
      {{"frobnicate"}, "there is no verb `frobnicate`"},
      {{"frobnicate"}, "`atlas-bridge --help` lists the verbs"},
      {{"state", "frobnicate"}, "there is no verb `state frobnicate`"},
      {{"conflicts", "undo", "1", "--reason", ""}, "--reason"},
      {{"state", "reset", "--reason", "  "}, "--reason"},
      {{"approve", "person", "--set", "1", "--reason", " "}, "--reason"},
      {{"sync", "--enttiy", "x"}, "did you mean `--entity`?"},
      {{"conflicts", "lst"}, "did you mean `list`?"},
      {{"sync", "--deadline", "soon"}, "write 90s, 5m or 1h30m"},
      {{"sync", "--if-locked", "wait"}, "wait"},
      {{"check", "-o", "xml"}, "xml"},
      {{"record", "person"}, "KEY"},
      {{"conflicts"}, "subcommand"},
      {{"conflicts", "resolve", "3", "--seen", "1"}, "--winner"},
      {{"sync", "--page-rows", "0"}, "0"},
  };
  for (const auto& [words, hint] : cases) {
    const Captured got = run_captured(words);
    EXPECT_EQ(got.exit, 64) << hint;
    EXPECT_THAT(got.out, IsEmpty());
    EXPECT_THAT(got.err, HasSubstr("ATB-5001"));
    EXPECT_THAT(got.err, HasSubstr(hint));
  }
}

TEST(CommandLine, AMissingMappingFileExits78AndNamesIt) {
  for (const char* verb : {"check", "doctor", "plan", "sync", "verify", "status", "runs"}) {
    const Captured got = run_captured({verb, "-c", "/nowhere/atlas.yaml"});
    EXPECT_EQ(got.exit, 78) << verb;
    EXPECT_THAT(got.err, HasSubstr("ATB-2001")) << verb;
    EXPECT_THAT(got.err, HasSubstr("/nowhere/atlas.yaml")) << verb;
  }
}

}  // namespace
}  // namespace atlas::app
