#include "mapping/lens.h"

#include "mapping/lens_laws_testing.h"
#include "model/hashing.h"
#include "model/text_form.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace atlas {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<Value> strange_values() {
  static const Interval month{0, 0, 1};
  static Arena arena;
  return {Value::null(),
          Value::boolean(false),
          Value::integer(0),
          Value::integer(1),
          Value::floating(1.0),
          Value::floating(-0.0),
          Value::floating(std::nan("")),
          Value::floating(1e23),
          Value::floating(1e22),
          Value::decimal("1.00"),
          Value::decimal("-0"),
          Value::decimal("NaN"),
          Value::decimal("100000000000000000000000"),
          Value::decimal("10000000000000000000000"),
          Value::decimal("9007199254740993"),
          Value::floating(9007199254740992.0),
          Value::text("1"),
          Value::text(""),
          Value::bytes("1"),
          Value::date(1),
          Value::time(1),
          Value::timestamp(1),
          Value::instant(1),
          Value::interval(month, arena),
          Value::uuid(Uuid{}, arena),
          Value::json("1"),
          Value::json("1.0"),
          Value::json("{\"a\": 1, \"b\": [2]}"),
          Value::json("{\"b\":[2.0],\"a\":9,\"a\":1}"),
          Value::json("{\"a\": 1, \"b\": {\"0\": 2}}"),
          Value::json("{broken"),
          Value::other("1")};
}

TEST(MidEqual, AgreesWithHashes) {
  std::array<std::uint8_t, 32> key{};
  const Hasher hasher(key);
  const auto values = strange_values();
  for (const Value& a : values) {
    for (const Value& b : values) {
      EXPECT_EQ(mid_equal(a, b), hasher.of(a) == hasher.of(b))
          << static_cast<int>(a.tag()) << " " << value_text(a) << ", " << static_cast<int>(b.tag())
          << " " << value_text(b);
    }
  }
}

RC_GTEST_PROP(MidEqual, ComparesFloatsLikeTheHash, (double x)) {
  std::array<std::uint8_t, 32> key{};
  const Hasher hasher(key);
  const std::string text = value_text(Value::floating(x));
  Arena arena;
  const auto decimal = parse_value(text, type_named("numeric"), arena);
  if (!decimal) RC_DISCARD("an infinity");
  const Value values[] = {Value::floating(x), *decimal};
  RC_ASSERT(mid_equal(values[0], values[1]) == (hasher.of(values[0]) == hasher.of(values[1])));
}

TEST(Lens, SaysWhatItIs) {
  const std::tuple<std::string_view, std::string_view, std::size_t, std::size_t> kLenses[] = {
      {"copy int4 to int4", "copy", 1, 1}, {"enum", "enum", 1, 1},
      {"scale cents", "scale", 1, 1},      {"tz later", "tz", 1, 1},
      {"epoch seconds", "epoch", 1, 1},    {"join three", "join", 1, 3},
      {"join split", "split", 2, 1},       {"json text", "json", 1, 1},
      {"point reversed", "point", 1, 2}};
  for (const auto& [name, word, legacy, platform] : kLenses) {
    const auto lens = lens_of(law_case(name).spec);
    EXPECT_EQ(lens->name(), word);
    EXPECT_EQ(lens->arity(Side::kLegacy), legacy) << name;
    EXPECT_EQ(lens->arity(Side::kPlatform), platform) << name;
  }
}

TEST(Lens, RefusesAWrongNumberOfColumns) {
  for (const ValueOp& op : {ValueOp(CopyOp{}), ValueOp(EnumOp{}), ValueOp(ScaleOp{}),
                            ValueOp(TzOp{}), ValueOp(EpochOp{}), ValueOp(JsonOp{"text", false})}) {
    const auto lens = make_lens(lens_spec({"a text", "b text"}, {"c text"}, op));
    ASSERT_FALSE(lens.has_value());
    EXPECT_EQ(lens.error().code(), Code::kWrongShape);
  }
}

TEST(Lens, PutKeepsOldCellsByteForByte) {
  const auto lens = lens_of(lens_spec({"a numeric"}, {"b numeric"}));
  Arena arena;
  const Value old = Value::decimal("1.000");
  Value out;
  ASSERT_TRUE(lens->put(Side::kLegacy, Value::integer(1), {&old, 1}, arena, {&out, 1}).ok());
  EXPECT_EQ(out.as_text().data(), old.as_text().data());
}

TEST(Lens, PutWritesNullForALensThatHandlesNone) {
  const auto lens = lens_of(lens_spec({"a int4"}, {"b int4"}));
  Arena arena;
  const Value null;
  Value out = Value::integer(7);
  ASSERT_TRUE(lens->put(Side::kLegacy, null, {}, arena, {&out, 1}).ok());
  EXPECT_TRUE(out.is_null());
  ASSERT_TRUE(lens->put(Side::kLegacy, Value::integer(3), {&null, 1}, arena, {&out, 1}).ok());
  EXPECT_EQ(out, Value::integer(3));
}

TEST(LensRemarks, NameTheGapsOfBothSides) {
  const auto remarks = [](std::string_view legacy, std::string_view platform) {
    const std::string a = fmt::format("a {}", legacy);
    const std::string b = fmt::format("b {}", platform);
    return lens_remarks(lens_spec({a}, {b}));
  };
  const std::string held = ": such rows are quarantined";
  EXPECT_THAT(remarks("int8", "int4"), ElementsAre("legacy int8 can exceed platform int4" + held));
  EXPECT_THAT(
      remarks("int4", "numeric(10,2)"),
      ElementsAre(
          "legacy int4 can exceed platform numeric(10,2)" + held,
          "platform numeric(10,2) can have more digits after the point than legacy int4" + held));
  EXPECT_THAT(remarks("int4", "numeric(12,0)"),
              ElementsAre("platform numeric(12,0) can exceed legacy int4" + held));
  EXPECT_THAT(
      remarks("numeric", "numeric(5,1)"),
      ElementsAre(
          "legacy numeric can exceed platform numeric(5,1)" + held,
          "legacy numeric can have more digits after the point than platform numeric(5,1)" + held));
  EXPECT_THAT(remarks("varchar(20)", "text"),
              ElementsAre("platform text can be longer than legacy varchar(20)" + held));
  EXPECT_THAT(remarks("char(5)", "varchar(5)"), IsEmpty());
  EXPECT_THAT(remarks("text", "date"), ElementsAre("legacy text that is no date" + held));
  EXPECT_THAT(remarks("int2", "bool"), ElementsAre("legacy int2 other than 0 and 1" + held));
  EXPECT_THAT(remarks("timestamp", "date"),
              ElementsAre("legacy keeps its time of day; a new day gets midnight"));
  EXPECT_THAT(
      remarks("timestamp", "timestamp(3)"),
      ElementsAre("times are compared to 3 digits of a second; the legacy side keeps the rest"));
  EXPECT_THAT(
      remarks("numeric(10,2)", "float8"),
      ElementsAre("legacy numeric(10,2) can have more digits than platform float8" + held,
                  "platform float8 values that legacy numeric(10,2) cannot hold exactly" + held));
  EXPECT_THAT(remarks("float4", "float8"),
              ElementsAre("platform float8 values that legacy float4 cannot hold exactly" + held));
  EXPECT_THAT(remarks("enum(a,b)", "enum(b,c)"),
              ElementsAre("legacy label a, which enum(b,c) does not have" + held,
                          "platform label c, which enum(a,b) does not have" + held));
  for (const char* type :
       {"int4", "numeric(10,2)", "float8", "text", "uuid", "timestamptz", "jsonb"})
    EXPECT_THAT(remarks(type, type), IsEmpty()) << type;
}

TEST(LensRemarks, FollowTheOperator) {
  EXPECT_THAT(
      lens_remarks(lens_spec({"a int4"}, {"b numeric(10,2)"},
                             ScaleOp{Decimal::of(100), true, Decimal::of(0)})),
      ElementsAre("platform numeric(10,2) can exceed legacy int4: such rows are quarantined"));
  EXPECT_THAT(lens_remarks(lens_spec({"a int4"}, {"b numeric(10,1)"},
                                     ScaleOp{Decimal::of(100), true, Decimal::of(0)})),
              testing::Contains(HasSubstr("legacy int4 can have more digits after the point")));
  EXPECT_THAT(lens_remarks(lens_spec({"a int4"}, {"b int4"},
                                     ScaleOp{Decimal::of(3), false, Decimal::of(0)})),
              testing::Contains(HasSubstr("platform numbers that do not divide by 3")));
  const EnumOp op{{{"0", "a"}}, {}, "x"};
  EXPECT_THAT(
      lens_remarks(lens_spec({"a int4"}, {"b enum(a,x,y)"}, op)),
      ElementsAre(HasSubstr("platform label y"), HasSubstr("platform x has no legacy code")));
  const TzOp tz{{*find_zone("Europe/Berlin"), Ambiguous::kQuarantine, Gap::kQuarantine}};
  EXPECT_THAT(
      lens_remarks(lens_spec({"a timestamp"}, {"b timestamptz"}, tz)),
      ElementsAre(HasSubstr("Europe/Berlin skips"), HasSubstr("Europe/Berlin shows twice")));
  EXPECT_THAT(lens_remarks(lens_spec({"a numeric(9,6)", "b float8"}, {"c jsonb"}, PointOp{7})),
              ElementsAre("points are compared to 6 digits: legacy a is numeric(9,6)"));
  EXPECT_THAT(lens_remarks(lens_spec({"a varchar(9)"}, {"b$.x jsonb"}, JsonOp{"text", true})),
              ElementsAre(HasSubstr("platform JSON values that are not text"),
                          HasSubstr("longer than legacy varchar(9)")));
  EXPECT_THAT(
      lens_remarks(lens_spec({"a text"}, {"b text", "c varchar(9)"}, JoinOp{" ", Side::kLegacy})),
      ElementsAre(HasSubstr("texts longer than platform c")));
}

std::string file_text(const std::string& path) {
  std::ifstream in(std::string(ATLAS_TEST_SOURCE_DIR) + "/" + path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// docs/operators.md explains every reason that a lens gives, and no other.
TEST(LensDocs, ExplainEveryReason) {
  const std::string page = file_text("docs/operators.md");
  const std::string header = file_text("src/mapping/lens_reasons.h");
  std::set<std::string> known;
  const std::regex constant("k\\w+ =\\s+\"([^\"]+)\"");
  for (std::sregex_iterator at(header.begin(), header.end(), constant), end; at != end; ++at) {
    known.insert((*at)[1]);
    EXPECT_THAT(page, HasSubstr("| " + (*at)[1].str() + " |"));
  }
  EXPECT_GT(known.size(), 30U);
  std::istringstream lines(page);
  bool reasons = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| ")) {
      reasons = reasons && line.starts_with('|');
    } else if (line.starts_with("| reason |")) {
      reasons = true;
    } else if (reasons) {
      EXPECT_THAT(known, testing::Contains(line.substr(2, line.find(" |", 2) - 2)));
    }
  }
}

// The lens that a section's trips go through.
LensSpec documented(const std::string& section) {
  if (section == "copy") return lens_spec({"a int4"}, {"b int8"});
  if (section == "scale")
    return lens_spec({"a int4"}, {"b numeric(10,2)"},
                     ScaleOp{Decimal::of(100), true, Decimal::of(0)});
  if (section == "json")
    return lens_spec({"phone text"}, {"contact$.phone jsonb"}, JsonOp{"text", true});
  if (section == "tz") return law_case("tz later").spec;
  if (section == "epoch") return law_case("epoch null zero").spec;
  if (section == "join") return law_case("join name").spec;
  if (section == "point") return law_case("point numeric").spec;
  return law_case(section).spec;
}

// "a | null" as cells.
CellTexts documented_cells(std::string text) {
  CellTexts out;
  for (std::size_t at = 0; at != std::string::npos;) {
    at = text.find(" | ");
    const std::string cell = text.substr(0, at);
    out.push_back(cell == "null" ? CellText() : CellText(cell));
    if (at != std::string::npos) text.erase(0, at + 3);
  }
  return out;
}

void expect_trip(const LensSpec& spec, const std::string& line) {
  SCOPED_TRACE(line);
  const bool there = line.find(" → ") != std::string::npos;
  const std::size_t arrow = line.find(there ? " → " : " ← ");
  ASSERT_NE(arrow, std::string::npos);
  const std::string left = line.substr(0, arrow);
  const std::string right = line.substr(arrow + std::string(" → ").size());
  std::string target = there ? right : left;
  CellTexts old;
  if (const std::size_t was = target.find(" (was "); was != std::string::npos) {
    old = documented_cells(target.substr(was + 6, target.size() - was - 7));
    target.erase(was);
  }
  const Side from = there ? Side::kLegacy : Side::kPlatform;
  EXPECT_EQ(carry(spec, from, documented_cells(there ? left : right), old), target);
}

TEST(LensDocs, ShowTripsThatHappen) {
  std::istringstream page(file_text("docs/operators.md"));
  std::optional<LensSpec> spec;
  int trips = 0;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```trips ")) {
      spec = documented(line.substr(9));
    } else if (line == "```") {
      spec.reset();
    } else if (spec) {
      expect_trip(*spec, line);
      ++trips;
    }
  }
  EXPECT_GT(trips, 30);
}

}  // namespace
}  // namespace atlas
