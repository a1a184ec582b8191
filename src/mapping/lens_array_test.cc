#include "mapping/lens_array.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace atlas {
namespace {

using testing::ElementsAre;

// The elements of a list, with "!" after the last when the list is bad.
std::vector<std::string> elements(ListForm form, std::string_view text) {
  std::vector<std::string> out;
  Arena arena;
  ListScan scan(form, text);
  std::string_view element;
  ListScan::Step step = scan.next(arena, element);
  for (; step == ListScan::Step::kElement; step = scan.next(arena, element))
    out.emplace_back(element);
  if (step == ListScan::Step::kBad) out.emplace_back("!");
  return out;
}

TEST(ListScan, ReadsArraysAsPostgresWritesThem) {
  EXPECT_THAT(elements(ListForm::kArray, "{a,\"b c\",\"\",\"x\\\"y\\\\\"}"),
              ElementsAre("a", "b c", "", "x\"y\\"));
  EXPECT_THAT(elements(ListForm::kArray, " { a b , c } "), ElementsAre("a b", "c"));
  EXPECT_THAT(elements(ListForm::kArray, "{}"), ElementsAre());
  EXPECT_THAT(elements(ListForm::kArray, "{\"NULL\"}"), ElementsAre("NULL"));
  for (const char* bad : {"", "{", "{,a}", "{null}", "{\"a}", "{\"a\\", "{\"a\"b}", "{{a}}", "a"})
    EXPECT_EQ(elements(ListForm::kArray, bad).back(), "!") << bad;
}

TEST(ListScan, ReadsJsonArraysOfStrings) {
  EXPECT_THAT(elements(ListForm::kJson, " [ \"a\" , \"\\u0062\" ] "), ElementsAre("a", "b"));
  EXPECT_THAT(elements(ListForm::kJson, "[]"), ElementsAre());
  for (const char* bad : {"{}", "[1]", "[null]", "[\"a\", [\"b\"]]", "[\"\\ud800\"]", "\"a\""})
    EXPECT_EQ(elements(ListForm::kJson, bad).back(), "!") << bad;
}

RC_GTEST_PROP(ListScan, ReadsWhatListElementSpells, ()) {
  const auto any = rc::gen::container<std::string>(
      rc::gen::element('a', 'N', 'u', 'l', ' ', ',', '{', '}', '"', '\\', '\t', '\n'));
  const auto texts = *rc::gen::container<std::vector<std::string>>(any);
  for (const ListForm form : {ListForm::kArray, ListForm::kJson}) {
    std::string list;
    for (const std::string& text : texts) {
      if (!list.empty()) list += ',';
      list += list_element(form, text);
    }
    const bool json = form == ListForm::kJson;
    RC_ASSERT(elements(form, (json ? "[" : "{") + list + (json ? "]" : "}")) == texts);
  }
}

}  // namespace
}  // namespace atlas
