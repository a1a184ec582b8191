// copy: the same value on both sides, each in its column's type.

#include "mapping/lens_micros.h"
#include "mapping/lens_pair.h"

#include <algorithm>

namespace atlas {
namespace {

// The operator that would carry these types, for the error's advice.
std::string_view advice_for(const Type& a, const Type& b) {
  const auto either = [&](auto test) { return test(a.kind) || test(b.kind); };
  const auto has = [&](TypeKind kind) { return a.kind == kind || b.kind == kind; };
  if (is_stamp(a.kind) && is_stamp(b.kind))
    return "use `tz`: a local time and an instant meet only in a named time zone";
  if (either(is_stamp) && (either(is_integer) || has(TypeKind::kNumeric))) return "use `epoch`";
  if (has(TypeKind::kTimestampTz) && has(TypeKind::kDate))
    return "a date and an instant meet only in a time zone: use `tz` and a timestamp column";
  if (has(TypeKind::kJson) || has(TypeKind::kJsonb))
    return "use `json` with the member's path, or `{json: json}` for a whole document in text";
  return "use `enum` with a table of values, or give both columns types that fit";
}

// A JSON member has the type that its other side suggests.
Type member_type(const Type& other) {
  Type out;
  out.kind = TypeKind::kText;
  const Meet meet = natural_meet(other);
  if (meet == Meet::kNumber) out.kind = TypeKind::kNumeric;
  if (meet == Meet::kBool) out.kind = TypeKind::kBool;
  if (meet == Meet::kJson) out.kind = TypeKind::kJson;
  out.name = type_kind_name(out.kind);
  return out;
}

// Which side tells more, where both types are in reach.
LawClass law_of(const Type& legacy, const Type& platform, Meet meet) {
  if (meet == Meet::kJson) return LawClass::kQuotient;
  if (meet == Meet::kDate && legacy.kind != platform.kind && !is_text(legacy.kind) &&
      !is_text(platform.kind))
    return finer(legacy.kind == TypeKind::kTimestamp ? Side::kLegacy : Side::kPlatform);
  if (meet != Meet::kText) {
    if (is_text(legacy.kind) != is_text(platform.kind))
      return finer(is_text(legacy.kind) ? Side::kLegacy : Side::kPlatform);
    if (is_text(legacy.kind)) return LawClass::kQuotient;
    if (second_digits(legacy) != second_digits(platform))
      return finer(second_digits(legacy) > second_digits(platform) ? Side::kLegacy
                                                                   : Side::kPlatform);
    return LawClass::kBijection;
  }
  const bool legacy_padded = legacy.kind == TypeKind::kChar;
  const bool platform_padded = platform.kind == TypeKind::kChar;
  if (legacy_padded == platform_padded) return LawClass::kBijection;
  return finer(legacy_padded ? Side::kPlatform : Side::kLegacy);
}

}  // namespace

MadeLens make_copy(const LensSpec& spec) {
  ATLAS_OK(expect_columns(spec, "copy", 1, 1));
  const LensColumn& legacy = spec.legacy.front();
  const LensColumn& platform = spec.platform.front();
  std::array<ColumnOptions, 2> options;
  std::array<Type, 2> types = {legacy.type, platform.type};
  if (!legacy.path.empty()) options[0].json = types[0] = member_type(platform.type);
  if (!platform.path.empty()) options[1].json = types[1] = member_type(types[0]);
  const auto meet = copy_meet(types[0], types[1]);
  if (!meet) return type_mismatch(spec, advice_for(types[0], types[1]));
  LawClass law = law_of(types[0], types[1], *meet);
  if (legacy.path.empty() != platform.path.empty())
    law = finer(legacy.path.empty() ? Side::kPlatform : Side::kLegacy);
  align(options, types, *meet);
  ATLAS_TRY(Pair pair, make_pair_parts(spec, "copy", law, {*meet, *meet}, std::move(options)));
  return std::make_unique<PairLens>(std::move(pair));
}

}  // namespace atlas
