#include "flow/context.h"

namespace atlas {

Result<Endpoint*> EntityContext::endpoint(EndpointIndex index) {
  auto& slot = open_[index];
  if (slot == nullptr) {
    auto opened = run.ports.open_endpoint(index);
    if (!opened) {
      open_.erase(index);
      return std::move(opened).error();
    }
    slot = std::move(*opened);
  }
  return slot.get();
}

}  // namespace atlas
