#pragma once

#include "flow/run.h"
#include "foundation/error_codes.h"

namespace atlas::app {

// What to do when another run holds the lease.
enum class IfLocked : std::uint8_t { kSkip, kFail };

// The exit code of a run, before --strict is asked. A deadline is success: progress is kept.
//   interrupted  130 or 143, by the signal that came
ExitCode exit_of_run(const RunReport& report, IfLocked if_locked, ExitCode interrupted);

}  // namespace atlas::app
