// Level 3 remarks: what one side of a field can hold and the other cannot. Such rows are
// quarantined when they come up; nothing here refuses a mapping. Nulls are compared by the
// compiler.

#include "mapping/lens_column.h"
#include "mapping/lens_micros.h"
#include "mapping/lens_pair.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

constexpr int kUnlimited = 1'000'000;

// A number type's reach: the largest magnitude (nothing = none) and digits after the point.
struct Reach {
  std::optional<Decimal> max;
  int places = 0;
};

Decimal power_of_ten(int exponent) { return *Decimal::parse(fmt::format("1e{}", exponent)); }

std::optional<Reach> reach_of(const Type& type) {
  if (type.kind == TypeKind::kInt2) return Reach{Decimal::of(32767), 0};
  if (type.kind == TypeKind::kInt4) return Reach{Decimal::of(2147483647), 0};
  if (type.kind == TypeKind::kInt8) return Reach{Decimal::of(9223372036854775807), 0};
  if (type.kind != TypeKind::kNumeric) return std::nullopt;
  if (type.size == 0) return Reach{std::nullopt, kUnlimited};
  const Decimal units = power_of_ten(type.size).plus(Decimal::of(-1));
  return Reach{units.times(power_of_ten(-type.scale)), type.scale};
}

// Characters a text type holds.
int length_of(const Type& type) {
  const bool limited = type.kind == TypeKind::kVarchar || type.kind == TypeKind::kChar;
  return limited && type.size > 0 ? type.size : kUnlimited;
}

class Remarks {
 public:
  explicit Remarks(const LensSpec& spec) : spec_(spec) {}

  void of(const CopyOp&) {
    for (const Side side : {Side::kLegacy, Side::kPlatform}) copy_from(side);
  }
  void of(const EnumOp& op) {
    labels_without_entry(Side::kPlatform, op);
    if (!op.otherwise) labels_without_entry(Side::kLegacy, op);
    if (op.otherwise) {
      const bool has_code = std::ranges::any_of(
          op.codes, [&](const auto& row) { return row.second == *op.otherwise; });
      if (!has_code)
        held(fmt::format("platform {} has no legacy code of its own (`else`)", *op.otherwise));
    }
  }
  void of(const ScaleOp& op) {
    const auto legacy = reach_of(type(Side::kLegacy));
    const auto platform = reach_of(type(Side::kPlatform));
    if (!legacy || !platform) return;
    const auto reciprocal = Decimal::of(1).divided_by(op.factor);
    const std::optional<Decimal> factor = op.divide ? reciprocal : op.factor;
    const std::optional<Decimal> inverse = op.divide ? op.factor : reciprocal;
    if (!factor) held(fmt::format("legacy numbers that do not divide by {}", op.factor.text()));
    if (!inverse) held(fmt::format("platform numbers that do not divide by {}", op.factor.text()));
    if (factor) number_gap(Side::kLegacy, *legacy, *platform, *factor);
    if (inverse) number_gap(Side::kPlatform, *platform, *legacy, *inverse);
  }
  void of(const TzOp& op) {
    coarser_time();
    if (!op.rule.zone) return;
    const std::string zone = zone_name(op.rule);
    if (op.rule.gap == Gap::kQuarantine)
      held(fmt::format("local times that {} skips when the clock goes forward", zone));
    if (op.rule.ambiguous == Ambiguous::kQuarantine)
      held(fmt::format("times in the hour that {} shows twice when the clock goes back", zone));
  }
  void of(const EpochOp&) {}
  void of(const LuaOp&) { held("values that do not survive both functions of the script"); }
  void of(const ExpressionOp& op) {
    if (!op.to_platform.empty() && !op.to_legacy.empty())
      held("values that do not survive both expressions");
  }
  void of(const JoinOp&) {
    for (const Side side : {Side::kLegacy, Side::kPlatform}) {
      for (const LensColumn& column : columns_of(spec_, side)) {
        if (length_of(column.type) != kUnlimited)
          held(fmt::format("texts longer than {} {}, which is {}", side_name(side), column.name,
                           type_text(column.type)));
      }
    }
  }
  void of(const JsonOp& op) {
    for (const Side side : {Side::kLegacy, Side::kPlatform}) {
      if (columns_of(spec_, side).front().path.empty()) continue;
      held(fmt::format("{} JSON values that are not {}", side_name(side), op.type));
      const LensColumn& column = columns_of(spec_, other(side)).front();
      if (op.type == "text" && length_of(column.type) != kUnlimited)
        held(fmt::format("{} texts longer than {} {}", side_name(side), side_name(other(side)),
                         type_text(column.type)));
    }
  }
  void of(const PointOp& op) {
    for (const Side side : {Side::kLegacy, Side::kPlatform}) {
      if (columns_of(spec_, side).size() != 2) continue;
      for (const LensColumn& column : columns_of(spec_, side)) {
        if (column.type.kind == TypeKind::kNumeric && column.type.size > 0 &&
            column.type.scale < op.digits)
          add(fmt::format("points are compared to {} digits: {} {} is {}", column.type.scale,
                          side_name(side), column.name, type_text(column.type)));
      }
    }
  }

  void of(const BitsOp& op) {
    add("legacy bits that have no flag are kept");
    if (!op.names.empty()) held("platform names that have no bit");
  }

  void of(const PackOp&) {
    for (const LensColumn& column : spec_.legacy) {
      if (length_of(column.type) != kUnlimited)
        held(fmt::format("platform texts longer than legacy {}, which is {}", column.name,
                         type_text(column.type)));
    }
  }

  void of(const PatternOp& op) {
    held(fmt::format("legacy texts that do not match {}", op.legacy));
    held(fmt::format("platform texts that do not match {}", op.platform));
  }
  void of(const CirclePolygonOp& op) {
    held("platform shapes that are not the circle of their centre");
    held("circles that reach a pole or the 180th meridian");
    constexpr int kRadiusDigits = 6;
    add(fmt::format("radii are compared to {} m: that is what a shape of {} digits tells",
                    power_of_ten(kRadiusDigits - op.digits).text(), op.digits));
  }
  void of(const MaskOp&) { too_long(kUnlimited); }
  void of(const HashOp&) {}
  void of(const TruncateOp& op) {
    too_long(static_cast<int>(std::min<std::size_t>(op.characters, kUnlimited)));
  }

  std::vector<std::string> take() && { return std::move(remarks_); }

 private:
  const Type& type(Side side) const { return columns_of(spec_, side).front().type; }
  void add(std::string remark) { remarks_.push_back(std::move(remark)); }
  void held(const std::string& what) { add(what + ": such rows are quarantined"); }
  // "legacy int8 can exceed platform int4".
  void gap(Side from, std::string_view can) {
    held(fmt::format("{} {} can {} {} {}", side_name(from), type_text(type(from)), can,
                     side_name(other(from)), type_text(type(other(from)))));
  }

  // Of a legacy text at most `characters` come to the platform.
  void too_long(int characters) {
    const int come = std::min(length_of(type(Side::kLegacy)), characters);
    if (length_of(type(Side::kPlatform)) < come) gap(Side::kLegacy, "be longer than");
  }

  void copy_from(Side from) {
    const LensColumn& column = columns_of(spec_, from).front();
    const LensColumn& target = columns_of(spec_, other(from)).front();
    if (!column.path.empty() || !target.path.empty()) return;
    const Type& mine = column.type;
    const Type& theirs = target.type;
    if (is_text(mine.kind) && is_text(theirs.kind)) {
      if (length_of(mine) > length_of(theirs)) gap(from, "be longer than");
      return;
    }
    if (is_text(mine.kind)) {
      held(fmt::format("{} text that is no {}", side_name(from), type_text(theirs)));
      return;
    }
    if (mine.kind == TypeKind::kEnum && theirs.kind == TypeKind::kEnum) missing_labels(from);
    if (theirs.kind == TypeKind::kBool && is_integer(mine.kind))
      held(fmt::format("{} {} other than 0 and 1", side_name(from), type_text(mine)));
    if (mine.kind == TypeKind::kDate && theirs.kind == TypeKind::kTimestamp)
      add(fmt::format("{} keeps its time of day; a new day gets midnight", side_name(other(from))));
    copy_numbers(from, mine, theirs);
    if (from == Side::kLegacy && is_timed(mine.kind) && is_timed(theirs.kind)) coarser_time();
  }

  void copy_numbers(Side from, const Type& mine, const Type& theirs) {
    const bool to_float = theirs.kind == TypeKind::kFloat4 || theirs.kind == TypeKind::kFloat8;
    const bool from_float = mine.kind == TypeKind::kFloat4 || mine.kind == TypeKind::kFloat8;
    const bool number = natural_meet(theirs) == Meet::kNumber;
    if (from_float && number && !(mine.kind == TypeKind::kFloat4 && to_float) &&
        mine.kind != theirs.kind) {
      held(fmt::format("{} {} values that {} {} cannot hold exactly", side_name(from),
                       type_text(mine), side_name(other(from)), type_text(theirs)));
    } else if (to_float && reach_of(mine)) {
      gap(from, "have more digits than");
    } else if (const auto a = reach_of(mine), b = reach_of(theirs); a && b) {
      number_gap(from, *a, *b, Decimal::of(1));
    }
  }

  // Offsets are left out: they are small against the types' ranges.
  void number_gap(Side from, const Reach& mine, const Reach& theirs, const Decimal& factor) {
    if (theirs.max && (!mine.max || theirs.max->compare(mine.max->times(factor)) < 0))
      gap(from, "exceed");
    const int places = mine.places == kUnlimited
                           ? kUnlimited
                           : power_of_ten(-mine.places).times(factor).scale_needed();
    if (places > theirs.places) gap(from, "have more digits after the point than");
  }

  void missing_labels(Side from) {
    const auto& known = type(other(from)).labels;
    for (const std::string& label : type(from).labels) {
      if (std::ranges::find(known, label) == known.end())
        held(fmt::format("{} label {}, which {} does not have", side_name(from), label,
                         type_text(type(other(from)))));
    }
  }

  void labels_without_entry(Side side, const EnumOp& op) {
    for (const std::string& label : type(side).labels) {
      const bool known = std::ranges::any_of(op.codes, [&](const auto& row) {
        return (side == Side::kLegacy ? row.first : row.second) == label;
      });
      if (!known && label != op.otherwise)
        held(fmt::format("{} label {}, which has no entry", side_name(side), label));
    }
  }

  void coarser_time() {
    const int legacy = second_digits(type(Side::kLegacy));
    const int platform = second_digits(type(Side::kPlatform));
    if (legacy == platform) return;
    add(fmt::format("times are compared to {} digits of a second; the {} side keeps the rest",
                    std::min(legacy, platform),
                    side_name(legacy > platform ? Side::kLegacy : Side::kPlatform)));
  }

  const LensSpec& spec_;
  std::vector<std::string> remarks_;
};

}  // namespace

std::vector<std::string> lens_remarks(const LensSpec& spec) {
  if (spec.legacy.empty() || spec.platform.empty()) return {};
  Remarks out(spec);
  std::visit([&](const auto& op) { out.of(op); }, spec.op);
  return std::move(out).take();
}

}  // namespace atlas
