#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

// PostgreSQL's types that applications use; SQLite's declared types are read as these too.
enum class TypeKind : std::uint8_t {
  kBool,
  kInt2,
  kInt4,
  kInt8,
  kNumeric,
  kFloat4,
  kFloat8,
  kText,
  kVarchar,
  kChar,
  kBytea,
  kDate,
  kTime,
  kTimestamp,
  kTimestampTz,
  kInterval,
  kUuid,
  kJson,
  kJsonb,
  kArray,
  kEnum,
  kOther,  // passes unchanged between equal types, as text
};

// A column's type.
struct Type {
  TypeKind kind = TypeKind::kOther;
  // As the database writes it, for messages, casts and equality of kOther, kArray and kEnum:
  // "numeric(10,2)".
  std::string name;
  // kNumeric: total digits, 0 = unlimited. kVarchar, kChar: characters, 0 = unlimited.
  // kTime, kTimestamp, kTimestampTz: fractional digits, 6 unless declared.
  int size = 0;
  // kNumeric: digits after the point when size > 0.
  int scale = 0;
  // kEnum: the labels in their order.
  std::vector<std::string> labels;
  // PostgreSQL's type oid, 0 elsewhere.
  std::uint32_t oid = 0;

  bool operator==(const Type&) const = default;
};

std::string_view type_kind_name(TypeKind kind);
bool is_integer(TypeKind kind);
bool is_text(TypeKind kind);
// timestamp or timestamptz.
bool is_stamp(TypeKind kind);

}  // namespace atlas
