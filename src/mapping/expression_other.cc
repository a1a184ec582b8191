// JSON, uuid and boolean functions; and the whole table.

#include "mapping/expression_functions.h"
#include "mapping/lens_json_edit.h"
#include "mapping/lens_number.h"
#include "mapping/lens_reasons.h"
#include "model/text_form.h"

#include <array>

namespace atlas {
namespace {

using Args = std::span<const Value>;
using Extra = ExpressionExtra;

Fit json_of_text(Args a, const Extra&, Arena& arena, Value& out) {
  std::string made;
  json_quote(made, a[0].as_text());
  out = Value::json(arena.copy(made));
  return {};
}
Fit json_of_number(Args a, const Extra&, Arena& arena, Value& out) {
  std::string_view text;
  const Fit fit = plain_number(a[0], arena, text);
  out = Value::json(text);
  return fit;
}
Fit json_of_bool(Args a, const Extra&, Arena&, Value& out) {
  out = Value::json(a[0].as_bool() ? "true" : "false");
  return {};
}

// A JSON null is null.
Fit text_of_json(Args a, const Extra&, Arena& arena, Value& out) {
  const JsonFound found = json_find(a[0].as_text(), {});
  if (!found.fit.ok()) return found.fit;
  out = Value::null();
  if (found.kind == JsonKind::kNull) return {};
  if (found.kind != JsonKind::kString) return {reason::kOtherJsonType};
  std::string_view text;
  const Fit fit = json_unquote(found.text, arena, text);
  out = Value::text(text);
  return fit;
}
Fit number_of_json(Args a, const Extra&, Arena& arena, Value& out) {
  const JsonFound found = json_find(a[0].as_text(), {});
  if (!found.fit.ok()) return found.fit;
  out = Value::null();
  if (found.kind == JsonKind::kNull) return {};
  if (found.kind != JsonKind::kNumber) return {reason::kOtherJsonType};
  return read_number(found.text, arena, out);
}
Fit bool_of_json(Args a, const Extra&, Arena&, Value& out) {
  const JsonFound found = json_find(a[0].as_text(), {});
  if (!found.fit.ok()) return found.fit;
  out = Value::null();
  if (found.kind == JsonKind::kNull) return {};
  if (found.kind != JsonKind::kBool) return {reason::kOtherJsonType};
  out = Value::boolean(found.text == "true");
  return {};
}
Fit has(Args a, const Extra&, Arena&, Value& out) {
  const std::array<std::string, 1> path{std::string(a[1].as_text())};
  const JsonFound found = json_find(a[0].as_text(), path);
  out = Value::boolean(found.fit.ok() && found.kind != JsonKind::kMissing);
  return {};
}
Fit size(Args a, const Extra&, Arena&, Value& out) {
  const JsonFound found = json_find(a[0].as_text(), {});
  if (!found.fit.ok()) return found.fit;
  if (found.kind != JsonKind::kArray) return {reason::kOtherJsonType};
  out = Value::integer(static_cast<std::int64_t>(json_elements(found.text).size()));
  return {};
}

Fit uuid_of_text(Args a, const Extra&, Arena& arena, Value& out) {
  const auto uuid = parse_uuid(a[0].as_text());
  if (!uuid) return {reason::kNotThatType};
  out = Value::uuid(*uuid, arena);
  return {};
}
Fit text_of_uuid(Args a, const Extra&, Arena& arena, Value& out) {
  out = Value::text(arena.copy(uuid_text(a[0].as_uuid())));
  return {};
}

Fit not_(Args a, const Extra&, Arena&, Value& out) {
  out = Value::boolean(!a[0].as_bool());
  return {};
}
Fit text_of_bool(Args a, const Extra&, Arena&, Value& out) {
  out = Value::text(a[0].as_bool() ? "true" : "false");
  return {};
}
Fit number_of_bool(Args a, const Extra&, Arena&, Value& out) {
  out = Value::integer(a[0].as_bool() ? 1 : 0);
  return {};
}
Fit bool_of_number(Args a, const Extra&, Arena&, Value& out) {
  std::int64_t number = 0;
  if (const Fit fit = whole_argument(a[0], number); !fit.ok()) return fit;
  if (number != 0 && number != 1) return {reason::kNotZeroOne};
  out = Value::boolean(number == 1);
  return {};
}

constexpr Meet kText = Meet::kText;
constexpr Meet kNumber = Meet::kNumber;
constexpr Meet kBool = Meet::kBool;
constexpr Meet kJson = Meet::kJson;
constexpr Meet kUuid = Meet::kUuid;

std::vector<ExpressionFunction> whole_table() {
  std::vector<ExpressionFunction> out = text_functions();
  for (auto part : {number_functions(), time_functions(), other_functions()})
    out.insert(out.end(), part.begin(), part.end());
  return out;
}

}  // namespace

std::vector<ExpressionFunction> other_functions() {
  return {
      {"json", {kText}, 0, kJson, json_of_text},
      {"json", {kNumber}, 0, kJson, json_of_number},
      {"json", {kBool}, 0, kJson, json_of_bool},
      {"text", {kJson}, 0, kText, text_of_json},
      {"number", {kJson}, 0, kNumber, number_of_json},
      {"bool", {kJson}, 0, kBool, bool_of_json},
      {"has", {kJson, kText}, 0, kBool, has},
      {"size", {kJson}, 0, kNumber, size},
      {"uuid", {kText}, 0, kUuid, uuid_of_text},
      {"text", {kUuid}, 0, kText, text_of_uuid, "({0})::text"},
      {"!", {kBool}, 0, kBool, not_, "(not {0})", "(not {0})"},
      {"text", {kBool}, 0, kText, text_of_bool, "({0})::text"},
      {"number", {kBool}, 0, kNumber, number_of_bool, "({0})::int4::numeric", "({0})"},
      {"bool", {kNumber}, 0, kBool, bool_of_number},
  };
}

std::span<const ExpressionFunction> expression_functions() {
  static const std::vector<ExpressionFunction> table = whole_table();
  return table;
}

}  // namespace atlas
