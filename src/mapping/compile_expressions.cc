// Expressions of a field over the live columns.

#include "mapping/compile_context.h"
#include "mapping/lens_meet.h"
#include "mapping/suggest.h"
#include "mapping/typed_expression.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

using Variables = std::vector<std::pair<std::string, std::pair<Type, std::string>>>;

std::vector<ExpressionColumn> columns_for(const std::vector<ColumnName>& names,
                                          const std::vector<LensColumn>& columns) {
  std::vector<ExpressionColumn> out;
  out.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) out.push_back({names[i], columns[i].type});
  return out;
}

std::string form_name(Meet meet) { return std::string(type_kind_name(meet_type(meet).kind)); }

class ExpressionCompiler {
 public:
  ExpressionCompiler(CompileContext& context, const FieldDecl& decl, const LensSpec& spec)
      : context_(context), decl_(decl), spec_(spec) {
    for (const VariableDecl& variable : context.document.variables)
      variables_.emplace_back(variable.name.text, std::pair(variable.type, variable.value));
  }

  bool run(ExpressionOp& out) {
    const ExpressionDecl& decl = *decl_.expressions;
    return side(Side::kPlatform, decl.to_platform, out.to_platform) &&
           side(Side::kLegacy, decl.to_legacy, out.to_legacy);
  }

 private:
  bool side(Side target, const std::vector<std::pair<ColumnName, ExpressionNode>>& trees,
            std::vector<std::shared_ptr<const Expression>>& out) {
    const bool to_platform = target == Side::kPlatform;
    const auto& names = to_platform ? decl_.platform : decl_.legacy;
    const auto& columns = to_platform ? spec_.platform : spec_.legacy;
    const std::vector<ExpressionColumn> sources = to_platform
                                                      ? columns_for(decl_.legacy, spec_.legacy)
                                                      : columns_for(decl_.platform, spec_.platform);
    for (std::size_t i = 0; i < names.size() && !trees.empty(); ++i) {
      const auto tree = std::ranges::find_if(
          trees, [&](const auto& entry) { return entry.first.text() == names[i].text(); });
      if (tree == trees.end()) return false;
      auto typed = Expression::of(tree->second, sources, variables_);
      if (const auto* fault = std::get_if<ExpressionFault>(&typed)) {
        context_.problems.refuse(fault->code, fault->where, fault->why, fault->fix);
        return false;
      }
      auto expression = std::make_shared<const Expression>(std::get<Expression>(std::move(typed)));
      const Meet wanted = columns[i].path.empty() ? natural_meet(columns[i].type) : Meet::kJson;
      if (expression->type() && *expression->type() != wanted) {
        context_.problems.refuse(
            Code::kExpressionType, tree->second.where,
            fmt::format("the expression gives {}, and {} is {}", form_name(*expression->type()),
                        names[i].text(), type_text(columns[i].type)),
            "convert it: text(…), number(…), bool(…), json(…)");
        return false;
      }
      out.push_back(std::move(expression));
    }
    return true;
  }

  CompileContext& context_;
  const FieldDecl& decl_;
  const LensSpec& spec_;
  Variables variables_;
};

bool mapped_both_ways(const EntityDecl& entity, const ColumnName& column, Side side,
                      const FieldDecl& except) {
  return std::ranges::any_of(entity.fields, [&](const FieldDecl& field) {
    if (&field == &except || field.direction != Direction::kBoth) return false;
    const auto& columns = side == Side::kLegacy ? field.legacy : field.platform;
    return std::ranges::any_of(
        columns, [&](const ColumnName& name) { return name.text() == column.text(); });
  });
}

}  // namespace

bool compile_expressions(CompileContext& context, const FieldDecl& decl, LensSpec& spec) {
  ExpressionOp op;
  if (!ExpressionCompiler(context, decl, spec).run(op)) return false;
  spec.op = std::move(op);
  return true;
}

bool derives_from_mapped(const EntityDecl& entity, const FieldDecl& decl) {
  if (!decl.expressions || !decl.expressions->derives) return false;
  const Side source = decl.direction == Direction::kToPlatform ? Side::kLegacy : Side::kPlatform;
  const auto& columns = source == Side::kLegacy ? decl.legacy : decl.platform;
  return std::ranges::all_of(columns, [&](const ColumnName& column) {
    return mapped_both_ways(entity, column, source, decl);
  });
}

}  // namespace atlas
