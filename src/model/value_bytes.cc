#include "model/value_bytes.h"

#include <bit>

namespace atlas {
namespace {

void append_number(std::string& out, std::uint64_t number) {
  for (unsigned shift = 0; shift < 64; shift += 8)
    out.push_back(static_cast<char>((number >> shift) & 0xffU));
}

std::optional<std::int64_t> number_of(std::string_view bytes) {
  if (bytes.size() != sizeof(std::uint64_t)) return std::nullopt;
  std::uint64_t out = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    out = out << 8U | static_cast<unsigned char>(bytes[i]);
  return std::bit_cast<std::int64_t>(out);
}

std::optional<Value> value_of_number(Tag tag, std::int64_t number) {
  switch (tag) {
    case Tag::kBool:
      return Value::boolean(number != 0);
    case Tag::kInt:
      return Value::integer(number);
    case Tag::kFloat:
      return Value::floating(std::bit_cast<double>(number));
    case Tag::kDate:
      return Value::date(number);
    case Tag::kTime:
      return Value::time(number);
    case Tag::kTimestamp:
      return Value::timestamp(number);
    case Tag::kInstant:
      return Value::instant(number);
    case Tag::kNull:
    case Tag::kDecimal:
    case Tag::kText:
    case Tag::kBytes:
    case Tag::kInterval:
    case Tag::kUuid:
    case Tag::kJson:
    case Tag::kOther:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::string value_bytes(const Value& value) {
  std::string out(1, static_cast<char>(value.tag()));
  if (value.is_null()) return out;
  if (value.has_content()) return out.append(value.as_text());
  append_number(out, value.tag() == Tag::kFloat ? std::bit_cast<std::uint64_t>(value.as_float())
                                                : std::bit_cast<std::uint64_t>(value.as_int()));
  return out;
}

std::optional<Value> value_of_bytes(std::string_view bytes, Arena& arena) {
  if (bytes.empty()) return std::nullopt;
  const auto tag = static_cast<Tag>(bytes.front());
  const std::string_view content = bytes.substr(1);
  switch (tag) {
    case Tag::kNull:
      return content.empty() ? std::optional(Value::null()) : std::nullopt;
    case Tag::kDecimal:
      return Value::decimal(content);
    case Tag::kText:
      return Value::text(content);
    case Tag::kBytes:
      return Value::bytes(content);
    case Tag::kJson:
      return Value::json(content);
    case Tag::kOther:
      return Value::other(content);
    case Tag::kUuid: {
      Uuid uuid;
      if (content.size() != uuid.size()) return std::nullopt;
      std::copy(content.begin(), content.end(), uuid.begin());
      return Value::uuid(uuid, arena);
    }
    case Tag::kInterval: {
      Interval interval;
      if (content.size() != sizeof interval) return std::nullopt;
      std::memcpy(&interval, content.data(), sizeof interval);
      return Value::interval(interval, arena);
    }
    case Tag::kBool:
    case Tag::kInt:
    case Tag::kFloat:
    case Tag::kDate:
    case Tag::kTime:
    case Tag::kTimestamp:
    case Tag::kInstant:
      break;
  }
  const auto number = number_of(content);
  return number ? value_of_number(tag, *number) : std::nullopt;
}

}  // namespace atlas
