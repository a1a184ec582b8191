#include "mapping/compile.h"
#include "mapping/document.h"
#include "mapping/load_entity.h"
#include "mapping/load_field.h"
#include "mapping/load_names.h"
#include "mapping/load_scripts.h"
#include "mapping/load_secrets.h"
#include "mapping/load_settings.h"
#include "mapping/load_tests.h"
#include "mapping/suggest.h"
#include "mapping/tenant_file.h"
#include "mapping/variables.h"
#include "mapping/yaml_tree.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace atlas {
namespace {

bool has_todo(std::string_view text) {
  for (std::size_t at = text.find("TODO"); at != std::string_view::npos;
       at = text.find("TODO", at + 1)) {
    const auto word = [&](std::size_t i) {
      return i < text.size() &&
             (text[i] == '_' || std::isalnum(static_cast<unsigned char>(text[i])) != 0);
    };
    if ((at == 0 || !word(at - 1)) && !word(at + 4)) return true;
  }
  return false;
}

// Reports every TODO mark and takes it out of the tree, so that nothing else complains about it.
void take_todos(YamlNode& node, ProblemList& problems) {
  const auto report = [&](const SourcePosition& where) {
    problems.refuse(Code::kTodoLeft, where, "this is still undecided",
                    "decide, then remove the TODO mark");
  };
  if (node.is_scalar() && has_todo(node.text)) {
    report(node.where);
    node.kind = YamlNode::Kind::kNull;
    node.unresolved = true;
  }
  for (YamlNode& item : node.items) take_todos(item, problems);
  std::erase_if(node.entries, [&](YamlEntry& entry) {
    if (has_todo(entry.key.text)) {
      report(entry.key.where);
      return true;
    }
    take_todos(entry.value, problems);
    return false;
  });
}

// Everything but connection strings; a digest for the keys of `hash`.
std::string hashed_text(const YamlNode& root, const Document& document) {
  std::string out;
  for (const YamlEntry& entry : root.entries) {
    if (entry.key.text == "sides" || entry.key.text == "state") continue;
    append_yaml_text(out, entry.key);
    append_yaml_text(out, entry.value);
  }
  for (const EndpointDecl& endpoint : document.endpoints) {
    out += fmt::format("|{}.{}:{}", side_name(endpoint.side), endpoint.name.text,
                       endpoint.engine == EngineKind::kPostgres ? "postgres" : "sqlite");
  }
  return out;
}

bool check_version(MapReader& map, ProblemList& problems) {
  const YamlNode* version = map.require("bridge", "bridge: 1 is the version of this language");
  if (version == nullptr) return true;
  if (version->is_scalar() && version->text == "1") return true;
  problems.refuse(Code::kWrongShape, version->where,
                  fmt::format("`bridge` is `{}`; this program reads version 1", version->text),
                  "bridge: 1, or a program that knows this version");
  return false;
}

void load_document(const YamlNode& root, const TenantFile* tenant, LoadContext& context) {
  Document& document = context.document;
  ProblemList& problems = context.problems;
  MapReader map(root, "the mapping", problems);
  if (!map.ok() || !check_version(map, problems)) return;
  if (const YamlNode* lenses = map.take("lenses");
      lenses != nullptr && expect(*lenses, YamlNode::Kind::kMap, "`lenses`", problems)) {
    context.lenses = lenses;
    check_lens_keys(*lenses, context);
  }
  load_tenant(map.take("tenant"), root.where, tenant, context);
  load_variables(map.take("vars"), context);
  load_sides(map.require("sides",
                         "sides: {legacy: {main: {postgres: …}}, platform: {main: {postgres: …}}}"),
             context);
  load_state(map.take("state"), root.where, context);
  read_enum<Phase>(map.take("phase"), "`phase`", phase_names(), document.phase, problems);
  if (tenant != nullptr && tenant->phase) document.phase = *tenant->phase;
  EntityDefaults defaults;
  load_scope(map.take("scope"), defaults.scope, context);
  load_capture(map.take("capture"), defaults.capture, context);
  load_limits(map.take("limits"), defaults.limits, context);
  const YamlNode* entities =
      map.require("entities", "entities: {person: {legacy: …, platform: …, fields: …}}");
  const YamlNode* tests = map.take("tests");
  map.finish();
  if (entities == nullptr || !expect(*entities, YamlNode::Kind::kMap, "`entities`", problems))
    return;
  for (const YamlEntry& entry : entities->entries) load_entity(entry, defaults, context);
  check_names(context);
  load_tests(tests, context);
}

}  // namespace

Loaded load(const std::string& file, const std::string& text, const Variables& variables,
            const TenantFile* tenant) {
  auto source = std::make_shared<const SourceText>(text);
  ProblemList problems(source);
  Loaded out;
  auto document = std::make_shared<Document>();
  if (auto root = parse_yaml(file, text, problems)) {
    const std::string folder = std::filesystem::path(file).parent_path().string();
    take_todos(*root, problems);
    substitute_tree(*root, variables, folder, problems);
    hide_secrets(*root);
    include_scripts(*root, folder, problems);
    LoadContext context{*document, problems};
    document->file = file;
    document->source = source;
    load_document(*root, tenant, context);
    document->text = hashed_text(*root, *document);
    if (tenant != nullptr && tenant->phase)
      document->text += fmt::format("|phase {}", static_cast<int>(*tenant->phase));
  }
  if (!problems.fatal()) out.document = std::move(document);
  out.problems = problems.take();
  return out;
}

Loaded load_file(const std::string& file, const Variables& variables, const TenantFile* tenant) {
  std::ifstream in(file, std::ios::binary);
  std::string text;
  std::error_code failed;
  if (in && !std::filesystem::is_directory(file, failed)) {
    text.resize(kYamlBytesMax + 1);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (!in.bad()) return load(file, text, variables, tenant);
  }
  Loaded out;
  Error error = Error(Code::kConfigUnreadable, fmt::format("{} cannot be opened", file)).at(file);
  if (std::filesystem::is_directory(file, failed)) {
    error = Error(Code::kConfigUnreadable, fmt::format("{} is a folder", file))
                .at(file)
                .advise(fmt::format("name the file: -c {}",
                                    (std::filesystem::path(file) / "atlas.yaml").string()));
  }
  out.problems.push_back({std::move(error), true});
  return out;
}

}  // namespace atlas
