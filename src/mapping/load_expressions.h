#pragma once

// `derive`, `to_platform` and `to_legacy` of a field line.

#include "mapping/load_reader.h"

namespace atlas {

void load_expressions(MapReader& map, FieldDecl& field, ProblemList& problems);

}  // namespace atlas
