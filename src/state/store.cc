#include "state/store.h"

namespace atlas {

std::string_view pending_state_name(PendingState state) {
  switch (state) {
    case PendingState::kDirty:
      return "dirty";
    case PendingState::kDeferred:
      return "deferred";
    case PendingState::kWaiting:
      return "waiting";
    case PendingState::kHeld:
      return "held";
    case PendingState::kQuarantined:
      return "quarantined";
    case PendingState::kDiscarded:
      return "discarded";
  }
  return "?";
}

bool Confirm::empty() const {
  return intents.empty() && replaced_links.empty() && insert_links.empty() &&
         update_links.empty() && put_pending.empty() && drop_pending.empty() &&
         put_candidates.empty() && drop_candidates.empty() && put_conflicts.empty() &&
         close_conflicts.empty() && cursors.empty();
}

}  // namespace atlas
