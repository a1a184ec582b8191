#include "mapping/load_settings.h"

#include "mapping/load_operators.h"
#include "mapping/suggest.h"
#include "mapping/tenant_file.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace atlas {

const std::vector<std::pair<std::string, Phase>>& phase_names() {
  static const std::vector<std::pair<std::string, Phase>> kNames = {
      {"legacy_leads", Phase::kLegacyLeads},
      {"dual", Phase::kDual},
      {"platform_leads", Phase::kPlatformLeads},
      {"legacy_readonly", Phase::kLegacyReadonly}};
  return kNames;
}

void load_tenant(const YamlNode* node, const SourcePosition& top, const TenantFile* chosen,
                 LoadContext& context) {
  if (chosen != nullptr) {
    context.document.tenant_name = chosen->name;
    context.document.tenant_id = chosen->id;
    return;
  }
  const std::string fix =
      "tenant: {id: …} with a UUID of your own (uuidgen makes one); every minted key depends on "
      "it, so it never changes";
  if (node == nullptr) {
    context.problems.refuse(Code::kMissingKey, top, "`tenant` is missing", fix);
    return;
  }
  MapReader map(*node, "tenant", context.problems);
  if (const YamlNode* name = map.take("name")) {
    if (auto word = read_word(*name, "`tenant.name`", context.problems))
      context.document.tenant_name = word->text;
  }
  if (const YamlNode* id = map.require("id", fix)) {
    if (auto text = read_text(*id, "`tenant.id`", context.problems)) {
      if (auto uuid = parse_uuid(*text))
        context.document.tenant_id = uuid_text(*uuid);
      else
        context.problems.refuse(Code::kWrongShape, id->where, "`tenant.id` is no UUID", fix);
    }
  }
  map.finish();
}

std::optional<Type> named_type(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, TypeKind>, 36> kNames{{
      {"bool", TypeKind::kBool},
      {"boolean", TypeKind::kBool},
      {"int2", TypeKind::kInt2},
      {"smallint", TypeKind::kInt2},
      {"int4", TypeKind::kInt4},
      {"int", TypeKind::kInt4},
      {"integer", TypeKind::kInt4},
      {"int8", TypeKind::kInt8},
      {"bigint", TypeKind::kInt8},
      {"numeric", TypeKind::kNumeric},
      {"decimal", TypeKind::kNumeric},
      {"float4", TypeKind::kFloat4},
      {"real", TypeKind::kFloat4},
      {"float8", TypeKind::kFloat8},
      {"double precision", TypeKind::kFloat8},
      {"text", TypeKind::kText},
      {"varchar", TypeKind::kVarchar},
      {"character varying", TypeKind::kVarchar},
      {"char", TypeKind::kChar},
      {"character", TypeKind::kChar},
      {"bytea", TypeKind::kBytea},
      {"date", TypeKind::kDate},
      {"time", TypeKind::kTime},
      {"time without time zone", TypeKind::kTime},
      {"timestamp", TypeKind::kTimestamp},
      {"timestamp without time zone", TypeKind::kTimestamp},
      {"timestamptz", TypeKind::kTimestampTz},
      {"timestamp with time zone", TypeKind::kTimestampTz},
      {"interval", TypeKind::kInterval},
      {"uuid", TypeKind::kUuid},
      {"json", TypeKind::kJson},
      {"jsonb", TypeKind::kJsonb},
      {"string", TypeKind::kText},
      {"bpchar", TypeKind::kChar},
      {"double", TypeKind::kFloat8},
      {"instant", TypeKind::kTimestampTz},
  }};
  Type type;
  type.name = std::string(name);
  std::string_view base = name;
  const std::size_t open = name.find('(');
  if (open != std::string_view::npos && name.ends_with(')')) {
    base = name.substr(0, open);
    const std::string_view inside = name.substr(open + 1, name.size() - open - 2);
    const std::size_t comma = inside.find(',');
    const auto number = [](std::string_view text, int& out) {
      while (text.starts_with(' ')) text.remove_prefix(1);
      return std::from_chars(text.data(), text.data() + text.size(), out).ptr ==
                 text.data() + text.size() &&
             !text.empty();
    };
    if (!number(inside.substr(0, comma), type.size)) return std::nullopt;
    if (comma != std::string_view::npos && !number(inside.substr(comma + 1), type.scale))
      return std::nullopt;
  }
  const auto it = std::find_if(kNames.begin(), kNames.end(),
                               [&](const auto& entry) { return entry.first == base; });
  if (it == kNames.end()) return std::nullopt;
  type.kind = it->second;
  const bool timed = type.kind == TypeKind::kTime || is_stamp(type.kind);
  if (timed && open == std::string_view::npos) type.size = 6;
  return type;
}

void load_variables(const YamlNode* node, LoadContext& context) {
  if (node == nullptr) return;
  MapReader vars(*node, "vars", context.problems);
  for (const YamlEntry& entry : node->entries) {
    const YamlNode* value = vars.take(entry.key.text);
    if (value == nullptr) continue;
    VariableDecl variable;
    variable.name = {entry.key.text, entry.key.where};
    variable.type.kind = TypeKind::kText;
    variable.type.name = "text";
    if (value->is_scalar()) {
      variable.value = value->text;
      context.document.variables.push_back(std::move(variable));
      continue;
    }
    MapReader map(*value, "vars." + entry.key.text, context.problems);
    if (const YamlNode* type = map.take("type")) {
      if (auto name = read_text(*type, "`type`", context.problems)) {
        if (auto known = named_type(*name))
          variable.type = *known;
        else {
          static const std::vector<std::string> kCommon{
              "int2", "int4", "int8", "numeric",   "text",
              "uuid", "bool", "date", "timestamp", "timestamptz"};
          context.problems.refuse(Code::kWrongShape, type->where,
                                  fmt::format("there is no type `{}`", *name),
                                  suggestion(*name, kCommon));
        }
      }
    }
    const YamlNode* text = map.require("value", "{type: int4, value: \"${NAME}\"}");
    map.finish();
    if (text == nullptr) continue;
    auto read = read_text(*text, fmt::format("`vars.{}`", entry.key.text), context.problems);
    if (!read) continue;
    Arena arena;
    if (!parse_value(*read, variable.type, arena)) {
      context.problems.refuse(
          Code::kWrongShape, text->where,
          fmt::format("the value of `{}` is no {}", entry.key.text, variable.type.name));
      continue;
    }
    variable.value = std::move(*read);
    context.document.variables.push_back(std::move(variable));
  }
}

namespace {

std::optional<EndpointDecl> load_endpoint(const YamlNode& node, Word name, Side side,
                                          LoadContext& context) {
  MapReader map(node, name.text, context.problems);
  EndpointDecl out;
  out.side = side;
  const YamlNode* postgres = map.take("postgres");
  const YamlNode* sqlite = map.take("sqlite");
  map.not_yet("mariadb", "is not part of this version");
  map.not_yet("http", "is not part of this version");
  map.finish();
  if (!map.ok()) return std::nullopt;
  if (postgres != nullptr && sqlite != nullptr) {
    context.problems.refuse(Code::kWrongShape, name.where,
                            fmt::format("`{}` is given both as postgres and as sqlite", name.text),
                            "keep one");
    return std::nullopt;
  }
  const YamlNode* address = postgres != nullptr ? postgres : sqlite;
  if (address == nullptr) {
    // A variable without a value was reported where it stands.
    const bool reported = std::any_of(node.entries.begin(), node.entries.end(),
                                      [](const YamlEntry& e) { return e.value.unresolved; });
    if (reported) return std::nullopt;
    context.problems.refuse(Code::kMissingKey, name.where,
                            fmt::format("`{}` does not say where its database is", name.text),
                            "{postgres: \"${DSN}\"} or {sqlite: file.db}");
    return std::nullopt;
  }
  out.engine = postgres != nullptr ? EngineKind::kPostgres : EngineKind::kSqlite;
  auto text = read_word(*address, fmt::format("the address of `{}`", name.text), context.problems);
  if (!text) return std::nullopt;
  out.address = Secret(std::move(text->text));
  out.name = std::move(name);
  return out;
}

}  // namespace

void load_sides(const YamlNode* node, LoadContext& context) {
  if (node == nullptr) return;
  MapReader sides(*node, "sides", context.problems);
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    const std::string name(side_name(side));
    const YamlNode* list = sides.require(
        name, side == Side::kLegacy ? "legacy: {main: {postgres: \"${LEGACY_DSN}\"}}"
                                    : "platform: {main: {postgres: \"${PLATFORM_DSN}\"}}");
    if (list == nullptr) continue;
    MapReader endpoints(*list, "sides." + name, context.problems);
    if (endpoints.ok() && list->entries.empty()) {
      context.problems.refuse(Code::kMissingKey, list->where,
                              fmt::format("the {} side has no database", name));
    }
    for (const YamlEntry& entry : list->entries) {
      const YamlNode* value = endpoints.take(entry.key.text);
      if (value == nullptr) continue;
      if (auto endpoint = load_endpoint(*value, {entry.key.text, entry.key.where}, side, context)) {
        context.document.endpoints.push_back(std::move(*endpoint));
      }
    }
  }
  sides.finish();
}

void load_state(const YamlNode* node, const SourcePosition& top, LoadContext& context) {
  if (node != nullptr) {
    context.document.state = load_endpoint(*node, {"state", node->where}, Side::kPlatform, context);
    return;
  }
  for (const EndpointDecl& endpoint : context.document.endpoints) {
    if (endpoint.side != Side::kPlatform || endpoint.engine != EngineKind::kPostgres) continue;
    context.document.state = endpoint;
    context.document.state->name.text = "state";
    return;
  }
  if (context.document.endpoints.empty()) return;
  context.problems.refuse(Code::kMissingKey, top,
                          "`state` is missing and no platform database is PostgreSQL",
                          "state: {sqlite: state.db} names a file that the bridge may create");
}

void load_capture(const YamlNode* node, CapturePlan& out, LoadContext& context) {
  if (node == nullptr) return;
  MapReader map(*node, "capture", context.problems);
  read_enum<StampBy>(map.take("stamp_by"), "`stamp_by`",
                     {{"database", StampBy::kDatabase}, {"application", StampBy::kApplication}},
                     out.stamp_by, context.problems);
  if (const YamlNode* value = map.take("overlap"))
    out.overlap = read_duration(*value, "`overlap`", context.problems).value_or(out.overlap);
  if (const YamlNode* value = map.take("margin"))
    out.margin = read_duration(*value, "`margin`", context.problems).value_or(out.margin);
  map.finish();
}

void load_limits(const YamlNode* node, LimitsPlan& out, LoadContext& context) {
  if (node == nullptr) return;
  constexpr std::int64_t kRowsMax = 1'000'000'000'000;
  ProblemList& problems = context.problems;
  MapReader map(*node, "limits", problems);
  if (const YamlNode* deletes = map.take("deletes")) {
    MapReader inner(*deletes, "limits.deletes", problems);
    if (const YamlNode* v = inner.take("rows"))
      out.deletes_rows =
          read_integer(*v, "`rows`", 0, kRowsMax, problems).value_or(out.deletes_rows);
    if (const YamlNode* v = inner.take("percent")) {
      out.deletes_percent = static_cast<int>(
          read_integer(*v, "`percent`", 0, 100, problems).value_or(out.deletes_percent));
    }
    if (const YamlNode* v = inner.take("confirm"))
      out.deletes_confirm = read_duration(*v, "`confirm`", problems).value_or(out.deletes_confirm);
    inner.finish();
  }
  if (const YamlNode* v = map.take("open"))
    out.open_max = read_integer(*v, "`open`", 1, kRowsMax, problems).value_or(out.open_max);
  if (const YamlNode* v = map.take("row_bytes"))
    out.row_bytes = read_bytes(*v, "`row_bytes`", problems).value_or(out.row_bytes);
  map.finish();
}

const YamlNode* find_lens(const std::string& name, const SourcePosition& where,
                          LoadContext& context) {
  std::vector<std::string> names;
  if (context.lenses != nullptr) {
    if (const YamlNode* found = context.lenses->find(name))
      return found->is_map() ? found : nullptr;
    for (const YamlEntry& entry : context.lenses->entries) names.push_back(entry.key.text);
  }
  context.problems.refuse(
      Code::kUnknownName, where, fmt::format("there is no lens `{}`", name),
      names.empty() ? "name it under `lenses:` first" : suggestion(name, names));
  return nullptr;
}

YamlNode with_lens(const YamlNode& map, LoadContext& context) {
  YamlNode out = map;
  const YamlNode* use = map.find("use");
  if (use == nullptr) return out;
  std::erase_if(out.entries, [](const YamlEntry& entry) { return entry.key.text == "use"; });
  const auto name = read_word(*use, "`use`", context.problems);
  const YamlNode* lens = name ? find_lens(name->text, use->where, context) : nullptr;
  if (lens == nullptr) return out;
  for (const YamlEntry& entry : lens->entries) {
    // Keys that no operator has were reported at the lens itself.
    const bool known = std::find(operator_keys().begin(), operator_keys().end(), entry.key.text) !=
                       operator_keys().end();
    if (known && entry.key.text != "use" && map.find(entry.key.text) == nullptr)
      out.entries.push_back(entry);
  }
  return out;
}

std::optional<ZoneRule> load_zone(MapReader& map, LoadContext& context) {
  const YamlNode* tz = map.take("tz");
  const YamlNode* ambiguous = map.take("ambiguous");
  const YamlNode* gap = map.take("gap");
  for (const YamlNode* node : {ambiguous, gap}) {
    if (node != nullptr && tz == nullptr) {
      context.problems.refuse(
          Code::kWrongShape, node->where,
          fmt::format("{} belongs to `tz`", node == gap ? "`gap`" : "`ambiguous`"),
          "add tz: Europe/Berlin, or whatever the legacy clock shows");
      return std::nullopt;
    }
  }
  if (tz == nullptr) return std::nullopt;
  ZoneRule rule;
  read_enum<Ambiguous>(ambiguous, "`ambiguous`",
                       {{"earlier", Ambiguous::kEarlier},
                        {"later", Ambiguous::kLater},
                        {"quarantine", Ambiguous::kQuarantine}},
                       rule.ambiguous, context.problems);
  read_enum<Gap>(gap, "`gap`", {{"quarantine", Gap::kQuarantine}, {"shift", Gap::kShift}}, rule.gap,
                 context.problems);
  auto name = read_word(*tz, "`tz`", context.problems);
  if (!name) return std::nullopt;
  auto zone = find_zone(name->text);
  if (!zone) {
    context.problems.refuse(Error(Code::kWrongShape, zone.error().why()), tz->where);
    return std::nullopt;
  }
  rule.zone = std::move(*zone);
  return rule;
}

}  // namespace atlas
