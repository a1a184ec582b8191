#pragma once

// Lua scripts of a mapping: `lua: {file: turned.lua}` or `lua: {script: "…"}`.

#include "mapping/load_reader.h"

#include <string>

namespace atlas {

// Puts the text of each file named below `node` beside its name, as `script`: the canonical text of
// the mapping holds what is run. Relative names begin at `folder`.
void include_scripts(YamlNode& node, const std::string& folder, ProblemList& problems);
void load_lua(MapReader& map, FieldDecl& field, ProblemList& problems);

}  // namespace atlas
