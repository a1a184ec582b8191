#pragma once

// Time comes from outside (DESIGN §3 Ports). Wall time is UTC in microseconds; monotonic time
// measures spans.

#include <chrono>

namespace atlas {

using Micros = std::chrono::microseconds;
// A point of UTC wall time, microseconds since 1970-01-01.
using Instant = std::chrono::sys_time<Micros>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() = 0;
  // Microseconds since an arbitrary start; never goes back.
  virtual Micros monotonic() = 0;
  virtual void sleep(Micros span) = 0;
};

// The machine's clock. Any thread.
Clock& system_clock();

}  // namespace atlas
