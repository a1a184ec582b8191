#pragma once

// Left-to-right reader of one scalar, which all small languages of a mapping share. After the first
// problem every step fails, so that one text gives one problem. One thread.

#include "mapping/expression.h"
#include "model/decimal.h"

#include <fmt/format.h>

#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace atlas {

inline bool name_start(char c) {
  return c == '_' || std::isalpha(static_cast<unsigned char>(c)) != 0 ||
         static_cast<unsigned char>(c) >= 0x80;
}
inline bool name_part(char c) {
  return name_start(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
}

class ExpressionReader {
 public:
  ExpressionReader(const YamlNode& node, Code code, ProblemList& problems)
      : node_(node), text_(node.text), code_(code), problems_(problems) {}

  // In an expression `[…]` may follow a path.
  void allow_elements() { elements_ = true; }
  bool end() {
    skip_spaces();
    return at_ >= text_.size();
  }
  bool failed() const { return failed_; }
  char peek() {
    skip_spaces();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(std::string_view word) {
    skip_spaces();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  // Without skipping spaces: the parts of one name stand together.
  bool accept_close(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void fail(std::string why, std::string fix = {}) { fail_at(at_, std::move(why), std::move(fix)); }
  void fail_at(std::size_t offset, std::string why, std::string fix = {}) {
    if (!failed_) problems_.refuse(code_, node_.at(offset), std::move(why), std::move(fix));
    failed_ = true;
  }
  std::size_t offset() {
    skip_spaces();
    return at_;
  }
  SourcePosition where() { return node_.at(offset()); }
  // What stands here, for messages.
  std::string here() {
    if (end()) return "the end";
    std::size_t stop = at_ + 1;
    while (stop < text_.size() && name_part(text_[stop]) && name_part(text_[at_])) ++stop;
    return fmt::format("`{}`", text_.substr(at_, stop - at_));
  }

  std::optional<std::string> name() {
    skip_spaces();
    return name_close();
  }
  std::optional<std::string> name_close() {
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

  std::optional<ColumnName> column() {
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

  // Whether the whole word stands here; nothing is read.
  bool at_word(std::string_view word) {
    skip_spaces();
    if (!text_.substr(at_).starts_with(word)) return false;
    const std::size_t end = at_ + word.size();
    return end >= text_.size() || !name_part(text_[end]);
  }
  // After the word `in`: whether its list begins.
  bool opened_list() { return (at_ > 0 && text_[at_ - 1] == '[') || accept("["); }
  // Digits with at most one point, without a sign: in an expression `-` is an operator.
  std::optional<Literal> plain_number() {
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
  std::optional<Literal> literal() {
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
            word
                ? fmt::format(
                      "text stands in quotes: '{}'; others: 42, true, null, now(), var.NAME", *word)
                : "'text', 42, true, null, now() or var.NAME");
    return std::nullopt;
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
      ++at_;
  }
  bool path(ColumnName& out) {
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
  bool quoted(char quote, std::string& out) {
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
  std::optional<Literal> number(Literal out) {
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

  const YamlNode& node_;
  std::string_view text_;
  Code code_;
  ProblemList& problems_;
  std::size_t at_ = 0;
  bool failed_ = false;
  bool elements_ = false;
};

}  // namespace atlas
