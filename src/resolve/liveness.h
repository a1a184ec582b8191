#pragma once

// The closed table: which case an instance is, from what each side shows and what the link says
// (ENGINE E14, E26, E31). docs/formats/decision.md prints it; the test holds the page against this
// table.

#include <array>
#include <cstdint>
#include <string_view>

namespace atlas {

// What a side shows of an instance.
enum class Presentation : std::uint8_t {
  kAbsent,  // no row
  kAlive,
  kDead,        // soft-deleted
  kOutOfScope,  // a row that this tenant's scope does not own
};
inline constexpr std::array kPresentations = {Presentation::kAbsent, Presentation::kAlive,
                                              Presentation::kDead, Presentation::kOutOfScope};

// What the link says both sides last agreed on.
enum class LinkState : std::uint8_t { kNone, kAlive, kDead };
inline constexpr std::array kLinkStates = {LinkState::kNone, LinkState::kAlive, LinkState::kDead};

enum class Case : std::uint8_t {
  kNothing,          // nothing there, nothing to do
  kCreatePlatform,   // a new legacy row
  kCreateLegacy,     // a new platform row
  kAdopt,            // both exist, no link yet (E15, E27)
  kFields,           // both alive: compare fields
  kDeletePlatform,   // legacy died since the base
  kDeleteLegacy,     // platform died since the base
  kBothDead,         // both died: the base of liveness becomes dead
  kStillDead,        // dead before, dead now
  kRevivePlatform,   // legacy came back
  kReviveLegacy,     // platform came back
  kBothRevived,      // both came back
  kSuspectedDelete,  // a linked row is absent without an explicit event: proof is reconcile's (E31)
  kFilteredDead,     // dead before it was ever linked: never created
  kFilteredScope,    // out of scope: parked, nothing deleted
  kHoldMismatch,     // unlinked pair of which one is dead: a person decides
};

Case classify(LinkState link, Presentation legacy, Presentation platform);
std::string_view case_name(Case c);
std::string_view presentation_name(Presentation p);
std::string_view link_state_name(LinkState s);

}  // namespace atlas
