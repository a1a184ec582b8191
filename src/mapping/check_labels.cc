// What a column is limited to by its type or a CHECK constraint, held against the entries of
// `enum`.

#include "mapping/compile_context.h"
#include "mapping/suggest.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

namespace atlas {
namespace {

// The values that a check constraint allows for `column`: `kind IN ('a', 'b')`, or as PostgreSQL
// prints it `kind = ANY (ARRAY['a'::text, 'b'::text])`. Numbers as well as texts.
std::vector<std::string> checked_values(const TableInfo& info, const std::string& column) {
  const RE2 list(
      R"((?is)^\s*(?:check\s*)?\(*\s*["`]?)" + RE2::QuoteMeta(column) +
      R"(["`]?\)?(?:::\w+)?\s*(?:in\s*\(|=\s*any\s*\(+\s*array\s*\[)((?:\s*(?:'[^']*'|-?\d+)(?:::[\w ]+)?\s*,?)+)[)\]][)\[\]:\w\s]*$)");
  static const RE2 cast(R"(::[\w ]+)");
  static const RE2 literal(R"('([^']*)'|(-?\d+))");
  std::vector<std::string> out;
  for (const std::string& check : info.checks) {
    std::string inside;
    if (!RE2::FullMatch(check, list, &inside)) continue;
    RE2::GlobalReplace(&inside, cast, "");
    re2::StringPiece rest(inside);
    std::string text;
    std::string number;
    while (RE2::FindAndConsume(&rest, literal, &text, &number))
      out.push_back(number.empty() ? text : number);
    return out;
  }
  return out;
}

// The entries of an enum on one side.
std::vector<std::string> entries(const EnumOp& op, Side side) {
  std::vector<std::string> out;
  out.reserve(op.codes.size() + 1);
  for (const auto& [legacy, platform] : op.codes)
    out.push_back(side == Side::kLegacy ? legacy : platform);
  if (side == Side::kPlatform && op.otherwise) out.push_back(*op.otherwise);
  return out;
}

std::vector<std::string> without(const std::vector<std::string>& all,
                                 const std::vector<std::string>& taken) {
  std::vector<std::string> out;
  for (const std::string& one : all) {
    const bool known = std::ranges::find(taken, one) != taken.end();
    if (!known && std::ranges::find(out, one) == out.end()) out.push_back(one);
  }
  return out;
}

void check_column(CompileContext& context, const FieldDecl& decl, const EnumOp& op,
                  const TableUse& table, const std::string& column) {
  const std::vector<std::string> allowed = checked_values(*table.info, column);
  if (allowed.empty()) return;
  const std::vector<std::string> ours = entries(op, table.side);
  const bool written = decl.direction == Direction::kBoth ||
                       (decl.direction == Direction::kToLegacy) == (table.side == Side::kLegacy);
  const bool read = decl.direction == Direction::kBoth || !written;
  const std::vector<std::string> refused = without(ours, allowed);
  if (written && !refused.empty()) {
    context.problems.refuse(
        Code::kRangeGap, decl.where,
        fmt::format("a CHECK constraint lets {} be {}, and `enum` would write {}",
                    table.column_text(column), name_list(allowed), name_list(refused)),
        "correct the entry, or let the constraint allow it");
  }
  const bool all_read = table.side == Side::kLegacy && op.otherwise.has_value();
  const std::vector<std::string> open = without(allowed, ours);
  if (read && !all_read && !open.empty()) {
    context.problems.remark(
        Code::kRangeGap, decl.where,
        fmt::format("{} can be {}, which `enum` has no entry for: such rows are quarantined",
                    table.column_text(column), name_list(open)),
        "add an entry");
  }
}

}  // namespace

std::vector<std::string> known_values(const TableUse& table, const std::string& column) {
  const ColumnInfo& info = *column_info(table, column);
  if (info.type.kind == TypeKind::kEnum) return info.type.labels;
  if (info.type.kind == TypeKind::kBool) return {"false", "true"};
  return checked_values(*table.info, column);
}

void check_labels(CompileContext& context, const EntityBuild& build) {
  for (std::size_t f = 0; f < build.plan.fields.size(); ++f) {
    const FieldPlan& field = build.plan.fields[f];
    const FieldDecl& decl = *build.field_decls[f];
    const auto* op = std::get_if<EnumOp>(&decl.op);
    if (op == nullptr || decl.legacy.size() != 1 || decl.platform.size() != 1) continue;
    for (std::size_t k = 0; k < build.kind_count(); ++k) {
      if (((field.kinds >> k) & 1U) != 0)
        check_column(context, decl, *op, build.legacy[k], decl.legacy.front().column);
    }
    if (decl.platform.front().path.empty() && !field.platform.empty())
      check_column(context, decl, *op, build.platform[field.platform.front().part - 1],
                   decl.platform.front().column);
  }
}

}  // namespace atlas
