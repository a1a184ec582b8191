#include "mapping/expression.h"

#include "mapping/expression_reader.h"

#include <fmt/format.h>

namespace atlas {
namespace {

// Operators of the wider language that scope and `when` do not have.
std::string refused_operator(ExpressionReader& reader) {
  for (const std::string_view word : {"||", "!=", "<=", ">=", "<", ">", "=", "in ", "&"}) {
    if (reader.accept(word)) return std::string(word);
  }
  return {};
}

bool read_columns(ExpressionReader& reader, std::vector<ColumnName>& out) {
  if (reader.end() || reader.peek() == '<' || reader.peek() == '-') return true;
  do {
    auto column = reader.column();
    if (!column) return false;
    out.push_back(std::move(*column));
  } while (reader.accept(","));
  return true;
}

}  // namespace

std::string ColumnName::text() const {
  std::string out = qualifier.empty() ? column : qualifier + "." + column;
  if (!path.empty()) out += '$';
  for (const std::string& member : path) out += "." + member;
  return out;
}

std::string columns_text(const std::vector<ColumnName>& columns) {
  std::string out;
  for (const ColumnName& column : columns) {
    if (!out.empty()) out += ", ";
    out += column.text();
  }
  return out;
}

std::optional<std::vector<Equality>> parse_conjunction(const YamlNode& node,
                                                       ProblemList& problems) {
  ExpressionReader reader(node, Code::kBadExpression, problems);
  std::vector<Equality> out;
  do {
    auto column = reader.column();
    if (!column) return std::nullopt;
    if (!column->path.empty())
      return reader.fail("a JSON path cannot be compared here"), std::nullopt;
    const std::size_t operator_at = reader.offset();
    if (!reader.accept("==")) {
      const std::string found = refused_operator(reader);
      reader.fail_at(operator_at,
                     found.empty() ? fmt::format("`==` is expected, not {}", reader.here())
                                   : fmt::format("`{}` cannot be used here", found),
                     "join equalities by &&: tenant_id == var.TENANT && kind == 'staff'");
      return std::nullopt;
    }
    auto value = reader.literal();
    if (!value) return std::nullopt;
    if (value->kind == Literal::Kind::kNow || value->kind == Literal::Kind::kNull) {
      return reader.fail("a column is compared with a fixed value"), std::nullopt;
    }
    out.push_back({std::move(*column), std::move(*value)});
  } while (reader.accept("&&"));
  if (!reader.end()) {
    const std::size_t from = reader.offset();
    const std::string found = refused_operator(reader);
    reader.fail_at(from,
                   found.empty() ? fmt::format("`&&` or the end is expected, not {}", reader.here())
                                 : fmt::format("`{}` cannot be used here", found),
                   "join equalities by &&: tenant_id == var.TENANT && kind == 'staff'");
    return std::nullopt;
  }
  return out;
}

std::optional<Literal> parse_literal(const YamlNode& node, ProblemList& problems) {
  ExpressionReader reader(node, Code::kBadExpression, problems);
  auto out = reader.literal();
  if (out && !reader.end())
    return reader.fail(fmt::format("after the constant comes {}", reader.here())), std::nullopt;
  return out;
}

std::optional<ColumnName> parse_column(const YamlNode& node, ProblemList& problems) {
  ExpressionReader reader(node, Code::kFieldSyntax, problems);
  auto out = reader.column();
  if (out && !reader.end())
    return reader.fail(fmt::format("after the column comes {}", reader.here())), std::nullopt;
  return out;
}

std::optional<FieldLine> parse_field_line(const YamlNode& node, ProblemList& problems) {
  ExpressionReader reader(node, Code::kFieldSyntax, problems);
  FieldLine out;
  if (!read_columns(reader, out.legacy)) return std::nullopt;
  if (reader.accept("<->")) {
    out.direction = Direction::kBoth;
  } else if (reader.accept("<-")) {
    out.direction = Direction::kToLegacy;
  } else if (reader.accept("->")) {
    out.direction = Direction::kToPlatform;
  } else {
    reader.fail(fmt::format("an arrow is expected, not {}", reader.here()),
                "write `legacy columns <-> platform columns`, or -> or <- for one way");
    return std::nullopt;
  }
  if (!read_columns(reader, out.platform)) return std::nullopt;
  if (!reader.end()) {
    reader.fail(fmt::format("a comma or the end is expected, not {}", reader.here()));
    return std::nullopt;
  }
  return out;
}

}  // namespace atlas
