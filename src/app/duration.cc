#include "app/duration.h"

#include "model/text_form.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace atlas::app {
namespace {

constexpr std::int64_t kNumberMax = 1'000'000'000;  // of any unit: far from overflow

std::optional<Micros> unit(std::string_view name) {
  if (name == "ms") return std::chrono::milliseconds(1);
  if (name == "s") return std::chrono::seconds(1);
  if (name == "m") return std::chrono::minutes(1);
  if (name == "h") return std::chrono::hours(1);
  if (name == "d") return std::chrono::hours(24);
  return std::nullopt;
}

}  // namespace

std::optional<Micros> parse_duration(std::string_view text) {
  Micros sum{};
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0 || number > kNumberMax) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
    const auto micros = unit(name);
    if (!micros) return std::nullopt;
    if (*micros > std::chrono::seconds(1) && number > kNumberMax / 1000) return std::nullopt;
    sum += *micros * number;
    text.remove_prefix(name.size());
  }
  return sum;
}

std::string duration_text(Micros span) {
  const std::int64_t us = span.count();
  if (us < 0) return "-" + duration_text(-span);
  if (us < 1000) return fmt::format("{} µs", us);
  if (us < 1'000'000) return fmt::format("{} ms", us / 1000);
  if (us < 60'000'000) return fmt::format("{}.{} s", us / 1'000'000, us / 100'000 % 10);
  const std::int64_t seconds = us / 1'000'000;
  const auto two = [](std::int64_t whole, const char* unit, std::int64_t rest, const char* small) {
    return rest == 0 ? fmt::format("{} {}", whole, unit)
                     : fmt::format("{} {} {} {}", whole, unit, rest, small);
  };
  if (seconds < 3600) return two(seconds / 60, "min", seconds % 60, "s");
  if (seconds < 86400) return two(seconds / 3600, "h", seconds / 60 % 60, "min");
  return two(seconds / 86400, "d", seconds / 3600 % 24, "h");
}

std::string instant_text(Instant instant) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(instant);
  std::string text = value_text(Value::instant(Micros(whole.time_since_epoch()).count()));
  if (text.ends_with("+00")) text.replace(text.size() - 3, 3, "Z");
  return text;
}

}  // namespace atlas::app
