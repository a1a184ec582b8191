#include "mapping/expression_testing.h"

#include "foundation/assert.h"
#include "mapping/lens_column.h"
#include "mapping/load_testing.h"
#include "model/text_form.h"

#include <fmt/format.h>

namespace atlas {

std::variant<Expression, std::string> expression_of(const std::string& text,
                                                    const std::vector<LensColumn>& columns) {
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.text = text;
  node.where = {"m.yaml", 1, 1};
  ProblemList problems(std::make_shared<const SourceText>(""));
  const auto tree = parse_expression(node, problems);
  if (!tree) {
    const Problem problem = problems.take().front();
    return fmt::format("{} {}", code_text(problem.error.code()), problem.error.why());
  }
  std::vector<ExpressionColumn> named;
  named.reserve(columns.size());
  for (const LensColumn& column : columns)
    named.push_back(
        {{.qualifier = "", .column = column.name, .path = column.path, .where = {}}, column.type});
  auto typed = Expression::of(*tree, named);
  if (auto* fault = std::get_if<ExpressionFault>(&typed))
    return fmt::format("{} column {}: {}", code_text(fault->code), fault->where.column, fault->why);
  return std::get<Expression>(std::move(typed));
}

std::string answer(const std::string& text, const std::vector<LensColumn>& columns,
                   const CellTexts& cells) {
  const auto made = expression_of(text, columns);
  if (const auto* problem = std::get_if<std::string>(&made)) return *problem;
  Arena arena;
  std::vector<Value> values;
  values.reserve(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    ColumnOptions options;
    options.without_padding = columns[i].type.kind == TypeKind::kChar;
    const auto column = Column::make(columns[i], natural_meet(columns[i].type), options, nullptr);
    const auto cell = cells[i] ? parse_value(*cells[i], columns[i].type, arena) : Value::null();
    ATLAS_ASSERT(column && cell, "a test's cell is of its type");
    values.emplace_back();
    ATLAS_ASSERT(column->read(*cell, arena, values.back()).ok(), "a test's cell can be read");
  }
  Value out;
  const Fit fit = std::get<Expression>(made).evaluate(values, arena, out);
  return fit.ok() ? value_text(out) : fmt::format("! {}", fit.reason);
}

LensSpec expression_spec(std::vector<std::string_view> legacy,
                         std::vector<std::string_view> platform,
                         const std::vector<std::string>& to_platform,
                         const std::vector<std::string>& to_legacy) {
  LensSpec out = lens_spec(std::move(legacy), std::move(platform));
  ExpressionOp op;
  const auto add = [](const std::vector<std::string>& texts, const std::vector<LensColumn>& columns,
                      auto& to) {
    for (const std::string& text : texts) {
      auto made = expression_of(text, columns);
      if (const auto* problem = std::get_if<std::string>(&made))
        ATLAS_ASSERT(problem == nullptr, problem->c_str());
      to.push_back(std::make_shared<const Expression>(std::get<Expression>(std::move(made))));
    }
  };
  add(to_platform, out.legacy, op.to_platform);
  add(to_legacy, out.platform, op.to_legacy);
  out.op = std::move(op);
  return out;
}

}  // namespace atlas
