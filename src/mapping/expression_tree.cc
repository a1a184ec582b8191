// The parser: recursive descent, one function for each level of precedence.

#include "mapping/expression_tree.h"

#include "mapping/expression_reader.h"

#include <fmt/format.h>

#include <array>
#include <span>

namespace atlas {
namespace {

using Kind = ExpressionNode::Kind;
using Parsed = std::optional<ExpressionNode>;

class Parser {
 public:
  Parser(const YamlNode& node, ProblemList& problems)
      : reader_(node, Code::kBadExpression, problems) {}

  Parsed whole() {
    reader_.allow_elements();
    Parsed out = conditional();
    if (out && !reader_.end()) {
      reader_.fail(fmt::format("an operator or the end is expected, not {}", reader_.here()));
      return std::nullopt;
    }
    return out;
  }

 private:
  // Counts how deep the text nests; nullopt once it is too deep.
  class Level {
   public:
    explicit Level(int& depth) : depth_(depth) { ++depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    ~Level() { --depth_; }
    bool too_deep() const { return depth_ > kExpressionDepthMax; }

   private:
    int& depth_;
  };

  Parsed made(ExpressionNode node) {
    if (++nodes_ > kExpressionNodesMax) {
      reader_.fail(fmt::format("an expression has at most {} parts", kExpressionNodesMax));
      return std::nullopt;
    }
    return node;
  }
  Parsed made(Kind kind, std::string name, SourcePosition where, std::vector<ExpressionNode> args) {
    ExpressionNode out;
    out.kind = kind;
    out.name = std::move(name);
    out.where = std::move(where);
    out.args = std::move(args);
    return made(std::move(out));
  }
  static std::vector<ExpressionNode> list(ExpressionNode a, ExpressionNode b) {
    std::vector<ExpressionNode> out;
    out.push_back(std::move(a));
    out.push_back(std::move(b));
    return out;
  }

  Parsed conditional() {
    const Level level(depth_);
    if (level.too_deep()) {
      reader_.fail(fmt::format("an expression nests at most {} deep", kExpressionDepthMax));
      return std::nullopt;
    }
    Parsed condition = either();
    if (!condition) return condition;
    const SourcePosition where = reader_.where();
    if (!reader_.accept("?")) return condition;
    Parsed then = conditional();
    if (!then) return then;
    if (!reader_.accept(":")) {
      reader_.fail(fmt::format("`:` is expected, not {}", reader_.here()), "condition ? a : b");
      return std::nullopt;
    }
    Parsed otherwise = conditional();
    if (!otherwise) return otherwise;
    std::vector<ExpressionNode> args = list(std::move(*condition), std::move(*then));
    args.push_back(std::move(*otherwise));
    return made(Kind::kConditional, "?:", where, std::move(args));
  }

  Parsed either() {
    return chain({{"||"}}, Kind::kOr, [this] { return both(); });
  }
  Parsed both() {
    return chain({{"&&"}}, Kind::kAnd, [this] { return comparison(); });
  }
  Parsed comparison() {
    Parsed left = sum();
    if (!left) return left;
    const SourcePosition where = reader_.where();
    for (const char* sign : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (!reader_.accept(sign)) continue;
      Parsed right = sum();
      if (!right) return right;
      return made(Kind::kCall, sign, where, list(std::move(*left), std::move(*right)));
    }
    if (!reader_.accept("in ") && !reader_.accept("in[")) return left;
    return in_list(std::move(*left), where);
  }
  // `in ` or `in[` was read.
  Parsed in_list(ExpressionNode value, const SourcePosition& where) {
    if (!reader_.opened_list()) {
      reader_.fail(fmt::format("a list is expected, not {}", reader_.here()),
                   "x in ['a', 'b']: a list of constants");
      return std::nullopt;
    }
    std::vector<ExpressionNode> args;
    args.push_back(std::move(value));
    do {
      Parsed item = unary();
      if (!item) return item;
      if (item->kind != Kind::kLiteral || item->literal.kind == Literal::Kind::kNull) {
        reader_.fail("a list holds constants", "x in ['a', 'b']");
        return std::nullopt;
      }
      args.push_back(std::move(*item));
    } while (reader_.accept(","));
    if (!reader_.accept("]")) {
      reader_.fail(fmt::format("`]` is expected, not {}", reader_.here()));
      return std::nullopt;
    }
    return made(Kind::kIn, "in", where, std::move(args));
  }
  Parsed sum() {
    return chain({{"+", "-"}}, Kind::kCall, [this] { return product(); });
  }
  Parsed product() {
    return chain({{"*", "/", "%"}}, Kind::kCall, [this] { return unary(); });
  }

  // left (sign right)*, grouped from the left.
  template <class Next>
  Parsed chain(std::array<const char*, 3> signs, Kind kind, const Next& next) {
    Parsed out = next();
    while (out) {
      const SourcePosition where = reader_.where();
      const char* found = nullptr;
      for (const char* sign : signs) {
        if (sign != nullptr && found == nullptr && reader_.accept(sign)) found = sign;
      }
      if (found == nullptr) return out;
      Parsed right = next();
      if (!right) return right;
      out = made(kind, found, where, list(std::move(*out), std::move(*right)));
    }
    return out;
  }

  Parsed unary() {
    const Level level(depth_);
    if (level.too_deep()) {
      reader_.fail(fmt::format("an expression nests at most {} deep", kExpressionDepthMax));
      return std::nullopt;
    }
    const SourcePosition where = reader_.where();
    const bool negates = reader_.peek() == '!';
    if (!negates && reader_.peek() != '-') return postfix();
    (void)reader_.accept(negates ? "!" : "-");
    Parsed inner = unary();
    if (!inner) return inner;
    if (!negates && inner->kind == Kind::kLiteral &&
        inner->literal.kind == Literal::Kind::kNumber && !inner->literal.text.starts_with('-')) {
      inner->literal.text = Decimal::parse(inner->literal.text)->negated().text();
      return inner;
    }
    std::vector<ExpressionNode> args;
    args.push_back(std::move(*inner));
    return made(Kind::kCall, negates ? "!" : "neg", where, std::move(args));
  }

  Parsed postfix() {
    Parsed out = primary();
    while (out) {
      const SourcePosition where = reader_.where();
      if (!reader_.accept("[")) return out;
      Parsed member = unary();
      if (!member) return member;
      const bool known =
          member->kind == Kind::kLiteral && (member->literal.kind == Literal::Kind::kText ||
                                             member->literal.kind == Literal::Kind::kNumber);
      if (!known || !reader_.accept("]")) {
        reader_.fail("a member's name or an element's number is expected", "document['name'][0]");
        return std::nullopt;
      }
      out = made(Kind::kMember, "[]", where, list(std::move(*out), std::move(*member)));
    }
    return out;
  }

  Parsed literal(std::optional<Literal> value) {
    if (!value) return std::nullopt;
    ExpressionNode out;
    out.where = value->where;
    out.literal = std::move(*value);
    return made(std::move(out));
  }

  Parsed primary() {
    const char c = reader_.peek();
    if (c == '(') {
      (void)reader_.accept("(");
      Parsed inner = conditional();
      if (inner && !reader_.accept(")")) {
        reader_.fail(fmt::format("`)` is expected, not {}", reader_.here()));
        return std::nullopt;
      }
      return inner;
    }
    if (c == '\'' || c == '"') return literal(reader_.literal());
    if (c >= '0' && c <= '9') return literal(reader_.plain_number());
    if (reader_.at_word("true") || reader_.at_word("false") || reader_.at_word("null") ||
        reader_.at_word("var"))
      return literal(reader_.literal());
    return name();
  }

  // A column, or a function with its arguments.
  Parsed name() {
    ExpressionNode out;
    out.where = reader_.where();
    if (reader_.end()) {
      reader_.fail("the expression ends too early");
      return std::nullopt;
    }
    auto column = reader_.column();
    if (!column) return std::nullopt;
    if (reader_.peek() != '(' || !column->qualifier.empty() || !column->path.empty()) {
      out.kind = Kind::kColumn;
      out.column = std::move(*column);
      return made(std::move(out));
    }
    (void)reader_.accept("(");
    out.kind = Kind::kCall;
    out.name = std::move(column->column);
    if (reader_.accept(")")) return made(std::move(out));
    do {
      Parsed argument = conditional();
      if (!argument) return argument;
      out.args.push_back(std::move(*argument));
    } while (reader_.accept(","));
    if (!reader_.accept(")")) {
      reader_.fail(fmt::format("`,` or `)` is expected, not {}", reader_.here()));
      return std::nullopt;
    }
    return made(std::move(out));
  }

  ExpressionReader reader_;
  std::size_t nodes_ = 0;
  int depth_ = 0;
};

}  // namespace

std::optional<ExpressionNode> parse_expression(const YamlNode& node, ProblemList& problems) {
  if (!node.is_scalar()) {
    problems.refuse(Code::kBadExpression, node.where,
                    fmt::format("an expression is expected, not {}", node.kind_text()));
    return std::nullopt;
  }
  return Parser(node, problems).whole();
}

}  // namespace atlas
