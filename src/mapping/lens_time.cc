// tz: a local time and an instant. epoch: a count since 1970 and an instant.

#include "mapping/lens_micros.h"
#include "mapping/lens_number.h"
#include "mapping/lens_pair.h"
#include "mapping/lens_reasons.h"

#include <algorithm>

namespace atlas {
namespace {

// The mid is the instant as the local side can tell it: of the two instants of an hour that the
// clock shows twice it is the one the rule picks. The other one survives on its side by
// keep-or-create.
class TzLens final : public PairLens {
 public:
  TzLens(Pair pair, ZoneRule rule, Side naive, std::int64_t quantum_us)
      : PairLens(std::move(pair)), rule_(std::move(rule)), naive_(naive), quantum_us_(quantum_us) {}

 protected:
  Fit to_mid(Side side, const Value& value, Arena&, Value& mid) const override {
    const std::int64_t local = side == naive_ ? value.as_int() : to_local(rule_, value.as_int());
    const auto instant = to_instant(rule_, local);
    if (!instant) return {why_not(local)};
    mid = Value::instant(cut_micros(*instant, quantum_us_));
    return {};
  }
  Fit from_mid(Side side, const Value& mid, Arena&, Value& value) const override {
    value = side == naive_ ? Value::timestamp(to_local(rule_, mid.as_int())) : mid;
    return {};
  }

 private:
  const char* why_not(std::int64_t local) const {
    ZoneRule lenient = rule_;
    lenient.ambiguous = Ambiguous::kLater;
    if (to_instant(lenient, local)) return reason::kAmbiguous;
    lenient.gap = Gap::kShift;
    return to_instant(lenient, local) ? reason::kGap : reason::kStampRange;
  }

  ZoneRule rule_;
  Side naive_;
  std::int64_t quantum_us_;
};

// The mid is the instant, cut to the coarser of the unit and the stamp's precision.
class EpochLens final : public PairLens {
 public:
  EpochLens(Pair pair, Side count, Tag stamp, std::int64_t unit_us, std::int64_t quantum_us,
            bool null_zero)
      : PairLens(std::move(pair)),
        count_(count),
        stamp_(stamp),
        unit_us_(unit_us),
        quantum_us_(quantum_us),
        null_zero_(null_zero) {}

 protected:
  Fit to_mid(Side side, const Value& value, Arena&, Value& mid) const override {
    std::int64_t us = value.as_int();
    if (side == count_) {
      Value count;
      if (const Fit fit = write_integer(value, TypeKind::kInt8, count); !fit.ok()) return fit;
      if (null_zero_ && count.as_int() == 0) {
        mid = Value::null();
        return {};
      }
      if (__builtin_mul_overflow(count.as_int(), unit_us_, &us) || us < kStampMin || is_endless(us))
        return {reason::kStampRange};
    }
    mid = Value::instant(cut_micros(us, quantum_us_));
    return {};
  }
  Fit from_mid(Side side, const Value& mid, Arena&, Value& value) const override {
    const std::int64_t us = mid.as_int();
    if (side != count_) {
      value = stamp_ == Tag::kInstant ? mid : Value::timestamp(us);
      return {};
    }
    if (is_endless(us)) return {reason::kEndlessTime};
    if (null_zero_ && us == 0) return {reason::kEpochIsNull};
    value = Value::integer(floor_div(us, unit_us_));
    return {};
  }
  Value null_on(Side side) const override {
    return side == count_ && null_zero_ ? Value::integer(0) : Value::null();
  }

 private:
  Side count_;
  Tag stamp_;
  std::int64_t unit_us_, quantum_us_;
  bool null_zero_;
};

std::int64_t step_of(const Type& type) { return micros_step(second_digits(type)); }

std::int64_t micros_of(EpochUnit unit) {
  switch (unit) {
    case EpochUnit::kSeconds:
      return kMicrosPerSecond;
    case EpochUnit::kMillis:
      return kMicrosPerSecond / 1000;
    case EpochUnit::kMicros:
      return 1;
  }
  return 1;
}

// What a column is for these operators; a JSON member is text or, for a count, a number.
struct Shape {
  const LensColumn* column;
  bool document;
  bool text() const { return document || is_text(column->type.kind); }
  bool is(TypeKind kind) const { return !document && column->type.kind == kind; }
};

Shape shape_of(const LensSpec& spec, Side side) {
  const LensColumn& column = columns_of(spec, side).front();
  return {&column, !column.path.empty()};
}

ColumnOptions options_of(const Shape& shape, Meet meet, std::int64_t quantum_us) {
  ColumnOptions out;
  out.quantum_us = quantum_us;
  if (shape.document) out.json = meet_type(meet == Meet::kNumber ? meet : Meet::kText);
  return out;
}

}  // namespace

MadeLens make_tz(const LensSpec& spec, const TzOp& op) {
  ATLAS_OK(expect_columns(spec, "tz", 1, 1));
  const Shape shapes[2] = {shape_of(spec, Side::kLegacy), shape_of(spec, Side::kPlatform)};
  std::optional<Side> naive;
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    const Shape& mine = shapes[index(side)];
    const Shape& theirs = shapes[index(other(side))];
    // Text beside an instant spells a local time; beside a local time it would have to spell an
    // instant.
    if ((mine.is(TypeKind::kTimestamp) || mine.text()) && theirs.is(TypeKind::kTimestampTz))
      naive = side;
  }
  if (!naive)
    return type_mismatch(spec, "`tz` takes a timestamp on one side and a timestamptz on the other");
  const std::int64_t quantum_us =
      std::max(step_of(spec.legacy.front().type), step_of(spec.platform.front().type));
  std::array<Meet, 2> meets{Meet::kInstant, Meet::kInstant};
  meets[index(*naive)] = Meet::kTimestamp;
  std::array<ColumnOptions, 2> options = {options_of(shapes[0], meets[0], quantum_us),
                                          options_of(shapes[1], meets[1], quantum_us)};
  const LawClass law = op.rule.zone ? finer(other(*naive)) : LawClass::kBijection;
  ATLAS_TRY(Pair pair, make_pair_parts(spec, "tz", law, meets, std::move(options)));
  return std::make_unique<TzLens>(std::move(pair), op.rule, *naive, quantum_us);
}

MadeLens make_epoch(const LensSpec& spec, const EpochOp& op) {
  ATLAS_OK(expect_columns(spec, "epoch", 1, 1));
  const Shape shapes[2] = {shape_of(spec, Side::kLegacy), shape_of(spec, Side::kPlatform)};
  std::optional<Side> count;
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    const Shape& mine = shapes[index(side)];
    const Shape& theirs = shapes[index(other(side))];
    const bool counts = mine.text() || natural_meet(mine.column->type) == Meet::kNumber;
    if (counts && !theirs.document && is_stamp(theirs.column->type.kind)) count = side;
  }
  if (!count)
    return type_mismatch(spec, "`epoch` takes an integer on one side and a timestamp on the other");
  const Type& stamp = columns_of(spec, other(*count)).front().type;
  const std::int64_t unit_us = micros_of(op.unit);
  const std::int64_t quantum_us = std::max(unit_us, step_of(stamp));
  std::array<Meet, 2> meets{};
  meets[index(*count)] = Meet::kNumber;
  meets[index(other(*count))] = natural_meet(stamp);
  std::array<ColumnOptions, 2> options = {options_of(shapes[0], meets[0], 1),
                                          options_of(shapes[1], meets[1], 1)};
  LawClass law = LawClass::kBijection;
  if (unit_us > step_of(stamp)) law = finer(other(*count));
  if (unit_us < step_of(stamp)) law = finer(*count);
  ATLAS_TRY(Pair pair, make_pair_parts(spec, "epoch", law, meets, std::move(options)));
  pair.handles_null |= op.null_zero;
  const Tag tag = stamp.kind == TypeKind::kTimestampTz ? Tag::kInstant : Tag::kTimestamp;
  return std::make_unique<EpochLens>(std::move(pair), *count, tag, unit_us, quantum_us,
                                     op.null_zero);
}

}  // namespace atlas
