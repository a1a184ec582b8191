#include "resolve/liveness.h"

namespace atlas {
namespace {

using enum Case;
// kTable[link][legacy][platform]; columns: platform absent, alive, dead, out of scope.
constexpr Case kTable[3][4][4] = {
    // no link
    {
        {kNothing, kCreateLegacy, kFilteredDead, kFilteredScope},          // legacy absent
        {kCreatePlatform, kAdopt, kHoldMismatch, kFilteredScope},          // alive
        {kFilteredDead, kHoldMismatch, kFilteredDead, kFilteredScope},     // dead
        {kFilteredScope, kFilteredScope, kFilteredScope, kFilteredScope},  // out of scope
    },
    // link alive
    {
        {kBothDead, kSuspectedDelete, kBothDead, kFilteredScope},
        {kSuspectedDelete, kFields, kDeleteLegacy, kFilteredScope},
        {kBothDead, kDeletePlatform, kBothDead, kFilteredScope},
        {kFilteredScope, kFilteredScope, kFilteredScope, kFilteredScope},
    },
    // link dead
    {
        {kStillDead, kReviveLegacy, kStillDead, kFilteredScope},
        {kRevivePlatform, kBothRevived, kRevivePlatform, kFilteredScope},
        {kStillDead, kReviveLegacy, kStillDead, kFilteredScope},
        {kFilteredScope, kFilteredScope, kFilteredScope, kFilteredScope},
    },
};

}  // namespace

Case classify(LinkState link, Presentation legacy, Presentation platform) {
  return kTable[static_cast<unsigned>(link)][static_cast<unsigned>(legacy)]
               [static_cast<unsigned>(platform)];
}

std::string_view case_name(Case c) {
  switch (c) {
    case kNothing:
      return "nothing";
    case kCreatePlatform:
      return "create_platform";
    case kCreateLegacy:
      return "create_legacy";
    case kAdopt:
      return "adopt";
    case kFields:
      return "fields";
    case kDeletePlatform:
      return "delete_platform";
    case kDeleteLegacy:
      return "delete_legacy";
    case kBothDead:
      return "both_dead";
    case kStillDead:
      return "still_dead";
    case kRevivePlatform:
      return "revive_platform";
    case kReviveLegacy:
      return "revive_legacy";
    case kBothRevived:
      return "both_revived";
    case kSuspectedDelete:
      return "suspected_delete";
    case kFilteredDead:
      return "filtered_dead";
    case kFilteredScope:
      return "filtered_scope";
    case kHoldMismatch:
      return "hold_mismatch";
  }
  return "?";
}

std::string_view presentation_name(Presentation p) {
  switch (p) {
    case Presentation::kAbsent:
      return "absent";
    case Presentation::kAlive:
      return "alive";
    case Presentation::kDead:
      return "dead";
    case Presentation::kOutOfScope:
      return "out_of_scope";
  }
  return "?";
}

std::string_view link_state_name(LinkState s) {
  switch (s) {
    case LinkState::kNone:
      return "none";
    case LinkState::kAlive:
      return "alive";
    case LinkState::kDead:
      return "dead";
  }
  return "?";
}

}  // namespace atlas
