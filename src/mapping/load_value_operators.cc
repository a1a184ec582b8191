#include "mapping/load_value_operators.h"

#include "mapping/suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace atlas {
namespace {

// A key of a map as a whole number; nullopt after a problem.
std::optional<std::int64_t> whole_number(const Word& word, std::string_view what,
                                         ProblemList& problems) {
  std::int64_t out = 0;
  const char* const end = word.text.data() + word.text.size();
  const auto read = std::from_chars(word.text.data(), end, out);
  if (read.ec == std::errc{} && read.ptr == end) return out;
  problems.refuse(Code::kWrongShape, word.where,
                  fmt::format("{} is `{}`, which is no whole number", what, word.text));
  return std::nullopt;
}

void read_bits(const YamlNode& node, FieldDecl& field, ProblemList& problems) {
  BitsOp op;
  const auto add = [&](const Word& word) {
    if (const auto bit = whole_number(word, "a bit", problems)) op.bits.push_back(*bit);
  };
  if (node.is_map()) {
    for (const YamlEntry& entry : node.entries) {
      add({entry.key.text, entry.key.where});
      if (auto name =
              read_text(entry.value, fmt::format("the name of bit `{}`", entry.key.text), problems))
        op.names.push_back(std::move(*name));
    }
  } else {
    for (const Word& word : read_words(node, "`bits`", problems)) add(word);
  }
  if (op.bits.empty() && !node.is_null())
    problems.refuse(Code::kWrongShape, node.where, "`bits` names no bit",
                    "{bits: [1, 2, 8]} for booleans, {bits: {1: admin, 2: beta}} for a list of "
                    "names");
  field.op = std::move(op);
}

std::vector<std::string> path_of(std::string_view text) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t dot = text.find('.');
    out.emplace_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return out;
    text.remove_prefix(dot + 1);
  }
}

// {street: street, zip: "address.postcode"}: legacy column → member, brought into the field's
// order.
void read_named_members(const YamlNode& node, const FieldDecl& field, PackOp& op,
                        ProblemList& problems) {
  std::vector<std::string> columns;
  columns.reserve(field.legacy.size());
  for (const ColumnName& column : field.legacy) columns.push_back(column.text());
  op.members.resize(columns.size());
  for (const YamlEntry& entry : node.entries) {
    const auto at = std::ranges::find(columns, entry.key.text);
    if (at == columns.end()) {
      problems.refuse(
          Code::kUnknownName, entry.key.where,
          fmt::format("`pack` names `{}`, which is no legacy column of this field", entry.key.text),
          suggestion(entry.key.text, columns));
      continue;
    }
    auto& path = op.members[static_cast<std::size_t>(at - columns.begin())];
    if (auto member =
            read_text(entry.value, fmt::format("the member of `{}`", entry.key.text), problems))
      path = path_of(*member);
    else
      path = {""};  // reported
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (op.members[i].empty())
      problems.refuse(Code::kMissingKey, node.where,
                      fmt::format("`pack` does not say which member `{}` is", columns[i]),
                      fmt::format("pack: {{{}: member, …}}", columns[i]));
  }
}

void read_pack(const YamlNode& node, const YamlNode* absent, FieldDecl& field,
               ProblemList& problems) {
  PackOp op;
  if (node.is_map()) {
    read_named_members(node, field, op, problems);
  } else {
    for (const Word& word : read_words(node, "`pack`", problems))
      op.members.push_back(path_of(word.text));
  }
  for (const auto& path : op.members) {
    if (path.size() > 1 && std::ranges::find(path, "") != path.end())
      problems.refuse(Code::kWrongShape, node.where, "a member of `pack` has an empty name",
                      "{pack: {zip: \"address.postcode\"}}");
  }
  if (absent != nullptr) op.absent_null = read_absent(*absent, problems);
  field.op = std::move(op);
}

void read_pattern(const YamlNode& node, FieldDecl& field, ProblemList& problems) {
  PatternOp op;
  MapReader map(node, "pattern", problems);
  if (const YamlNode* groups =
          map.require("groups", "groups: {area: \"[0-9]{3}\", number: \"[0-9]+\"}");
      groups != nullptr && expect(*groups, YamlNode::Kind::kMap, "`groups`", problems)) {
    for (const YamlEntry& entry : groups->entries) {
      if (auto text =
              read_text(entry.value, fmt::format("the group `{}`", entry.key.text), problems))
        op.groups.emplace_back(entry.key.text, std::move(*text));
    }
  }
  const auto read_template = [&](std::string_view side, const char* fix, std::string& out) {
    if (const YamlNode* text = map.require(side, fix))
      out = read_text(*text, fmt::format("the {} template", side), problems).value_or("");
  };
  read_template("legacy", "legacy: \"{area}-{number}\"", op.legacy);
  read_template("platform", "platform: \"({area}) {number}\"", op.platform);
  map.finish();
  field.op = std::move(op);
}

void read_circle(const YamlNode& node, const YamlNode* on_custom_shape, FieldDecl& field,
                 ProblemList& problems) {
  CirclePolygonOp op;
  if (!node.is_null()) {
    MapReader map(node, "circle_polygon", problems);
    const auto number = [&](const char* key, int min, int max, int& out) {
      if (const YamlNode* value = map.take(key))
        out = static_cast<int>(
            read_integer(*value, fmt::format("`{}`", key), min, max, problems).value_or(out));
    };
    number("segments", 8, 512, op.segments);
    number("digits", 6, 12, op.digits);
    map.finish();
  }
  if (on_custom_shape != nullptr)
    (void)read_choice(*on_custom_shape, "`on_custom_shape`", {"quarantine"}, problems);
  field.op = op;
}

void read_mask(const YamlNode& node, FieldDecl& field, ProblemList& problems) {
  MaskOp op;
  if (!node.is_null()) {
    constexpr std::int64_t kKeptMax = 1'000;
    MapReader map(node, "mask", problems);
    const auto kept = [&](const char* key, std::size_t& out) {
      if (const YamlNode* value = map.take(key))
        out = static_cast<std::size_t>(
            read_integer(*value, fmt::format("`{}`", key), 0, kKeptMax, problems).value_or(0));
    };
    kept("keep_start", op.keep_start);
    kept("keep_end", op.keep_end);
    if (const YamlNode* with = map.take("with"))
      op.with = read_text(*with, "`with`", problems).value_or(op.with);
    map.finish();
  }
  field.op = std::move(op);
}

void read_hash(const YamlNode& node, FieldDecl& field, ProblemList& problems) {
  HashOp op;
  MapReader map(node, "hash", problems);
  if (const YamlNode* key = map.require("key", "{hash: {key: \"${HASH_KEY}\"}}")) {
    if (auto text = read_text(*key, "the key of `hash`", problems)) op.key = Secret(*text);
  }
  map.finish();
  field.op = std::move(op);
}

// The operators that go to the platform only.
void read_one_way(std::string_view key, const YamlNode& node, FieldDecl& field,
                  ProblemList& problems) {
  if (key == "mask") {
    read_mask(node, field, problems);
  } else if (key == "hash") {
    read_hash(node, field, problems);
  } else {
    constexpr std::int64_t kCharactersMax = 1'000'000'000;
    const auto characters = read_integer(node, "`truncate`", 1, kCharactersMax, problems);
    field.op = TruncateOp{static_cast<std::size_t>(characters.value_or(1))};
  }
  if (field.direction == Direction::kToPlatform) return;
  problems.refuse(Code::kEditLost, field.where,
                  fmt::format("`{}` goes to the platform only: nothing can be written back", key),
                  "write -> and say why in `loss`");
}

}  // namespace

bool read_absent(const YamlNode& node, ProblemList& problems) {
  const bool null =
      (node.is_null() && !node.unresolved) || (node.is_scalar() && node.text == "null");
  if (!null && !node.unresolved)
    problems.refuse(Code::kWrongShape, node.where, "`absent` can only be null",
                    "{json: text, absent: null}: no member means null");
  return null;
}

bool load_value_operator(MapReader& map, FieldDecl& field, LoadContext& context) {
  ProblemList& problems = context.problems;
  if (const YamlNode* bits = map.take("bits")) {
    read_bits(*bits, field, problems);
  } else if (const YamlNode* pack = map.take("pack")) {
    read_pack(*pack, map.node().find("absent"), field, problems);
  } else if (const YamlNode* pattern = map.take("pattern")) {
    read_pattern(*pattern, field, problems);
  } else if (const YamlNode* circle = map.take_nullable("circle_polygon")) {
    read_circle(*circle, map.node().find("on_custom_shape"), field, problems);
  } else if (const YamlNode* mask = map.take_nullable("mask")) {
    read_one_way("mask", *mask, field, problems);
  } else if (const YamlNode* hash = map.take("hash")) {
    read_one_way("hash", *hash, field, problems);
  } else if (const YamlNode* truncate = map.take("truncate")) {
    read_one_way("truncate", *truncate, field, problems);
  } else {
    return false;
  }
  return true;
}

}  // namespace atlas
