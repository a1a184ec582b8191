#include "tools/tidy/source_text.h"

#include <re2/re2.h>

#include <cctype>

namespace atlas::tidy {
namespace {

// Reads C++ one character at a time and sorts each into code or comment.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::vector<Line> run() {
    while (at_ < text_.size()) step();
    if (!line_.raw.empty()) end_line();
    return std::move(lines_);
  }

 private:
  enum class Sink { kCode, kComment, kNothing };

  void step() {
    const std::string_view rest = text_.substr(at_);
    const char c = rest.front();
    if (rest.starts_with("//")) {
      take_until("\n", Sink::kComment, 0);
    } else if (rest.starts_with("/*")) {
      take_until("*/", Sink::kComment, 2);
    } else if (rest.starts_with("R\"") && !after_word()) {
      const std::size_t open = rest.find('(');
      const std::string close =
          ")" + std::string(rest.substr(2, open == rest.npos ? 0 : open - 2)) + "\"";
      take(Sink::kCode, 2);
      take_until(close, Sink::kNothing, close.size());
    } else if (c == '"' || (c == '\'' && !after_word())) {
      take_quoted(c);
    } else {
      take(Sink::kCode, 1);
    }
  }

  // After a letter or digit: the ' of 1'000, the R of a longer name.
  [[nodiscard]] bool after_word() const {
    return at_ > 0 &&
           (std::isalnum(static_cast<unsigned char>(text_[at_ - 1])) != 0 || text_[at_ - 1] == '_');
  }

  void take(Sink sink, std::size_t count) {
    for (; count > 0 && at_ < text_.size(); --count) {
      const char c = text_[at_++];
      if (c == '\n') {
        end_line();
        continue;
      }
      line_.raw += c;
      line_.code += sink == Sink::kCode ? c : ' ';
      line_.comment += sink == Sink::kComment ? c : ' ';
    }
  }

  // Takes all before `end` and `with_end` characters more.
  void take_until(std::string_view end, Sink sink, std::size_t with_end) {
    const std::size_t found = text_.find(end, at_);
    take(sink, found == text_.npos ? text_.size() - at_ : found - at_ + with_end);
  }

  void take_quoted(char quote) {
    take(Sink::kCode, 1);
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
      take(Sink::kNothing, text_[at_] == '\\' ? 2 : 1);
    }
    if (at_ < text_.size() && text_[at_] == quote) take(Sink::kCode, 1);
  }

  void end_line() {
    lines_.push_back(std::move(line_));
    line_ = {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Line line_;
  std::vector<Line> lines_;
};

bool allows(const Line& line, std::string_view rule) {
  static const RE2 pattern(R"(tidy: allow\(([a-z-]+)\) \w+)");
  re2::StringPiece rest(line.comment);
  std::string name;
  while (RE2::FindAndConsume(&rest, pattern, &name)) {
    if (name == rule) return true;
  }
  return false;
}

}  // namespace

std::vector<Line> split_source(std::string_view text) { return Splitter(text).run(); }

std::optional<Include> include_on(const Line& line) {
  static const RE2 directive(R"(^\s*#\s*include\b)");
  static const RE2 parts(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  if (!RE2::PartialMatch(line.code, directive)) return std::nullopt;
  std::string open;
  Include include;
  if (!RE2::PartialMatch(line.raw, parts, &open, &include.path)) return std::nullopt;
  include.quoted = open == "\"";
  return include;
}

bool allowed(const std::vector<Line>& lines, std::size_t index, std::string_view rule) {
  if (allows(lines[index], rule)) return true;
  if (index == 0) return false;
  const Line& above = lines[index - 1];
  return above.code.find_first_not_of(' ') == std::string::npos && allows(above, rule);
}

}  // namespace atlas::tidy
