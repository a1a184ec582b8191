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

// One legacy cell of a type over an old platform cell (none: insert) gives this platform cell.
struct CopyCase {
  std::string_view from, cell, to, old, expected;
};

void expect_copies(const std::vector<CopyCase>& cases) {
  for (const auto& [from, cell, to, old, expected] : cases) {
    SCOPED_TRACE(fmt::format("{} '{}' to {} over '{}'", from, cell, to, old));
    const std::string legacy = fmt::format("a {}", from);
    const std::string platform = fmt::format("b {}", to);
    CellTexts before;
    if (old != "-") before = {std::string(old)};
    const LensSpec there = lens_spec({legacy}, {platform});
    EXPECT_EQ(carry(there, kLegacy, {std::string(cell)}, before), expected);
    // A copy knows no sides.
    const LensSpec mirrored = lens_spec({platform}, {legacy});
    EXPECT_EQ(carry(mirrored, kPlatform, {std::string(cell)}, before), expected);
  }
}

TEST(LensCopy, ChecksIntegerRanges) {
  expect_copies({{"int8", "2147483647", "int4", "-", "2147483647"},
                 {"int8", "2147483648", "int4", "-", no(reason::kIntegerRange)},
                 {"int8", "-9223372036854775808", "int8", "-", "-9223372036854775808"},
                 {"int4", "-32769", "int2", "-", no(reason::kIntegerRange)},
                 {"numeric", "9223372036854775808", "int8", "-", no(reason::kIntegerRange)},
                 {"numeric", "9223372036854775807.000", "int8", "-", "9223372036854775807"},
                 {"numeric", "1.5", "int8", "-", no(reason::kNotWhole)},
                 {"numeric", "NaN", "int8", "-", no(reason::kNotFinite)}});
}

TEST(LensCopy, CarriesDecimalsExactlyAndNeverRounds) {
  expect_copies({{"int8", "9007199254740993", "numeric(38,10)", "-", "9007199254740993.0000000000"},
                 {"numeric", "1.5", "numeric(10,2)", "-", "1.50"},
                 {"numeric", "1.005", "numeric(10,2)", "-", no(reason::kPlaces)},
                 {"numeric", "1.0050", "numeric(10,3)", "-", "1.005"},
                 {"numeric", "99999999.99", "numeric(10,2)", "-", "99999999.99"},
                 {"numeric", "100000000", "numeric(10,2)", "-", no(reason::kDigits)},
                 {"numeric", "-0.00", "numeric(3,1)", "-", "0.0"},
                 {"numeric", "0.00012", "numeric(2,5)", "-", "0.00012"},
                 {"numeric", "0.0012", "numeric(2,5)", "-", no(reason::kDigits)},
                 {"int4", "1200", "numeric(3,-2)", "-", "1200"},
                 {"int4", "1250", "numeric(3,-2)", "-", no(reason::kPlaces)},
                 {"numeric", "NaN", "numeric(3,1)", "-", "NaN"},
                 {"numeric", "Infinity", "numeric(3,1)", "-", no(reason::kNotFinite)},
                 {"numeric", "-Infinity", "numeric", "-", "-Infinity"}});
}

TEST(LensCopy, TakesFloatsOnlyExactly) {
  expect_copies({{"float8", "0.1", "numeric", "-", "0.1"},
                 {"numeric", "0.1", "float8", "-", "0.1"},
                 {"float4", "0.1", "float8", "-", "0.1"},
                 {"float8", "0.1234567890123", "float4", "-", no(reason::kFloatInexact)},
                 {"int8", "9007199254740993", "float8", "-", no(reason::kFloatInexact)},
                 {"int8", "9007199254740992", "float8", "-", "9.007199254740992e+15"},
                 {"int4", "16777217", "float4", "-", no(reason::kFloatInexact)},
                 {"numeric", "0.12345678901234567890", "float8", "-", no(reason::kFloatInexact)},
                 {"numeric", "1234567890123456789012345678901234567890", "float4", "-",
                  no(reason::kFloatInexact)},
                 {"float8", "NaN", "float4", "-", "NaN"},
                 {"float8", "-Infinity", "numeric", "-", "-Infinity"},
                 {"float8", "2.5", "int4", "-", no(reason::kNotWhole)}});
}

TEST(LensCopy, KeepsTheOldSpellingOfAnEqualValue) {
  expect_copies(
      {{"int4", "7", "text", "007", "007"},
       {"int4", "8", "text", "007", "8"},
       {"numeric(10,2)", "1.00", "numeric", "1.0", "1.0"},
       {"date", "2024-02-29", "timestamp", "2024-02-29 12:00:00", "2024-02-29 12:00:00"},
       {"date", "2024-03-01", "timestamp", "2024-02-29 12:00:00", "2024-03-01 00:00:00"},
       {"timestamp(0)", "2024-02-29 12:34:56", "timestamp", "2024-02-29 12:34:56.789",
        "2024-02-29 12:34:56.789"},
       {"char(5)", "ab   ", "text", "ab ", "ab "},
       {"uuid", "550e8400-e29b-41d4-a716-446655440000", "text",
        "550E8400-E29B-41D4-A716-446655440000", "550E8400-E29B-41D4-A716-446655440000"},
       {"jsonb", "{\"a\": 1.0, \"b\": 2}", "json", "{\"b\":2,\"a\":1}", "{\"b\":2,\"a\":1}"}});
}

TEST(LensCopy, CountsTextInCharacters) {
  expect_copies({{"text", "\xF0\x9F\x98\x80\xF0\x9F\x98\x80", "varchar(2)", "-",
                  "\xF0\x9F\x98\x80\xF0\x9F\x98\x80"},
                 {"text", "abc", "varchar(2)", "-", no(reason::kTooLong)},
                 {"text", "", "varchar(2)", "-", ""},
                 {"text", "\xC3\xA9", "char(3)", "-", "\xC3\xA9  "},
                 {"text", "ab  ", "char(3)", "-", "ab "},
                 {"text", "abcd", "char(3)", "-", no(reason::kTooLong)},
                 {"char(5)", "a    ", "varchar(1)", "-", "a"},
                 {"text", "b", "enum(a,b)", "-", "b"},
                 {"text", "c", "enum(a,b)", "-", no(reason::kNoLabel)}});
}

TEST(LensCopy, ReadsTextAsTheOtherSidesType) {
  expect_copies(
      {{"text", "2024-02-29", "date", "-", "2024-02-29"},
       {"text", "2024-02-30", "date", "-", no(reason::kNotThatType)},
       {"text", "0044-03-15 BC", "date", "-", "0044-03-15 BC"},
       {"text", "+5", "int4", "-", "5"},
       {"text", "1e3", "int4", "-", "1000"},
       {"text", "", "int4", "-", no(reason::kNotThatType)},
       {"text", "5 apples", "int4", "-", no(reason::kNotThatType)},
       {"text", "t", "bool", "-", "true"},
       {"bool", "false", "text", "-", "false"},
       {"text", "2024-02-29T12:00:00+01:30", "timestamptz", "-", "2024-02-29 10:30:00+00"},
       {"float8", "1e+22", "text", "-", "1e+22"},
       {"float8", "1e+23", "text", "-", "99999999999999991611392"},
       {"char(6)", "12    ", "int2", "-", "12"},
       {"bytea", "\\x00ff", "text", "-", "\\x00ff"}});
}

TEST(LensCopy, TakesZeroAndOneForTruth) {
  expect_copies({{"int2", "1", "bool", "-", "true"},
                 {"bool", "true", "int4", "-", "1"},
                 {"int4", "2", "bool", "-", no(reason::kNotZeroOne)}});
}

TEST(LensCopy, KeepsInfinityAndRefusesWhatTimestampsCannotReach) {
  expect_copies(
      {{"date", "infinity", "timestamp", "-", "infinity"},
       {"timestamp", "-infinity", "date", "-", "-infinity"},
       {"timestamp", "1969-12-31 23:59:59.999999", "date", "-", "1969-12-31"},
       {"date", "5874897-12-31", "timestamp", "-", no(reason::kStampRange)},
       {"timestamp", "1969-12-31 23:59:59.999999", "timestamp(0)", "-", "1969-12-31 23:59:59"},
       {"time", "24:00:00", "time(0)", "-", "24:00:00"}});
}

TEST(LensCopy, GivesJsonbNothingItCannotHold) {
  expect_copies({{"json", "{\"a\": \"\\u0000\"}", "jsonb", "-", no(reason::kNotJsonb)},
                 {"json", "[\"\\ud800\"]", "jsonb", "-", no(reason::kNotJsonb)},
                 {"json", "1e400000", "jsonb", "-", no(reason::kNotJsonb)},
                 {"json", "[\"\\\\u0000\"]", "jsonb", "-", "[\"\\\\u0000\"]"},
                 {"json", "{", "json", "-", no(reason::kNotJson)}});
}

TEST(LensCopy, RefusesTextThatPostgresCannotHold) {
  const LensSpec spec = lens_spec({"a text"}, {"b text"});
  EXPECT_EQ(carry(spec, kLegacy, {std::string("a\0b", 3)}), no(reason::kZeroCharacter));
  for (const char* bad : {"\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80"})
    EXPECT_EQ(carry(spec, kLegacy, {bad}), no(reason::kNotUtf8));
}

TEST(LensCopy, AnswersForNullOnlyWhereOneSideMayNotBeNull) {
  const LensSpec spec = lens_spec({"a text"}, {"b text not null"});
  EXPECT_TRUE(lens_of(spec)->handles_null());
  EXPECT_EQ(carry(spec, kLegacy, {std::nullopt}), no(reason::kNull));
  EXPECT_FALSE(lens_of(lens_spec({"a text"}, {"b text"}))->handles_null());
}

struct Refusal {
  std::string_view legacy, platform, advice;
};

TEST(LensCopy, RefusesTypesThatDoNotMeetAndNamesAnOperator) {
  const Refusal kRefusals[] = {{"timestamp", "timestamptz", "`tz`"},
                               {"int8", "timestamptz", "`epoch`"},
                               {"timestamp", "numeric(20,0)", "`epoch`"},
                               {"date", "timestamptz", "`tz`"},
                               {"text", "jsonb", "`json`"},
                               {"int4", "enum(a,b)", "`enum`"},
                               {"numeric", "bool", "`enum`"},
                               {"uuid", "int8", "`enum`"},
                               {"int4[]", "int8[]", "`enum`"},
                               {"text[]", "text", "`enum`"}};
  for (const auto& [legacy, platform, advice] : kRefusals) {
    SCOPED_TRACE(fmt::format("{} {}", legacy, platform));
    const auto lens =
        make_lens(lens_spec({fmt::format("x {}", legacy)}, {fmt::format("y {}", platform)}));
    ASSERT_FALSE(lens.has_value());
    EXPECT_EQ(lens.error().code(), Code::kTypeMismatch);
    EXPECT_THAT(lens.error().why(), testing::HasSubstr(fmt::format("x is {}", legacy)));
    EXPECT_THAT(lens.error().why(), testing::HasSubstr(fmt::format("y is {}", platform)));
    EXPECT_THAT(lens.error().next(), testing::HasSubstr(advice));
  }
}

TEST(LensCopy, KnowsWhichSideIsFiner) {
  const std::tuple<std::string_view, std::string_view, LawClass> kLaws[] = {
      {"int4", "int8", LawClass::kBijection},
      {"text", "text", LawClass::kBijection},
      {"text", "int4", LawClass::kLegacyFiner},
      {"date", "timestamp", LawClass::kPlatformFiner},
      {"timestamp(3)", "timestamp", LawClass::kPlatformFiner},
      {"char(5)", "text", LawClass::kPlatformFiner},
      {"json", "jsonb", LawClass::kQuotient}};
  for (const auto& [legacy, platform, law] : kLaws) {
    const std::string a = fmt::format("a {}", legacy);
    const std::string b = fmt::format("b {}", platform);
    EXPECT_EQ(lens_of(lens_spec({a}, {b}))->law(), law) << a << " " << b;
  }
  EXPECT_EQ(lens_of(lens_spec({"a text"}, {"b text"}, CopyOp{}, {Canon::kTrim}))->law(),
            LawClass::kQuotient);
}

// A cell of a wrong tag is an engine's mistake or SQLite's freedom; it is held, not misread.
TEST(LensCopy, RefusesACellOfAnotherType) {
  const auto lens = lens_of(lens_spec({"a date"}, {"b date"}));
  Arena arena;
  Value mid;
  const Value wrong = Value::text("2024-01-01");
  EXPECT_STREQ(lens->get(kLegacy, {&wrong, 1}, arena, mid).reason, reason::kWrongTag);
}

TEST(LensCanon, ComparesModuloAndKeepsTheStoredSpelling) {
  const LensSpec spec = lens_spec({"a text"}, {"b text"}, CopyOp{}, {Canon::kTrim, Canon::kLower});
  EXPECT_EQ(carry(spec, kLegacy, {" Anna@Example.COM "}), "anna@example.com");
  EXPECT_EQ(carry(spec, kLegacy, {"ANNA@example.com"}, {"Anna@Example.com"}), "Anna@Example.com");
  EXPECT_EQ(carry(spec, kLegacy, {"anne@example.com"}, {"Anna@Example.com"}), "anne@example.com");
  const LensSpec nfc = lens_spec({"a text"}, {"b text"}, CopyOp{}, {Canon::kNfc});
  EXPECT_EQ(carry(nfc, kLegacy, {"e\xCC\x81"}), "\xC3\xA9");
  EXPECT_EQ(carry(nfc, kPlatform, {"\xC3\xA9"}, {"e\xCC\x81"}), "e\xCC\x81");
}

TEST(LensCanon, WritesEmptyTextForNullWhereNullIsNotAllowed) {
  const LensSpec spec =
      lens_spec({"a text not null"}, {"b date"}, CopyOp{}, {Canon::kTrim, Canon::kEmptyNull});
  EXPECT_EQ(carry(spec, kLegacy, {"  "}), "null");
  EXPECT_EQ(carry(spec, kPlatform, {std::nullopt}), "");
  EXPECT_EQ(carry(spec, kPlatform, {std::nullopt}, {"  "}), "  ");
  EXPECT_EQ(carry(spec, kLegacy, {" 2024-02-29"}), "2024-02-29");
}

TEST(LensCanon, IsRefusedWhereThereIsNoText) {
  const auto lens = make_lens(lens_spec({"a int4"}, {"b int4"}, CopyOp{}, {Canon::kTrim}));
  ASSERT_FALSE(lens.has_value());
  EXPECT_EQ(lens.error().code(), Code::kTypeMismatch);
}

TEST(LensDomain, HoldsOnReadingAndOnWriting) {
  LensSpec spec = lens_spec({"a int4"}, {"b text"});
  spec.domain_legacy = {DomainSpec{{}, "0", "100", {}, {}}};
  EXPECT_EQ(carry(spec, kLegacy, {"100"}), "100");
  EXPECT_EQ(carry(spec, kLegacy, {"101"}), no(reason::kOutsideDomain));
  EXPECT_EQ(carry(spec, kPlatform, {"-1"}), no(reason::kOutsideDomain));
}

TEST(LensDomain, IsASetARangeOrAPattern) {
  const auto ask = [](std::string_view type, DomainSpec domain, const std::string& cell) {
    const std::string a = fmt::format("a {}", type);
    LensSpec spec = lens_spec({a}, {a});
    spec.domain_platform = {std::move(domain)};
    return carry(spec, kPlatform, {cell}) == cell;
  };
  EXPECT_TRUE(ask("numeric", {{"1.0", "2"}, {}, {}, {}, {}}, "1.00"));
  EXPECT_FALSE(ask("numeric", {{"1.0", "2"}, {}, {}, {}, {}}, "1.5"));
  EXPECT_TRUE(ask("numeric", {{}, "-1.5", {}, {}, {}}, "-1.5"));
  EXPECT_FALSE(ask("numeric", {{}, {}, "1e3", {}, {}}, "1000.01"));
  EXPECT_FALSE(ask("numeric", {{}, {}, "1e3", {}, {}}, "NaN"));
  EXPECT_TRUE(ask("date", {{}, "2000-01-01", "infinity", {}, {}}, "infinity"));
  EXPECT_FALSE(ask("date", {{}, "2000-01-01", {}, {}, {}}, "1999-12-31"));
  EXPECT_TRUE(ask("text", {{}, {}, {}, "[^ ]+", {}}, "\xC3\xA9t\xC3\xA9"));
  EXPECT_FALSE(ask("text", {{}, {}, {}, "[^ ]+", {}}, "a b"));
  EXPECT_TRUE(ask("int4", {{}, {}, {}, "\\d{3}", {}}, "123"));
  EXPECT_TRUE(ask("char(4)", {{"ab"}, {}, {}, {}, {}}, "ab  "));
}

TEST(LensDomain, IsReadByTheColumnsType) {
  LensSpec spec = lens_spec({"a date"}, {"b date"});
  spec.domain_legacy = {DomainSpec{{"soon"}, {}, {}, {}, {}}};
  ASSERT_FALSE(make_lens(spec).has_value());
  EXPECT_EQ(make_lens(spec).error().code(), Code::kWrongShape);
  spec.domain_legacy = {DomainSpec{{}, {}, {}, "(", {}}};
  EXPECT_EQ(make_lens(spec).error().code(), Code::kWrongShape);
}

}  // namespace
}  // namespace atlas
