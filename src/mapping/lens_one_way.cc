#include "mapping/lens_one_way.h"

#include "mapping/lens_reasons.h"
#include "mapping/lens_text.h"

#include <fmt/format.h>

namespace atlas {

Fit OneWayLens::to_mid(Side side, const Value& value, Arena& arena, Value& mid) const {
  mid = value;
  if (side == Side::kPlatform) return {};
  std::string_view text = derive(value, arena);
  if (padded_) text = without_padding(text);
  mid = apply_canon(canon_, Value::text(text), arena);
  return {};
}

Fit OneWayLens::from_mid(Side side, const Value& mid, Arena&, Value& value) const {
  if (side == Side::kLegacy) return {reason::kOneWay};
  value = mid;
  return {};
}

Result<OneWayParts> one_way_parts(const LensSpec& spec, std::string_view name, Meet meet) {
  ATLAS_OK(expect_columns(spec, name, 1, 1));
  const LensColumn& platform = spec.platform.front();
  std::array<ColumnOptions, 2> options;
  if (!spec.legacy.front().path.empty()) options[0].json = meet_type(Meet::kText);
  if (!platform.path.empty())
    options[1].json = meet_type(Meet::kText);
  else if (!is_text(platform.type.kind))
    return Error(Code::kTypeMismatch, fmt::format("`{}` makes a text: {} is {}", name,
                                                  platform.name, type_text(platform.type)));
  OneWayParts out;
  out.canon = spec.canon;
  out.padded = platform.path.empty() && platform.type.kind == TypeKind::kChar;
  ATLAS_TRY(out.pair, make_pair_parts(spec, name, LawClass::kOneWay, {meet, Meet::kText},
                                      std::move(options)));
  return out;
}

Result<> expect_text(const LensSpec& spec, std::string_view name) {
  for (const LensColumn& column : spec.legacy) {
    if (column.path.empty() && !is_text(column.type.kind))
      return Error(Code::kTypeMismatch, fmt::format("`{}` is for texts: {} is {}", name,
                                                    column.name, type_text(column.type)));
  }
  return {};
}

std::string_view first_characters(std::string_view text, std::size_t characters) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80;
    if (begins && characters-- == 0) return text.substr(0, i);
  }
  return text;
}

}  // namespace atlas
