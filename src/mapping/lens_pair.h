#pragma once

// What the operators share: columns made from a spec, and the lens with one column on each side.

#include "mapping/lens.h"
#include "mapping/lens_column.h"

#include <array>
#include <memory>
#include <string_view>

namespace atlas {

// One column of `spec`, with its side's domain if that restricts this column.
Result<Column> make_column(const LensSpec& spec, Side side, std::size_t position, Meet meet,
                           const ColumnOptions& options);
const std::vector<LensColumn>& columns_of(const LensSpec& spec, Side side);
// Whether a null that one side may hold cannot be written to the other, so that the lens must see
// it.
bool nulls_differ(const LensSpec& spec);
// kWrongShape unless both sides have these numbers of columns.
Result<> expect_columns(const LensSpec& spec, std::string_view op, std::size_t legacy,
                        std::size_t platform);
Error type_mismatch(const LensSpec& spec, std::string_view advice);
constexpr LawClass finer(Side side) {
  return side == Side::kLegacy ? LawClass::kLegacyFiner : LawClass::kPlatformFiner;
}

// What both columns must do alike to meet: cut times to the coarser precision, ignore char(n)'s
// padding. `types`: of the values, by side.
void align(std::array<ColumnOptions, 2>& options, const std::array<Type, 2>& types, Meet meet);

struct Pair {
  std::string_view name;
  LawClass law = LawClass::kBijection;
  std::array<Column, 2> columns;  // by index(Side)
  bool handles_null = false;
};
// Fills both columns and handles_null. `options`: by side; the spec's canon is added to them.
Result<Pair> make_pair_parts(const LensSpec& spec, std::string_view name, LawClass law,
                             std::array<Meet, 2> meets, std::array<ColumnOptions, 2> options);

// One column on each side. The mid value of this class itself is the columns' common value.
class PairLens : public Lens {
 public:
  explicit PairLens(Pair pair) : pair_(std::move(pair)) {}

  Fit get(Side side, std::span<const Value> cells, Arena& arena, Value& mid) const final;
  Fit create(Side side, const Value& mid, std::span<const Value> old, Arena& arena,
             std::span<Value> out) const final;
  bool handles_null() const final { return pair_.handles_null; }
  LawClass law() const final { return pair_.law; }
  std::string_view name() const final { return pair_.name; }
  std::size_t arity(Side) const final { return 1; }

 protected:
  // The column's value, never null, as a mid; may be null where the operator says so.
  virtual Fit to_mid(Side side, const Value& value, Arena& arena, Value& mid) const;
  // The reverse; mid is never null.
  virtual Fit from_mid(Side side, const Value& mid, Arena& arena, Value& value) const;
  // The value that null is written as: null unless the operator has another.
  virtual Value null_on(Side side) const;

  const Column& column(Side side) const { return pair_.columns[index(side)]; }

 private:
  Pair pair_;
};

// One factory an operator. Errors as for make_lens.
using MadeLens = Result<std::unique_ptr<Lens>>;
MadeLens make_copy(const LensSpec& spec);
MadeLens make_enum(const LensSpec& spec, const EnumOp& op);
MadeLens make_scale(const LensSpec& spec, const ScaleOp& op);
MadeLens make_tz(const LensSpec& spec, const TzOp& op);
MadeLens make_epoch(const LensSpec& spec, const EpochOp& op);
MadeLens make_join(const LensSpec& spec, const JoinOp& op);
MadeLens make_json(const LensSpec& spec, const JsonOp& op);
MadeLens make_point(const LensSpec& spec, const PointOp& op);
MadeLens make_lua(const LensSpec& spec, const LuaOp& op);
MadeLens make_expression(const LensSpec& spec, const ExpressionOp& op);
MadeLens make_bits(const LensSpec& spec, const BitsOp& op);
MadeLens make_pack(const LensSpec& spec, const PackOp& op);
MadeLens make_pattern(const LensSpec& spec, const PatternOp& op);
MadeLens make_circle_polygon(const LensSpec& spec, const CirclePolygonOp& op);
MadeLens make_mask(const LensSpec& spec, const MaskOp& op);
MadeLens make_hash(const LensSpec& spec, const HashOp& op);
MadeLens make_truncate(const LensSpec& spec, const TruncateOp& op);
// The same lens under `keep: false`.
std::unique_ptr<Lens> without_keep(std::unique_ptr<Lens> lens);

}  // namespace atlas
