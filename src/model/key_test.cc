#include "model/key.h"

#include "model/text_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace atlas {
namespace {

using ::testing::ElementsAre;
using namespace std::string_view_literals;

std::string hex(KeyView key) { return value_text(Value::bytes(key)).substr(2); }

Key key_of(std::vector<Value> components) { return encode_key(components); }

Type type_of(TypeKind kind) {
  Type type;
  type.kind = kind;
  return type;
}

TEST(Key, HasTheBytesThatTheFormatPagePromises) {
  Arena arena;
  EXPECT_EQ(hex(key_of({Value::integer(42)})), "20800000000000002a");
  EXPECT_EQ(hex(key_of({Value::integer(-1)})), "207fffffffffffffff");
  EXPECT_EQ(hex(key_of({Value::text("Ada")})), "6041646100");
  EXPECT_EQ(hex(key_of({Value::text("a\0b"sv), Value::boolean(true)})), "606100ff62001001");
  EXPECT_EQ(hex(key_of({Value::integer(7), Value::integer(9)})),
            "208000000000000007208000000000000009");
  EXPECT_EQ(hex(key_of({Value::decimal("1.50"), Value::null()})), "28312e350001");
  EXPECT_EQ(hex(key_of({Value::date(-1)})), "307fffffffffffffff");
  EXPECT_EQ(hex(key_of({Value::timestamp(kInfinity)})), "38ffffffffffffffff");
  EXPECT_EQ(hex(key_of({Value::instant(kMinusInfinity)})), "400000000000000000");
  EXPECT_EQ(hex(key_of({Value::uuid(*parse_uuid("3f0c9a5e-0000-4000-8000-0123456789ab"), arena)})),
            "503f0c9a5e0000400080000123456789ab");
  EXPECT_EQ(hex(key_of({Value::bytes("\xFF\x00"sv)})), "70ff00ff00");
  EXPECT_EQ(hex(key_of({Value::other("{1}")})), "787b317d00");
}

TEST(Key, InTheArenaHasTheSameBytes) {
  Arena arena;
  for (const std::vector<Value>& components :
       {std::vector{Value::integer(-5)}, std::vector{Value::text("x"), Value::integer(1)}}) {
    EXPECT_EQ(encode_key(components, arena), encode_key(components));
  }
}

TEST(Key, EqualDecimalsHaveEqualKeys) {
  EXPECT_EQ(key_of({Value::decimal("1.0")}), key_of({Value::decimal("1.000")}));
  EXPECT_NE(key_of({Value::decimal("1.0")}), key_of({Value::decimal("10")}));
}

TEST(Key, TellsWhetherAComponentIsNoValueOfItsType) {
  Arena arena;
  const auto stray = [&](std::vector<Value> components) {
    return has_stray(encode_key(components));
  };
  const std::string zeros("x\0\0x", 4);
  const Uuid uuid{'x', 'x', 'x'};
  EXPECT_TRUE(stray({Value::other("1.5")}));
  EXPECT_TRUE(stray({Value::integer(7), Value::other("")}));
  EXPECT_TRUE(stray({Value::text(zeros), Value::other(zeros), Value::integer(1)}));
  EXPECT_TRUE(stray({Value::uuid(uuid, arena), Value::decimal("1"), Value::other("x")}));
  // 'x' is the mark's own byte.
  EXPECT_FALSE(stray({Value::text("xyz"), Value::bytes(zeros), Value::integer('x')}));
  EXPECT_FALSE(stray({Value::uuid(uuid, arena), Value::boolean(true), Value::date('x')}));
  EXPECT_FALSE(stray({Value::null(), Value::instant('x'), Value::timestamp(1), Value::text("x")}));
}

TEST(Key, AShorterTextComesBeforeAllThatItBegins) {
  const std::vector<Key> keys = {
      key_of({Value::text("a")}),     key_of({Value::text("a"), Value::integer(5)}),
      key_of({Value::text("a\0"sv)}), key_of({Value::text("a\0\0"sv)}),
      key_of({Value::text("a\x01")}), key_of({Value::text("ab"), Value::integer(1)})};
  EXPECT_TRUE(std::ranges::is_sorted(keys));
}

TEST(Key, NullComesFirst) {
  EXPECT_LT(key_of({Value::null()}), key_of({Value::boolean(false)}));
  EXPECT_LT(key_of({Value::null(), Value::integer(9)}),
            key_of({Value::integer(-9), Value::integer(0)}));
}

TEST(KeyDeathTest, RefusesValuesThatCannotBeKeys) {
  EXPECT_DEATH((void)key_of({Value::floating(1.5)}), "cannot be part of a key");
  EXPECT_DEATH((void)key_of({Value::json("{}")}), "cannot be part of a key");
}

TEST(KeyDeathTest, RefusesBytesThatAreNoKey) {
  Arena arena;
  EXPECT_DEATH((void)decode_key("\x20\x80", arena), "middle of a component");
  EXPECT_DEATH((void)decode_key("\x60xyz", arena), "no end");
  EXPECT_DEATH((void)decode_key("\x60xyz\0\xff"sv, arena), "no end");
  EXPECT_DEATH((void)decode_key("\x99", arena), "no known type");
}

struct TextCase {
  const char* name;
  std::vector<Value> components;
  std::vector<TypeKind> kinds;
  std::string text;
};

std::vector<TextCase> text_cases(Arena& arena) {
  using enum TypeKind;
  const Uuid uuid = *parse_uuid("3f0c9a5e-0000-4000-8000-0123456789ab");
  return {
      {"integer", {Value::integer(42)}, {kInt4}, "42"},
      {"two integers", {Value::integer(7), Value::integer(9)}, {kInt8, kInt2}, "7, 9"},
      {"uuid", {Value::uuid(uuid, arena)}, {kUuid}, "3f0c9a5e-0000-4000-8000-0123456789ab"},
      {"text", {Value::text("O'Brien \"Bob\"")}, {kText}, "O'Brien \"Bob\""},
      {"text with a comma",
       {Value::text("a, b"), Value::integer(1)},
       {kText, kInt4},
       "\"a, b\", 1"},
      {"empty text", {Value::text("")}, {kText}, "\"\""},
      {"the word null", {Value::text("null"), Value::null()}, {kText, kText}, "\"null\", null"},
      {"text of digits", {Value::text("42")}, {kVarchar}, "42"},
      {"padded text", {Value::text("ab  ")}, {kChar}, "\"ab  \""},
      {"quotes", {Value::text("\"a\\\"")}, {kText}, R"("\"a\\\"")"},
      {"control characters", {Value::text("a\n\x1b[2J")}, {kText}, R"("a\x0a\x1b[2J")"},
      {"four-byte letters", {Value::text("𝒜tlas")}, {kText}, "𝒜tlas"},
      {"bool", {Value::boolean(true)}, {kBool}, "true"},
      {"bytes", {Value::bytes("\x01\xFF"sv)}, {kBytea}, "\\x01ff"},
      {"decimal", {Value::decimal("1.5")}, {kNumeric}, "1.5"},
      {"date", {Value::date(0)}, {kDate}, "1970-01-01"},
      {"timestamp",
       {Value::timestamp(1), Value::integer(2)},
       {kTimestamp, kInt4},
       "1970-01-01 00:00:00.000001, 2"},
      {"instant", {Value::instant(0)}, {kTimestampTz}, "1970-01-01 00:00:00+00"},
      {"infinity", {Value::instant(kInfinity)}, {kTimestampTz}, "infinity"},
      {"array", {Value::other("{1,2}"), Value::text("x")}, {kArray, kEnum}, "\"{1,2}\", x"},
  };
}

TEST(KeyText, PrintsAndReadsBack) {
  Arena arena;
  for (const TextCase& c : text_cases(arena)) {
    SCOPED_TRACE(c.name);
    const Key key = encode_key(c.components);
    EXPECT_EQ(key_text(key), c.text);
    std::vector<Type> types;
    for (const TypeKind kind : c.kinds) types.push_back(type_of(kind));
    Key read;
    EXPECT_TRUE(parse_key(c.text, types, read));
    EXPECT_EQ(hex(read), hex(key));
    EXPECT_EQ(decode_key(key, arena), c.components);
  }
}

TEST(ParseKey, RefusesWhatIsNotOfTheTypes) {
  const Type int4 = type_of(TypeKind::kInt4);
  const Type text = type_of(TypeKind::kText);
  struct Case {
    const char* text;
    std::vector<Type> types;
  };
  for (const Case& c : std::vector<Case>{{"", {int4}},
                                         {"x", {int4}},
                                         {"2147483648", {int4}},
                                         {"7", {int4, int4}},
                                         {"7, 9, 11", {int4, int4}},
                                         {"7 9", {int4, int4}},
                                         {"\"open", {text}},
                                         {"\"a\"b", {text}},
                                         {"\"\\q\"", {text}},
                                         {"\"\\x1\"", {text}},
                                         {"1.5", {type_of(TypeKind::kFloat8)}},
                                         {"{}", {type_of(TypeKind::kJson)}},
                                         {"1", {}}}) {
    Key out = "untouched";
    EXPECT_FALSE(parse_key(c.text, c.types, out)) << c.text;
    EXPECT_EQ(out, "untouched");
  }
}

// A component drawn at random, small enough a space that equal ones meet.
struct Component {
  int kind;
  std::int64_t number;
  std::string text;

  Value value() const {
    switch (kind) {
      case 0:
        return Value::integer(number);
      case 1:
        return Value::text(text);
      case 2:
        return Value::bytes(text);
      case 3:
        return Value::instant(number);
      default:
        return Value::boolean(number % 2 == 0);
    }
  }
  auto order() const { return std::pair(kind == 4 ? (number % 2 == 0 ? 1 : 0) : number, text); }
};

rc::Gen<std::vector<Component>> components_of(const std::vector<int>& kinds) {
  return rc::gen::exec([kinds] {
    std::vector<Component> out;
    for (const int kind : kinds) {
      const bool texts = kind == 1 || kind == 2;
      out.push_back(
          {kind,
           texts ? 0
                 : *rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-3, 3),
                                   rc::gen::arbitrary<std::int64_t>()),
           texts ? *rc::gen::container<std::string>(rc::gen::element('\0', '\1', 'a', '\xFF'))
                 : ""});
    }
    return out;
  });
}

// Text as unsigned bytes, numbers by value, component by component.
bool before(const std::vector<Component>& a, const std::vector<Component>& b) {
  return std::ranges::lexicographical_compare(
      a, b, [](const Component& x, const Component& y) { return x.order() < y.order(); });
}

std::vector<Value> values_of(const std::vector<Component>& components) {
  std::vector<Value> out;
  for (const Component& c : components) out.push_back(c.value());
  return out;
}

RC_GTEST_PROP(KeyProperty, KeysSortAsTheirComponentsDo, ()) {
  const auto kinds = *rc::gen::resize(
      3, rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 5))));
  const auto a = *components_of(kinds);
  const auto b = *components_of(kinds);
  RC_ASSERT((encode_key(values_of(a)) < encode_key(values_of(b))) == before(a, b));
}

RC_GTEST_PROP(KeyProperty, DecodingGivesTheComponentsBack, ()) {
  const auto kinds = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 5));
  const auto components = *components_of(kinds);
  Arena arena;
  RC_ASSERT(decode_key(encode_key(values_of(components)), arena) == values_of(components));
}

RC_GTEST_PROP(KeyProperty, PeopleCanTypeWhatTheyRead,
              (const std::vector<std::string>& texts, std::int64_t number)) {
  std::vector<Value> values;
  std::vector<Type> types;
  for (const std::string& text : texts) {
    values.push_back(Value::text(text));
    types.push_back(type_of(TypeKind::kText));
  }
  values.push_back(Value::integer(number));
  types.push_back(type_of(TypeKind::kInt8));
  const Key key = encode_key(values);
  Key read;
  RC_ASSERT(parse_key(key_text(key), types, read));
  RC_ASSERT(read == key);
}

}  // namespace
}  // namespace atlas
