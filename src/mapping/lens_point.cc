// point: latitude and longitude, and a GeoJSON Point (RFC 7946: longitude first).

#include "mapping/lens_json_edit.h"
#include "mapping/lens_number.h"
#include "mapping/lens_pair.h"
#include "mapping/lens_reasons.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

const std::string kType[] = {"type"};
const std::string kCoordinates[] = {"coordinates"};

// Places a column of this type can hold for numbers up to 180.
int places_of(const Type& type, int wanted) {
  constexpr int kFloat4Places = 3;  // six digits are certain
  constexpr int kFloat8Places = 12;
  if (is_integer(type.kind)) return 0;
  if (type.kind == TypeKind::kFloat4) return std::min(wanted, kFloat4Places);
  if (type.kind == TypeKind::kFloat8) return std::min(wanted, kFloat8Places);
  if (type.kind == TypeKind::kNumeric && type.size > 0) return std::clamp(type.scale, 0, wanted);
  return wanted;
}

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
  // A number's text with digits_ places.
  std::string rounded(const Decimal& number) const;
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

std::string PointLens::rounded(const Decimal& number) const {
  if (number.scale_needed() <= digits_) return number.text(digits_);
  // Half a unit of the last place, away from zero, then cut.
  const bool negative = number.compare(Decimal::of(0)) < 0;
  const auto half = Decimal::parse(fmt::format("{}5e-{}", negative ? "-" : "", digits_ + 1));
  std::string text = number.plus(*half).text();
  const std::size_t point = text.find('.');
  if (point != std::string::npos)
    text.resize(std::min(text.size(), point + 1 + static_cast<std::size_t>(digits_)));
  return Decimal::parse(text)->text(digits_);
}

Fit PointLens::mid_of(const Value& latitude, const Value& longitude, Arena& arena,
                      Value& mid) const {
  std::string text;
  const std::pair<const Value*, int> coordinates[] = {{&latitude, 90}, {&longitude, 180}};
  for (const auto& [value, limit] : coordinates) {
    std::string_view plain;
    if (const Fit fit = plain_number(*value, arena, plain); !fit.ok()) return fit;
    const auto number = Decimal::parse(plain);
    if (!number) return {reason::kNotFinite};
    if (number->compare(Decimal::of(limit)) > 0 || number->compare(Decimal::of(-limit)) < 0)
      return {limit == 90 ? reason::kLatitude : reason::kLongitude};
    if (!text.empty()) text += ' ';
    text += rounded(*number);
  }
  mid = Value::text(arena.copy(text));
  return {};
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
  const JsonFound type = json_find(point.as_text(), kType);
  const JsonFound coordinates = json_find(point.as_text(), kCoordinates);
  std::string_view name;
  if (!type.fit.ok() || type.kind != JsonKind::kString ||
      !json_unquote(type.text, arena, name).ok() || name != "Point" ||
      coordinates.kind != JsonKind::kArray)
    return {reason::kNotPoint};
  const auto numbers = json_elements(coordinates.text);
  Value values[2];
  if (numbers.size() < 2) return {reason::kNotPoint};
  for (std::size_t i = 0; i < 2; ++i) {
    if (json_find(numbers[i], {}).kind != JsonKind::kNumber) return {reason::kNotPoint};
    if (!read_number(numbers[i], arena, values[i]).ok()) return {reason::kJsonNumber};
  }
  return mid_of(values[1], values[0], arena, mid);
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
  std::string numbers[2] = {Decimal::parse(text.substr(space + 1))->text(),
                            Decimal::parse(text.substr(0, space))->text()};
  Value before;
  // A point keeps its other members, and a third coordinate.
  if (const Fit fit = point_.read(old, arena, before); !fit.ok()) return fit;
  std::string coordinates = fmt::format("[{}, {}", numbers[0], numbers[1]);
  std::string_view document = "{\"type\": \"Point\"}";
  if (!before.is_null()) {
    Value ignored;
    if (const Fit fit = get_point(old, arena, ignored); fit.reason == reason::kNotPoint) return fit;
    document = before.as_text();
    const auto elements = json_elements(json_find(document, kCoordinates).text);
    for (std::size_t i = 2; i < elements.size(); ++i)
      coordinates += fmt::format(", {}", elements[i]);
  }
  coordinates += ']';
  std::string_view edited;
  if (const Fit fit = json_set(document, kCoordinates, coordinates, arena, edited); !fit.ok())
    return fit;
  return point_.write(Value::json(edited), old, arena, out);
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
