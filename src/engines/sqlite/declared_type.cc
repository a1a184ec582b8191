#include "engines/sqlite/declared_type.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

namespace atlas::sqlite {
namespace {

struct Spelling {
  std::string_view name;
  TypeKind kind;
};

// Names without what stands in parentheses.
constexpr std::array kSpellings = std::to_array<Spelling>({
    {"uuid_text", TypeKind::kUuid},
    {"uuid", TypeKind::kUuid},
    {"timestamp_text", TypeKind::kTimestamp},
    {"timestamp", TypeKind::kTimestamp},
    {"datetime", TypeKind::kTimestamp},
    {"timestamptz_text", TypeKind::kTimestampTz},
    {"timestamptz", TypeKind::kTimestampTz},
    {"date_text", TypeKind::kDate},
    {"date", TypeKind::kDate},
    {"time_text", TypeKind::kTime},
    {"time", TypeKind::kTime},
    {"interval_text", TypeKind::kInterval},
    {"interval", TypeKind::kInterval},
    {"json_text", TypeKind::kJson},
    {"json", TypeKind::kJson},
    {"jsonb_text", TypeKind::kJsonb},
    {"jsonb", TypeKind::kJsonb},
    {"decimal_text", TypeKind::kNumeric},
    {"numeric_text", TypeKind::kNumeric},
    {"decimal", TypeKind::kNumeric},
    {"numeric", TypeKind::kNumeric},
    {"boolean_int", TypeKind::kBool},
    {"bool_int", TypeKind::kBool},
    {"boolean", TypeKind::kBool},
    {"bool", TypeKind::kBool},
    {"integer", TypeKind::kInt8},
    {"bigint", TypeKind::kInt8},
    {"int8", TypeKind::kInt8},
    {"int8_int", TypeKind::kInt8},
    {"int", TypeKind::kInt4},
    {"int4", TypeKind::kInt4},
    {"int4_int", TypeKind::kInt4},
    {"mediumint", TypeKind::kInt4},
    {"smallint", TypeKind::kInt2},
    {"int2", TypeKind::kInt2},
    {"int2_int", TypeKind::kInt2},
    {"tinyint", TypeKind::kInt2},
    {"real", TypeKind::kFloat8},
    {"double", TypeKind::kFloat8},
    {"double precision", TypeKind::kFloat8},
    {"float", TypeKind::kFloat8},
    {"float8", TypeKind::kFloat8},
    {"float8_real", TypeKind::kFloat8},
    {"float4", TypeKind::kFloat4},
    {"float4_real", TypeKind::kFloat4},
    {"text", TypeKind::kText},
    {"clob", TypeKind::kText},
    {"varchar", TypeKind::kVarchar},
    {"character varying", TypeKind::kVarchar},
    {"nvarchar", TypeKind::kVarchar},
    {"char", TypeKind::kChar},
    {"character", TypeKind::kChar},
    {"nchar", TypeKind::kChar},
    {"blob", TypeKind::kBytea},
    {"bytea", TypeKind::kBytea},
    {"bytea_blob", TypeKind::kBytea},
});

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// The n-th number in parentheses: 10 and 2 of "decimal(10, 2)".
std::optional<int> argument(std::string_view declared, std::size_t n) {
  const auto open = declared.find('(');
  if (open == std::string_view::npos) return std::nullopt;
  std::string_view rest = declared.substr(open + 1);
  for (; n > 0; --n) {
    const auto comma = rest.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(comma + 1);
  }
  rest = trimmed(rest);
  int value = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (read.ec != std::errc{} || value < 0) return std::nullopt;
  return value;
}

// For names that are none of ours, SQLite's own reading of them decides.
TypeKind kind_by_affinity(std::string_view declared) {
  if (trimmed(declared).empty()) return TypeKind::kOther;
  switch (affinity_of(declared)) {
    case Affinity::kText:
      return TypeKind::kText;
    case Affinity::kNumeric:
      return TypeKind::kNumeric;
    case Affinity::kInteger:
      return TypeKind::kInt8;
    case Affinity::kReal:
      return TypeKind::kFloat8;
    case Affinity::kBlob:
      return TypeKind::kBytea;
  }
  return TypeKind::kOther;
}

}  // namespace

Affinity affinity_of(std::string_view declared) {
  const std::string name = lower(declared);
  const auto has = [&](std::string_view part) { return name.find(part) != std::string::npos; };
  if (has("int")) return Affinity::kInteger;
  if (has("char") || has("clob") || has("text")) return Affinity::kText;
  if (has("blob") || trimmed(name).empty()) return Affinity::kBlob;
  if (has("real") || has("floa") || has("doub")) return Affinity::kReal;
  return Affinity::kNumeric;
}

Type type_of(std::string_view declared) {
  const std::string name = lower(trimmed(declared.substr(0, declared.find('('))));
  Type type;
  type.name = declared;
  const auto* known = std::ranges::find(kSpellings, name, &Spelling::name);
  type.kind = known != kSpellings.end() ? known->kind : kind_by_affinity(declared);
  switch (type.kind) {
    case TypeKind::kNumeric:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
      type.size = argument(declared, 0).value_or(0);
      if (type.kind == TypeKind::kNumeric) type.scale = argument(declared, 1).value_or(0);
      break;
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      type.size = std::min(argument(declared, 0).value_or(6), 6);
      break;
    case TypeKind::kBool:
    case TypeKind::kInt2:
    case TypeKind::kInt4:
    case TypeKind::kInt8:
    case TypeKind::kFloat4:
    case TypeKind::kFloat8:
    case TypeKind::kText:
    case TypeKind::kBytea:
    case TypeKind::kDate:
    case TypeKind::kInterval:
    case TypeKind::kUuid:
    case TypeKind::kJson:
    case TypeKind::kJsonb:
    case TypeKind::kArray:
    case TypeKind::kEnum:
    case TypeKind::kOther:
      break;
  }
  return type;
}

}  // namespace atlas::sqlite
