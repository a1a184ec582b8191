// The functions on text. Characters are code points, as in the databases.

#include "mapping/expression_functions.h"
#include "mapping/lens_number.h"
#include "mapping/lens_reasons.h"
#include "mapping/lens_text.h"
#include "model/canonical.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace atlas {
namespace {

using Args = std::span<const Value>;
using Extra = ExpressionExtra;

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

// Where character number `index` begins; the end when there are not so many.
std::size_t offset_of(std::string_view text, std::int64_t index) {
  std::size_t at = 0;
  for (; index > 0 && at < text.size(); --index) {
    ++at;
    while (at < text.size() && continues(text[at])) ++at;
  }
  return at;
}

Fit gives(std::string_view text, Value& out) {
  out = Value::text(text);
  return {};
}
Fit copied(const std::string& text, Arena& arena, Value& out) {
  if (text.size() > kExpressionTextMax) return {reason::kMadeTooLong};
  return gives(arena.copy(text), out);
}
Fit canonical(Canon form, const Value& text, Arena& arena, Value& out) {
  out = apply_canon({form}, text, arena);
  return {};
}

Fit concat(Args a, const Extra&, Arena& arena, Value& out) {
  const std::string_view left = a[0].as_text();
  const std::string_view right = a[1].as_text();
  if (left.size() + right.size() > kExpressionTextMax) return {reason::kMadeTooLong};
  char* const made = arena.allocate(left.size() + right.size());
  std::ranges::copy(right, std::ranges::copy(left, made).out);
  return gives({made, left.size() + right.size()}, out);
}
Fit length(Args a, const Extra&, Arena&, Value& out) {
  out = Value::integer(static_cast<std::int64_t>(text_length(a[0].as_text())));
  return {};
}
Fit lower(Args a, const Extra&, Arena& arena, Value& out) {
  return canonical(Canon::kLower, a[0], arena, out);
}
Fit upper(Args a, const Extra&, Arena& arena, Value& out) {
  return canonical(Canon::kUpper, a[0], arena, out);
}
Fit nfc(Args a, const Extra&, Arena& arena, Value& out) {
  return canonical(Canon::kNfc, a[0], arena, out);
}
Fit collapse(Args a, const Extra&, Arena& arena, Value& out) {
  return canonical(Canon::kCollapse, a[0], arena, out);
}

Fit trim_start(Args a, const Extra&, Arena&, Value& out) {
  std::string_view text = a[0].as_text();
  while (text.starts_with(' ')) text.remove_prefix(1);
  return gives(text, out);
}
Fit trim_end(Args a, const Extra&, Arena&, Value& out) {
  return gives(without_padding(a[0].as_text()), out);
}
Fit trim(Args a, const Extra& extra, Arena& arena, Value& out) {
  (void)trim_start(a, extra, arena, out);
  return gives(without_padding(out.as_text()), out);
}

// substring(text, start, length): characters start .. start + length - 1, counted from 1.
Fit substring(Args a, const Extra&, Arena&, Value& out) {
  std::int64_t start = 0;
  if (const Fit fit = whole_argument(a[1], start); !fit.ok()) return fit;
  const std::string_view text = a[0].as_text();
  constexpr std::int64_t kFar = 1LL << 40;
  std::int64_t count = kFar;
  if (a.size() > 2) {
    if (const Fit fit = whole_argument(a[2], count); !fit.ok()) return fit;
    if (count < 0) return {reason::kNegativeCount};
  }
  start = std::clamp<std::int64_t>(start, -kFar, kFar);
  count = std::min(count, kFar);
  const std::int64_t end = std::max<std::int64_t>(start + count - 1, 0);  // characters before it
  const std::int64_t skipped = std::clamp<std::int64_t>(start - 1, 0, end);
  const std::size_t from = offset_of(text, skipped);
  const std::string_view rest = text.substr(from);
  return gives(rest.substr(0, offset_of(rest, end - skipped)), out);
}
Fit left(Args a, const Extra&, Arena&, Value& out) {
  std::int64_t count = 0;
  if (const Fit fit = whole_argument(a[1], count); !fit.ok()) return fit;
  if (count < 0) return {reason::kNegativeCount};
  return gives(a[0].as_text().substr(0, offset_of(a[0].as_text(), count)), out);
}
Fit right(Args a, const Extra&, Arena&, Value& out) {
  std::int64_t count = 0;
  if (const Fit fit = whole_argument(a[1], count); !fit.ok()) return fit;
  if (count < 0) return {reason::kNegativeCount};
  const auto size = static_cast<std::int64_t>(text_length(a[0].as_text()));
  return gives(a[0].as_text().substr(offset_of(a[0].as_text(), size - std::min(count, size))), out);
}

Fit replace(Args a, const Extra&, Arena& arena, Value& out) {
  std::string_view text = a[0].as_text();
  const std::string_view from = a[1].as_text();
  if (from.empty() || text.find(from) == std::string_view::npos) return gives(text, out);
  std::string made;
  for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
    made += text.substr(0, at);
    made += a[2].as_text();
    text.remove_prefix(at + from.size());
    if (made.size() > kExpressionTextMax) return {reason::kMadeTooLong};
  }
  made += text;
  return copied(made, arena, out);
}

Fit starts_with(Args a, const Extra&, Arena&, Value& out) {
  out = Value::boolean(a[0].as_text().starts_with(a[1].as_text()));
  return {};
}
Fit ends_with(Args a, const Extra&, Arena&, Value& out) {
  out = Value::boolean(a[0].as_text().ends_with(a[1].as_text()));
  return {};
}
Fit contains(Args a, const Extra&, Arena&, Value& out) {
  out = Value::boolean(a[0].as_text().find(a[1].as_text()) != std::string_view::npos);
  return {};
}
// The character at which the part begins, from 1; 0 when it is not there.
Fit position(Args a, const Extra&, Arena&, Value& out) {
  const std::size_t at = a[0].as_text().find(a[1].as_text());
  const bool found = at != std::string_view::npos;
  out = Value::integer(
      found ? static_cast<std::int64_t>(text_length(a[0].as_text().substr(0, at))) + 1 : 0);
  return {};
}

Fit repeat(Args a, const Extra&, Arena& arena, Value& out) {
  std::int64_t count = 0;
  if (const Fit fit = whole_argument(a[1], count); !fit.ok()) return fit;
  if (count < 0) return {reason::kNegativeCount};
  const std::string_view text = a[0].as_text();
  if (text.empty() || count == 0) return gives({}, out);
  if (static_cast<std::uint64_t>(count) > kExpressionTextMax / text.size())
    return {reason::kMadeTooLong};
  std::string made;
  for (std::int64_t i = 0; i < count; ++i) made += text;
  return copied(made, arena, out);
}

// The fill, over and over, up to `size` characters in all; a longer text stays as it is.
Fit filling(Args a, std::string& out) {
  std::int64_t size = 0;
  if (const Fit fit = whole_argument(a[1], size); !fit.ok()) return fit;
  const std::string_view fill = a.size() > 2 ? a[2].as_text() : " ";
  const auto have = static_cast<std::int64_t>(text_length(a[0].as_text()));
  if (size > static_cast<std::int64_t>(kExpressionTextMax)) return {reason::kMadeTooLong};
  const auto fill_size = static_cast<std::int64_t>(text_length(fill));
  if (fill_size == 0) return {};
  std::int64_t missing = size - have;
  for (; missing >= fill_size; missing -= fill_size) out += fill;
  if (missing > 0) out += fill.substr(0, offset_of(fill, missing));
  return {};
}
Fit pad_start(Args a, const Extra&, Arena& arena, Value& out) {
  std::string made;
  if (const Fit fit = filling(a, made); !fit.ok()) return fit;
  made += a[0].as_text();
  return copied(made, arena, out);
}
Fit pad_end(Args a, const Extra&, Arena& arena, Value& out) {
  std::string fill;
  if (const Fit fit = filling(a, fill); !fit.ok()) return fit;
  return copied(std::string(a[0].as_text()) + fill, arena, out);
}

Fit reverse(Args a, const Extra&, Arena& arena, Value& out) {
  const std::string_view text = a[0].as_text();
  char* const made = arena.allocate(text.size());
  std::size_t to = text.size();
  for (std::size_t at = 0; at < text.size();) {
    std::size_t size = 1;
    while (at + size < text.size() && continues(text[at + size])) ++size;
    to -= size;
    std::ranges::copy(text.substr(at, size), made + to);
    at += size;
  }
  return gives({made, text.size()}, out);
}

// Part number n between separators, from 1; empty when there are not so many.
Fit split_part(Args a, const Extra&, Arena&, Value& out) {
  std::int64_t number = 0;
  if (const Fit fit = whole_argument(a[2], number); !fit.ok()) return fit;
  if (number < 1) return {reason::kNegativeCount};
  std::string_view text = a[0].as_text();
  const std::string_view separator = a[1].as_text();
  if (separator.empty()) return gives(number == 1 ? text : std::string_view(), out);
  for (; number > 1; --number) {
    const std::size_t at = text.find(separator);
    if (at == std::string_view::npos) return gives({}, out);
    text.remove_prefix(at + separator.size());
  }
  return gives(text.substr(0, text.find(separator)), out);
}

Fit matches(Args a, const Extra& extra, Arena&, Value& out) {
  out = Value::boolean(re2::RE2::FullMatch(a[0].as_text(), *extra.regex));
  return {};
}
// The first group of the first match, or all of the match; null when nothing matches.
Fit extract(Args a, const Extra& extra, Arena&, Value& out) {
  const std::string_view text = a[0].as_text();
  std::array<re2::StringPiece, 2> found;
  const int wanted = extra.regex->NumberOfCapturingGroups() > 0 ? 2 : 1;
  if (!extra.regex->Match(text, 0, text.size(), re2::RE2::UNANCHORED, found.data(), wanted)) {
    out = Value::null();
    return {};
  }
  const re2::StringPiece& piece = found[static_cast<std::size_t>(wanted - 1)];
  if (piece.data() == nullptr) {
    out = Value::null();
    return {};
  }
  return gives({piece.data(), piece.size()}, out);
}
// Every match becomes the text, in which \1 is the first group.
Fit replace_all(Args a, const Extra& extra, Arena& arena, Value& out) {
  std::string made(a[0].as_text());
  const std::string_view with = a[2].as_text();
  std::string problem;
  if (!extra.regex->CheckRewriteString(re2::StringPiece(with.data(), with.size()), &problem))
    return {reason::kBadReplacement};
  re2::RE2::GlobalReplace(&made, *extra.regex, re2::StringPiece(with.data(), with.size()));
  if (!check_text(made).ok()) return {reason::kNotUtf8};
  return copied(made, arena, out);
}

constexpr Meet kText = Meet::kText;
constexpr Meet kNumber = Meet::kNumber;
constexpr Meet kBool = Meet::kBool;

}  // namespace

std::vector<ExpressionFunction> text_functions() {
  return {
      {"+", {kText, kText}, 0, kText, concat, "({0} || {1})", "({0} || {1})"},
      {"length", {kText}, 0, kNumber, length, "char_length({0})::numeric", "length({0})"},
      {"lower", {kText}, 0, kText, lower},
      {"upper", {kText}, 0, kText, upper},
      {"nfc", {kText}, 0, kText, nfc},
      {"collapse", {kText}, 0, kText, collapse},
      {"trim", {kText}, 0, kText, trim, "btrim({0}, ' ')", "trim({0}, ' ')"},
      {"trim_start", {kText}, 0, kText, trim_start, "ltrim({0}, ' ')", "ltrim({0}, ' ')"},
      {"trim_end", {kText}, 0, kText, trim_end, "rtrim({0}, ' ')", "rtrim({0}, ' ')"},
      {"substring",
       {kText, kNumber, kNumber},
       1,
       kText,
       substring,
       "substring({0}, ({1})::int4, ({2})::int4)",
       "substr({0}, {1}, {2})",
       1},
      {"left",
       {kText, kNumber},
       0,
       kText,
       left,
       "left({0}, ({1})::int4)",
       "substr({0}, 1, {1})",
       0},
      {"right",
       {kText, kNumber},
       0,
       kText,
       right,
       "right({0}, ({1})::int4)",
       "substr({0}, -{1})",
       1},
      // SQLite gives a text back unchanged where nothing is to be replaced, even by null.
      {"replace", {kText, kText, kText}, 0, kText, replace, "replace({0}, {1}, {2})"},
      {"starts_with",
       {kText, kText},
       0,
       kBool,
       starts_with,
       "starts_with({0}, {1})",
       "(substr({0}, 1, length({1})) = {1})"},
      {"ends_with",
       {kText, kText},
       0,
       kBool,
       ends_with,
       "(right({0}, char_length({1})) = {1} collate \"C\")"},
      {"contains",
       {kText, kText},
       0,
       kBool,
       contains,
       "(strpos({0}, {1}) > 0)",
       "(instr({0}, {1}) > 0)"},
      {"position",
       {kText, kText},
       0,
       kNumber,
       position,
       "strpos({0}, {1})::numeric",
       "instr({0}, {1})"},
      {"repeat", {kText, kNumber}, 0, kText, repeat},
      {"pad_start", {kText, kNumber, kText}, 1, kText, pad_start},
      {"pad_end", {kText, kNumber, kText}, 1, kText, pad_end},
      {"reverse", {kText}, 0, kText, reverse, "reverse({0})"},
      {"split_part", {kText, kText, kNumber}, 0, kText, split_part},
      {"matches", {kText, kText}, 0, kBool, matches, {}, {}, {}, SecondArgument::kRegex},
      {"extract", {kText, kText}, 0, kText, extract, {}, {}, {}, SecondArgument::kRegex},
      {"replace_all",
       {kText, kText, kText},
       0,
       kText,
       replace_all,
       {},
       {},
       {},
       SecondArgument::kRegex},
  };
}

}  // namespace atlas
