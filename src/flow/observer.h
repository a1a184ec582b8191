#pragma once

// How a run's facts leave the engine: app turns them into progress, logs and metrics. Called from
// any thread.

#include "flow/counts.h"
#include "foundation/result.h"

#include <string>

namespace atlas {

class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void stage_started(std::uint32_t /*stage*/) {}
  // A first load of the entity begins, or goes on where so many links were made before.
  virtual void first_load(const std::string& /*entity*/, std::int64_t /*links*/) {}
  // After each page: the entity's counts so far.
  virtual void page_done(const std::string& /*entity*/, const Counts& /*so_far*/) {}
  virtual void entity_done(const std::string& /*entity*/, const Counts& /*counts*/,
                           const Error* /*error*/) {}
};

}  // namespace atlas
