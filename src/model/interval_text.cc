// Text forms of intervals: ISO 8601 durations and PostgreSQL's own style, which is also what is
// printed.

#include "model/calendar.h"
#include "model/text_scan.h"
#include "model/time_text.h"

#include <charconv>
#include <limits>

namespace atlas {
namespace {

// PostgreSQL 17: every part at its end.
constexpr Interval kEndless{std::numeric_limits<std::int64_t>::max(),
                            std::numeric_limits<std::int32_t>::max(),
                            std::numeric_limits<std::int32_t>::max()};
constexpr Interval kMinusEndless{std::numeric_limits<std::int64_t>::min(),
                                 std::numeric_limits<std::int32_t>::min(),
                                 std::numeric_limits<std::int32_t>::min()};

// Adds up the parts; `ok` turns false when one overflows.
struct Sum {
  Interval value;
  bool ok = true;

  void add_months(std::int64_t count, std::int64_t months_each) {
    add(value.months, count, months_each);
  }
  void add_days(std::int64_t count, std::int64_t days_each) { add(value.days, count, days_each); }
  void add_micros(std::int64_t count, std::int64_t micros_each) {
    add(value.micros, count, micros_each);
  }

 private:
  template <class Part>
  void add(Part& part, std::int64_t count, std::int64_t each) {
    std::int64_t product = 0;
    ok = ok && !__builtin_mul_overflow(count, each, &product) &&
         !__builtin_add_overflow(part, product, &part);
  }
};

struct Number {
  std::int64_t whole = 0;
  std::int64_t micros = 0;  // the fraction, in millionths, with the sign of the whole
  bool has_fraction = false;
  bool negative = false;
};

std::optional<Number> scan_number(TextScan& in) {
  Number out;
  out.negative = in.eat('-');
  if (!out.negative) (void)in.eat('+');
  const auto whole = in.number(1, 18);
  if (!whole) return std::nullopt;
  out.whole = out.negative ? -*whole : *whole;
  if (!in.eat('.')) return out;
  out.has_fraction = true;
  const std::size_t before = in.left().size();
  auto fraction = in.number(1, 6);
  if (!fraction) return std::nullopt;
  for (std::size_t digits = before - in.left().size(); digits < 6; ++digits) *fraction *= 10;
  out.micros = out.negative ? -*fraction : *fraction;
  return out;
}

void add_seconds(Sum& sum, const Number& n) {
  sum.add_micros(n.whole, kMicrosPerSecond);
  sum.add_micros(n.micros, 1);
}

// "P1Y2M3W4DT5H6M7.8S" after the P.
std::optional<Interval> parse_iso(TextScan in) {
  Sum sum;
  bool in_time = false;
  bool any = false;
  while (!in.done()) {
    if (!in_time && in.eat('T')) {
      in_time = true;
      any = false;
      continue;
    }
    const auto n = scan_number(in);
    if (!n || (n->has_fraction && in.peek() != 'S')) return std::nullopt;
    any = true;
    if (!in_time && in.eat('Y'))
      sum.add_months(n->whole, 12);
    else if (!in_time && in.eat('M'))
      sum.add_months(n->whole, 1);
    else if (!in_time && in.eat('W'))
      sum.add_days(n->whole, 7);
    else if (!in_time && in.eat('D'))
      sum.add_days(n->whole, 1);
    else if (in_time && in.eat('H'))
      sum.add_micros(n->whole, kMicrosPerHour);
    else if (in_time && in.eat('M'))
      sum.add_micros(n->whole, kMicrosPerMinute);
    else if (in_time && in.eat('S'))
      add_seconds(sum, *n);
    else
      return std::nullopt;
  }
  if (!any || !sum.ok) return std::nullopt;
  return sum.value;
}

bool add_unit(Sum& sum, const Number& n, std::string_view unit) {
  if (unit.size() > 1 && unit.ends_with('s')) unit.remove_suffix(1);
  if (n.has_fraction && unit != "second" && unit != "sec") return false;
  if (unit == "year" || unit == "yr")
    sum.add_months(n.whole, 12);
  else if (unit == "mon" || unit == "month")
    sum.add_months(n.whole, 1);
  else if (unit == "week")
    sum.add_days(n.whole, 7);
  else if (unit == "day")
    sum.add_days(n.whole, 1);
  else if (unit == "hour")
    sum.add_micros(n.whole, kMicrosPerHour);
  else if (unit == "minute" || unit == "min")
    sum.add_micros(n.whole, kMicrosPerMinute);
  else if (unit == "second" || unit == "sec")
    add_seconds(sum, n);
  else
    return false;
  return true;
}

// ":MM[:SS[.f]]" after the hours, whose sign holds for all of it.
bool add_clock(Sum& sum, const Number& hours, TextScan& in) {
  const std::int64_t sign = hours.negative ? -1 : 1;
  sum.add_micros(hours.whole, kMicrosPerHour);
  const auto minutes = in.number(2, 2);
  if (!minutes || *minutes > 59) return false;
  sum.add_micros(sign * *minutes, kMicrosPerMinute);
  if (!in.eat(':')) return true;
  if (!is_digit(in.peek())) return false;
  const auto seconds = scan_number(in);
  if (!seconds || seconds->whole > 59) return false;
  sum.add_micros(sign * seconds->whole, kMicrosPerSecond);
  sum.add_micros(sign * seconds->micros, 1);
  return true;
}

// "1 year 2 mons -3 days 04:05:06.789"
std::optional<Interval> parse_postgres(TextScan in) {
  Sum sum;
  do {
    const auto n = scan_number(in);
    if (!n) return std::nullopt;
    if (in.eat(':')) {
      if (n->has_fraction || !add_clock(sum, *n, in)) return std::nullopt;
    } else {
      in.skip(' ');
      if (!add_unit(sum, *n, in.word())) return std::nullopt;
    }
  } while (in.eat(' '));
  if (!in.done() || !sum.ok) return std::nullopt;
  return sum.value;
}

void append_number(std::string& out, std::uint64_t value, std::size_t width) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  const auto size = static_cast<std::size_t>(end - digits);
  if (size < width) out.append(width - size, '0');
  out.append(digits, size);
}

// PostgreSQL writes a plus only where the part before was negative.
struct Printer {
  std::string& out;
  bool empty = true;
  bool after_negative = false;

  void part(std::int64_t value, std::string_view unit) {
    if (value == 0) return;
    if (!empty) out += ' ';
    if (value < 0) out += '-';
    if (value > 0 && after_negative) out += '+';
    append_number(out, static_cast<std::uint64_t>(value < 0 ? -value : value), 1);
    out += ' ';
    out += unit;
    if (value != 1) out += 's';
    after_negative = value < 0;
    empty = false;
  }

  void clock(std::int64_t micros) {
    if (!empty && micros == 0) return;
    if (!empty) out += ' ';
    if (micros < 0) out += '-';
    if (micros > 0 && after_negative) out += '+';
    const std::uint64_t size =
        micros < 0 ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
    append_number(out, size / kMicrosPerHour, 2);
    out += ':';
    append_number(out, size / kMicrosPerMinute % 60, 2);
    out += ':';
    append_number(out, size / kMicrosPerSecond % 60, 2);
    if (size % kMicrosPerSecond == 0) return;
    out += '.';
    append_number(out, size % kMicrosPerSecond, 6);
    out.erase(out.find_last_not_of('0') + 1);
  }
};

}  // namespace

std::optional<Interval> parse_interval(std::string_view text) {
  if (text == "infinity") return kEndless;
  if (text == "-infinity") return kMinusEndless;
  TextScan in(text);
  return in.eat('P') ? parse_iso(in) : parse_postgres(in);
}

void append_interval(std::string& out, const Interval& interval) {
  if (interval == kEndless || interval == kMinusEndless) {
    out += interval == kEndless ? "infinity" : "-infinity";
    return;
  }
  Printer print{out};
  print.part(interval.months / 12, "year");
  print.part(interval.months % 12, "mon");
  print.part(interval.days, "day");
  print.clock(interval.micros);
}

}  // namespace atlas
