#include "mapping/lens_laws_testing.h"
#include "mapping/lens_reasons.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace atlas {
namespace {

constexpr Side kLegacy = Side::kLegacy;
constexpr Side kPlatform = Side::kPlatform;

std::string no(const char* why) { return fmt::format("! {}", why); }

ScaleOp scale(std::string_view factor, bool divide, std::string_view offset = "0") {
  return {*Decimal::parse(factor), divide, *Decimal::parse(offset)};
}

TEST(LensScale, CarriesCentsBothWays) {
  const LensSpec spec = lens_spec({"cents int4"}, {"amount numeric(10,2)"}, scale("100", true));
  EXPECT_EQ(carry(spec, kLegacy, {"1050"}), "10.50");
  EXPECT_EQ(carry(spec, kLegacy, {"5"}), "0.05");
  EXPECT_EQ(carry(spec, kLegacy, {"-7"}), "-0.07");
  EXPECT_EQ(carry(spec, kLegacy, {"0"}), "0.00");
  EXPECT_EQ(carry(spec, kLegacy, {"-2147483648"}), "-21474836.48");
  EXPECT_EQ(carry(spec, kPlatform, {"10.50"}), "1050");
  EXPECT_EQ(carry(spec, kPlatform, {"99999999.99"}), no(reason::kIntegerRange));
  EXPECT_EQ(carry(spec, kPlatform, {"NaN"}), no(reason::kNotFinite));
  EXPECT_EQ(lens_of(spec)->law(), LawClass::kBijection);
}

TEST(LensScale, NeverRounds) {
  const LensSpec spec = lens_spec({"cents int4"}, {"amount numeric"}, scale("100", true));
  EXPECT_EQ(carry(spec, kPlatform, {"10.505"}), no(reason::kNotWhole));
  const LensSpec thirds = lens_spec({"a int4"}, {"b numeric"}, scale("3", true));
  EXPECT_EQ(carry(thirds, kLegacy, {"6"}), "2");
  EXPECT_EQ(carry(thirds, kLegacy, {"7"}), no(reason::kEndless));
  EXPECT_EQ(carry(thirds, kPlatform, {"2.5"}), no(reason::kNotWhole));
  const LensSpec places = lens_spec({"a int4"}, {"b numeric(10,1)"}, scale("100", true));
  EXPECT_EQ(carry(places, kLegacy, {"125"}), no(reason::kPlaces));
}

TEST(LensScale, AddsTheOffsetOnThePlatformSide) {
  const LensSpec spec =
      lens_spec({"celsius numeric(6,2)"}, {"fahrenheit numeric"}, scale("1.8", false, "32"));
  EXPECT_EQ(carry(spec, kLegacy, {"100.00"}), "212");
  EXPECT_EQ(carry(spec, kLegacy, {"-40.00"}), "-40");
  EXPECT_EQ(carry(spec, kPlatform, {"98.6"}), "37.00");
  EXPECT_EQ(carry(spec, kPlatform, {"32.1"}), no(reason::kEndless));
}

TEST(LensScale, IsExactBeyondMachineNumbers) {
  const LensSpec spec = lens_spec({"a numeric"}, {"b numeric"}, scale("0.001", false));
  EXPECT_EQ(carry(spec, kLegacy, {"123456789012345678901234567890.5"}),
            "123456789012345678901234567.8905");
  EXPECT_EQ(carry(spec, kLegacy, {"9223372036854775807"}), "9223372036854775.807");
  EXPECT_EQ(carry(spec, kPlatform, {"9223372036854775.807"}), "9223372036854775807");
}

TEST(LensScale, KeepsTheOldSpelling) {
  const LensSpec spec = lens_spec({"a text"}, {"b numeric(10,2)"}, scale("100", true));
  EXPECT_EQ(carry(spec, kPlatform, {"10.50"}, {"01050"}), "01050");
}

TEST(LensScale, RefusesZeroAndTypesWithoutNumbers) {
  EXPECT_EQ(make_lens(lens_spec({"a int4"}, {"b int4"}, scale("0", false))).error().code(),
            Code::kWrongShape);
  EXPECT_EQ(make_lens(lens_spec({"a date"}, {"b int4"}, scale("2", false))).error().code(),
            Code::kTypeMismatch);
}

// The quick way over 128 bits and the slow one over digit strings give the same numbers.
RC_GTEST_PROP(LensScale, ComputesWhatDecimalComputes, ()) {
  const auto digits = [](int n) {
    return rc::gen::map(rc::gen::container<std::string>(static_cast<std::size_t>(n),
                                                        rc::gen::inRange<char>('0', '9')),
                        [](std::string d) { return d.insert(d.size() / 2, "."); });
  };
  const std::string x = "1" + *digits(*rc::gen::inRange(2, 24));
  const std::string factor = "1" + *digits(*rc::gen::inRange(2, 20));
  const std::string offset =
      (*rc::gen::arbitrary<bool>() ? "-1" : "1") + *digits(*rc::gen::inRange(2, 20));
  const LensSpec spec = lens_spec({"a numeric"}, {"b numeric"}, scale(factor, false, offset));
  const Decimal expected =
      Decimal::parse(x)->times(*Decimal::parse(factor)).plus(*Decimal::parse(offset));
  RC_ASSERT(carry(spec, kLegacy, {x}) == expected.text());
  RC_ASSERT(*Decimal::parse(carry(spec, kPlatform, {expected.text()})) == *Decimal::parse(x));
}

}  // namespace
}  // namespace atlas
