#pragma once

// Microseconds of timestamps as columns hold them: range, precision, infinities.

#include "model/calendar.h"
#include "model/type.h"
#include "model/value.h"

#include <algorithm>
#include <cstdint>

namespace atlas {

// PostgreSQL's first timestamp, 4714-11-24 BC. Its last one lies beyond 64 bits of ours.
inline constexpr std::int64_t kStampMin = days_from_civil({-4713, 11, 24}) * kMicrosPerDay;

constexpr bool is_endless(std::int64_t value) {
  return value == kInfinity || value == kMinusInfinity;
}

inline bool is_timed(TypeKind kind) { return is_stamp(kind) || kind == TypeKind::kTime; }

// Fractional digits of a second; every type that is not a time spells six.
inline int second_digits(const Type& type) {
  constexpr int kDigitsMax = 6;
  return is_timed(type.kind) ? std::clamp(type.size, 0, kDigitsMax) : kDigitsMax;
}

// The smallest step of a time with that many digits.
constexpr std::int64_t micros_step(int digits) {
  std::int64_t us = kMicrosPerSecond;
  for (int i = 0; i < digits; ++i) us /= 10;
  return us;
}

// The last multiple of `step_us` at or before `us`. Infinities stay, and so do the first moments of
// the range, which have no multiple before them.
constexpr std::int64_t cut_micros(std::int64_t us, std::int64_t step_us) {
  if (step_us == 1 || is_endless(us)) return us;
  std::int64_t whole = 0;
  if (__builtin_mul_overflow(floor_div(us, step_us), step_us, &whole)) return us;
  return whole;
}

}  // namespace atlas
