#include "model/canonical.h"

#include "model/text_scan.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string>

namespace atlas {
namespace {

constexpr std::array kForms = {Canon::kTrim, Canon::kLower,    Canon::kUpper,
                               Canon::kNfc,  Canon::kCollapse, Canon::kEmptyNull};

// A later form can undo an earlier one (lower case may leave letters that compose), so the list is
// applied until nothing changes. No text is known to need more than three rounds.
constexpr int kRoundsMax = 8;

constexpr bool is_ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Unicode's White_Space.
bool is_space(std::int32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

struct Step {
  std::int32_t code = 0;
  std::size_t size = 0;  // 0: not UTF-8
};

Step next_code(std::string_view text) {
  std::int32_t code = 0;
  const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &code);
  return size > 0 ? Step{code, static_cast<std::size_t>(size)} : Step{};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Step step = next_code(text);
    if (step.size == 0) return false;
    text.remove_prefix(step.size);
  }
  return true;
}

void append_code(std::string& out, std::int32_t code) {
  utf8proc_uint8_t bytes[4];
  const auto size = utf8proc_encode_char(code, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

// The forms for ASCII text. Each gives its argument back where nothing changes.
namespace ascii {

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ascii_space(text.back())) text.remove_suffix(1);
  return text;
}

template <class Map>
std::string_view map_case(std::string_view text, Arena& arena, Map map) {
  const auto same = [&](char c) { return map(c) == c; };
  if (std::ranges::all_of(text, same)) return text;
  char* out = arena.allocate(text.size());
  std::ranges::transform(text, out, map);
  return {out, text.size()};
}

std::string_view collapse(std::string_view text, Arena& arena) {
  bool needed = false;
  for (std::size_t i = 0; i < text.size() && !needed; ++i) {
    needed = is_ascii_space(text[i]) && (text[i] != ' ' || (i > 0 && text[i - 1] == ' '));
  }
  if (!needed) return text;
  char* out = arena.allocate(text.size());
  std::size_t size = 0;
  for (const char c : text) {
    const bool space = is_ascii_space(c);
    if (space && size > 0 && out[size - 1] == ' ') continue;
    out[size++] = space ? ' ' : c;
  }
  return {out, size};
}

std::string_view apply(Canon form, std::string_view text, Arena& arena) {
  switch (form) {
    case Canon::kTrim:
      return trim(text);
    case Canon::kLower:
      return map_case(text, arena, ascii_lower);
    case Canon::kUpper:
      return map_case(text, arena, ascii_upper);
    case Canon::kCollapse:
      return collapse(text, arena);
    case Canon::kNfc:
    case Canon::kEmptyNull:
      return text;
  }
  return text;
}

}  // namespace ascii

// The forms for any valid UTF-8.
namespace unicode {

std::string trim(std::string_view text) {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool found = false;
  for (std::size_t at = 0; at < text.size();) {
    const Step step = next_code(text.substr(at));
    if (!is_space(step.code)) {
      if (!found) begin = at;
      found = true;
      end = at + step.size;
    }
    at += step.size;
  }
  return std::string(text.substr(begin, end - begin));
}

std::string collapse(std::string_view text) {
  std::string out;
  bool after_space = false;
  while (!text.empty()) {
    const Step step = next_code(text);
    const bool space = is_space(step.code);
    if (!space) out += text.substr(0, step.size);
    if (space && !after_space) out += ' ';
    after_space = space;
    text.remove_prefix(step.size);
  }
  return out;
}

std::string map_case(std::string_view text, utf8proc_int32_t (*map)(utf8proc_int32_t)) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Step step = next_code(text);
    append_code(out, map(step.code));
    text.remove_prefix(step.size);
  }
  return out;
}

std::string nfc(std::string_view text) {
  // Nothing below U+0300 composes or decomposes further in NFC: no byte from 0xCC on is the cheap
  // test for it.
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0xCC; }))
    return std::string(text);
  utf8proc_uint8_t* mapped = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, std::free);
  if (size < 0) return std::string(text);
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size)};
}

std::string apply(Canon form, std::string_view text) {
  switch (form) {
    case Canon::kTrim:
      return trim(text);
    case Canon::kLower:
      return map_case(text, utf8proc_tolower);
    case Canon::kUpper:
      return map_case(text, utf8proc_toupper);
    case Canon::kNfc:
      return nfc(text);
    case Canon::kCollapse:
      return collapse(text);
    case Canon::kEmptyNull:
      return std::string(text);
  }
  return std::string(text);
}

}  // namespace unicode

std::string_view apply_unicode(const std::vector<Canon>& forms, std::string_view text,
                               Arena& arena) {
  std::string now(text);
  for (int round = 0; round < kRoundsMax; ++round) {
    const std::string before = now;
    for (const Canon form : forms) now = unicode::apply(form, now);
    if (now == before) break;
  }
  return now == text ? text : arena.copy(now);
}

}  // namespace

std::optional<Canon> parse_canon(std::string_view name) {
  for (const Canon form : kForms) {
    if (canon_name(form) == name) return form;
  }
  return std::nullopt;
}

std::string_view canon_name(Canon canon) {
  switch (canon) {
    case Canon::kTrim:
      return "trim";
    case Canon::kLower:
      return "lower";
    case Canon::kUpper:
      return "upper";
    case Canon::kNfc:
      return "nfc";
    case Canon::kCollapse:
      return "collapse";
    case Canon::kEmptyNull:
      return "empty_null";
  }
  return "?";
}

Value apply_canon(const std::vector<Canon>& forms, const Value& value, Arena& arena) {
  if (value.tag() != Tag::kText) return value;
  std::string_view text = value.as_text();
  if (is_ascii(text)) {
    for (const Canon form : forms) text = ascii::apply(form, text, arena);
  } else {
    if (!is_utf8(text)) return value;
    text = apply_unicode(forms, text, arena);
  }
  // Wherever empty_null stands in the list: a text that trimming leaves empty is null as well.
  if (text.empty() && std::ranges::find(forms, Canon::kEmptyNull) != forms.end())
    return Value::null();
  return Value::text(text);
}

}  // namespace atlas
