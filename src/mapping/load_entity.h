#pragma once

#include "mapping/load_settings.h"

namespace atlas {

// Defaults that entities inherit.
struct EntityDefaults {
  ScopeDecl scope[2];
  CapturePlan capture;
  LimitsPlan limits;
};

// `scope:` of the document or of an entity; sides that it does not name are left alone.
void load_scope(const YamlNode* node, ScopeDecl (&out)[2], LoadContext& context);
// One entry of `entities:`.
void load_entity(const YamlEntry& entry, const EntityDefaults& defaults, LoadContext& context);

}  // namespace atlas
