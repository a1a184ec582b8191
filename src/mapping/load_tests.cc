// `tests:`: cases that say what the mapping makes of a row. What columns there are is known later.

#include "mapping/load_tests.h"

#include "mapping/suggest.h"

#include <fmt/format.h>

namespace atlas {
namespace {

constexpr const char* kGivenForm = "given: {legacy: {column: value}}";
constexpr const char* kExpectForm = "expect: {platform: {alias.column: value}}, or expect: refused";

std::vector<TestCell> load_cells(const YamlNode& node, std::string_view what,
                                 LoadContext& context) {
  std::vector<TestCell> out;
  if (!expect(node, YamlNode::Kind::kMap, what, context.problems)) return out;
  for (const YamlEntry& entry : node.entries) {
    TestCell cell{{entry.key.text, entry.key.where}, std::nullopt};
    if (!entry.value.is_null()) {
      cell.text = read_text(entry.value, fmt::format("`{}`", entry.key.text), context.problems);
    } else if (entry.value.unresolved) {
      continue;
    }
    out.push_back(std::move(cell));
  }
  if (node.entries.empty()) {
    context.problems.refuse(Code::kWrongShape, node.where, fmt::format("{} names no column", what));
  }
  return out;
}

// `given: {legacy: {…}, old: {platform: {…}}}`.
void load_given(const YamlNode& node, TestDecl& test, LoadContext& context) {
  MapReader map(node, "given", context.problems);
  if (!map.ok()) return;
  const YamlNode* legacy = map.take("legacy");
  const YamlNode* platform = map.take("platform");
  const YamlNode* old = map.take("old");
  map.finish();
  if ((legacy == nullptr) == (platform == nullptr)) {
    context.problems.refuse(legacy == nullptr ? Code::kMissingKey : Code::kWrongShape, node.where,
                            "`given` needs the row of one side", kGivenForm);
    return;
  }
  test.from = legacy != nullptr ? Side::kLegacy : Side::kPlatform;
  test.given = load_cells(legacy != nullptr ? *legacy : *platform,
                          fmt::format("`{}`", side_name(test.from)), context);
  if (old == nullptr) return;
  MapReader rows(*old, "old", context.problems);
  const std::string to(side_name(other(test.from)));
  if (const YamlNode* row = rows.require(to, fmt::format("old: {{{}: {{column: value}}}}", to)))
    test.old = load_cells(*row, fmt::format("`{}`", to), context);
  rows.finish();
}

// `refused`, `{refused: reason}`, or the cells of the other side.
void load_expectation(const YamlNode& node, TestDecl& test, LoadContext& context) {
  if (node.is_scalar()) {
    test.refused = node.text == "refused";
    if (!test.refused)
      context.problems.refuse(Code::kWrongShape, node.where,
                              fmt::format("`expect` cannot be `{}`", node.text), kExpectForm);
    return;
  }
  MapReader map(node, "expect", context.problems);
  if (!map.ok()) return;
  const YamlNode* reason = map.take("refused");
  const std::string to(side_name(other(test.from)));
  const YamlNode* cells = map.take(to);
  map.finish();
  if (reason != nullptr && cells != nullptr) {
    context.problems.refuse(Code::kWrongShape, node.where,
                            "`expect` is a refusal or cells, not both", kExpectForm);
  } else if (reason != nullptr) {
    test.refused = true;
    test.reason = read_text(*reason, "`refused`", context.problems).value_or("");
  } else if (cells != nullptr) {
    test.expected = load_cells(*cells, fmt::format("`{}`", to), context);
  } else if (node.entries.empty()) {
    context.problems.refuse(Code::kWrongShape, node.where, "`expect` says nothing", kExpectForm);
  }
}

// The entity, and which of its legacy tables.
void check_subject(TestDecl& test, const std::optional<Word>& name, const std::optional<Word>& kind,
                   LoadContext& context) {
  ProblemList& problems = context.problems;
  if (!name || problems.full()) return;
  const EntityDecl* entity = context.document.entity(name->text);
  if (entity == nullptr) {
    problems.refuse(Code::kUnknownName, name->where,
                    fmt::format("there is no entity `{}`", name->text),
                    suggestion(name->text, names_of(context.document.entities)));
    return;
  }
  test.entity = name->text;
  const std::vector<std::string> kinds = names_of(entity->legacy);
  if (!kind) {
    if (kinds.size() > 1) {
      problems.refuse(
          Code::kMissingKey, test.where,
          fmt::format("`{}` is several legacy tables; the case does not say of which `kind`",
                      name->text),
          fmt::format("kind: {}; tables: {}", kinds.front(), name_list(kinds)));
    }
    return;
  }
  test.kind = kind->text;
  for (const std::string& known : kinds) {
    if (known == test.kind) return;
  }
  problems.refuse(Code::kUnknownName, kind->where,
                  fmt::format("`{}` has no legacy table `{}`", name->text, kind->text),
                  suggestion(kind->text, kinds));
}

void load_test(const YamlNode& node, LoadContext& context) {
  ProblemList& problems = context.problems;
  MapReader map(node, "a case of tests", problems);
  if (!map.ok()) return;
  TestDecl test;
  test.where = node.where;
  if (const YamlNode* name = map.take("name"))
    test.name = read_text(*name, "`name`", problems).value_or("");
  std::optional<Word> entity;
  std::optional<Word> kind;
  if (const YamlNode* value = map.require("entity", "entity: its name under `entities:`"))
    entity = read_word(*value, "`entity`", problems);
  if (const YamlNode* value = map.take("kind")) kind = read_word(*value, "`kind`", problems);
  check_subject(test, entity, kind, context);
  if (const YamlNode* value = map.require("given", kGivenForm)) load_given(*value, test, context);
  if (const YamlNode* value = map.require("expect", kExpectForm))
    load_expectation(*value, test, context);
  map.finish();
  context.document.tests.push_back(std::move(test));
}

}  // namespace

void load_tests(const YamlNode* node, LoadContext& context) {
  if (node == nullptr || !expect(*node, YamlNode::Kind::kList, "`tests`", context.problems)) return;
  for (const YamlNode& item : node->items) load_test(item, context);
}

}  // namespace atlas
