#include "mapping/lens_pair.h"

#include "mapping/lens_micros.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

constexpr std::array kSides = {Side::kLegacy, Side::kPlatform};

bool all_not_null(const std::vector<LensColumn>& columns) {
  return std::ranges::all_of(columns, &LensColumn::not_null);
}

}  // namespace

const std::vector<LensColumn>& columns_of(const LensSpec& spec, Side side) {
  return side == Side::kLegacy ? spec.legacy : spec.platform;
}

bool nulls_differ(const LensSpec& spec) {
  return all_not_null(spec.legacy) != all_not_null(spec.platform);
}

Result<Column> make_column(const LensSpec& spec, Side side, std::size_t position, Meet meet,
                           const ColumnOptions& options) {
  const auto& domains = side == Side::kLegacy ? spec.domain_legacy : spec.domain_platform;
  const auto domain = std::ranges::find_if(domains, [position](const DomainSpec& own) {
    return own.column.value_or(position) == position;
  });
  return Column::make(columns_of(spec, side)[position], meet, options,
                      domain == domains.end() ? nullptr : &*domain);
}

Result<> expect_columns(const LensSpec& spec, std::string_view op, std::size_t legacy,
                        std::size_t platform) {
  if (spec.legacy.size() == legacy && spec.platform.size() == platform) return {};
  return Error(Code::kWrongShape,
               fmt::format("{} takes {} legacy and {} platform columns, here are {} and {}", op,
                           legacy, platform, spec.legacy.size(), spec.platform.size()));
}

Error type_mismatch(const LensSpec& spec, std::string_view advice) {
  const LensColumn& legacy = spec.legacy.front();
  const LensColumn& platform = spec.platform.front();
  return Error(Code::kTypeMismatch,
               fmt::format("legacy {} is {} and platform {} is {}", legacy.name,
                           type_text(legacy.type), platform.name, type_text(platform.type)))
      .advise(std::string(advice));
}

void align(std::array<ColumnOptions, 2>& options, const std::array<Type, 2>& types, Meet meet) {
  const bool padded = types[0].kind == TypeKind::kChar || types[1].kind == TypeKind::kChar;
  for (ColumnOptions& own : options) {
    own.quantum_us = micros_step(std::min(second_digits(types[0]), second_digits(types[1])));
    own.without_padding = padded && meet == Meet::kText;
  }
}

Result<Pair> make_pair_parts(const LensSpec& spec, std::string_view name, LawClass law,
                             std::array<Meet, 2> meets, std::array<ColumnOptions, 2> options) {
  ATLAS_OK(expect_columns(spec, name, 1, 1));
  Pair out;
  out.name = name;
  out.law = law;
  for (const Side side : kSides) {
    ColumnOptions& own = options[index(side)];
    own.canon = spec.canon;
    ATLAS_TRY(out.columns[index(side)], make_column(spec, side, 0, meets[index(side)], own));
  }
  const auto& [legacy, platform] = out.columns;
  if (!spec.canon.empty()) {
    if (!legacy.holds_text() && !platform.holds_text()) {
      return Error(Code::kTypeMismatch,
                   fmt::format("`canon` is for text: {} is {} and {} is {}",
                               spec.legacy.front().name, type_text(spec.legacy.front().type),
                               spec.platform.front().name, type_text(spec.platform.front().type)))
          .advise("remove `canon`");
    }
    if (law == LawClass::kBijection) out.law = LawClass::kQuotient;
  }
  out.handles_null = legacy.reads_null() || platform.reads_null() || nulls_differ(spec);
  return out;
}

Fit PairLens::get(Side side, std::span<const Value> cells, Arena& arena, Value& mid) const {
  Value value;
  const Fit fit = column(side).read(cells.front(), arena, value);
  mid = value;
  if (!fit.ok() || value.is_null()) return fit;
  return to_mid(side, value, arena, mid);
}

Fit PairLens::create(Side side, const Value& mid, std::span<const Value> old, Arena& arena,
                     std::span<Value> out) const {
  Value value = mid.is_null() ? null_on(side) : mid;
  if (!mid.is_null()) {
    if (const Fit fit = from_mid(side, mid, arena, value); !fit.ok()) return fit;
  }
  return column(side).write(value, old.empty() ? Value::null() : old.front(), arena, out.front());
}

Fit PairLens::to_mid(Side, const Value& value, Arena&, Value& mid) const {
  mid = value;
  return {};
}

Fit PairLens::from_mid(Side, const Value& mid, Arena&, Value& value) const {
  value = mid;
  return {};
}

Value PairLens::null_on(Side) const { return Value::null(); }

}  // namespace atlas
