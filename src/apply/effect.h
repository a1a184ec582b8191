#pragma once

// What a link becomes once one write is applied. Kept in the intent, so that recovery and the
// normal path say the same.

#include "endpoint/endpoint.h"
#include "state/store.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace atlas {

struct FieldEffect {
  std::uint32_t field = 0;
  FieldHash hash = kNoBase;  // of the mid value we send: the new base (E12)
};

enum class LivenessEffect : std::uint8_t { kNone, kAlive, kDead };

struct Effect {
  std::uint32_t ordinal = 0;  // the write's number in its intent
  std::uint16_t kind = 0;
  KeyView legacy_key, platform_key;  // borrowed
  std::uint32_t generation = 0;
  std::uint32_t part = 0;
  WriteKind write = WriteKind::kUpdate;
  bool creates_link = false;
  bool unverified = false;  // the target may rewrite what we sent: look again (E12, E13)
  LivenessEffect liveness = LivenessEffect::kNone;
  std::int64_t user_stamp_us =
      kMinusInfinity;  // the target's effective stamp before this write (E19)
  FieldHash match = kNoBase;
  std::vector<FieldEffect> fields;
  // Edits of the target that this write writes over: on record once it is applied, crash or not
  // (S3). Instance and platform key are the effect's own.
  std::vector<Conflict> losers;
};

// Moves `link` as the applied write demands. `version`: what the write left, or nullopt when it is
// not known (recovery): then the next look at the row records it, and tells it from a user's by
// the stamp of the settled transaction, if that is known.
void apply_effect(const Effect& effect, const std::optional<RowVersion>& version, LinkRecord& link,
                  std::int64_t settled_stamp_us = kMinusInfinity);

}  // namespace atlas
