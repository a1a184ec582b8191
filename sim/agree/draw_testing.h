#pragma once

// Scripts drawn from a seed.

#include "sim/agree/script_testing.h"

namespace atlas::agree {

// 20 to 40 steps, and a look at all tables at the end. Every written text is new, so that no row
// ever gets an old content back.
Script draw(std::uint64_t seed, bool two_writers);

}  // namespace atlas::agree
