#include "tools/tidy/rules.h"
#include "tools/tidy/source_text.h"

#include <re2/re2.h>

namespace atlas::tidy {
namespace {

constexpr std::size_t kFileLinesWarn = 600;
constexpr std::size_t kFileLinesMax = 1200;
constexpr std::size_t kFunctionLinesWarn = 70;

// Finds functions by their braces: a block is a function's when all around it are namespaces and
// classes and what precedes it has parentheses.
class FunctionScan {
 public:
  FunctionScan(const std::string& path, const std::vector<Line>& lines, Findings& findings)
      : path_(path), lines_(lines), findings_(findings) {}

  void run() {
    bool continued = false;
    for (line_ = 0; line_ < lines_.size(); ++line_) {
      const std::string& code = lines_[line_].code;
      const std::size_t start = code.find_first_not_of(' ');
      const bool directive = continued || (start != std::string::npos && code[start] == '#');
      continued = directive && code.ends_with('\\');
      if (directive) continue;
      for (const char c : code) read(c);
    }
  }

 private:
  enum class Block { kScope, kFunction, kOther };

  void read(char c) {
    if (c == '{') {
      open();
    } else if (c == '}') {
      close();
    } else if (!at_scope()) {
      return;
    } else if (c == ';') {
      heading_.clear();
      after_function_ = false;
    } else if (c != ' ' || !heading_.empty()) {
      begin_or_extend_heading(c);
    }
  }

  void begin_or_extend_heading(char c) {
    if (heading_.empty() && !(after_function_ && c == ',')) {
      first_line_ = line_;
      after_function_ = false;
    }
    heading_ += c;
    if (heading_ == "public:" || heading_ == "protected:" || heading_ == "private:") {
      heading_.clear();
    }
  }

  [[nodiscard]] bool at_scope() const { return blocks_.empty() || blocks_.back() == Block::kScope; }

  [[nodiscard]] Block classify() const {
    static const RE2 scope(R"(^(inline )?namespace\b|^extern )");
    static const RE2 type(R"(^(template <.*> ?)?(export )?(class|struct|union|enum)\b[^()]*$)");
    if (!at_scope()) return Block::kOther;
    // The members of a constructor's initializer list have blocks of their own.
    if (after_function_) return Block::kFunction;
    if (RE2::PartialMatch(heading_, scope) || RE2::PartialMatch(heading_, type)) {
      return Block::kScope;
    }
    const std::size_t last = heading_.find_last_not_of(' ');
    if (heading_.find('(') == std::string::npos || heading_[last] == '=') return Block::kOther;
    return Block::kFunction;
  }

  void open() {
    blocks_.push_back(classify());
    heading_.clear();
    after_function_ = false;
  }

  void close() {
    if (blocks_.empty()) return;
    const Block block = blocks_.back();
    blocks_.pop_back();
    heading_.clear();
    after_function_ = block == Block::kFunction;
    if (block != Block::kFunction) return;
    const std::size_t count = line_ - first_line_ + 1;
    if (count > kFunctionLinesWarn && !allowed(lines_, first_line_, "function-size")) {
      findings_.push_back({Severity::kWarning, path_, first_line_ + 1, "function-size",
                           "a function of " + std::to_string(count) + " lines"});
    }
  }

  const std::string& path_;
  const std::vector<Line>& lines_;
  Findings& findings_;
  std::size_t line_ = 0;
  std::size_t first_line_ = 0;
  std::string heading_;  // what stands before the next brace at namespace or class level
  bool after_function_ = false;
  std::vector<Block> blocks_;
};

void check_file_size(const std::string& path, std::size_t lines, Findings& findings) {
  if (lines <= kFileLinesWarn) return;
  const bool too_large = lines > kFileLinesMax;
  findings.push_back({too_large ? Severity::kError : Severity::kWarning, path, 0, "file-size",
                      "a file of " + std::to_string(lines) + " lines"});
}

}  // namespace

Findings check_sizes(const Tree& tree) {
  Findings findings;
  for (const auto& [path, text] : tree.files) {
    if (!is_source(path)) continue;
    const std::vector<Line> lines = split_source(text);
    check_file_size(path, lines.size(), findings);
    FunctionScan(path, lines, findings).run();
  }
  return findings;
}

}  // namespace atlas::tidy
