#include "engines/sqlite/codec.h"

#include "engines/sqlite/stamp_text.h"
#include "model/hashing.h"
#include "model/key.h"
#include "model/text_form.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

namespace atlas::sqlite {
namespace {

// Longer contents enter a row's hash by their own hash, so that they need not be copied.
constexpr std::size_t kCopiedBytesMax = 64;

// Length of the UTF-8 sequence at the start of `text`, 0 when there is none (RFC 3629, table 3-7 of
// Unicode).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!follows(1) || !follows(2)) return 0;
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) > 0x8F;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

bool is_utf8(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  while (!text.empty()) {
    std::uint64_t word = 0;
    if (text.size() >= sizeof word) {
      std::memcpy(&word, text.data(), sizeof word);
      if ((word & kHighBits) == 0) {
        text.remove_prefix(sizeof word);
        continue;
      }
    }
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::optional<Value> from_integer(std::int64_t number, const Type& type, Arena& arena) {
  switch (type.kind) {
    case TypeKind::kInt2:
    case TypeKind::kInt4:
    case TypeKind::kInt8:
      return Value::integer(number);
    case TypeKind::kBool:
      if (number != 0 && number != 1) return std::nullopt;
      return Value::boolean(number == 1);
    case TypeKind::kFloat4:
    case TypeKind::kFloat8:
      return Value::floating(static_cast<double>(number));
    case TypeKind::kNumeric:
      return Value::decimal(arena.copy(std::to_string(number)));
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
    case TypeKind::kBytea:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kInterval:
    case TypeKind::kUuid:
    case TypeKind::kArray:
    case TypeKind::kEnum:
    case TypeKind::kOther:
      return std::nullopt;
    case TypeKind::kJson:
    case TypeKind::kJsonb:
      return Value::json(
          arena.copy(std::to_string(number)));  // NUMERIC affinity made a number of it
  }
  return std::nullopt;
}

std::optional<Value> from_real(const Query& query, int column, const Type& type, Arena& arena) {
  const double number = query.real(column);
  if (type.kind == TypeKind::kFloat8) return Value::floating(number);
  if (type.kind == TypeKind::kFloat4)
    return Value::floating(float4_value(static_cast<float>(number)));
  if (type.kind == TypeKind::kNumeric) {
    return parse_value(value_text(Value::floating(number)), type, arena);
  }
  if (type.kind == TypeKind::kJson || type.kind == TypeKind::kJsonb) {
    return Value::json(arena.copy(value_text(Value::floating(number))));
  }
  return std::nullopt;
}

std::optional<Value> from_text(std::string_view text, const Type& type, Arena& arena) {
  if (!is_utf8(text)) return std::nullopt;
  // A number is stored as a number; a text that looks like one is what affinity could not turn into
  // one.
  if (is_integer(type.kind) || type.kind == TypeKind::kFloat4 || type.kind == TypeKind::kFloat8 ||
      type.kind == TypeKind::kBytea) {
    return std::nullopt;
  }
  return parse_value(text, type, arena);
}

bool can_be_key(Tag tag) {
  return tag != Tag::kFloat && tag != Tag::kTime && tag != Tag::kInterval && tag != Tag::kJson;
}

// The text under which bind_cell would look a key component up.
std::string stored_text(const Value& value) {
  switch (value.tag()) {
    case Tag::kTimestamp:
      return stamp_text(value.as_int(), TypeKind::kTimestamp);
    case Tag::kInstant:
      return stamp_text(value.as_int(), TypeKind::kTimestampTz);
    case Tag::kDecimal: {
      Arena arena;  // keys forget trailing zeros
      return value_text(decode_key(encode_key(std::span(&value, 1)), arena).front());
    }
    case Tag::kNull:
    case Tag::kBool:
    case Tag::kInt:
    case Tag::kFloat:
    case Tag::kText:
    case Tag::kBytes:
    case Tag::kDate:
    case Tag::kTime:
    case Tag::kInterval:
    case Tag::kUuid:
    case Tag::kJson:
    case Tag::kOther:
      break;
  }
  return value_text(value);
}

void append_number(std::string& out, std::uint64_t number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

}  // namespace

Value read_cell(const Query& query, int column, const Type& type, Arena& arena) {
  std::optional<Value> value;
  switch (query.storage(column)) {
    case Storage::kNull:
      return Value::null();
    case Storage::kInteger:
      value = from_integer(query.integer(column), type, arena);
      break;
    case Storage::kReal:
      value = from_real(query, column, type, arena);
      break;
    case Storage::kText:
      value = from_text(query.bytes(column), type, arena);
      break;
    case Storage::kBlob:
      if (type.kind == TypeKind::kBytea) value = Value::bytes(arena.copy(query.bytes(column)));
      break;
  }
  return value ? *value : Value::other(arena.copy(query.bytes(column)));
}

Value read_key_cell(const Query& query, int column, const Type& type, Arena& arena) {
  const Storage storage = query.storage(column);
  const Value value = read_cell(query, column, type, arena);
  const bool text = storage == Storage::kText && value.tag() != Tag::kText;
  if (can_be_key(value.tag()) && (!text || stored_text(value) == query.bytes(column))) return value;
  return Value::other(arena.copy(query.bytes(column)));
}

bool bind_cell(Query& query, int parameter, const Value& value, Arena& arena) {
  switch (value.tag()) {
    case Tag::kNull:
      query.null(parameter);
      return true;
    case Tag::kBool:
      query.integer(parameter, value.as_bool() ? 1 : 0);
      return true;
    case Tag::kInt:
      query.integer(parameter, value.as_int());
      return true;
    case Tag::kFloat:
      if (std::isnan(value.as_float())) return false;
      query.real(parameter, value.as_float());
      return true;
    case Tag::kBytes:
      query.blob(parameter, value.as_text());
      return true;
    case Tag::kText:
    case Tag::kDecimal:
    case Tag::kJson:
    case Tag::kOther:
      query.text(parameter, value.as_text());
      return true;
    case Tag::kTimestamp:
      query.text(parameter, arena.copy(stamp_text(value.as_int(), TypeKind::kTimestamp)));
      return true;
    case Tag::kInstant:
      query.text(parameter, arena.copy(stamp_text(value.as_int(), TypeKind::kTimestampTz)));
      return true;
    case Tag::kDate:
    case Tag::kTime:
    case Tag::kInterval:
    case Tag::kUuid:
      query.text(parameter, arena.copy(value_text(value)));
      return true;
  }
  return false;
}

void RowHash::add(const Query& query, int column) {
  const Storage storage = query.storage(column);
  bytes_ += static_cast<char>(storage);
  switch (storage) {
    case Storage::kNull:
      return;
    case Storage::kInteger:
      append_number(bytes_, static_cast<std::uint64_t>(query.integer(column)));
      return;
    case Storage::kReal:
      append_number(bytes_, std::bit_cast<std::uint64_t>(query.real(column)));
      return;
    case Storage::kText:
    case Storage::kBlob: {
      const std::string_view content = query.bytes(column);
      append_number(bytes_, content.size());
      if (content.size() <= kCopiedBytesMax) {
        bytes_ += content;
      } else {
        append_number(bytes_, stable_hash(content));
      }
      return;
    }
  }
}

std::uint64_t RowHash::finish() const {
  const std::uint64_t hash = stable_hash(bytes_);
  return hash == 0 ? 1 : hash;
}

}  // namespace atlas::sqlite
