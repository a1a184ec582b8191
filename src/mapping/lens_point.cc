// point: latitude and longitude, and a GeoJSON Point (RFC 7946: longitude first).

#include "mapping/lens_geo.h"
#include "mapping/lens_pair.h"
#include "mapping/lens_reasons.h"

#include <fmt/format.h>

namespace atlas {
namespace {

// The mid is the text "latitude longitude", each with exactly `digits` places, rounded half away
// from zero.
class PointLens final : public Lens {
 public:
  PointLens(Column latitude, Column longitude, Column point, Side pair_side, int digits)
      : latitude_(std::move(latitude)),
        longitude_(std::move(longitude)),
        point_(std::move(point)),
        pair_side_(pair_side),
        digits_(digits) {}

  Fit get(Side side, std::span<const Value> cells, Arena& arena, Value& mid) const override {
    return side == pair_side_ ? get_pair(cells, arena, mid) : get_point(cells.front(), arena, mid);
  }
  Fit create(Side side, const Value& mid, std::span<const Value> old, Arena& arena,
             std::span<Value> out) const override {
    if (side == pair_side_) return create_pair(mid, old, arena, out);
    return create_point(mid, old.empty() ? Value::null() : old.front(), arena, out.front());
  }
  bool handles_null() const override { return true; }
  LawClass law() const override { return finer(other(pair_side_)); }
  std::string_view name() const override { return "point"; }
  std::size_t arity(Side side) const override { return side == pair_side_ ? 2 : 1; }

 private:
  Fit mid_of(const Value& latitude, const Value& longitude, Arena& arena, Value& mid) const;
  Fit get_pair(std::span<const Value> cells, Arena& arena, Value& mid) const;
  Fit get_point(const Value& cell, Arena& arena, Value& mid) const;
  Fit create_pair(const Value& mid, std::span<const Value> old, Arena& arena,
                  std::span<Value> out) const;
  Fit create_point(const Value& mid, const Value& old, Arena& arena, Value& out) const;

  Column latitude_, longitude_, point_;
  Side pair_side_;
  int digits_;
};

Fit PointLens::mid_of(const Value& latitude, const Value& longitude, Arena& arena,
                      Value& mid) const {
  std::string text;
  const Fit fit = append_coordinates(latitude, longitude, digits_, arena, text);
  if (fit.ok()) mid = Value::text(arena.copy(text));
  return fit;
}

Fit PointLens::get_pair(std::span<const Value> cells, Arena& arena, Value& mid) const {
  Value latitude;
  Value longitude;
  if (const Fit fit = latitude_.read(cells[0], arena, latitude); !fit.ok()) return fit;
  if (const Fit fit = longitude_.read(cells[1], arena, longitude); !fit.ok()) return fit;
  mid = Value::null();
  if (latitude.is_null() != longitude.is_null()) return {reason::kHalfPoint};
  return latitude.is_null() ? Fit{} : mid_of(latitude, longitude, arena, mid);
}

Fit PointLens::get_point(const Value& cell, Arena& arena, Value& mid) const {
  Value point;
  if (const Fit fit = point_.read(cell, arena, point); !fit.ok()) return fit;
  mid = Value::null();
  if (point.is_null()) return {};
  Value latitude;
  Value longitude;
  const Fit fit = read_point(point.as_text(), arena, latitude, longitude);
  return fit.ok() ? mid_of(latitude, longitude, arena, mid) : fit;
}

Fit PointLens::create_pair(const Value& mid, std::span<const Value> old, Arena& arena,
                           std::span<Value> out) const {
  Value latitude;
  Value longitude;
  if (!mid.is_null()) {
    const std::string_view text = mid.as_text();
    const std::size_t space = text.find(' ');
    latitude = Value::decimal(text.substr(0, space));
    longitude = Value::decimal(text.substr(space + 1));
  }
  const Value null;
  const Fit fit = latitude_.write(latitude, old.empty() ? null : old[0], arena, out[0]);
  if (!fit.ok()) return fit;
  return longitude_.write(longitude, old.empty() ? null : old[1], arena, out[1]);
}

Fit PointLens::create_point(const Value& mid, const Value& old, Arena& arena, Value& out) const {
  if (mid.is_null()) return point_.write(Value::null(), old, arena, out);
  const std::string_view text = mid.as_text();
  const std::size_t space = text.find(' ');
  Value before;
  if (const Fit fit = point_.read(old, arena, before); !fit.ok()) return fit;
  const std::string_view document = before.is_null() ? std::string_view() : before.as_text();
  std::string_view edited;
  const Fit fit =
      edit_point(document, text.substr(0, space), text.substr(space + 1), arena, edited);
  return fit.ok() ? point_.write(Value::json(edited), old, arena, out) : fit;
}

}  // namespace

MadeLens make_point(const LensSpec& spec, const PointOp& op) {
  const Side pair_side = spec.legacy.size() == 2 ? Side::kLegacy : Side::kPlatform;
  const auto& pair = columns_of(spec, pair_side);
  const auto& points = columns_of(spec, other(pair_side));
  if (pair.size() != 2 || points.size() != 1) {
    return Error(
        Code::kWrongShape,
        "`point` takes latitude and longitude on one side and one JSON column on the other");
  }
  constexpr int kDigitsMax = 15;
  if (op.digits < 0 || op.digits > kDigitsMax)
    return Error(Code::kWrongShape, fmt::format("`digits` is 0 to {}", kDigitsMax));
  if (!spec.canon.empty())
    return Error(Code::kTypeMismatch, "`canon` is for text").advise("remove `canon`");
  int digits = op.digits;
  std::vector<Column> columns;
  for (std::size_t i = 0; i < 2; ++i) {
    ColumnOptions options;
    if (!pair[i].path.empty()) {
      options.json = meet_type(Meet::kNumber);
    } else {
      digits = places_of(pair[i].type, digits);
    }
    ATLAS_TRY(Column column, make_column(spec, pair_side, i, Meet::kNumber, options));
    columns.push_back(std::move(column));
  }
  ColumnOptions options;
  options.json_null_is_null = true;
  if (!points.front().path.empty()) options.json = meet_type(Meet::kJson);
  ATLAS_TRY(Column point, make_column(spec, other(pair_side), 0, Meet::kJson, options));
  return std::make_unique<PointLens>(std::move(columns[0]), std::move(columns[1]), std::move(point),
                                     pair_side, digits);
}

}  // namespace atlas
