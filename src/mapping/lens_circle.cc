// circle_polygon: a centre and a radius in metres, and a GeoJSON Point with the polygon around it.

#include "mapping/geo_circle.h"
#include "mapping/lens_geo.h"
#include "mapping/lens_json_edit.h"
#include "mapping/lens_json_scan.h"
#include "mapping/lens_pair.h"
#include "mapping/lens_reasons.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace atlas {
namespace {

constexpr int kSegmentsMin = 8;
constexpr int kSegmentsMax = 512;
constexpr int kDigitsMin = 6;
constexpr int kDigitsMax = 12;
// A vertex with d digits tells the radius to 10^(6-d) metres: a degree has 111,195 of them.
constexpr int kRadiusDigits = 6;

double double_of(std::string_view plain) {
  double out = 0;
  (void)std::from_chars(plain.data(), plain.data() + plain.size(), out);
  return out;
}

double power_of_tenth(int exponent) {
  double out = 1;
  for (int i = 0; i < exponent; ++i) out /= 10;
  return out;
}

// Steps over the next number of a position; false when there is none.
bool take_number(JsonScan& scan, std::string_view text, double& out) {
  scan.skip_space();
  const std::size_t begin = scan.at();
  if (!scan.skip_number()) return false;
  out = double_of(text.substr(begin, scan.at() - begin));
  scan.skip_space();
  return true;
}

// The one closed ring of a polygon's coordinates: `segments` points and the first one again.
bool read_ring(std::string_view coordinates, std::span<GeoPoint> out) {
  JsonScan scan(coordinates, 1);
  scan.skip_space();
  if (!scan.eat('[')) return false;
  for (std::size_t i = 0; i <= out.size(); ++i) {
    if (i > 0 && !scan.eat(',')) return false;
    GeoPoint point;
    scan.skip_space();
    if (!scan.eat('[') || !take_number(scan, coordinates, point.longitude) || !scan.eat(',') ||
        !take_number(scan, coordinates, point.latitude))
      return false;
    // A third coordinate belongs to a shape of its own.
    if (!scan.eat(']')) return false;
    scan.skip_space();
    if (i < out.size())
      out[i] = point;
    else if (point.latitude != out[0].latitude || point.longitude != out[0].longitude)
      return false;
  }
  if (!scan.eat(']')) return false;
  scan.skip_space();
  return scan.eat(']');
}

// A degree with `digits` places, without zeros at its end.
char* print_degrees(char* at, double degrees, int digits) {
  double unit = 1;
  for (int i = 0; i < digits; ++i) unit *= 10;
  const double scaled = std::abs(degrees) * unit + 0.5;
  auto number = static_cast<std::uint64_t>(scaled);
  if (degrees < 0 && number != 0) *at++ = '-';
  const auto whole = static_cast<std::uint64_t>(unit);
  constexpr std::size_t kWholeDigits = 4;
  at = std::to_chars(at, at + kWholeDigits, number / whole).ptr;
  std::uint64_t rest = number % whole;
  if (rest == 0) return at;
  *at++ = '.';
  for (std::uint64_t place = whole / 10; rest != 0; place /= 10) {
    *at++ = static_cast<char>('0' + rest / place);
    rest %= place;
  }
  return at;
}

// The mid is the text "latitude longitude radius", the radius with six places less than a degree.
class CircleLens final : public Lens {
 public:
  struct Columns {
    std::vector<Column> numbers;  // latitude, longitude, radius
    std::vector<Column> shapes;   // centre, shape
  };
  struct Places {
    int shape = 0, degrees = 0, metres = 0;
  };
  CircleLens(Columns columns, Places places, int segments)
      : columns_(std::move(columns)),
        places_(places),
        circle_(segments),
        tolerance_(2 * power_of_tenth(places.shape)),
        margin_(power_of_tenth(places.shape - kRadiusDigits)) {}

  Fit get(Side side, std::span<const Value> cells, Arena& arena, Value& mid) const override {
    return side == Side::kLegacy ? get_numbers(cells, arena, mid) : get_shape(cells, arena, mid);
  }
  Fit create(Side side, const Value& mid, std::span<const Value> old, Arena& arena,
             std::span<Value> out) const override {
    const auto& columns = side == Side::kLegacy ? columns_.numbers : columns_.shapes;
    std::array<Value, 3> values;
    if (!mid.is_null()) {
      const Fit fit =
          side == Side::kLegacy ? numbers_of(mid, values) : shapes_of(mid, old, arena, values);
      if (!fit.ok()) return fit;
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const Value before = old.empty() ? Value::null() : old[i];
      if (const Fit fit = columns[i].write(values[i], before, arena, out[i]); !fit.ok()) return fit;
    }
    return {};
  }
  bool handles_null() const override { return true; }
  LawClass law() const override { return LawClass::kPlatformFiner; }
  std::string_view name() const override { return "circle_polygon"; }
  std::size_t arity(Side side) const override { return side == Side::kLegacy ? 3 : 2; }

 private:
  static Fit read_all(const std::vector<Column>& columns, std::span<const Value> cells,
                      Arena& arena, std::span<Value> out, bool& null) {
    std::size_t nulls = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (const Fit fit = columns[i].read(cells[i], arena, out[i]); !fit.ok()) return fit;
      nulls += out[i].is_null() ? 1 : 0;
    }
    null = nulls == columns.size();
    return null || nulls == 0 ? Fit{} : Fit{reason::kHalfCircle};
  }

  // Rounds the radius and looks whether the rounded circle can be shown.
  Fit mid_of(const Value& latitude, const Value& longitude, const Decimal& radius, Arena& arena,
             Value& mid) const {
    std::string text;
    const Fit fit = append_coordinates(latitude, longitude, places_.degrees, arena, text);
    if (!fit.ok()) return fit;
    if (radius.compare(Decimal::of(0)) < 0) return {reason::kRadius};
    text += ' ';
    text += rounded(radius, places_.metres);
    const Parts parts = parts_of(text);
    if (!circle_.fits(parts.centre, parts.metres + margin_)) return {reason::kCircleEdge};
    mid = Value::text(arena.copy(text));
    return {};
  }

  Fit get_numbers(std::span<const Value> cells, Arena& arena, Value& mid) const {
    std::array<Value, 3> values;
    bool null = false;
    mid = Value::null();
    const Fit fit = read_all(columns_.numbers, cells, arena, values, null);
    if (!fit.ok() || null) return fit;
    std::optional<Decimal> radius;
    if (const Fit read = read_decimal(values[2], arena, radius); !read.ok()) return read;
    return mid_of(values[0], values[1], *radius, arena, mid);
  }

  Fit get_shape(std::span<const Value> cells, Arena& arena, Value& mid) const {
    std::array<Value, 2> documents;
    bool null = false;
    mid = Value::null();
    const Fit fit = read_all(columns_.shapes, cells, arena, documents, null);
    if (!fit.ok() || null) return fit;
    Value latitude;
    Value longitude;
    const Fit read = read_point(documents[0].as_text(), arena, latitude, longitude);
    if (!read.ok()) return read;
    std::string ignored;
    const Fit in_range = append_coordinates(latitude, longitude, places_.degrees, arena, ignored);
    if (!in_range.ok()) return in_range;
    std::string_view coordinates;
    std::array<GeoPoint, kSegmentsMax> ring;
    const std::span<GeoPoint> points(ring.data(), static_cast<std::size_t>(circle_.segments()));
    if (!geometry_is(documents[1].as_text(), "Polygon", coordinates) ||
        !read_ring(coordinates, points))
      return {reason::kCustomShape};
    const GeoPoint centre{double_of(latitude.as_text()), double_of(longitude.as_text())};
    const double north = std::ranges::max_element(points, {}, &GeoPoint::latitude)->latitude;
    const double metres = std::max(0.0, GeoCircle::metres_north(centre, north));
    if (!circle_.fits(centre, metres) || !is_circle(points, centre, metres))
      return {reason::kCustomShape};
    // One place more than is compared is exact enough: a vertex is known to less.
    const auto radius = Decimal::parse(fmt::format("{:.{}f}", metres, kDigitsMax));
    return mid_of(latitude, longitude, *radius, arena, mid);
  }

  // Whether these are the vertices of the circle, from any of them on and in either direction.
  bool is_circle(std::span<const GeoPoint> points, const GeoPoint& centre, double metres) const {
    std::array<GeoVertex, kSegmentsMax> ring;
    const std::span<GeoVertex> wanted(ring.data(), points.size());
    circle_.vertices(centre, metres, wanted);
    const auto near = [&](std::size_t point, std::size_t vertex) {
      return GeoCircle::squared_gap(wanted[vertex], points[point]) <= tolerance_ * tolerance_;
    };
    const std::size_t size = points.size();
    for (std::size_t start = 0; start < size; ++start) {
      if (!near(0, start)) continue;
      bool forward = true;
      bool backward = true;
      for (std::size_t i = 1; i < size && (forward || backward); ++i) {
        forward = forward && near(i, (start + i) % size);
        backward = backward && near(i, (start + size - i) % size);
      }
      if (forward || backward) return true;
    }
    return false;
  }

  struct Parts {
    std::array<std::string_view, 3> texts;
    GeoPoint centre;
    double metres = 0;
  };
  static Parts parts_of(std::string_view mid) {
    Parts out;
    const std::size_t first = mid.find(' ');
    const std::size_t second = mid.find(' ', first + 1);
    out.texts = {mid.substr(0, first), mid.substr(first + 1, second - first - 1),
                 mid.substr(second + 1)};
    out.centre = {double_of(out.texts[0]), double_of(out.texts[1])};
    out.metres = double_of(out.texts[2]);
    return out;
  }

  static Fit numbers_of(const Value& mid, std::span<Value> out) {
    const Parts parts = parts_of(mid.as_text());
    for (std::size_t i = 0; i < parts.texts.size(); ++i) out[i] = Value::decimal(parts.texts[i]);
    return {};
  }

  // The documents keep their other members, and a centre that stays keeps its bytes. A shape that
  // is no circle is never overwritten.
  Fit shapes_of(const Value& mid, std::span<const Value> old, Arena& arena,
                std::span<Value> out) const {
    std::array<Value, 2> documents;
    const Parts parts = parts_of(mid.as_text());
    bool null = true;
    bool moved = true;
    if (!old.empty()) {
      Value before;
      Fit fit = read_all(columns_.shapes, old, arena, documents, null);
      if (fit.ok()) fit = get_shape(old, arena, before);
      if (!fit.ok()) return fit;
      if (!null) {
        const Parts was = parts_of(before.as_text());
        moved = was.texts[0] != parts.texts[0] || was.texts[1] != parts.texts[1];
      }
    }
    std::string_view edited;
    out[0] = documents[0];
    if (moved) {
      const Fit fit =
          edit_point(text_of(documents[0]), parts.texts[0], parts.texts[1], arena, edited);
      if (!fit.ok()) return fit;
      out[0] = Value::json(edited);
    }
    const Fit fit =
        edit_coordinates(text_of(documents[1]), "Polygon", polygon(parts, arena), arena, edited);
    out[1] = Value::json(edited);
    return fit;
  }
  static std::string_view text_of(const Value& document) {
    return document.is_null() ? std::string_view() : document.as_text();
  }

  std::string_view polygon(const Parts& parts, Arena& arena) const {
    std::array<GeoVertex, kSegmentsMax> ring;
    const auto size = static_cast<std::size_t>(circle_.segments());
    circle_.vertices(parts.centre, parts.metres, {ring.data(), size});
    constexpr std::size_t kNumberCharacters = 24;
    char* const out = arena.allocate((size + 1) * (2 * kNumberCharacters + 6) + 4);
    char* at = out;
    const auto put = [&](std::string_view text) { at = std::ranges::copy(text, at).out; };
    put("[[");
    for (std::size_t i = 0; i <= size; ++i) {
      put(i == 0 ? "[" : ", [");
      at = print_degrees(at, ring[i % size].point.longitude, places_.shape);
      put(", ");
      at = print_degrees(at, ring[i % size].point.latitude, places_.shape);
      put("]");
    }
    put("]]");
    return {out, static_cast<std::size_t>(at - out)};
  }

  Columns columns_;
  Places places_;
  GeoCircle circle_;
  double tolerance_;  // degrees of arc
  double margin_;     // metres: what a shape read back may seem larger
};

}  // namespace

MadeLens make_circle_polygon(const LensSpec& spec, const CirclePolygonOp& op) {
  if (spec.legacy.size() != 3 || spec.platform.size() != 2)
    return Error(Code::kWrongShape,
                 "`circle_polygon` takes latitude, longitude and radius on the legacy side, a "
                 "point and a polygon on the platform");
  if (op.segments < kSegmentsMin || op.segments > kSegmentsMax)
    return Error(Code::kWrongShape,
                 fmt::format("`segments` is {} to {}", kSegmentsMin, kSegmentsMax));
  if (op.digits < kDigitsMin || op.digits > kDigitsMax)
    return Error(Code::kWrongShape,
                 fmt::format("`digits` of `circle_polygon` is {} to {}", kDigitsMin, kDigitsMax))
        .advise("the radius is read from the shape: with 7 digits to 0.1 m, with 6 to 1 m");
  if (!spec.canon.empty())
    return Error(Code::kTypeMismatch, "`canon` is for text").advise("remove `canon`");
  CircleLens::Places places{op.digits, op.digits, op.digits - kRadiusDigits};
  CircleLens::Columns columns;
  for (std::size_t i = 0; i < 3; ++i) {
    const LensColumn& column = spec.legacy[i];
    ColumnOptions options;
    int& own = i == 2 ? places.metres : places.degrees;
    if (!column.path.empty())
      options.json = meet_type(Meet::kNumber);
    else
      own = places_of(column.type, own);
    ATLAS_TRY(Column made, make_column(spec, Side::kLegacy, i, Meet::kNumber, options));
    columns.numbers.push_back(std::move(made));
  }
  for (std::size_t i = 0; i < 2; ++i) {
    ColumnOptions options;
    options.json_null_is_null = true;
    if (!spec.platform[i].path.empty()) options.json = meet_type(Meet::kJson);
    ATLAS_TRY(Column made, make_column(spec, Side::kPlatform, i, Meet::kJson, options));
    columns.shapes.push_back(std::move(made));
  }
  return std::make_unique<CircleLens>(std::move(columns), places, op.segments);
}

}  // namespace atlas
