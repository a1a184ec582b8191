// JSON strings and the texts they stand for.

#include "mapping/lens_json_edit.h"
#include "mapping/lens_reasons.h"
#include "model/text_scan.h"

#include <cstdint>

namespace atlas {
namespace {

constexpr std::string_view kEscapes = "\"\\/bfnrt";
constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The four hex digits at `at`, or -1 past the end of the text.
std::int32_t code_unit(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  std::int32_t unit = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_value(text[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

void append_character(std::string& out, std::uint32_t c) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((c >> shift) & 63U)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0U | (c >> 6U));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0U | (c >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (c >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

// A \u escape whose digits stand at `at`; a pair takes the second one too. False for half a pair.
bool append_unicode_escape(std::string& out, std::string_view text, std::size_t& at) {
  auto code = static_cast<std::uint32_t>(code_unit(text, at));
  at += 4;
  if (code >= 0xDC00 && code < 0xE000) return false;
  if (code >= 0xD800 && code < 0xDC00) {
    if (text.substr(at, 2) != "\\u") return false;
    const std::int32_t low = code_unit(text, at + 2);
    if (low < 0xDC00 || low >= 0xE000) return false;
    code = 0x10000 + ((code - 0xD800) << 10U) + (static_cast<std::uint32_t>(low) - 0xDC00);
    at += 6;
  }
  append_character(out, code);
  return true;
}

}  // namespace

Fit json_unquote(std::string_view string, Arena& arena, std::string_view& out) {
  const std::string_view raw = string.substr(1, string.size() - 2);
  std::size_t at = raw.find('\\');
  if (at == std::string_view::npos) {
    out = raw;
    return {};
  }
  std::string text(raw.substr(0, at));
  while (at < raw.size()) {
    const char c = raw[at++];
    if (c != '\\') {
      text += c;
      continue;
    }
    const char escape = raw[at++];
    if (escape == 'u') {
      if (!append_unicode_escape(text, raw, at)) return {reason::kHalfSurrogate};
    } else {
      text += kMeanings[kEscapes.find(escape)];
    }
  }
  out = arena.copy(text);
  return {};
}

void json_quote(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto meaning = kMeanings.find(c);
    if (c == '/') {
      out += c;
    } else if (meaning != std::string_view::npos) {
      out += '\\';
      out += kEscapes[meaning];
    } else if (is_control(c)) {
      const auto byte = static_cast<unsigned char>(c);
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace atlas
