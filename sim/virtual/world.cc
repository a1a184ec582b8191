#include "sim/virtual/world.h"

#include "foundation/assert.h"

namespace atlas::sim {

void World::wait_for(const std::function<bool()>& ready) const {
  if (ready()) return;
  ATLAS_ASSERT(wait, "somebody waits for a lock and nobody else can run");
  wait(ready);
}

std::optional<Error> World::at_port(std::string_view port, Moment moment) {
  if (moment == Moment::kBefore) now_ += Micros(1);
  return hook ? hook(port, moment) : std::nullopt;
}

}  // namespace atlas::sim
