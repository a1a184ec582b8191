#include "mapping/load_reader.h"

#include "mapping/suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace atlas {
namespace {

std::string_view expected_text(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "text";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return "?";
}

// "10m" → 10, "m".
std::optional<std::pair<std::int64_t, std::string_view>> number_and_unit(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || number < 0) return std::nullopt;
  return std::pair(number, text.substr(static_cast<std::size_t>(end - text.data())));
}

}  // namespace

bool expect(const YamlNode& node, YamlNode::Kind kind, std::string_view what,
            ProblemList& problems) {
  if (node.kind == kind) return true;
  if (!node.unresolved) {
    problems.refuse(
        Code::kWrongShape, node.where,
        fmt::format("{} is {}; {} is expected", what, node.kind_text(), expected_text(kind)));
  }
  return false;
}

MapReader::MapReader(const YamlNode& node, std::string what, ProblemList& problems)
    : node_(node), what_(std::move(what)), problems_(problems) {
  expect(node_, YamlNode::Kind::kMap, fmt::format("`{}`", what_), problems_);
}

const YamlNode* MapReader::take_nullable(std::string_view key) {
  known_.emplace_back(key);
  const YamlNode* value = node_.find(key);
  if (value == nullptr) return nullptr;
  taken_.emplace(key);
  return value;
}

const YamlNode* MapReader::take(std::string_view key) {
  const YamlNode* value = take_nullable(key);
  if (value == nullptr || !value->is_null()) return value;
  if (!value->unresolved)
    problems_.refuse(Code::kWrongShape, value->where, fmt::format("`{}` has no value", key),
                     "give one, or remove the key");
  return nullptr;
}

const YamlNode* MapReader::require(std::string_view key, std::string_view fix) {
  const bool absent = node_.find(key) == nullptr;
  const YamlNode* value = take(key);
  if (absent && ok())
    problems_.refuse(Code::kMissingKey, node_.where, fmt::format("`{}` has no `{}`", what_, key),
                     std::string(fix));
  return value;
}

void MapReader::not_yet(std::string_view key, std::string_view why) {
  for (const YamlEntry& entry : node_.entries) {
    if (entry.key.text != key) continue;
    taken_.emplace(key);
    problems_.refuse(Code::kUnknownKey, entry.key.where, fmt::format("`{}` {}", key, why),
                     "remove it");
  }
}

void MapReader::finish() {
  for (const YamlEntry& entry : node_.entries) {
    if (taken_.contains(entry.key.text)) continue;
    if (problems_.full()) return;
    problems_.refuse(Code::kUnknownKey, entry.key.where,
                     fmt::format("`{}` has no key `{}`", what_, entry.key.text),
                     suggestion(entry.key.text, known_));
  }
}

std::optional<std::string> read_text(const YamlNode& node, std::string_view what,
                                     ProblemList& problems) {
  if (!expect(node, YamlNode::Kind::kScalar, what, problems)) return std::nullopt;
  return node.text;
}

std::optional<Word> read_word(const YamlNode& node, std::string_view what, ProblemList& problems) {
  if (!expect(node, YamlNode::Kind::kScalar, what, problems)) return std::nullopt;
  if (node.text.empty()) {
    problems.refuse(Code::kWrongShape, node.where, fmt::format("{} is empty", what));
    return std::nullopt;
  }
  return Word{node.text, node.where};
}

std::optional<bool> read_bool(const YamlNode& node, std::string_view what, ProblemList& problems) {
  if (!expect(node, YamlNode::Kind::kScalar, what, problems)) return std::nullopt;
  if (node.text == "true") return true;
  if (node.text == "false") return false;
  problems.refuse(Code::kWrongShape, node.where,
                  fmt::format("{} is `{}`; true or false is expected", what, node.text));
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(const YamlNode& node, std::string_view what,
                                         std::int64_t min, std::int64_t max,
                                         ProblemList& problems) {
  if (!expect(node, YamlNode::Kind::kScalar, what, problems)) return std::nullopt;
  std::int64_t out = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [stop, failed] = std::from_chars(node.text.data(), end, out);
  if (failed == std::errc() && stop == end && out >= min && out <= max) return out;
  problems.refuse(Code::kWrongShape, node.where,
                  fmt::format("{} is `{}`; a whole number from {} to {} is expected", what,
                              node.text, min, max));
  return std::nullopt;
}

std::optional<Micros> read_duration(const YamlNode& node, std::string_view what,
                                    ProblemList& problems) {
  if (!expect(node, YamlNode::Kind::kScalar, what, problems)) return std::nullopt;
  constexpr std::int64_t kDaysMax = 3650;
  if (const auto parts = number_and_unit(node.text)) {
    for (const auto& [unit, micros] : {std::pair<std::string_view, std::int64_t>{"us", 1},
                                       {"ms", 1000},
                                       {"s", 1'000'000},
                                       {"m", 60'000'000},
                                       {"h", 3'600'000'000},
                                       {"d", 86'400'000'000}}) {
      if (parts->second == unit && parts->first <= kDaysMax * 86'400'000'000 / micros)
        return Micros(parts->first * micros);
    }
  }
  problems.refuse(Code::kWrongShape, node.where,
                  fmt::format("{} is `{}`; a time span is expected", what, node.text),
                  "write 500ms, 5s, 10m, 2h or 1d");
  return std::nullopt;
}

std::optional<std::int64_t> read_bytes(const YamlNode& node, std::string_view what,
                                       ProblemList& problems) {
  if (!expect(node, YamlNode::Kind::kScalar, what, problems)) return std::nullopt;
  constexpr std::int64_t kBytesMax = std::int64_t{1} << 40;
  if (const auto parts = number_and_unit(node.text)) {
    for (const auto& [unit, bytes] : {std::pair<std::string_view, std::int64_t>{"", 1},
                                      {"B", 1},
                                      {"KiB", 1 << 10},
                                      {"MiB", 1 << 20},
                                      {"GiB", 1 << 30}}) {
      if (parts->second == unit && parts->first > 0 && parts->first <= kBytesMax / bytes)
        return parts->first * bytes;
    }
  }
  problems.refuse(Code::kWrongShape, node.where,
                  fmt::format("{} is `{}`; a size is expected", what, node.text),
                  "write 100000, 512KiB or 8MiB");
  return std::nullopt;
}

std::vector<Word> read_words(const YamlNode& node, std::string_view what, ProblemList& problems) {
  std::vector<Word> out;
  if (!node.is_list()) {
    if (auto word = read_word(node, what, problems)) out.push_back(std::move(*word));
    return out;
  }
  for (const YamlNode& item : node.items) {
    if (auto word = read_word(item, what, problems)) out.push_back(std::move(*word));
  }
  return out;
}

std::optional<std::size_t> read_choice(const YamlNode& node, std::string_view what,
                                       const std::vector<std::string>& choices,
                                       ProblemList& problems) {
  if (!expect(node, YamlNode::Kind::kScalar, what, problems)) return std::nullopt;
  const auto it = std::find(choices.begin(), choices.end(), node.text);
  if (it != choices.end()) return static_cast<std::size_t>(it - choices.begin());
  std::string fix = fmt::format("one of: {}", name_list(choices));
  if (const std::string near = nearest(node.text, choices); !near.empty())
    fix = fmt::format("did you mean `{}`? {}", near, fix);
  problems.refuse(Code::kWrongShape, node.where, fmt::format("{} cannot be `{}`", what, node.text),
                  std::move(fix));
  return std::nullopt;
}

}  // namespace atlas
