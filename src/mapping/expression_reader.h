#pragma once

// Left-to-right reader of one scalar, which all small languages of a mapping share. After the first
// problem every step fails, so that one text gives one problem. One thread.

#include "mapping/expression.h"
#include "model/decimal.h"

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
  std::string here();

  std::optional<std::string> name() {
    skip_spaces();
    return name_close();
  }
  std::optional<std::string> name_close();

  std::optional<ColumnName> column();

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
  std::optional<Literal> plain_number();
  std::optional<Literal> literal();

 private:
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
      ++at_;
  }
  bool path(ColumnName& out);
  bool quoted(char quote, std::string& out);
  std::optional<Literal> number(Literal out);

  const YamlNode& node_;
  std::string_view text_;
  Code code_;
  ProblemList& problems_;
  std::size_t at_ = 0;
  bool failed_ = false;
  bool elements_ = false;
};

}  // namespace atlas
