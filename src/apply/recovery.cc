#include "apply/recovery.h"

#include "apply/intent_codec.h"

#include <algorithm>
#include <memory>

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

LinkRecord* find(Links& links, const Effect& e) {
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (links[i].kind == e.kind && links[i].legacy_key == e.legacy_key) return &links[i];
  }
  return nullptr;
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
    ATLAS_TRY(const Settlement settlement, target->settle({tenant, lease.epoch, intent.number}));
    (settlement.applied ? report.applied : report.never_applied) += 1;

    Confirm confirm;
    confirm.intents.push_back(intent.number);
    confirm.batch = intent.number;
    ATLAS_TRY(Links current, current_links(state, lease.tenant, entity.entity, decoded.effects));
    Links made(entity.entity.parts, entity.entity.fields);
    std::vector<LinkRecord*> inserted;
    std::vector<LinkRecord*> updated;
    const std::vector<std::int32_t> map = field_map(decoded.field_names, entity.field_names);
    std::vector<std::size_t> made_at;
    for (Effect& effect : decoded.effects) {
      confirm.put_pending.push_back(look_again(effect, now));
      const auto& unapplied = settlement.unapplied;
      if (!settlement.applied ||
          std::find(unapplied.begin(), unapplied.end(), effect.ordinal) != unapplied.end())
        continue;
      std::erase_if(effect.fields, [&](const FieldEffect& f) { return map[f.field] < 0; });
      for (FieldEffect& f : effect.fields) f.field = static_cast<std::uint32_t>(map[f.field]);
      for (Conflict& loser : effect.losers) confirm.put_conflicts.push_back(std::move(loser));
      if (effect.part >= entity.entity.parts) continue;
      if (LinkRecord* link = find(current, effect)) {
        apply_effect(effect, std::nullopt, *link);
        if (std::find(updated.begin(), updated.end(), link) == updated.end())
          updated.push_back(link);
        continue;
      }
      LinkRecord* link = find(made, effect);
      if (link == nullptr) {
        (void)made.add(effect.kind, effect.legacy_key, effect.platform_key);
        link = &made[made.size() - 1];
        link->generation = effect.generation;
        // The side the row was copied from exists; its version is not known, so it is looked at
        // again.
        if (effect.part != 0) link->parts[0].exists = Existence::kPresent;
      }
      apply_effect(effect, std::nullopt, *link);
    }
    for (std::size_t i = 0; i < made.size(); ++i) inserted.push_back(&made[i]);
    confirm.insert_links.assign(inserted.begin(), inserted.end());
    confirm.update_links.assign(updated.begin(), updated.end());
    ATLAS_OK(state.confirm(lease, entity.entity, confirm));
  }
  return report;
}

}  // namespace atlas
