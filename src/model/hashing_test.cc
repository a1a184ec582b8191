#include "model/hashing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace atlas {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

Hasher hasher(std::uint8_t seed = 1) {
  std::array<std::uint8_t, 32> key{};
  key.fill(seed);
  return Hasher(key);
}

FieldHash hash(const Value& value) { return hasher().of(value); }
FieldHash json(std::string_view text) { return hash(Value::json(text)); }

struct Class {
  const char* name;
  std::vector<Value> equal;
};

// Values of one line mean the same; values of different lines do not.
std::vector<Class> classes(Arena& arena) {
  const auto kNan = std::numeric_limits<double>::quiet_NaN();
  const auto kInf = std::numeric_limits<double>::infinity();
  return {
      {"null", {Value::null()}},
      {"false", {Value::boolean(false)}},
      {"true", {Value::boolean(true)}},
      {"zero",
       {Value::integer(0), Value::decimal("0"), Value::decimal("-0.00"), Value::floating(0.0),
        Value::floating(-0.0)}},
      {"one",
       {Value::integer(1), Value::decimal("1.00"), Value::decimal("1"), Value::floating(1.0)}},
      {"minus one and a half",
       {Value::decimal("-1.5"), Value::decimal("-1.50"), Value::floating(-1.5)}},
      {"a tenth", {Value::decimal("0.1"), Value::decimal("0.100"), Value::floating(0.1)}},
      {"2^53",
       {Value::integer(9007199254740992), Value::floating(9007199254740992.0),
        Value::decimal("9007199254740992.0")}},
      {"2^53 + 1", {Value::integer(9007199254740993), Value::decimal("9007199254740993")}},
      {"2^60",
       {Value::integer(1152921504606846976), Value::floating(std::ldexp(1.0, 60)),
        Value::decimal("1152921504606846976")}},
      {"2^70", {Value::decimal("1180591620717411303424"), Value::floating(std::ldexp(1.0, 70))}},
      {"smallest float", {Value::floating(std::numeric_limits<double>::denorm_min())}},
      {"largest float", {Value::floating(std::numeric_limits<double>::max())}},
      {"not a number", {Value::floating(kNan), Value::floating(-kNan), Value::decimal("NaN")}},
      {"infinite number", {Value::floating(kInf), Value::decimal("Infinity")}},
      {"minus infinite number", {Value::floating(-kInf), Value::decimal("-Infinity")}},
      {"text 1", {Value::text("1")}},
      {"empty text", {Value::text("")}},
      {"text null", {Value::text("null")}},
      {"text with a zero byte", {Value::text("a\0"sv)}},
      {"text a", {Value::text("a")}},
      {"composed", {Value::text("\u00e9")}},
      {"decomposed", {Value::text("e\u0301")}},
      {"bytes 1", {Value::bytes("1")}},
      {"empty bytes", {Value::bytes("")}},
      {"other 1", {Value::other("1")}},
      {"empty other", {Value::other("")}},
      {"date", {Value::date(1)}},
      {"time", {Value::time(1)}},
      {"timestamp", {Value::timestamp(1)}},
      {"instant", {Value::instant(1)}},
      {"infinite date", {Value::date(kInfinity)}},
      {"infinite instant", {Value::instant(kInfinity)}},
      {"uuid", {Value::uuid(Uuid{1, 2}, arena), Value::uuid(Uuid{1, 2}, arena)}},
      {"other uuid", {Value::uuid(Uuid{1, 3}, arena)}},
      {"a month", {Value::interval({0, 0, 1}, arena), Value::interval({0, 0, 1}, arena)}},
      {"30 days", {Value::interval({0, 30, 0}, arena)}},
      {"json null", {Value::json("null"), Value::json(" null ")}},
      {"json 1", {Value::json("1"), Value::json("1.0"), Value::json("10e-1")}},
      {"json \"1\"", {Value::json("\"1\"")}},
      {"json {}", {Value::json("{}"), Value::json(" { } ")}},
      {"json []", {Value::json("[]"), Value::json("[ ]")}},
      {"no json", {Value::json("{")}},
      {"no json either", {Value::json("")}},
  };
}

TEST(Hash, IsEqualExactlyWhereTheMeaningIs) {
  Arena arena;
  const auto all = classes(arena);
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const Value& value : all[i].equal)
      EXPECT_EQ(hash(value), hash(all[i].equal.front())) << all[i].name;
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      EXPECT_NE(hash(all[i].equal.front()), hash(all[j].equal.front()))
          << all[i].name << " and " << all[j].name;
    }
  }
}

TEST(Hash, DependsOnTheKey) {
  Arena arena;
  for (const Class& c : classes(arena)) {
    EXPECT_NE(hasher(1).of(c.equal.front()), hasher(2).of(c.equal.front())) << c.name;
  }
}

TEST(Hash, IsTheSameOnEveryMachineAndInEveryVersion) {
  // These are in the states of users. A change here means a migration.
  EXPECT_EQ(hash(Value::text("Ada Lovelace")), 3168348678764264514ULL);
  EXPECT_EQ(hash(Value::integer(42)), 8839399148938941998ULL);
  EXPECT_EQ(hash(Value::null()), 16565473929260005696ULL);
  EXPECT_EQ(json(R"({"b": [1, true], "a": null})"), 11881630127210344213ULL);
  EXPECT_EQ(stable_hash("atlas"), 14537594345722604588ULL);
}

TEST(Hash, OfTextIsTheHashOfItsBytes) {
  EXPECT_EQ(hasher().of_bytes("Ada"), hash(Value::text("Ada")));
}

TEST(Hash, IsNeverZero) {
  for (int i = 0; i < 10000; ++i) ASSERT_NE(hash(Value::integer(i)), kNoBase);
}

struct JsonCase {
  const char* name;
  std::vector<std::string> equal;
};

TEST(JsonHash, IsEqualExactlyWhereTheContentIs) {
  const std::vector<JsonCase> cases = {
      {"key order and space",
       {R"({"a":1,"b":2})", "{ \"b\" : 2.0 ,\n\t\"a\":1 }", R"({"\u0061":1,"b":2})"}},
      {"last duplicate wins", {R"({"a":2})", R"({"a":1,"a":2})"}},
      {"first of the duplicates", {R"({"a":1})", R"({"a":2,"a":1})"}},
      {"array order", {"[1,2]", "[ 1 , 2.00 ]"}},
      {"array reversed", {"[2,1]"}},
      {"nesting left", {"[[1],2]"}},
      {"nesting right", {"[1,[2]]"}},
      {"array in array", {"[[1,2]]"}},
      {"object as array", {R"(["a",2])"}},
      {"empty in array", {"[[]]"}},
      {"object in array", {"[{}]"}},
      {"2^53", {"9007199254740992", "9007199254740992.0", "9.007199254740992e15"}},
      {"2^53 + 1", {"9007199254740993", "9007199254740993.0", "9007199254740.993e3"}},
      {"beyond 64 bits", {"123456789012345678901234567890", "123456789012345678901234567890.00"}},
      {"beyond 64 bits, one more", {"123456789012345678901234567891"}},
      {"many places", {"0.1000000000000000055511151231257827"}},
      {"a tenth", {"0.1", "1e-1", "0.10"}},
      {"beyond a double", {"1e400", "10e399"}},
      {"beyond any decimal", {"1e999999999"}},
      {"minus zero", {"0", "-0", "0.0", "-0.0", "0e5"}},
      {"escapes", {R"("\u00e9\n\/")", "\"\u00e9\\n/\"", R"("\u00E9\u000a\u002f")"}},
      {"surrogates", {R"("\ud83d\ude00")", "\"\U0001F600\""}},
      {"a lone surrogate", {R"("\ud83d")"}},
      {"a lone surrogate and more", {R"("\ud83dx")"}},
      {"a surrogate before an escape", {R"("\ud83d\u0041")", R"("\ud83dA")"}},
      {"a lone low surrogate", {R"("\ude00")"}},
      {"true", {"true"}},
      {"false", {"false"}},
      {"text true", {"\"true\""}},
      {"empty text", {"\"\""}},
      {"empty key", {R"({"":0})"}},
      {"zero escape", {R"("\u0000")"}},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    for (const std::string& text : cases[i].equal)
      EXPECT_EQ(json(text), json(cases[i].equal.front())) << text;
    for (std::size_t j = i + 1; j < cases.size(); ++j) {
      EXPECT_NE(json(cases[i].equal.front()), json(cases[j].equal.front()))
          << cases[i].name << " and " << cases[j].name;
    }
  }
}

TEST(JsonHash, TextThatIsNoJsonIsHashedByItsBytes) {
  const std::vector<std::string> broken = {"",
                                           " ",
                                           "{",
                                           "}",
                                           "[",
                                           "[1",
                                           "[1,",
                                           "[1,]",
                                           "[,1]",
                                           "[1 2]",
                                           "{\"a\"}",
                                           "{\"a\":}",
                                           "{\"a\":1,}",
                                           "{a:1}",
                                           "{\"a\":1 \"b\":2}",
                                           "{,}",
                                           "tru",
                                           "True",
                                           "nul",
                                           "01",
                                           "1.",
                                           ".5",
                                           "-",
                                           "+1",
                                           "1e",
                                           "1e+",
                                           "0x1",
                                           "NaN",
                                           "\"a",
                                           "\"\\",
                                           "\"\\x\"",
                                           "\"\\u12\"",
                                           "\"\\u12g4\"",
                                           "\"\n\"",
                                           "'a'",
                                           "1 2",
                                           "[]]",
                                           "{]",
                                           "[}",
                                           "\"\\ud83d\\uzzzz\"",
                                           "//1",
                                           "1//",
                                           "\xEF\xBB\xBF"
                                           "1"};
  std::set<FieldHash> seen;
  for (const std::string& text : broken) EXPECT_TRUE(seen.insert(json(text)).second) << text;
  // Even spelling counts, where it would not in JSON.
  EXPECT_NE(json("{"), json("{ "));
  EXPECT_NE(json("[1,]"), json("[1.0,]"));
}

TEST(JsonHash, NestingHasNoLimit) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  const std::string spaced = std::string(1'000'000, '[') + " " + std::string(1'000'000, ']');
  EXPECT_EQ(json(deep), json(spaced));
}

RC_GTEST_PROP(HashProperty, IntegersDecimalsAndFloatsMeetByValue, (std::int64_t n)) {
  RC_ASSERT(hash(Value::integer(n)) == hash(Value::decimal(std::to_string(n))));
  RC_ASSERT(hash(Value::integer(n)) == hash(Value::decimal(std::to_string(n) + ".000")));
  const auto f = static_cast<double>(n / 2);
  if (std::fabs(f) < 9e18)
    RC_ASSERT(hash(Value::floating(f)) == hash(Value::integer(static_cast<std::int64_t>(f))));
}

RC_GTEST_PROP(HashProperty, EqualFloatsAndOnlyTheyHashEqual, (double a, double b)) {
  RC_ASSERT((hash(Value::floating(a)) == hash(Value::floating(b))) == (a == b));
}

RC_GTEST_PROP(HashProperty, EqualTextsAndOnlyTheyHashEqual,
              (const std::string& a, const std::string& b)) {
  RC_ASSERT((hash(Value::text(a)) == hash(Value::text(b))) == (a == b));
  RC_ASSERT(hash(Value::text(a)) != hash(Value::bytes(a)));
}

RC_GTEST_PROP(HashProperty, AnyTextIsHashedAsJsonWithoutHarm, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::elementOf(R"({}[]",:\ue01dn truefals-.)"s));
  RC_ASSERT(json(text) == json(std::string(text)));
}

}  // namespace
}  // namespace atlas
