#include "engines/sqlite/stamp_text.h"

#include "model/calendar.h"
#include "model/text_form.h"
#include "model/value.h"

#include <fmt/format.h>

namespace atlas::sqlite {
namespace {

constexpr std::string_view kPattern = "####-##-## ##:##:##";
constexpr std::size_t kSecondsSize = kPattern.size();
constexpr std::size_t kFractionDigits = 6;
// After everything that a spelling of the same time may go on with.
constexpr char kAfterAll = '~';

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool matches_pattern(std::string_view text) {
  for (std::size_t i = 0; i < kPattern.size(); ++i) {
    if (kPattern[i] == '#' ? !is_digit(text[i]) : text[i] != kPattern[i]) return false;
  }
  return true;
}

// Years that four digits spell: year 0 is 1 BC.
bool four_digit_year(std::int64_t micros) {
  constexpr std::int64_t kFirst = days_from_civil({1, 1, 1}) * kMicrosPerDay;
  constexpr std::int64_t kEnd = days_from_civil({10'000, 1, 1}) * kMicrosPerDay;
  return micros >= kFirst && micros < kEnd;
}

bool is_infinite(std::int64_t micros) { return micros == kInfinity || micros == kMinusInfinity; }

// Up to the seconds, then ".ffffff".
std::string plain_text(std::int64_t micros) {
  const std::int64_t days = floor_div(micros, kMicrosPerDay);
  const std::int64_t in_day = micros - days * kMicrosPerDay;
  const CivilDate date = civil_from_days(days);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", date.year, date.month, date.day,
                     in_day / kMicrosPerHour, in_day / kMicrosPerMinute % 60,
                     in_day / kMicrosPerSecond % 60, in_day % kMicrosPerSecond);
}

std::int64_t digits_at(std::string_view text, std::size_t at, std::size_t count) {
  std::int64_t out = 0;
  for (const char c : text.substr(at, count)) out = out * 10 + (c - '0');
  return out;
}

// Of a text that matches the pattern; nullopt for 30 February, 24:00:00 and leap seconds.
std::optional<std::int64_t> seconds_of(std::string_view text) {
  const std::int64_t year = digits_at(text, 0, 4);
  const auto month = static_cast<unsigned>(digits_at(text, 5, 2));
  const auto day = static_cast<unsigned>(digits_at(text, 8, 2));
  const std::int64_t hour = digits_at(text, 11, 2);
  const std::int64_t minute = digits_at(text, 14, 2);
  const std::int64_t second = digits_at(text, 17, 2);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
    return std::nullopt;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return ((days_from_civil({year, month, day}) * 24 + hour) * 60 + minute) * 60 + second;
}

Value stamp_value(std::int64_t micros, TypeKind kind) {
  return kind == TypeKind::kTimestampTz ? Value::instant(micros) : Value::timestamp(micros);
}

}  // namespace

std::string stamp_text(std::int64_t micros, TypeKind kind) {
  if (is_infinite(micros) || !four_digit_year(micros)) return value_text(stamp_value(micros, kind));
  return kind == TypeKind::kTimestampTz ? plain_text(micros) + "+00" : plain_text(micros);
}

std::optional<std::int64_t> sortable_stamp(std::string_view text, TypeKind kind) {
  if (text == "infinity") return kInfinity;
  if (text == "-infinity") return kMinusInfinity;
  if (text.size() < kSecondsSize || !matches_pattern(text)) return std::nullopt;
  const auto seconds = seconds_of(text);
  if (!seconds) return std::nullopt;
  std::string_view rest = text.substr(kSecondsSize);
  std::int64_t fraction = 0;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    std::size_t digits = 0;
    for (; digits < rest.size() && is_digit(rest[digits]); ++digits) {
      fraction = fraction * 10 + (rest[digits] - '0');
      if (digits == kFractionDigits) return std::nullopt;
    }
    if (digits == 0) return std::nullopt;
    rest.remove_prefix(digits);
    for (; digits < kFractionDigits; ++digits) fraction *= 10;
  }
  const bool offset = rest == "+00" || rest == "+00:00";
  if (!rest.empty() && (kind != TypeKind::kTimestampTz || !offset)) return std::nullopt;
  return *seconds * kMicrosPerSecond + fraction;
}

StampRange stamp_range(std::int64_t micros, TypeKind kind) {
  const std::string written = stamp_text(micros, kind);
  if (is_infinite(micros)) return {written, written, written};
  if (!four_digit_year(micros)) {
    // No sortable text spells it; what comes before or after all of them stands for it.
    const std::string edge = micros < 0 ? "" : ":";
    return {edge, edge, edge};
  }
  std::string lowest = plain_text(micros);
  while (lowest.ends_with('0')) lowest.pop_back();
  if (lowest.ends_with('.')) lowest.pop_back();
  return {lowest, written, plain_text(micros) + kAfterAll};
}

}  // namespace atlas::sqlite
