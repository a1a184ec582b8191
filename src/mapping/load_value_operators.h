#pragma once

// The value operators that have a shape of their own: bits, pack, pattern,
// circle_polygon and the one-way ones, mask, hash and truncate.

#include "mapping/load_settings.h"

namespace atlas {

// `absent: null`; false after a problem.
bool read_absent(const YamlNode& node, ProblemList& problems);
// Reads those that `map` gives into `field.op`; false when it gives none.
bool load_value_operator(MapReader& map, FieldDecl& field, LoadContext& context);

}  // namespace atlas
