#pragma once

#include "app/verb.h"
#include "flow/context.h"

namespace atlas::app {

// Prints what a run with this sweep would write, the first 10,000 writes or in counts. Changes
// nothing.
Result<ExitCode> print_preview(SweepOptions sweep, bool rows, const CommonOptions& common,
                               Terminal& terminal);

}  // namespace atlas::app
