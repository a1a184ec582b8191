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

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    std::size_t size = 1;
    if (static_cast<unsigned char>(text.front()) >= 0x80) {
      std::int32_t code = 0;
      const auto read = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                         static_cast<utf8proc_ssize_t>(text.size()), &code);
      if (read <= 0) return false;
      size = static_cast<std::size_t>(read);
    }
    text.remove_prefix(size);
  }
  return true;
}

struct Step {
  std::int32_t code = 0;
  std::size_t size = 0;
};

// The first character of text that is_utf8.
Step first_code(std::string_view text) {
  auto byte = [&](std::size_t i) {
    return static_cast<std::int32_t>(static_cast<unsigned char>(text[i]));
  };
  auto low = [&](std::size_t i) { return byte(i) & 0x3F; };
  const std::int32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {(lead & 0x1F) << 6 | low(1), 2};
  if (lead < 0xF0) return {(lead & 0x0F) << 12 | low(1) << 6 | low(2), 3};
  return {(lead & 0x07) << 18 | low(1) << 12 | low(2) << 6 | low(3), 4};
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

// The forms for any valid UTF-8. Each gives its argument back where nothing changes.
namespace unicode {

std::string_view trim(std::string_view text) {
  while (!text.empty()) {
    const Step step = first_code(text);
    if (!is_space(step.code)) break;
    text.remove_prefix(step.size);
  }
  while (!text.empty()) {
    std::size_t last = text.size() - 1;
    while ((static_cast<unsigned char>(text[last]) & 0xC0U) == 0x80U) --last;
    if (!is_space(first_code(text.substr(last)).code)) break;
    text.remove_suffix(text.size() - last);
  }
  return text;
}

std::string_view collapse(std::string_view text, Arena& arena) {
  std::string out;
  out.reserve(text.size());
  bool after_space = false;
  for (std::string_view left = text; !left.empty();) {
    const Step step = first_code(left);
    const bool space = is_space(step.code);
    if (!space) out += left.substr(0, step.size);
    if (space && !after_space) out += ' ';
    after_space = space;
    left.remove_prefix(step.size);
  }
  return out == text ? text : arena.copy(out);
}

std::string_view map_case(std::string_view text, Arena& arena, char (*map_ascii)(char),
                          utf8proc_int32_t (*map)(utf8proc_int32_t)) {
  std::string out;
  out.reserve(text.size());
  for (std::string_view left = text; !left.empty();) {
    const Step step = first_code(left);
    if (step.size == 1) {
      out += map_ascii(left.front());
    } else {
      append_code(out, map(step.code));
    }
    left.remove_prefix(step.size);
  }
  return out == text ? text : arena.copy(out);
}

std::string_view nfc(std::string_view text, Arena& arena) {
  // Nothing below U+0300 composes or decomposes further in NFC: no byte from 0xCC on is the cheap
  // test for it.
  const auto is_low = [](char c) { return static_cast<unsigned char>(c) < 0xCC; };
  if (std::ranges::all_of(text, is_low)) return text;
  utf8proc_uint8_t* mapped = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, std::free);
  if (size < 0) return text;
  const std::string_view out(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
  return out == text ? text : arena.copy(out);
}

std::string_view apply(Canon form, std::string_view text, Arena& arena) {
  switch (form) {
    case Canon::kTrim:
      return trim(text);
    case Canon::kLower:
      return map_case(text, arena, ascii_lower, utf8proc_tolower);
    case Canon::kUpper:
      return map_case(text, arena, ascii_upper, utf8proc_toupper);
    case Canon::kNfc:
      return nfc(text, arena);
    case Canon::kCollapse:
      return collapse(text, arena);
    case Canon::kEmptyNull:
      return text;
  }
  return text;
}

std::string_view apply_all(const std::vector<Canon>& forms, std::string_view text, Arena& arena) {
  for (int round = 0; round < kRoundsMax; ++round) {
    const std::string_view before = text;
    for (const Canon form : forms) text = apply(form, text, arena);
    if (text == before) break;
  }
  return text;
}

}  // namespace unicode

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
    text = unicode::apply_all(forms, text, arena);
  }
  // Wherever empty_null stands in the list: a text that trimming leaves empty is null as well.
  if (text.empty() && std::ranges::find(forms, Canon::kEmptyNull) != forms.end())
    return Value::null();
  return Value::text(text);
}

}  // namespace atlas
