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

EnumOp status() {
  return {{{"0", "invited"}, {"1", "active"}, {"2", "suspended"}, {"3", "suspended"}},
          {{"suspended", "2"}},
          std::nullopt};
}

TEST(LensEnum, KeepsTheOldCodeThatFoldsToTheSameValue) {
  const LensSpec spec = lens_spec({"status int4"}, {"status text"}, status());
  EXPECT_EQ(carry(spec, kLegacy, {"3"}), "suspended");
  EXPECT_EQ(carry(spec, kPlatform, {"suspended"}, {"3"}), "3");
  EXPECT_EQ(carry(spec, kPlatform, {"suspended"}, {"1"}), "2");
  EXPECT_EQ(carry(spec, kPlatform, {"suspended"}), "2");
  EXPECT_EQ(lens_of(spec)->law(), LawClass::kLegacyFiner);
}

TEST(LensEnum, RefusesUnknownCodes) {
  const LensSpec spec = lens_spec({"status int4"}, {"status text"}, status());
  EXPECT_EQ(carry(spec, kLegacy, {"4"}), no(reason::kNoEntry));
  EXPECT_EQ(carry(spec, kPlatform, {"gone"}), no(reason::kNoEntry));
}

TEST(LensEnum, ElseTakesEveryOtherCodeAndMakesNone) {
  EnumOp op{{{"0", "a"}}, {}, "other"};
  const LensSpec spec = lens_spec({"status int4"}, {"status text"}, op);
  EXPECT_EQ(carry(spec, kLegacy, {"77"}), "other");
  EXPECT_EQ(carry(spec, kPlatform, {"other"}, {"77"}), "77");
  EXPECT_EQ(carry(spec, kPlatform, {"other"}), no(reason::kNoCode));
  EXPECT_EQ(carry(spec, kPlatform, {"a"}, {"77"}), "0");
  op.otherwise = "a";
  const LensSpec same = lens_spec({"status int4"}, {"status text"}, op);
  EXPECT_EQ(carry(same, kPlatform, {"a"}), "0");
  EXPECT_EQ(carry(same, kPlatform, {"a"}, {"77"}), "77");
  EXPECT_EQ(lens_of(same)->law(), LawClass::kLegacyFiner);
}

TEST(LensEnum, ReadsCodesByTheColumnsTypes) {
  const EnumOp op{{{"J", "true"}, {"N", "false"}}, {}, std::nullopt};
  const LensSpec letters = lens_spec({"a char(3)"}, {"b bool"}, op);
  EXPECT_EQ(carry(letters, kLegacy, {"J  "}), "true");
  EXPECT_EQ(carry(letters, kPlatform, {"false"}), "N  ");
  EXPECT_EQ(lens_of(letters)->law(), LawClass::kBijection);
  const EnumOp numbers{{{"1.50", "1"}, {"2", "2"}}, {}, std::nullopt};
  const LensSpec decimals = lens_spec({"a numeric(4,1)"}, {"b int2"}, numbers);
  EXPECT_EQ(carry(decimals, kLegacy, {"1.5"}), "1");
  EXPECT_EQ(carry(decimals, kLegacy, {"2.0"}), "2");
  EXPECT_EQ(carry(decimals, kPlatform, {"1"}), "1.5");
}

TEST(LensEnum, FindsCodesByTheirCanonicalForm) {
  const EnumOp op{{{"Yes", "1"}, {"No", "0"}}, {}, std::nullopt};
  const LensSpec spec = lens_spec({"a text"}, {"b int4"}, op, {Canon::kTrim, Canon::kLower});
  EXPECT_EQ(carry(spec, kLegacy, {" YES"}), "1");
  EXPECT_EQ(carry(spec, kPlatform, {"0"}), "No");
  EXPECT_EQ(carry(spec, kPlatform, {"1"}, {" YES"}), " YES");
}

TEST(LensEnum, ReachesIntoAPath) {
  const EnumOp op{{{"0", "off"}, {"1", "on"}}, {}, std::nullopt};
  const LensSpec spec = lens_spec({"a int4"}, {"b$.state jsonb"}, op);
  EXPECT_EQ(carry(spec, kLegacy, {"1"}, {"{\"x\": 1}"}), "{\"x\": 1, \"state\": \"on\"}");
}

struct BadTable {
  std::string_view what;
  EnumOp op;
  Code code;
};

TEST(LensEnum, RefusesTablesThatCannotBeMeant) {
  const BadTable kTables[] = {
      {"folds without prefer", {{{"1", "a"}, {"2", "a"}}, {}, {}}, Code::kEnumFolds},
      {"a code twice", {{{"1", "a"}, {"1", "b"}}, {}, {}}, Code::kDuplicateKey},
      {"a code twice in two spellings", {{{"1", "a"}, {"+1", "b"}}, {}, {}}, Code::kDuplicateKey},
      {"a code that is no integer", {{{"x", "a"}}, {}, {}}, Code::kTypeMismatch},
      {"a code beyond the column", {{{"99999999999", "a"}}, {}, {}}, Code::kTypeMismatch},
      {"a value that is no label", {{{"1", "z"}}, {}, {}}, Code::kTypeMismatch},
      {"an else that is no label", {{{"1", "a"}}, {}, "z"}, Code::kTypeMismatch},
      {"prefer for another value", {{{"1", "a"}, {"2", "b"}}, {{"a", "2"}}, {}}, Code::kWrongShape},
      {"prefer for an unknown code", {{{"1", "a"}}, {{"a", "7"}}, {}}, Code::kWrongShape},
      {"no codes", {{}, {}, "a"}, Code::kWrongShape}};
  for (const auto& [what, op, code] : kTables) {
    SCOPED_TRACE(what);
    const auto lens = make_lens(lens_spec({"x int4"}, {"y enum(a,b)"}, op));
    ASSERT_FALSE(lens.has_value());
    EXPECT_EQ(lens.error().code(), code);
  }
}

TEST(LensEnum, NamesTheFoldingCodesAndTheFix) {
  const EnumOp op{{{"2", "suspended"}, {"3", "suspended"}}, {}, std::nullopt};
  const auto lens = make_lens(lens_spec({"x int4"}, {"y text"}, op));
  ASSERT_FALSE(lens.has_value());
  EXPECT_EQ(lens.error().why(), "2 and 3 both stand for suspended");
  EXPECT_THAT(lens.error().next(), testing::HasSubstr("prefer: {suspended: 2}"));
}

}  // namespace
}  // namespace atlas
