// Cells for the law tests: the edges of every type, and random ones.

#include "mapping/lens_laws_testing.h"
#include "mapping/lens_text.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace atlas {
namespace {

constexpr std::size_t kCombinationsMax = 20'000;

const CellTexts kTexts = {"",
                          " ",
                          "a",
                          "A",
                          "  a  b ",
                          "Anna Schmidt",
                          "\xC3\xA9",
                          "e\xCC\x81",
                          "stra\xC3\x9F"
                          "e",
                          "\xC4\xB0stanbul",
                          "\xF0\x9F\x98\x80",
                          "\xC2\xA0x\xE3\x80\x80",
                          "tab\tline\n",
                          "\"quoted\\\"",
                          "0",
                          "1",
                          "-1",
                          "1.0",
                          "1.00",
                          "007",
                          "1e3",
                          "NaN",
                          "true",
                          "2024-02-29",
                          "9007199254740993",
                          "2024-02-30",
                          "infinity",
                          "550E8400-e29b-41d4-a716-446655440000",
                          "null",
                          "{}",
                          "{\"a\": 1}"};

CellTexts integer_edges(TypeKind kind) {
  if (kind == TypeKind::kInt2) return {"0", "1", "-1", "100", "-32768", "32767"};
  if (kind == TypeKind::kInt4)
    return {"0", "1", "-1", "7", "100", "32768", "16777217", "-2147483648", "2147483647"};
  return {"0",
          "1",
          "-1",
          "2147483648",
          "9007199254740993",
          "-9007199254740993",
          "9223372036854775807",
          "-9223372036854775808",
          "100000000000000000"};
}

CellTexts float_edges(TypeKind kind) {
  if (kind == TypeKind::kFloat4)
    return {"0", "-0", "0.1", "16777216", "3.4028235e+38", "1e-45", "NaN", "Infinity", "-Infinity"};
  return {"0",         "-0",   "0.1",   "9007199254740993", "1e+308", "5e-324", "NaN", "Infinity",
          "-Infinity", "-2.5", "1e+22", "123456.789"};
}

// The digits as a value of the type: the last ones stand after the point.
std::string numeric_text(const Type& type, std::string digits, bool negative) {
  const int scale = type.size == 0 ? 4 : type.scale;
  const std::size_t size = type.size == 0 ? 40 : static_cast<std::size_t>(type.size);
  if (digits.size() > size) digits.resize(size);
  const std::string text = fmt::format("{}0{}e{}", negative ? "-" : "", digits, -scale);
  return Decimal::parse(text)->text(std::max(scale, 0));
}

CellTexts numeric_edges(const Type& type) {
  if (type.size == 0)
    return {"0",
            "0.0",
            "1.0",
            "1.00",
            "-1.50",
            "NaN",
            "Infinity",
            "9007199254740993",
            "123456789012345678901234567890.1234567890",
            "0.000000000000000000000001"};
  const std::string nines =
      numeric_text(type, std::string(static_cast<std::size_t>(type.size), '9'), false);
  return {numeric_text(type, "0", false),
          numeric_text(type, "5", true),
          numeric_text(type, "100", false),
          "NaN",
          nines,
          "-" + nines};
}

CellTexts text_edges(const Type& type) {
  CellTexts out;
  Arena arena;
  for (const CellText& text : kTexts) {
    const std::size_t length = text_length(*text);
    const auto limit = static_cast<std::size_t>(type.size);
    if (limit > 0 && length > limit) continue;
    std::string_view cell = *text;
    if (type.kind == TypeKind::kChar) cell = with_padding(cell, length, limit, arena);
    out.emplace_back(std::string(cell));
  }
  return out;
}

// Cut to the type's precision, as the database stores it.
std::string at_precision(std::string text, int digits) {
  const std::size_t point = text.find('.');
  if (point == std::string::npos) return text;
  std::size_t end = point + 1;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  const std::size_t keep =
      digits == 0 ? point : std::min(end, point + 1 + static_cast<std::size_t>(digits));
  return text.substr(0, keep) + text.substr(end);
}

CellTexts time_edges(const Type& type) {
  CellTexts out = {"2024-02-29 12:34:56.789123", "1970-01-01 00:00:00",
                   "1969-12-31 23:59:59.999999", "0001-01-01 00:00:00",
                   "0044-03-15 12:00:00 BC",     "9999-12-31 23:59:59",
                   "2024-03-31 01:30:00",        "2024-10-27 00:30:00",
                   "2024-10-27 01:30:00.5",      "2026-07-01 10:00:00"};
  for (CellText& text : out) text = at_precision(*text, type.size);
  out.emplace_back("infinity");
  out.emplace_back("-infinity");
  return out;
}

rc::Gen<std::string> any_text() {
  static const std::vector<std::string> kPieces = {"a",
                                                   "B",
                                                   "z",
                                                   " ",
                                                   "  ",
                                                   "\t",
                                                   "\xC3\xA9",
                                                   "e\xCC\x81",
                                                   "\xC3\x9F",
                                                   "\xF0\x9F\x98\x80",
                                                   "\xE3\x80\x80",
                                                   "/",
                                                   "\"",
                                                   "\\",
                                                   "0",
                                                   "7",
                                                   "-",
                                                   ".",
                                                   "{",
                                                   "}",
                                                   ":",
                                                   ",",
                                                   "\x01"};
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kPieces)),
                      [](const std::vector<std::string>& pieces) {
                        std::string out;
                        for (const std::string& piece : pieces) out += piece;
                        return out;
                      });
}

std::string fitted(const Type& type, std::string text) {
  if (type.size == 0) return text;
  const auto limit = static_cast<std::size_t>(type.size);
  while (text_length(text) > limit) {
    text.pop_back();
    while (!text.empty() && !check_text(text).ok()) text.pop_back();
  }
  Arena arena;
  if (type.kind == TypeKind::kChar)
    return std::string(with_padding(text, text_length(text), limit, arena));
  return text;
}

std::string stamp_text(const Type& type, std::int64_t us) {
  const Value value =
      type.kind == TypeKind::kTimestampTz ? Value::instant(us) : Value::timestamp(us);
  return at_precision(value_text(value), type.size);
}

rc::Gen<std::string> any_json() {
  static const std::vector<std::string> kValues = {"1",
                                                   "1.0",
                                                   "-0",
                                                   "1e2",
                                                   "12345678901234567890.123",
                                                   "\"x\"",
                                                   "\"\"",
                                                   "\"\\u00e9\"",
                                                   "true",
                                                   "false",
                                                   "null",
                                                   "[1, {\"a\": null}]",
                                                   "{}",
                                                   "{\"b\": {\"c\": [ ]}}"};
  static const std::vector<std::string> kKeys = {"a", "b", "phone", "\\u0061", "", "\xC3\xA9"};
  const auto member =
      rc::gen::map(rc::gen::pair(rc::gen::elementOf(kKeys), rc::gen::elementOf(kValues)),
                   [](const std::pair<std::string, std::string>& m) {
                     return "\"" + m.first + "\": " + m.second;
                   });
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(member),
                      [](const std::vector<std::string>& members) {
                        std::string out = "{";
                        for (const std::string& m : members)
                          out += (out.size() > 1 ? ", " : "") + m;
                        return out + "}";
                      });
}

rc::Gen<std::string> any_of_type(const Type& type) {
  constexpr std::int64_t kCenturyMicros = 100LL * 365 * 86'400 * 1'000'000;
  const auto printed = [](Value (*make)(std::int64_t)) {
    return [make](std::int64_t v) { return value_text(make(v)); };
  };
  switch (type.kind) {
    case TypeKind::kBool:
      return rc::gen::element<std::string>("true", "false");
    case TypeKind::kInt2:
      return rc::gen::map(rc::gen::arbitrary<std::int16_t>(),
                          [](int v) { return std::to_string(v); });
    case TypeKind::kInt4:
      return rc::gen::map(rc::gen::arbitrary<std::int32_t>(),
                          [](int v) { return std::to_string(v); });
    case TypeKind::kInt8:
      return rc::gen::map(rc::gen::arbitrary<std::int64_t>(), printed(Value::integer));
    case TypeKind::kNumeric:
      return rc::gen::map(rc::gen::pair(rc::gen::container<std::string>(rc::gen::inRange('0', '9')),
                                        rc::gen::arbitrary<bool>()),
                          [type](const std::pair<std::string, bool>& n) {
                            return numeric_text(type, n.first, n.second);
                          });
    case TypeKind::kFloat4:
      return rc::gen::map(rc::gen::arbitrary<float>(),
                          [](float v) { return value_text(Value::floating(float4_value(v))); });
    case TypeKind::kFloat8:
      return rc::gen::map(rc::gen::arbitrary<double>(),
                          [](double v) { return value_text(Value::floating(v)); });
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
      return rc::gen::map(any_text(), [type](const std::string& t) { return fitted(type, t); });
    case TypeKind::kBytea:
      return rc::gen::map(rc::gen::string<std::string>(),
                          [](const std::string& b) { return value_text(Value::bytes(b)); });
    case TypeKind::kDate:
      return rc::gen::map(rc::gen::inRange<std::int64_t>(-800'000, 800'000), printed(Value::date));
    case TypeKind::kTime:
      return rc::gen::map(
          rc::gen::inRange<std::int64_t>(0, 86'400'000'000),
          [type](std::int64_t us) { return at_precision(value_text(Value::time(us)), type.size); });
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      return rc::gen::map(rc::gen::inRange<std::int64_t>(-kCenturyMicros, kCenturyMicros),
                          [type](std::int64_t us) { return stamp_text(type, us); });
    case TypeKind::kInterval:
      return rc::gen::element<std::string>("1 mon", "30 days", "24:00:00", "-1 days +02:03:04.5",
                                           "00:00:00");
    case TypeKind::kUuid:
      return rc::gen::map(rc::gen::container<Uuid>(rc::gen::arbitrary<std::uint8_t>()), uuid_text);
    case TypeKind::kJson:
    case TypeKind::kJsonb:
      return any_json();
    case TypeKind::kEnum:
      return rc::gen::elementOf(type.labels);
    case TypeKind::kArray:
    case TypeKind::kOther:
      return rc::gen::element<std::string>("{}", "{1,2}", "{NULL}");
  }
  return rc::gen::just(std::string());
}

CellTexts values_of(const LawCase& law_case, Side side, std::size_t column) {
  const auto& columns = side == Side::kLegacy ? law_case.spec.legacy : law_case.spec.platform;
  CellTexts out = edges_of(columns[column]);
  const auto& more = law_case.more(side);
  if (column < more.size()) out.insert(out.end(), more[column].begin(), more[column].end());
  return out;
}

// The i-th combination of one value a column.
CellTexts combination(const std::vector<CellTexts>& values, std::size_t i) {
  CellTexts out;
  for (const CellTexts& column : values) {
    out.push_back(column[i % column.size()]);
    i /= column.size();
  }
  return out;
}

}  // namespace

CellTexts edges_of(const LensColumn& column) {
  const Type& type = column.type;
  CellTexts out;
  switch (type.kind) {
    case TypeKind::kBool:
      out = {"true", "false"};
      break;
    case TypeKind::kInt2:
    case TypeKind::kInt4:
    case TypeKind::kInt8:
      out = integer_edges(type.kind);
      break;
    case TypeKind::kNumeric:
      out = numeric_edges(type);
      break;
    case TypeKind::kFloat4:
    case TypeKind::kFloat8:
      out = float_edges(type.kind);
      break;
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
      out = text_edges(type);
      break;
    case TypeKind::kBytea:
      out = {"\\x", "\\x00ff", "\\x61"};
      break;
    case TypeKind::kDate:
      out = {"1970-01-01",    "2024-02-29", "0044-03-15 BC", "5874897-12-31",
             "4713-01-01 BC", "infinity",   "-infinity"};
      break;
    case TypeKind::kTime:
      out = {"00:00:00", "12:34:56", "24:00:00", at_precision("23:59:59.999999", type.size)};
      break;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      out = time_edges(type);
      break;
    case TypeKind::kInterval:
      out = {"1 mon", "30 days", "720:00:00", "-1 years", "00:00:00.000001"};
      break;
    case TypeKind::kUuid:
      out = {"00000000-0000-0000-0000-000000000000", "550e8400-e29b-41d4-a716-446655440000"};
      break;
    case TypeKind::kJson:
    case TypeKind::kJsonb:
      out = {"null",
             "{}",
             "[]",
             "1",
             "\"x\"",
             "{\"a\": 1, \"b\": [1.0, 12345678901234567890.1]}",
             "{\"b\": [1, 12345678901234567890.10], \"a\": 1.0}"};
      break;
    case TypeKind::kEnum:
      out.assign(type.labels.begin(), type.labels.end());
      break;
    case TypeKind::kArray:
    case TypeKind::kOther:
      out = {"{}", "{1,NULL}"};
      break;
  }
  if (!column.not_null) out.emplace_back();
  return out;
}

rc::Gen<CellText> any_cell(const LensColumn& column, CellTexts likely) {
  const CellTexts edges = edges_of(column);
  likely.insert(likely.end(), edges.begin(), edges.end());
  auto random = rc::gen::map(any_of_type(column.type),
                             [](std::string text) { return CellText(std::move(text)); });
  return rc::gen::weightedOneOf<CellText>(
      {{1, rc::gen::elementOf(likely)}, {2, std::move(random)}});
}

std::optional<std::string> broken_on_edges(const Lens& lens, const LawCase& law_case,
                                           LawCount& count) {
  std::vector<CellTexts> values[2];
  std::size_t combinations[2] = {1, 1};
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    for (std::size_t i = 0; i < lens.arity(side); ++i) {
      values[index(side)].push_back(values_of(law_case, side, i));
      combinations[index(side)] *= values[index(side)].back().size();
    }
  }
  const std::size_t all = combinations[0] * combinations[1];
  // An odd step visits different combinations of every column.
  const std::size_t step = std::max<std::size_t>(all / kCombinationsMax, 1) | 1U;
  for (std::size_t i = 0; i < all; i += step) {
    auto broken = broken_law(lens, law_case.spec, combination(values[0], i % combinations[0]),
                             combination(values[1], i / combinations[0]), count);
    if (broken) return broken;
  }
  return std::nullopt;
}

}  // namespace atlas
