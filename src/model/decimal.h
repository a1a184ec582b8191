#pragma once

// Exact decimals as text: optional minus, digits, optional point and digits ("-12.340"). Trailing
// zeros are kept in the text (1.00 is not rewritten to 1) and ignored by comparison. NaN and the
// infinities are not decimals here.

#include <optional>
#include <string>
#include <string_view>

namespace atlas {

class Decimal {
 public:
  // Accepts PostgreSQL's and SQLite's spellings, exponents included. nullopt for anything else, NaN
  // and infinities too.
  static std::optional<Decimal> parse(std::string_view text);
  static Decimal of(long long value);

  Decimal times(const Decimal& other) const;
  // Exact quotient, or nullopt when it has no finite decimal form or other is zero.
  std::optional<Decimal> divided_by(const Decimal& other) const;
  Decimal plus(const Decimal& other) const;
  Decimal negated() const;
  int compare(const Decimal& other) const;
  bool operator==(const Decimal& other) const { return compare(other) == 0; }

  bool is_integer() const;
  // Digits after the point that are needed (trailing zeros not counted).
  int scale_needed() const;
  // Digits before the point (0 for |x| < 1).
  int integer_digits() const;
  std::optional<long long> to_int64() const;

  // Shortest form: no trailing zeros after the point, no exponent, "0" never "-0".
  std::string text() const;
  // With exactly `scale` digits after the point; scale must be at least scale_needed().
  std::string text(int scale) const;

 private:
  bool negative_ = false;
  std::string digits_ = "0";  // no leading zeros except "0"
  int scale_ = 0;             // value = digits × 10^-scale
  void normalize();
};

// The shortest canonical text of a decimal's text: what hashing and comparison use. Returns the
// input when it is already shortest, so the usual case copies nothing. NaN and infinities come back
// unchanged.
std::string_view shortest_decimal(std::string_view text, std::string& scratch);

}  // namespace atlas
