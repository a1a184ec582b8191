#include "model/hashing.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <string>

// Inlined: most values are shorter than a call is long.
#define XXH_INLINE_ALL
#include "model/decimal.h"
#include "model/json_hash.h"

#include <xxhash.h>

namespace atlas {
namespace {

static_assert(std::endian::native == std::endian::little,
              "hashes are kept in state and must not depend on the machine");

// One name a way of reading the bytes; the same bytes under two names hash differently. The values
// are part of the state's format: append only. Text comes first: its hash is that of its bytes.
enum class Salt : std::uint8_t {
  kText,
  kNull,
  kBool,
  kNumber,
  kBytes,
  kDate,
  kTime,
  kTimestamp,
  kInstant,
  kInterval,
  kUuid,
  kOther,
  kJson,
  kJsonInvalid,
  kJsonString,
  kJsonNumber,
  kJsonTrue,
  kJsonFalse,
  kJsonNull,
  kJsonArray,
  kJsonObject,
};

std::uint64_t word(const std::array<std::uint8_t, 192>& secret, std::size_t i) {
  std::uint64_t out = 0;
  std::memcpy(&out, secret.data() + i * sizeof out, sizeof out);
  return out;
}

std::uint64_t salted(const std::array<std::uint8_t, 192>& secret, Salt salt,
                     std::string_view bytes) {
  const std::uint64_t hash =
      XXH3_64bits_withSecret(bytes.data(), bytes.size(), secret.data(), secret.size());
  if (salt == Salt::kText) return hash;
  // Keyed as well, so that the same bytes under two names cannot be told to be the same.
  return XXH64_avalanche(hash ^ word(secret, static_cast<std::size_t>(salt)));
}

std::uint64_t salted_int(const std::array<std::uint8_t, 192>& secret, Salt salt,
                         std::int64_t value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  return salted(secret, salt, {bytes, sizeof bytes});
}

std::uint64_t integer_hash(const std::array<std::uint8_t, 192>& secret, std::int64_t value) {
  char digits[24];
  const char* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return salted(secret, Salt::kNumber, {digits, static_cast<std::size_t>(end - digits)});
}

// Plain notation: exact for every whole number, shortest for fractions, and the same text as the
// equal decimal has.
std::uint64_t float_hash(const std::array<std::uint8_t, 192>& secret, double value) {
  if (std::isnan(value)) return salted(secret, Salt::kNumber, "NaN");
  if (std::isinf(value)) return salted(secret, Salt::kNumber, value < 0 ? "-Infinity" : "Infinity");
  if (value == 0) return salted(secret, Salt::kNumber, "0");
  char digits[512];
  const char* end =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed).ptr;
  return salted(secret, Salt::kNumber, {digits, static_cast<std::size_t>(end - digits)});
}

std::uint64_t decimal_hash(const std::array<std::uint8_t, 192>& secret, std::string_view text) {
  std::string scratch;
  return salted(secret, Salt::kNumber, shortest_decimal(text, scratch));
}

Salt json_salt(JsonHashing::Part part) {
  switch (part) {
    case JsonHashing::Part::kString:
      return Salt::kJsonString;
    case JsonHashing::Part::kNumber:
      return Salt::kJsonNumber;
    case JsonHashing::Part::kTrue:
      return Salt::kJsonTrue;
    case JsonHashing::Part::kFalse:
      return Salt::kJsonFalse;
    case JsonHashing::Part::kNull:
      return Salt::kJsonNull;
    case JsonHashing::Part::kArray:
      return Salt::kJsonArray;
    case JsonHashing::Part::kObject:
      return Salt::kJsonObject;
  }
  return Salt::kJsonInvalid;
}

std::uint64_t json_value_hash(const std::array<std::uint8_t, 192>& secret, std::string_view text) {
  const JsonHashing hashing{
      &secret, [](const void* context, JsonHashing::Part part, std::string_view bytes) {
        return salted(*static_cast<const std::array<std::uint8_t, 192>*>(context), json_salt(part),
                      bytes);
      }};
  const auto content = json_hash(text, hashing);
  if (!content) return salted(secret, Salt::kJsonInvalid, text);
  return salted_int(secret, Salt::kJson, static_cast<std::int64_t>(*content));
}

std::uint64_t value_hash(const std::array<std::uint8_t, 192>& secret, const Value& value) {
  switch (value.tag()) {
    case Tag::kNull:
      return salted(secret, Salt::kNull, {});
    case Tag::kBool:
      return salted_int(secret, Salt::kBool, value.as_bool() ? 1 : 0);
    case Tag::kInt:
      return integer_hash(secret, value.as_int());
    case Tag::kFloat:
      return float_hash(secret, value.as_float());
    case Tag::kDecimal:
      return decimal_hash(secret, value.as_text());
    case Tag::kText:
      return salted(secret, Salt::kText, value.as_text());
    case Tag::kBytes:
      return salted(secret, Salt::kBytes, value.as_text());
    case Tag::kDate:
      return salted_int(secret, Salt::kDate, value.as_int());
    case Tag::kTime:
      return salted_int(secret, Salt::kTime, value.as_int());
    case Tag::kTimestamp:
      return salted_int(secret, Salt::kTimestamp, value.as_int());
    case Tag::kInstant:
      return salted_int(secret, Salt::kInstant, value.as_int());
    case Tag::kInterval:
      return salted(secret, Salt::kInterval, value.as_text());
    case Tag::kUuid:
      return salted(secret, Salt::kUuid, value.as_text());
    case Tag::kJson:
      return json_value_hash(secret, value.as_text());
    case Tag::kOther:
      return salted(secret, Salt::kOther, value.as_text());
  }
  return 0;
}

FieldHash never_zero(std::uint64_t hash) { return hash == kNoBase ? 1 : hash; }

}  // namespace

Hasher::Hasher(std::span<const std::uint8_t, 32> key) {
  static_assert(std::tuple_size_v<decltype(secret_)> >= XXH3_SECRET_SIZE_MIN);
  std::array<std::uint8_t, 40> block{};
  std::memcpy(block.data(), key.data(), key.size());
  for (std::size_t i = 0; i < secret_.size() / 8; ++i) {
    block[32] = static_cast<std::uint8_t>(i);
    const std::uint64_t expanded = XXH3_64bits(block.data(), block.size());
    std::memcpy(secret_.data() + i * sizeof expanded, &expanded, sizeof expanded);
  }
}

FieldHash Hasher::of(const Value& value) const { return never_zero(value_hash(secret_, value)); }

FieldHash Hasher::of_bytes(std::string_view bytes) const {
  return never_zero(salted(secret_, Salt::kText, bytes));
}

std::uint64_t stable_hash(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace atlas
