#include "engines/postgres/codec.h"

#include "engines/postgres/numeric.h"
#include "engines/postgres/sql_text.h"
#include "engines/postgres/wire.h"
#include "foundation/assert.h"
#include "model/decimal.h"
#include "model/text_form.h"

#include <cmath>
#include <cstdlib>
#include <limits>

namespace atlas::postgres {
namespace {

constexpr std::int32_t kDateInfinity = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t kDateMinusInfinity = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t kDayUs = 86'400'000'000;

// How a kind travels.
struct KindRow {
  TypeKind kind;
  Oid travels;            // element type of parameter arrays
  std::string_view name;  // of that type
  Oid arrives;            // type in results
  bool cast = false;      // parameters need a cast to the column's type
};

constexpr KindRow kKinds[] = {
    {TypeKind::kBool, kBoolOid, "bool", kBoolOid},
    {TypeKind::kInt2, kInt2Oid, "int2", kInt2Oid},
    {TypeKind::kInt4, kInt4Oid, "int4", kInt4Oid},
    {TypeKind::kInt8, kInt8Oid, "int8", kInt8Oid},
    {TypeKind::kNumeric, kNumericOid, "numeric", kNumericOid},
    {TypeKind::kFloat4, kFloat4Oid, "float4", kFloat4Oid},
    {TypeKind::kFloat8, kFloat8Oid, "float8", kFloat8Oid},
    {TypeKind::kText, kTextOid, "text", kTextOid},
    {TypeKind::kVarchar, kTextOid, "text", kVarcharOid},
    {TypeKind::kChar, kTextOid, "text", kBpcharOid, true},
    {TypeKind::kBytea, kByteaOid, "bytea", kByteaOid},
    {TypeKind::kDate, kDateOid, "date", kDateOid},
    {TypeKind::kTime, kTimeOid, "time", kTimeOid},
    {TypeKind::kTimestamp, kTimestampOid, "timestamp", kTimestampOid},
    {TypeKind::kTimestampTz, kTimestampTzOid, "timestamptz", kTimestampTzOid},
    {TypeKind::kInterval, kIntervalOid, "interval", kIntervalOid},
    {TypeKind::kUuid, kUuidOid, "uuid", kUuidOid},
    {TypeKind::kJson, kTextOid, "text", kJsonOid, true},
    {TypeKind::kJsonb, kTextOid, "text", kJsonbOid, true},
    {TypeKind::kArray, kTextOid, "text", kTextOid, true},
    {TypeKind::kEnum, kTextOid, "text", 0, true},
    {TypeKind::kOther, kTextOid, "text", kTextOid, true},
};

const KindRow& row_of(TypeKind kind) {
  const KindRow& row = kKinds[static_cast<std::size_t>(kind)];
  ATLAS_ASSERT(row.kind == kind, "the table of kinds is out of order");
  return row;
}

// The cast that needs no name of the column's own.
std::string_view builtin_cast(TypeKind kind) {
  if (kind == TypeKind::kChar) return "bpchar";
  if (kind == TypeKind::kJson) return "json";
  return kind == TypeKind::kJsonb ? "jsonb" : "";
}

template <class To, class From>
To bits(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to{};
  std::memcpy(&to, &from, sizeof to);
  return to;
}

Value decode_date(std::string_view bytes) {
  const auto raw = static_cast<std::int32_t>(load_big<std::uint32_t>(bytes));
  if (raw == kDateInfinity) return Value::date(kInfinity);
  if (raw == kDateMinusInfinity) return Value::date(kMinusInfinity);
  return Value::date(std::int64_t{raw} + kEpochShiftDays);
}

Value decode_interval(std::string_view bytes, Arena& arena) {
  return Value::interval({.micros = static_cast<std::int64_t>(load_big<std::uint64_t>(bytes, 0)),
                          .days = static_cast<std::int32_t>(load_big<std::uint32_t>(bytes, 8)),
                          .months = static_cast<std::int32_t>(load_big<std::uint32_t>(bytes, 12))},
                         arena);
}

bool date_fits(std::int64_t days) {
  return days == kInfinity || days == kMinusInfinity ||
         (days > std::int64_t{kDateMinusInfinity} + kEpochShiftDays &&
          days < std::int64_t{kDateInfinity});
}

bool float4_fits(double value) {
  return !std::isfinite(value) || std::isfinite(static_cast<float>(value));
}

// The text that a column of a textual kind gets from a value of another tag.
std::string_view text_of(const Value& value, std::string& scratch) {
  const Tag tag = value.tag();
  if (tag == Tag::kText || tag == Tag::kJson || tag == Tag::kOther || tag == Tag::kDecimal)
    return value.as_text();
  scratch.clear();
  append_value_text(scratch, value);
  return scratch;
}

double number_of(const Value& value) {
  if (value.tag() == Tag::kInt) return static_cast<double>(value.as_int());
  if (value.tag() == Tag::kFloat) return value.as_float();
  return std::strtod(std::string(value.as_text()).c_str(), nullptr);
}

void append_decimal(CellWriter& out, const Value& value) {
  std::string binary, scratch;
  const bool done = append_numeric(binary, value.tag() == Tag::kFloat || value.tag() == Tag::kInt
                                               ? std::string_view(scratch = value_text(value))
                                               : value.as_text());
  ATLAS_ASSERT(done, "a decimal was not checked before it was sent");
  out.raw(binary);
}

bool decimal_fits(const Value& value) {
  std::string binary;
  if (value.tag() == Tag::kInt) return true;
  if (value.tag() == Tag::kDecimal) return append_numeric(binary, value.as_text());
  return value.tag() == Tag::kFloat && append_numeric(binary, value_text(value));
}

}  // namespace

Oid travels_as(TypeKind kind) { return row_of(kind).travels; }

std::string_view travel_name(TypeKind kind) { return row_of(kind).name; }

Oid arrives_as(const Type& type) {
  return type.kind == TypeKind::kEnum ? type.oid : row_of(type.kind).arrives;
}

std::string read_expression(const std::string& column, const Type& type) {
  return type.kind == TypeKind::kArray || type.kind == TypeKind::kOther ? column + "::text"
                                                                        : column;
}

std::string write_expression(const std::string& parameter, const Type& type) {
  if (!row_of(type.kind).cast) return parameter;
  const std::string_view builtin = builtin_cast(type.kind);
  return parameter + "::" + (builtin.empty() ? cast_name(type) : std::string(builtin));
}

std::int64_t from_server_time(std::int64_t raw) {
  if (raw == kInfinity || raw == kMinusInfinity) return raw;
  if (raw >= kInfinity - kEpochShiftUs) return kInfinity - 1;
  return raw + kEpochShiftUs;
}

std::int64_t to_server_time(std::int64_t us) {
  if (us == kInfinity || us == kMinusInfinity) return us;
  if (us <= kMinusInfinity + kEpochShiftUs)
    return kMinusInfinity + 1;  // refused by the server as out of range
  return us - kEpochShiftUs;
}

Value decode_cell(TypeKind kind, std::string_view bytes, Arena& arena) {
  switch (kind) {
    case TypeKind::kBool:
      return Value::boolean(load_big<std::uint8_t>(bytes) != 0);
    case TypeKind::kInt2:
      return Value::integer(static_cast<std::int16_t>(load_big<std::uint16_t>(bytes)));
    case TypeKind::kInt4:
      return Value::integer(static_cast<std::int32_t>(load_big<std::uint32_t>(bytes)));
    case TypeKind::kInt8:
      return Value::integer(static_cast<std::int64_t>(load_big<std::uint64_t>(bytes)));
    case TypeKind::kNumeric:
      return Value::decimal(numeric_text(bytes, arena));
    case TypeKind::kFloat4:
      return Value::floating(float4_value(bits<float>(load_big<std::uint32_t>(bytes))));
    case TypeKind::kFloat8:
      return Value::floating(bits<double>(load_big<std::uint64_t>(bytes)));
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
    case TypeKind::kEnum:
      return Value::text(arena.copy(bytes));
    case TypeKind::kBytea:
      return Value::bytes(arena.copy(bytes));
    case TypeKind::kDate:
      return decode_date(bytes);
    case TypeKind::kTime:
      return Value::time(static_cast<std::int64_t>(load_big<std::uint64_t>(bytes)));
    case TypeKind::kTimestamp:
      return Value::timestamp(
          from_server_time(static_cast<std::int64_t>(load_big<std::uint64_t>(bytes))));
    case TypeKind::kTimestampTz:
      return Value::instant(
          from_server_time(static_cast<std::int64_t>(load_big<std::uint64_t>(bytes))));
    case TypeKind::kInterval:
      return decode_interval(bytes, arena);
    case TypeKind::kUuid: {
      ATLAS_ASSERT(bytes.size() == sizeof(Uuid), "a uuid has sixteen bytes");
      Uuid id;
      std::memcpy(id.data(), bytes.data(), id.size());
      return Value::uuid(id, arena);
    }
    case TypeKind::kJson:
      return Value::json(arena.copy(bytes));
    case TypeKind::kJsonb: {
      ATLAS_ASSERT(!bytes.empty() && bytes.front() == '\1', "an unknown version of binary jsonb");
      return Value::json(arena.copy(bytes.substr(1)));
    }
    case TypeKind::kArray:
    case TypeKind::kOther:
      return Value::other(arena.copy(bytes));
  }
  return {};
}

bool fits(const Type& type, const Value& value) {
  if (value.is_null()) return true;
  const Tag tag = value.tag();
  const auto integer_within = [&](std::int64_t low, std::int64_t high) {
    return tag == Tag::kInt && value.as_int() >= low && value.as_int() <= high;
  };
  switch (type.kind) {
    case TypeKind::kBool:
      return tag == Tag::kBool;
    case TypeKind::kInt2:
      return integer_within(-32768, 32767);
    case TypeKind::kInt4:
      return integer_within(-2147483648LL, 2147483647LL);
    case TypeKind::kInt8:
      return tag == Tag::kInt;
    case TypeKind::kNumeric:
      return decimal_fits(value);
    case TypeKind::kFloat4:
      return (tag == Tag::kFloat || tag == Tag::kInt || tag == Tag::kDecimal) &&
             float4_fits(number_of(value));
    case TypeKind::kFloat8:
      return tag == Tag::kFloat || tag == Tag::kInt || tag == Tag::kDecimal;
    case TypeKind::kBytea:
      return tag == Tag::kBytes;
    case TypeKind::kDate:
      return tag == Tag::kDate && date_fits(value.as_int());
    case TypeKind::kTime:
      return tag == Tag::kTime && value.as_int() >= 0 && value.as_int() <= kDayUs;
    case TypeKind::kTimestamp:
      return tag == Tag::kTimestamp;
    case TypeKind::kTimestampTz:
      return tag == Tag::kInstant;
    case TypeKind::kInterval:
      return tag == Tag::kInterval;
    case TypeKind::kUuid:
      return tag == Tag::kUuid;
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
    case TypeKind::kJson:
    case TypeKind::kJsonb:
    case TypeKind::kArray:
    case TypeKind::kEnum:
    case TypeKind::kOther:
      return true;
  }
  return false;
}

void append_cell(CellWriter& out, const Type& type, const Value& value) {
  if (value.is_null()) return out.null();
  switch (type.kind) {
    case TypeKind::kBool:
      return out.boolean(value.as_bool());
    case TypeKind::kInt2:
      return out.int2(static_cast<std::int16_t>(value.as_int()));
    case TypeKind::kInt4:
      return out.int4(static_cast<std::int32_t>(value.as_int()));
    case TypeKind::kInt8:
      return out.int8(value.as_int());
    case TypeKind::kNumeric:
      return append_decimal(out, value);
    case TypeKind::kFloat4:
      return out.uint4(bits<std::uint32_t>(static_cast<float>(number_of(value))));
    case TypeKind::kFloat8:
      return out.int8(bits<std::int64_t>(number_of(value)));
    case TypeKind::kDate: {
      const std::int64_t days = value.as_int();
      const std::int32_t raw = days == kInfinity ? kDateInfinity
                               : days == kMinusInfinity
                                   ? kDateMinusInfinity
                                   : static_cast<std::int32_t>(days - kEpochShiftDays);
      return out.int4(raw);
    }
    case TypeKind::kTime:
      return out.int8(value.as_int());
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      return out.int8(to_server_time(value.as_int()));
    case TypeKind::kInterval: {
      const Interval interval = value.as_interval();
      char* const at = out.element(16);
      store_big(at, static_cast<std::uint64_t>(interval.micros));
      store_big(at + 8, static_cast<std::uint32_t>(interval.days));
      store_big(at + 12, static_cast<std::uint32_t>(interval.months));
      return;
    }
    case TypeKind::kBytea:
    case TypeKind::kUuid:
      return out.raw(value.as_text());
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
    case TypeKind::kJson:
    case TypeKind::kJsonb:
    case TypeKind::kArray:
    case TypeKind::kEnum:
    case TypeKind::kOther: {
      std::string scratch;
      return out.raw(text_of(value, scratch));
    }
  }
}

void bind_cell(Params& params, const Type& type, const Value& value) {
  if (value.is_null()) {
    params.null();
    return;
  }
  // The element of an array of one, without the array's header and the element's length.
  constexpr std::size_t kBeforeElement = 24;
  std::string array;
  {
    ArrayWriter out(array, travels_as(type.kind));
    append_cell(out, type, value);
  }
  params.value().assign(array, kBeforeElement);
}

}  // namespace atlas::postgres
