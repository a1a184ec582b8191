#include "model/posix_tz.h"

#include "model/calendar.h"
#include "model/text_scan.h"

namespace atlas {
namespace {

// Reads the text from left to right; a failed read leaves `ok` false.
struct Cursor {
  std::string_view left;
  bool ok = true;

  bool eat(char c) {
    if (left.empty() || left.front() != c) return false;
    left.remove_prefix(1);
    return true;
  }
  void expect(char c) { ok = eat(c) && ok; }

  unsigned number(unsigned max) {
    unsigned value = 0;
    std::size_t digits = 0;
    for (; !left.empty() && is_digit(left.front()) && digits < 4; ++digits) {
      value = value * 10 + static_cast<unsigned>(left.front() - '0');
      left.remove_prefix(1);
    }
    ok = ok && digits > 0 && value <= max;
    return value;
  }

  void name() {
    if (eat('<')) {
      const auto end = left.find('>');
      ok = ok && end != std::string_view::npos && end >= 3;
      left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
      return;
    }
    std::size_t size = 0;
    while (size < left.size() && is_ascii_letter(left[size])) ++size;
    ok = ok && size >= 3;
    left.remove_prefix(size);
  }

  // [+-]h[h[h]][:mm[:ss]]
  std::int64_t seconds(unsigned hours_max) {
    const bool negative = eat('-');
    if (!negative) (void)eat('+');
    std::int64_t value = std::int64_t{number(hours_max)} * 3600;
    if (eat(':')) value += std::int64_t{number(59)} * 60;
    if (eat(':')) value += number(59);
    return negative ? -value : value;
  }

  YearlyRule rule() {
    YearlyRule out;
    if (eat('M')) {
      out.month = number(12);
      expect('.');
      out.week = number(5);
      expect('.');
      out.day = number(6);
      ok = ok && out.month >= 1 && out.week >= 1;
    } else if (eat('J')) {
      out.form = YearlyRule::Form::kJulian;
      out.day = number(365);
      ok = ok && out.day >= 1;
    } else {
      out.form = YearlyRule::Form::kDayOfYear;
      out.day = number(365);
    }
    if (eat('/')) out.time_seconds = seconds(167);
    return out;
  }
};

std::int64_t weekday_of_month(std::int64_t year, unsigned month, unsigned week, unsigned day) {
  const std::int64_t first = days_from_civil({year, month, 1});
  const unsigned ahead = (day + 7 - weekday(first)) % 7;
  unsigned day_of_month = ahead + (week - 1) * 7;
  while (day_of_month >= days_in_month(year, month)) day_of_month -= 7;
  return first + day_of_month;
}

}  // namespace

std::int64_t YearlyRule::local_seconds(std::int64_t year) const {
  const std::int64_t new_year = days_from_civil({year, 1, 1});
  std::int64_t days = 0;
  switch (form) {
    case Form::kWeekday:
      days = weekday_of_month(year, month, week, day);
      break;
    case Form::kJulian:
      days = new_year + day - 1 + (is_leap_year(year) && day >= 60 ? 1 : 0);
      break;
    case Form::kDayOfYear:
      days = new_year + day;
      break;
  }
  return days * 86400 + time_seconds;
}

std::optional<PosixTz> parse_posix_tz(std::string_view text) {
  Cursor in{text};
  PosixTz out;
  in.name();
  // POSIX counts west of Greenwich as positive.
  out.standard_seconds = -in.seconds(24);
  if (in.ok && !in.left.empty()) {
    out.has_summer = true;
    in.name();
    const bool own_offset = !in.left.empty() && in.left.front() != ',';
    out.summer_seconds = own_offset ? -in.seconds(24) : out.standard_seconds + 3600;
    in.expect(',');
    out.summer_begins = in.rule();
    in.expect(',');
    out.summer_ends = in.rule();
  }
  if (!in.ok || !in.left.empty()) return std::nullopt;
  return out;
}

}  // namespace atlas
