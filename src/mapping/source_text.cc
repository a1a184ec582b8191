#include "mapping/source_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

constexpr std::size_t kProblemsMax = 200;      // beyond it a file is not a mapping
constexpr std::size_t kExcerptBytesMax = 160;  // of one line

bool starts_section(std::string_view line, std::string_view name) {
  return line.starts_with(name) && line.substr(name.size()).starts_with(':');
}

bool looks_secret(std::string_view line) {
  for (const std::string_view mark :
       {"://", "password", "postgres:", "host=", "dbname=", "hash:"}) {
    if (line.find(mark) != std::string_view::npos) return true;
  }
  return false;
}

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

// `hash:` with its key on the lines below.
bool opens_secret(std::string_view line) {
  line.remove_prefix(indent_of(line));
  while (line.ends_with(' ')) line.remove_suffix(1);
  return line == "hash:" || line.ends_with(" hash:") || line.ends_with("{hash:");
}

// Characters before byte `column`, so that the caret stands right below multi-byte text.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

SourceText::SourceText(std::string_view text) {
  bool secret_section = false;
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t secret_below = kNone;  // the indent of a line that opens a secret
  while (true) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && line.front() != ' ' && line.front() != '#') {
      secret_section = starts_section(line, "sides") || starts_section(line, "state");
    }
    if (secret_below != kNone && !line.empty() && indent_of(line) <= secret_below)
      secret_below = kNone;
    const bool hidden = secret_section || secret_below != kNone || looks_secret(line);
    lines_.push_back({std::string(line), hidden});
    if (secret_below == kNone && opens_secret(line)) secret_below = indent_of(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
}

std::string SourceText::excerpt(const SourcePosition& where) const {
  if (where.line <= 0 || static_cast<std::size_t>(where.line) > lines_.size()) return {};
  const Line& line = lines_[static_cast<std::size_t>(where.line) - 1];
  if (line.hidden || line.text.empty() || line.text.size() > kExcerptBytesMax) return {};
  const bool printable = std::none_of(line.text.begin(), line.text.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
  });
  if (!printable) return {};
  const auto column = static_cast<std::size_t>(std::max(where.column, 1)) - 1;
  const std::string number = std::to_string(where.line);
  return fmt::format("  {} | {}\n  {:{}} | {:{}}^", number, line.text, "", number.size(), "",
                     width(std::string_view(line.text).substr(0, column)));
}

bool ProblemList::full() const { return entries_.size() >= kProblemsMax; }

void ProblemList::add(Code code, const SourcePosition& where, std::string why, std::string fix,
                      bool fatal) {
  if (full()) {
    fatal_ += fatal ? 1 : 0;
    return;
  }
  Error error(code, std::move(why));
  // These set the error in place; assigning it to itself would empty it.
  (void)std::move(error).at(where.text()).show(source_->excerpt(where));
  if (!fix.empty()) (void)std::move(error).advise(std::move(fix));
  fatal_ += fatal ? 1 : 0;
  entries_.push_back({where, Problem{std::move(error), fatal}});
}

void ProblemList::refuse(Code code, const SourcePosition& where, std::string why, std::string fix) {
  add(code, where, std::move(why), std::move(fix), true);
}

void ProblemList::remark(Code code, const SourcePosition& where, std::string why, std::string fix) {
  add(code, where, std::move(why), std::move(fix), false);
}

void ProblemList::refuse(Error error, const SourcePosition& where) {
  const std::string advice(info(error.code()).advice);
  std::string fix = error.next() == advice ? std::string() : error.next();
  add(error.code(), where, error.why(), std::move(fix), true);
}

std::vector<Problem> ProblemList::take() {
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
  });
  std::vector<Problem> out;
  out.reserve(entries_.size());
  const SourcePosition* last = nullptr;
  for (Entry& entry : entries_) {
    // A named lens is read at each use; its mistakes are said once.
    const bool again = last != nullptr && last->line == entry.where.line &&
                       last->column == entry.where.column &&
                       out.back().error.code() == entry.problem.error.code() &&
                       out.back().error.why() == entry.problem.error.why();
    last = &entry.where;
    if (!again) out.push_back(std::move(entry.problem));
  }
  entries_.clear();
  return out;
}

}  // namespace atlas
