#include "mapping/lens_text.h"

#include "mapping/lens_reasons.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace atlas {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

// Bytes up to the first that is not ASCII, by eight while they last.
std::size_t ascii_prefix(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    if ((word & kHighBits) != 0) break;
  }
  while (i < text.size() && byte_at(text, i) < 0x80) ++i;
  return i;
}

// Size of the character that `text` begins with, 0 when it is malformed (RFC 3629, table 3-7 of
// Unicode: no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t character_size(std::string_view text) {
  const std::uint8_t lead = byte_at(text, 0);
  std::size_t size = 0;
  std::uint8_t second_min = 0x80;
  std::uint8_t second_max = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) size = 2;
  if (lead >= 0xE0 && lead <= 0xEF) size = 3;
  if (lead >= 0xF0 && lead <= 0xF4) size = 4;
  if (lead == 0xE0) second_min = 0xA0;
  if (lead == 0xED) second_max = 0x9F;
  if (lead == 0xF0) second_min = 0x90;
  if (lead == 0xF4) second_max = 0x8F;
  if (size == 0 || text.size() < size) return 0;
  if (byte_at(text, 1) < second_min || byte_at(text, 1) > second_max) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80) return 0;
  }
  return size;
}

}  // namespace

Fit check_text(std::string_view text) {
  if (!text.empty() && std::memchr(text.data(), '\0', text.size()) != nullptr)
    return {reason::kZeroCharacter};
  for (text.remove_prefix(ascii_prefix(text)); !text.empty();
       text.remove_prefix(ascii_prefix(text))) {
    const std::size_t size = character_size(text);
    if (size == 0) return {reason::kNotUtf8};
    text.remove_prefix(size);
  }
  return {};
}

std::size_t text_length(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<std::uint8_t>(c) & 0xC0U) != 0x80; }));
}

std::string_view without_padding(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string_view with_padding(std::string_view text, std::size_t length, std::size_t characters,
                              Arena& arena) {
  if (length >= characters) return text;
  const std::size_t missing = characters - length;
  char* out = arena.allocate(text.size() + missing);
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  std::memset(out + text.size(), ' ', missing);
  return {out, text.size() + missing};
}

}  // namespace atlas
