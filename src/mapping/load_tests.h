#pragma once

#include "mapping/load_settings.h"

namespace atlas {

// `tests:`, or null where there are none. After the entities: a case names one.
void load_tests(const YamlNode* node, LoadContext& context);

}  // namespace atlas
