#pragma once

#include "flow/ports.h"
#include "foundation/error_codes.h"

#include <optional>

namespace atlas::app {

// SIGTERM and SIGINT ask a run to stop between two pages; a second one of the same kind ends the
// process at once. Objects that live at once hear the same signal; after the last one both have
// their default again.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Any thread.
  bool asked() const;
  // 130 or 143, by the signal that came last; 130 if none did.
  static ExitCode exit();
};

// Why a run should end now: a signal, or `deadline` (monotonic) is over. Any thread.
std::function<Ports::Stop()> stop_when(const StopSignals& signals, Clock& clock,
                                       std::optional<Micros> deadline);

}  // namespace atlas::app
