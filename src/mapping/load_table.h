#pragma once

#include "mapping/load_settings.h"

namespace atlas {

// `legacy:` and `platform:` of an entity.
void load_tables(const YamlNode* node, Side side, EntityDecl& entity, LoadContext& context);

}  // namespace atlas
