#pragma once

#include "mapping/load_settings.h"

#include <string>
#include <vector>

namespace atlas {

// Reads `copy`, the name of a lens, or a map of operators into `field`. False after a problem that
// leaves no operator.
bool load_operators(const YamlNode& node, FieldDecl& field, LoadContext& context);
// Every key a map of operators may have, in the order of the reference page.
const std::vector<std::string>& operator_keys();

}  // namespace atlas
