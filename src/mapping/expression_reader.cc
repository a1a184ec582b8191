#include "mapping/expression_reader.h"

#include <fmt/format.h>

#include <cctype>

namespace atlas {

std::string ExpressionReader::here() {
  if (end()) return "the end";
  std::size_t stop = at_ + 1;
  while (stop < text_.size() && name_part(text_[stop]) && name_part(text_[at_])) ++stop;
  return fmt::format("`{}`", text_.substr(at_, stop - at_));
}

std::optional<std::string> ExpressionReader::name_close() {
  if (at_ < text_.size() && text_[at_] == '`') {
    const std::size_t stop = text_.find('`', at_ + 1);
    if (stop == std::string_view::npos || stop == at_ + 1) {
      fail("a name in backticks that does not end");
      return std::nullopt;
    }
    std::string out(text_.substr(at_ + 1, stop - at_ - 1));
    at_ = stop + 1;
    return out;
  }
  if (at_ >= text_.size() || !name_start(text_[at_])) return std::nullopt;
  const std::size_t from = at_;
  while (at_ < text_.size() && name_part(text_[at_])) ++at_;
  return std::string(text_.substr(from, at_ - from));
}

std::optional<ColumnName> ExpressionReader::column() {
  ColumnName out;
  out.where = where();
  auto first = name();
  if (!first) {
    fail(fmt::format("a column name is expected, not {}", here()));
    return std::nullopt;
  }
  out.column = std::move(*first);
  if (accept_close(".")) {
    auto second = name_close();
    if (!second) {
      fail(fmt::format("after `{}.` a column name is expected", out.column));
      return std::nullopt;
    }
    out.qualifier = std::exchange(out.column, std::move(*second));
  }
  if (accept_close("$") && !path(out)) return std::nullopt;
  return out;
}

std::optional<Literal> ExpressionReader::plain_number() {
  Literal out;
  out.where = where();
  const std::size_t from = at_;
  const auto digit = [&] {
    return at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0;
  };
  while (digit()) ++at_;
  if (at_ < text_.size() && text_[at_] == '.') ++at_;
  while (digit()) ++at_;
  const auto value = Decimal::parse(text_.substr(from, at_ - from));
  if (!value || (at_ < text_.size() && name_part(text_[at_]))) {
    fail_at(from, fmt::format("`{}` is no number", text_.substr(from, at_ + 1 - from)));
    return std::nullopt;
  }
  out.kind = Literal::Kind::kNumber;
  out.text = value->text();
  return out;
}

std::optional<Literal> ExpressionReader::literal() {
  Literal out;
  out.where = where();
  const char c = peek();
  if (c == '\'' || c == '"') {
    if (!quoted(c, out.text)) return std::nullopt;
    out.kind = Literal::Kind::kText;
    return out;
  }
  if (c == '-' || c == '+' || c == '.' || std::isdigit(static_cast<unsigned char>(c)) != 0)
    return number(std::move(out));
  const std::size_t from = offset();
  const auto word = name();
  if (word == "true" || word == "false") {
    out.kind = Literal::Kind::kBool;
    out.text = *word;
    return out;
  }
  if (word == "null") return out;
  if (word == "now") {
    if (!accept("(") || !accept(")")) return fail("`now` is a function: now()"), std::nullopt;
    out.kind = Literal::Kind::kNow;
    return out;
  }
  if (word == "var") {
    auto variable = accept_close(".") ? name_close() : std::nullopt;
    if (!variable) return fail("after `var.` the name of a variable is expected"), std::nullopt;
    out.kind = Literal::Kind::kVariable;
    out.text = std::move(*variable);
    return out;
  }
  fail_at(from,
          word ? fmt::format("`{}` is no constant", *word)
               : fmt::format("a constant is expected, not {}", here()),
          word ? fmt::format("text stands in quotes: '{}'; others: 42, true, null, now(), var.NAME",
                             *word)
               : "'text', 42, true, null, now() or var.NAME");
  return std::nullopt;
}

bool ExpressionReader::path(ColumnName& out) {
  if (at_ >= text_.size() || text_[at_] != '.') {
    fail("after `$` a path is expected: $.member");
    return false;
  }
  while (accept_close(".")) {
    auto member = name_close();
    if (!member) {
      fail("a path consists of member names: $.address.city");
      return false;
    }
    out.path.push_back(std::move(*member));
  }
  if (!elements_ && at_ < text_.size() && text_[at_] == '[') {
    fail("array elements cannot be mapped",
         "map the member that holds the array as a whole, or ignore it");
    return false;
  }
  return true;
}

bool ExpressionReader::quoted(char quote, std::string& out) {
  const std::size_t from = at_++;
  while (at_ < text_.size()) {
    if (text_[at_] == quote) {
      if (at_ + 1 < text_.size() && text_[at_ + 1] == quote)
        ++at_;  // '' inside '…', as in SQL
      else
        return ++at_, true;
    }
    out += text_[at_++];
  }
  fail_at(from, "a text without its closing quote");
  return false;
}

std::optional<Literal> ExpressionReader::number(Literal out) {
  const std::size_t from = at_;
  while (at_ < text_.size() &&
         (name_part(text_[at_]) || text_[at_] == '.' || text_[at_] == '-' || text_[at_] == '+'))
    ++at_;
  const auto value = Decimal::parse(text_.substr(from, at_ - from));
  if (!value) {
    fail_at(from, fmt::format("`{}` is no number", text_.substr(from, at_ - from)));
    return std::nullopt;
  }
  out.kind = Literal::Kind::kNumber;
  out.text = value->text();
  return out;
}

}  // namespace atlas
