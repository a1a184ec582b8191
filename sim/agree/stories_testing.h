#pragma once

// Scripts written by hand, one a theme.

#include "sim/agree/script_testing.h"

namespace atlas::agree {

std::vector<Script> stories();

}  // namespace atlas::agree
