#pragma once

#include "mapping/load_settings.h"

namespace atlas {

// Names that refer to other parts of the file: aliases, tables, fields, entities, variables. Fills
// in the qualifiers of platform columns where an entity has only one platform table.
void check_names(LoadContext& context);

}  // namespace atlas
