#include "mapping/lens_geo.h"

#include "mapping/lens_json_edit.h"
#include "mapping/lens_number.h"
#include "mapping/lens_reasons.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

const std::string kType[] = {"type"};
const std::string kCoordinates[] = {"coordinates"};

}  // namespace

int places_of(const Type& type, int wanted) {
  constexpr int kFloat4Places = 3;  // six digits are certain
  constexpr int kFloat8Places = 12;
  if (is_integer(type.kind)) return 0;
  if (type.kind == TypeKind::kFloat4) return std::min(wanted, kFloat4Places);
  if (type.kind == TypeKind::kFloat8) return std::min(wanted, kFloat8Places);
  if (type.kind == TypeKind::kNumeric && type.size > 0) return std::clamp(type.scale, 0, wanted);
  return wanted;
}

std::string rounded(const Decimal& number, int places) {
  if (number.scale_needed() <= places) return number.text(places);
  // Half a unit of the last place, away from zero, then cut.
  const bool negative = number.compare(Decimal::of(0)) < 0;
  const auto half = Decimal::parse(fmt::format("{}5e-{}", negative ? "-" : "", places + 1));
  std::string text = number.plus(*half).text();
  const std::size_t point = text.find('.');
  if (point != std::string::npos)
    text.resize(std::min(text.size(), point + 1 + static_cast<std::size_t>(places)));
  return Decimal::parse(text)->text(places);
}

Fit read_decimal(const Value& value, Arena& arena, std::optional<Decimal>& out) {
  std::string_view plain;
  if (const Fit fit = plain_number(value, arena, plain); !fit.ok()) return fit;
  out = Decimal::parse(plain);
  return out ? Fit{} : Fit{reason::kNotFinite};
}

Fit append_coordinates(const Value& latitude, const Value& longitude, int digits, Arena& arena,
                       std::string& out) {
  const std::pair<const Value*, int> coordinates[] = {{&latitude, kLatitudeMax},
                                                      {&longitude, kLongitudeMax}};
  for (const auto& [value, limit] : coordinates) {
    std::optional<Decimal> number;
    if (const Fit fit = read_decimal(*value, arena, number); !fit.ok()) return fit;
    if (number->compare(Decimal::of(limit)) > 0 || number->compare(Decimal::of(-limit)) < 0)
      return {limit == kLatitudeMax ? reason::kLatitude : reason::kLongitude};
    if (!out.empty()) out += ' ';
    out += rounded(*number, digits);
  }
  return {};
}

bool geometry_is(std::string_view document, std::string_view type, std::string_view& coordinates) {
  const JsonFound name = json_find(document, kType);
  const JsonFound found = json_find(document, kCoordinates);
  coordinates = found.text;
  if (!name.fit.ok() || name.kind != JsonKind::kString || found.kind != JsonKind::kArray)
    return false;
  if (name.text.substr(1, name.text.size() - 2) == type) return true;
  Arena arena;
  std::string_view text;
  return json_unquote(name.text, arena, text).ok() && text == type;
}

Fit read_position(std::string_view position, Arena& arena, Value& latitude, Value& longitude) {
  const auto numbers = json_elements(position);
  Value* const values[] = {&longitude, &latitude};
  if (numbers.size() < 2) return {reason::kNotPoint};
  for (std::size_t i = 0; i < 2; ++i) {
    if (json_find(numbers[i], {}).kind != JsonKind::kNumber) return {reason::kNotPoint};
    if (!read_number(numbers[i], arena, *values[i]).ok()) return {reason::kJsonNumber};
  }
  return {};
}

Fit read_point(std::string_view document, Arena& arena, Value& latitude, Value& longitude) {
  std::string_view coordinates;
  if (!geometry_is(document, "Point", coordinates)) return {reason::kNotPoint};
  return read_position(coordinates, arena, latitude, longitude);
}

Fit edit_point(std::string_view document, std::string_view latitude, std::string_view longitude,
               Arena& arena, std::string_view& out) {
  std::string coordinates =
      fmt::format("[{}, {}", Decimal::parse(longitude)->text(), Decimal::parse(latitude)->text());
  if (!document.empty()) {
    Value ignored[2];
    if (const Fit fit = read_point(document, arena, ignored[0], ignored[1]);
        reason::is(fit.reason, reason::kNotPoint))
      return fit;
    const auto elements = json_elements(json_find(document, kCoordinates).text);
    for (std::size_t i = 2; i < elements.size(); ++i)
      coordinates += fmt::format(", {}", elements[i]);
  }
  coordinates += ']';
  return edit_coordinates(document, "Point", coordinates, arena, out);
}

Fit edit_coordinates(std::string_view document, std::string_view type, std::string_view coordinates,
                     Arena& arena, std::string_view& out) {
  const std::string fresh = document.empty() ? fmt::format("{{\"type\": \"{}\"}}", type) : "";
  return json_set(document.empty() ? std::string_view(fresh) : document, kCoordinates, coordinates,
                  arena, out);
}

}  // namespace atlas
