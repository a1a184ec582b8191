#include "mapping/load_table.h"

#include "mapping/suggest.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

struct EndpointNames {
  std::vector<std::string> names;
  std::vector<std::size_t> positions;  // in Document::endpoints
};

EndpointNames endpoints_of(const Document& document, Side side) {
  EndpointNames out;
  for (std::size_t i = 0; i < document.endpoints.size(); ++i) {
    if (document.endpoints[i].side != side) continue;
    out.names.push_back(document.endpoints[i].name.text);
    out.positions.push_back(i);
  }
  return out;
}

std::vector<std::string> segments(std::string_view text) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t dot = text.find('.');
    out.emplace_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return out;
    text.remove_prefix(dot + 1);
  }
}

// Finds the endpoint and the full name of "table", "schema.table", "endpoint.table" or
// "endpoint.schema.table".
class TableResolver {
 public:
  TableResolver(Side side, LoadContext& context)
      : side_(side), context_(context), endpoints_(endpoints_of(context.document, side)) {}

  void resolve(const Word& written, const std::optional<Word>& endpoint, TableDecl& table) {
    if (endpoints_.names.empty()) return;  // reported under `sides`
    std::vector<std::string> parts = segments(written.text);
    const bool malformed =
        parts.size() > 3 ||
        std::any_of(parts.begin(), parts.end(), [](const std::string& p) { return p.empty(); });
    if (malformed) {
      context_.problems.refuse(Code::kWrongShape, written.where,
                               fmt::format("`{}` is no table name", written.text),
                               "endpoint.table, or endpoint.schema.table");
      return;
    }
    std::string default_schema = "public";
    if (endpoint) {
      if (!pick(*endpoint, table)) return;
    } else if (side_ == Side::kPlatform && parts.size() > 1 && known(parts.front())) {
      pick({parts.front(), written.where}, table);
      default_schema = parts.front();  // a service's schema bears its name
      parts.erase(parts.begin());
    } else if (endpoints_.names.size() == 1 || side_ == Side::kLegacy) {
      table.endpoint = endpoints_.positions.front();
    } else {
      const std::string fix = parts.size() > 1
                                  ? suggestion(parts.front(), endpoints_.names)
                                  : fmt::format("write endpoint.{}; endpoints: {}", parts.front(),
                                                name_list(endpoints_.names));
      context_.problems.refuse(
          Code::kUnknownName, written.where,
          fmt::format("`{}` does not begin with an endpoint of the platform", written.text), fix);
      return;
    }
    const bool sqlite = context_.document.endpoints[table.endpoint].engine == EngineKind::kSqlite;
    if (parts.size() > 2 || (sqlite && parts.size() > 1)) {
      const std::string why =
          sqlite ? fmt::format("`{}` names a schema, and SQLite has none", written.text)
                 : fmt::format("`{}` has too many parts", written.text);
      context_.problems.refuse(Code::kWrongShape, written.where, why,
                               fmt::format("write {}", parts.back()));
      return;
    }
    table.table.name = parts.back();
    if (!sqlite) table.table.schema = parts.size() == 2 ? parts.front() : default_schema;
  }

 private:
  bool known(const std::string& name) const {
    return std::find(endpoints_.names.begin(), endpoints_.names.end(), name) !=
           endpoints_.names.end();
  }
  bool pick(const Word& name, TableDecl& table) {
    const auto it = std::find(endpoints_.names.begin(), endpoints_.names.end(), name.text);
    if (it == endpoints_.names.end()) {
      context_.problems.refuse(
          Code::kUnknownName, name.where,
          fmt::format("the {} side has no endpoint `{}`", side_name(side_), name.text),
          suggestion(name.text, endpoints_.names));
      return false;
    }
    table.endpoint = endpoints_.positions[static_cast<std::size_t>(it - endpoints_.names.begin())];
    return true;
  }

  Side side_;
  LoadContext& context_;
  EndpointNames endpoints_;
};

void load_presence(const YamlNode* node, TableDecl& table, LoadContext& context) {
  if (node == nullptr) return;
  if (node->is_map()) {
    MapReader map(*node, "presence", context.problems);
    if (const YamlNode* kinds = map.require("required_for", "{required_for: staff}")) {
      table.required_for = read_words(*kinds, "`required_for`", context.problems);
    }
    map.finish();
    return;
  }
  read_enum<bool>(node, "`presence`", {{"required", false}, {"optional", true}}, table.optional,
                  context.problems);
}

void load_table(const YamlEntry& entry, Side side, TableResolver& resolver, EntityDecl& entity,
                LoadContext& context) {
  TableDecl table;
  table.name = {entry.key.text, entry.key.where};
  Word written = table.name;
  std::optional<Word> endpoint;
  if (entry.value.is_null() && entry.value.unresolved) return;
  if (!entry.value.is_null()) {
    MapReader map(entry.value, entry.key.text, context.problems);
    const YamlNode* name = side == Side::kPlatform
                               ? map.require("table", "{table: endpoint.table, key: id}")
                               : map.take("table");
    if (name != nullptr) {
      if (auto word = read_word(*name, "`table`", context.problems)) written = std::move(*word);
    }
    if (const YamlNode* node = map.take("endpoint"))
      endpoint = read_word(*node, "`endpoint`", context.problems);
    if (const YamlNode* node = map.take("key"))
      table.key = read_words(*node, "`key`", context.problems);
    if (side == Side::kLegacy) {
      const YamlNode* when = map.take("when");
      if (when != nullptr && expect(*when, YamlNode::Kind::kScalar, "`when`", context.problems)) {
        if (auto rows = parse_conjunction(*when, context.problems)) table.when = std::move(*rows);
      }
    } else {
      load_presence(map.take("presence"), table, context);
    }
    map.finish();
    if (!map.ok() || (side == Side::kPlatform && name == nullptr)) return;
  } else if (side == Side::kPlatform) {
    context.problems.refuse(Code::kWrongShape, entry.key.where,
                            fmt::format("`{}` names no table", entry.key.text),
                            "{table: endpoint.table, key: id}");
    return;
  }
  resolver.resolve(written, endpoint, table);
  // `crm.users` is the kind `users`.
  if (side == Side::kLegacy && table.name.text.find('.') != std::string::npos)
    table.name.text = segments(table.name.text).back();
  std::vector<TableDecl>& tables = side == Side::kLegacy ? entity.legacy : entity.platform;
  const auto same = [&](const TableDecl& other) { return other.name.text == table.name.text; };
  if (std::any_of(tables.begin(), tables.end(), same)) {
    context.problems.refuse(Code::kDuplicateKey, entry.key.where,
                            fmt::format("two tables are called `{}`", table.name.text),
                            "give one another name: `other: {table: schema.table}`");
    return;
  }
  tables.push_back(std::move(table));
}

}  // namespace

void load_tables(const YamlNode* node, Side side, EntityDecl& entity, LoadContext& context) {
  if (node == nullptr) return;
  const std::string what = fmt::format("{}.{}", entity.name.text, side_name(side));
  if (!expect(*node, YamlNode::Kind::kMap, fmt::format("`{}`", what), context.problems)) return;
  if (node->entries.empty()) {
    context.problems.refuse(Code::kMissingKey, node->where,
                            fmt::format("`{}` names no table", what));
    return;
  }
  TableResolver resolver(side, context);
  for (const YamlEntry& entry : node->entries) load_table(entry, side, resolver, entity, context);
  if (side == Side::kLegacy && entity.legacy.size() > kKindsMax) {
    context.problems.refuse(Code::kWrongShape, node->where,
                            fmt::format("more than {} legacy tables in one entity", kKindsMax));
  }
}

}  // namespace atlas
