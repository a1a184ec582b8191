// Arithmetic on exact decimals: 64-bit units with a scale where they suffice, Decimal where not.

#include "mapping/expression_functions.h"
#include "mapping/lens_number.h"
#include "mapping/lens_reasons.h"
#include "model/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace atlas {
namespace {

using Args = std::span<const Value>;
using Extra = ExpressionExtra;

constexpr int kSmallDigits = 18;
constexpr int kPlacesMax = 16383;  // as in PostgreSQL's numeric
constexpr std::size_t kDigitsMax = 40'000;

constexpr std::array<std::int64_t, kSmallDigits + 1> kPowers = [] {
  std::array<std::int64_t, kSmallDigits + 1> out{};
  out[0] = 1;
  for (std::size_t i = 1; i < out.size(); ++i) out[i] = out[i - 1] * 10;
  return out;
}();

// units × 10^-scale.
struct Small {
  std::int64_t units = 0;
  int scale = 0;
};

bool small_of(const Value& number, Small& out) {
  if (number.tag() == Tag::kInt) {
    out = {number.as_int(), 0};
    return true;
  }
  if (number.tag() != Tag::kDecimal) return false;
  const std::string_view text = number.as_text();
  constexpr std::size_t kTextMax = kSmallDigits + 2;
  if (text.size() > kTextMax) return false;
  std::int64_t units = 0;
  int digits = 0;
  int scale = -1;
  for (const char c : text.substr(text.starts_with('-') ? 1 : 0)) {
    if (c == '.' && scale < 0) {
      scale = 0;
      continue;
    }
    if (c < '0' || c > '9' || ++digits > kSmallDigits) return false;
    units = units * 10 + (c - '0');
    if (scale >= 0) ++scale;
  }
  out = {text.starts_with('-') ? -units : units, scale < 0 ? 0 : scale};
  return digits > 0;
}

Value number_of(Small number, Arena& arena) {
  while (number.scale > 0 && number.units % 10 == 0) {
    number.units /= 10;
    --number.scale;
  }
  if (number.scale == 0) return Value::integer(number.units);
  std::array<char, 48> buffer{};
  const bool negative = number.units < 0;
  const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(number.units)
                                           : static_cast<std::uint64_t>(number.units);
  std::array<char, 24> digits{};
  const char* const end =
      std::to_chars(digits.data(), digits.data() + digits.size(), magnitude).ptr;
  const int count = static_cast<int>(end - digits.data());
  char* at = buffer.data();
  if (negative) *at++ = '-';
  for (int i = count; i <= number.scale; ++i) *at++ = '0';
  for (int i = 0; i < count; ++i) *at++ = digits[static_cast<std::size_t>(i)];
  const std::size_t size = static_cast<std::size_t>(at - buffer.data());
  const std::size_t whole = size - static_cast<std::size_t>(number.scale);
  char* const out = arena.allocate(size + 1);
  std::copy_n(buffer.data(), whole, out);
  out[whole] = '.';
  std::copy_n(buffer.data() + whole, static_cast<std::size_t>(number.scale), out + whole + 1);
  return Value::decimal({out, size + 1});
}

// Both with the same scale; false when that does not fit.
bool align(Small& a, Small& b) {
  Small& less = a.scale < b.scale ? a : b;
  const int scale = std::max(a.scale, b.scale);
  const std::int64_t power = kPowers[static_cast<std::size_t>(scale - less.scale)];
  if (__builtin_mul_overflow(less.units, power, &less.units)) return false;
  less.scale = scale;
  return true;
}

Fit large(const Value& number, Arena& arena, Decimal& out) {
  std::string_view text;
  if (const Fit fit = plain_number(number, arena, text); !fit.ok()) return fit;
  const auto parsed = Decimal::parse(text);
  if (!parsed) return {reason::kNotFinite};
  out = *parsed;
  return {};
}
Fit larges(Args a, Arena& arena, Decimal& x, Decimal& y) {
  if (const Fit fit = large(a[0], arena, x); !fit.ok()) return fit;
  return large(a[1], arena, y);
}
Fit answer(const Decimal& number, Arena& arena, Value& out) {
  const std::string text = number.text();
  if (text.size() > kDigitsMax) return {reason::kDigits};
  if (const auto whole = number.to_int64()) {
    out = Value::integer(*whole);
  } else {
    out = Value::decimal(arena.copy(text));
  }
  return {};
}

// a + b, or a - b.
Fit sum(Args a, bool subtracts, Arena& arena, Value& out) {
  Small x;
  Small y;
  std::int64_t units = 0;
  if (small_of(a[0], x) && small_of(a[1], y) && align(x, y) &&
      !(subtracts ? __builtin_sub_overflow(x.units, y.units, &units)
                  : __builtin_add_overflow(x.units, y.units, &units))) {
    out = number_of({units, x.scale}, arena);
    return {};
  }
  Decimal left;
  Decimal right;
  if (const Fit fit = larges(a, arena, left, right); !fit.ok()) return fit;
  return answer(left.plus(subtracts ? right.negated() : right), arena, out);
}
Fit plus(Args a, const Extra&, Arena& arena, Value& out) { return sum(a, false, arena, out); }
Fit minus(Args a, const Extra&, Arena& arena, Value& out) { return sum(a, true, arena, out); }
Fit times(Args a, const Extra&, Arena& arena, Value& out) {
  Small x;
  Small y;
  std::int64_t product = 0;
  if (small_of(a[0], x) && small_of(a[1], y) && x.scale + y.scale <= kSmallDigits &&
      !__builtin_mul_overflow(x.units, y.units, &product)) {
    out = number_of({product, x.scale + y.scale}, arena);
    return {};
  }
  Decimal left;
  Decimal right;
  if (const Fit fit = larges(a, arena, left, right); !fit.ok()) return fit;
  return answer(left.times(right), arena, out);
}
// The quotient where so many places more end it and all fits; false otherwise.
bool small_quotient(Small x, const Small& y, Small& out) {
  if (y.units == 0) return false;
  int scale = x.scale - y.scale;
  while (x.units % y.units != 0) {
    if (++scale > kSmallDigits || __builtin_mul_overflow(x.units, 10, &x.units)) return false;
  }
  if (y.units == -1 && x.units == std::numeric_limits<std::int64_t>::min()) return false;
  out = {x.units / y.units, scale};
  for (; out.scale < 0; ++out.scale) {
    if (__builtin_mul_overflow(out.units, 10, &out.units)) return false;
  }
  return true;
}

Fit over(Args a, const Extra&, Arena& arena, Value& out) {
  Small x;
  Small y;
  Small quotient;
  if (small_of(a[0], x) && small_of(a[1], y) && small_quotient(x, y, quotient)) {
    out = number_of(quotient, arena);
    return {};
  }
  Decimal left;
  Decimal right;
  if (const Fit fit = larges(a, arena, left, right); !fit.ok()) return fit;
  if (right.compare(Decimal::of(0)) == 0) return {reason::kDivisionByZero};
  const auto exact = left.divided_by(right);
  if (!exact) return {reason::kEndless};
  return answer(*exact, arena, out);
}
Fit negate(Args a, const Extra& extra, Arena& arena, Value& out) {
  const std::array<Value, 2> args{Value::integer(0), a[0]};
  return minus(args, extra, arena, out);
}

// x with `places` digits after the point, cut towards zero; `rest` says what was cut off.
Fit cut(const Decimal& number, int places, Decimal& out, Decimal& rest) {
  std::string text = number.text();
  const std::size_t point = text.find('.');
  if (places >= 0) {
    if (point != std::string::npos)
      text.resize(std::min(text.size(), point + 1 + static_cast<std::size_t>(places)));
  } else {
    text.resize(std::min(text.size(), point));
    const std::size_t first = text.starts_with('-') ? 1 : 0;
    const auto zeros = static_cast<std::size_t>(-places);
    if (text.size() - first <= zeros) {
      text = "0";
    } else {
      std::fill(text.end() - static_cast<std::ptrdiff_t>(zeros), text.end(), '0');
    }
  }
  if (text.ends_with('.')) text.pop_back();
  if (text.empty() || text == "-") text = "0";
  out = *Decimal::parse(text);
  rest = number.plus(out.negated());
  return {};
}
Fit places_of(Args a, int& places) {
  std::int64_t wanted = 0;
  if (a.size() > 1) {
    if (const Fit fit = whole_argument(a[1], wanted); !fit.ok()) return fit;
  }
  if (wanted < -kPlacesMax || wanted > kPlacesMax) return {reason::kIntegerRange};
  places = static_cast<int>(wanted);
  return {};
}
Decimal unit(int places) { return *Decimal::parse("1e" + std::to_string(-places)); }
bool negative(const Decimal& number) { return number.compare(Decimal::of(0)) < 0; }
bool zero(const Decimal& number) { return number.compare(Decimal::of(0)) == 0; }
Decimal absolute(const Decimal& number) { return negative(number) ? number.negated() : number; }

struct Cut {
  Decimal number, whole, rest;
  int places = 0;
};
Fit cut_argument(Args a, Arena& arena, Cut& out) {
  if (const Fit fit = places_of(a, out.places); !fit.ok()) return fit;
  if (const Fit fit = large(a[0], arena, out.number); !fit.ok()) return fit;
  return cut(out.number, out.places, out.whole, out.rest);
}
// Half away from zero.
Fit round(Args a, const Extra&, Arena& arena, Value& out) {
  Cut c;
  if (const Fit fit = cut_argument(a, arena, c); !fit.ok()) return fit;
  const Decimal twice = absolute(c.rest).times(Decimal::of(2));
  if (twice.compare(unit(c.places)) < 0) return answer(c.whole, arena, out);
  const Decimal step = negative(c.number) ? unit(c.places).negated() : unit(c.places);
  return answer(c.whole.plus(step), arena, out);
}
Fit trunc(Args a, const Extra&, Arena& arena, Value& out) {
  Cut c;
  if (const Fit fit = cut_argument(a, arena, c); !fit.ok()) return fit;
  return answer(c.whole, arena, out);
}
Fit floor(Args a, const Extra&, Arena& arena, Value& out) {
  Cut c;
  if (const Fit fit = cut_argument(a.first(1), arena, c); !fit.ok()) return fit;
  const bool down = negative(c.number) && !zero(c.rest);
  return answer(down ? c.whole.plus(Decimal::of(-1)) : c.whole, arena, out);
}
Fit ceil(Args a, const Extra&, Arena& arena, Value& out) {
  Cut c;
  if (const Fit fit = cut_argument(a.first(1), arena, c); !fit.ok()) return fit;
  const bool up = !negative(c.number) && !zero(c.rest);
  return answer(up ? c.whole.plus(Decimal::of(1)) : c.whole, arena, out);
}
Fit abs(Args a, const Extra& extra, Arena& arena, Value& out) {
  if (compare_numbers(a[0], Value::integer(0)) < 0) return negate(a, extra, arena, out);
  const std::array<Value, 2> args{a[0], Value::integer(0)};
  return plus(args, extra, arena, out);
}
Fit sign(Args a, const Extra&, Arena& arena, Value& out) {
  Decimal number;
  if (const Fit fit = large(a[0], arena, number); !fit.ok()) return fit;
  out = Value::integer(number.compare(Decimal::of(0)));
  return {};
}

// The quotient cut to a whole number, and what is left of the number: a = b × div + rest.
Fit divide(Args a, std::int64_t& quotient, std::int64_t& rest) {
  std::int64_t x = 0;
  std::int64_t y = 0;
  if (const Fit fit = whole_argument(a[0], x); !fit.ok()) return fit;
  if (const Fit fit = whole_argument(a[1], y); !fit.ok()) return fit;
  if (y == 0) return {reason::kDivisionByZero};
  if (y == -1) {
    rest = 0;
    return __builtin_sub_overflow(std::int64_t{0}, x, &quotient) ? Fit{reason::kIntegerRange}
                                                                 : Fit{};
  }
  quotient = x / y;
  rest = x % y;
  return {};
}
Fit div(Args a, const Extra&, Arena&, Value& out) {
  std::int64_t quotient = 0;
  std::int64_t rest = 0;
  const Fit fit = divide(a, quotient, rest);
  out = Value::integer(quotient);
  return fit;
}
Fit modulo(Args a, const Extra&, Arena&, Value& out) {
  std::int64_t quotient = 0;
  std::int64_t rest = 0;
  const Fit fit = divide(a, quotient, rest);
  out = Value::integer(rest);
  return fit;
}

Fit number_of_text(Args a, const Extra&, Arena& arena, Value& out) {
  Value read;
  if (const Fit fit = read_number(a[0].as_text(), arena, read); !fit.ok()) return fit;
  const std::array<Value, 2> args{read, Value::integer(0)};
  return plus(args, {}, arena, out);
}
Fit text_of_number(Args a, const Extra&, Arena& arena, Value& out) {
  std::string_view text;
  const Fit fit = plain_number(a[0], arena, text);
  out = Value::text(text);
  return fit;
}

constexpr Meet kNumber = Meet::kNumber;
constexpr Meet kText = Meet::kText;

}  // namespace

Fit whole_argument(const Value& number, std::int64_t& out) {
  Value whole;
  const Fit fit = write_integer(number, TypeKind::kInt8, whole);
  if (fit.ok()) out = whole.as_int();
  return fit;
}

std::vector<ExpressionFunction> number_functions() {
  return {
      {"+", {kNumber, kNumber}, 0, kNumber, plus, "({0} + {1})"},
      {"-", {kNumber, kNumber}, 0, kNumber, minus, "({0} - {1})"},
      {"*", {kNumber, kNumber}, 0, kNumber, times, "({0} * {1})"},
      {"/", {kNumber, kNumber}, 0, kNumber, over},
      {"%", {kNumber, kNumber}, 0, kNumber, modulo},
      {"neg", {kNumber}, 0, kNumber, negate, "(- {0})"},
      {"div", {kNumber, kNumber}, 0, kNumber, div},
      {"abs", {kNumber}, 0, kNumber, abs, "abs({0})"},
      {"sign", {kNumber}, 0, kNumber, sign, "sign({0})"},
      {"round", {kNumber, kNumber}, 1, kNumber, round, "round({0}, ({1})::int4)", {}, -1000},
      {"trunc", {kNumber, kNumber}, 1, kNumber, trunc, "trunc({0}, ({1})::int4)", {}, -1000},
      {"floor", {kNumber}, 0, kNumber, floor, "floor({0})"},
      {"ceil", {kNumber}, 0, kNumber, ceil, "ceil({0})"},
      {"number", {kText}, 0, kNumber, number_of_text},
      {"text", {kNumber}, 0, kText, text_of_number, "trim_scale({0})::text"},
  };
}

}  // namespace atlas
