// Dates, local times and instants.

#include "mapping/expression_functions.h"
#include "mapping/lens_reasons.h"
#include "model/calendar.h"
#include "model/time_text.h"

namespace atlas {
namespace {

using Args = std::span<const Value>;
using Extra = ExpressionExtra;

bool endless(const Value& time) {
  return time.as_int() == kInfinity || time.as_int() == kMinusInfinity;
}
std::int64_t days_of(const Value& time) {
  return time.tag() == Tag::kDate ? time.as_int() : floor_div(time.as_int(), kMicrosPerDay);
}
std::int64_t micros_of(const Value& time) {
  return time.as_int() - floor_div(time.as_int(), kMicrosPerDay) * kMicrosPerDay;
}

Fit year(Args a, const Extra&, Arena&, Value& out) {
  if (endless(a[0])) return {reason::kEndlessDate};
  const std::int64_t year = civil_from_days(days_of(a[0])).year;
  out = Value::integer(year > 0 ? year : year - 1);  // there is no year 0
  return {};
}
Fit month(Args a, const Extra&, Arena&, Value& out) {
  if (endless(a[0])) return {reason::kEndlessDate};
  out = Value::integer(civil_from_days(days_of(a[0])).month);
  return {};
}
Fit day(Args a, const Extra&, Arena&, Value& out) {
  if (endless(a[0])) return {reason::kEndlessDate};
  out = Value::integer(civil_from_days(days_of(a[0])).day);
  return {};
}
Fit hour(Args a, const Extra&, Arena&, Value& out) {
  if (endless(a[0])) return {reason::kEndlessDate};
  out = Value::integer(micros_of(a[0]) / kMicrosPerHour);
  return {};
}
Fit minute(Args a, const Extra&, Arena&, Value& out) {
  if (endless(a[0])) return {reason::kEndlessDate};
  out = Value::integer(micros_of(a[0]) / kMicrosPerMinute % 60);
  return {};
}
Fit second(Args a, const Extra&, Arena&, Value& out) {
  if (endless(a[0])) return {reason::kEndlessDate};
  out = Value::integer(micros_of(a[0]) / kMicrosPerSecond % 60);
  return {};
}

bool is_date(std::int64_t days) {
  return days >= days_from_civil({-4712, 1, 1}) && days < days_from_civil({5874898, 1, 1});
}

Fit date_of_parts(Args a, const Extra&, Arena&, Value& out) {
  std::int64_t parts[3] = {};
  for (std::size_t i = 0; i < 3; ++i) {
    if (const Fit fit = whole_argument(a[i], parts[i]); !fit.ok()) return fit;
  }
  const auto [y, m, d] = parts;
  constexpr std::int64_t kYearMax = 5'874'897;
  if (y < 1 || y > kYearMax || m < 1 || m > 12 || d < 1 ||
      d > days_in_month(y, static_cast<unsigned>(m)))
    return {reason::kNoDate};
  out = Value::date(days_from_civil({y, static_cast<unsigned>(m), static_cast<unsigned>(d)}));
  return {};
}
Fit date_of_text(Args a, const Extra&, Arena&, Value& out) {
  const auto days = parse_date(a[0].as_text());
  if (!days) return {reason::kNoDate};
  out = Value::date(*days);
  return {};
}
Fit date_of_timestamp(Args a, const Extra&, Arena&, Value& out) {
  out = Value::date(endless(a[0]) ? a[0].as_int() : days_of(a[0]));
  return {};
}
Fit start_of_day(Args a, const Extra&, Arena&, Value& out) {
  if (endless(a[0])) {
    out = Value::timestamp(a[0].as_int());
    return {};
  }
  std::int64_t micros = 0;
  if (__builtin_mul_overflow(a[0].as_int(), kMicrosPerDay, &micros)) return {reason::kStampRange};
  out = Value::timestamp(micros);
  return {};
}
Fit add_days(Args a, const Extra&, Arena&, Value& out) {
  if (endless(a[0])) return {reason::kEndlessDate};
  std::int64_t days = 0;
  if (const Fit fit = whole_argument(a[1], days); !fit.ok()) return fit;
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a[0].as_int(), days, &sum) || !is_date(sum)) return {reason::kNoDate};
  out = Value::date(sum);
  return {};
}
Fit days_between(Args a, const Extra&, Arena&, Value& out) {
  if (endless(a[0]) || endless(a[1])) return {reason::kEndlessDate};
  out = Value::integer(a[1].as_int() - a[0].as_int());
  return {};
}

Fit local(Args a, const Extra& extra, Arena&, Value& out) {
  out = Value::timestamp(to_local(extra.zone, a[0].as_int()));
  return {};
}
Fit instant(Args a, const Extra& extra, Arena&, Value& out) {
  const auto utc = to_instant(extra.zone, a[0].as_int());
  if (!utc) return {reason::kGap};
  out = Value::instant(*utc);
  return {};
}
Fit timestamp_of_text(Args a, const Extra&, Arena&, Value& out) {
  const auto micros = parse_timestamp(a[0].as_text());
  if (!micros) return {reason::kNoDate};
  out = Value::timestamp(*micros);
  return {};
}
// Whole seconds since 1970, cut downwards.
Fit epoch_seconds(Args a, const Extra&, Arena&, Value& out) {
  if (endless(a[0])) return {reason::kEndlessTime};
  out = Value::integer(floor_div(a[0].as_int(), kMicrosPerSecond));
  return {};
}
Fit from_epoch(Args a, const Extra&, Arena&, Value& out) {
  std::int64_t seconds = 0;
  if (const Fit fit = whole_argument(a[0], seconds); !fit.ok()) return fit;
  std::int64_t micros = 0;
  if (__builtin_mul_overflow(seconds, kMicrosPerSecond, &micros)) return {reason::kStampRange};
  out = Value::instant(micros);
  return {};
}

template <void (*Append)(std::string&, std::int64_t)>
Fit text_of_time(Args a, const Extra&, Arena& arena, Value& out) {
  std::string text;
  Append(text, a[0].as_int());
  out = Value::text(arena.copy(text));
  return {};
}

constexpr Meet kNumber = Meet::kNumber;
constexpr Meet kText = Meet::kText;
constexpr Meet kDate = Meet::kDate;
constexpr Meet kStamp = Meet::kTimestamp;
constexpr Meet kInstant = Meet::kInstant;

}  // namespace

std::vector<ExpressionFunction> time_functions() {
  return {
      {"year", {kDate}, 0, kNumber, year},
      {"year", {kStamp}, 0, kNumber, year},
      {"month", {kDate}, 0, kNumber, month},
      {"month", {kStamp}, 0, kNumber, month},
      {"day", {kDate}, 0, kNumber, day},
      {"day", {kStamp}, 0, kNumber, day},
      {"hour", {kStamp}, 0, kNumber, hour},
      {"minute", {kStamp}, 0, kNumber, minute},
      {"second", {kStamp}, 0, kNumber, second},
      {"date", {kNumber, kNumber, kNumber}, 0, kDate, date_of_parts},
      {"date", {kText}, 0, kDate, date_of_text},
      {"date", {kStamp}, 0, kDate, date_of_timestamp, "({0})::date"},
      {"start_of_day", {kDate}, 0, kStamp, start_of_day},
      {"add_days", {kDate, kNumber}, 0, kDate, add_days},
      {"days_between", {kDate, kDate}, 0, kNumber, days_between},
      {"local", {kInstant, kText}, 0, kStamp, local, {}, {}, {}, SecondArgument::kZone},
      {"instant", {kStamp, kText}, 0, kInstant, instant, {}, {}, {}, SecondArgument::kZone},
      {"timestamp", {kText}, 0, kStamp, timestamp_of_text},
      {"epoch", {kInstant}, 0, kNumber, epoch_seconds},
      {"from_epoch", {kNumber}, 0, kInstant, from_epoch},
      {"text", {kDate}, 0, kText, text_of_time<append_date>},
      {"text", {kStamp}, 0, kText, text_of_time<append_timestamp>},
      {"text", {kInstant}, 0, kText, text_of_time<append_instant>},
  };
}

}  // namespace atlas
