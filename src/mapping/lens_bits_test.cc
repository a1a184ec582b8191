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

const BitsOp kFlags{{1, 2, 8}, {}};
const BitsOp kNames{{1, 2, 8}, {"admin", "beta", "two words"}};

LensSpec flags() { return lens_spec({"a int4"}, {"b bool", "c bool", "d bool"}, kFlags); }
LensSpec names(std::string_view column) { return lens_spec({"a int4"}, {column}, kNames); }

TEST(LensBits, TestsEachBit) {
  EXPECT_EQ(carry(flags(), kLegacy, {"0"}), "false | false | false");
  EXPECT_EQ(carry(flags(), kLegacy, {"9"}), "true | false | true");
  EXPECT_EQ(carry(flags(), kLegacy, {"-1"}), "true | true | true");
  EXPECT_EQ(carry(flags(), kPlatform, {"true", "true", "false"}), "3");
}

TEST(LensBits, KeepsBitsThatHaveNoFlag) {
  EXPECT_EQ(carry(flags(), kPlatform, {"false", "true", "false"}, {"117"}), "118");
  EXPECT_EQ(carry(flags(), kPlatform, {"false", "false", "false"}, {"-1"}), "-12");
  EXPECT_EQ(carry(flags(), kPlatform, {"true", "false", "false"}, {"5"}), "5");
  EXPECT_EQ(carry(flags(), kLegacy, {"4"}, {"false", "false", "false"}), "false | false | false");
}

TEST(LensBits, CarriesNullAsAWhole) {
  EXPECT_EQ(carry(flags(), kLegacy, {std::nullopt}), "null | null | null");
  EXPECT_EQ(carry(flags(), kPlatform, {std::nullopt, std::nullopt, std::nullopt}, {"4"}), "null");
  EXPECT_EQ(carry(flags(), kPlatform, {"true", std::nullopt, "true"}), no(reason::kHalfFlags));
}

TEST(LensBits, WritesNamesInTheOrderOfTheDeclaration) {
  EXPECT_EQ(carry(names("b text[]"), kLegacy, {"11"}), "{admin,beta,\"two words\"}");
  EXPECT_EQ(carry(names("b text[]"), kLegacy, {"4"}), "{}");
  EXPECT_EQ(carry(names("b jsonb"), kLegacy, {"9"}), "[\"admin\", \"two words\"]");
  EXPECT_EQ(carry(names("b$.tags jsonb"), kLegacy, {"2"}, {"{\"x\": 1}"}),
            "{\"x\": 1, \"tags\": [\"beta\"]}");
}

TEST(LensBits, ReadsNamesInAnyOrder) {
  const std::string list = "{\"two words\",admin}";
  EXPECT_EQ(carry(names("b text[]"), kPlatform, {list}, {"4"}), "13");
  EXPECT_EQ(carry(names("b text[]"), kLegacy, {"9"}, {list}), list);
  EXPECT_EQ(carry(names("b text"), kPlatform, {" [\"b\\u0065ta\", \"beta\" ] "}), "2");
}

TEST(LensBits, RefusesWhatIsNoListOfItsNames) {
  for (const char* list : {"{admin,root}", "{\"admin \"}"})
    EXPECT_EQ(carry(names("b text[]"), kPlatform, {list}), no(reason::kNoFlag)) << list;
  for (const char* list : {"{NULL}", "{{admin}}", "[0:0]={admin}", "{admin,}", "admin", "{admin"})
    EXPECT_EQ(carry(names("b text[]"), kPlatform, {list}), no(reason::kNotNames)) << list;
  for (const char* list : {"{}", "\"admin\"", "[1]", "[null]", "[[\"admin\"]]"})
    EXPECT_EQ(carry(names("b jsonb"), kPlatform, {list}), no(reason::kNotNames)) << list;
  EXPECT_EQ(carry(names("b jsonb"), kPlatform, {"[\"root\"]"}), no(reason::kNoFlag));
}

TEST(LensBits, NeedsOneBitAFlag) {
  const auto error = [](const BitsOp& op, std::string_view type = "a int2") {
    return make_lens(lens_spec({type}, {"b bool", "c bool"}, op)).error();
  };
  EXPECT_THAT(error({{1, 3}, {}}).why(), testing::HasSubstr("3 is not one bit"));
  EXPECT_THAT(error({{0, 1}, {}}).why(), testing::HasSubstr("0 is not one bit"));
  EXPECT_THAT(error({{2, 2}, {}}).why(), testing::HasSubstr("given twice"));
  EXPECT_THAT(error({{1, 32768}, {}}).why(), testing::HasSubstr("has no bit 32768"));
  EXPECT_EQ(error({{1, 2, 4}, {}}).code(), Code::kWrongShape);
  EXPECT_EQ(error({{1, 2}, {"a", "b"}}).code(), Code::kWrongShape);
  EXPECT_EQ(error({{1, 2}, {}}, "a text").code(), Code::kTypeMismatch);
  EXPECT_EQ(make_lens(lens_spec({"a int4"}, {"b int4[]"}, kNames)).error().code(),
            Code::kTypeMismatch);
}

}  // namespace
}  // namespace atlas
