#include "model/decimal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace atlas {
namespace {

using ::testing::Optional;

__extension__ using Wide = __int128;

Decimal dec(std::string_view text) { return *Decimal::parse(text); }

struct Spelling {
  const char* text;
  const char* shortest;
};

constexpr Spelling kSpellings[] = {
    {"0", "0"},
    {"-0", "0"},
    {"0.000", "0"},
    {"-0.00", "0"},
    {"00", "0"},
    {"7", "7"},
    {"+7", "7"},
    {"007", "7"},
    {"-12.340", "-12.34"},
    {"1.00", "1"},
    {"100", "100"},
    {"100.0", "100"},
    {".5", "0.5"},
    {"5.", "5"},
    {"-.50", "-0.5"},
    {"0.050", "0.05"},
    {"1e3", "1000"},
    {"1E+3", "1000"},
    {"1.5e-3", "0.0015"},
    {"150e-1", "15"},
    {"1.50e1", "15"},
    {"0e999", "0"},
    {"12e0", "12"},
    {"9007199254740993", "9007199254740993"},
    {"0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"},
    {"123456789012345678901234567890.10", "123456789012345678901234567890.1"},
};

TEST(Decimal, ReadsEverySpellingAndPrintsTheShortest) {
  for (const Spelling& c : kSpellings) {
    EXPECT_EQ(dec(c.text).text(), c.shortest) << c.text;
    std::string scratch;
    EXPECT_EQ(shortest_decimal(c.text, scratch), c.shortest) << c.text;
  }
}

TEST(Decimal, OtherTextIsNoDecimal) {
  for (const char* text : {"",     " 1",    "1 ",           "-",        "+",         ".",
                           "-.",   "e5",    "1e",           "1e+",      "1.2.3",     "1,5",
                           "0x10", "1_000", "NaN",          "Infinity", "-Infinity", "inf",
                           "--1",  "+-1",   "1e9999999999", "1e131072", "1e-16384",  "٣"}) {
    EXPECT_EQ(Decimal::parse(text), std::nullopt) << text;
    std::string scratch;
    EXPECT_EQ(shortest_decimal(text, scratch), text);
  }
}

TEST(Decimal, HoldsPostgresLargestAndSmallest) {
  EXPECT_EQ(dec("1e131071").integer_digits(), 131072);
  EXPECT_EQ(dec("1e-16383").scale_needed(), 16383);
}

TEST(Decimal, ShortestTextOfPlainTextIsCutNotCopied) {
  const std::string text = "12.3400";
  std::string scratch;
  const std::string_view shortest = shortest_decimal(text, scratch);
  EXPECT_EQ(shortest, "12.34");
  EXPECT_EQ(shortest.data(), text.data());
}

TEST(Decimal, PrintsWithAFixedNumberOfPlaces) {
  EXPECT_EQ(dec("1.5").text(3), "1.500");
  EXPECT_EQ(dec("0").text(2), "0.00");
  EXPECT_EQ(dec("-0.05").text(2), "-0.05");
  EXPECT_EQ(dec("100").text(0), "100");
}

TEST(DecimalDeathTest, NeverRoundsSilently) {
  EXPECT_DEATH((void)dec("1.25").text(1), "fewer places than it needs");
}

TEST(Decimal, OrdersByValue) {
  const std::vector<const char*> ascending = {
      "-100", "-99.5", "-10",  "-9.99", "-1",       "-0.5", "-0.05", "0",    "0.000001", "0.05",
      "0.1",  "0.5",   "0.51", "1",     "1.000001", "9",    "10",    "10.5", "100"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      const int expected = i < j ? -1 : (i > j ? 1 : 0);
      EXPECT_EQ(dec(ascending[i]).compare(dec(ascending[j])), expected)
          << ascending[i] << " against " << ascending[j];
    }
  }
  EXPECT_EQ(dec("1.0"), dec("1"));
}

TEST(Decimal, DividesExactlyOrNotAtAll) {
  EXPECT_THAT(dec("1").divided_by(dec("8")), Optional(dec("0.125")));
  EXPECT_THAT(dec("1999").divided_by(dec("100")), Optional(dec("19.99")));
  EXPECT_THAT(dec("-3").divided_by(dec("0.06")), Optional(dec("-50")));
  EXPECT_THAT(dec("6").divided_by(dec("3")), Optional(dec("2")));
  EXPECT_THAT(dec("0").divided_by(dec("7")), Optional(dec("0")));
  EXPECT_THAT(dec("1").divided_by(dec("1e-20")), Optional(dec("1e20")));
  EXPECT_EQ(dec("1").divided_by(dec("3")), std::nullopt);
  EXPECT_EQ(dec("1").divided_by(dec("0.7")), std::nullopt);
  EXPECT_EQ(dec("1").divided_by(dec("0")), std::nullopt);
}

TEST(Decimal, KnowsItsShape) {
  EXPECT_TRUE(dec("5.000").is_integer());
  EXPECT_FALSE(dec("5.001").is_integer());
  EXPECT_EQ(dec("12.3400").scale_needed(), 2);
  EXPECT_EQ(dec("12.34").integer_digits(), 2);
  EXPECT_EQ(dec("0.034").integer_digits(), 0);
  EXPECT_EQ(dec("0").integer_digits(), 0);
}

TEST(Decimal, ConvertsToIntegersThatFit) {
  constexpr auto kMax = std::numeric_limits<long long>::max();
  constexpr auto kMin = std::numeric_limits<long long>::min();
  EXPECT_THAT(dec("9223372036854775807").to_int64(), Optional(kMax));
  EXPECT_THAT(dec("-9223372036854775808").to_int64(), Optional(kMin));
  EXPECT_EQ(dec("9223372036854775808").to_int64(), std::nullopt);
  EXPECT_EQ(dec("0.5").to_int64(), std::nullopt);
  EXPECT_EQ(Decimal::of(kMin).text(), "-9223372036854775808");
}

std::string wide_text(Wide value) {
  if (value == 0) return "0";
  const bool negative = value < 0;
  std::string out;
  for (; value != 0; value /= 10)
    out.insert(out.begin(),
               static_cast<char>('0' + static_cast<int>(negative ? -(value % 10) : value % 10)));
  return negative ? "-" + out : out;
}

// value × 10^-scale.
Decimal scaled(long long value, int scale) {
  return dec(std::to_string(value) + "e-" + std::to_string(scale));
}

rc::Gen<int> scales() { return rc::gen::inRange(0, 12); }

RC_GTEST_PROP(DecimalProperty, AddsAndMultipliesLikeWideIntegers, (long long a, long long b)) {
  const int scale = *scales();
  RC_ASSERT(scaled(a, scale).plus(scaled(b, scale)) ==
            dec(wide_text(Wide{a} + b) + "e-" + std::to_string(scale)));
  RC_ASSERT(scaled(a, scale).times(scaled(b, 3)) ==
            dec(wide_text(Wide{a} * b) + "e-" + std::to_string(scale + 3)));
}

RC_GTEST_PROP(DecimalProperty, ComparesLikeWideIntegers, (int a, int b)) {
  const int x = *scales();
  const int y = *scales();
  Wide left = a;
  Wide right = b;
  for (int i = x; i < 12; ++i) left *= 10;
  for (int i = y; i < 12; ++i) right *= 10;
  RC_ASSERT(scaled(a, x).compare(scaled(b, y)) == (left < right ? -1 : (left > right ? 1 : 0)));
}

RC_GTEST_PROP(DecimalProperty, DivisionUndoesMultiplicationAtAnySize,
              (long long a, long long b, long long c)) {
  const Decimal product = scaled(a, *scales()).times(scaled(c, 2));
  const Decimal factor = scaled(b == 0 ? 1 : b, *scales());
  const auto quotient = product.times(factor).divided_by(factor);
  RC_ASSERT(quotient && *quotient == product);
}

RC_GTEST_PROP(DecimalProperty, PrintingAndReadingIsTheIdentity, (long long a)) {
  const Decimal value = scaled(a, *scales());
  RC_ASSERT(dec(value.text()) == value);
  RC_ASSERT(dec(value.text(value.scale_needed() + 3)) == value);
  std::string scratch;
  RC_ASSERT(shortest_decimal(value.text(value.scale_needed() + 3), scratch) == value.text());
}

RC_GTEST_PROP(DecimalProperty, NegationIsItsOwnReverseAndAddsToZero, (long long a)) {
  const Decimal value = scaled(a, *scales());
  RC_ASSERT(value.negated().negated() == value);
  RC_ASSERT(value.plus(value.negated()).text() == "0");
}

}  // namespace
}  // namespace atlas
