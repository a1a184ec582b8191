#include "app/atlas_row_text.h"

#include <charconv>

namespace atlas::app {
namespace {

using std::chrono::sys_days;

std::chrono::year year_of(UtcMicros at) {
  return std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(at)}.year();
}

// The European Union changes its clocks at 01:00 UTC on the last Sundays of March and October.
// The rule is spelled out because the generated rows must not depend on a machine's zone files.
UtcMicros clock_change(std::chrono::year year, std::chrono::month month) {
  return sys_days{year / month / std::chrono::Sunday[std::chrono::last]} + std::chrono::hours{1};
}

std::chrono::hours berlin_offset(UtcMicros at) {
  const std::chrono::year year = year_of(at);
  const bool summer =
      at >= clock_change(year, std::chrono::March) && at < clock_change(year, std::chrono::October);
  return std::chrono::hours{summer ? 2 : 1};
}

}  // namespace

void RowText::text(std::string_view value) {
  is_null_[count_] = false;
  texts_[count_++] = value;
}

void RowText::number(std::int64_t value) {
  text("");
  add_number(value);
}

void RowText::number_or_null(std::optional<std::int64_t> value) {
  if (value) {
    number(*value);
  } else {
    null();
  }
}

void RowText::date(sys_days day) {
  text("");
  add_date(day);
}

void RowText::berlin_time(UtcMicros at) {
  const UtcMicros local = at + berlin_offset(at);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::hh_mm_ss time{local - day};
  date(day);
  add(" ");
  add_padded(time.hours().count(), 2);
  add(":");
  add_padded(time.minutes().count(), 2);
  add(":");
  add_padded(time.seconds().count(), 2);
  add(".");
  add_padded(time.subseconds().count(), 6);
}

void RowText::degrees(std::int64_t angle_e7) {
  constexpr std::int64_t kDegree = 10'000'000;
  const std::int64_t size = angle_e7 < 0 ? -angle_e7 : angle_e7;
  text(angle_e7 < 0 ? "-" : "");
  add_number(size / kDegree);
  add(".");
  add_padded(size % kDegree, 7);
}

void RowText::add_number(std::int64_t value) { add_padded(value, 1); }

void RowText::add_padded(std::int64_t value, std::size_t width) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const auto length = static_cast<std::size_t>(end - digits.data());
  std::string& text = texts_[count_ - 1];
  if (length < width) text.append(width - length, '0');
  text.append(digits.data(), length);
}

void RowText::add_date(sys_days day) {
  const std::chrono::year_month_day date{day};
  add_padded(static_cast<int>(date.year()), 4);
  add("-");
  add_padded(static_cast<unsigned>(date.month()), 2);
  add("-");
  add_padded(static_cast<unsigned>(date.day()), 2);
}

std::span<const std::optional<std::string_view>> RowText::cells() {
  for (std::size_t i = 0; i < count_; ++i) {
    cells_[i] = is_null_[i] ? std::nullopt : std::optional<std::string_view>{texts_[i]};
  }
  return std::span{cells_}.first(count_);
}

sys_days last_spring_change(UtcMicros now) {
  std::chrono::year year = year_of(now);
  if (clock_change(year, std::chrono::March) > now) --year;
  return std::chrono::floor<std::chrono::days>(clock_change(year, std::chrono::March));
}

}  // namespace atlas::app
