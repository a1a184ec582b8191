#include "mapping/pattern_regex.h"

#include "model/text_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace atlas {
namespace {

constexpr int kRepeatMax = 1000;
constexpr int kDepthMax = 20;
constexpr char32_t kLast = 0x10FFFF;

// Sorts, joins, and leaves out what no text has.
CodeSet tidy(CodeSet set) {
  std::ranges::sort(set, {}, &CodeRange::first);
  CodeSet out;
  const auto add = [&](char32_t first, char32_t last) {
    if (first > last) return;
    if (!out.empty() && first <= out.back().last + 1)
      out.back().last = std::max(out.back().last, last);
    else
      out.push_back({first, last});
  };
  for (const CodeRange& range : set) {
    add(std::max<char32_t>(range.first, 1), std::min<char32_t>(range.last, 0xD7FF));
    add(std::max<char32_t>(range.first, 0xE000), std::min(range.last, kLast));
  }
  return out;
}

CodeSet complement(const CodeSet& set) {
  CodeSet out;
  char32_t next = 1;
  for (const CodeRange& range : set) {
    if (range.first > next) out.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  out.push_back({next, kLast});
  return tidy(std::move(out));
}

// The character at the start of `text`, which is valid UTF-8.
char32_t take_character(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t out = size == 1 ? lead : lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size && i < text.size(); ++i)
    out = out << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  text.remove_prefix(std::min(size, text.size()));
  return out;
}

const CodeSet kDigits = {{'0', '9'}};
const CodeSet kWord = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
const CodeSet kSpace = {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};

class Parser {
 public:
  explicit Parser(std::string_view text) : whole_(text), text_(text) {}

  Result<RegexNode> run() {
    ATLAS_TRY(RegexNode out, choice(0));
    if (!text_.empty()) return refuse("`)` closes nothing", "write `\\)` for the character");
    return out;
  }

 private:
  Error refuse(std::string_view what, std::string_view fix) const {
    return Error(Code::kWrongShape, fmt::format("the group's expression `{}`: {}", whole_, what))
        .advise(std::string(fix));
  }
  bool eat(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }

  Result<RegexNode> choice(int depth) {
    if (depth > kDepthMax) return refuse("too many groups inside each other", "write it simpler");
    RegexNode out;
    out.kind = RegexNode::Kind::kChoice;
    do {
      ATLAS_TRY(RegexNode part, sequence(depth));
      out.parts.push_back(std::move(part));
    } while (eat('|'));
    if (out.parts.size() > 1) return out;
    RegexNode only = std::move(out.parts.front());
    return only;
  }

  Result<RegexNode> sequence(int depth) {
    RegexNode out;
    while (!text_.empty() && text_.front() != '|' && text_.front() != ')') {
      ATLAS_TRY(RegexNode part, item(depth));
      ATLAS_TRY(part, repeated(std::move(part)));
      out.parts.push_back(std::move(part));
    }
    return out;
  }

  Result<RegexNode> item(int depth) {
    if (eat('(')) {
      if (eat('?') && !(eat(':')))
        return refuse("`(?` begins something that is not understood", "write `(…)`");
      ATLAS_TRY(RegexNode inner, choice(depth + 1));
      if (!eat(')')) return refuse("a `(` is not closed", "write `\\(` for the character");
      return inner;
    }
    RegexNode out;
    out.kind = RegexNode::Kind::kSet;
    if (eat('.')) {
      out.set = complement({{'\n', '\n'}});
    } else if (eat('[')) {
      ATLAS_TRY(out.set, character_class());
    } else if (eat('\\')) {
      ATLAS_TRY(out.set, escape());
    } else if (std::string_view("*+?{^$").find(text_.front()) != std::string_view::npos) {
      return refuse(fmt::format("`{}` stands where a character is expected", text_.front()),
                    fmt::format("write `\\{}` for the character; a group matches as a whole "
                                "without `^` and `$`",
                                text_.front()));
    } else {
      const char32_t c = take_character(text_);
      out.set = {{c, c}};
    }
    return out;
  }

  Result<CodeSet> escape() {
    if (text_.empty()) return refuse("nothing follows the `\\` at the end", "write `\\\\`");
    const char c = text_.front();
    if (!is_digit(c) && !is_ascii_letter(c)) {
      const char32_t code = take_character(text_);
      return CodeSet{{code, code}};
    }
    text_.remove_prefix(1);
    if (c == 'd') return kDigits;
    if (c == 'w') return kWord;
    if (c == 's') return kSpace;
    if (c == 'D') return complement(kDigits);
    if (c == 'W') return complement(kWord);
    if (c == 'S') return complement(kSpace);
    if (c == 't') return CodeSet{{'\t', '\t'}};
    if (c == 'n') return CodeSet{{'\n', '\n'}};
    return refuse(fmt::format("`\\{}` is not understood", c),
                  "\\d, \\w, \\s, \\D, \\W, \\S, \\t, \\n, or a class such as [A-Z]");
  }

  Result<CodeSet> character_class() {
    const bool negated = eat('^');
    CodeSet out;
    for (bool first = true; first || !text_.starts_with(']'); first = false) {
      if (text_.empty()) return refuse("a `[` is not closed", "write `\\[` for the character");
      if (text_.starts_with("[:"))
        return refuse("`[:…:]` is not understood", "write the characters: [A-Za-z0-9]");
      ATLAS_TRY(const CodeSet from, class_character());
      const bool single = from.size() == 1 && from.front().first == from.front().last;
      if (text_.size() < 2 || text_[0] != '-' || text_[1] == ']' || !single) {
        out.insert(out.end(), from.begin(), from.end());
        continue;
      }
      text_.remove_prefix(1);
      ATLAS_TRY(const CodeSet to, class_character());
      if (to.size() != 1 || to.front().first != to.front().last ||
          to.front().first < from.front().first)
        return refuse("a range of a class goes backwards", "write [a-z]");
      out.push_back({from.front().first, to.front().last});
    }
    (void)eat(']');
    out = tidy(std::move(out));
    if (negated) out = complement(out);
    if (out.empty()) return refuse("a class is empty", "name a character");
    return out;
  }

  Result<CodeSet> class_character() {
    if (text_.empty()) return refuse("a `[` is not closed", "write `\\[` for the character");
    if (eat('\\')) return escape();
    const char32_t c = take_character(text_);
    return CodeSet{{c, c}};
  }

  Result<RegexNode> repeated(RegexNode part) {
    RegexNode out;
    out.kind = RegexNode::Kind::kRepeat;
    out.max = RegexNode::kUnlimited;
    if (eat('*')) {
      out.min = 0;
    } else if (eat('+')) {
      out.min = 1;
    } else if (eat('?')) {
      out.max = 1;
    } else if (eat('{')) {
      if (!counts(out)) {
        return refuse("a `{` is no repetition",
                      fmt::format("{{3}}, {{3,}} or {{3,5}}, at most {}; `\\{{` is the character",
                                  kRepeatMax));
      }
    } else {
      return part;
    }
    if (text_.starts_with('?') || text_.starts_with('+') || text_.starts_with('*') ||
        text_.starts_with('{'))
      return refuse("two repetitions stand together",
                    "a group is proven to match in one way only, "
                    "so lazy and possessive mean nothing");
    out.parts.push_back(std::move(part));
    return out;
  }

  bool counts(RegexNode& out) {
    TextScan scan(text_);
    const auto min = scan.number(1, 4);
    if (!min) return false;
    auto max = min;
    if (scan.eat(',')) {
      max = scan.number(1, 4);
      if (!max && scan.peek() != '}') return false;
    }
    if (!scan.eat('}') || *min > kRepeatMax || max.value_or(*min) > kRepeatMax ||
        max.value_or(*min) < *min)
      return false;
    out.min = static_cast<int>(*min);
    out.max = max ? static_cast<int>(*max) : RegexNode::kUnlimited;
    text_ = scan.left();
    return true;
  }

  std::string_view whole_;
  std::string_view text_;
};

}  // namespace

Result<RegexNode> parse_regex(std::string_view text) { return Parser(text).run(); }

RegexNode literal_regex(std::string_view text) {
  RegexNode out;
  while (!text.empty()) {
    const char32_t c = take_character(text);
    RegexNode one;
    one.kind = RegexNode::Kind::kSet;
    one.set = {{c, c}};
    out.parts.push_back(std::move(one));
  }
  return out;
}

std::string re2_text(const RegexNode& node) {
  std::string out;
  switch (node.kind) {
    case RegexNode::Kind::kSet:
      out = "[";
      for (const CodeRange& range : node.set)
        out += fmt::format("\\x{{{:x}}}-\\x{{{:x}}}", static_cast<std::uint32_t>(range.first),
                           static_cast<std::uint32_t>(range.last));
      return out + "]";
    case RegexNode::Kind::kSequence:
      for (const RegexNode& part : node.parts) out += re2_text(part);
      return out;
    case RegexNode::Kind::kChoice:
      for (const RegexNode& part : node.parts) out += (out.empty() ? "(?:" : "|") + re2_text(part);
      return out + ")";
    case RegexNode::Kind::kRepeat:
      out = fmt::format("(?:{})", re2_text(node.parts.front()));
      if (node.max == RegexNode::kUnlimited) return out + fmt::format("{{{},}}", node.min);
      return out + fmt::format("{{{},{}}}", node.min, node.max);
  }
  return out;
}

}  // namespace atlas
