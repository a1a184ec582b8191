// json: a column on one side, a member of a JSON document on the other.

#include "mapping/lens_pair.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

Result<Type> declared_type(const JsonOp& op) {
  Type out;
  out.name = op.type;
  if (op.type == "text") {
    out.kind = TypeKind::kText;
  } else if (op.type == "number") {
    out.kind = TypeKind::kNumeric;
  } else if (op.type == "bool") {
    out.kind = TypeKind::kBool;
  } else if (op.type == "json") {
    out.kind = TypeKind::kJson;
  } else {
    return Error(Code::kWrongShape, fmt::format("`json: {}` is no type of a JSON value", op.type))
        .advise("write text, number, bool or json");
  }
  return out;
}

bool holds_json(const Type& type) {
  return type.kind == TypeKind::kJson || type.kind == TypeKind::kJsonb;
}

}  // namespace

MadeLens make_json(const LensSpec& spec, const JsonOp& op) {
  ATLAS_OK(expect_columns(spec, "json", 1, 1));
  ATLAS_TRY(const Type declared, declared_type(op));
  const LensColumn* columns[2] = {&spec.legacy.front(), &spec.platform.front()};
  std::array<ColumnOptions, 2> options;
  std::array<Type, 2> types;
  int documents = 0;
  const bool paths = !columns[0]->path.empty() || !columns[1]->path.empty();
  for (std::size_t i = 0; i < 2; ++i) {
    // Without a path on either side the whole document is the value.
    const bool document = paths ? !columns[i]->path.empty() : holds_json(columns[i]->type);
    types[i] = document ? declared : columns[i]->type;
    if (document) options[i].json = declared;
    options[i].absent_null = op.absent_null;
    options[i].json_null_is_null = declared.kind == TypeKind::kJson;
    documents += document ? 1 : 0;
  }
  if (documents == 0) {
    return Error(Code::kWrongShape, "`json` has neither a path nor a JSON column")
        .advise("write the path after the column: `u.contact$.phone`");
  }
  auto meet = copy_meet(types[0], types[1]);
  const bool whole = declared.kind == TypeKind::kJson;
  if (!meet && whole && (is_text(types[0].kind) || is_text(types[1].kind))) meet = Meet::kJson;
  if (!meet) return type_mismatch(spec, "declare the type that the JSON value has");
  align(options, types, *meet);
  const LawClass law = documents == 2 ? LawClass::kQuotient
                                      : finer(options[0].json ? Side::kLegacy : Side::kPlatform);
  ATLAS_TRY(Pair pair, make_pair_parts(spec, "json", law, {*meet, *meet}, std::move(options)));
  pair.handles_null = true;
  return std::make_unique<PairLens>(std::move(pair));
}

}  // namespace atlas
