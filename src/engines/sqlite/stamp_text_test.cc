#include "engines/sqlite/stamp_text.h"

#include "model/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace atlas::sqlite {
namespace {

constexpr std::int64_t kNewYear = 1'767'323'045'000'000;  // 2026-01-02 03:04:05

TEST(StampText, IsWrittenInFullSoThatTextsSortLikeTimes) {
  EXPECT_EQ(stamp_text(kNewYear, TypeKind::kTimestamp), "2026-01-02 03:04:05.000000");
  EXPECT_EQ(stamp_text(kNewYear + 60, TypeKind::kTimestampTz), "2026-01-02 03:04:05.000060+00");
  EXPECT_EQ(stamp_text(-1, TypeKind::kTimestamp), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(stamp_text(kInfinity, TypeKind::kTimestamp), "infinity");
}

TEST(StampText, ShorterFractionsAndOffsetsOfUtcAreSortable) {
  for (const char* text :
       {"2026-01-02 03:04:05", "2026-01-02 03:04:05.0", "2026-01-02 03:04:05.000000"}) {
    EXPECT_EQ(sortable_stamp(text, TypeKind::kTimestamp), kNewYear) << text;
    EXPECT_EQ(sortable_stamp(text, TypeKind::kTimestampTz), kNewYear) << text;
  }
  EXPECT_EQ(sortable_stamp("2026-01-02 03:04:05.5+00", TypeKind::kTimestampTz), kNewYear + 500'000);
  EXPECT_EQ(sortable_stamp("2026-01-02 03:04:05+00:00", TypeKind::kTimestampTz), kNewYear);
  EXPECT_EQ(sortable_stamp("infinity", TypeKind::kTimestampTz), kInfinity);
}

TEST(StampText, SpellingsThatDoNotSortAreRefusedThoughTheyAreTimes) {
  for (const char* text :
       {"", "2026", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z",
        "2026-01-02 03:04:05+01", "2026-01-02 03:04:05.", "2026-01-02 03:04:05.1234567",
        "2026-02-30 03:04:05", "2026-01-02 24:00:00", "2026-01-02 03:04:60", "0000-01-02 03:04:05",
        "2026-01-02 03:04:05 ", "yesterday", "2026-13-02 03:04:05"}) {
    EXPECT_EQ(sortable_stamp(text, TypeKind::kTimestampTz), std::nullopt) << text;
  }
  EXPECT_EQ(sortable_stamp("2026-01-02 03:04:05+00", TypeKind::kTimestamp), std::nullopt);
}

// Every way to spell a time that sortable_stamp takes.
std::vector<std::string> spellings(std::int64_t micros, TypeKind kind) {
  std::string text = stamp_text(micros, TypeKind::kTimestamp);
  std::vector<std::string> bodies{text};
  while (text.ends_with('0')) {
    text.pop_back();
    if (text.ends_with('.')) text.pop_back();
    bodies.push_back(text);
    if (text.size() == 19) break;
  }
  std::vector<std::string> out = bodies;
  if (kind == TypeKind::kTimestamp) return out;
  for (const std::string& body : bodies) {
    out.push_back(body + "+00");
    out.push_back(body + "+00:00");
  }
  return out;
}

RC_GTEST_PROP(StampText, RangeHoldsAllSpellingsOfATimeAndNoneOfAnother, ()) {
  const auto kind = *rc::gen::element(TypeKind::kTimestamp, TypeKind::kTimestampTz);
  const auto near = rc::gen::map(rc::gen::inRange<std::int64_t>(-30, 30),
                                 [](std::int64_t d) { return kNewYear + d * 100'000; });
  const auto any = rc::gen::inRange<std::int64_t>(-60'000'000'000'000'000, 250'000'000'000'000'000);
  const std::int64_t a = *rc::gen::oneOf(near, any);
  const std::int64_t b = *rc::gen::oneOf(near, any);
  const StampRange range = stamp_range(a, kind);
  RC_ASSERT(range.written == stamp_text(a, kind));
  for (const std::string& text : spellings(a, kind)) {
    RC_ASSERT(sortable_stamp(text, kind) == a);
    RC_ASSERT(range.covers(text));
    for (const std::string& other : spellings(b, kind)) {
      RC_ASSERT(range.covers(other) == (a == b));
      if (a != b) RC_ASSERT((text < other) == (a < b));
    }
  }
}

}  // namespace
}  // namespace atlas::sqlite
