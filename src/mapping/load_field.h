#pragma once

// Field entries: `"legacy columns <-> platform columns": operators`, and columns without a partner.

#include "mapping/load_settings.h"

#include <vector>

namespace atlas {

// Everything under `fields:` (kind empty) or `fields.<kind>:`.
void load_fields(const YamlNode& node, const std::string& kind, EntityDecl& entity,
                 LoadContext& context);
// platform_only and legacy_only.
void load_notes(const YamlNode* node, Side side, EntityDecl& entity, LoadContext& context);
// Keys of a named lens: reported once where it is declared, used or not.
void check_lens_keys(const YamlNode& lenses, LoadContext& context);

}  // namespace atlas
