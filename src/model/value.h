#pragma once

// One cell. 16 bytes; variable-length content points into the Arena of the batch that holds it.

#include "model/arena.h"
#include "model/type.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace atlas {

enum class Tag : std::uint8_t {
  kNull,
  kBool,
  kInt,        // int2, int4, int8
  kFloat,      // float4, float8
  kDecimal,    // canonical decimal text, see decimal.h; "NaN", "Infinity", "-Infinity" pass through
  kText,       // text, varchar, char(n) (padding kept as read), enum labels; UTF-8
  kBytes,      // bytea
  kDate,       // days since 1970-01-01
  kTime,       // microseconds since midnight
  kTimestamp,  // naive: microseconds since 1970-01-01 00:00 on an unnamed local clock
  kInstant,    // timestamptz: microseconds since the Unix epoch, UTC
  kInterval,   // Interval
  kUuid,       // 16 bytes
  kJson,       // json or jsonb text as the database gave it
  kOther,      // arrays and every other type: the database's text form
};

// PostgreSQL's three-part interval; the parts do not convert into each other.
struct Interval {
  std::int64_t micros = 0;
  std::int32_t days = 0;
  std::int32_t months = 0;
  bool operator==(const Interval&) const = default;
};

using Uuid = std::array<std::uint8_t, 16>;

// kDate, kTimestamp, kInstant: the infinities.
inline constexpr std::int64_t kInfinity = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kMinusInfinity = std::numeric_limits<std::int64_t>::min();

class Value {
 public:
  Value() = default;  // null

  static Value null() { return {}; }
  static Value boolean(bool v) { return number(Tag::kBool, v ? 1 : 0); }
  static Value integer(std::int64_t v) { return number(Tag::kInt, v); }
  static Value floating(double v) {
    Value out;
    out.tag_ = Tag::kFloat;
    out.u_.f = v;
    return out;
  }
  static Value date(std::int64_t days) { return number(Tag::kDate, days); }
  static Value time(std::int64_t us) { return number(Tag::kTime, us); }
  static Value timestamp(std::int64_t us) { return number(Tag::kTimestamp, us); }
  static Value instant(std::int64_t us) { return number(Tag::kInstant, us); }
  // The bytes are borrowed: they must outlive the value (arena, literal).
  static Value text(std::string_view v) { return bytes_of(Tag::kText, v); }
  static Value decimal(std::string_view v) { return bytes_of(Tag::kDecimal, v); }
  static Value bytes(std::string_view v) { return bytes_of(Tag::kBytes, v); }
  static Value json(std::string_view v) { return bytes_of(Tag::kJson, v); }
  static Value other(std::string_view v) { return bytes_of(Tag::kOther, v); }
  static Value uuid(const Uuid& v, Arena& arena);
  static Value interval(const Interval& v, Arena& arena);

  Tag tag() const { return tag_; }
  bool is_null() const { return tag_ == Tag::kNull; }
  // kBool.
  bool as_bool() const { return u_.i != 0; }
  // kInt, kDate, kTime, kTimestamp, kInstant.
  std::int64_t as_int() const { return u_.i; }
  double as_float() const { return u_.f; }
  // Raw content of every variable-length tag (kDecimal, kText, kBytes, kUuid, kInterval, kJson,
  // kOther).
  std::string_view as_text() const { return {u_.p, size_}; }
  Uuid as_uuid() const;
  Interval as_interval() const;

  // The same value with its content copied into `arena`.
  Value copy_to(Arena& arena) const;
  bool has_content() const { return tag_ >= Tag::kDecimal && !fixed(); }

  // Same tag and same content. 1.0 and 1.00 differ; use hashing.h or canonical.h for equality of
  // meaning.
  friend bool operator==(const Value& a, const Value& b);

 private:
  bool fixed() const {
    return tag_ == Tag::kDate || tag_ == Tag::kTime || tag_ == Tag::kTimestamp ||
           tag_ == Tag::kInstant;
  }
  static Value number(Tag tag, std::int64_t v) {
    Value out;
    out.tag_ = tag;
    out.u_.i = v;
    return out;
  }
  static Value bytes_of(Tag tag, std::string_view v) {
    Value out;
    out.tag_ = tag;
    out.size_ = static_cast<std::uint32_t>(v.size());
    out.u_.p = v.data();
    return out;
  }

  union {
    std::int64_t i;
    double f;
    const char* p;
  } u_{.i = 0};
  std::uint32_t size_ = 0;
  Tag tag_ = Tag::kNull;
};
static_assert(sizeof(Value) == 16);

}  // namespace atlas
