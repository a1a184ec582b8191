#include "model/time_text.h"

#include "model/calendar.h"
#include "model/text_scan.h"

#include <charconv>

namespace atlas {
namespace {

// PostgreSQL's range: Julian day 0 to the end of the year 5874897.
constexpr std::int64_t kDateMin = -2440588;
constexpr std::int64_t kDateMax = days_from_civil({5874897, 12, 31});
constexpr std::int64_t kOffsetHoursMax = 15;

__extension__ using Wide = __int128;

std::optional<std::int64_t> infinity(std::string_view text) {
  if (text == "infinity") return kInfinity;
  if (text == "-infinity") return kMinusInfinity;
  return std::nullopt;
}

// "YYYY-MM-DD" with four to seven digits of year; the era follows later.
std::optional<CivilDate> scan_date(TextScan& in) {
  const auto year = in.number(4, 7);
  if (!year || *year == 0 || !in.eat('-')) return std::nullopt;
  const auto month = in.number(2, 2);
  if (!month || *month < 1 || *month > 12 || !in.eat('-')) return std::nullopt;
  const auto day = in.number(2, 2);
  if (!day || *day < 1 || *day > 31) return std::nullopt;
  return CivilDate{*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day)};
}

// Takes " BC" and checks day and range.
std::optional<std::int64_t> finish_date(TextScan& in, CivilDate date) {
  if (in.eat(" BC")) date.year = 1 - date.year;
  if (!in.done() || date.day > days_in_month(date.year, date.month)) return std::nullopt;
  const std::int64_t days = days_from_civil(date);
  if (days < kDateMin || days > kDateMax) return std::nullopt;
  return days;
}

// ".f" to ".ffffff" as microseconds; 0 when there is no point.
std::optional<std::int64_t> scan_fraction(TextScan& in) {
  if (!in.eat('.')) return 0;
  const std::size_t before = in.left().size();
  auto value = in.number(1, 6);
  if (!value || is_digit(in.peek())) return std::nullopt;
  for (std::size_t digits = before - in.left().size(); digits < 6; ++digits) *value *= 10;
  return value;
}

// "HH:MM[:SS[.ffffff]]", 24:00:00 included.
std::optional<std::int64_t> scan_time(TextScan& in) {
  const auto hours = in.number(2, 2);
  if (!hours || *hours > 24 || !in.eat(':')) return std::nullopt;
  const auto minutes = in.number(2, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  std::int64_t micros = *hours * kMicrosPerHour + *minutes * kMicrosPerMinute;
  if (in.eat(':')) {
    const auto seconds = in.number(2, 2);
    if (!seconds || *seconds > 59) return std::nullopt;
    const auto fraction = scan_fraction(in);
    if (!fraction) return std::nullopt;
    micros += *seconds * kMicrosPerSecond + *fraction;
  }
  if (micros > kMicrosPerDay) return std::nullopt;
  return micros;
}

// "Z", "+HH", "+HHMM", "+HH:MM", "+HH:MM:SS": local minus UTC.
std::optional<std::int64_t> scan_offset(TextScan& in) {
  if (in.eat('Z') || in.eat('z')) return 0;
  const bool west = in.eat('-');
  if (!west && !in.eat('+')) return std::nullopt;
  const auto hours = in.number(2, 2);
  if (!hours || *hours > kOffsetHoursMax) return std::nullopt;
  std::int64_t micros = *hours * kMicrosPerHour;
  const bool colon = in.eat(':');
  if (colon || is_digit(in.peek())) {
    const auto minutes = in.number(2, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    micros += *minutes * kMicrosPerMinute;
    if (colon && in.eat(':')) {
      const auto seconds = in.number(2, 2);
      if (!seconds || *seconds > 59) return std::nullopt;
      micros += *seconds * kMicrosPerSecond;
    }
  }
  return west ? -micros : micros;
}

enum class Offset : std::uint8_t { kNone, kOptional };

std::optional<std::int64_t> parse_stamp(std::string_view text, Offset offset_rule) {
  if (const auto endless = infinity(text)) return endless;
  TextScan in(text);
  const auto date = scan_date(in);
  if (!date) return std::nullopt;
  std::int64_t time = 0;
  std::int64_t offset = 0;
  const bool has_time = in.eat('T') || (in.peek() == ' ' && in.left().size() > 1 &&
                                        is_digit(in.left()[1]) && in.eat(' '));
  if (has_time) {
    const auto scanned = scan_time(in);
    if (!scanned) return std::nullopt;
    time = *scanned;
    const bool has_offset = !in.done() && in.peek() != ' ';
    if (has_offset) {
      const auto east = scan_offset(in);
      if (!east || offset_rule == Offset::kNone) return std::nullopt;
      offset = *east;
    }
  }
  const auto days = finish_date(in, *date);
  if (!days) return std::nullopt;
  // The first and the last years of the calendar overflow 64 bits of microseconds on the way or for
  // good.
  const Wide micros = static_cast<Wide>(*days) * kMicrosPerDay + time - offset;
  if (micros <= kMinusInfinity || micros >= kInfinity) return std::nullopt;
  return static_cast<std::int64_t>(micros);
}

void append_padded(std::string& out, std::uint64_t value, std::size_t width) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  const auto size = static_cast<std::size_t>(end - digits);
  if (size < width) out.append(width - size, '0');
  out.append(digits, size);
}

// Gives whether the year lies before year 1, where " BC" closes the text.
bool append_civil(std::string& out, std::int64_t days) {
  const CivilDate date = civil_from_days(days);
  const bool before_christ = date.year <= 0;
  append_padded(out, static_cast<std::uint64_t>(before_christ ? 1 - date.year : date.year), 4);
  out += '-';
  append_padded(out, date.month, 2);
  out += '-';
  append_padded(out, date.day, 2);
  return before_christ;
}

void append_fraction(std::string& out, std::uint64_t micros) {
  if (micros == 0) return;
  out += '.';
  append_padded(out, micros, 6);
  out.erase(out.find_last_not_of('0') + 1);
}

void append_clock(std::string& out, std::uint64_t micros) {
  append_padded(out, micros / kMicrosPerHour, 2);
  out += ':';
  append_padded(out, micros / kMicrosPerMinute % 60, 2);
  out += ':';
  append_padded(out, micros / kMicrosPerSecond % 60, 2);
  append_fraction(out, micros % kMicrosPerSecond);
}

bool append_infinity(std::string& out, std::int64_t value) {
  if (value == kInfinity) out += "infinity";
  if (value == kMinusInfinity) out += "-infinity";
  return value == kInfinity || value == kMinusInfinity;
}

void append_stamp(std::string& out, std::int64_t micros, std::string_view offset) {
  if (append_infinity(out, micros)) return;
  const std::int64_t days = floor_div(micros, kMicrosPerDay);
  const bool before_christ = append_civil(out, days);
  out += ' ';
  // Unsigned: the first day of the range begins below what 64 bits can hold.
  append_clock(
      out, static_cast<std::uint64_t>(micros) - static_cast<std::uint64_t>(days) * kMicrosPerDay);
  out += offset;
  if (before_christ) out += " BC";
}

}  // namespace

std::optional<std::int64_t> parse_date(std::string_view text) {
  if (const auto endless = infinity(text)) return endless;
  TextScan in(text);
  const auto date = scan_date(in);
  return date ? finish_date(in, *date) : std::nullopt;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  TextScan in(text);
  const auto micros = scan_time(in);
  return micros && in.done() ? micros : std::nullopt;
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  return parse_stamp(text, Offset::kNone);
}

std::optional<std::int64_t> parse_instant(std::string_view text) {
  return parse_stamp(text, Offset::kOptional);
}

void append_date(std::string& out, std::int64_t days) {
  if (append_infinity(out, days)) return;
  if (append_civil(out, days)) out += " BC";
}

void append_time(std::string& out, std::int64_t micros) {
  append_clock(out, static_cast<std::uint64_t>(micros));
}

void append_timestamp(std::string& out, std::int64_t micros) { append_stamp(out, micros, ""); }

void append_instant(std::string& out, std::int64_t micros) { append_stamp(out, micros, "+00"); }

}  // namespace atlas
