// Pending keys of an entity that are looked at again: what is due, what parents were linked for,
// and everything once under another mapping (ENGINE E33).

#include "flow/entity_run.h"

#include <fmt/format.h>

#include <array>

namespace atlas {

Seed EntityRun::seed_of(const Pending& pending) const {
  Seed seed;
  seed.instance = pending.instance;
  seed.forced = true;
  const bool taken = pending.code == static_cast<std::uint16_t>(Code::kKeyTaken) &&
                     pending.state == PendingState::kDirty;
  if (taken && pending.instance.side == Side::kLegacy &&
      context_.entity.platform_key == KeyOrigin::kUuid5) {
    Arena arena;
    const Value key = Value::uuid(
        mint_uuid(context_.run.tenant.uuid, context_.entity.name,
                  context_.entity.kinds[pending.instance.kind].name, pending.instance.key, 0),
        arena);
    seed.partner = InstanceKey{Side::kPlatform, 0, encode_key({&key, 1})};
    seed.taken_key = true;
  }
  return seed;
}

// Under another mapping, or other schemas, everything that was set aside has its chance at once:
// its back-off was for what nobody had mended (E33).
Result<> EntityRun::release_after_change() {
  if (std::exchange(released_, true)) return {};
  const Plan& plan = context_.run.plan;
  const std::string name = fmt::format("mapping {}", context_.entity.name);
  const std::string now = fmt::format("v1 {:016x} {:016x} {:016x}", plan.mapping_hash,
                                      plan.schema_hash, context_.entity.fingerprint);
  ATLAS_TRY(const std::optional<std::string> last,
            context_.state.note(context_.run.tenant.id, name));
  if (last == now) return {};
  constexpr std::array kAside = {PendingState::kWaiting, PendingState::kDeferred,
                                 PendingState::kHeld, PendingState::kQuarantined};
  if (last && context_.any_pending) ATLAS_OK(revisit_pass({.states = kAside, .everything = true}));
  if (context_.run.dry) return {};
  return context_.state.put_note(context_.run.tenant.id, name, now);
}

Result<> EntityRun::revisit(bool parents_linked) {
  ATLAS_OK(release_after_change());
  if (!context_.any_pending) return {};
  // Dirty keys are due whatever their time says: it is another host's clock that set it.
  constexpr std::array kDirty = {PendingState::kDirty};
  constexpr std::array kAlways = {PendingState::kWaiting, PendingState::kDeferred,
                                  PendingState::kHeld, PendingState::kQuarantined};
  constexpr std::array kWaiters = {PendingState::kWaiting, PendingState::kDeferred};
  constexpr std::array kRefused = {PendingState::kQuarantined};
  std::vector<Pass> passes = {{.states = kDirty, .everything = true}, {.states = kAlways}};
  if (parents_linked) passes.push_back({.states = kWaiters, .everything = true});
  if (context_.unique_may_be_free)
    passes.push_back({.states = kRefused, .everything = true, .unique_only = true});
  context_.unique_may_be_free = false;
  for (const Pass& pass : passes) ATLAS_OK(revisit_pass(pass));
  return {};
}

Result<> EntityRun::revisit_pass(const Pass& pass) {
  std::optional<InstanceKey> after;
  const Instant due = pass.everything ? Instant::max() : context_.run.now;
  while (true) {
    ATLAS_OK(keep_going());
    ATLAS_TRY(const std::vector<Pending> page,
              context_.state.pending(context_.run.tenant.id, context_.ref, pass.states, due,
                                     after ? &*after : nullptr, context_.run.page_rows));
    if (page.empty()) return {};
    after = page.back().instance;
    std::vector<Seed> seeds;
    for (const Pending& pending : page) {
      if (pass.unique_only && pending.code != static_cast<std::uint16_t>(Code::kUniqueTaken))
        continue;
      // A lost pair waits for a person's word, whatever the time.
      if (pending.code == static_cast<std::uint16_t>(Code::kLostPair) &&
          pending.retry_at > context_.run.now)
        continue;
      seeds.push_back(seed_of(pending));
    }
    if (!seeds.empty()) ATLAS_OK(run_page(std::move(seeds), {}));
    ATLAS_OK(pair_possible());
  }
}

}  // namespace atlas
