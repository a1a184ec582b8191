#include "mapping/load_scripts.h"

#include "mapping/variables.h"

#include <fmt/format.h>

namespace atlas {
namespace {

void include_script(YamlNode& lua, const std::string& folder, ProblemList& problems) {
  const YamlNode* file = lua.find("file");
  if (file == nullptr || !file->is_scalar() || lua.find("script") != nullptr) return;
  auto text = read_included(file->text, folder);
  if (!text) {
    problems.refuse(Code::kLuaFailed, file->where,
                    fmt::format("the script `{}` cannot be read; it has at most {} KiB", file->text,
                                kIncludedFileBytesMax / 1024),
                    text.error().next());
    return;
  }
  YamlEntry script;
  script.key.kind = YamlNode::Kind::kScalar;
  script.key.text = "script";
  script.key.where = file->where;
  script.value = script.key;
  script.value.text = std::move(*text);
  lua.entries.push_back(std::move(script));
}

}  // namespace

void include_scripts(YamlNode& node, const std::string& folder, ProblemList& problems) {
  for (YamlEntry& entry : node.entries) {
    if (entry.key.text == "lua" && entry.value.is_map())
      include_script(entry.value, folder, problems);
    else
      include_scripts(entry.value, folder, problems);
  }
  for (YamlNode& item : node.items) include_scripts(item, folder, problems);
}

void load_lua(MapReader& map, FieldDecl& field, ProblemList& problems) {
  const YamlNode* node = map.take("lua");
  if (node == nullptr ||
      !expect(*node, YamlNode::Kind::kMap, "`lua`, as in {lua: {file: turned.lua}}", problems))
    return;
  MapReader inner(*node, "lua", problems);
  const YamlNode* file = inner.take("file");
  const YamlNode* script = inner.take("script");
  inner.finish();
  if (script == nullptr) {
    // A file that cannot be read was reported already.
    if (file == nullptr)
      problems.refuse(Code::kMissingKey, node->where, "`lua` names no script",
                      "{lua: {file: turned.lua}}");
    return;
  }
  auto text = read_text(*script, "the script", problems);
  if (!text) return;
  field.op = LuaOp{std::move(*text), file != nullptr ? file->text : "script"};
}

}  // namespace atlas
