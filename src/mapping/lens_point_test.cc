#include "mapping/lens_laws_testing.h"
#include "mapping/lens_reasons.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

constexpr Side kLegacy = Side::kLegacy;
constexpr Side kPlatform = Side::kPlatform;

std::string no(const char* why) { return fmt::format("! {}", why); }

LensSpec place(int digits = 7, std::string_view type = "numeric") {
  return lens_spec({fmt::format("lat {}", type), fmt::format("lng {}", type)}, {"centre jsonb"},
                   PointOp{digits});
}

std::string point(std::string_view coordinates) {
  return fmt::format("{{\"type\": \"Point\", \"coordinates\": [{}]}}", coordinates);
}

TEST(LensPoint, WritesLongitudeFirst) {
  EXPECT_EQ(carry(place(), kLegacy, {"52.52", "13.405"}), point("13.405, 52.52"));
  EXPECT_EQ(carry(place(), kPlatform, {point("13.405, 52.52")}), "52.5200000 | 13.4050000");
  EXPECT_EQ(carry(place(7, "float8"), kPlatform, {point("13.405, -52.52")}), "-52.52 | 13.405");
}

TEST(LensPoint, ComparesRoundedToItsDigits) {
  EXPECT_EQ(mid_text(place(3), kLegacy, {"0.0005", "-0.0005"}), "0.001 -0.001");
  EXPECT_EQ(mid_text(place(3), kLegacy, {"0.00049", "-0.00049"}), "0.000 0.000");
  EXPECT_EQ(mid_text(place(0), kLegacy, {"89.5", "1"}), "90 1");
  EXPECT_EQ(carry(place(3), kLegacy, {"52.5201", "13.405"}, {point("13.40500001,52.52")}),
            point("13.40500001,52.52"));
}

TEST(LensPoint, KeepsOtherMembersAndTheAltitude) {
  EXPECT_EQ(carry(place(), kLegacy, {"1", "2"},
                  {"{\"type\":\"Point\",\"coordinates\":[5,6,34.50],\"crs\":{\"x\":1.0}}"}),
            "{\"type\":\"Point\",\"coordinates\":[2, 1, 34.50],\"crs\":{\"x\":1.0}}");
}

TEST(LensPoint, CarriesNull) {
  EXPECT_EQ(carry(place(), kLegacy, {std::nullopt, std::nullopt}, {point("1, 2")}), "null");
  EXPECT_EQ(carry(place(), kPlatform, {"null"}), "null | null");
  EXPECT_EQ(carry(place(), kPlatform, {std::nullopt}), "null | null");
  EXPECT_EQ(carry(place(), kLegacy, {"1", std::nullopt}), no(reason::kHalfPoint));
}

TEST(LensPoint, RefusesWhatIsNoPlaceOnEarth) {
  EXPECT_EQ(carry(place(), kLegacy, {"90.1", "0"}), no(reason::kLatitude));
  EXPECT_EQ(carry(place(), kPlatform, {point("180.5, 0")}), no(reason::kLongitude));
  EXPECT_EQ(carry(place(), kLegacy, {"NaN", "0"}), no(reason::kNotFinite));
  EXPECT_EQ(carry(place(), kLegacy, {"-90", "180"}), point("180, -90"));
}

TEST(LensPoint, RefusesOtherGeometriesAndNeverOverwritesThem) {
  const std::string polygon = "{\"type\": \"Polygon\", \"coordinates\": [[[0, 0]]]}";
  EXPECT_EQ(carry(place(), kPlatform, {polygon}), no(reason::kNotPoint));
  EXPECT_EQ(carry(place(), kLegacy, {"1", "2"}, {polygon}), no(reason::kNotPoint));
  for (const char* shape :
       {"{}", "[1, 2]", "{\"type\": \"Point\"}", "5", "{\"type\": \"Point\", \"coordinates\": [1]}",
        "{\"type\": \"Point\", \"coordinates\": [\"1\", 2]}"})
    EXPECT_EQ(carry(place(), kPlatform, {shape}), no(reason::kNotPoint)) << shape;
}

TEST(LensPoint, RoundsNoFinerThanItsColumns) {
  const LensSpec spec = place(7, "numeric(9,6)");
  EXPECT_EQ(carry(spec, kPlatform, {point("13.40512345, 52.52")}), "52.520000 | 13.405123");
  EXPECT_EQ(carry(spec, kLegacy, {"52.520000", "13.405123"}, {point("13.40512345, 52.52")}),
            point("13.40512345, 52.52"));
}

TEST(LensPoint, NeedsTwoNumbersAndADocument) {
  const auto code = [](const LensSpec& spec) { return make_lens(spec).error().code(); };
  EXPECT_EQ(code(lens_spec({"a float8"}, {"b jsonb"}, PointOp{})), Code::kWrongShape);
  EXPECT_EQ(code(lens_spec({"a float8", "b date"}, {"c jsonb"}, PointOp{})), Code::kTypeMismatch);
  EXPECT_EQ(code(lens_spec({"a float8", "b float8"}, {"c int4"}, PointOp{})), Code::kTypeMismatch);
  EXPECT_EQ(code(place(16)), Code::kWrongShape);
}

}  // namespace
}  // namespace atlas
