#include "mapping/lens_array.h"

#include "mapping/lens_json_edit.h"
#include "mapping/lens_json_scan.h"
#include "model/text_scan.h"

#include <algorithm>

namespace atlas {
namespace {

constexpr std::string_view kArraySpaces = " \t\n\r\v\f";

bool needs_quotes(std::string_view text) {
  return text.empty() || equals_ignoring_case(text, "null") ||
         text.find_first_of("{},\"\\") != std::string_view::npos ||
         text.find_first_of(kArraySpaces) != std::string_view::npos;
}

}  // namespace

ListScan::ListScan(ListForm form, std::string_view text) : form_(form), text_(text) {}

ListScan::Step ListScan::next(Arena& arena, std::string_view& element) {
  return form_ == ListForm::kArray ? next_of_array(arena, element) : next_of_json(arena, element);
}

void ListScan::skip_space() {
  while (at_ < text_.size() && kArraySpaces.find(text_[at_]) != std::string_view::npos) ++at_;
}

ListScan::Step ListScan::next_of_array(Arena& arena, std::string_view& element) {
  skip_space();
  if (first_) {
    if (!at('{')) return Step::kBad;
    ++at_;
    skip_space();
  }
  if (at('}')) return Step::kEnd;
  if (!first_) {
    if (!at(',')) return Step::kBad;
    ++at_;
    skip_space();
  }
  first_ = false;
  if (at('"')) return quoted(arena, element);
  const std::size_t begin = at_;
  at_ = std::min(text_.find_first_of(",{}\"\\", begin), text_.size());
  element = text_.substr(begin, at_ - begin);
  while (!element.empty() && kArraySpaces.find(element.back()) != std::string_view::npos)
    element.remove_suffix(1);
  if (element.empty() || equals_ignoring_case(element, "null")) return Step::kBad;
  return at(',') || at('}') ? Step::kElement : Step::kBad;
}

// "a \"b\"": a backslash stands before any character.
ListScan::Step ListScan::quoted(Arena& arena, std::string_view& element) {
  const std::size_t begin = ++at_;
  bool escapes = false;
  while (at_ < text_.size() && text_[at_] != '"') {
    escapes |= text_[at_] == '\\';
    at_ += text_[at_] == '\\' ? 2 : 1;
  }
  if (at_ >= text_.size()) return Step::kBad;
  element = text_.substr(begin, at_ - begin);
  ++at_;
  if (!escapes) return Step::kElement;
  char* const plain = arena.allocate(element.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < element.size(); ++i) {
    if (element[i] == '\\') ++i;
    plain[size++] = element[i];
  }
  element = {plain, size};
  return Step::kElement;
}

ListScan::Step ListScan::next_of_json(Arena& arena, std::string_view& element) {
  JsonScan scan(text_, at_);
  scan.skip_space();
  if (first_ && !scan.eat('[')) return Step::kBad;
  scan.skip_space();
  if (scan.peek() == ']') return Step::kEnd;
  if (!first_ && !scan.eat(',')) return Step::kBad;
  first_ = false;
  scan.skip_space();
  const std::size_t begin = scan.at();
  if (scan.peek() != '"' || !scan.skip_string()) return Step::kBad;
  at_ = scan.at();
  const std::string_view string = text_.substr(begin, at_ - begin);
  return json_unquote(string, arena, element).ok() ? Step::kElement : Step::kBad;
}

std::string list_element(ListForm form, std::string_view text) {
  std::string out;
  if (form == ListForm::kJson) {
    json_quote(out, text);
    return out;
  }
  if (!needs_quotes(text)) return std::string(text);
  out = '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
  return out;
}

}  // namespace atlas
