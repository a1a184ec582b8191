#include "mapping/load_expressions.h"

#include "mapping/suggest.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

using Expressions = std::vector<std::pair<ColumnName, ExpressionNode>>;

class ExpressionLoader {
 public:
  ExpressionLoader(FieldDecl& field, ProblemList& problems) : field_(field), problems_(problems) {}

  // One expression for each column of `side`.
  Expressions read(const YamlNode& node, const std::string& key, Side side) {
    const auto& columns = side == Side::kLegacy ? field_.legacy : field_.platform;
    Expressions out;
    if (!node.is_map()) {
      if (columns.size() != 1) {
        problems_.refuse(
            Code::kWrongShape, node.where,
            fmt::format("`{}` gives one value, and the field has {} columns there", key,
                        columns.size()),
            fmt::format("{}: {{{}: \"…\", {}: \"…\"}}", key, columns[0].text(), columns[1].text()));
      } else if (auto tree = parse_expression(node, problems_)) {
        out.emplace_back(columns.front(), std::move(*tree));
      }
      return out;
    }
    std::vector<std::string> names;
    names.reserve(columns.size());
    for (const ColumnName& column : columns) names.push_back(column.text());
    std::vector<bool> given(columns.size());
    for (const YamlEntry& entry : node.entries) {
      const auto at = std::ranges::find(names, entry.key.text);
      if (at == names.end()) {
        problems_.refuse(
            Code::kUnknownName, entry.key.where,
            fmt::format("the field has no {} column `{}`", side_name(side), entry.key.text),
            suggestion(entry.key.text, names));
        continue;
      }
      const auto i = static_cast<std::size_t>(at - names.begin());
      given[i] = true;
      if (auto tree = parse_expression(entry.value, problems_))
        out.emplace_back(columns[i], std::move(*tree));
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!given[i])
        problems_.refuse(Code::kMissingKey, node.where,
                         fmt::format("`{}` says nothing of {}", key, names[i]),
                         "give one expression for each column");
    }
    return out;
  }

 private:
  FieldDecl& field_;
  ProblemList& problems_;
};

void load_derive(const YamlNode& node, FieldDecl& field, ProblemList& problems) {
  if (field.direction == Direction::kBoth) {
    problems.refuse(Code::kEditLost, node.where,
                    fmt::format("`derive` has no way back: an edit of {} would be lost",
                                columns_text(field.platform)),
                    "write `->` (or `<-`) with `loss: \"why\"`, or give `to_platform` and "
                    "`to_legacy`");
    return;
  }
  ExpressionDecl out;
  out.derives = true;
  const Side target = field.direction == Direction::kToPlatform ? Side::kPlatform : Side::kLegacy;
  (target == Side::kPlatform ? out.to_platform : out.to_legacy) =
      ExpressionLoader(field, problems).read(node, "derive", target);
  field.expressions = std::move(out);
}

}  // namespace

void load_expressions(MapReader& map, FieldDecl& field, ProblemList& problems) {
  const YamlNode* derive = map.take("derive");
  const YamlNode* there = map.take("to_platform");
  const YamlNode* back = map.take("to_legacy");
  if (derive != nullptr) load_derive(*derive, field, problems);
  if (there == nullptr && back == nullptr) return;
  if (there == nullptr || back == nullptr) {
    const YamlNode& given = there != nullptr ? *there : *back;
    problems.refuse(
        Code::kMissingKey, given.where,
        fmt::format("`{}` needs `{}`", there != nullptr ? "to_platform" : "to_legacy",
                    there != nullptr ? "to_legacy" : "to_platform"),
        "a field goes both ways; for one way write `->` and {derive: \"…\", loss: \"why\"}");
    return;
  }
  ExpressionLoader loader(field, problems);
  ExpressionDecl out;
  out.to_platform = loader.read(*there, "to_platform", Side::kPlatform);
  out.to_legacy = loader.read(*back, "to_legacy", Side::kLegacy);
  field.expressions = std::move(out);
}

}  // namespace atlas
