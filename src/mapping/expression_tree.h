#pragma once

// The expression language as written: one syntax tree, which the type checker reads
// (typed_expression.h). Pure, total, without loops: docs/formats/expression.md is the grammar.

#include "mapping/expression.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace atlas {

inline constexpr int kExpressionDepthMax = 64;
inline constexpr std::size_t kExpressionNodesMax = 1000;

struct ExpressionNode {
  enum class Kind : std::uint8_t {
    kLiteral,
    kColumn,
    kCall,  // a function or an operator by its sign: "+", "==", "!"; unary minus is "neg"
    kAnd,   // evaluated from the left, as far as needed
    kOr,
    kConditional,  // condition, then, else
    kIn,           // value, then the list's literals
    kMember,       // document, then the member's name or the element's number
  };
  Kind kind = Kind::kLiteral;
  SourcePosition where;
  std::string name;   // kCall
  ColumnName column;  // kColumn
  Literal literal;    // kLiteral
  std::vector<ExpressionNode> args;
};

// The whole scalar. A problem is reported (kBadExpression) and nullopt returned.
std::optional<ExpressionNode> parse_expression(const YamlNode& node, ProblemList& problems);

}  // namespace atlas
