#include "model/type.h"

namespace atlas {

std::string_view type_kind_name(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
      return "bool";
    case TypeKind::kInt2:
      return "int2";
    case TypeKind::kInt4:
      return "int4";
    case TypeKind::kInt8:
      return "int8";
    case TypeKind::kNumeric:
      return "numeric";
    case TypeKind::kFloat4:
      return "float4";
    case TypeKind::kFloat8:
      return "float8";
    case TypeKind::kText:
      return "text";
    case TypeKind::kVarchar:
      return "varchar";
    case TypeKind::kChar:
      return "char";
    case TypeKind::kBytea:
      return "bytea";
    case TypeKind::kDate:
      return "date";
    case TypeKind::kTime:
      return "time";
    case TypeKind::kTimestamp:
      return "timestamp";
    case TypeKind::kTimestampTz:
      return "timestamptz";
    case TypeKind::kInterval:
      return "interval";
    case TypeKind::kUuid:
      return "uuid";
    case TypeKind::kJson:
      return "json";
    case TypeKind::kJsonb:
      return "jsonb";
    case TypeKind::kArray:
      return "array";
    case TypeKind::kEnum:
      return "enum";
    case TypeKind::kOther:
      return "other";
  }
  return "?";
}

bool is_integer(TypeKind kind) {
  return kind == TypeKind::kInt2 || kind == TypeKind::kInt4 || kind == TypeKind::kInt8;
}

bool is_text(TypeKind kind) {
  return kind == TypeKind::kText || kind == TypeKind::kVarchar || kind == TypeKind::kChar;
}

bool is_stamp(TypeKind kind) {
  return kind == TypeKind::kTimestamp || kind == TypeKind::kTimestampTz;
}

}  // namespace atlas
