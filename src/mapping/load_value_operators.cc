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
  if (const YamlNode* node = map.take("bits")) {
    read_bits(*node, field, problems);
    return true;
  }
  if (const YamlNode* node = map.take("pack")) {
    read_pack(*node, map.node().find("absent"), field, problems);
    return true;
  }
  return false;
}

}  // namespace atlas
