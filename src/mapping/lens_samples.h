#pragma once

// Values at the edges of a column's type, and some that people have: what a law that nobody can
// prove is tried on.

#include "mapping/lens.h"

#include <vector>

namespace atlas {

// Cells that the column can hold, null first; contents in `arena`. The order is from small to
// large: the first that breaks a law is the smallest.
std::vector<Value> sample_cells(const LensColumn& column, Arena& arena);

}  // namespace atlas
