#pragma once

// One decision to be made, with everything it needs: what tests change, swap, carry out and repeat.

#include "resolve/decide.h"

#include <cstdint>
#include <string>
#include <vector>

namespace atlas {

struct Scene {
  LinkState link = LinkState::kAlive;
  Presentation legacy = Presentation::kAlive;
  Presentation platform = Presentation::kAlive;
  bool both_soft = false;
  DeletePolicy on_delete = DeletePolicy::kUpdateWins;
  Side tie_winner = Side::kPlatform;
  std::int64_t precision_us = 1;
  std::vector<FieldView> fields;
  std::vector<FieldPolicy> policies;
  std::vector<std::int8_t> asked;  // empty: nobody was asked

  Scene& field(const FieldView& view, const FieldPolicy& policy = {});
};

Decision decide(const Scene& scene);

// The same instance with legacy and platform exchanged in every word of it.
Scene swapped(const Scene& scene);
Decision swapped(const Decision& decision);

// Both sides and the link once the decision is carried out and confirmed. Writes of ours leave the
// stamps alone (E19). A deleted row stays with a mark where both sides are soft and have one, else
// it goes.
Scene carried_out(const Scene& scene, const Decision& decision);

// Whether this side's value of the field is an edit: it differs from the base, or from the other
// side where the base is unknown; in an adoption null yields.
bool is_edit(const Scene& scene, std::size_t field, Side side);

FieldHash value_of(const FieldView& view, Side side);

// Failure messages.
std::string describe(const Scene& scene);
std::string describe(const Decision& decision);

bool operator==(const FieldAnswer& a, const FieldAnswer& b);  // `winner` only where it is valid
bool operator==(const Decision& a, const Decision& b);

}  // namespace atlas
