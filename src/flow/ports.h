#pragma once

// Everything a run is given from outside (DESIGN §3 Ports).

#include "endpoint/endpoint.h"
#include "foundation/clock.h"
#include "foundation/executor.h"
#include "mapping/plan.h"
#include "state/store.h"

#include <functional>
#include <memory>

namespace atlas {

struct Ports {
  Clock& clock;
  Executor& executor;
  // A new connection of the plan's endpoint; each entity opens its own.
  std::function<Result<std::unique_ptr<Endpoint>>(EndpointIndex)> open_endpoint;
  std::function<Result<std::unique_ptr<StateStore>>()> open_state;
  // Whether to end early: kNone, or why. Asked between pages; any thread.
  enum class Stop : unsigned char { kNone, kDeadline, kInterrupted };
  std::function<Stop()> stop;
};

}  // namespace atlas
