#include "model/text_form.h"

#include "model/decimal.h"
#include "model/text_scan.h"
#include "model/time_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace atlas {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void append_hex(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kHexDigits[byte >> 4U];
    out += kHexDigits[byte & 15U];
  }
}

std::optional<Value> parse_bool(std::string_view text) {
  if (text == "1" || equals_ignoring_case(text, "t") || equals_ignoring_case(text, "true"))
    return Value::boolean(true);
  if (text == "0" || equals_ignoring_case(text, "f") || equals_ignoring_case(text, "false"))
    return Value::boolean(false);
  return std::nullopt;
}

template <class Int>
std::optional<Value> parse_int(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  Int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return Value::integer(value);
}

// "NaN", "Infinity", "-Infinity" in PostgreSQL's spellings, in any case; empty when it is none.
std::string_view special_number(std::string_view text) {
  if (equals_ignoring_case(text, "nan")) return "NaN";
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (!equals_ignoring_case(text, "infinity") && !equals_ignoring_case(text, "inf")) return {};
  return negative ? "-Infinity" : "Infinity";
}

template <class Float>
std::optional<Float> read_float(std::string_view text) {
  if (const std::string_view special = special_number(text); !special.empty()) {
    if (special == "NaN") return std::numeric_limits<Float>::quiet_NaN();
    const Float infinite = std::numeric_limits<Float>::infinity();
    return special.front() == '-' ? -infinite : infinite;
  }
  // from_chars would take "nan" and "inf" too (they were handled above), and no plus.
  TextScan first(text);
  const bool plus = first.eat('+');
  if (!plus) (void)first.eat('-');
  if (!is_digit(first.peek()) && first.peek() != '.') return std::nullopt;
  if (plus) text.remove_prefix(1);
  Float value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Value> parse_float8(std::string_view text) {
  const auto value = read_float<double>(text);
  if (!value) return std::nullopt;
  return Value::floating(*value);
}

std::optional<Value> parse_float4(std::string_view text) {
  const auto value = read_float<float>(text);
  if (!value) return std::nullopt;
  return Value::floating(float4_value(*value));
}

// Digits after the point that a plain spelling of `text` shows: "1.50e1" shows one.
int places_shown(std::string_view text) {
  const auto mantissa_end = std::min(text.find_first_of("eE"), text.size());
  const auto point = text.substr(0, mantissa_end).find('.');
  const auto fraction =
      point == std::string_view::npos ? 0 : static_cast<int>(mantissa_end - point - 1);
  int exponent = 0;
  if (mantissa_end < text.size()) {
    std::string_view digits = text.substr(mantissa_end + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  }
  return std::max(fraction - exponent, 0);
}

std::optional<Value> parse_numeric(std::string_view text, Arena& arena) {
  if (const std::string_view special = special_number(text); !special.empty())
    return Value::decimal(special);
  const auto value = Decimal::parse(text);
  if (!value) return std::nullopt;
  // Only a zero can ask for more places than a number may need.
  constexpr int kPlacesMax = 16383;
  const int places = places_shown(text);
  if (places > kPlacesMax) return std::nullopt;
  return Value::decimal(arena.copy(value->text(places)));
}

std::optional<Value> parse_bytea(std::string_view text, Arena& arena) {
  if (!text.starts_with("\\x") || text.size() % 2 != 0) return std::nullopt;
  text.remove_prefix(2);
  const std::size_t size = text.size() / 2;
  char* out = arena.allocate(size);
  for (std::size_t i = 0; i < size; ++i) {
    const int high = hex_digit(text[2 * i]);
    const int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<char>(high * 16 + low);
  }
  return Value::bytes({out, size});
}

std::optional<Value> tagged(std::optional<std::int64_t> number, Value (*make)(std::int64_t)) {
  if (!number) return std::nullopt;
  return make(*number);
}

void append_float(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  // PostgreSQL's choice between plain and scientific.
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e15);
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  out.append(buffer, end);
}

void append_integer(std::string& out, std::int64_t value) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out.append(buffer, end);
}

void append_uuid(std::string& out, std::string_view bytes) {
  constexpr std::size_t kGroups[] = {4, 2, 2, 2, 6};
  std::size_t at = 0;
  for (const std::size_t size : kGroups) {
    if (at != 0) out += '-';
    append_hex(out, bytes.substr(at, size));
    at += size;
  }
}

}  // namespace

double float4_value(float value) {
  if (!std::isfinite(value)) return static_cast<double>(value);
  char buffer[64];
  // Scientific: plain notation would give every digit of a large value, not the shortest text.
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  double out = 0;
  (void)std::from_chars(buffer, end, out);
  return out;
}

std::optional<Value> parse_value(std::string_view text, const Type& type, Arena& arena) {
  switch (type.kind) {
    case TypeKind::kBool:
      return parse_bool(text);
    case TypeKind::kInt2:
      return parse_int<std::int16_t>(text);
    case TypeKind::kInt4:
      return parse_int<std::int32_t>(text);
    case TypeKind::kInt8:
      return parse_int<std::int64_t>(text);
    case TypeKind::kNumeric:
      return parse_numeric(text, arena);
    case TypeKind::kFloat4:
      return parse_float4(text);
    case TypeKind::kFloat8:
      return parse_float8(text);
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
      return Value::text(arena.copy(text));
    case TypeKind::kBytea:
      return parse_bytea(text, arena);
    case TypeKind::kDate:
      return tagged(parse_date(text), Value::date);
    case TypeKind::kTime:
      return tagged(parse_time(text), Value::time);
    case TypeKind::kTimestamp:
      return tagged(parse_timestamp(text), Value::timestamp);
    case TypeKind::kTimestampTz:
      return tagged(parse_instant(text), Value::instant);
    case TypeKind::kInterval: {
      const auto interval = parse_interval(text);
      if (!interval) return std::nullopt;
      return Value::interval(*interval, arena);
    }
    case TypeKind::kUuid: {
      const auto uuid = parse_uuid(text);
      if (!uuid) return std::nullopt;
      return Value::uuid(*uuid, arena);
    }
    case TypeKind::kJson:
    case TypeKind::kJsonb:
      return Value::json(arena.copy(text));
    case TypeKind::kEnum:
      if (!type.labels.empty() && std::ranges::find(type.labels, text) == type.labels.end())
        return std::nullopt;
      return Value::text(arena.copy(text));
    case TypeKind::kArray:
    case TypeKind::kOther:
      return Value::other(arena.copy(text));
  }
  return std::nullopt;
}

void append_value_text(std::string& out, const Value& value) {
  switch (value.tag()) {
    case Tag::kNull:
      out += "null";
      return;
    case Tag::kBool:
      out += value.as_bool() ? "true" : "false";
      return;
    case Tag::kInt:
      append_integer(out, value.as_int());
      return;
    case Tag::kFloat:
      append_float(out, value.as_float());
      return;
    case Tag::kDecimal:
    case Tag::kText:
    case Tag::kJson:
    case Tag::kOther:
      out += value.as_text();
      return;
    case Tag::kBytes:
      out += "\\x";
      append_hex(out, value.as_text());
      return;
    case Tag::kDate:
      append_date(out, value.as_int());
      return;
    case Tag::kTime:
      append_time(out, value.as_int());
      return;
    case Tag::kTimestamp:
      append_timestamp(out, value.as_int());
      return;
    case Tag::kInstant:
      append_instant(out, value.as_int());
      return;
    case Tag::kInterval:
      append_interval(out, value.as_interval());
      return;
    case Tag::kUuid:
      append_uuid(out, value.as_text());
      return;
  }
}

std::string value_text(const Value& value) {
  std::string out;
  append_value_text(out, value);
  return out;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid out{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool dash = i == 4 || i == 6 || i == 8 || i == 10;
    if (dash && text[at++] != '-') return std::nullopt;
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
    at += 2;
  }
  return out;
}

std::string uuid_text(const Uuid& uuid) {
  std::string out;
  append_uuid(out, {reinterpret_cast<const char*>(uuid.data()), uuid.size()});
  return out;
}

}  // namespace atlas
