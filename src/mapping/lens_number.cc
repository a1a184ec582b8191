#include "mapping/lens_number.h"

#include "mapping/lens_reasons.h"
#include "model/decimal.h"
#include "model/text_form.h"
#include "model/text_scan.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

namespace atlas {
namespace {

// The longest plain text of a double: 309 digits, or "0." and 342 places.
constexpr std::size_t kNumberTextMax = 400;

// A number's canonical text: equal in meaning = equal text. The same text that hashing uses.
class NumberText {
 public:
  explicit NumberText(const Value& number) {
    switch (number.tag()) {
      case Tag::kInt:
        print(number.as_int());
        return;
      case Tag::kFloat:
        print(number.as_float());
        return;
      case Tag::kDecimal:
        text_ = shortest_decimal(number.as_text(), scratch_);
        return;
      case Tag::kNull:
      case Tag::kBool:
      case Tag::kText:
      case Tag::kBytes:
      case Tag::kDate:
      case Tag::kTime:
      case Tag::kTimestamp:
      case Tag::kInstant:
      case Tag::kInterval:
      case Tag::kUuid:
      case Tag::kJson:
      case Tag::kOther:
        return;
    }
  }
  NumberText(const NumberText&) = delete;
  NumberText& operator=(const NumberText&) = delete;

  std::string_view view() const { return text_; }
  // "NaN", "Infinity" and "-Infinity" have a letter where a number has a digit.
  bool finite() const { return !text_.empty() && is_digit(text_.back()); }

 private:
  void print(std::int64_t value) {
    const char* end = std::to_chars(buffer_, buffer_ + sizeof buffer_, value).ptr;
    text_ = {buffer_, static_cast<std::size_t>(end - buffer_)};
  }
  void print(double value) {
    if (std::isnan(value)) {
      text_ = "NaN";
    } else if (std::isinf(value)) {
      text_ = value < 0 ? "-Infinity" : "Infinity";
    } else if (value == 0) {
      text_ = "0";
    } else {
      const char* end =
          std::to_chars(buffer_, buffer_ + sizeof buffer_, value, std::chars_format::fixed).ptr;
      text_ = {buffer_, static_cast<std::size_t>(end - buffer_)};
    }
  }

  std::string_view text_;
  std::string scratch_;
  char buffer_[kNumberTextMax];
};

// A plain shortest text in pieces; whole is empty for |x| < 1.
struct Pieces {
  bool negative = false;
  std::string_view whole, fraction;
};

Pieces split(std::string_view text) {
  Pieces out;
  out.negative = text.starts_with('-');
  if (out.negative) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  out.whole = text.substr(0, point);
  if (out.whole == "0") out.whole = {};
  if (point < text.size()) out.fraction = text.substr(point + 1);
  return out;
}

std::size_t zeros_at_end(std::string_view digits) {
  return digits.size() - (digits.find_last_not_of('0') + 1);
}

std::size_t zeros_at_start(std::string_view digits) {
  return std::min(digits.find_first_not_of('0'), digits.size());
}

// numeric(size, scale) as PostgreSQL has it; scale may be negative or above size since version 15.
Fit check_numeric(const Pieces& number, int size, int scale) {
  if (number.whole.empty() && number.fraction.empty()) return {};
  const int places = number.fraction.empty() ? -static_cast<int>(zeros_at_end(number.whole))
                                             : static_cast<int>(number.fraction.size());
  if (places > scale) return {reason::kPlaces};
  const int digits = number.whole.empty() ? -static_cast<int>(zeros_at_start(number.fraction))
                                          : static_cast<int>(number.whole.size());
  if (digits > size - scale) return {reason::kDigits};
  return {};
}

std::string_view print_numeric(const Pieces& number, std::size_t places, Arena& arena) {
  const std::string_view whole = number.whole.empty() ? "0" : number.whole;
  char* const out = arena.allocate(1 + whole.size() + 1 + std::max(places, number.fraction.size()));
  char* at = out;
  if (number.negative) *at++ = '-';
  at = std::ranges::copy(whole, at).out;
  if (places > 0) {
    *at++ = '.';
    at = std::ranges::copy(number.fraction, at).out;
    at = std::fill_n(at, places - std::min(places, number.fraction.size()), '0');
  }
  return {out, static_cast<std::size_t>(at - out)};
}

// Optional minus, digits without a needless zero in front, optional point and digits.
bool is_plain(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) return false;
  if (point + 1 == text.size()) return false;
  return std::ranges::all_of(whole, is_digit) &&
         (point == text.size() || std::ranges::all_of(text.substr(point + 1), is_digit));
}

std::string_view special_number(std::string_view text) {
  if (equals_ignoring_case(text, "nan")) return "NaN";
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (!equals_ignoring_case(text, "infinity") && !equals_ignoring_case(text, "inf")) return {};
  return negative ? "-Infinity" : "Infinity";
}

std::pair<std::int64_t, std::int64_t> integer_range(TypeKind kind) {
  if (kind == TypeKind::kInt2)
    return {std::numeric_limits<std::int16_t>::min(), std::numeric_limits<std::int16_t>::max()};
  if (kind == TypeKind::kInt4)
    return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
  return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
}

Fit to_integer(const Value& number, std::int64_t& out) {
  if (number.tag() == Tag::kInt) {
    out = number.as_int();
    return {};
  }
  const NumberText text(number);
  if (!text.finite()) return {reason::kNotFinite};
  const std::string_view digits = text.view();
  if (digits.find('.') != std::string_view::npos) return {reason::kNotWhole};
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (read.ec != std::errc{}) return {reason::kIntegerRange};
  return {};
}

double nearest_float(std::string_view text, TypeKind kind) {
  double wide = 0;
  float narrow = 0;
  const char* end = text.data() + text.size();
  // Out of range leaves the value alone; such a number is refused by the comparison that follows.
  if (kind == TypeKind::kFloat4) {
    (void)std::from_chars(text.data(), end, narrow);
    return float4_value(narrow);
  }
  (void)std::from_chars(text.data(), end, wide);
  return wide;
}

double special_float(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  return text.starts_with('-') ? -infinite : infinite;
}

}  // namespace

bool is_number(Tag tag) { return tag == Tag::kInt || tag == Tag::kFloat || tag == Tag::kDecimal; }

bool numbers_equal(const Value& a, const Value& b) {
  if (a.tag() == Tag::kInt && b.tag() == Tag::kInt) return a.as_int() == b.as_int();
  if (a == b) return true;
  const NumberText x(a);
  const NumberText y(b);
  return x.view() == y.view();
}

int compare_numbers(const Value& a, const Value& b) {
  if (a.tag() == Tag::kInt && b.tag() == Tag::kInt)
    return a.as_int() < b.as_int() ? -1 : (a.as_int() > b.as_int() ? 1 : 0);
  const NumberText x(a);
  const NumberText y(b);
  if (x.view() == y.view()) return 0;
  const auto rank = [](const NumberText& number) {
    if (number.finite()) return 1;
    return number.view() == "NaN" ? 3 : (number.view().starts_with('-') ? 0 : 2);
  };
  if (rank(x) != rank(y)) return rank(x) < rank(y) ? -1 : 1;
  const auto left = Decimal::parse(x.view());
  const auto right = Decimal::parse(y.view());
  return left && right ? left->compare(*right) : x.view().compare(y.view());
}

Fit read_number(std::string_view text, Arena& arena, Value& out) {
  if (is_plain(text)) {
    out = Value::decimal(text);
    return {};
  }
  if (const std::string_view special = special_number(text); !special.empty()) {
    out = Value::decimal(special);
    return {};
  }
  const auto number = Decimal::parse(text);
  if (!number) return {reason::kNotThatType};
  out = Value::decimal(arena.copy(number->text()));
  return {};
}

Fit write_integer(const Value& number, TypeKind kind, Value& out) {
  std::int64_t value = 0;
  if (const Fit fit = to_integer(number, value); !fit.ok()) return fit;
  const auto [min, max] = integer_range(kind);
  if (value < min || value > max) return {reason::kIntegerRange};
  out = Value::integer(value);
  return {};
}

Fit write_numeric(const Value& number, int size, int scale, Arena& arena, Value& out) {
  const NumberText text(number);
  if (!text.finite()) {
    // numeric(p, s) knows NaN but no infinity.
    if (size > 0 && text.view() != "NaN") return {reason::kNotFinite};
    out = Value::decimal(arena.copy(text.view()));
    return {};
  }
  const bool decimal = number.tag() == Tag::kDecimal;
  const bool untouched = decimal && text.view().data() == number.as_text().data();
  if (size == 0) {
    out = untouched ? number : Value::decimal(arena.copy(text.view()));
    return {};
  }
  const Pieces pieces = split(text.view());
  if (const Fit fit = check_numeric(pieces, size, scale); !fit.ok()) return fit;
  const std::size_t places = static_cast<std::size_t>(std::max(scale, 0));
  if (untouched && split(number.as_text()).fraction.size() == places) {
    out = number;
    return {};
  }
  out = Value::decimal(print_numeric(pieces, places, arena));
  return {};
}

Fit write_float(const Value& number, TypeKind kind, Value& out) {
  if (kind == TypeKind::kFloat8 && number.tag() == Tag::kFloat) {
    out = number;
    return {};
  }
  const NumberText text(number);
  if (!text.finite()) {
    out = Value::floating(special_float(text.view()));
    return {};
  }
  const Value nearest = Value::floating(nearest_float(text.view(), kind));
  if (NumberText(nearest).view() != text.view()) return {reason::kFloatInexact};
  out = nearest;
  return {};
}

std::string_view number_spelling(const Value& number, Arena& arena) {
  const NumberText exact(number);
  if (number.tag() == Tag::kFloat && exact.finite()) {
    // Above 2^53 the shortest spelling may mean another whole number than the float is.
    const std::string shortest = value_text(number);
    const auto meaning = Decimal::parse(shortest);
    if (meaning && meaning->text() == exact.view()) return arena.copy(shortest);
  }
  return arena.copy(exact.view());
}

Fit plain_number(const Value& number, Arena& arena, std::string_view& out) {
  const NumberText text(number);
  if (!text.finite()) return {reason::kNotFinite};
  out = arena.copy(text.view());
  return {};
}

}  // namespace atlas
