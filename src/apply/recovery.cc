#include "apply/recovery.h"

#include "apply/intent_codec.h"
#include "foundation/planted.h"

#include <algorithm>
#include <memory>
#include <set>

namespace atlas {
namespace {

// Current links of the keys an intent names, by (kind, legacy key).
Result<Links> current_links(StateStore& state, TenantId tenant, const EntityRef& entity,
                            const std::vector<Effect>& effects) {
  std::vector<KeyView> keys;
  std::vector<std::uint16_t> kinds;
  for (const Effect& e : effects) {
    keys.push_back(e.legacy_key);
    kinds.push_back(e.kind);
  }
  return state.links(tenant, entity, Side::kLegacy, keys, kinds);
}

// The link that the effect is about. One of an older generation is not: its pair stays dead (E14).
LinkRecord* find(Links& links, const Effect& e) {
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (links[i].kind == e.kind && links[i].legacy_key == e.legacy_key &&
        links[i].generation >= e.generation)
      return &links[i];
  }
  return nullptr;
}

// Pairs whose key lives on in a pair that an effect made.
Result<> replace_older(StateStore& state, TenantId tenant, const EntityRef& entity,
                       const Links& current, const Links& made, Confirm& confirm) {
  std::vector<KeyView> platform_keys;
  for (const LinkRecord& link : made) {
    if (link.generation > 0) platform_keys.push_back(link.platform_key);
  }
  if (platform_keys.empty()) return {};
  ATLAS_TRY(const Links by_platform,
            state.links(tenant, entity, Side::kPlatform, platform_keys, {}));
  for (const LinkRecord& link : made) {
    if (link.generation == 0) continue;
    for (const Links* links : {&current, &by_platform}) {
      for (const LinkRecord& old : *links) {
        const bool key_lives_on = (old.kind == link.kind && old.legacy_key == link.legacy_key) ||
                                  old.platform_key == link.platform_key;
        if (key_lives_on && old.generation < link.generation)
          confirm.replaced_links.emplace_back(old.kind, Key(old.legacy_key));
      }
    }
  }
  return {};
}

// Field indexes of the intent's time → today's; -1 where the field is gone.
std::vector<std::int32_t> field_map(const std::vector<std::string>& then,
                                    const std::vector<std::string>& now) {
  std::vector<std::int32_t> out;
  for (const std::string& name : then) {
    const auto it = std::find(now.begin(), now.end(), name);
    out.push_back(it == now.end() ? -1 : static_cast<std::int32_t>(it - now.begin()));
  }
  return out;
}

Pending look_again(const Effect& effect, Instant now) {
  Pending pending;
  pending.instance = {Side::kLegacy, effect.kind, Key(effect.legacy_key)};
  pending.state = PendingState::kDirty;
  pending.reason = "a crash left its write open; settled by the witness";
  pending.since = now;
  pending.retry_at = now;
  return pending;
}

// Instances whose delete was under way and is still on record as due: to look at them again is the
// end of the next run's work anyway, and their proof is not to be gathered anew.
Result<std::set<InstanceKey>> still_due(StateStore& state, TenantId tenant, const EntityRef& entity,
                                        const std::vector<Effect>& effects) {
  std::vector<InstanceKey> dying;
  for (const Effect& effect : effects) {
    if (effect.write == WriteKind::kRemove || effect.liveness == LivenessEffect::kDead)
      dying.push_back({Side::kLegacy, effect.kind, Key(effect.legacy_key)});
  }
  std::set<InstanceKey> out;
  if (dying.empty()) return out;
  ATLAS_TRY(const std::vector<Pending> pending, state.pending_of(tenant, entity, dying));
  for (const Pending& p : pending) {
    if (p.state == PendingState::kHeld) out.insert(p.instance);
  }
  return out;
}

}  // namespace

Result<RecoveryReport> recover(
    StateStore& state, const Lease& lease, const std::string& tenant, Instant now,
    const std::map<std::int32_t, RecoveryEntity>& entities,
    const std::function<Result<Endpoint*>(const std::string& name)>& endpoint) {
  RecoveryReport report;
  ATLAS_TRY(std::vector<Intent> intents, state.open_intents(lease.tenant));
  std::sort(intents.begin(), intents.end(),
            [](const Intent& a, const Intent& b) { return a.number < b.number; });
  for (const Intent& intent : intents) {
    const auto found = entities.find(intent.entity);
    if (found == entities.end()) continue;
    const RecoveryEntity& entity = found->second;
    ATLAS_TRY(DecodedIntent decoded, decode_intent(intent.payload));
    ATLAS_TRY(Endpoint * target, endpoint(intent.endpoint));
    ATLAS_TRY(Settlement settlement, target->settle({tenant, lease.epoch, intent.number}));
    if (planted(Plant::kSettledAsApplied)) settlement.applied = true;
    if (planted(Plant::kSettledAsNever)) settlement.applied = false;
    if (planted(Plant::kUnappliedForgotten)) settlement.unapplied.clear();
    if (planted(Plant::kSettledStampForgotten)) settlement.stamp_us = kMinusInfinity;
    (settlement.applied ? report.applied : report.never_applied) += 1;

    Confirm confirm;
    confirm.intents.push_back(intent.number);
    confirm.batch = intent.number;
    ATLAS_TRY(Links current, current_links(state, lease.tenant, entity.entity, decoded.effects));
    Links made(entity.entity.parts, entity.entity.fields);
    std::vector<LinkRecord*> inserted;
    std::vector<LinkRecord*> updated;
    const std::vector<std::int32_t> map = field_map(decoded.field_names, entity.field_names);
    ATLAS_TRY(const std::set<InstanceKey> due,
              still_due(state, lease.tenant, entity.entity, decoded.effects));
    for (Effect& effect : decoded.effects) {
      Pending pending = look_again(effect, now);
      if (!due.contains(pending.instance)) confirm.put_pending.push_back(std::move(pending));
      const auto& unapplied = settlement.unapplied;
      if (!settlement.applied ||
          std::find(unapplied.begin(), unapplied.end(), effect.ordinal) != unapplied.end())
        continue;
      std::erase_if(effect.fields, [&](const FieldEffect& f) { return map[f.field] < 0; });
      for (FieldEffect& f : effect.fields) f.field = static_cast<std::uint32_t>(map[f.field]);
      if (planted(Plant::kLosersForgotten)) effect.losers.clear();
      for (Conflict& loser : effect.losers) confirm.put_conflicts.push_back(std::move(loser));
      if (effect.part >= entity.entity.parts) continue;
      if (LinkRecord* link = find(current, effect)) {
        apply_effect(effect, std::nullopt, *link, settlement.stamp_us);
        if (std::find(updated.begin(), updated.end(), link) == updated.end())
          updated.push_back(link);
        continue;
      }
      // An adoption that may be half made is no pair yet: the next run finds the two rows again,
      // and null still yields to a value (E15).
      if (effect.creates_link && effect.write == WriteKind::kUpdate) continue;
      LinkRecord* link = find(made, effect);
      if (link == nullptr) {
        (void)made.add(effect.kind, effect.legacy_key, effect.platform_key);
        link = &made[made.size() - 1];
        link->generation = effect.generation;
        // The side the row was copied from exists; its version is not known, so it is looked at
        // again.
        if (effect.part != 0) link->parts[0].exists = Existence::kPresent;
      }
      apply_effect(effect, std::nullopt, *link, settlement.stamp_us);
    }
    ATLAS_OK(replace_older(state, lease.tenant, entity.entity, current, made, confirm));
    for (std::size_t i = 0; i < made.size() && !planted(Plant::kRecoveryMakesNoLinks); ++i) {
      inserted.push_back(&made[i]);
      // Its platform row may have been set aside on its own.
      confirm.drop_pending.push_back({Side::kPlatform, 0, Key(made[i].platform_key)});
    }
    confirm.insert_links.assign(inserted.begin(), inserted.end());
    confirm.update_links.assign(updated.begin(), updated.end());
    ATLAS_OK(state.confirm(lease, entity.entity, confirm));
  }
  return report;
}

}  // namespace atlas
