#include "mapping/lens_json_scan.h"

#include "model/text_scan.h"

namespace atlas {
namespace {

constexpr std::string_view kEscapes = "\"\\/bfnrt";

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

bool is_hex(char c) {
  const char lower = ascii_lower(c);
  return is_digit(c) || (lower >= 'a' && lower <= 'f');
}

}  // namespace

bool JsonScan::skip_word(std::string_view word) {
  if (!text_.substr(at_).starts_with(word)) return false;
  at_ += word.size();
  return true;
}

bool JsonScan::skip_digits() {
  const std::size_t begin = at_;
  while (is_digit(peek())) ++at_;
  return at_ != begin;
}

bool JsonScan::skip_number() {
  (void)eat('-');
  if (!eat('0') && !skip_digits()) return false;
  if (eat('.') && !skip_digits()) return false;
  if (eat('e') || eat('E')) {
    if (!eat('+')) (void)eat('-');
    return skip_digits();
  }
  return true;
}

bool JsonScan::skip_code_unit() {
  for (int i = 0; i < 4; ++i, ++at_) {
    if (!is_hex(peek())) return false;
  }
  return true;
}

bool JsonScan::skip_string() {
  if (!eat('"')) return false;
  while (!done()) {
    const char c = text_[at_++];
    if (c == '"') return true;
    if (is_control(c)) return false;
    if (c != '\\') continue;
    if (eat('u')) {
      if (!skip_code_unit()) return false;
    } else if (done() || kEscapes.find(text_[at_++]) == std::string_view::npos) {
      return false;
    }
  }
  return false;
}

bool JsonScan::skip_scalar() {
  switch (peek()) {
    case '"':
      return skip_string();
    case 't':
      return skip_word("true");
    case 'f':
      return skip_word("false");
    case 'n':
      return skip_word("null");
    default:
      return skip_number();
  }
}

bool JsonScan::skip_key() {
  skip_space();
  if (!skip_string()) return false;
  skip_space();
  if (!eat(':')) return false;
  skip_space();
  return true;
}

bool JsonScan::skip_to_next_value(std::string& open, bool& ok) {
  while (!open.empty()) {
    skip_space();
    if (eat(open.back())) {
      open.pop_back();
      continue;
    }
    ok = eat(',') && (open.back() == ']' || skip_key());
    skip_space();
    return ok;
  }
  return false;
}

bool JsonScan::skip_value() {
  std::string open;  // the closing characters that are awaited
  bool ok = true;
  do {
    if (eat('{')) {
      open.push_back('}');
      skip_space();
      if (peek() != '}') {
        if (!skip_key()) return false;
        continue;
      }
    } else if (eat('[')) {
      open.push_back(']');
      skip_space();
      if (peek() != ']') continue;
    } else if (!skip_scalar()) {
      return false;
    }
    if (!skip_to_next_value(open, ok)) return ok;
  } while (true);
}

}  // namespace atlas
