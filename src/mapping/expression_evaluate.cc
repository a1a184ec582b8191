// Evaluation: a walk over the typed nodes. Logic and conditions look at what they need only.

#include "mapping/lens_json_edit.h"
#include "mapping/lens_number.h"
#include "mapping/lens_reasons.h"
#include "mapping/typed_expression.h"
#include "mapping/typed_node.h"

#include <algorithm>
#include <array>

namespace atlas {
namespace {

using Op = TypedNode::Op;
using Cells = std::span<const Value>;

Fit call(const TypedNode& node, Cells cells, Arena& arena, Value& out) {
  std::array<Value, kExpressionArgsMax> args;
  for (std::size_t i = 0; i < node.args.size(); ++i) {
    if (const Fit fit = evaluate_node(node.args[i], cells, arena, args[i]); !fit.ok()) return fit;
    if (args[i].is_null()) {
      out = Value::null();
      return {};
    }
  }
  return node.function->call({args.data(), node.args.size()}, node.extra, arena, out);
}

// One false makes `&&` false, one true makes `||` true, whatever the other is; else null is
// unknown. The right side is not looked at when the left decides.
Fit logic(const TypedNode& node, Cells cells, Arena& arena, Value& out) {
  const bool decides = node.op == Op::kOr;
  Value left;
  if (const Fit fit = evaluate_node(node.args[0], cells, arena, left); !fit.ok()) return fit;
  if (!left.is_null() && left.as_bool() == decides) {
    out = left;
    return {};
  }
  if (const Fit fit = evaluate_node(node.args[1], cells, arena, out); !fit.ok()) return fit;
  if (left.is_null() && !out.is_null() && out.as_bool() != decides) out = Value::null();
  return {};
}

Fit in_list(const TypedNode& node, Cells cells, Arena& arena, Value& out) {
  Value value;
  if (const Fit fit = evaluate_node(node.args[0], cells, arena, value); !fit.ok()) return fit;
  out = Value::null();
  if (value.is_null()) return {};
  out = Value::boolean(std::any_of(
      node.args.begin() + 1, node.args.end(),
      [&](const TypedNode& item) { return compare_for_expression(value, item.constant) == 0; }));
  return {};
}

Fit member(const TypedNode& node, Cells cells, Arena& arena, Value& out) {
  Value document;
  if (const Fit fit = evaluate_node(node.args[0], cells, arena, document); !fit.ok()) return fit;
  out = Value::null();
  if (document.is_null()) return {};
  if (!node.path.empty()) {
    const JsonFound found = json_find(document.as_text(), node.path);
    if (!found.fit.ok()) return found.fit;
    if (found.kind != JsonKind::kMissing && found.kind != JsonKind::kNull)
      out = Value::json(found.text);
    return {};
  }
  const JsonFound array = json_find(document.as_text(), {});
  if (!array.fit.ok()) return array.fit;
  if (array.kind != JsonKind::kArray) return {reason::kOtherJsonType};
  const auto elements = json_elements(array.text);
  const auto at = static_cast<std::uint64_t>(node.element);
  if (at < elements.size() && json_find(elements[at], {}).kind != JsonKind::kNull)
    out = Value::json(elements[at]);
  return {};
}

bool holds(Op op, int order) {
  if (op == Op::kEqual) return order == 0;
  if (op == Op::kNotEqual) return order != 0;
  if (op == Op::kLess) return order < 0;
  if (op == Op::kLessEqual) return order <= 0;
  if (op == Op::kGreater) return order > 0;
  return order >= 0;
}

Fit two(const TypedNode& node, Cells cells, Arena& arena, std::array<Value, 2>& out) {
  if (const Fit fit = evaluate_node(node.args[0], cells, arena, out[0]); !fit.ok()) return fit;
  return evaluate_node(node.args[1], cells, arena, out[1]);
}

// Of two; null where one of them is.
Fit compare(const TypedNode& node, Cells cells, Arena& arena, Value& out) {
  std::array<Value, 2> args;
  if (const Fit fit = two(node, cells, arena, args); !fit.ok()) return fit;
  out = Value::null();
  if (args[0].is_null() || args[1].is_null()) return {};
  if (args[0].tag() == Tag::kJson) {
    out = Value::boolean(mid_equal(args[0], args[1]) == (node.op == Op::kEqual));
    return {};
  }
  out = Value::boolean(holds(node.op, compare_for_expression(args[0], args[1])));
  return {};
}
Fit outer(const TypedNode& node, Cells cells, Arena& arena, Value& out) {
  std::array<Value, 2> args;
  if (const Fit fit = two(node, cells, arena, args); !fit.ok()) return fit;
  out = Value::null();
  if (args[0].is_null() || args[1].is_null()) return {};
  const bool first_is_less = compare_for_expression(args[0], args[1]) <= 0;
  out = args[first_is_less == (node.op == Op::kLeast) ? 0 : 1];
  return {};
}
Fit null_if(const TypedNode& node, Cells cells, Arena& arena, Value& out) {
  std::array<Value, 2> args;
  if (const Fit fit = two(node, cells, arena, args); !fit.ok()) return fit;
  const bool equal = !args[0].is_null() && !args[1].is_null() && mid_equal(args[0], args[1]);
  out = equal ? Value::null() : args[0];
  return {};
}

Fit coalesce(const TypedNode& node, Cells cells, Arena& arena, Value& out) {
  for (const TypedNode& arg : node.args) {
    if (const Fit fit = evaluate_node(arg, cells, arena, out); !fit.ok() || !out.is_null())
      return fit;
  }
  return {};
}

Fit conditional(const TypedNode& node, Cells cells, Arena& arena, Value& out) {
  Value condition;
  if (const Fit fit = evaluate_node(node.args[0], cells, arena, condition); !fit.ok()) return fit;
  const bool yes = !condition.is_null() && condition.as_bool();
  return evaluate_node(node.args[yes ? 1 : 2], cells, arena, out);
}

Fit null_test(const TypedNode& node, Cells cells, Arena& arena, Value& out) {
  Value value;
  if (const Fit fit = evaluate_node(node.args[0], cells, arena, value); !fit.ok()) return fit;
  out = Value::boolean(value.is_null() == (node.op == Op::kIsNull));
  return {};
}

}  // namespace

int compare_for_expression(const Value& a, const Value& b) {
  if (is_number(a.tag()) && is_number(b.tag())) return compare_numbers(a, b);
  if (a.has_content()) return a.as_text().compare(b.as_text());
  return a.as_int() < b.as_int() ? -1 : (a.as_int() > b.as_int() ? 1 : 0);
}

Fit evaluate_node(const TypedNode& node, Cells cells, Arena& arena, Value& out) {
  switch (node.op) {
    case Op::kConstant:
      out = node.constant;
      return {};
    case Op::kColumn:
      out = cells[node.column];
      return {};
    case Op::kCall:
      return call(node, cells, arena, out);
    case Op::kAnd:
    case Op::kOr:
      return logic(node, cells, arena, out);
    case Op::kConditional:
      return conditional(node, cells, arena, out);
    case Op::kIn:
      return in_list(node, cells, arena, out);
    case Op::kMember:
      return member(node, cells, arena, out);
    case Op::kIsNull:
    case Op::kIsNotNull:
      return null_test(node, cells, arena, out);
    case Op::kCoalesce:
      return coalesce(node, cells, arena, out);
    case Op::kNullIf:
      return null_if(node, cells, arena, out);
    case Op::kEqual:
    case Op::kNotEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
      return compare(node, cells, arena, out);
    case Op::kLeast:
    case Op::kGreatest:
      return outer(node, cells, arena, out);
  }
  return {};
}

Fit Expression::evaluate(std::span<const Value> cells, Arena& arena, Value& out) const {
  return evaluate_node(*root_, cells, arena, out);
}

}  // namespace atlas
