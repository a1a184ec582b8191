#include "mapping/yaml_tree.h"

#include "mapping/load_testing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace atlas {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Parsed {
  std::optional<YamlNode> root;
  std::vector<Problem> problems;
};

Parsed parse(const std::string& text) {
  ProblemList list(std::make_shared<const SourceText>(text));
  Parsed out;
  out.root = parse_yaml("m.yaml", text, list);
  out.problems = list.take();
  return out;
}

std::string canonical(const std::string& text) {
  const Parsed parsed = parse(text);
  EXPECT_THAT(parsed.problems, IsEmpty()) << problem_texts(parsed.problems);
  std::string out;
  if (parsed.root) append_yaml_text(out, *parsed.root);
  return out;
}

std::string refusal(const std::string& text) {
  const Parsed parsed = parse(text);
  EXPECT_FALSE(parsed.problems.empty());
  return parsed.problems.empty() ? "" : parsed.problems.front().error.why();
}

TEST(YamlTree, KeepsScalarsAsText) {
  EXPECT_EQ(canonical("a: no\nb: 0123\nc: 1e3\nd: 'null'\n"),
            R"({"a":"no","b":"0123","c":"1e3","d":"null",})");
}

TEST(YamlTree, TellsNothingFromTheTextNull) {
  EXPECT_EQ(canonical("a: null\nb: ~\nc:\nd: \"null\"\n"),
            R"({"a":null,"b":null,"c":null,"d":"null",})");
}

TEST(YamlTree, IsEqualForBlockAndFlowStyle) {
  EXPECT_EQ(canonical("a:\n  - x\n  - {y: 1}\n"), canonical("# comment\n{a: [\"x\", {'y': 1}]}\n"));
}

TEST(YamlTree, KnowsWhereEverythingStands) {
  const Parsed parsed = parse("a:\n  b: [x, 'ÿy']\n");
  const YamlNode& list = *parsed.root->find("a")->find("b");
  EXPECT_EQ(parsed.root->find("a")->entries[0].key.where.text(), "m.yaml:2:3");
  EXPECT_EQ(list.where.text(), "m.yaml:2:6");
  EXPECT_EQ(list.items[1].where.text(), "m.yaml:2:10");
  EXPECT_EQ(list.items[1].at(1).text(), "m.yaml:2:12");
}

TEST(YamlTree, ReportsEveryDuplicateKey) {
  EXPECT_THAT(places(parse("a: 1\nb: {x: 1, x: 2}\na: 3\n").problems),
              ElementsAre("ATB-2003 2:11", "ATB-2003 3:1"));
}

TEST(YamlTree, RefusesTagsAndMergeKeysAndNullKeys) {
  EXPECT_THAT(refusal("a: !!int 3\n"), HasSubstr("tag"));
  EXPECT_THAT(refusal("a: !secret x\n"), HasSubstr("tag"));
  EXPECT_THAT(refusal("a: {<<: 1}\n"), HasSubstr("merge keys"));
  EXPECT_THAT(refusal("a: {~: 1}\n"), HasSubstr("null"));
  EXPECT_THAT(refusal("? [a, b]\n: 1\n"), HasSubstr("a key is a list"));
}

TEST(YamlTree, RefusesASecondDocument) {
  EXPECT_THAT(refusal("a: 1\n---\nb: 2\n"), HasSubstr("second document"));
}

TEST(YamlTree, RefusesAnEmptyFile) {
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
  EXPECT_THAT(refusal("# only a comment\n"), HasSubstr("empty"));
}

TEST(YamlTree, RepeatsAnchors) {
  EXPECT_EQ(canonical("a: &x [1, 2]\nb: *x\n"), R"({"a":["1","2",],"b":["1","2",],})");
}

// --- hostile texts -------------------------------------------------------------------------------

TEST(HostileYaml, RefusesBinaryAndBrokenUtf8) {
  EXPECT_EQ(places(parse(std::string("a: \0b\n", 6)).problems),
            (std::vector<std::string>{"ATB-2002 1:4"}));
  EXPECT_EQ(places(parse("a: 1\nb: \xff\n").problems), (std::vector<std::string>{"ATB-2002 2:4"}));
  EXPECT_EQ(places(parse("a: \xc0\x80\n").problems), (std::vector<std::string>{"ATB-2002 1:4"}));
  EXPECT_EQ(places(parse("a: \xed\xa0\x80\n").problems),
            (std::vector<std::string>{"ATB-2002 1:4"}));
  EXPECT_EQ(places(parse("a: \xf0\x9f").problems), (std::vector<std::string>{"ATB-2002 1:4"}));
  EXPECT_EQ(places(parse("\xff\xfe\x61\x00").problems), (std::vector<std::string>{"ATB-2002 1:1"}));
}

TEST(HostileYaml, AcceptsAByteOrderMark) {
  EXPECT_EQ(canonical("\xEF\xBB\xBF"
                      "a: 1\n"),
            R"({"a":"1",})");
}

TEST(HostileYaml, RefusesDeepNesting) {
  for (const std::string open : {"[", "{a: ", "- ", "? "}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += open;
    EXPECT_FALSE(parse(text).root) << open;
  }
}

TEST(HostileYaml, RefusesAliasBombs) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    text += fmt::format("a{0}: &a{0} [", i);
    for (int k = 0; k < 10; ++k) text += fmt::format("*a{},", i - 1);
    text += "]\n";
  }
  EXPECT_THAT(refusal(text), HasSubstr("repeated ones counted"));
}

TEST(HostileYaml, RefusesAliasesInsideThemselves) {
  EXPECT_THAT(refusal("a: &x [*x]\n"), HasSubstr("inside of what it repeats"));
}

TEST(HostileYaml, RefusesManyAnchorsAndUnknownAliases) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += fmt::format("k{0}: &a{0} x\n", i);
  EXPECT_THAT(refusal(text), HasSubstr("anchors"));
  EXPECT_EQ(places(parse("a: *nobody\n").problems).front().substr(0, 8), "ATB-2002");
}

TEST(HostileYaml, RefusesHugeScalarsAndFiles) {
  EXPECT_THAT(refusal("a: " + std::string(kYamlScalarBytesMax + 1, 'x') + "\n"),
              HasSubstr("the limit is"));
  EXPECT_THAT(refusal(std::string(kYamlBytesMax + 1, ' ')), HasSubstr("the limit is"));
}

TEST(HostileYaml, RefusesTooManyValuesInReasonableTime) {
  std::string text;
  for (int i = 0; i < 120'000; ++i) text += fmt::format("k{}: 1\n", i);
  EXPECT_THAT(refusal(text), HasSubstr("more than"));
}

TEST(HostileYaml, ReportsEverySyntaxErrorWithoutThrowing) {
  for (const char* text : {"a: [",
                           "a: {",
                           "a: 'x",
                           "a: \"x",
                           "a: b: c",
                           "\t- x",
                           "a:\n - x\n  - y: [\n",
                           "%YAML 9.9\n---\na: 1",
                           "&a &b x",
                           "a: |\n x\n y: [",
                           "@",
                           "`",
                           "- a\nb: c",
                           "%TAG ! tag:x,2000:\n---\n!a b",
                           "a: *",
                           "a: &",
                           "? ",
                           ": ",
                           "{",
                           "}",
                           "]",
                           ",",
                           "a: \"\\q\"",
                           "a: \"\\uD800\""}) {
    const Parsed parsed = parse(text);
    EXPECT_TRUE(parsed.root || !parsed.problems.empty()) << text;
  }
}

TEST(HostileYaml, SaysWhichBracketIsOpen) {
  EXPECT_EQ(places(parse("a: 1\nb: [x,\n  y\nc: 2\n").problems).size(), 1U);
  const Parsed parsed = parse("a: 1\nb: [x, {y: 1}\n");
  EXPECT_EQ(places(parsed.problems), (std::vector<std::string>{"ATB-2002 2:4"}));
}

}  // namespace
}  // namespace atlas
