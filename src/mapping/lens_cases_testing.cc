// The lenses that the law tests run: every operator, in the combinations people write.

#include "foundation/assert.h"
#include "mapping/expression_testing.h"
#include "mapping/lens_laws_testing.h"

#include <algorithm>
#include <tuple>

namespace atlas {
namespace {

ZoneRule zone(std::string_view name, Ambiguous ambiguous, Gap gap) {
  auto found = find_zone(name);
  ATLAS_ASSERT(found.has_value(), "the test's zone is installed");
  return {std::move(*found), ambiguous, gap};
}

EnumOp codes(std::vector<std::pair<std::string, std::string>> table,
             std::vector<std::pair<std::string, std::string>> prefer = {},
             std::optional<std::string> otherwise = std::nullopt) {
  return {std::move(table), std::move(prefer), std::move(otherwise)};
}

ScaleOp scale(std::string_view factor, bool divide, std::string_view offset = "0") {
  return {*Decimal::parse(factor), divide, *Decimal::parse(offset)};
}

// Local times around both changes of the clock in Berlin in 2024, and far away ones.
const CellTexts kBerlinLocal = {
    "2024-03-31 01:59:59.999999", "2024-03-31 02:00:00",        "2024-03-31 02:30:00",
    "2024-03-31 03:00:00",        "2024-10-27 01:59:59",        "2024-10-27 02:00:00",
    "2024-10-27 02:30:00",        "2024-10-27 02:59:59.999999", "2024-10-27 03:00:00",
    "1893-04-01 00:00:00",        "2099-07-01 12:00:00"};
const CellTexts kBerlinInstants = {
    "2024-03-31 00:59:59.999999+00", "2024-03-31 01:00:00+00",       "2024-10-26 23:59:59+00",
    "2024-10-27 00:00:00+00",        "2024-10-27 00:30:00+00",       "2024-10-27 01:30:00+00",
    "2024-10-27 02:00:00+00",        "1890-01-01 00:00:00.123456+00"};
const CellTexts kDocuments = {"{\"phone\": \"1\"}",
                              "{\"phone\": null, \"x\": 1.50}",
                              "{ \"x\" : [1, 2] }",
                              "{\"phone\":\"\\u0041\\ud83d\\ude00\",\"phone\":\"z\"}",
                              "{\"\\u0070hone\": \"k\", \"y\": {}}",
                              "{\"phone\": 12345678901234567890.10}",
                              "{\"phone\": true}",
                              "{\"a\": {\"phone\": \"deep\"}}",
                              "{\"a\": null, \"b\": \"\\u0000\"}",
                              "{\"a\": 1}"};
const CellTexts kPoints = {
    "{\"type\": \"Point\", \"coordinates\": [13.405, 52.52]}",
    "{\"coordinates\":[13.40500000001,52.52,34.5],\"type\":\"Point\",\"crs\":{\"n\":1.0}}",
    "{\"type\": \"Point\", \"coordinates\": [-180, -90]}",
    "{\"type\": \"Point\", \"coordinates\": [181, 0]}",
    "{\"type\": \"Polygon\", \"coordinates\": [[[0, 0], [1, 1], [1, 0], [0, 0]]]}",
    "{\"type\": \"Point\", \"coordinates\": [0.00000004, -0.00000005]}"};

void add_copies(std::vector<LawCase>& out) {
  const std::pair<std::string_view, std::string_view> kPairs[] = {{"int4", "int4"},
                                                                  {"int8", "int4"},
                                                                  {"int2", "int8"},
                                                                  {"int8", "numeric(38,10)"},
                                                                  {"numeric(10,2)", "numeric"},
                                                                  {"numeric", "numeric(38,10)"},
                                                                  {"numeric(10,2)", "numeric(6,4)"},
                                                                  {"numeric(3,5)", "numeric"},
                                                                  {"numeric(5,-2)", "int4"},
                                                                  {"float8", "float4"},
                                                                  {"float8", "numeric"},
                                                                  {"int8", "float8"},
                                                                  {"numeric(10,2)", "float4"},
                                                                  {"bool", "int2"},
                                                                  {"int4", "bool"},
                                                                  {"bool", "text"},
                                                                  {"text", "text"},
                                                                  {"text", "varchar(5)"},
                                                                  {"char(6)", "text"},
                                                                  {"char(6)", "varchar(4)"},
                                                                  {"char(6)", "char(3)"},
                                                                  {"enum(a,B,\xC3\xA9)", "text"},
                                                                  {"enum(a,b)", "enum(b,c)"},
                                                                  {"text", "int4"},
                                                                  {"numeric(10,2)", "text"},
                                                                  {"text", "float8"},
                                                                  {"date", "text"},
                                                                  {"text", "timestamp"},
                                                                  {"timestamptz", "text"},
                                                                  {"uuid", "text"},
                                                                  {"char(36)", "uuid"},
                                                                  {"bytea", "bytea"},
                                                                  {"bytea", "text"},
                                                                  {"date", "date"},
                                                                  {"timestamp", "date"},
                                                                  {"date", "timestamp(0)"},
                                                                  {"time", "time(0)"},
                                                                  {"timestamp", "timestamp(3)"},
                                                                  {"timestamptz(0)", "timestamptz"},
                                                                  {"interval", "interval"},
                                                                  {"interval", "text"},
                                                                  {"json", "jsonb"},
                                                                  {"jsonb", "jsonb"},
                                                                  {"int4[]", "int4[]"}};
  for (const auto& [a, b] : kPairs) {
    const std::string legacy = "a " + std::string(a);
    const std::string platform = "b " + std::string(b);
    out.push_back(
        {"copy " + std::string(a) + " to " + std::string(b), lens_spec({legacy}, {platform})});
  }
  out.push_back({"copy nullable to not null", lens_spec({"a text"}, {"b text not null"})});
  out.push_back(
      {"copy into a path", lens_spec({"a int8"}, {"b$.a.phone jsonb"}), {}, {kDocuments}});
  LensSpec restricted = lens_spec({"a int4"}, {"b int8"});
  restricted.domain_legacy = {DomainSpec{{}, "-5", "100", {}, {}}};
  restricted.domain_platform = {DomainSpec{{"0", "7", "100", "2147483648"}, {}, {}, {}, {}}};
  out.push_back({"domain", restricted});
}

void add_canons(std::vector<LawCase>& out) {
  const auto add = [&](std::string name, LensSpec spec) {
    out.push_back({std::move(name), std::move(spec)});
  };
  add("canon trim lower",
      lens_spec({"a text"}, {"b text"}, CopyOp{}, {Canon::kTrim, Canon::kLower}));
  add("canon upper nfc collapse", lens_spec({"a varchar(20)"}, {"b text"}, CopyOp{},
                                            {Canon::kUpper, Canon::kNfc, Canon::kCollapse}));
  add("canon empty_null",
      lens_spec({"a text not null"}, {"b text"}, CopyOp{}, {Canon::kTrim, Canon::kEmptyNull}));
  add("canon empty_null date",
      lens_spec({"a char(10) not null"}, {"b date"}, CopyOp{}, {Canon::kTrim, Canon::kEmptyNull}));
  add("canon json", lens_spec({"a text"}, {"b$.phone jsonb"}, JsonOp{"text", true},
                              {Canon::kTrim, Canon::kEmptyNull}));
  out.back().platform = {kDocuments};
}

void add_enums(std::vector<LawCase>& out) {
  const std::vector<std::pair<std::string, std::string>> kStatus = {
      {"0", "invited"}, {"1", "active"}, {"2", "suspended"}, {"3", "suspended"}};
  out.push_back({"enum",
                 lens_spec({"a int4"}, {"b text"}, codes(kStatus, {{"suspended", "2"}})),
                 {{"0", "1", "2", "3", "4"}},
                 {{"invited", "active", "suspended", "gone"}}});
  out.push_back({"enum else", lens_spec({"a int2 not null"}, {"b enum(a,b,x) not null"},
                                        codes({{"0", "a"}, {"1", "b"}}, {}, "x"))});
  out.push_back({"enum text codes",
                 lens_spec({"a char(3)"}, {"b bool"}, codes({{"J", "true"}, {"N", "false"}})),
                 {{"J  ", "N  ", "j  ", "   "}}});
  out.push_back({"enum canon",
                 lens_spec({"a text"}, {"b int4"}, codes({{"Yes", "1"}, {"No", "0"}}),
                           {Canon::kTrim, Canon::kLower}),
                 {{"Yes", " yes", "NO", "no "}}});
  out.push_back({"enum numeric codes",
                 lens_spec({"a numeric(4,1)"}, {"b text"}, codes({{"1.5", "half"}, {"2", "two"}})),
                 {{"1.5", "2.0"}},
                 {{"half", "two"}}});
}

void add_numbers(std::vector<LawCase>& out) {
  const auto add = [&](std::string name, std::string_view a, std::string_view b, ScaleOp op) {
    const std::string legacy = "a " + std::string(a);
    const std::string platform = "b " + std::string(b);
    out.push_back({"scale " + name, lens_spec({legacy}, {platform}, std::move(op))});
  };
  add("cents", "int4", "numeric(10,2)", scale("100", true));
  add("cents wide", "int8", "numeric", scale("100", true));
  add("thousands", "numeric(12,6)", "int8", scale("1000", false));
  add("by three", "int4", "int4", scale("3", false));
  add("over three", "int4", "numeric", scale("3", true));
  add("fahrenheit", "numeric(10,2)", "numeric", scale("1.8", false, "32"));
  add("huge", "numeric(38,10)", "numeric", scale("123456789012345678901234567890", false, "-0.5"));
  add("text and float", "text", "float8", scale("-0.25", false));
}

void add_times(std::vector<LawCase>& out) {
  const auto berlin = [](Ambiguous ambiguous, Gap gap) {
    return TzOp{zone("Europe/Berlin", ambiguous, gap)};
  };
  const auto add = [&](std::string name, LensSpec spec) {
    const bool naive_legacy = spec.legacy[0].type.kind != TypeKind::kTimestampTz;
    out.push_back({"tz " + name,
                   std::move(spec),
                   {naive_legacy ? kBerlinLocal : kBerlinInstants},
                   {naive_legacy ? kBerlinInstants : kBerlinLocal}});
  };
  add("later",
      lens_spec({"a timestamp"}, {"b timestamptz"}, berlin(Ambiguous::kLater, Gap::kQuarantine)));
  add("earlier shift",
      lens_spec({"a timestamp"}, {"b timestamptz"}, berlin(Ambiguous::kEarlier, Gap::kShift)));
  add("strict", lens_spec({"a timestamp"}, {"b timestamptz"},
                          berlin(Ambiguous::kQuarantine, Gap::kQuarantine)));
  add("platform naive",
      lens_spec({"a timestamptz"}, {"b timestamp"}, berlin(Ambiguous::kLater, Gap::kShift)));
  add("text",
      lens_spec({"a text"}, {"b timestamptz(3)"}, berlin(Ambiguous::kLater, Gap::kQuarantine)));
  add("precision",
      lens_spec({"a timestamp(0)"}, {"b timestamptz"}, berlin(Ambiguous::kLater, Gap::kShift)));
  add("utc", lens_spec({"a timestamp"}, {"b timestamptz(3)"}, TzOp{}));
  add("far", lens_spec({"a timestamp"}, {"b timestamptz"},
                       TzOp{zone("Pacific/Apia", Ambiguous::kLater, Gap::kShift)}));
  const CellTexts kCounts = {"1709210096",    "-1",           "1709210096789", "-62135596800",
                             "-210866803200", "-210866803201"};
  const auto epoch = [&](std::string name, std::string_view a, std::string_view b, EpochOp op) {
    const std::string legacy = "a " + std::string(a);
    const std::string platform = "b " + std::string(b);
    out.push_back({"epoch " + name, lens_spec({legacy}, {platform}, op)});
    if (out.back().spec.legacy[0].type.kind == TypeKind::kInt8) out.back().legacy = {kCounts};
  };
  epoch("seconds", "int8", "timestamptz", {EpochUnit::kSeconds, false});
  epoch("null zero", "int8 not null", "timestamptz", {EpochUnit::kSeconds, true});
  epoch("millis", "int8", "timestamp", {EpochUnit::kMillis, false});
  epoch("coarse stamp", "int8", "timestamptz(0)", {EpochUnit::kMillis, true});
  epoch("micros", "int8", "timestamptz", {EpochUnit::kMicros, false});
  epoch("platform counts", "timestamp(3)", "numeric(20,0)", {EpochUnit::kSeconds, true});
  epoch("int4", "int4", "timestamptz", {EpochUnit::kSeconds, false});
}

void add_joins(std::vector<LawCase>& out) {
  const CellTexts kNames = {"Mary Ann Smith", "Mary",    " Mary", "Mary ",
                            "Mary  Smith",    "a b c d", " ",     "  "};
  const CellTexts kParts = {"Mary Ann", "Smith", ""};
  const auto add = [&](std::string name, LensSpec spec) {
    const bool joins = spec.legacy.size() == 1;
    out.push_back({"join " + name, std::move(spec)});
    (joins ? out.back().legacy : out.back().platform) = {kNames};
    (joins ? out.back().platform : out.back().legacy) = {kParts, kParts, kParts};
  };
  add("name", lens_spec({"a text"}, {"b text", "c text"}, JoinOp{" ", Side::kLegacy}));
  add("name trimmed", lens_spec({"a varchar(20)"}, {"b text not null", "c text not null"},
                                JoinOp{" ", Side::kLegacy}, {Canon::kTrim, Canon::kCollapse}));
  add("empty_null", lens_spec({"a text not null"}, {"b text not null", "c text"},
                              JoinOp{" ", Side::kLegacy}, {Canon::kEmptyNull}));
  add("three",
      lens_spec({"a text"}, {"b text", "c varchar(3)", "d char(4)"}, JoinOp{" ", Side::kLegacy}));
  add("split",
      lens_spec({"b char(8)", "c text"}, {"a text not null"}, JoinOp{", ", Side::kPlatform}));
  add("char whole",
      lens_spec({"a char(12)"}, {"b text", "c$.phone jsonb"}, JoinOp{" ", Side::kLegacy}));
  out.back().platform = {kParts, kDocuments};
  LensSpec domain = lens_spec({"a text"}, {"b text", "c text"}, JoinOp{" ", Side::kLegacy});
  domain.domain_platform = {DomainSpec{{}, {}, {}, "[^ ]*", 0}};
  add("domain", domain);
}

void add_documents(std::vector<LawCase>& out) {
  const auto add = [&](std::string name, LensSpec spec) {
    out.push_back({"json " + name, std::move(spec), {}, {kDocuments}});
  };
  add("text", lens_spec({"a text"}, {"b$.phone jsonb"}, JsonOp{"text", false}));
  add("text absent",
      lens_spec({"a varchar(9)"}, {"b$.phone jsonb not null"}, JsonOp{"text", true}));
  add("number", lens_spec({"a int8"}, {"b$.phone json"}, JsonOp{"number", true}));
  add("numeric deep",
      lens_spec({"a numeric(38,10)"}, {"b$.a.phone jsonb"}, JsonOp{"number", false}));
  add("float", lens_spec({"a float8"}, {"b$.phone jsonb"}, JsonOp{"number", false}));
  add("bool", lens_spec({"a int2"}, {"b$.phone jsonb"}, JsonOp{"bool", false}));
  add("json", lens_spec({"a jsonb not null"}, {"b$.phone jsonb"}, JsonOp{"json", false}));
  add("json absent", lens_spec({"a json"}, {"b$.a.phone jsonb"}, JsonOp{"json", true}));
  add("date", lens_spec({"a date"}, {"b$.phone text"}, JsonOp{"text", true}));
  add("time", lens_spec({"a timestamptz(3)"}, {"b$.phone jsonb"}, JsonOp{"text", true}));
  out.back().platform = {
      {"{\"phone\": \"2024-02-29 12:34:56.789123+00\"}", "{\"phone\": \"2024-02-29T12:34:56Z\"}"}};
  add("both", lens_spec({"a$.a.phone text"}, {"b$.phone jsonb"}, JsonOp{"text", true}));
  out.back().legacy = {kDocuments};
  add("document in text", lens_spec({"a text"}, {"b jsonb"}, JsonOp{"json", false}));
  out.back().legacy = {kDocuments};
  const CellTexts kDegrees = {"52.52",       "-90",    "90",  "13.40500005",
                              "13.40500004", "-180.0", "200", "-0.00000001"};
  const auto point = [&](std::string name, LensSpec spec) {
    out.push_back({"point " + name, std::move(spec), {kDegrees, kDegrees}, {kPoints}});
  };
  point("numeric", lens_spec({"a numeric", "b numeric"}, {"c jsonb"}, PointOp{7}));
  point("numeric(9,6)",
        lens_spec({"a numeric(9,6)", "b numeric(9,6)"}, {"c jsonb not null"}, PointOp{7}));
  for (CellTexts& column : out.back().legacy) column = {"52.520000", "13.405001"};
  point("float", lens_spec({"a float8", "b float4"}, {"c json"}, PointOp{7}));
  point("text and path", lens_spec({"a text", "b text"}, {"c$.phone text"}, PointOp{0}));
  out.push_back({"point reversed",
                 lens_spec({"c jsonb"}, {"a float8", "b float8"}, PointOp{5}),
                 {kPoints},
                 {kDegrees, kDegrees}});
}

void add_expressions(std::vector<LawCase>& out) {
  const auto pair = [&](std::string name, LensSpec spec) {
    out.push_back({"expressions " + name, std::move(spec)});
  };
  pair("sum", expression_spec({"a int4"}, {"b numeric(12,2)"}, {"a / 4 + 1"}, {"(b - 1) * 4"}));
  pair("prefix", expression_spec({"a varchar(12)"}, {"b text"}, {"'x-' + a"},
                                 {"starts_with(b, 'x-') ? substring(b, 3) : null"}));
  pair("parts", expression_spec({"a text"}, {"b text", "c text"},
                                {"split_part(a, '@', 1)", "null_if(split_part(a, '@', 2), '')"},
                                {"c == null ? b : b + '@' + c"}));
  out.back().legacy = {{"a@b", "a@", "@", "a@b@c"}};
  pair("sign", expression_spec({"a int4"}, {"b bool"}, {"a > 0"}, {"b ? 1 : 0"}));
  pair("reversed", expression_spec({"a bool"}, {"b text"}, {"a ? 'yes' : 'no'"}, {"b == 'yes'"}));
  pair("date",
       expression_spec({"a int4"}, {"b date"}, {"date(div(a, 10000), div(a, 100) % 100, a % 100)"},
                       {"year(b) * 10000 + month(b) * 100 + day(b)"}));
  out.back().spec.domain_platform = {DomainSpec{{}, "0001-01-01", "9999-12-31", {}, {}}};
  out.back().legacy = {{"20240229", "20230229", "10101"}};
  pair("document", expression_spec({"a int8"}, {"b jsonb"}, {"json(a)"}, {"number(b)"}));
  out.back().platform = {{"9007199254740993", "1.50", "1"}};
}

void add_scripts(std::vector<LawCase>& out) {
  const std::string turned =
      "function to_platform(a) return a and a:reverse() end\n"
      "function to_legacy(b) return b and b:reverse() end\n";
  out.push_back({"lua", lens_spec({"a varchar(8)"}, {"b text"}, LuaOp{turned, "turned.lua"})});
  out.back().spec.domain_legacy = {DomainSpec{{}, {}, {}, "[ -~]*", {}}};
  out.back().spec.domain_platform = out.back().spec.domain_legacy;
  const std::string halves =
      "function to_platform(a) if a then return a // 2, a % 2 == 1 end end\n"
      "function to_legacy(h, odd) if h and odd ~= nil then return 2 * h + (odd and 1 or 0) end end";
  out.push_back(
      {"lua halves", lens_spec({"a int4"}, {"b int4", "c bool"}, LuaOp{halves, "halves.lua"})});
}

void add_flags(std::vector<LawCase>& out) {
  const CellTexts kNumbers = {"3", "8", "11", "12", "16384", "-2"};
  const BitsOp columns{{1, 2, 8}, {}};
  const BitsOp names{{1, 2, 16384}, {"admin", "beta tester", "\"x\\"}};
  const CellTexts kArrays = {"{admin,\"beta tester\"}",
                             "{ \"beta tester\" , admin,admin}",
                             "{\"\\\"x\\\\\"}",
                             "{other}",
                             "{{admin}}",
                             "{NULL}"};
  const CellTexts kLists = {"[\"admin\", \"beta tester\"]",
                            "[\"\\u0061dmin\",\"admin\"]",
                            "[\"\\\"x\\\\\"]",
                            "[1]",
                            "{\"phone\": [\"admin\"], \"x\": 1}",
                            "{\"phone\": []}"};
  const auto add = [&](std::string name, LensSpec spec, std::vector<CellTexts> platform = {}) {
    out.push_back({std::move(name), std::move(spec), {kNumbers}, std::move(platform)});
  };
  add("bits", lens_spec({"a int4"}, {"b bool", "c bool", "d bool"}, columns));
  add("bits integers",
      lens_spec({"a int8 not null"}, {"b int2 not null", "c bool not null", "d int4 not null"},
                columns));
  add("bits members", lens_spec({"a int2"}, {"b$.x jsonb", "c$.phone jsonb", "d text"}, columns),
      {{"{\"x\": true}"}, kDocuments, {"true", "false"}});
  add("bits array", lens_spec({"a int2"}, {"b text[]"}, names), {kArrays});
  add("bits list", lens_spec({"a int4"}, {"b jsonb not null"}, names), {kLists});
  add("bits list member", lens_spec({"a int8"}, {"b$.phone text"}, names), {kLists});
}

void add_packs(std::vector<LawCase>& out) {
  const CellTexts kAddresses = {"{\"street\": \"Main St 1\", \"city\": \"Berlin\"}",
                                "{\"city\":null,\"x\":1.50,\"street\":\"\\u0041\\n\"}",
                                "{\"street\": 5}",
                                "{\"address\": {\"zip\": 1.50, \"y\": []}, \"city\": true}",
                                "{\"address\": null}",
                                "{\"address\": 7}",
                                "{}"};
  const auto add = [&](std::string name, LensSpec spec) {
    out.push_back({std::move(name), std::move(spec), {}, {kAddresses}});
  };
  const PackOp plain{{{"street"}, {"city"}}, false};
  add("pack", lens_spec({"street text", "city text"}, {"b jsonb"}, plain));
  add("pack absent", lens_spec({"street varchar(9) not null", "city char(6)"}, {"b$.address text"},
                               PackOp{{{"street"}, {"city"}}, true}));
  add("pack types", lens_spec({"a numeric(38,10)", "b bool", "c jsonb"}, {"d json not null"},
                              PackOp{{{"address", "zip"}, {"city"}, {"x"}}, false}));
  add("pack times",
      lens_spec({"a timestamptz(3)", "b date"}, {"d jsonb"}, PackOp{{{"t"}, {"address"}}, true}));
  add("pack floats and members", lens_spec({"a float8", "b$.phone jsonb"}, {"d jsonb"},
                                           PackOp{{{"street"}, {"city"}}, false}));
  add("pack canon",
      lens_spec({"street text not null", "n int2"}, {"b jsonb"}, PackOp{{{"street"}, {"n"}}, false},
                {Canon::kTrim, Canon::kEmptyNull}));
}

void add_patterns(std::vector<LawCase>& out) {
  const CellTexts kDashed = {"030-1234567", "030-12", "999-00000000", "030-1234567 ", "a-b", "-"};
  const CellTexts kBrackets = {"(030) 1234567", "(030)1234567", "(999) 00000000", "(030) 0001"};
  const PatternOp phone{
      {{"area", "[0-9]{3}"}, {"number", "[0-9]{4,8}"}}, "{area}-{number}", "({area}) {number}"};
  const auto add = [&](std::string name, LensSpec spec, CellTexts legacy, CellTexts platform) {
    out.push_back({std::move(name), std::move(spec), {std::move(legacy)}, {std::move(platform)}});
  };
  add("pattern", lens_spec({"a text"}, {"b text"}, phone), kDashed, kBrackets);
  add("pattern narrow", lens_spec({"a char(13)"}, {"b varchar(13) not null"}, phone),
      {"030-1234567  ", "999-00000000 "}, {"(030) 1234567", "(999) 0000000"});
  add("pattern swapped",
      lens_spec(
          {"a text"}, {"b$.phone jsonb"},
          PatternOp{
              {{"last", "[^,\n]*"}, {"first", "[^, \n]*"}}, "{last}, {first}", "{first} {last}"},
          {Canon::kTrim}),
      {"Smith, Mary Ann", "Smith, Mary", ", ", "de Vries, J", " x, \xC3\xA9 "},
      {"{\"phone\": \"Mary Smith\"}", "{\"phone\": \" \"}", "{\"phone\": \"J de Vries\"}"});
}

void add_circles(std::vector<LawCase>& out) {
  const CirclePolygonOp eight{8, 7};
  const std::string square =
      "{\"type\": \"Polygon\", \"coordinates\": [[[0, 0.1], [-0.1, 0], "
      "[0, -0.1], [0.1, 0], [0, 0.1]]]}";
  const CellTexts kLatitudes = {"52.52", "0", "-33.86880004", "89.999", "90"};
  const CellTexts kLongitudes = {"13.405", "-70.6693", "179.9999", "0"};
  const CellTexts kRadii = {"100", "0", "0.05", "250.14", "1000000", "-1", "12345.6789"};
  const auto add = [&](std::string name, LensSpec spec) {
    LawCase made{
        std::move(name), std::move(spec), {kLatitudes, kLongitudes, kRadii}, {kPoints, {}}};
    made.platform[1] = {square, "{\"type\": \"Polygon\", \"coordinates\": []}", std::nullopt};
    // Circles of other points, of this lens and of others.
    const LensSpec whole =
        lens_spec({"a numeric", "b numeric", "r numeric"}, {"c text", "d text"}, made.spec.op);
    const auto lens = lens_of(whole);
    for (const auto& [latitude, longitude, radius] :
         {std::tuple{"52.52", "13.405", "100"}, std::tuple{"0", "-70.6693", "250.14"}}) {
      Arena arena;
      const Value cells[] = {Value::decimal(latitude), Value::decimal(longitude),
                             Value::decimal(radius)};
      Value mid;
      Value shapes[2];
      ATLAS_ASSERT(lens->get(Side::kLegacy, cells, arena, mid).ok() &&
                       lens->put(Side::kPlatform, mid, {}, arena, shapes).ok(),
                   "the test's circle can be drawn");
      made.platform[0].emplace_back(std::string(shapes[0].as_text()));
      made.platform[1].emplace_back(std::string(shapes[1].as_text()));
    }
    out.push_back(std::move(made));
  };
  add("circle_polygon",
      lens_spec({"a numeric", "b numeric", "r numeric"}, {"c jsonb", "d jsonb"}, eight));
  add("circle_polygon floats", lens_spec({"a float8", "b float8", "r int4"},
                                         {"c jsonb not null", "d json"}, CirclePolygonOp{9, 6}));
  add("circle_polygon columns",
      lens_spec({"a numeric(9,6)", "b numeric(9,6)", "r numeric(10,1) not null"},
                {"c text", "d text"}, CirclePolygonOp{16, 8}));
  for (std::size_t i = 0; i < 2; ++i) out.back().legacy[i] = {"52.520000", "13.405001"};
  out.back().legacy[2] = {"100.0", "99999.9"};
}

void add_one_way(std::vector<LawCase>& out) {
  const auto add = [&](std::string name, LensSpec spec) {
    out.push_back({std::move(name), std::move(spec), {{"DE02120300000000202051"}}, {}});
  };
  add("mask", lens_spec({"a text"}, {"b text"}, MaskOp{0, 4, "*"}));
  add("mask both ends",
      lens_spec({"a varchar(30)"}, {"b char(12)"}, MaskOp{1, 1, "\xE2\x80\xA2"}, {Canon::kTrim}));
  add("truncate", lens_spec({"a text"}, {"b text"}, TruncateOp{2}));
  add("truncate canon",
      lens_spec({"a char(20)"}, {"b char(5) not null"}, TruncateOp{4},
                {Canon::kTrim, Canon::kCollapse, Canon::kUpper, Canon::kEmptyNull}));
  const HashOp hash{Secret("sixteen bytes or more")};
  add("hash", lens_spec({"a text"}, {"b char(64)"}, hash, {Canon::kTrim, Canon::kLower}));
  add("hash number", lens_spec({"a numeric"}, {"b text"}, hash));
  out.back().legacy.clear();
  add("hash time", lens_spec({"a timestamptz"}, {"b varchar(64)"}, hash));
  out.back().legacy.clear();
}

std::vector<LawCase> make_cases() {
  std::vector<LawCase> out;
  add_copies(out);
  add_canons(out);
  add_enums(out);
  add_numbers(out);
  add_times(out);
  add_joins(out);
  add_documents(out);
  add_expressions(out);
  add_scripts(out);
  add_flags(out);
  add_packs(out);
  add_patterns(out);
  add_circles(out);
  add_one_way(out);
  return out;
}

}  // namespace

const std::vector<LawCase>& law_cases() {
  static const std::vector<LawCase> cases = make_cases();
  return cases;
}

const LawCase& law_case(std::string_view name) {
  const auto& cases = law_cases();
  const auto at = std::ranges::find(cases, name, &LawCase::name);
  ATLAS_ASSERT(at != cases.end(), "no law case has this name");
  return *at;
}

}  // namespace atlas
