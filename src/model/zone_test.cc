#include "model/zone.h"

#include "foundation/result_testing.h"
#include "model/text_form.h"
#include "model/time_text.h"
#include "model/value.h"

#include <date/tz.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace atlas {
namespace {

using ::testing::Optional;

ZoneRule rule_of(std::string_view name, Ambiguous ambiguous = Ambiguous::kLater,
                 Gap gap = Gap::kQuarantine) {
  return {*find_zone(name), ambiguous, gap};
}

std::int64_t naive(std::string_view text) { return *parse_timestamp(text); }
std::int64_t utc(std::string_view text) { return *parse_instant(text); }
std::string text_of(std::optional<std::int64_t> instant) {
  return instant ? value_text(Value::instant(*instant)) : "none";
}
std::string local_text(std::int64_t local) { return value_text(Value::timestamp(local)); }

TEST(Zone, IsFoundByItsIanaName) {
  for (const char* name : {"UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires",
                           "Etc/GMT+5", "EST5EDT"}) {
    const auto zone = find_zone(name);
    ASSERT_THAT(zone, IsOk()) << name;
    EXPECT_EQ(zone_name({*zone}), name);
  }
  EXPECT_EQ(zone_name({}), "UTC");
}

TEST(Zone, OtherNamesAreRefused) {
  for (const char* name :
       {"", "Berlin", "Europe", "Europe/", "/usr/share/zoneinfo/Europe/Berlin", "../zoneinfo/UTC",
        "zone.tab", "tzdata.zi", "Europe/Berlin ", "right/Europe/Berlin", "-"}) {
    EXPECT_THAT(find_zone(name), FailsWith(Code::kWrongShape, "there is no time zone")) << name;
  }
}

struct Edge {
  const char* name;
  Ambiguous ambiguous;
  Gap gap;
  const char* local;
  const char* instant;
};

TEST(ToInstant, FollowsTheRuleAtTheEdgesOfSummerTimeInBerlin) {
  using enum Ambiguous;
  constexpr Gap kHold = Gap::kQuarantine;
  constexpr Gap kShift = Gap::kShift;
  constexpr Ambiguous kHoldTwice = Ambiguous::kQuarantine;
  for (const Edge& c : std::vector<Edge>{
           {"winter", kLater, kHold, "2026-01-15 12:00:00", "2026-01-15 11:00:00+00"},
           {"summer", kLater, kHold, "2026-07-15 12:00:00", "2026-07-15 10:00:00+00"},
           {"last before the gap", kLater, kHold, "2026-03-29 01:59:59.999999",
            "2026-03-29 00:59:59.999999+00"},
           {"first of the gap", kLater, kHold, "2026-03-29 02:00:00", "none"},
           {"last of the gap", kLater, kHold, "2026-03-29 02:59:59.999999", "none"},
           {"first of the gap, shifted", kLater, kShift, "2026-03-29 02:00:00",
            "2026-03-29 01:00:00+00"},
           {"in the gap, shifted", kEarlier, kShift, "2026-03-29 02:30:00",
            "2026-03-29 01:30:00+00"},
           {"first after the gap", kLater, kHold, "2026-03-29 03:00:00", "2026-03-29 01:00:00+00"},
           {"last before the hour that comes twice", kHoldTwice, kHold,
            "2026-10-25 01:59:59.999999", "2026-10-24 23:59:59.999999+00"},
           {"first of that hour, later", kLater, kHold, "2026-10-25 02:00:00",
            "2026-10-25 01:00:00+00"},
           {"first of that hour, earlier", kEarlier, kHold, "2026-10-25 02:00:00",
            "2026-10-25 00:00:00+00"},
           {"first of that hour, refused", kHoldTwice, kHold, "2026-10-25 02:00:00", "none"},
           {"last of that hour, later", kLater, kHold, "2026-10-25 02:59:59.999999",
            "2026-10-25 01:59:59.999999+00"},
           {"last of that hour, earlier", kEarlier, kHold, "2026-10-25 02:59:59.999999",
            "2026-10-25 00:59:59.999999+00"},
           {"first after that hour", kHoldTwice, kHold, "2026-10-25 03:00:00",
            "2026-10-25 02:00:00+00"},
       }) {
    EXPECT_EQ(text_of(to_instant(rule_of("Europe/Berlin", c.ambiguous, c.gap), naive(c.local))),
              c.instant)
        << c.name;
  }
}

TEST(ToInstant, KeepsSummerTimeAfterTheListedTransitionsEnd) {
  const ZoneRule berlin = rule_of("Europe/Berlin");
  EXPECT_EQ(text_of(to_instant(berlin, naive("2060-07-01 12:00:00"))), "2060-07-01 10:00:00+00");
  EXPECT_EQ(text_of(to_instant(berlin, naive("2060-12-01 12:00:00"))), "2060-12-01 11:00:00+00");
  EXPECT_EQ(text_of(to_instant(berlin, naive("2060-03-28 02:30:00"))), "none");
  EXPECT_EQ(text_of(to_instant(berlin, naive("99999-07-01 12:00:00"))), "99999-07-01 10:00:00+00");
  EXPECT_EQ(local_text(to_local(rule_of("Australia/Sydney"), utc("2500-01-01 00:00:00+00"))),
            "2500-01-01 11:00:00");
}

TEST(ToInstant, KnowsOldAndOddOffsets) {
  // Berlin's own mean time until April 1893; double summer time in 1945; Samoa left out a day in
  // 2011.
  EXPECT_EQ(text_of(to_instant(rule_of("Europe/Berlin"), naive("1890-01-01 00:00:00"))),
            "1889-12-31 23:06:32+00");
  EXPECT_EQ(text_of(to_instant(rule_of("Europe/Berlin"), naive("1945-06-01 12:00:00"))),
            "1945-06-01 09:00:00+00");
  EXPECT_EQ(text_of(to_instant(rule_of("Europe/Berlin"), naive("0044-03-15 12:00:00 BC"))),
            "0044-03-15 11:06:32+00 BC");
  EXPECT_EQ(text_of(to_instant(rule_of("Pacific/Apia"), naive("2011-12-30 12:00:00"))), "none");
  EXPECT_EQ(text_of(to_instant(rule_of("Pacific/Apia", Ambiguous::kLater, Gap::kShift),
                               naive("2011-12-30 12:00:00"))),
            "2011-12-30 22:00:00+00");
  EXPECT_EQ(local_text(to_local(rule_of("Asia/Kathmandu"), utc("2026-01-01 00:00:00+00"))),
            "2026-01-01 05:45:00");
}

TEST(ToInstant, LeavesInfinitiesAndUtcAlone) {
  const ZoneRule berlin = rule_of("Europe/Berlin");
  for (const std::int64_t end : {kInfinity, kMinusInfinity}) {
    EXPECT_THAT(to_instant(berlin, end), Optional(end));
    EXPECT_EQ(to_local(berlin, end), end);
    EXPECT_EQ(local_floor(berlin, end), end);
  }
  for (const ZoneRule& zero : {ZoneRule{}, rule_of("UTC")}) {
    EXPECT_THAT(to_instant(zero, 12345), Optional(12345));
    EXPECT_EQ(to_local(zero, 12345), 12345);
    EXPECT_EQ(local_floor(zero, 12345), 12345);
  }
}

TEST(ToInstant, HoldsOnAtTheEndsOfTime) {
  const ZoneRule berlin = rule_of("Europe/Berlin");
  EXPECT_EQ(to_local(berlin, kInfinity - 1), kInfinity - 1);
  EXPECT_EQ(to_instant(berlin, kMinusInfinity + 1), std::nullopt);
  EXPECT_EQ(local_floor(berlin, kInfinity - 1), kInfinity - 1);
}

TEST(LocalFloor, StaysAtTheRepeatedHourUntilItIsOver) {
  const ZoneRule berlin = rule_of("Europe/Berlin");
  auto floor_of = [&](std::string_view instant) {
    return local_text(local_floor(berlin, utc(instant)));
  };
  EXPECT_EQ(floor_of("2026-07-01 00:00:00+00"), "2026-07-01 02:00:00");
  EXPECT_EQ(floor_of("2026-10-24 23:59:59+00"), "2026-10-25 01:59:59");
  // 02:30 in summer: after the hour is put back the clock shows 02:00 again.
  EXPECT_EQ(floor_of("2026-10-25 00:30:00+00"), "2026-10-25 02:00:00");
  EXPECT_EQ(floor_of("2026-10-25 01:00:00+00"), "2026-10-25 02:00:00");
  EXPECT_EQ(floor_of("2026-10-25 01:30:00+00"), "2026-10-25 02:30:00");
  EXPECT_EQ(floor_of("2026-03-29 01:00:00+00"), "2026-03-29 03:00:00");
}

const std::vector<std::string>& test_zones() {
  static const std::vector<std::string> zones = {
      "Europe/Berlin",     "Europe/Dublin", "America/New_York",    "America/St_Johns",
      "Africa/Casablanca", "Pacific/Apia",  "Australia/Lord_Howe", "Asia/Tehran",
      "America/Sao_Paulo", "Asia/Tokyo",    "America/Santiago",    "Antarctica/Troll",
      "Asia/Gaza",         "Europe/London", "America/Nuuk"};
  return zones;
}

// A time between 1800 and 2600, often close to a change of the clock.
rc::Gen<std::int64_t> instants() {
  return rc::gen::map(
      rc::gen::inRange<std::int64_t>(-5'364'662'400, 19'880'899'200),
      [](std::int64_t seconds) { return seconds / 900 * 900 * 1'000'000 + seconds % 3; });
}

RC_GTEST_PROP(ZoneProperty, InstantsSurviveTheTripThroughLocalTimeUnlessAmbiguous, ()) {
  const ZoneRule rule = rule_of(*rc::gen::elementOf(test_zones()), Ambiguous::kQuarantine);
  const std::int64_t instant = *instants();
  const auto back = to_instant(rule, to_local(rule, instant));
  if (back) RC_ASSERT(*back == instant);
  // Ambiguous: one of the two choices is the instant we came from.
  ZoneRule earlier = rule;
  earlier.ambiguous = Ambiguous::kEarlier;
  ZoneRule later = rule;
  later.ambiguous = Ambiguous::kLater;
  const auto first = to_instant(earlier, to_local(rule, instant));
  const auto second = to_instant(later, to_local(rule, instant));
  RC_ASSERT(first && second && *first <= *second);
  RC_ASSERT(instant == *first || instant == *second);
}

RC_GTEST_PROP(ZoneProperty, NoLaterInstantShowsLessThanTheFloor, ()) {
  const ZoneRule rule = rule_of(*rc::gen::elementOf(test_zones()));
  const std::int64_t instant = *instants();
  const std::int64_t ahead = *rc::gen::inRange<std::int64_t>(0, 3 * 86'400'000'000);
  RC_ASSERT(local_floor(rule, instant) <= to_local(rule, instant));
  RC_ASSERT(local_floor(rule, instant) <= to_local(rule, instant + ahead));
  RC_ASSERT(local_floor(rule, instant) <= local_floor(rule, instant + ahead));
}

RC_GTEST_PROP(ZoneProperty, AgreesWithTheDateLibraryAsFarAsItKnows, ()) {
  const std::string name = *rc::gen::elementOf(test_zones());
  const auto seconds =
      *rc::gen::inRange<std::int64_t>(-5'364'662'400, 2'114'380'800);  // 1800 to 2036
  const date::sys_seconds at{std::chrono::seconds(seconds)};
  const auto offset = date::locate_zone(name)->get_info(at).offset;
  RC_ASSERT(to_local(rule_of(name), seconds * 1'000'000) == (seconds + offset.count()) * 1'000'000);
}

}  // namespace
}  // namespace atlas
