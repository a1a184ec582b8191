#pragma once

// A cursor over text, for the hand-written parsers of this folder.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace atlas {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  if (a.size() != lower.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != lower[i]) return false;
  }
  return true;
}

class TextScan {
 public:
  explicit constexpr TextScan(std::string_view text) : left_(text) {}

  constexpr bool done() const { return left_.empty(); }
  constexpr std::string_view left() const { return left_; }
  // The next character, '\0' at the end.
  constexpr char peek() const { return left_.empty() ? '\0' : left_.front(); }

  constexpr bool eat(char c) {
    if (peek() != c || left_.empty()) return false;
    left_.remove_prefix(1);
    return true;
  }
  constexpr bool eat(std::string_view word) {
    if (!left_.starts_with(word)) return false;
    left_.remove_prefix(word.size());
    return true;
  }
  constexpr void skip(char c) {
    while (eat(c)) {
    }
  }
  // An unsigned number of digits_min..digits_max digits (at most 18); takes no more digits than
  // that.
  constexpr std::optional<std::int64_t> number(std::size_t digits_min, std::size_t digits_max) {
    std::int64_t value = 0;
    std::size_t n = 0;
    for (; n < digits_max && n < left_.size() && is_digit(left_[n]); ++n)
      value = value * 10 + (left_[n] - '0');
    if (n < digits_min) return std::nullopt;
    left_.remove_prefix(n);
    return value;
  }
  // A run of ASCII letters, possibly empty.
  constexpr std::string_view word() {
    std::size_t n = 0;
    while (n < left_.size() && is_ascii_letter(left_[n])) ++n;
    const std::string_view out = left_.substr(0, n);
    left_.remove_prefix(n);
    return out;
  }

 private:
  std::string_view left_;
};

}  // namespace atlas
