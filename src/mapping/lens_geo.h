#pragma once

// Coordinates as columns and GeoJSON documents (RFC 7946: longitude first) hold them.

#include "mapping/lens.h"
#include "model/decimal.h"

#include <string>
#include <string_view>

namespace atlas {

inline constexpr int kLatitudeMax = 90;
inline constexpr int kLongitudeMax = 180;

// Places that a column of this type can hold for numbers up to 180, at most `wanted`.
int places_of(const Type& type, int wanted);
// With exactly `places` places, rounded half away from zero.
std::string rounded(const Decimal& number, int places);
// A finite number of a column or document.
Fit read_decimal(const Value& value, Arena& arena, std::optional<Decimal>& out);
// Appends "latitude longitude", each with `digits` places. Errors: kNotFinite, kLatitude,
// kLongitude.
Fit append_coordinates(const Value& latitude, const Value& longitude, int digits, Arena& arena,
                       std::string& out);

// Whether a document is a GeoJSON object of this type with an array of coordinates, which it gives.
bool geometry_is(std::string_view document, std::string_view type, std::string_view& coordinates);
// The two numbers at the start of a GeoJSON position. Errors: kNotPoint, kJsonNumber.
Fit read_position(std::string_view position, Arena& arena, Value& latitude, Value& longitude);
Fit read_point(std::string_view document, Arena& arena, Value& latitude, Value& longitude);
// A point at these coordinates (texts of decimals). `document`: the point as it is, empty when
// there is none; it keeps its other members and a third coordinate. Errors: kNotPoint for another
// geometry.
Fit edit_point(std::string_view document, std::string_view latitude, std::string_view longitude,
               Arena& arena, std::string_view& out);
// The document with other coordinates, or a new geometry of this type.
Fit edit_coordinates(std::string_view document, std::string_view type, std::string_view coordinates,
                     Arena& arena, std::string_view& out);

}  // namespace atlas
