#include "mapping/lens_conversion.h"

#include "mapping/lens_reasons.h"
#include "mapping/lens_samples.h"
#include "mapping/lens_trial.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

constexpr std::size_t kColumnsMax = 16;

struct Sides {
  std::vector<Column> columns[2];                // by index(Side)
  std::shared_ptr<const Conversion> towards[2];  // by the side that they lead to
};

// Values of one side's cells, in their natural form.
struct Values {
  std::array<Value, kColumnsMax> values;
  std::size_t size = 0;
  std::span<const Value> span() const { return {values.data(), size}; }
};

bool all_null(std::span<const Value> values) {
  return std::ranges::all_of(values, &Value::is_null);
}

// The mid is the value of the coarse side's only column: what the other side's cells say in its
// words.
class ConversionLens final : public Lens {
 public:
  ConversionLens(Sides sides, Side coarse, LawClass law, std::string_view name)
      : sides_(std::move(sides)), coarse_(coarse), law_(law), name_(name) {}

  Fit get(Side side, std::span<const Value> cells, Arena& arena, Value& mid) const override {
    Values values;
    if (const Fit fit = read(side, cells, arena, values); !fit.ok()) return fit;
    if (side == coarse_) {
      mid = values.values[0];
      return {};
    }
    // Null is null on the other side, where it may be.
    if (all_null(values.span()) && !sides_.columns[index(coarse_)].front().not_null()) {
      mid = Value::null();
      return {};
    }
    return sides_.towards[index(coarse_)]->run(values.span(), arena, {&mid, 1});
  }
  Fit create(Side side, const Value& mid, std::span<const Value> old, Arena& arena,
             std::span<Value> out) const override {
    const auto& columns = sides_.columns[index(side)];
    const auto before = [&](std::size_t i) { return old.empty() ? Value::null() : old[i]; };
    if (side == coarse_) {
      const Fit fit = columns[0].write(mid, before(0), arena, out[0]);
      return fit.ok() ? read_again(side, mid, arena, out) : fit;
    }
    const Conversion* conversion = sides_.towards[index(side)].get();
    if (conversion == nullptr) return {reason::kOneWayOnly};
    std::array<Value, kColumnsMax> made;
    const std::span<Value> values(made.data(), columns.size());
    const bool asked = !mid.is_null() || std::ranges::any_of(columns, &Column::not_null);
    if (asked) {
      if (const Fit fit = conversion->run({&mid, 1}, arena, values); !fit.ok()) return fit;
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (const Fit fit = columns[i].write(made[i], before(i), arena, out[i]); !fit.ok())
        return fit;
    }
    return read_again(side, mid, arena, out);
  }
  bool handles_null() const override { return true; }
  bool proves_create() const override { return true; }
  LawClass law() const override { return law_; }
  std::string_view name() const override { return name_; }
  std::size_t arity(Side side) const override { return sides_.columns[index(side)].size(); }

 private:
  Fit read_again(Side side, const Value& mid, Arena& arena, std::span<const Value> cells) const {
    Value back;
    const Fit fit = get(side, cells, arena, back);
    if (reason::is(fit.reason, reason::kLuaImpure)) return fit;
    return fit.ok() && mid_equal(back, mid) ? Fit{} : Fit{reason::kNotUndone};
  }
  Fit read(Side side, std::span<const Value> cells, Arena& arena, Values& out) const {
    const auto& columns = sides_.columns[index(side)];
    out.size = columns.size();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (const Fit fit = columns[i].read(cells[i], arena, out.values[i]); !fit.ok()) return fit;
    }
    return {};
  }

  Sides sides_;
  Side coarse_;
  LawClass law_;
  std::string_view name_;
};

Result<Sides> make_sides(const LensSpec& spec, const Conversions& functions) {
  Sides out;
  out.towards[index(Side::kLegacy)] = functions.to_legacy;
  out.towards[index(Side::kPlatform)] = functions.to_platform;
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    const auto& columns = columns_of(spec, side);
    if (columns.size() > kColumnsMax)
      return Error(Code::kWrongShape, fmt::format("at most {} columns on a side", kColumnsMax));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      ColumnOptions options;
      const Meet meet = conversion_meet(columns[i]);
      if (meet == Meet::kText) options.canon = spec.canon;
      options.without_padding = columns[i].type.kind == TypeKind::kChar;
      if (!columns[i].path.empty()) options.json = meet_type(Meet::kJson);
      ATLAS_TRY(Column column, make_column(spec, side, i, meet, options));
      out.columns[index(side)].push_back(std::move(column));
    }
  }
  return out;
}

// How a trial of one law ended.
struct Trial {
  int kept = 0;
  bool impure = false;
  std::optional<std::string> broken;  // the smallest value that came back as another
};

std::string cells_text(std::span<const Value> cells) {
  std::string out;
  for (const Value& cell : cells) out += (out.empty() ? "" : ", ") + shown_cell(cell);
  return out;
}

// Whether what is written for the samples of the coarse side is read as the same again.
Trial try_law(const LensSpec& spec, const ConversionLens& lens, Side coarse) {
  Trial out;
  Arena arena;
  const Side finer_side = other(coarse);
  for (const Value& cell : sample_cells(columns_of(spec, coarse).front(), arena)) {
    Value mid;
    if (!lens.get(coarse, {&cell, 1}, arena, mid).ok()) continue;
    std::vector<Value> made(lens.arity(finer_side));
    const Fit fit = lens.create(finer_side, mid, {}, arena, made);
    out.kept += fit.ok() && !mid.is_null() ? 1 : 0;
    out.impure |= reason::is(fit.reason, reason::kLuaImpure);
    if (!reason::is(fit.reason, reason::kNotUndone) || out.broken) continue;
    Value back;
    const bool read = lens.get(finer_side, made, arena, back).ok();
    out.broken = fmt::format("{} {} is written as {} and comes back as {}", side_name(coarse),
                             cells_text({&cell, 1}), cells_text(made),
                             read ? cells_text({&back, 1}) : "nothing");
  }
  return out;
}

Error not_lawful(const std::string& why) {
  return Error(Code::kNotLawful, why)
      .advise(
          "make the two directions undo each other, restrict the values with `domain:` or "
          "`canon:`, or make it `->` or `<-` with `loss: \"why\"`");
}

}  // namespace

Meet conversion_meet(const LensColumn& column) {
  return column.path.empty() ? natural_meet(column.type) : Meet::kJson;
}

MadeLens make_derived(const LensSpec& spec, const Conversions& functions, Side target,
                      std::string_view name) {
  if (columns_of(spec, target).size() != 1) {
    return Error(Code::kWrongShape,
                 fmt::format("`{}` gives one {} column", name, side_name(target)));
  }
  ATLAS_TRY(Sides sides, make_sides(spec, functions));
  return std::make_unique<ConversionLens>(std::move(sides), target, LawClass::kOneWay, name);
}

MadeLens make_conversion(const LensSpec& spec, const Conversions& functions,
                         std::string_view name) {
  if (spec.legacy.size() != 1 && spec.platform.size() != 1) {
    return Error(Code::kWrongShape,
                 fmt::format("{} need one column on at least one side: it is what both are "
                             "compared as",
                             name));
  }
  ATLAS_TRY(const Sides sides, make_sides(spec, functions));
  std::optional<Side> chosen;
  bool both = true;
  std::string broken;
  for (const Side coarse : {Side::kPlatform, Side::kLegacy}) {
    if (columns_of(spec, coarse).size() != 1) {
      both = false;
      continue;
    }
    const Trial trial =
        try_law(spec, ConversionLens(sides, coarse, finer(other(coarse)), name), coarse);
    if (trial.impure)
      return Error(Code::kImpure, "the script remembers something between two calls");
    if (!trial.broken && trial.kept > 0) {
      if (!chosen) chosen = coarse;
      continue;
    }
    both = false;
    if (trial.broken && broken.empty()) broken = *trial.broken;
  }
  if (!chosen)
    return not_lawful(broken.empty() ? "no sample value makes the trip there and back" : broken);
  const LawClass law = both ? LawClass::kBijection : finer(other(*chosen));
  return std::make_unique<ConversionLens>(sides, *chosen, law, name);
}

}  // namespace atlas
