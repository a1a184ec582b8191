// The expression language: what is understood, what it answers, what is refused.

#include "mapping/expression_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>

namespace atlas {
namespace {

using testing::HasSubstr;

const std::vector<LensColumn> kColumns = {
    column_named("t text"),         column_named("n numeric"), column_named("i int8"),
    column_named("b bool"),         column_named("d date"),    column_named("ts timestamp"),
    column_named("at timestamptz"), column_named("j jsonb"),   column_named("u uuid"),
    column_named("c char(5)")};
const CellTexts kCells = {"Mary Ann",
                          "12.50",
                          "7",
                          "true",
                          "2024-02-29",
                          "2024-07-01 12:34:56",
                          "2024-07-01 10:34:56+00",
                          "{\"a\": {\"b\": [1, \"x\"]}, \"n\": 9007199254740993}",
                          "7f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c4",
                          "ab"};

struct Row {
  const char* text;
  const char* answer;
};

void expect_answers(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(answer(row.text, kColumns, kCells), row.answer) << row.text;
}

TEST(Expressions, ComputeWithExactDecimals) {
  expect_answers(
      {{"1 + 2 * 3", "7"},
       {"(1 + 2) * 3", "9"},
       {"10 - 2 - 3", "5"},
       {"-n", "-12.5"},
       {"0.1 + 0.2", "0.3"},
       {"n * 100", "1250"},
       {"n / 4", "3.125"},
       {"1 / 3", "! the quotient has no exact decimal form"},
       {"1 / 0", "! a division by zero"},
       {"7 % 3", "1"},
       {"-7 % 3", "-1"},
       {"div(-7, 2)", "-3"},
       {"i % 0", "! a division by zero"},
       {"9223372036854775807 + 1", "9223372036854775808"},
       {"9223372036854775807 * 9223372036854775807", "85070591730234615847396907784232501249"},
       {"-9223372036854775808 - 1", "-9223372036854775809"},
       {"0.000000000000000001 * 0.1", "0.0000000000000000001"},
       {"round(2.5)", "3"},
       {"round(-2.5)", "-3"},
       {"round(1.005, 2)", "1.01"},
       {"round(1234, -2)", "1200"},
       {"round(1250, -2)", "1300"},
       {"trunc(-1.999, 2)", "-1.99"},
       {"trunc(1299, -2)", "1200"},
       {"floor(-1.5)", "-2"},
       {"ceil(-1.5)", "-1"},
       {"ceil(1.2)", "2"},
       {"floor(3)", "3"},
       {"abs(-2.50)", "2.5"},
       {"sign(-0.1)", "-1"},
       {"min(2, 1.5)", "1.5"},
       {"max(2, 1.5)", "2"},
       {"number('1e3') + 1", "1001"},
       {"number('x')", "! the text is not a value of the other side's type"},
       {"text(1.50)", "1.5"},
       {"-0.05 * 1", "-0.05"}});
}

TEST(Expressions, WorkOnCharacters) {
  expect_answers(
      {{"t + '!'", "Mary Ann!"},
       {"length('\xc3\xa4\xf0\x9f\x98\x80')", "2"},
       {"lower('\xc3\x84') + upper('\xc3\xb6')", "\xc3\xa4\xc3\x96"},
       {"substring(t, 6)", "Ann"},
       {"substring(t, 1, 4)", "Mary"},
       {"substring('\xc3\xa4\xc3\xb6\xc3\xbc', 2, 1)", "\xc3\xb6"},
       {"substring('abc', 0, 2)", "a"},
       {"substring('abc', -1, 2)", ""},
       {"substring('abc', 2, -1)", "! a count or position below what is possible"},
       {"left('\xc3\xa4\xc3\xb6', 1) + right('abc', 2)",
        "\xc3\xa4"
        "bc"},
       {"right('abc', 9)", "abc"},
       {"trim('  a ') + trim_start(' b') + trim_end('c ')", "abc"},
       {"collapse(' a   b ')", " a b "},
       {"replace('aaa', 'aa', 'b')", "ba"},
       {"replace('aaa', '', 'b')", "aaa"},
       {"starts_with(t, 'Mary') && ends_with(t, 'Ann') && contains(t, 'y A')", "true"},
       {"position('\xc3\xa4"
        "b', 'b')",
        "2"},
       {"position('a', 'b')", "0"},
       {"repeat('ab', 3)", "ababab"},
       {"repeat('ab', 9999999)", "! the expression makes a text of more than 1 MiB"},
       {"pad_start(text(i), 3, '0')", "007"},
       {"pad_end('a', 4, 'xy')", "axyx"},
       {"reverse('a\xc3\xa4"
        "b')",
        "b\xc3\xa4"
        "a"},
       {"split_part('a-b-c', '-', 2) + split_part('a', '-', 2)", "b"},
       {"matches('A-12', '[A-Z]-[0-9]+')", "true"},
       {"extract('id=42;', 'id=([0-9]+)')", "42"},
       {"extract('none', '[0-9]+')", "null"},
       {"replace_all('a1b22', '[0-9]+', '#')", "a#b#"},
       {"replace_all('a', '(a)', '\\2')", "! the replacement names a group that is not there"},
       {"c + '|'", "ab|"},
       {"'it''s'", "it's"}});
}

TEST(Expressions, DecideLikeSqlWithNull) {
  expect_answers({{"i > 5 ? 'big' : 'small'", "big"},
                  {"null ? 1 : 2", "2"},
                  {"i == 7 && t != 'x'", "true"},
                  {"null && false", "false"},
                  {"null && true", "null"},
                  {"null || true", "true"},
                  {"!(i < 3)", "true"},
                  {"i in [1, 7, 9]", "true"},
                  {"t in ['a', 'b']", "false"},
                  {"null_if(t, 'Mary Ann')", "null"},
                  {"coalesce(null_if(i, 7), 3)", "3"},
                  {"is_null(null_if(i, 7))", "true"},
                  {"t == null", "false"},
                  {"t != null", "true"},
                  {"null_if(i, 7) == 7", "null"},
                  {"1.0 == 1.00", "true"},
                  {"'a' < 'B'", "false"},
                  {"true ? 1 : 1 / 0", "1"},
                  {"false && 1 / 0 == 1", "false"},
                  {"bool(1) && !bool(0)", "true"},
                  {"bool(2)", "! neither 0 nor 1"},
                  {"number(b) + 1", "2"}});
}

TEST(Expressions, KnowDatesZonesAndDocuments) {
  expect_answers({{"year(d) * 10000 + month(d) * 100 + day(d)", "20240229"},
                  {"hour(ts) * 60 + minute(ts)", "754"},
                  {"second(ts)", "56"},
                  {"date(2024, 2, 30)", "! not a date"},
                  {"add_days(d, 1)", "2024-03-01"},
                  {"days_between(d, date(2024, 3, 1))", "1"},
                  {"d == '2024-02-29'", "true"},
                  {"date(ts)", "2024-07-01"},
                  {"start_of_day(d)", "2024-02-29 00:00:00"},
                  {"local(at, 'Europe/Berlin')", "2024-07-01 12:34:56"},
                  {"instant(ts, 'Europe/Berlin') == at", "true"},
                  {"epoch(from_epoch(12))", "12"},
                  {"text(d) + ' ' + text(u)", "2024-02-29 7f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c4"},
                  {"text(j$.a.b[1])", "x"},
                  {"number(j['n'])", "9007199254740993"},
                  {"number(j$.a.b[0]) + size(j$.a.b)", "3"},
                  {"j$.missing == null", "true"},
                  {"has(j, 'a') && !has(j, 'z')", "true"},
                  {"json('a\"b')", "\"a\\\"b\""},
                  {"text(j)", "! the JSON value has another type than declared"}});
}

TEST(Expressions, AreRefusedWithPlaceAndReason) {
  const Row rows[] = {
      {"", "ATB-2008 the expression ends too early"},
      {"1 +", "ATB-2008 the expression ends too early"},
      {"1 2", "ATB-2008 an operator or the end is expected"},
      {"(1", "ATB-2008 `)` is expected"},
      {"t ? 1", "ATB-2008 `:` is expected"},
      {"lower(t", "ATB-2008 `,` or `)` is expected"},
      {"i in 3", "ATB-2008 a list is expected"},
      {"i in [t]", "ATB-2008 a list holds constants"},
      {"1x", "ATB-2008 `1x` is no number"},
      {"'a", "ATB-2008 a text without its closing quote"},
      {"name", "ATB-2011 column 1: the field has no column `name`"},
      {"lowr(t)", "ATB-2011 column 1: there is no function `lowr`"},
      {"now()", "ATB-2011 column 1: there is no function `now`"},
      {"t - 1", "ATB-2209 column 3: `-` does not take (text, number)"},
      {"1 + t", "ATB-2209 column 3: `+` does not take (number, text)"},
      {"t && b", "ATB-2209 column 1: `&&` takes bool, and this is text"},
      {"b ? 1 : 'x'", "ATB-2209 column 3: number and text do not go together"},
      {"t == 1", "ATB-2209 column 3: text and number do not go together"},
      {"d == 'x'", "ATB-2209 column 6: 'x' is no date"},
      {"matches(t, t)", "ATB-2209 column 12: the second argument of matches is a constant text"},
      {"matches(t, '(')", "ATB-2209 column 12: the pattern is not understood"},
      {"local(at, 'Mars')", "ATB-2209 column 11: "},
      {"j < j", "ATB-2209 column 3: json cannot be compared"},
      {"t$.a", "ATB-2209 column 1: `t` is text, and only JSON has members"},
      {"coalesce(t)", "ATB-2209 column 1: coalesce takes two or more arguments"},
  };
  for (const Row& row : rows)
    EXPECT_THAT(answer(row.text, kColumns, kCells), HasSubstr(row.answer)) << row.text;
}

TEST(Expressions, NestOnlySoDeep) {
  const std::string deep = std::string(100, '(') + "1" + std::string(100, ')');
  EXPECT_THAT(answer(deep), HasSubstr("nests at most 64 deep"));
  std::string wide = "1";
  for (int i = 0; i < 600; ++i) wide += " + 1";
  EXPECT_THAT(answer(wide), HasSubstr("at most 1000 parts"));
}

TEST(ExpressionSql, SaysWhatTheDatabaseDoesNotMeanAlike) {
  const auto made = expression_of("lower(t) + 'x' == 'a' && i / 2 > 1", kColumns);
  const auto& expression = std::get<Expression>(made);
  EXPECT_EQ(expression.not_in_sql(SqlDialect::kPostgres), (std::vector<std::string>{"lower", "/"}));
  const std::vector<std::string> names(kColumns.size(), "x");
  EXPECT_EQ(expression.sql(SqlDialect::kPostgres, names), std::nullopt);
  const auto simple = expression_of("i >= 2", kColumns);
  EXPECT_EQ(std::get<Expression>(simple).sql(SqlDialect::kSqlite, names), "(x >= (2))");
}

// docs/formats/expression.md has every function, and no other.
TEST(ExpressionDocs, NameEveryFunction) {
  std::ifstream in(std::string(ATLAS_TEST_SOURCE_DIR) + "/docs/formats/expression.md");
  std::set<std::string> written;
  const std::regex call("`([a-z_]+)\\(");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) continue;
    for (std::sregex_iterator at(line.begin(), line.end(), call), end; at != end; ++at)
      written.insert((*at)[1]);
  }
  const auto names = expression_function_names();
  EXPECT_EQ(written, std::set<std::string>(names.begin(), names.end()));
  EXPECT_GE(names.size(), 40U);
}

TEST(ExpressionLens, IsRefusedWithTheSmallestValueThatIsLost) {
  const auto refusal = [](const LensSpec& spec) {
    const auto lens = make_lens(spec);
    return lens ? std::string("made") : lens.error().line();
  };
  EXPECT_THAT(refusal(expression_spec({"a text"}, {"b text"}, {"lower(a)"}, {"upper(b)"})),
              HasSubstr("platform 'A' is written as 'A' and comes back as 'a'"));
  EXPECT_THAT(refusal(expression_spec({"a text"}, {"b text"}, {"'x'"}, {"b"})),
              HasSubstr("ATB-2208"));
  EXPECT_EQ(refusal(expression_spec({"a text"}, {"b text"}, {"a + '!'"},
                                    {"left(b, max(length(b) - 1, 0))"})),
            "made");
}

}  // namespace
}  // namespace atlas
