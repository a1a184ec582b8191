#include "mapping/load_field.h"

#include "mapping/load_operators.h"
#include "mapping/suggest.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

// `"-> u.srid": {const: "4326"}`: a column without a partner, written as a field.
void load_constant_field(const YamlEntry& entry, FieldLine& line, EntityDecl& entity,
                         LoadContext& context) {
  const bool to_platform = line.legacy.empty();
  std::vector<ColumnName>& columns = to_platform ? line.platform : line.legacy;
  const bool points_there =
      line.direction == (to_platform ? Direction::kToPlatform : Direction::kToLegacy);
  const YamlNode* value = entry.value.is_map() ? entry.value.find("const") : nullptr;
  if (columns.size() != 1 || !points_there || value == nullptr || entry.value.entries.size() != 1) {
    context.problems.refuse(
        Code::kFieldSyntax, entry.key.where,
        fmt::format("the {} side names no column", to_platform ? "legacy" : "platform"),
        "only a constant has one side: \"-> u.source\": {const: \"'bridge'\"}");
    return;
  }
  NoteDecl note;
  note.column = std::move(columns.front());
  note.kind = NoteKind::kConst;
  if (auto literal = parse_literal(*value, context.problems)) {
    note.value = std::move(*literal);
    entity.notes[index(to_platform ? Side::kPlatform : Side::kLegacy)].push_back(std::move(note));
  }
}

void load_field(const YamlEntry& entry, const std::string& kind, EntityDecl& entity,
                LoadContext& context) {
  auto line = parse_field_line(entry.key, context.problems);
  if (!line) return;
  if (line->legacy.empty() || line->platform.empty())
    return load_constant_field(entry, *line, entity, context);
  if (line->legacy.size() > kFieldColumnsMax || line->platform.size() > kFieldColumnsMax) {
    context.problems.refuse(
        Code::kFieldSyntax, entry.key.where,
        fmt::format("a field has at most {} columns on a side", kFieldColumnsMax));
    return;
  }
  FieldDecl field;
  field.line = entry.key.text;
  field.where = entry.key.where;
  field.kind = kind;
  field.direction = line->direction;
  field.legacy = std::move(line->legacy);
  field.platform = std::move(line->platform);
  field.name = columns_text(field.legacy);
  if (!load_operators(entry.value, field, context)) return;
  entity.fields.push_back(std::move(field));
}

const char* note_fix(Side side) {
  return side == Side::kLegacy
             ? "private, {ignore: \"why\"}, {create: \"0\"} or {const: \"'x'\"}"
             : "private, {ignore: \"why\"}, {create: \"'en'\"} or {const: \"4326\"}";
}

std::optional<NoteDecl> load_note(const YamlNode& value, Side side, const std::string& name,
                                  LoadContext& context) {
  NoteDecl note;
  ProblemList& problems = context.problems;
  if (value.is_scalar()) {
    if (value.text == "private") return note;
    if (value.text == "ignore") {
      problems.refuse(Code::kWrongShape, value.where,
                      fmt::format("`{}` is ignored without a reason", name),
                      fmt::format("{}: {{ignore: \"why\"}}", name));
    } else {
      problems.refuse(Code::kWrongShape, value.where,
                      fmt::format("`{}` cannot be `{}`", name, value.text), note_fix(side));
    }
    return std::nullopt;
  }
  MapReader map(value, name, problems);
  const YamlNode* create = map.take("create");
  const YamlNode* constant = map.take("const");
  const YamlNode* ignore = map.take("ignore");
  map.finish();
  if (!map.ok()) return std::nullopt;
  const int given =
      (create != nullptr ? 1 : 0) + (constant != nullptr ? 1 : 0) + (ignore != nullptr ? 1 : 0);
  if (given != 1) {
    if (given > 1 || value.entries.empty())
      problems.refuse(Code::kWrongShape, value.where,
                      fmt::format("`{}` needs exactly one of create, const, ignore", name),
                      note_fix(side));
    return std::nullopt;
  }
  if (ignore != nullptr) {
    auto reason = read_word(*ignore, "the reason", problems);
    if (!reason) return std::nullopt;
    note.kind = NoteKind::kIgnore;
    note.reason = std::move(reason->text);
    return note;
  }
  const YamlNode& text = create != nullptr ? *create : *constant;
  if (!expect(text, YamlNode::Kind::kScalar, fmt::format("the value of `{}`", name), problems))
    return std::nullopt;
  auto literal = parse_literal(text, problems);
  if (!literal) return std::nullopt;
  note.kind = create != nullptr ? NoteKind::kCreate : NoteKind::kConst;
  if (note.kind == NoteKind::kConst && literal->kind == Literal::Kind::kNow) {
    problems.refuse(Code::kBadExpression, text.where,
                    "`const` cannot be now(): it would change with every run",
                    "use {create: \"now()\"}");
    return std::nullopt;
  }
  note.value = std::move(*literal);
  return note;
}

}  // namespace

void load_fields(const YamlNode& node, const std::string& kind, EntityDecl& entity,
                 LoadContext& context) {
  const std::string what = kind.empty() ? "fields" : "fields." + kind;
  if (!expect(node, YamlNode::Kind::kMap, fmt::format("`{}`", what), context.problems)) return;
  for (const YamlEntry& entry : node.entries) load_field(entry, kind, entity, context);
}

void load_notes(const YamlNode* node, Side side, EntityDecl& entity, LoadContext& context) {
  if (node == nullptr) return;
  const std::string what = fmt::format("{}_only", side_name(side));
  if (!expect(*node, YamlNode::Kind::kMap, fmt::format("`{}`", what), context.problems)) return;
  for (const YamlEntry& entry : node->entries) {
    auto column = parse_column(entry.key, context.problems);
    if (!column) continue;
    if (!column->path.empty()) {
      context.problems.refuse(
          Code::kFieldSyntax, entry.key.where,
          "a JSON path needs no entry here: members that no field maps are left alone");
      continue;
    }
    auto note = load_note(entry.value, side, entry.key.text, context);
    if (!note) continue;
    note->column = std::move(*column);
    entity.notes[index(side)].push_back(std::move(*note));
  }
}

void check_lens_keys(const YamlNode& lenses, LoadContext& context) {
  for (const YamlEntry& entry : lenses.entries) {
    if (!expect(entry.value, YamlNode::Kind::kMap, fmt::format("the lens `{}`", entry.key.text),
                context.problems))
      continue;
    for (const YamlEntry& op : entry.value.entries) {
      const std::vector<std::string>& known = operator_keys();
      if (std::find(known.begin(), known.end(), op.key.text) != known.end() && op.key.text != "use")
        continue;
      context.problems.refuse(
          Code::kUnknownKey, op.key.where,
          fmt::format("the lens `{}` cannot have `{}`", entry.key.text, op.key.text),
          suggestion(op.key.text, known));
    }
  }
}

}  // namespace atlas
