// The type checker: from the tree as written to nodes that can be evaluated.

#include "mapping/lens_meet.h"
#include "mapping/suggest.h"
#include "mapping/typed_expression.h"
#include "mapping/typed_node.h"
#include "model/text_form.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <set>

namespace atlas {
namespace {

using Kind = ExpressionNode::Kind;
using Op = TypedNode::Op;

std::string_view meet_name(Meet meet) {
  constexpr std::string_view kNames[] = {"bool",     "number", "text",      "bytes",
                                         "date",     "time",   "timestamp", "instant",
                                         "interval", "uuid",   "json",      "other"};
  return kNames[static_cast<std::size_t>(meet)];
}
std::string type_name(std::optional<Meet> type) {
  return type ? std::string(meet_name(*type)) : "null";
}

// What a fault leaves the checker with: thrown and caught in this file alone.
struct Fault {
  ExpressionFault fault;
};

class Checker {
 public:
  Checker(std::span<const ExpressionColumn> columns,
          std::span<const std::pair<std::string, std::pair<Type, std::string>>> variables,
          Arena& arena, std::set<std::uint32_t>& reads)
      : columns_(columns), variables_(variables), arena_(arena), reads_(reads) {}

  TypedNode check(const ExpressionNode& node) {
    switch (node.kind) {
      case Kind::kLiteral:
        return literal(node);
      case Kind::kColumn:
        return column(node);
      case Kind::kCall:
        return call(node);
      case Kind::kAnd:
      case Kind::kOr:
        return logic(node);
      case Kind::kConditional:
        return conditional(node);
      case Kind::kIn:
        return in_list(node);
      case Kind::kMember:
        return member(node);
    }
    return {};
  }

 private:
  [[noreturn]] static void fail(const SourcePosition& where, std::string why,
                                std::string fix = {}) {
    throw Fault{{Code::kExpressionType, where, std::move(why), std::move(fix)}};
  }
  [[noreturn]] static void fail_name(const SourcePosition& where, std::string why,
                                     std::string fix) {
    throw Fault{{Code::kUnknownName, where, std::move(why), std::move(fix)}};
  }

  static TypedNode made(Op op, std::optional<Meet> type, const ExpressionNode& node,
                        std::vector<TypedNode> args = {}) {
    TypedNode out;
    out.op = op;
    out.type = type;
    out.where = node.where;
    out.args = std::move(args);
    return out;
  }
  TypedNode constant(const ExpressionNode& node, std::optional<Meet> type, Value value) {
    TypedNode out = made(Op::kConstant, type, node);
    out.constant = value;
    return out;
  }
  static bool is_constant(const TypedNode& node) { return node.op == Op::kConstant; }

  TypedNode literal(const ExpressionNode& node) {
    const std::string& text = node.literal.text;
    switch (node.literal.kind) {
      case Literal::Kind::kNull:
        return constant(node, std::nullopt, Value::null());
      case Literal::Kind::kBool:
        return constant(node, Meet::kBool, Value::boolean(text == "true"));
      case Literal::Kind::kNumber: {
        const auto whole = Decimal::parse(text)->to_int64();
        return constant(node, Meet::kNumber,
                        whole ? Value::integer(*whole) : Value::decimal(arena_.copy(text)));
      }
      case Literal::Kind::kText:
        return constant(node, Meet::kText, Value::text(arena_.copy(text)));
      case Literal::Kind::kVariable:
        return variable(node);
      case Literal::Kind::kNow:
        fail(node.where, "an expression has no clock", "use now() in `create:` only");
    }
    return {};
  }
  TypedNode variable(const ExpressionNode& node) {
    for (const auto& [name, typed] : variables_) {
      if (name != node.literal.text) continue;
      const auto value = parse_value(typed.second, typed.first, arena_);
      if (!value) fail(node.where, fmt::format("var.{} is no {}", name, type_text(typed.first)));
      return constant(node, natural_meet(typed.first), *value);
    }
    std::vector<std::string> names;
    for (const auto& [name, typed] : variables_) names.push_back(name);
    fail_name(node.where, fmt::format("there is no variable `{}`", node.literal.text),
              suggestion(node.literal.text, names));
  }

  static bool named(const ColumnName& wanted, const ColumnName& column, bool with_path) {
    if (wanted.column != column.column) return false;
    if (!wanted.qualifier.empty() && wanted.qualifier != column.qualifier) return false;
    return with_path ? wanted.path == column.path : column.path.empty();
  }
  TypedNode column(const ExpressionNode& node) {
    for (const bool with_path : {true, false}) {
      if (!with_path && node.column.path.empty()) break;
      for (std::uint32_t i = 0; i < columns_.size(); ++i) {
        if (!named(node.column, columns_[i].name, with_path)) continue;
        reads_.insert(i);
        const Type& type = columns_[i].type;
        TypedNode out =
            made(Op::kColumn,
                 with_path && !node.column.path.empty() ? Meet::kJson : natural_meet(type), node);
        out.column = i;
        out.column_type = type;
        if (with_path) return out;
        return path_of(std::move(out), node);
      }
    }
    std::vector<std::string> names;
    for (const ExpressionColumn& c : columns_) names.push_back(c.name.text());
    fail_name(node.where, fmt::format("the field has no column `{}`", node.column.text()),
              names.empty() ? "" : suggestion(node.column.text(), names));
  }
  TypedNode path_of(TypedNode document, const ExpressionNode& node) {
    if (document.type != Meet::kJson)
      fail(node.where, fmt::format("`{}` is {}, and only JSON has members", node.column.column,
                                   type_name(document.type)));
    TypedNode out = made(Op::kMember, Meet::kJson, node);
    out.path = node.column.path;
    out.args.push_back(std::move(document));
    return out;
  }

  TypedNode of_type(const ExpressionNode& node, Meet wanted, std::string_view what) {
    TypedNode out = check(node);
    if (out.type && out.type != wanted)
      fail(node.where, fmt::format("{} takes {}, and this is {}", what, meet_name(wanted),
                                   type_name(out.type)));
    return out;
  }

  TypedNode logic(const ExpressionNode& node) {
    std::vector<TypedNode> args;
    args.reserve(node.args.size());
    for (const ExpressionNode& arg : node.args)
      args.push_back(of_type(arg, Meet::kBool, fmt::format("`{}`", node.name)));
    return made(node.kind == Kind::kAnd ? Op::kAnd : Op::kOr, Meet::kBool, node, std::move(args));
  }

  // The common type of the parts; null goes with every type.
  std::optional<Meet> common(const std::vector<TypedNode>& args, std::size_t from,
                             const ExpressionNode& node) {
    std::optional<Meet> out;
    for (std::size_t i = from; i < args.size(); ++i) {
      if (out && args[i].type && out != args[i].type)
        fail(node.where,
             fmt::format("{} and {} do not go together", meet_name(*out), meet_name(*args[i].type)),
             "convert one of them: text(…), number(…)");
      if (!out) out = args[i].type;
    }
    return out;
  }

  TypedNode conditional(const ExpressionNode& node) {
    std::vector<TypedNode> args;
    args.push_back(of_type(node.args[0], Meet::kBool, "the condition"));
    args.push_back(check(node.args[1]));
    args.push_back(check(node.args[2]));
    const std::optional<Meet> type = common(args, 1, node);
    return made(Op::kConditional, type, node, std::move(args));
  }

  TypedNode in_list(const ExpressionNode& node) {
    std::vector<TypedNode> args;
    args.reserve(node.args.size());
    for (const ExpressionNode& arg : node.args) args.push_back(check(arg));
    read_texts(args);
    (void)common(args, 0, node);
    expect_comparable(args[0], node);
    return made(Op::kIn, Meet::kBool, node, std::move(args));
  }

  TypedNode member(const ExpressionNode& node) {
    TypedNode document = of_type(node.args[0], Meet::kJson, "`[…]`");
    TypedNode out = made(Op::kMember, Meet::kJson, node);
    const Literal& name = node.args[1].literal;
    if (name.kind == Literal::Kind::kText) {
      out.path = {name.text};
    } else {
      const auto at = Decimal::parse(name.text)->to_int64();
      if (!at || *at < 0) fail(node.args[1].where, "elements are counted from 0");
      out.element = *at;
    }
    out.args.push_back(std::move(document));
    return out;
  }

  // A text constant beside a date, a uuid or the like is read as one.
  void read_texts(std::vector<TypedNode>& args) {
    std::optional<Meet> other;
    for (const TypedNode& arg : args) {
      if (arg.type && arg.type != Meet::kText) other = arg.type;
    }
    const bool readable = other && *other != Meet::kNumber && *other != Meet::kBool &&
                          *other != Meet::kOther && *other != Meet::kJson;
    if (!readable) return;
    for (TypedNode& arg : args) {
      if (!is_constant(arg) || arg.type != Meet::kText) continue;
      const auto value = parse_value(arg.constant.as_text(), meet_type(*other), arena_);
      if (!value)
        fail(arg.where, fmt::format("'{}' is no {}", arg.constant.as_text(), meet_name(*other)));
      arg.constant = value->copy_to(arena_);
      arg.type = other;
    }
  }

  static void expect_comparable(const TypedNode& node, const ExpressionNode& place) {
    if (node.type == Meet::kInterval || node.type == Meet::kOther || node.type == Meet::kJson)
      fail(place.where, fmt::format("{} cannot be compared", type_name(node.type)),
           "take text(…) or number(…) of it");
  }

  std::optional<TypedNode> comparison(const ExpressionNode& node) {
    constexpr std::pair<std::string_view, Op> kOps[] = {
        {"==", Op::kEqual},     {"!=", Op::kNotEqual}, {"<", Op::kLess},
        {"<=", Op::kLessEqual}, {">", Op::kGreater},   {">=", Op::kGreaterEqual}};
    const auto* const found = std::ranges::find(kOps, std::string_view(node.name),
                                                &std::pair<std::string_view, Op>::first);
    if (found == std::end(kOps)) return std::nullopt;
    std::vector<TypedNode> args;
    args.reserve(node.args.size());
    for (const ExpressionNode& arg : node.args) args.push_back(check(arg));
    const bool equality = found->second == Op::kEqual || found->second == Op::kNotEqual;
    const bool null_left = is_constant(args[0]) && args[0].constant.is_null();
    const bool null_right = is_constant(args[1]) && args[1].constant.is_null();
    if (equality && (null_left || null_right)) {
      std::vector<TypedNode> one;
      one.push_back(std::move(args[null_left ? 1 : 0]));
      const bool equal = found->second == Op::kEqual;
      return made(equal ? Op::kIsNull : Op::kIsNotNull, Meet::kBool, node, std::move(one));
    }
    read_texts(args);
    const std::optional<Meet> type = common(args, 0, node);
    if (!equality || type != Meet::kJson) expect_comparable(args[0], node);
    return made(found->second, Meet::kBool, node, std::move(args));
  }

  std::optional<TypedNode> of_any_type(const ExpressionNode& node) {
    constexpr std::pair<std::string_view, Op> kOps[] = {{"coalesce", Op::kCoalesce},
                                                        {"null_if", Op::kNullIf},
                                                        {"min", Op::kLeast},
                                                        {"max", Op::kGreatest},
                                                        {"is_null", Op::kIsNull}};
    const auto* const found = std::ranges::find(kOps, std::string_view(node.name),
                                                &std::pair<std::string_view, Op>::first);
    if (found == std::end(kOps)) return std::nullopt;
    const bool many = found->second == Op::kCoalesce;
    const std::size_t wanted = found->second == Op::kIsNull ? 1 : 2;
    if (many ? node.args.size() < 2 : node.args.size() != wanted)
      fail(node.where,
           fmt::format("{} takes {} argument{}", node.name,
                       many ? "two or more" : std::to_string(wanted), wanted == 1 ? "" : "s"));
    std::vector<TypedNode> args;
    args.reserve(node.args.size());
    for (const ExpressionNode& arg : node.args) args.push_back(check(arg));
    if (found->second == Op::kIsNull) return made(Op::kIsNull, Meet::kBool, node, std::move(args));
    read_texts(args);
    const std::optional<Meet> type = common(args, 0, node);
    if (!many) expect_comparable(args[0], node);
    return made(found->second, type, node, std::move(args));
  }

  static bool fits(const ExpressionFunction& function, const std::vector<TypedNode>& args) {
    if (args.size() > function.args.size() ||
        args.size() + function.optional < function.args.size())
      return false;
    for (std::size_t i = 0; i < args.size(); ++i) {
      if (args[i].type && args[i].type != function.args[i]) return false;
    }
    return true;
  }

  TypedNode call(const ExpressionNode& node) {
    if (auto found = comparison(node)) return std::move(*found);
    if (auto found = of_any_type(node)) return std::move(*found);
    std::vector<TypedNode> args;
    args.reserve(node.args.size());
    for (const ExpressionNode& arg : node.args) args.push_back(check(arg));
    std::vector<const ExpressionFunction*> namesakes;
    for (const ExpressionFunction& function : expression_functions()) {
      if (function.name != node.name) continue;
      namesakes.push_back(&function);
      if (!fits(function, args)) continue;
      TypedNode out = made(Op::kCall, function.gives, node, std::move(args));
      out.function = &function;
      compile_second(out);
      return out;
    }
    if (namesakes.empty()) {
      fail_name(node.where, fmt::format("there is no function `{}`", node.name),
                suggestion(node.name, expression_function_names()));
    }
    refuse_arguments(node, args, namesakes);
  }

  [[noreturn]] static void refuse_arguments(const ExpressionNode& node,
                                            const std::vector<TypedNode>& args,
                                            const std::vector<const ExpressionFunction*>& names) {
    std::string given;
    for (const TypedNode& arg : args) given += (given.empty() ? "" : ", ") + type_name(arg.type);
    std::string fix;
    for (const ExpressionFunction* function : names) {
      if (!fix.empty()) fix += " or ";
      std::string list;
      for (const Meet arg : function->args) {
        if (!list.empty()) list += ", ";
        list += meet_name(arg);
      }
      fix += fmt::format("({})", list);
    }
    const std::string name = node.name == "neg" ? "-" : node.name;
    fail(node.where, fmt::format("`{}` does not take ({})", name, given), "it takes " + fix);
  }

  // A pattern or a zone is compiled once.
  void compile_second(TypedNode& node) {
    if (node.function->second == SecondArgument::kNone) return;
    const TypedNode& text = node.args[1];
    if (!is_constant(text) || text.constant.is_null())
      fail(text.where,
           fmt::format("the second argument of {} is a constant text", node.function->name));
    const std::string spelled(text.constant.as_text());
    if (node.function->second == SecondArgument::kZone) {
      auto zone = find_zone(spelled);
      if (!zone) fail(text.where, zone.error().why(), "an IANA name: 'Europe/Berlin', 'UTC'");
      node.extra.zone = {std::move(*zone), Ambiguous::kLater, Gap::kQuarantine};
      return;
    }
    auto regex = std::make_shared<const re2::RE2>(spelled, re2::RE2::Quiet);
    if (!regex->ok())
      fail(text.where, fmt::format("the pattern is not understood: {}", regex->error()));
    node.extra.regex = std::move(regex);
  }

  std::span<const ExpressionColumn> columns_;
  std::span<const std::pair<std::string, std::pair<Type, std::string>>> variables_;
  Arena& arena_;
  std::set<std::uint32_t>& reads_;
};

}  // namespace

std::variant<Expression, ExpressionFault> Expression::of(
    const ExpressionNode& tree, std::span<const ExpressionColumn> columns,
    std::span<const std::pair<std::string, std::pair<Type, std::string>>> variables) {
  Expression out;
  out.arena_ = std::make_shared<Arena>();
  std::set<std::uint32_t> reads;
  try {
    out.root_ = std::make_shared<const TypedNode>(
        Checker(columns, variables, *out.arena_, reads).check(tree));
  } catch (Fault& fault) {
    return std::move(fault.fault);
  }
  out.reads_.assign(reads.begin(), reads.end());
  return out;
}

std::optional<Meet> Expression::type() const { return root_->type; }

std::vector<std::string> expression_function_names() {
  std::set<std::string> names{"coalesce", "null_if", "min", "max", "is_null"};
  for (const ExpressionFunction& function : expression_functions()) {
    if (std::isalpha(static_cast<unsigned char>(function.name.front())) != 0 &&
        function.name != "neg")
      names.emplace(function.name);
  }
  return {names.begin(), names.end()};
}

}  // namespace atlas
