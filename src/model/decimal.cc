#include "model/decimal.h"

#include "foundation/assert.h"
#include "model/text_scan.h"

#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <numeric>

namespace atlas {
namespace {

using Big = boost::multiprecision::cpp_int;
__extension__ using Wide = unsigned __int128;

// PostgreSQL's numeric: digits before and after the point. Bounds what an exponent may unfold to.
constexpr std::int64_t kIntegerDigitsMax = 131072;
constexpr std::int64_t kFractionDigitsMax = 16383;
// Two numbers of this many digits multiply and add within 128 bits.
constexpr std::size_t kSmallDigits = 18;

// The pieces of a decimal's text.
struct Pieces {
  bool negative = false;
  std::string_view whole, fraction;
  std::int64_t exponent = 0;
};

std::string_view scan_digits(TextScan& in) {
  const std::string_view left = in.left();
  std::size_t n = 0;
  while (n < left.size() && is_digit(left[n])) ++n;
  (void)in.eat(left.substr(0, n));
  return left.substr(0, n);
}

std::optional<Pieces> split(std::string_view text) {
  Pieces out;
  TextScan in(text);
  out.negative = in.eat('-');
  if (!out.negative) (void)in.eat('+');
  out.whole = scan_digits(in);
  if (in.eat('.')) out.fraction = scan_digits(in);
  if (out.whole.empty() && out.fraction.empty()) return std::nullopt;
  if (in.eat('e') || in.eat('E')) {
    const bool down = in.eat('-');
    if (!down) (void)in.eat('+');
    if (!is_digit(in.peek())) return std::nullopt;
    in.skip('0');
    const auto exponent = in.number(0, 9);
    out.exponent = down ? -*exponent : *exponent;
  }
  if (!in.done()) return std::nullopt;
  return out;
}

Wide small(const std::string& digits) {
  std::uint64_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}

std::string digits_of(Wide value) {
  char buffer[40];
  char* at = buffer + sizeof buffer;
  do {
    *--at = static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  return {at, static_cast<std::size_t>(buffer + sizeof buffer - at)};
}

// a - b or a + b of digit strings of any length; for subtraction a must not be smaller.
std::string add_digits(std::string_view a, std::string_view b, bool subtract) {
  if (a.size() < b.size()) std::swap(a, b);
  std::string out(a.size() + 1, '0');
  int carry = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const int left = a[a.size() - 1 - i] - '0';
    const int right = i < b.size() ? b[b.size() - 1 - i] - '0' : 0;
    int sum = subtract ? left - right - carry : left + right + carry;
    carry = sum < 0 || sum > 9 ? 1 : 0;
    if (carry != 0) sum += subtract ? 10 : -10;
    out[out.size() - 1 - i] = static_cast<char>('0' + sum);
  }
  out[0] = static_cast<char>('0' + carry);
  return out;
}

// Compares digit strings without leading zeros as integers.
int compare_digits(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

// A fraction reduced to lowest terms whose denominator is 2^twos × 5^fives.
struct Reduced {
  Big numerator;
  unsigned twos = 0, fives = 0;
};

std::optional<Reduced> reduce(Big numerator, Big denominator) {
  const Big divisor = gcd(numerator, denominator);
  Reduced out{numerator / divisor};
  denominator /= divisor;
  out.twos = static_cast<unsigned>(lsb(denominator));
  denominator >>= out.twos;
  for (; denominator % 5 == 0; ++out.fives) denominator /= 5;
  if (denominator != 1) return std::nullopt;
  return out;
}

}  // namespace

void Decimal::normalize() {
  const std::size_t first = std::min(digits_.find_first_not_of('0'), digits_.size());
  digits_.erase(0, first);
  while (scale_ > 0 && digits_.ends_with('0')) {
    digits_.pop_back();
    --scale_;
  }
  if (scale_ < 0 && !digits_.empty()) digits_.append(static_cast<std::size_t>(-scale_), '0');
  scale_ = std::max(scale_, 0);
  if (digits_.empty()) {
    digits_ = "0";
    scale_ = 0;
    negative_ = false;
  }
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
  const auto pieces = split(text);
  if (!pieces) return std::nullopt;
  Decimal out;
  out.negative_ = pieces->negative;
  out.digits_.reserve(pieces->whole.size() + pieces->fraction.size());
  out.digits_ = pieces->whole;
  out.digits_ += pieces->fraction;
  const auto first = out.digits_.find_first_not_of('0');
  if (first == std::string::npos) return Decimal{};
  const std::int64_t scale = static_cast<std::int64_t>(pieces->fraction.size()) - pieces->exponent;
  const std::int64_t significant = static_cast<std::int64_t>(out.digits_.size() - first);
  if (scale > kFractionDigitsMax || significant - scale > kIntegerDigitsMax) return std::nullopt;
  out.scale_ = static_cast<int>(scale);
  out.normalize();
  return out;
}

Decimal Decimal::of(long long value) {
  Decimal out;
  out.negative_ = value < 0;
  const auto magnitude = static_cast<unsigned long long>(value);
  out.digits_ = digits_of(value < 0 ? 0 - magnitude : magnitude);
  return out;
}

Decimal Decimal::times(const Decimal& other) const {
  Decimal out;
  out.negative_ = negative_ != other.negative_;
  out.scale_ = scale_ + other.scale_;
  if (digits_.size() <= kSmallDigits && other.digits_.size() <= kSmallDigits) {
    out.digits_ = digits_of(small(digits_) * small(other.digits_));
  } else {
    out.digits_ = Big(Big(digits_) * Big(other.digits_)).str();
  }
  out.normalize();
  return out;
}

std::optional<Decimal> Decimal::divided_by(const Decimal& other) const {
  if (other.digits_ == "0") return std::nullopt;
  if (digits_ == "0") return Decimal{};
  const auto reduced = reduce(Big(digits_), Big(other.digits_));
  if (!reduced) return std::nullopt;
  // n / (2^a 5^b) = n 2^(m-a) 5^(m-b) / 10^m
  const unsigned places = std::max(reduced->twos, reduced->fives);
  Decimal out;
  out.negative_ = negative_ != other.negative_;
  Big digits = reduced->numerator << (places - reduced->twos);
  digits *= pow(Big(5), places - reduced->fives);
  out.digits_ = digits.str();
  out.scale_ = static_cast<int>(places) + scale_ - other.scale_;
  out.normalize();
  return out;
}

Decimal Decimal::plus(const Decimal& other) const {
  Decimal out;
  out.scale_ = std::max(scale_, other.scale_);
  std::string a = digits_ + std::string(static_cast<std::size_t>(out.scale_ - scale_), '0');
  std::string b =
      other.digits_ + std::string(static_cast<std::size_t>(out.scale_ - other.scale_), '0');
  // Zero with places is "000": the comparison below wants no leading zeros.
  if (digits_ == "0") a = "0";
  if (other.digits_ == "0") b = "0";
  const bool a_smaller = compare_digits(a, b) < 0;
  out.negative_ = a_smaller ? other.negative_ : negative_;
  out.digits_ = a_smaller ? add_digits(b, a, negative_ != other.negative_)
                          : add_digits(a, b, negative_ != other.negative_);
  out.normalize();
  return out;
}

Decimal Decimal::negated() const {
  Decimal out = *this;
  if (digits_ != "0") out.negative_ = !negative_;
  return out;
}

int Decimal::compare(const Decimal& other) const {
  if (negative_ != other.negative_) return negative_ ? -1 : 1;
  const int sign = negative_ ? -1 : 1;
  const int mine = integer_digits();
  const int theirs = other.integer_digits();
  if (mine != theirs) return mine < theirs ? -sign : sign;
  if (mine == 0) {
    // 0.05 against 0.5: the one with more zeros after the point is smaller, and zero is smallest.
    const bool zero = digits_ == "0";
    const bool other_zero = other.digits_ == "0";
    if (zero || other_zero) return zero && other_zero ? 0 : (zero ? -sign : sign);
    const int lead = static_cast<int>(digits_.size()) - scale_;
    const int other_lead = static_cast<int>(other.digits_.size()) - other.scale_;
    if (lead != other_lead) return lead < other_lead ? -sign : sign;
  }
  // The first digits stand at the same place, and neither ends in needless zeros: compare as text.
  const int order = digits_.compare(other.digits_);
  return order == 0 ? 0 : (order < 0 ? -sign : sign);
}

bool Decimal::is_integer() const { return scale_ == 0; }

int Decimal::scale_needed() const { return scale_; }

int Decimal::integer_digits() const {
  if (digits_ == "0") return 0;
  return std::max(static_cast<int>(digits_.size()) - scale_, 0);
}

std::optional<long long> Decimal::to_int64() const {
  if (scale_ != 0) return std::nullopt;
  const std::string signed_digits = negative_ ? "-" + digits_ : digits_;
  long long value = 0;
  const char* end = signed_digits.data() + signed_digits.size();
  const auto read = std::from_chars(signed_digits.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return value;
}

std::string Decimal::text() const { return text(scale_); }

std::string Decimal::text(int scale) const {
  ATLAS_ASSERT(scale >= scale_, "a decimal printed with fewer places than it needs");
  std::string out = negative_ ? "-" : "";
  const auto places = static_cast<std::size_t>(scale_);
  if (digits_.size() > places) {
    out.append(digits_, 0, digits_.size() - places);
  } else {
    out += '0';
  }
  if (scale == 0) return out;
  out += '.';
  if (digits_.size() < places) out.append(places - digits_.size(), '0');
  const std::size_t shown = std::min(digits_.size(), places);
  out.append(digits_, digits_.size() - shown, shown);
  out.append(static_cast<std::size_t>(scale - scale_), '0');
  return out;
}

std::string_view shortest_decimal(std::string_view text, std::string& scratch) {
  // Plain text is cut, not rewritten: optional minus, digits without a needless zero in front,
  // optional point and digits.
  TextScan in(text);
  (void)in.eat('-');
  const std::string_view whole = scan_digits(in);
  std::string_view fraction;
  bool plain = whole.size() == 1 || (whole.size() > 1 && whole.front() != '0');
  if (plain && in.eat('.')) {
    fraction = scan_digits(in);
    plain = !fraction.empty();
  }
  if (!plain || !in.done()) {
    const auto value = Decimal::parse(text);
    if (!value) return text;
    scratch = value->text();
    return scratch;
  }
  const std::size_t needed = fraction.find_last_not_of('0') + 1;
  const std::size_t cut =
      needed == 0 ? (fraction.empty() ? 0 : fraction.size() + 1) : fraction.size() - needed;
  text.remove_suffix(cut);
  return text == "-0" ? text.substr(1) : text;
}

}  // namespace atlas
