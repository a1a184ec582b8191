#include "mapping/lens_meet.h"

#include "mapping/lens_micros.h"

#include <array>

namespace atlas {
namespace {

TypeKind kind_of(Meet meet) {
  constexpr std::array kKinds = {TypeKind::kBool,      TypeKind::kNumeric,     TypeKind::kText,
                                 TypeKind::kBytea,     TypeKind::kDate,        TypeKind::kTime,
                                 TypeKind::kTimestamp, TypeKind::kTimestampTz, TypeKind::kInterval,
                                 TypeKind::kUuid,      TypeKind::kJson,        TypeKind::kOther};
  return kKinds[static_cast<std::size_t>(meet)];
}

}  // namespace

Meet natural_meet(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBool:
      return Meet::kBool;
    case TypeKind::kInt2:
    case TypeKind::kInt4:
    case TypeKind::kInt8:
    case TypeKind::kNumeric:
    case TypeKind::kFloat4:
    case TypeKind::kFloat8:
      return Meet::kNumber;
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
    case TypeKind::kEnum:
      return Meet::kText;
    case TypeKind::kBytea:
      return Meet::kBytes;
    case TypeKind::kDate:
      return Meet::kDate;
    case TypeKind::kTime:
      return Meet::kTime;
    case TypeKind::kTimestamp:
      return Meet::kTimestamp;
    case TypeKind::kTimestampTz:
      return Meet::kInstant;
    case TypeKind::kInterval:
      return Meet::kInterval;
    case TypeKind::kUuid:
      return Meet::kUuid;
    case TypeKind::kJson:
    case TypeKind::kJsonb:
      return Meet::kJson;
    case TypeKind::kArray:
    case TypeKind::kOther:
      return Meet::kOther;
  }
  return Meet::kOther;
}

std::optional<Meet> copy_meet(const Type& a, const Type& b) {
  const Meet left = natural_meet(a);
  const Meet right = natural_meet(b);
  if (left == Meet::kOther || right == Meet::kOther) {
    if (a.kind != b.kind || a.name != b.name) return std::nullopt;
    return Meet::kOther;
  }
  if (left == right) return left;
  if (left == Meet::kJson || right == Meet::kJson) return std::nullopt;
  if (is_text(a.kind)) return right;
  if (is_text(b.kind)) return left;
  const auto pair_is = [&](TypeKind x, TypeKind y) {
    return (a.kind == x && b.kind == y) || (a.kind == y && b.kind == x);
  };
  if ((a.kind == TypeKind::kBool && is_integer(b.kind)) ||
      (b.kind == TypeKind::kBool && is_integer(a.kind)))
    return Meet::kBool;
  if (pair_is(TypeKind::kTimestamp, TypeKind::kDate)) return Meet::kDate;
  return std::nullopt;
}

Type meet_type(Meet meet) {
  Type out;
  out.kind = kind_of(meet);
  out.name = type_kind_name(out.kind);
  if (meet == Meet::kTime || meet == Meet::kTimestamp || meet == Meet::kInstant)
    out.size = second_digits({});
  return out;
}

std::string type_text(const Type& type) {
  return type.name.empty() ? std::string(type_kind_name(type.kind)) : type.name;
}

}  // namespace atlas
