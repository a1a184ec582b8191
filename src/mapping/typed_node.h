#pragma once

// The nodes of a typed expression.

#include "mapping/expression_functions.h"
#include "mapping/expression_tree.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace atlas {

struct TypedNode {
  enum class Op : std::uint8_t {
    kConstant,
    kColumn,
    kCall,
    kAnd,
    kOr,
    kConditional,
    kIn,
    kMember,
    kIsNull,
    kIsNotNull,
    kCoalesce,
    kNullIf,
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kLeast,
    kGreatest,
  };
  Op op = Op::kConstant;
  std::optional<Meet> type;  // nullopt: null
  SourcePosition where;
  Value constant;  // content in the expression's arena
  std::uint32_t column = 0;
  Type column_type;
  const ExpressionFunction* function = nullptr;
  ExpressionExtra extra;
  std::vector<std::string> path;  // kMember: one name, or empty for an element
  std::int64_t element = 0;
  std::vector<TypedNode> args;
};

// Order of two values of one form, neither null: by bytes, by number, by time.
int compare_for_expression(const Value& a, const Value& b);
Fit evaluate_node(const TypedNode& node, std::span<const Value> cells, Arena& arena, Value& out);

}  // namespace atlas
