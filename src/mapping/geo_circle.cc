#include "mapping/geo_circle.h"

#include "foundation/assert.h"

#include <cmath>

// Built without fused multiplication (CMakeLists.txt).

namespace atlas {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kDegree = kPi / 180;
constexpr double kMetresPerDegree = GeoCircle::kEarthRadiusMetres * kDegree;

// Taylor series, for at most half a right angle.
double small_sine(double x) {
  const double square = x * x;
  double term = x;
  double sum = x;
  for (int n = 2; n <= 18; n += 2) {
    term = -term * square / (n * (n + 1));
    sum += term;
  }
  return sum;
}

double small_cosine(double x) {
  const double square = x * x;
  double term = 1;
  double sum = 1;
  for (int n = 1; n <= 19; n += 2) {
    term = -term * square / (n * (n + 1));
    sum += term;
  }
  return sum;
}

struct SineCosine {
  double sine = 0, cosine = 0;
};

// Of an angle between -360 and 360 degrees.
SineCosine sine_cosine(double degrees) {
  int quarter = 0;
  while (degrees > 45) {
    degrees -= 90;
    ++quarter;
  }
  while (degrees < -45) {
    degrees += 90;
    --quarter;
  }
  const double sine = small_sine(degrees * kDegree);
  const double cosine = small_cosine(degrees * kDegree);
  switch (((quarter % 4) + 4) % 4) {
    case 0:
      return {sine, cosine};
    case 1:
      return {cosine, -sine};
    case 2:
      return {-sine, -cosine};
    default:
      return {-cosine, sine};
  }
}

// The arc tangent in degrees of y / x, for x > 0. Halving the angle three times makes the series
// short.
double arc_tangent(double y, double x) {
  double t = y / x;
  int halved = 0;
  for (; halved < 3; ++halved) t = t / (1 + std::sqrt(1 + t * t));
  const double square = t * t;
  double power = t;
  double sum = t;
  for (int n = 3; n <= 25; n += 2) {
    power = -power * square;
    sum += power / n;
  }
  return sum * 8 / kDegree;
}

}  // namespace

GeoCircle::GeoCircle(int segments) {
  for (int i = 0; i < segments; ++i) {
    const SineCosine at = sine_cosine(-360.0 * i / segments);
    bearings_.push_back({at.sine, at.cosine});
  }
}

bool GeoCircle::fits(const GeoPoint& centre, double metres) const {
  const double arc = metres / kMetresPerDegree;
  if (!(std::abs(centre.latitude) + arc < 90)) return false;
  // The circle's widest longitude: sin(width) = sin(arc) / cos(latitude).
  const double sine = sine_cosine(arc).sine / sine_cosine(centre.latitude).cosine;
  if (!(sine < 1)) return false;
  const double width = arc_tangent(sine, std::sqrt(1 - sine * sine));
  return std::abs(centre.longitude) + width < 180;
}

void GeoCircle::vertices(const GeoPoint& centre, double metres, std::span<GeoVertex> out) const {
  ATLAS_ASSERT(out.size() == bearings_.size(), "a circle has its number of vertices");
  const SineCosine latitude = sine_cosine(centre.latitude);
  const SineCosine arc = sine_cosine(metres / kMetresPerDegree);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Bearing& bearing = bearings_[i];
    // The vertex as a vector; x points to the centre's meridian, y to the east.
    const double north = arc.sine * bearing.cosine;
    const double x = latitude.cosine * arc.cosine - latitude.sine * north;
    const double y = arc.sine * bearing.sine;
    const double z = latitude.sine * arc.cosine + latitude.cosine * north;
    out[i].cosine = std::sqrt(x * x + y * y);
    out[i].point = {arc_tangent(z, out[i].cosine), centre.longitude + arc_tangent(y, x)};
  }
}

double GeoCircle::metres_north(const GeoPoint& centre, double latitude) {
  return (latitude - centre.latitude) * kMetresPerDegree;
}

double GeoCircle::squared_gap(const GeoVertex& vertex, const GeoPoint& point) {
  const double north = vertex.point.latitude - point.latitude;
  const double east = (vertex.point.longitude - point.longitude) * vertex.cosine;
  return north * north + east * east;
}

}  // namespace atlas
