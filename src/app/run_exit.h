#pragma once

#include "flow/run.h"
#include "foundation/error_codes.h"

namespace atlas::app {

// What to do when another run holds the lease.
enum class IfLocked : std::uint8_t { kSkip, kFail };

// The exit code of a run, before --strict is asked. A deadline is success: progress is kept.
//   interrupted  130 or 143, by the signal that came
ExitCode exit_of_run(const RunReport& report, IfLocked if_locked, ExitCode interrupted);

// Of two exits the one that a caller who asked for both must hear of: stopped by a signal, then 78,
// 77, 69, 1, 75, 3, 2, 0.
ExitCode graver(ExitCode a, ExitCode b);

}  // namespace atlas::app
