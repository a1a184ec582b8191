#pragma once

// Circles on a sphere as regular polygons. Only + - * / and sqrt and series of our own: the same
// numbers on every machine, to the last bit.

#include <span>
#include <vector>

namespace atlas {

// Degrees.
struct GeoPoint {
  double latitude = 0, longitude = 0;
};

struct GeoVertex {
  GeoPoint point;
  double cosine = 1;  // of its latitude
};

class GeoCircle {
 public:
  static constexpr double kEarthRadiusMetres = 6'371'008.8;

  // Vertices from the north over the west: counter-clockwise.
  explicit GeoCircle(int segments);

  int segments() const { return static_cast<int>(bearings_.size()); }
  // Whether a polygon of plain longitudes and latitudes can show it: no pole and no 180th meridian.
  bool fits(const GeoPoint& centre, double metres) const;
  // `out`: one vertex a segment. The circle must fit.
  void vertices(const GeoPoint& centre, double metres, std::span<GeoVertex> out) const;
  // The radius in metres of the circle around `centre` whose northernmost vertex has `latitude`.
  static double metres_north(const GeoPoint& centre, double latitude);
  // Squared distance in degrees of arc between a vertex and a point near it.
  static double squared_gap(const GeoVertex& vertex, const GeoPoint& point);

 private:
  struct Bearing {
    double sine = 0, cosine = 0;
  };
  std::vector<Bearing> bearings_;
};

}  // namespace atlas
