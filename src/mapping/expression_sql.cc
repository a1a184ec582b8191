// SQL text: only what the database means exactly as the evaluator does. Text is compared by bytes,
// numbers in PostgreSQL are numeric; SQLite has exact whole numbers only, and no arithmetic that
// could leave them.

#include "mapping/typed_expression.h"
#include "mapping/typed_node.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

using Op = TypedNode::Op;

class SqlWriter {
 public:
  SqlWriter(SqlDialect dialect, std::span<const std::string> names)
      : dialect_(dialect), names_(names) {}

  // Empty where the node is not pushed down.
  std::string write(const TypedNode& node) {
    switch (node.op) {
      case Op::kConstant:
        return constant(node);
      case Op::kColumn:
        return column(node);
      case Op::kCall:
        return call(node);
      case Op::kAnd:
        return joined(node, "({} and {})");
      case Op::kOr:
        return joined(node, "({} or {})");
      case Op::kConditional:
        return conditional(node);
      case Op::kIn:
        return in_list(node);
      case Op::kMember:
      case Op::kLeast:
      case Op::kGreatest:
        return lacking(node.op == Op::kMember ? "[]" : node.op == Op::kLeast ? "min" : "max");
      case Op::kIsNull:
        return one(node, "({} is null)");
      case Op::kIsNotNull:
        return one(node, "({} is not null)");
      case Op::kCoalesce:
        return coalesce(node);
      case Op::kNullIf:
        return compared(node, "null_if") ? joined(node, "nullif({}, {})") : "";
      case Op::kEqual:
        return comparison(node, "({} = {})");
      case Op::kNotEqual:
        return comparison(node, "({} <> {})");
      case Op::kLess:
        return comparison(node, "({} < {})");
      case Op::kLessEqual:
        return comparison(node, "({} <= {})");
      case Op::kGreater:
        return comparison(node, "({} > {})");
      case Op::kGreaterEqual:
        return comparison(node, "({} >= {})");
    }
    return {};
  }
  std::vector<std::string> take_lacking() && { return std::move(lacking_); }

 private:
  bool postgres() const { return dialect_ == SqlDialect::kPostgres; }
  std::string lacking(std::string what) {
    if (std::ranges::find(lacking_, what) == lacking_.end()) lacking_.push_back(std::move(what));
    return {};
  }

  static std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
      out += c;
      if (c == '\'') out += c;
    }
    return out + "'";
  }

  std::string constant(const TypedNode& node) {
    if (node.constant.is_null()) return null_of(node.type);
    if (node.type == Meet::kNumber) {
      const std::string text = value_text(node.constant);
      if (postgres()) return fmt::format("({})::numeric", text);
      return node.constant.tag() == Tag::kInt ? fmt::format("({})", text) : lacking("decimals");
    }
    if (node.type == Meet::kBool) {
      const bool yes = node.constant.as_bool();
      return postgres() ? (yes ? "true" : "false") : (yes ? "1" : "0");
    }
    if (node.type == Meet::kText) {
      const std::string text = quoted(node.constant.as_text());
      return postgres() ? "(" + text + "::text collate \"C\")" : text;
    }
    if (postgres() && (node.type == Meet::kDate || node.type == Meet::kTimestamp ||
                       node.type == Meet::kInstant || node.type == Meet::kUuid))
      return fmt::format("{}::{}", quoted(value_text(node.constant)), cast_name(*node.type));
    return lacking("constants of this type");
  }
  static std::string_view cast_name(Meet meet) {
    if (meet == Meet::kDate) return "date";
    if (meet == Meet::kTimestamp) return "timestamp";
    if (meet == Meet::kInstant) return "timestamptz";
    if (meet == Meet::kUuid) return "uuid";
    if (meet == Meet::kNumber) return "numeric";
    return meet == Meet::kBool ? "bool" : "text";
  }
  std::string null_of(std::optional<Meet> type) const {
    if (!postgres() || !type) return "null";
    return fmt::format("null::{}", cast_name(*type));
  }

  // A null constant takes the type of what it stands beside.
  std::string write_as(const TypedNode& node, std::optional<Meet> type) {
    if (node.op == Op::kConstant && node.constant.is_null()) return null_of(type);
    return write(node);
  }

  std::string column(const TypedNode& node) {
    const std::string& name = names_[node.column];
    const TypeKind kind = node.column_type.kind;
    if (postgres()) {
      if (is_integer(kind) || kind == TypeKind::kNumeric) return name + "::numeric";
      if (kind == TypeKind::kFloat4 || kind == TypeKind::kFloat8) return lacking("floats");
      if (is_text(kind)) return fmt::format("({}::text collate \"C\")", name);
      const bool plain = kind == TypeKind::kBool || kind == TypeKind::kDate ||
                         kind == TypeKind::kTimestamp || kind == TypeKind::kTimestampTz ||
                         kind == TypeKind::kUuid;
      return plain ? name : lacking(std::string(type_kind_name(kind)));
    }
    if (is_integer(kind) || kind == TypeKind::kBool) return name;
    if (kind == TypeKind::kText || kind == TypeKind::kVarchar) return name;
    return lacking(std::string(type_kind_name(kind)));
  }

  std::string one(const TypedNode& node, const char* form) {
    const std::string arg = write(node.args[0]);
    return arg.empty() ? "" : fmt::format(fmt::runtime(form), arg);
  }
  std::string joined(const TypedNode& node, const char* form) {
    const std::optional<Meet> type = node.args[0].type ? node.args[0].type : node.args[1].type;
    const std::string left = write_as(node.args[0], type);
    const std::string right = write_as(node.args[1], type);
    return left.empty() || right.empty() ? "" : fmt::format(fmt::runtime(form), left, right);
  }

  // Whether values of this form compare alike there.
  bool compared(const TypedNode& node, const char* what) {
    const std::optional<Meet> type = node.args[0].type ? node.args[0].type : node.args[1].type;
    const bool alike = type != Meet::kJson && type != Meet::kBytes && type != Meet::kOther;
    if (!alike) (void)lacking(what);
    return alike;
  }
  std::string comparison(const TypedNode& node, const char* form) {
    return compared(node, "comparison") ? joined(node, form) : "";
  }
  std::string conditional(const TypedNode& node) {
    const std::string condition = write(node.args[0]);
    const std::string then = write_as(node.args[1], node.type);
    const std::string otherwise = write_as(node.args[2], node.type);
    if (condition.empty() || then.empty() || otherwise.empty()) return {};
    return fmt::format("(case when {} then {} else {} end)", condition, then, otherwise);
  }
  std::string coalesce(const TypedNode& node) {
    std::string out;
    for (const TypedNode& arg : node.args) {
      const std::string text = write_as(arg, node.type);
      if (text.empty()) return {};
      out += (out.empty() ? "coalesce(" : ", ") + text;
    }
    return out + ")";
  }
  std::string in_list(const TypedNode& node) {
    std::string out;
    for (const TypedNode& arg : node.args) {
      const std::string text = write_as(arg, node.args[0].type);
      if (text.empty()) return {};
      out += out.empty() ? "(" + text + " in (" : text + ", ";
    }
    out.resize(out.size() - 2);
    return out + "))";
  }

  static bool whole_at_least(const TypedNode& node, int least) {
    constexpr std::int64_t kFar = 1'000'000;
    return node.op == Op::kConstant && node.constant.tag() == Tag::kInt &&
           node.constant.as_int() >= least && node.constant.as_int() <= kFar;
  }
  std::string call(const TypedNode& node) {
    const ExpressionFunction& function = *node.function;
    const std::string_view form = postgres() ? function.postgres : function.sqlite;
    const std::string name(function.name == "neg" ? "-" : function.name);
    if (form.empty()) return lacking(name);
    std::vector<std::string> args;
    for (std::size_t i = 0; i < node.args.size(); ++i) {
      if (function.constants_from && i > 0 &&
          !whole_at_least(node.args[i], *function.constants_from))
        return lacking(name);
      args.push_back(write_as(node.args[i], function.args[i]));
      if (args.back().empty()) return {};
    }
    if (args.size() < function.args.size()) return lacking(name);
    return filled(form, args);
  }
  static std::string filled(std::string_view form, const std::vector<std::string>& args) {
    std::string out;
    for (std::size_t at = 0; at < form.size(); ++at) {
      if (form[at] == '{') {
        out += args[static_cast<std::size_t>(form[at + 1] - '0')];
        at += 2;
      } else {
        out += form[at];
      }
    }
    return out;
  }

  SqlDialect dialect_;
  std::span<const std::string> names_;
  std::vector<std::string> lacking_;
};

std::size_t columns_of(const TypedNode& node) {
  std::size_t out = node.op == Op::kColumn ? node.column + 1 : 0;
  for (const TypedNode& arg : node.args) out = std::max(out, columns_of(arg));
  return out;
}

}  // namespace

std::optional<std::string> Expression::sql(SqlDialect dialect,
                                           std::span<const std::string> names) const {
  std::string text = SqlWriter(dialect, names).write(*root_);
  if (text.empty()) return std::nullopt;
  return text;
}

std::vector<std::string> Expression::not_in_sql(SqlDialect dialect) const {
  const std::vector<std::string> names(columns_of(*root_), "x");
  SqlWriter writer(dialect, names);
  (void)writer.write(*root_);
  return std::move(writer).take_lacking();
}

}  // namespace atlas
