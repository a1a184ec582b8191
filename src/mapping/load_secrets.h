#pragma once

// Keeps secrets out of everything that is made from the file's text: fingerprints, hashes, reports.

#include "mapping/yaml_tree.h"

namespace atlas {

// Gives each key of a `hash` operator below `node` its digest, so that the canonical text shows
// that a key changed and not what it is.
void hide_secrets(YamlNode& node);

}  // namespace atlas
