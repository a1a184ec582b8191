#include "apply/effect.h"

#include "foundation/planted.h"

namespace atlas {

void apply_effect(const Effect& effect, const std::optional<RowVersion>& version, LinkRecord& link,
                  std::int64_t settled_stamp_us) {
  PartState& part = link.parts[effect.part];
  if (effect.write == WriteKind::kRemove) {
    part = PartState{};
    part.exists = Existence::kGone;
    part.user_stamp_us = effect.user_stamp_us;
  } else {
    part.exists = Existence::kPresent;
    // A trigger may have made something else of it, under the same stamp.
    part.version = version.value_or(
        RowVersion{.stamp_us = effect.unverified ? kMinusInfinity : settled_stamp_us});
    part.own_write = true;
    part.unverified = effect.unverified || !version;
    part.user_stamp_us = effect.user_stamp_us;
  }
  // A root that is made again brings its parts back one by one: until then they are as never made.
  if (effect.liveness == LivenessEffect::kAlive && effect.write == WriteKind::kInsert &&
      effect.part == 1 && !planted(Plant::kDeadPartsKept)) {
    for (PartState& other : link.parts.subspan(2)) other = PartState{};
  }
  for (const FieldEffect& field : effect.fields) {
    if (field.field < link.bases.size()) link.bases[field.field] = field.hash;
  }
  if (effect.liveness == LivenessEffect::kAlive) link.dead = false;
  if (effect.liveness == LivenessEffect::kDead) link.dead = true;
  if (effect.match != kNoBase) link.match = effect.match;
}

}  // namespace atlas
