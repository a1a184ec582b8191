#include "model/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>

namespace atlas {
namespace {

TEST(Value, ADefaultValueIsNull) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_EQ(Value(), Value::null());
}

TEST(Value, DiffersByTag) {
  EXPECT_NE(Value::integer(1), Value::boolean(true));
  EXPECT_NE(Value::timestamp(1), Value::instant(1));
  EXPECT_NE(Value::text("a"), Value::bytes("a"));
  EXPECT_NE(Value::text(""), Value::null());
}

TEST(Value, ComparesContentNotAddresses) {
  const std::string a = "Ada";
  const std::string b = "Ada";
  EXPECT_EQ(Value::text(a), Value::text(b));
  EXPECT_NE(Value::decimal("1.0"), Value::decimal("1.00"));
}

TEST(Value, FloatsCompareByValueAndNanEqualsItself) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Value::floating(nan), Value::floating(-nan));
  EXPECT_EQ(Value::floating(0.0), Value::floating(-0.0));
  EXPECT_NE(Value::floating(nan), Value::floating(0));
}

TEST(Value, CopyOutlivesItsSource) {
  Arena arena;
  std::string text = "a text that is too long for the string's own buffer";
  const Value copy = Value::text(text).copy_to(arena);
  const std::string before = text;
  text.assign(text.size(), 'x');
  EXPECT_EQ(copy.as_text(), before);
}

TEST(Value, UuidAndIntervalComeBack) {
  Arena arena;
  const Uuid uuid{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  const Interval interval{-1, 2, -3};
  EXPECT_EQ(Value::uuid(uuid, arena).as_uuid(), uuid);
  EXPECT_EQ(Value::interval(interval, arena).copy_to(arena).as_interval(), interval);
}

TEST(Value, OnlyVariableLengthTagsHaveContent) {
  Arena arena;
  for (const Value& value :
       {Value::null(), Value::boolean(true), Value::integer(1), Value::floating(1), Value::date(1),
        Value::time(1), Value::timestamp(1), Value::instant(1)}) {
    EXPECT_FALSE(value.has_content()) << static_cast<int>(value.tag());
  }
  for (const Value& value :
       {Value::text("a"), Value::decimal("1"), Value::bytes("a"), Value::json("1"),
        Value::other("a"), Value::uuid({}, arena), Value::interval({}, arena)}) {
    EXPECT_TRUE(value.has_content()) << static_cast<int>(value.tag());
  }
}

TEST(Arena, BytesStayWhereTheyAreWhenItGrowsAndMoves) {
  Arena arena;
  const std::string_view first = arena.copy("first");
  for (int i = 0; i < 10000; ++i) (void)arena.copy("something to fill the blocks with");
  const Arena moved = std::move(arena);
  EXPECT_EQ(first, "first");
}

TEST(Arena, AlignsToEightAndServesLargeRequests) {
  Arena arena;
  for (const std::size_t size : {1U, 7U, 8U, 9U, 100'000U, 3U, 10'000'000U, 1U}) {
    char* at = arena.allocate(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(at) % 8, 0U);
    std::memset(at, 'x', size);
  }
}

TEST(Arena, ClearedArenasStartAgain) {
  Arena arena;
  (void)arena.copy("abc");
  arena.clear();
  EXPECT_EQ(arena.used(), 0U);
  EXPECT_EQ(arena.copy("xyz"), "xyz");
  EXPECT_TRUE(arena.copy("").empty());
}

}  // namespace
}  // namespace atlas
