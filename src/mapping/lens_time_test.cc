#include "mapping/lens_laws_testing.h"
#include "mapping/lens_reasons.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

constexpr Side kLegacy = Side::kLegacy;
constexpr Side kPlatform = Side::kPlatform;

std::string no(const char* why) { return fmt::format("! {}", why); }

LensSpec berlin(Ambiguous ambiguous, Gap gap, std::string_view local = "a timestamp",
                std::string_view instant = "b timestamptz") {
  return lens_spec({local}, {instant}, TzOp{{*find_zone("Europe/Berlin"), ambiguous, gap}});
}

TEST(LensTz, CarriesLocalTimesAndInstants) {
  const LensSpec spec = berlin(Ambiguous::kLater, Gap::kQuarantine);
  EXPECT_EQ(carry(spec, kLegacy, {"2024-07-01 12:00:00.123456"}), "2024-07-01 10:00:00.123456+00");
  EXPECT_EQ(carry(spec, kPlatform, {"2024-01-01 12:00:00+00"}), "2024-01-01 13:00:00");
  EXPECT_EQ(carry(spec, kLegacy, {"infinity"}), "infinity");
  EXPECT_EQ(carry(spec, kPlatform, {"-infinity"}), "-infinity");
  EXPECT_EQ(lens_of(spec)->law(), LawClass::kPlatformFiner);
}

TEST(LensTz, KeepsTheEarlierInstantOfTheHourShownTwice) {
  const LensSpec spec = berlin(Ambiguous::kLater, Gap::kQuarantine);
  // 02:30 was shown at 00:30 and at 01:30 UTC.
  EXPECT_EQ(carry(spec, kLegacy, {"2024-10-27 02:30:00"}), "2024-10-27 01:30:00+00");
  EXPECT_EQ(carry(spec, kPlatform, {"2024-10-27 00:30:00+00"}), "2024-10-27 02:30:00");
  EXPECT_EQ(carry(spec, kLegacy, {"2024-10-27 02:30:00"}, {"2024-10-27 00:30:00+00"}),
            "2024-10-27 00:30:00+00");
  EXPECT_EQ(mid_text(spec, kPlatform, {"2024-10-27 00:30:00+00"}), "2024-10-27 01:30:00+00");
  const LensSpec earlier = berlin(Ambiguous::kEarlier, Gap::kQuarantine);
  EXPECT_EQ(carry(earlier, kLegacy, {"2024-10-27 02:30:00"}), "2024-10-27 00:30:00+00");
}

TEST(LensTz, HoldsAmbiguousTimesOfBothSidesWhenAskedTo) {
  const LensSpec spec = berlin(Ambiguous::kQuarantine, Gap::kQuarantine);
  EXPECT_EQ(carry(spec, kLegacy, {"2024-10-27 02:30:00"}), no(reason::kAmbiguous));
  EXPECT_EQ(carry(spec, kPlatform, {"2024-10-27 00:30:00+00"}), no(reason::kAmbiguous));
  EXPECT_EQ(carry(spec, kLegacy, {"2024-10-27 03:00:00"}), "2024-10-27 02:00:00+00");
}

TEST(LensTz, HoldsOrShiftsSkippedTimes) {
  EXPECT_EQ(carry(berlin(Ambiguous::kLater, Gap::kQuarantine), kLegacy, {"2024-03-31 02:30:00"}),
            no(reason::kGap));
  const LensSpec shift = berlin(Ambiguous::kLater, Gap::kShift);
  EXPECT_EQ(carry(shift, kLegacy, {"2024-03-31 02:30:00"}), "2024-03-31 01:30:00+00");
  // An edit elsewhere in the row does not move the stored local time.
  EXPECT_EQ(carry(shift, kPlatform, {"2024-03-31 01:30:00+00"}, {"2024-03-31 02:30:00"}),
            "2024-03-31 02:30:00");
  EXPECT_EQ(carry(shift, kPlatform, {"2024-03-31 01:30:00+00"}), "2024-03-31 03:30:00");
}

TEST(LensTz, ComparesToTheCoarserPrecision) {
  const LensSpec spec =
      berlin(Ambiguous::kLater, Gap::kQuarantine, "a timestamp(0)", "b timestamptz");
  EXPECT_EQ(carry(spec, kPlatform, {"2024-07-01 10:00:00.999999+00"}), "2024-07-01 12:00:00");
  EXPECT_EQ(carry(spec, kLegacy, {"2024-07-01 12:00:00"}, {"2024-07-01 10:00:00.999999+00"}),
            "2024-07-01 10:00:00.999999+00");
  EXPECT_EQ(carry(spec, kPlatform, {"1969-12-31 22:59:59.9+00"}), "1969-12-31 23:59:59");
}

TEST(LensTz, TakesTheLocalTimeOnEitherSideAndInText) {
  const LensSpec mirrored =
      lens_spec({"a timestamptz"}, {"b timestamp"},
                TzOp{{*find_zone("Europe/Berlin"), Ambiguous::kLater, Gap::kShift}});
  EXPECT_EQ(carry(mirrored, kLegacy, {"2024-07-01 10:00:00+00"}), "2024-07-01 12:00:00");
  EXPECT_EQ(lens_of(mirrored)->law(), LawClass::kLegacyFiner);
  const LensSpec text = berlin(Ambiguous::kLater, Gap::kShift, "a text");
  EXPECT_EQ(carry(text, kLegacy, {"2024-07-01T12:00:00"}), "2024-07-01 10:00:00+00");
  EXPECT_EQ(carry(text, kPlatform, {"2024-07-01 10:00:00+00"}, {"2024-07-01T12:00"}),
            "2024-07-01T12:00");
  EXPECT_EQ(carry(text, kLegacy, {"yesterday"}), no(reason::kNotThatType));
}

TEST(LensTz, RefusesTwoColumnsOfOneKind) {
  for (const char* type : {"timestamp", "timestamptz", "text", "date"}) {
    const std::string a = fmt::format("a {}", type);
    EXPECT_EQ(make_lens(lens_spec({a}, {a}, TzOp{})).error().code(), Code::kTypeMismatch) << type;
  }
}

TEST(LensEpoch, CountsFromTheEpoch) {
  const LensSpec spec =
      lens_spec({"a int8"}, {"b timestamptz"}, EpochOp{EpochUnit::kSeconds, false});
  EXPECT_EQ(carry(spec, kLegacy, {"1709210096"}), "2024-02-29 12:34:56+00");
  EXPECT_EQ(carry(spec, kLegacy, {"0"}), "1970-01-01 00:00:00+00");
  EXPECT_EQ(carry(spec, kLegacy, {"-1"}), "1969-12-31 23:59:59+00");
  EXPECT_EQ(carry(spec, kPlatform, {"1969-12-31 23:59:59.999999+00"}), "-1");
  EXPECT_EQ(carry(spec, kPlatform, {"infinity"}), no(reason::kEndlessTime));
  EXPECT_EQ(carry(spec, kLegacy, {"9223372036854775807"}), no(reason::kStampRange));
  EXPECT_EQ(carry(spec, kLegacy, {"-210866803200"}), "4714-11-24 00:00:00+00 BC");
  EXPECT_EQ(carry(spec, kLegacy, {"-210866803201"}), no(reason::kStampRange));
}

TEST(LensEpoch, KeepsWhatTheCountCannotTell) {
  const LensSpec spec = lens_spec({"a int8"}, {"b timestamp"}, EpochOp{EpochUnit::kMillis, false});
  EXPECT_EQ(carry(spec, kPlatform, {"2024-02-29 12:34:56.789999"}), "1709210096789");
  EXPECT_EQ(carry(spec, kLegacy, {"1709210096789"}, {"2024-02-29 12:34:56.789999"}),
            "2024-02-29 12:34:56.789999");
  EXPECT_EQ(lens_of(spec)->law(), LawClass::kPlatformFiner);
  const LensSpec coarse =
      lens_spec({"a int8"}, {"b timestamp(0)"}, EpochOp{EpochUnit::kMillis, false});
  EXPECT_EQ(carry(coarse, kLegacy, {"1709210096789"}), "2024-02-29 12:34:56");
  EXPECT_EQ(carry(coarse, kPlatform, {"2024-02-29 12:34:56"}, {"1709210096789"}), "1709210096789");
  EXPECT_EQ(lens_of(coarse)->law(), LawClass::kLegacyFiner);
}

TEST(LensEpoch, TakesZeroForNullWhenAskedTo) {
  const LensSpec spec =
      lens_spec({"a int4 not null"}, {"b timestamptz"}, EpochOp{EpochUnit::kSeconds, true});
  EXPECT_EQ(carry(spec, kLegacy, {"0"}), "null");
  EXPECT_EQ(carry(spec, kPlatform, {std::nullopt}), "0");
  EXPECT_EQ(carry(spec, kPlatform, {"1970-01-01 00:00:00.5+00"}), no(reason::kEpochIsNull));
  EXPECT_EQ(carry(spec, kPlatform, {"2038-01-19 03:14:08+00"}), no(reason::kIntegerRange));
  EXPECT_TRUE(lens_of(spec)->handles_null());
}

TEST(LensEpoch, NeedsACountAndAStamp) {
  EXPECT_EQ(make_lens(lens_spec({"a int8"}, {"b date"}, EpochOp{})).error().code(),
            Code::kTypeMismatch);
  EXPECT_EQ(make_lens(lens_spec({"a timestamp"}, {"b timestamptz"}, EpochOp{})).error().code(),
            Code::kTypeMismatch);
}

}  // namespace
}  // namespace atlas
