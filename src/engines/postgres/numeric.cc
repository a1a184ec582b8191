#include "engines/postgres/numeric.h"

#include "engines/postgres/wire.h"
#include "model/decimal.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace atlas::postgres {
namespace {

constexpr std::uint16_t kPositive = 0x0000;
constexpr std::uint16_t kNegative = 0x4000;
constexpr std::uint16_t kNan = 0xC000;
constexpr std::uint16_t kPlusInfinity = 0xD000;
constexpr std::uint16_t kNegativeInfinity = 0xF000;
constexpr int kGroup = 4;  // decimal digits in one digit of the base
// A header's limit: weight is a signed 16-bit number, dscale has 14 bits.
constexpr std::size_t kIntegerDigitsMax = 131072;
constexpr std::size_t kScaleMax = 16383;

void append_special(std::string& out, std::uint16_t sign) {
  append_big(out, std::uint16_t{0});
  append_big(out, std::uint16_t{0});
  append_big(out, sign);
  append_big(out, std::uint16_t{0});
}

void put_group(char* at, unsigned digit) {
  for (int i = kGroup - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + digit % 10);
    digit /= 10;
  }
}

struct Parts {
  bool negative = false;
  std::string_view whole, fraction;
};

// Plain notation only: [-+]digits[.digits] with at least one digit.
std::optional<Parts> split_plain(std::string_view text) {
  Parts parts;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    parts.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const std::size_t point = text.find('.');
  parts.whole = text.substr(0, point);
  if (point != std::string_view::npos) parts.fraction = text.substr(point + 1);
  const auto digits = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (parts.whole.empty() && parts.fraction.empty()) return std::nullopt;
  if (!digits(parts.whole) || !digits(parts.fraction)) return std::nullopt;
  while (!parts.whole.empty() && parts.whole.front() == '0') parts.whole.remove_prefix(1);
  return parts;
}

bool append_plain(std::string& out, const Parts& parts) {
  if (parts.whole.size() > kIntegerDigitsMax || parts.fraction.size() > kScaleMax) return false;
  const std::size_t header = out.size();
  out.resize(header + 8);
  const std::size_t whole_groups = (parts.whole.size() + kGroup - 1) / kGroup;
  const std::size_t fraction_groups = (parts.fraction.size() + kGroup - 1) / kGroup;
  const std::size_t lead = whole_groups * kGroup - parts.whole.size();
  const auto digit_at =
      [&](std::size_t i) -> unsigned {  // i counts from the first group's first digit
    if (i < lead) return 0;
    i -= lead;
    if (i < parts.whole.size()) return static_cast<unsigned>(parts.whole[i] - '0');
    i -= parts.whole.size();
    return i < parts.fraction.size() ? static_cast<unsigned>(parts.fraction[i] - '0') : 0;
  };
  // Leading and trailing zero groups are not sent.
  std::size_t first = 0, last = 0, count = 0;
  const std::size_t groups = whole_groups + fraction_groups;
  for (std::size_t g = 0; g < groups; ++g) {
    unsigned digit = 0;
    for (std::size_t j = 0; j < kGroup; ++j) digit = digit * 10 + digit_at(g * kGroup + j);
    if (count == 0 && digit == 0) continue;
    if (count == 0) first = g;
    append_big(out, static_cast<std::uint16_t>(digit));
    ++count;
    if (digit != 0) last = g + 1;
  }
  if (count != 0) {
    out.resize(out.size() - 2 * (groups - last));
    count -= groups - last;
  }
  const auto weight =
      static_cast<std::int16_t>(count == 0 ? 0
                                           : static_cast<std::ptrdiff_t>(whole_groups) - 1 -
                                                 static_cast<std::ptrdiff_t>(first));
  store_big(out.data() + header, static_cast<std::uint16_t>(count));
  store_big(out.data() + header + 2, static_cast<std::uint16_t>(weight));
  store_big(out.data() + header + 4, parts.negative && count != 0 ? kNegative : kPositive);
  store_big(out.data() + header + 6, static_cast<std::uint16_t>(parts.fraction.size()));
  return true;
}

}  // namespace

std::string_view numeric_text(std::string_view binary, Arena& arena) {
  const auto count = load_big<std::uint16_t>(binary, 0);
  const int weight = static_cast<std::int16_t>(load_big<std::uint16_t>(binary, 2));
  const auto sign = load_big<std::uint16_t>(binary, 4);
  const std::size_t scale = load_big<std::uint16_t>(binary, 6);
  if (sign == kNan) return "NaN";
  if (sign == kPlusInfinity) return "Infinity";
  if (sign == kNegativeInfinity) return "-Infinity";
  ATLAS_ASSERT(sign == kPositive || sign == kNegative, "a numeric has an unknown sign");

  const auto digit = [&](int group) -> unsigned {  // group 0 is the units' group
    const int i = weight - group;
    return i < 0 || i >= count
               ? 0U
               : load_big<std::uint16_t>(binary, 8 + 2 * static_cast<std::size_t>(i));
  };
  const std::size_t whole_groups = weight < 0 ? 1 : static_cast<std::size_t>(weight) + 1;
  const std::size_t fraction_groups = (scale + kGroup - 1) / kGroup;
  char* const begin = arena.allocate(2 + (whole_groups + fraction_groups) * kGroup);
  char* at = begin;
  if (sign == kNegative) *at++ = '-';
  char* const whole = at;
  for (std::size_t g = whole_groups; g-- > 0; at += kGroup)
    put_group(at, digit(static_cast<int>(g)));
  // Leading zeros of the first group go, the last zero before the point stays.
  char* const shown = std::find_if(whole, at - 1, [](char c) { return c != '0'; });
  std::copy(shown, at, whole);
  at -= shown - whole;
  if (scale != 0) {
    *at++ = '.';
    char* const fraction = at;
    for (std::size_t g = 1; g <= fraction_groups; ++g, at += kGroup)
      put_group(at, digit(-static_cast<int>(g)));
    at = fraction + scale;
  }
  return {begin, static_cast<std::size_t>(at - begin)};
}

bool append_numeric(std::string& out, std::string_view text) {
  if (text == "NaN") return append_special(out, kNan), true;
  if (text == "Infinity") return append_special(out, kPlusInfinity), true;
  if (text == "-Infinity") return append_special(out, kNegativeInfinity), true;
  if (const auto parts = split_plain(text)) return append_plain(out, *parts);
  const auto decimal = Decimal::parse(text);  // exponents
  if (!decimal) return false;
  const std::string plain = decimal->text();
  const auto parts = split_plain(plain);
  return parts && append_plain(out, *parts);
}

}  // namespace atlas::postgres
