#include "mapping/lens_laws_testing.h"
#include "mapping/lens_reasons.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

constexpr Side kLegacy = Side::kLegacy;
constexpr Side kPlatform = Side::kPlatform;

std::string no(const char* why) { return fmt::format("! {}", why); }

LensSpec address(bool absent_null = false, std::string_view document = "address jsonb") {
  return lens_spec({"street text", "city text", "floor int2"}, {document},
                   PackOp{{{"street"}, {"place", "city"}, {"floor"}}, absent_null});
}

TEST(LensPack, BuildsADocument) {
  EXPECT_EQ(carry(address(), kLegacy, {"Main St", "Berlin", "3"}),
            "{\"street\": \"Main St\", \"place\": {\"city\": \"Berlin\"}, \"floor\": 3}");
  EXPECT_EQ(carry(address(false, "data$.address jsonb"), kLegacy, {"\"A\\", "\n", "-1"}, {"{}"}),
            "{\"address\": {\"street\": \"\\\"A\\\\\", \"place\": {\"city\": \"\\n\"}, "
            "\"floor\": -1}}");
}

TEST(LensPack, TakesItApart) {
  EXPECT_EQ(carry(address(), kPlatform,
                  {"{\"floor\": 3.0, \"place\": {\"city\": \"B\"}, \"street\": \"\\u0041\"}"}),
            "A | B | 3");
  EXPECT_EQ(carry(address(), kPlatform, {"{\"street\": \"A\"}"}), "A | null | null");
}

TEST(LensPack, KeepsOtherMembersAndTheirSpelling) {
  EXPECT_EQ(carry(address(), kLegacy, {"B", "C", "1"},
                  {"{ \"x\": 1.50, \"street\":\"A\", \"place\":{\"y\":[ ]} }"}),
            "{ \"x\": 1.50, \"street\":\"B\", \"place\":{\"y\":[ ], \"city\": \"C\"}, "
            "\"floor\": 1 }");
  const std::string equal = "{\"floor\":1.0,\"place\":{\"city\":\"C\"},\"street\":\"B\",\"x\":1}";
  EXPECT_EQ(carry(address(), kLegacy, {"B", "C", "1"}, {equal}), equal);
}

TEST(LensPack, WritesNullAsNullOrNoMember) {
  EXPECT_EQ(carry(address(), kLegacy, {"A", std::nullopt, "1"}),
            "{\"street\": \"A\", \"place\": {\"city\": null}, \"floor\": 1}");
  EXPECT_EQ(carry(address(true), kLegacy, {"A", std::nullopt, "1"}, {"{\"place\": {\"city\": 1}}"}),
            "{\"place\": {}, \"street\": \"A\", \"floor\": 1}");
}

TEST(LensPack, WithoutAnyValueTheMembersAreAbsent) {
  const CellTexts nothing(3);
  EXPECT_EQ(carry(address(), kLegacy, nothing), "null");
  EXPECT_EQ(carry(address(), kLegacy, nothing, {"{\"street\": \"A\", \"x\": 1}"}), "{\"x\": 1}");
  EXPECT_EQ(carry(address(false, "address jsonb not null"), kLegacy, nothing), "{}");
  EXPECT_EQ(carry(address(), kLegacy, nothing, {"{\"street\": null}"}), "{\"street\": null}");
  for (const char* document : {"{}", "null", "{\"place\": null}", "{\"x\": 1}"})
    EXPECT_EQ(carry(address(), kPlatform, {document}), "null | null | null") << document;
  EXPECT_EQ(carry(address(), kPlatform, {std::nullopt}), "null | null | null");
}

TEST(LensPack, RefusesOtherShapes) {
  EXPECT_EQ(carry(address(), kPlatform, {"{\"street\": 1}"}), no(reason::kOtherJsonType));
  EXPECT_EQ(carry(address(), kPlatform, {"{\"place\": \"B\"}"}), no(reason::kNotObject));
  EXPECT_EQ(carry(address(), kPlatform, {"{\"floor\": 1.5}"}), no(reason::kNotWhole));
  EXPECT_EQ(carry(address(), kLegacy, {"A", "B", "1"}, {"[]"}), no(reason::kNotObject));
}

TEST(LensPack, NeedsAPlaceForEachColumn) {
  const auto error = [](PackOp op, std::string_view document = "d jsonb") {
    return make_lens(lens_spec({"a text", "b text"}, {document}, std::move(op))).error();
  };
  EXPECT_EQ(error({{{"a"}}, false}).code(), Code::kWrongShape);
  EXPECT_THAT(error({{{"a"}, {"a"}}, false}).why(), testing::HasSubstr("in one place"));
  EXPECT_THAT(error({{{"a"}, {"a", "b"}}, false}).why(), testing::HasSubstr("in one place"));
  EXPECT_EQ(error({{{"a"}, {"b"}}, false}, "d int4").code(), Code::kTypeMismatch);
  EXPECT_EQ(make_lens(lens_spec({"a text[]"}, {"d jsonb"}, PackOp{{{"a"}}, false})).error().code(),
            Code::kTypeMismatch);
}

}  // namespace
}  // namespace atlas
