#pragma once

// An expression after type checking: evaluates rows, and prints itself as SQL where the database
// means the same (MAPPING §3). Total: an operation without an answer (a division by zero, a text
// that is no number) refuses the value with a reason. Null is unknown, as in SQL.

#include "mapping/expression_tree.h"
#include "mapping/lens.h"
#include "mapping/lens_meet.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace atlas {

// What an expression may name, by position of its cell.
struct ExpressionColumn {
  ColumnName name;
  Type type;
};

// Why an expression does not fit its columns.
struct ExpressionFault {
  Code code = Code::kExpressionType;
  SourcePosition where;
  std::string why, fix;
};

enum class SqlDialect : std::uint8_t { kPostgres, kSqlite };

struct TypedNode;  // typed_node.h

// Immutable; any thread.
class Expression {
 public:
  // Types `tree` over `columns`. `variables`: the texts of var.NAME with their types.
  static std::variant<Expression, ExpressionFault> of(
      const ExpressionNode& tree, std::span<const ExpressionColumn> columns,
      std::span<const std::pair<std::string, std::pair<Type, std::string>>> variables = {});

  // The form of the answer; nullopt: it is always null.
  std::optional<Meet> type() const;
  // `cells`: the columns' values in their natural form (Column::read with natural_meet), by
  // position. The answer may be null; its content is borrowed from cells, arena or the expression.
  Fit evaluate(std::span<const Value> cells, Arena& arena, Value& out) const;
  // Positions of the columns it reads, ascending.
  const std::vector<std::uint32_t>& reads() const { return reads_; }
  // As SQL over the columns' names, where the database means the same for every value; nullopt
  // otherwise. `names`: each column as it stands in the statement, quoted.
  std::optional<std::string> sql(SqlDialect dialect, std::span<const std::string> names) const;
  // What of it the database does not mean alike: functions and operators, for messages.
  std::vector<std::string> not_in_sql(SqlDialect dialect) const;

 private:
  Expression() = default;
  std::shared_ptr<const TypedNode> root_;  // shared: plans and their tests copy it
  std::vector<std::uint32_t> reads_;
  std::shared_ptr<Arena> arena_;  // of its constants
};

// The functions of the language by name, for suggestions and the reference page.
std::vector<std::string> expression_function_names();

}  // namespace atlas
