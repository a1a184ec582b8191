#include "mapping/lens_laws_testing.h"
#include "mapping/lens_reasons.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace atlas {
namespace {

constexpr Side kLegacy = Side::kLegacy;
constexpr Side kPlatform = Side::kPlatform;

std::string no(const char* why) { return fmt::format("! {}", why); }

LensSpec phone(std::string type, bool absent, std::string_view legacy = "phone text",
               std::string_view platform = "contact$.phone jsonb") {
  return lens_spec({legacy}, {platform}, JsonOp{std::move(type), absent});
}

TEST(LensJson, WritesOneMemberAndLeavesTheRest) {
  constexpr const char* kOld = "{\"mail\": \"a@b\", \"big\": 12345678901234567890.10}";
  EXPECT_EQ(carry(phone("text", false), kLegacy, {"1\"2"}, {kOld}),
            "{\"mail\": \"a@b\", \"big\": 12345678901234567890.10, \"phone\": \"1\\\"2\"}");
  EXPECT_EQ(carry(phone("text", false), kLegacy, {"2"}, {"{\"phone\": \"1\", \"x\": []}"}),
            "{\"phone\": \"2\", \"x\": []}");
  EXPECT_EQ(carry(phone("text", false), kLegacy, {"1"}), "{\"phone\": \"1\"}");
  EXPECT_EQ(carry(phone("text", false), kLegacy, {"\xC3\xA9"}, {"{\"phone\": \"\\u00e9\"}"}),
            "{\"phone\": \"\\u00e9\"}");
}

TEST(LensJson, ReadsTheMember) {
  EXPECT_EQ(carry(phone("text", false), kPlatform, {"{\"phone\": \"\\ud83d\\ude00\"}"}),
            "\xF0\x9F\x98\x80");
  EXPECT_EQ(carry(phone("text", false), kPlatform, {"{\"phone\": null}"}), "null");
  EXPECT_EQ(carry(phone("text", false), kPlatform, {"{}"}), "null");
  EXPECT_EQ(carry(phone("text", false), kPlatform, {std::nullopt}), "null");
  EXPECT_EQ(carry(phone("text", false), kPlatform, {"{\"phone\": 1}"}), no(reason::kOtherJsonType));
  EXPECT_EQ(carry(phone("text", false), kPlatform, {"[1]"}), no(reason::kNotObject));
  EXPECT_EQ(carry(phone("text", false), kPlatform, {"{\"phone\": \"\\ud800\"}"}),
            no(reason::kHalfSurrogate));
  EXPECT_EQ(carry(phone("text", false), kPlatform, {"{\"phone\": \"\\u0000\"}"}),
            no(reason::kZeroCharacter));
}

TEST(LensJson, WritesNullAsNullOrAsAbsence) {
  const LensSpec null = phone("text", false);
  EXPECT_EQ(carry(null, kLegacy, {std::nullopt}, {"{\"phone\": \"1\"}"}), "{\"phone\": null}");
  EXPECT_EQ(carry(null, kLegacy, {std::nullopt}, {"{\"x\": 1}"}), "{\"x\": 1}");
  EXPECT_EQ(carry(null, kLegacy, {std::nullopt}), "{\"phone\": null}");
  const LensSpec absent = phone("text", true);
  EXPECT_EQ(carry(absent, kLegacy, {std::nullopt}, {"{\"phone\": \"1\", \"x\": 1}"}), "{\"x\": 1}");
  EXPECT_EQ(carry(absent, kLegacy, {std::nullopt}, {"{\"phone\": null}"}), "{\"phone\": null}");
  EXPECT_EQ(carry(absent, kLegacy, {std::nullopt}), "null");
  const LensSpec strict = phone("text", true, "phone text", "contact$.phone jsonb not null");
  EXPECT_EQ(carry(strict, kLegacy, {std::nullopt}), "{}");
}

TEST(LensJson, CarriesNumbersExactly) {
  const LensSpec spec = phone("number", true, "n numeric");
  EXPECT_EQ(carry(spec, kPlatform, {"{\"phone\": 12345678901234567890.123456789}"}),
            "12345678901234567890.123456789");
  EXPECT_EQ(carry(spec, kPlatform, {"{\"phone\": 15e-1}"}), "1.5");
  EXPECT_EQ(carry(spec, kLegacy, {"9007199254740993"}), "{\"phone\": 9007199254740993}");
  EXPECT_EQ(carry(spec, kLegacy, {"1.50"}, {"{\"phone\": 1.5}"}), "{\"phone\": 1.5}");
  EXPECT_EQ(carry(spec, kLegacy, {"NaN"}), no(reason::kNotFinite));
  EXPECT_EQ(carry(spec, kPlatform, {"{\"phone\": 1e999999}"}), no(reason::kJsonNumber));
  const LensSpec integer = phone("number", true, "n int4");
  EXPECT_EQ(carry(integer, kPlatform, {"{\"phone\": 2.0}"}), "2");
  EXPECT_EQ(carry(integer, kPlatform, {"{\"phone\": 2.5}"}), no(reason::kNotWhole));
}

TEST(LensJson, CarriesTruthAndWholeValues) {
  EXPECT_EQ(carry(phone("bool", false, "b bool"), kLegacy, {"true"}), "{\"phone\": true}");
  EXPECT_EQ(carry(phone("bool", false, "b int2"), kPlatform, {"{\"phone\": false}"}), "0");
  const LensSpec any = phone("json", false, "j jsonb");
  EXPECT_EQ(carry(any, kLegacy, {"[1, {\"a\": 1.0}]"}, {"{\"x\": 1}"}),
            "{\"x\": 1, \"phone\": [1, {\"a\": 1.0}]}");
  EXPECT_EQ(carry(any, kPlatform, {"{\"phone\": {\"a\": [ ]}}"}), "{\"a\": [ ]}");
  EXPECT_EQ(carry(any, kPlatform, {"{\"phone\": null}"}), "null");
  EXPECT_EQ(carry(any, kLegacy, {"{\"a\":1.0,\"b\":2}"}, {"{\"phone\": {\"b\": 2, \"a\": 1}}"}),
            "{\"phone\": {\"b\": 2, \"a\": 1}}");
}

TEST(LensJson, TakesTypedColumnsForTextMembers) {
  const LensSpec spec = phone("text", true, "d date");
  EXPECT_EQ(carry(spec, kLegacy, {"2024-02-29"}), "{\"phone\": \"2024-02-29\"}");
  EXPECT_EQ(carry(spec, kPlatform, {"{\"phone\": \"2024-02-30\"}"}), no(reason::kNotThatType));
  const LensSpec stamp = phone("text", true, "t timestamptz(0)");
  EXPECT_EQ(carry(stamp, kPlatform, {"{\"phone\": \"2024-02-29T12:34:56.789Z\"}"}),
            "2024-02-29 12:34:56+00");
  EXPECT_EQ(carry(stamp, kLegacy, {"2024-02-29 12:34:56+00"},
                  {"{\"phone\": \"2024-02-29T12:34:56.789Z\"}"}),
            "{\"phone\": \"2024-02-29T12:34:56.789Z\"}");
}

TEST(LensJson, CarriesWholeDocumentsInText) {
  const LensSpec spec = lens_spec({"a text"}, {"b jsonb"}, JsonOp{"json", false});
  EXPECT_EQ(carry(spec, kLegacy, {" {\"a\": 1} "}), " {\"a\": 1} ");
  EXPECT_EQ(carry(spec, kLegacy, {"{\"a\":1.0}"}, {"{\"a\": 1}"}), "{\"a\": 1}");
  EXPECT_EQ(carry(spec, kLegacy, {"{"}), no(reason::kNotJson));
  EXPECT_EQ(carry(spec, kLegacy, {"null"}), "null");
}

TEST(LensJson, TakesEmptyTextForNoDocument) {
  const LensSpec spec = phone("text", true, "a text", "b$.x text");
  EXPECT_EQ(carry(spec, kPlatform, {" "}), "null");
  EXPECT_EQ(carry(spec, kLegacy, {std::nullopt}, {" "}), " ");
  EXPECT_EQ(carry(spec, kLegacy, {"1"}, {" "}), "{\"x\": \"1\"}");
}

TEST(LensJson, RefusesWhatHasNoDocument) {
  const auto code = [](const LensSpec& spec) { return make_lens(spec).error().code(); };
  EXPECT_EQ(code(phone("text", false, "a text", "b text")), Code::kWrongShape);
  EXPECT_EQ(code(phone("words", false)), Code::kWrongShape);
  EXPECT_EQ(code(phone("text", false, "a text", "b$.x int4")), Code::kTypeMismatch);
  EXPECT_EQ(code(phone("bool", false, "a date")), Code::kTypeMismatch);
}

// Writing one member changes no other: the frame that the two laws of one field do not see.
RC_GTEST_PROP(LensJson, LeavesEveryOtherMember, ()) {
  const LensSpec mine = phone("text", *rc::gen::arbitrary<bool>());
  const LensSpec others[] = {lens_spec({"x jsonb"}, {"contact$.a jsonb"}, JsonOp{"json", false}),
                             lens_spec({"x jsonb"}, {"contact$.b jsonb"}, JsonOp{"json", false})};
  const CellText document =
      *any_cell(column_named("contact jsonb"), {"{\"phone\": 1, \"a\": [1.0], \"phone\": \"x\"}"});
  const CellText value = *any_cell(column_named("phone text"), {});
  const std::string after = carry(mine, kLegacy, {value}, {document});
  if (after.starts_with("! ")) RC_DISCARD("does not fit");
  for (const LensSpec& other : others)
    RC_ASSERT(mid_text(other, kPlatform, {document}) ==
              mid_text(other, kPlatform, {after == "null" ? CellText() : after}));
}

}  // namespace
}  // namespace atlas
