#pragma once

// Loading and compiling mappings in tests.

#include "mapping/compile.h"
#include "mapping/document.h"

#include <map>
#include <string>
#include <vector>

namespace atlas {

// Variables from a map.
Variables fixed_variables(std::map<std::string, std::string> values);

// A whole file around `entities` (already indented by two): tenant, two SQLite databases, state.
std::string small_mapping(const std::string& entities);

// Each problem as "ATB-2004 7:5" (and "remark ATB-2104 …" for remarks).
std::vector<std::string> places(const std::vector<Problem>& problems);
// All of them as people read them.
std::string problem_texts(const std::vector<Problem>& problems);

}  // namespace atlas
