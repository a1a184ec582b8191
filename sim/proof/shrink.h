#pragma once

#include "sim/proof/script.h"

#include <cstddef>
#include <string>

namespace atlas::sim {

// The shortest script found that still breaks `law`: steps are left out in ever smaller stretches
// (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002), then what is
// special about the company. At most `plays_max` plays.
Script shrink(Script script, const std::string& law, std::size_t plays_max = 3000);

}  // namespace atlas::sim
