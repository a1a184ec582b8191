// scale: platform = legacy × factor + offset, or legacy ÷ factor + offset, in exact decimals.

#include "mapping/lens_number.h"
#include "mapping/lens_pair.h"
#include "mapping/lens_reasons.h"
#include "model/text_scan.h"

#include <fmt/format.h>

#include <limits>

namespace atlas {
namespace {

__extension__ using Wide = __int128;

// digits × 10^-places, for numbers of up to 18 digits: no allocation on the usual way.
struct Small {
  std::int64_t digits = 0;
  int places = 0;
};

constexpr int kSmallDigits = 18;

constexpr std::int64_t power_of_ten(int exponent) {
  std::int64_t out = 1;
  for (int i = 0; i < exponent; ++i) out *= 10;
  return out;
}

// nullopt when the text is not plain or too long.
std::optional<Small> small_number(std::string_view text) {
  Small out;
  TextScan in(text);
  const bool negative = in.eat('-');
  int digits = 0;
  bool point = false;
  for (; !in.done(); ++digits) {
    if (!point && in.peek() == '.') {
      point = in.eat('.');
      if (in.done()) return std::nullopt;
    }
    if (!is_digit(in.peek()) || digits == kSmallDigits) return std::nullopt;
    out.digits = out.digits * 10 + (in.peek() - '0');
    out.places += point ? 1 : 0;
    (void)in.eat(in.peek());
  }
  if (digits == 0) return std::nullopt;
  if (negative) out.digits = -out.digits;
  return out;
}

std::optional<Small> small_number(const Value& value) {
  if (value.tag() == Tag::kDecimal) return small_number(value.as_text());
  constexpr std::int64_t kLimit = power_of_ten(kSmallDigits);
  if (value.tag() != Tag::kInt || value.as_int() <= -kLimit || value.as_int() >= kLimit)
    return std::nullopt;
  return Small{value.as_int(), 0};
}

// digits × 10^-places as a whole number or a decimal without zeros at the end; nullopt beyond 64
// bits.
std::optional<Value> print(Wide digits, int places, Arena& arena) {
  for (; places > 0 && digits % 10 == 0; --places) digits /= 10;
  if (digits < std::numeric_limits<std::int64_t>::min() ||
      digits > std::numeric_limits<std::int64_t>::max())
    return std::nullopt;
  if (places == 0) return Value::integer(static_cast<std::int64_t>(digits));
  constexpr std::size_t kCharacters = 64;
  char* const buffer = arena.allocate(kCharacters);
  char* at = buffer + kCharacters;
  auto left = static_cast<std::uint64_t>(digits < 0 ? -digits : digits);
  for (int i = 0; i < places || left != 0; ++i) {
    if (i == places) *--at = '.';
    *--at = static_cast<char>('0' + left % 10);
    left /= 10;
  }
  // 5 with two places has come out as "05" so far.
  if (buffer + kCharacters - at == places) {
    *--at = '.';
    *--at = '0';
  }
  if (digits < 0) *--at = '-';
  return Value::decimal({at, static_cast<std::size_t>(buffer + kCharacters - at)});
}

// x × factor + offset, where factor may be given as a divisor that has no finite reciprocal.
struct Affine {
  Decimal factor = Decimal::of(1);  // the number that is multiplied or divided by
  bool divide = false;
  Decimal before = Decimal::of(0);  // added first
  Decimal after = Decimal::of(0);   // added last
  std::optional<Small> small_factor, small_before, small_after;

  void prepare() {
    // Division by 100 is multiplication by 0.01.
    if (divide) {
      if (const auto reciprocal = Decimal::of(1).divided_by(factor)) {
        factor = *reciprocal;
        divide = false;
      }
    }
    if (!divide) small_factor = small_number(factor.text());
    small_before = small_number(before.text());
    small_after = small_number(after.text());
  }
  Fit apply(const Value& x, Arena& arena, Value& out) const;

 private:
  std::optional<Value> apply_small(const Value& x, Arena& arena) const;
};

// a + b with a common number of places; false beyond 18 further digits.
bool add(Wide& digits, int& places, const Small& other) {
  const int more = other.places - places;
  if (more > kSmallDigits || more < -kSmallDigits) return false;
  Wide term = other.digits;
  if (more > 0) {
    if (__builtin_mul_overflow(digits, Wide{power_of_ten(more)}, &digits)) return false;
    places = other.places;
  } else {
    term *= power_of_ten(-more);
  }
  return !__builtin_add_overflow(digits, term, &digits);
}

std::optional<Value> Affine::apply_small(const Value& x, Arena& arena) const {
  if (!small_factor || !small_before || !small_after) return std::nullopt;
  const auto number = small_number(x);
  if (!number) return std::nullopt;
  Wide digits = number->digits;
  int places = number->places;
  if (small_before->digits != 0 && !add(digits, places, *small_before)) return std::nullopt;
  if (__builtin_mul_overflow(digits, Wide{small_factor->digits}, &digits)) return std::nullopt;
  places += small_factor->places;
  if (small_after->digits != 0 && !add(digits, places, *small_after)) return std::nullopt;
  return print(digits, places, arena);
}

Fit Affine::apply(const Value& x, Arena& arena, Value& out) const {
  if (const auto value = apply_small(x, arena)) {
    out = *value;
    return {};
  }
  std::string_view text;
  if (const Fit fit = plain_number(x, arena, text); !fit.ok()) return fit;
  const auto number = Decimal::parse(text);
  if (!number) return {reason::kNotFinite};
  auto result = std::optional(number->plus(before));
  result = divide ? result->divided_by(factor) : result->times(factor);
  if (!result) return {reason::kEndless};
  out = Value::decimal(arena.copy(result->plus(after).text()));
  return {};
}

class ScaleLens final : public PairLens {
 public:
  ScaleLens(Pair pair, const ScaleOp& op) : PairLens(std::move(pair)) {
    to_platform_.factor = to_legacy_.factor = op.factor;
    to_platform_.divide = op.divide;
    to_legacy_.divide = !op.divide;
    to_platform_.after = op.offset;
    to_legacy_.before = op.offset.negated();
    to_platform_.prepare();
    to_legacy_.prepare();
  }

 protected:
  Fit to_mid(Side side, const Value& value, Arena& arena, Value& mid) const override {
    if (side == Side::kLegacy) return to_platform_.apply(value, arena, mid);
    mid = value;
    return {};
  }
  Fit from_mid(Side side, const Value& mid, Arena& arena, Value& value) const override {
    if (side == Side::kLegacy) return to_legacy_.apply(mid, arena, value);
    value = mid;
    return {};
  }

 private:
  Affine to_platform_, to_legacy_;
};

}  // namespace

MadeLens make_scale(const LensSpec& spec, const ScaleOp& op) {
  ATLAS_OK(expect_columns(spec, "scale", 1, 1));
  if (op.factor == Decimal::of(0))
    return Error(Code::kWrongShape, "`scale` by 0 cannot be undone").advise("give another factor");
  std::array<ColumnOptions, 2> options;
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    const LensColumn& column = columns_of(spec, side).front();
    if (!column.path.empty()) options[index(side)].json = meet_type(Meet::kNumber);
    const bool fits = !column.path.empty() || is_text(column.type.kind) ||
                      natural_meet(column.type) == Meet::kNumber;
    if (!fits) return type_mismatch(spec, "`scale` takes numbers on both sides");
  }
  ATLAS_TRY(Pair pair, make_pair_parts(spec, "scale", LawClass::kBijection,
                                       {Meet::kNumber, Meet::kNumber}, std::move(options)));
  return std::make_unique<ScaleLens>(std::move(pair), op);
}

}  // namespace atlas
