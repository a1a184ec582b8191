#include "mapping/load_entity.h"

#include "mapping/load_field.h"
#include "mapping/load_table.h"
#include "mapping/suggest.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

constexpr const char* kKindFields = "fields.";

const std::vector<std::pair<std::string, Policy>>& policies() {
  static const std::vector<std::pair<std::string, Policy>> kPolicies{
      {"newest", Policy::kNewest},
      {"legacy", Policy::kLegacy},
      {"platform", Policy::kPlatform},
      {"manual", Policy::kManual}};
  return kPolicies;
}

std::vector<ColumnName> read_column_list(const YamlNode* node, std::string_view what,
                                         LoadContext& context) {
  std::vector<ColumnName> out;
  if (node == nullptr) return out;
  const auto read_one = [&](const YamlNode& item) {
    if (!expect(item, YamlNode::Kind::kScalar, what, context.problems)) return;
    if (auto column = parse_column(item, context.problems)) out.push_back(std::move(*column));
  };
  if (node->is_list()) {
    for (const YamlNode& item : node->items) read_one(item);
  } else {
    read_one(*node);
  }
  return out;
}

void load_kind(const YamlNode* node, KindDecl& out, LoadContext& context) {
  if (node == nullptr) return;
  MapReader map(*node, "kind", context.problems);
  out.where = node->where;
  if (const YamlNode* column = map.take("column")) {
    auto columns = read_column_list(column, "`kind.column`", context);
    if (!columns.empty()) out.column = std::move(columns.front());
  }
  if (const YamlNode* values = map.take("values");
      values != nullptr &&
      expect(*values, YamlNode::Kind::kMap, "`kind.values`", context.problems)) {
    for (const YamlEntry& entry : values->entries) {
      if (auto value = read_word(entry.value, fmt::format("the value of kind `{}`", entry.key.text),
                                 context.problems)) {
        out.values.emplace_back(Word{entry.key.text, entry.key.where}, std::move(*value));
      }
    }
    if (!out.column) {
      context.problems.refuse(Code::kMissingKey, node->where, "`kind.values` without `kind.column`",
                              "kind: {column: u.kind, values: {users: member}}");
    }
  }
  read_enum<bool>(map.take("on_change"), "`on_change`", {{"quarantine", true}},
                  out.quarantine_change, context.problems);
  read_enum<bool>(map.take("others"), "`others`", {{"refuse", false}, {"ignore", true}},
                  out.others_ignored, context.problems);
  map.finish();
}

void load_stamp(const YamlNode* node, StampDecl& out, LoadContext& context) {
  if (node == nullptr) return;
  out.where = node->where;
  if (!expect(*node, YamlNode::Kind::kMap, "`stamp`", context.problems)) return;
  const YamlNode merged = with_lens(*node, context);
  MapReader map(merged, "stamp", context.problems);
  out.legacy = read_column_list(map.take("legacy"), "a stamp column", context);
  out.platform = read_column_list(map.take("platform"), "a stamp column", context);
  if (auto zone = load_zone(map, context)) {
    out.zone = std::move(*zone);
    out.zone_given = true;
  }
  read_enum<bool>(map.take("write"), "`write`", {{"touch", false}, {"preserve", true}},
                  out.preserve, context.problems);
  map.finish();
}

void load_delete(const YamlNode* node, EntityDecl& entity, LoadContext& context) {
  if (node == nullptr) return;
  MapReader map(*node, "delete", context.problems);
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    DeleteDecl& out = entity.deletes[index(side)];
    out.where = node->where;
    const YamlNode* value = map.take(side_name(side));
    if (value == nullptr) continue;
    out.where = value->where;
    if (value->is_map()) {
      MapReader soft(*value, fmt::format("delete.{}", side_name(side)), context.problems);
      const YamlNode* column = soft.require("soft", "{soft: deleted_at}");
      soft.finish();
      auto columns = read_column_list(column, "the flag column", context);
      if (columns.empty()) continue;
      out.kind = DeleteKind::kSoft;
      out.flag = std::move(columns.front());
    } else {
      read_enum<DeleteKind>(value, fmt::format("`delete.{}`", side_name(side)),
                            {{"hard", DeleteKind::kHard}, {"none", DeleteKind::kNone}}, out.kind,
                            context.problems);
    }
  }
  map.finish();
}

void load_groups(const YamlNode* node, EntityDecl& entity, LoadContext& context) {
  if (node == nullptr || !expect(*node, YamlNode::Kind::kList, "`groups`", context.problems))
    return;
  for (const YamlNode& item : node->items) {
    if (!expect(item, YamlNode::Kind::kList, "a group", context.problems)) continue;
    std::vector<Word> group = read_words(item, "a field of a group", context.problems);
    if (group.size() == 1) {
      context.problems.refuse(
          Code::kWrongShape, item.where, "a group of one field",
          "groups: [[\"lat, lng\", \"label\"]]: fields that win or lose together");
    }
    entity.groups.push_back(std::move(group));
  }
}

// fields, fields.<kind>.
void load_all_fields(MapReader& map, EntityDecl& entity, LoadContext& context) {
  if (const YamlNode* fields = map.take("fields")) load_fields(*fields, "", entity, context);
  const std::vector<std::string> kinds = names_of(entity.legacy);
  for (const YamlEntry& entry : map.node().entries) {
    if (!entry.key.text.starts_with(kKindFields)) continue;
    const std::string kind = entry.key.text.substr(std::string_view(kKindFields).size());
    const YamlNode* value = map.take(entry.key.text);
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
      context.problems.refuse(Code::kUnknownName, entry.key.where,
                              fmt::format("`{}` has no legacy table `{}`", entity.name.text, kind),
                              suggestion(kind, kinds));
      continue;
    }
    if (value != nullptr) load_fields(*value, kind, entity, context);
  }
}

void append_scope_text(std::string& out, const ScopeDecl& scope) {
  for (const Equality& row : scope.rows) out += row.column.text() + "==" + row.value.text + ";";
}

}  // namespace

void load_scope(const YamlNode* node, ScopeDecl (&out)[2], LoadContext& context) {
  if (node == nullptr) return;
  MapReader map(*node, "scope", context.problems);
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    const YamlNode* value = map.take(side_name(side));
    if (value == nullptr || !expect(*value, YamlNode::Kind::kScalar, "a scope", context.problems))
      continue;
    ScopeDecl scope;
    scope.given = true;
    scope.where = value->where;
    if (value->text != "all") {
      auto rows = parse_conjunction(*value, context.problems);
      if (!rows) continue;
      scope.rows = std::move(*rows);
    }
    out[index(side)] = std::move(scope);
  }
  map.finish();
}

void load_entity(const YamlEntry& entry, const EntityDefaults& defaults, LoadContext& context) {
  EntityDecl entity;
  entity.name = {entry.key.text, entry.key.where};
  if (entry.value.is_null() && !entry.value.unresolved) {
    context.problems.refuse(Code::kWrongShape, entry.key.where,
                            fmt::format("the entity `{}` is empty", entry.key.text));
    return;
  }
  MapReader map(entry.value, entry.key.text, context.problems);
  if (!map.ok()) return;
  load_tables(map.require("legacy", "legacy: {users: {key: id}}"), Side::kLegacy, entity, context);
  load_tables(map.require("platform", "platform: {u: {table: identity.users, key: id}}"),
              Side::kPlatform, entity, context);
  load_kind(map.take("kind"), entity.kind, context);
  if (const YamlNode* match = map.take("match"))
    entity.match = read_words(*match, "`match`", context.problems);
  load_stamp(map.take("stamp"), entity.stamp, context);
  load_delete(map.take("delete"), entity, context);
  entity.scope[0] = defaults.scope[0];
  entity.scope[1] = defaults.scope[1];
  load_scope(map.take("scope"), entity.scope, context);
  if (const YamlNode* conflict = map.take("conflict")) {
    Policy policy = Policy::kNewest;
    read_enum<Policy>(conflict, "`conflict`", policies(), policy, context.problems);
    entity.conflict = policy;
  }
  read_enum<OnDelete>(
      map.take("on_delete"), "`on_delete`",
      {{"update_wins", OnDelete::kUpdateWins}, {"delete_wins", OnDelete::kDeleteWins}},
      entity.on_delete, context.problems);
  load_groups(map.take("groups"), entity, context);
  load_all_fields(map, entity, context);
  load_notes(map.take("platform_only"), Side::kPlatform, entity, context);
  load_notes(map.take("legacy_only"), Side::kLegacy, entity, context);
  entity.capture = defaults.capture;
  load_capture(map.take("capture"), entity.capture, context);
  entity.limits = defaults.limits;
  load_limits(map.take("limits"), entity.limits, context);
  map.finish();

  append_yaml_text(entity.text, entry.value);
  append_scope_text(entity.text, entity.scope[0]);
  append_scope_text(entity.text, entity.scope[1]);
  for (const FieldDecl& field : entity.fields)
    entity.text += field.line + "=" + field.operators;  // named lenses resolved
  context.document.entities.push_back(std::move(entity));
}

}  // namespace atlas
