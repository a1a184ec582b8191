#include "model/value_bytes.h"

#include <gtest/gtest.h>

#include <vector>

namespace atlas {
namespace {

TEST(ValueBytes, EveryTagComesBackAsItWas) {
  Arena arena;
  const std::vector<Value> values = {Value::null(),
                                     Value::boolean(true),
                                     Value::integer(-7),
                                     Value::floating(0.1),
                                     Value::decimal("1.50"),
                                     Value::text("null"),
                                     Value::text(""),
                                     Value::bytes(std::string_view("\0\xff", 2)),
                                     Value::date(-1),
                                     Value::time(1),
                                     Value::timestamp(kInfinity),
                                     Value::instant(kMinusInfinity),
                                     Value::interval({.micros = 1, .days = -2, .months = 3}, arena),
                                     Value::uuid({1, 2, 3}, arena),
                                     Value::json("{\"a\": 1}"),
                                     Value::other("{1,2}")};
  ASSERT_EQ(values.size(), static_cast<std::size_t>(Tag::kOther) + 2) << "every tag, text twice";
  for (const Value& value : values) {
    const std::string bytes = value_bytes(value);
    const auto back = value_of_bytes(bytes, arena);
    ASSERT_TRUE(back) << static_cast<int>(value.tag());
    EXPECT_EQ(*back, value) << static_cast<int>(value.tag());
  }
}

TEST(ValueBytes, DamagedBytesAreNoValue) {
  Arena arena;
  for (const std::string& bytes :
       {std::string(), std::string("\x00x", 2), std::string("\x02\x01", 2), std::string(1, '\x7f'),
        std::string(1, static_cast<char>(Tag::kUuid)) + "short"})
    EXPECT_FALSE(value_of_bytes(bytes, arena));
}

}  // namespace
}  // namespace atlas
