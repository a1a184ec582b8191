#pragma once

// The rule in a zone file's footer: POSIX TZ text with the extensions of RFC 8536
// ("CET-1CEST,M3.5.0,M10.5.0/3").

#include <cstdint>
#include <optional>
#include <string_view>

namespace atlas {

// When in a year the clock changes.
struct YearlyRule {
  enum class Form : std::uint8_t {
    kWeekday,    // the week-th weekday of a month; week 5 is the last
    kJulian,     // day 1..365, 29 February never counted
    kDayOfYear,  // day 0..365, 29 February counted
  };
  Form form = Form::kWeekday;
  unsigned month = 1, week = 1, day = 0;
  std::int64_t time_seconds = 2 * 3600;  // after local midnight; may be negative or beyond a day

  // Local seconds since 1970-01-01 of the change in `year`.
  std::int64_t local_seconds(std::int64_t year) const;
};

struct PosixTz {
  std::int64_t standard_seconds = 0;  // east of UTC is positive
  bool has_summer = false;
  std::int64_t summer_seconds = 0;
  YearlyRule summer_begins, summer_ends;

  std::int64_t summer_begin_utc(std::int64_t year) const {
    return summer_begins.local_seconds(year) - standard_seconds;
  }
  std::int64_t summer_end_utc(std::int64_t year) const {
    return summer_ends.local_seconds(year) - summer_seconds;
  }
};

// nullopt for text that is no such rule; a summer time without dates is refused too.
std::optional<PosixTz> parse_posix_tz(std::string_view text);

}  // namespace atlas
