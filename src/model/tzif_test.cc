#include "model/tzif.h"

#include "model/calendar.h"
#include "model/posix_tz.h"
#include "model/time_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace atlas {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
  return out;
}

struct Transition {
  std::int64_t at;
  int type;
};

std::string header(std::size_t times, std::size_t types, std::size_t leaps, char version = '2') {
  std::string out = std::string("TZif") + version + std::string(15, '\0');
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{0}, leaps, times, types, std::size_t{4}}) {
    out += big_endian(count, 4);
  }
  return out;
}

// A "slim" file: an empty first block, the transitions with these offsets in seconds, and the rule.
std::string zone_file(const std::vector<Transition>& transitions,
                      const std::vector<std::int32_t>& offsets, const std::string& footer) {
  std::string out = header(0, 1, 0) + std::string(6, '\0') + std::string(4, '\0');
  out += header(transitions.size(), offsets.size(), 0);
  for (const Transition& t : transitions) out += big_endian(static_cast<std::uint64_t>(t.at), 8);
  for (const Transition& t : transitions) out += static_cast<char>(t.type);
  for (const std::int32_t offset : offsets)
    out += big_endian(static_cast<std::uint32_t>(offset), 4) + std::string(2, '\0');
  return out + std::string(4, '\0') + "\n" + footer + "\n";
}

std::int64_t second_of(std::string_view instant) {
  return *parse_instant(instant) / kMicrosPerSecond;
}

TEST(ReadTzif, ContinuesASlimFileByItsRule) {
  const auto table = read_tzif(zone_file({{second_of("1996-03-31 01:00:00Z"), 1}}, {3600, 7200},
                                         "CET-1CEST,M3.5.0,M10.5.0/3"));
  ASSERT_TRUE(table);
  EXPECT_EQ(table->begins_us[0], kMinusInfinity);
  EXPECT_EQ(table->begins_us[1], *parse_instant("1996-03-31 01:00:00Z"));
  EXPECT_EQ(table->begins_us[2], *parse_instant("1996-10-27 01:00:00Z"));
  EXPECT_EQ(table->begins_us[3], *parse_instant("1997-03-30 01:00:00Z"));
  EXPECT_EQ(table->offset_us_min, 3600 * kMicrosPerSecond);
  EXPECT_EQ(table->offset_us_max, 7200 * kMicrosPerSecond);
  EXPECT_GT(table->repeats_from_us - table->begins_us[1], kDaysPerCycle * kMicrosPerDay);
}

TEST(ReadTzif, JoinsNeighboursOfEqualOffsetAndDropsMarkersOfTheBeginning) {
  const auto table =
      read_tzif(zone_file({{-(std::int64_t{1} << 59), 1}, {0, 1}, {10, 0}}, {60, 120}, ""));
  ASSERT_TRUE(table);
  EXPECT_THAT(table->begins_us, ElementsAre(kMinusInfinity, 10 * kMicrosPerSecond));
  EXPECT_THAT(table->offsets_us, ElementsAre(120 * kMicrosPerSecond, 60 * kMicrosPerSecond));
  EXPECT_EQ(table->repeats_from_us, kInfinity);
}

TEST(ReadTzif, SummerTimeAllYearHasOneOffset) {
  const auto table = read_tzif(zone_file({{0, 0}}, {-4 * 3600}, "XXX3EDT4,0/0,J365/23"));
  ASSERT_TRUE(table);
  // What stands after the repetition begins is never asked for.
  ASSERT_THAT(table->begins_us, SizeIs(2));
  EXPECT_GT(table->begins_us[1], table->repeats_from_us);
}

TEST(ReadTzif, RefusesFilesThatMakeNoSense) {
  const std::string good = zone_file({{0, 1}, {10, 0}}, {60, 120}, "");
  ASSERT_TRUE(read_tzif(good));
  EXPECT_FALSE(read_tzif(""));
  EXPECT_FALSE(read_tzif("TZif2"));
  EXPECT_FALSE(read_tzif("nothing of the kind, though it is long enough for a header")) << "magic";
  EXPECT_FALSE(read_tzif(zone_file({{10, 1}, {0, 0}}, {60, 120}, ""))) << "order";
  EXPECT_FALSE(read_tzif(zone_file({{0, 2}}, {60, 120}, ""))) << "type index";
  EXPECT_FALSE(read_tzif(zone_file({}, {}, ""))) << "no type";
  EXPECT_FALSE(read_tzif(zone_file({}, {60}, "CET-1CEST"))) << "rule";
  std::string old = good;
  old[4] = '\0';
  EXPECT_FALSE(read_tzif(old)) << "version 1";
  EXPECT_FALSE(read_tzif(header(0, 0, 0) + std::string(4, '\0') + header(0, 1, 1) +
                         std::string(22, '\0') + "\n\n"))
      << "leap seconds";
  for (std::size_t size = 0; size < good.size() - 2; ++size)
    EXPECT_FALSE(read_tzif(good.substr(0, size))) << size;
}

RC_GTEST_PROP(TzifProperty, AnyDamageIsReadOrRefusedButNeverCrashes, ()) {
  std::string bytes = zone_file({{0, 1}, {10, 0}}, {60, 120}, "CET-1CEST,M3.5.0,M10.5.0/3");
  const auto changes = *rc::gen::container<std::vector<std::pair<std::size_t, char>>>(
      rc::gen::pair(rc::gen::inRange<std::size_t>(0, bytes.size()), rc::gen::arbitrary<char>()));
  for (const auto& [at, c] : changes) bytes[at] = c;
  const auto table = read_tzif(bytes);
  if (table)
    RC_ASSERT(!table->begins_us.empty() && table->begins_us.size() == table->offsets_us.size());
}

TEST(PosixTz, ReadsTheFormsThatZoneFilesUse) {
  const auto berlin = parse_posix_tz("CET-1CEST,M3.5.0,M10.5.0/3");
  ASSERT_TRUE(berlin);
  EXPECT_EQ(berlin->standard_seconds, 3600);
  EXPECT_EQ(berlin->summer_seconds, 7200);
  EXPECT_EQ(berlin->summer_begin_utc(2026), second_of("2026-03-29 01:00:00Z"));
  EXPECT_EQ(berlin->summer_end_utc(2026), second_of("2026-10-25 01:00:00Z"));

  const auto dublin =
      parse_posix_tz("IST-1GMT0,M10.5.0,M3.5.0/1");  // winter time is the one that is put on
  ASSERT_TRUE(dublin);
  EXPECT_EQ(dublin->summer_seconds, 0);
  EXPECT_EQ(dublin->summer_begin_utc(2026), second_of("2026-10-25 01:00:00Z"));

  const auto nuuk = parse_posix_tz("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
  ASSERT_TRUE(nuuk);
  EXPECT_EQ(nuuk->standard_seconds, -7200);
  EXPECT_EQ(nuuk->summer_begin_utc(2026), second_of("2026-03-29 01:00:00Z"));

  const auto kathmandu = parse_posix_tz("<+0545>-5:45");
  ASSERT_TRUE(kathmandu);
  EXPECT_FALSE(kathmandu->has_summer);
  EXPECT_EQ(kathmandu->standard_seconds, 5 * 3600 + 45 * 60);
}

TEST(PosixTz, CountsJulianDaysWithAndWithoutTheLeapDay) {
  const auto days = parse_posix_tz("AAA0BBB,J60/0,59/0");
  ASSERT_TRUE(days);
  EXPECT_EQ(days->summer_begin_utc(2024), second_of("2024-03-01 00:00:00Z"));
  EXPECT_EQ(days->summer_begin_utc(2025), second_of("2025-03-01 00:00:00Z"));
  EXPECT_EQ(days->summer_end_utc(2024), second_of("2024-02-28 23:00:00Z"));
  EXPECT_EQ(days->summer_end_utc(2025), second_of("2025-02-28 23:00:00Z"));
}

TEST(PosixTz, RefusesEverythingElse) {
  for (const char* text :
       {"", "CE-1", "CET", "CET-", "CET-25", "CET-1:60", "CET-1CEST", "CET-1CEST,M3.5.0",
        "CET-1CEST,M0.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,J0,J5", "CET-1CEST,366,1", "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0/3 ", "<+0", "<ab>1"}) {
    EXPECT_FALSE(parse_posix_tz(text)) << text;
  }
}

TEST(Calendar, AgreesWithTheStandardLibrary) {
  for (std::int64_t days = -1'000'000; days <= 1'000'000; days += 7) {
    const std::chrono::sys_days day{std::chrono::days(days)};
    const std::chrono::year_month_day expected{day};
    const CivilDate date = civil_from_days(days);
    ASSERT_EQ(date.year, static_cast<int>(expected.year()));
    ASSERT_EQ(date.month, static_cast<unsigned>(expected.month()));
    ASSERT_EQ(date.day, static_cast<unsigned>(expected.day()));
    ASSERT_EQ(days_from_civil(date), days);
    ASSERT_EQ(weekday(days), std::chrono::weekday{day}.c_encoding());
  }
}

}  // namespace
}  // namespace atlas
