// What sets an instance aside, and until when (ENGINE E6, E23, E24, E33).

#include "flow/page.h"
#include "foundation/planted.h"
#include "model/key.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {

Micros back_off(std::int32_t attempts) {
  constexpr std::int32_t kDoublingsMax = 6;
  const auto minutes =
      std::min<std::int64_t>(std::int64_t{1} << std::clamp(attempts, 0, kDoublingsMax), 60);
  return std::chrono::minutes(minutes);
}

std::uint64_t Page::fingerprint(const Item& item) const {
  return fingerprint_of(image(item).versions);
}

// Of one side's rows alone, whether or not the other's were read with them.
std::uint64_t Page::fingerprint(const Item& item, Side side) const {
  std::vector<RowVersion> versions = image(item).versions;
  for (std::size_t part = 0; part < versions.size(); ++part) {
    if ((part == 0) != (side == Side::kLegacy)) versions[part] = RowVersion{};
  }
  return fingerprint_of(versions);
}

std::uint64_t Page::fingerprint_of(const std::vector<RowVersion>& versions) const {
  std::string bytes;
  for (const RowVersion& v : versions) {
    bytes.append(reinterpret_cast<const char*>(&v.token), sizeof v.token);
    bytes.append(reinterpret_cast<const char*>(&v.stamp_us), sizeof v.stamp_us);
  }
  bytes.append(reinterpret_cast<const char*>(&entity_.fingerprint), sizeof entity_.fingerprint);
  return stable_hash(bytes);
}

namespace {

Pending parked(PendingState state, Code code, std::string reason, const Pending* before,
               Instant now, std::uint64_t fingerprint) {
  Pending p;
  p.state = state;
  p.code = static_cast<std::uint16_t>(code);
  p.reason = std::move(reason);
  p.fingerprint = fingerprint;
  p.attempts = before == nullptr || before->state != state ? 0 : before->attempts + 1;
  p.since = before == nullptr || before->state != state ? now : before->since;
  p.retry_at = now + back_off(p.attempts);
  return p;
}

}  // namespace

void Page::quarantine(Item& item, Code code, std::string reason, std::string field,
                      std::string blocker) {
  item.outcome = Outcome::kQuarantined;
  item.decided = true;
  if (planted(Plant::kPoisonSkipped)) return void(item.outcome = Outcome::kFiltered);
  item.park = parked(PendingState::kQuarantined, code, std::move(reason), item.pending, c_.run.now,
                     fingerprint(item));
  item.park->field = std::move(field);
  item.park->blocker = std::move(blocker);
}

void Page::hold(Item& item, Code code, std::string reason) {
  item.outcome = Outcome::kHeld;
  item.decided = true;
  item.park = parked(PendingState::kHeld, code, std::move(reason), item.pending, c_.run.now,
                     fingerprint(item));
}

void Page::dirty(Item& item, std::string reason, Code code) {
  if (planted(Plant::kStaleForgotten) && code == Code::kGuardLost) return;
  item.park = parked(PendingState::kDirty, code, std::move(reason), item.pending, c_.run.now, 0);
  item.park->retry_at = c_.run.now;
}

void Page::wait(Item& item, const std::vector<MissingParent>& missing, bool deferred) {
  const MissingParent& first = missing.front();
  const EntityPlan& parent = c_.run.plan.entities[first.parent.value];
  const std::string name =
      first.side == Side::kLegacy ? parent.kinds[first.kind].name : "platform " + parent.name;
  item.park =
      parked(deferred ? PendingState::kDeferred : PendingState::kWaiting, Code::kParentQuarantined,
             deferred ? "a reference is patched in once its parent is linked"
                      : "its parent has no link yet",
             item.pending, c_.run.now, fingerprint(item));
  item.park->field = entity_.fields[first.field].name;
  item.park->blocker = fmt::format("{} {}", name, key_text(first.key));
}

// A required part that nobody has written yet: it is the application's to make, or ours once there
// is a value for it.
void Page::await_parts(Item& item) {
  const Case what = item.decision.what;
  if (item.park ||
      (what != Case::kNothing && what != Case::kFields && what != Case::kCreateLegacy &&
       what != Case::kReviveLegacy && what != Case::kAdopt))
    return;
  for (std::uint32_t part = 2; part <= entity_.parts.size(); ++part) {
    const bool ours = std::any_of(item.writes.begin(), item.writes.end(),
                                  [&](std::uint32_t w) { return writes_[w].effect.part == part; });
    if (ours || !lacks(item, part)) continue;
    item.park = parked(PendingState::kWaiting, Code::kPartMissing,
                       fmt::format("part {} is not there yet", entity_.parts[part - 1].alias),
                       item.pending, c_.run.now, fingerprint(item));
    return;
  }
}

}  // namespace atlas
