#pragma once

// The payload of an intent: its effects and the fields they name, versioned. See
// docs/formats/intent.md.

#include "apply/effect.h"
#include "foundation/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace atlas {

// Field names by index travel with the effects: a mapping edited between crash and recovery must
// not shift bases.
std::string encode_intent(std::span<const Effect> effects,
                          std::span<const std::string> field_names);

struct DecodedIntent {
  Arena arena;  // keys
  std::vector<std::string> field_names;
  std::vector<Effect> effects;
};
// kStateUnusable when damaged.
Result<DecodedIntent> decode_intent(std::string_view payload);

}  // namespace atlas
