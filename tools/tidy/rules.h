#pragma once

#include "tools/tidy/finding.h"
#include "tools/tidy/module_table.h"
#include "tools/tidy/tree.h"

namespace atlas::tidy {

// The rules in groups; README.md lists them by name. Each reads the whole tree.
Findings check_includes(const Tree& tree, const ModuleTable& table);
Findings check_calls(const Tree& tree);
Findings check_sizes(const Tree& tree);
Findings check_documents(const Tree& tree, const ModuleTable& table);
Findings check_text(const Tree& tree);

// All of them, sorted by path and line.
Findings check_all(const Tree& tree);

}  // namespace atlas::tidy
