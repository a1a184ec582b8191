#include "mapping/geo_circle.h"
#include "mapping/lens_laws_testing.h"
#include "mapping/lens_reasons.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace atlas {
namespace {

using testing::StartsWith;

constexpr Side kLegacy = Side::kLegacy;
constexpr Side kPlatform = Side::kPlatform;

std::string no(const char* why) { return fmt::format("! {}", why); }

LensSpec fence(int segments = 64, int digits = 7, std::string_view type = "numeric") {
  return lens_spec(
      {fmt::format("lat {}", type), fmt::format("lng {}", type), fmt::format("radius {}", type)},
      {"centre jsonb", "shape jsonb"}, CirclePolygonOp{segments, digits});
}

// The cells of a carried circle.
CellTexts shapes(const LensSpec& spec, const CellTexts& circle, const CellTexts& old = {}) {
  const std::string text = carry(spec, kLegacy, circle, old);
  const std::size_t bar = text.find(" | ");
  EXPECT_NE(bar, std::string::npos) << text;
  return {text.substr(0, bar), text.substr(bar + 3)};
}

// The same bytes on every machine: a change of this text is a change of the mapping language.
TEST(LensCircle, DrawsTheSameShapeEverywhere) {
  const CellTexts drawn = shapes(fence(8), {"52.52", "13.405", "1000"});
  EXPECT_EQ(drawn[0], "{\"type\": \"Point\", \"coordinates\": [13.405, 52.52]}");
  EXPECT_EQ(drawn[1],
            "{\"type\": \"Polygon\", \"coordinates\": [[[13.405, 52.5289932], "
            "[13.3945477, 52.5263587], [13.3902203, 52.5199991], [13.3945507, 52.5136404], "
            "[13.405, 52.5110068], [13.4154493, 52.5136404], [13.4197797, 52.5199991], "
            "[13.4154523, 52.5263587], [13.405, 52.5289932]]]}");
}

// Against the formulas in the library's arithmetic.
TEST(GeoCircle, AgreesWithTrigonometry) {
  const double degree = std::acos(-1.0) / 180;
  for (const GeoPoint centre : {GeoPoint{52.52, 13.405}, {-33.9, 151.2}, {0, 0}, {80, 10}}) {
    for (const double metres : {0.1, 100.0, 25'000.0, 100'000.0}) {
      const GeoCircle circle(64);
      std::vector<GeoVertex> points(64);
      circle.vertices(centre, metres, points);
      const double arc = metres / GeoCircle::kEarthRadiusMetres;
      for (std::size_t i = 0; i < points.size(); ++i) {
        const double bearing = -static_cast<double>(i) * 360 / 64 * degree;
        const double phi = centre.latitude * degree;
        const double sine =
            std::sin(phi) * std::cos(arc) + std::cos(phi) * std::sin(arc) * std::cos(bearing);
        const double east = std::atan2(std::sin(bearing) * std::sin(arc) * std::cos(phi),
                                       std::cos(arc) - std::sin(phi) * sine);
        EXPECT_NEAR(points[i].point.latitude, std::asin(sine) / degree, 1e-11);
        EXPECT_NEAR(points[i].point.longitude, centre.longitude + east / degree, 1e-10);
      }
    }
  }
}

TEST(LensCircle, ReadsItsOwnShapes) {
  for (const int digits : {6, 7, 9, 12}) {
    for (const char* latitude : {"52.52", "0", "-85.1234567"}) {
      for (const char* radius : {"0", "1", "37", "1000", "123456"}) {
        const LensSpec spec = fence(32, digits);
        const CellTexts circle = {latitude, "-13.4", radius};
        EXPECT_EQ(mid_text(spec, kPlatform, shapes(spec, circle)), mid_text(spec, kLegacy, circle))
            << digits << " " << latitude << " " << radius;
      }
    }
  }
}

TEST(LensCircle, ComparesTheRadiusAsFarAsTheShapeTellsIt) {
  EXPECT_EQ(mid_text(fence(), kLegacy, {"1", "2", "100.149"}), "1.0000000 2.0000000 100.1");
  EXPECT_EQ(mid_text(fence(64, 6), kLegacy, {"1", "2", "100.5"}), "1.000000 2.000000 101");
  const CellTexts drawn = shapes(fence(), {"1", "2", "100.1"});
  EXPECT_EQ(carry(fence(), kPlatform, drawn, {"1.00", "2.00", "100.149"}), "1.00 | 2.00 | 100.149");
}

TEST(LensCircle, KeepsTheSameCircleOfAnotherProgram) {
  // From the south on, clockwise, with more digits, other spelling and members of its own.
  const CellTexts other = {
      "{\"type\":\"Point\",\"coordinates\":[13.405,52.52]}",
      "{\"id\":7,\"coordinates\":[[[13.405,52.511006796],[13.394550703,52.513640385],"
      "[13.390220323,52.519999080],[13.394547677,52.526358695],[13.405,5.2528993204e1],"
      "[13.415452323,52.526358695],[13.419779677,52.519999080],[13.415449297,52.513640385],"
      "[13.405,52.511006796]]],\"type\":\"Polygon\"}"};
  EXPECT_EQ(mid_text(fence(8), kPlatform, other), "52.5200000 13.4050000 1000.0");
  EXPECT_EQ(shapes(fence(8), {"52.52", "13.405", "1000"}, other), other);
  const CellTexts moved = shapes(fence(8), {"52.52", "13.405", "2000"}, other);
  EXPECT_EQ(moved[0], other[0]);
  EXPECT_THAT(*moved[1], StartsWith("{\"id\":7,\"coordinates\":[[[13.405, 52.5379864], "));
}

TEST(LensCircle, RefusesShapesThatAreNotTheCircle) {
  const CellTexts drawn = shapes(fence(8), {"52.52", "13.405", "1000"});
  const auto refused = [&](std::string shape, const CellText& centre) {
    return mid_text(fence(8), kPlatform, {centre, std::move(shape)});
  };
  std::string dented = *drawn[1];
  dented.replace(dented.find("13.3902203"), 10, "13.3902213");
  EXPECT_EQ(refused(dented, drawn[0]), no(reason::kCustomShape));
  EXPECT_EQ(refused(*drawn[1], "{\"type\": \"Point\", \"coordinates\": [13.405, 52.5201]}"),
            no(reason::kCustomShape));
  EXPECT_EQ(refused(*shapes(fence(9), {"52.52", "13.405", "1000"})[1], drawn[0]),
            no(reason::kCustomShape));
  for (const char* shape : {"{}", "[]", "{\"type\": \"Polygon\", \"coordinates\": [[]]}",
                            "{\"type\": \"Polygon\", \"coordinates\": [[[1, \"2\"]]]}"})
    EXPECT_EQ(refused(shape, drawn[0]), no(reason::kCustomShape)) << shape;
  // And never writes over one.
  EXPECT_EQ(carry(fence(8), kLegacy, {"52.52", "13.405", "2000"}, {drawn[0], dented}),
            no(reason::kCustomShape));
}

TEST(LensCircle, RefusesWhatAPolygonCannotShow) {
  EXPECT_EQ(carry(fence(), kLegacy, {"89.9999", "0", "100"}), no(reason::kCircleEdge));
  EXPECT_EQ(carry(fence(), kLegacy, {"0", "179.9999", "100"}), no(reason::kCircleEdge));
  EXPECT_EQ(carry(fence(), kLegacy, {"0", "0", "-1"}), no(reason::kRadius));
  EXPECT_EQ(carry(fence(), kLegacy, {"91", "0", "1"}), no(reason::kLatitude));
  EXPECT_EQ(carry(fence(), kLegacy, {"0", "0", "NaN"}), no(reason::kNotFinite));
}

TEST(LensCircle, CarriesNullAsAWhole) {
  const CellTexts nothing(3);
  EXPECT_EQ(carry(fence(), kLegacy, nothing), "null | null");
  EXPECT_EQ(carry(fence(), kPlatform, {std::nullopt, "null"}), "null | null | null");
  EXPECT_EQ(carry(fence(), kLegacy, {"1", "2", std::nullopt}), no(reason::kHalfCircle));
  EXPECT_EQ(
      carry(fence(), kPlatform, {"{\"type\": \"Point\", \"coordinates\": [1, 2]}", std::nullopt}),
      no(reason::kHalfCircle));
}

TEST(LensCircle, NeedsItsColumnsAndDigits) {
  const auto code = [](const LensSpec& spec) { return make_lens(spec).error().code(); };
  EXPECT_EQ(code(fence(7)), Code::kWrongShape);
  EXPECT_EQ(code(fence(64, 5)), Code::kWrongShape);
  EXPECT_EQ(code(lens_spec({"a float8", "b float8"}, {"c jsonb", "d jsonb"}, CirclePolygonOp{})),
            Code::kWrongShape);
  EXPECT_EQ(code(lens_spec({"a float8", "b float8", "c float8"}, {"d jsonb", "e int4"},
                           CirclePolygonOp{})),
            Code::kTypeMismatch);
}

}  // namespace
}  // namespace atlas
