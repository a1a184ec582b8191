#include "sim/virtual/state.h"

#include "foundation/assert.h"
#include "sim/virtual/endpoint.h"

#include <algorithm>
#include <set>

namespace atlas::sim {
namespace {

// Field indexes of a layout in an older one; -1 where the field is new or its operator changed
// (E15).
std::vector<std::int32_t> field_map(const EntityLayout& now, const EntityLayout& then) {
  std::vector<std::int32_t> out;
  for (const FieldLayout& field : now.fields) {
    const auto it = std::find(then.fields.begin(), then.fields.end(), field);
    out.push_back(it == then.fields.end() ? -1
                                          : static_cast<std::int32_t>(it - then.fields.begin()));
  }
  return out;
}

std::vector<std::int32_t> part_map(const EntityLayout& now, const EntityLayout& then) {
  std::vector<std::int32_t> out;
  for (const std::string& part : now.parts) {
    const auto it = std::find(then.parts.begin(), then.parts.end(), part);
    out.push_back(it == then.parts.end() ? -1 : static_cast<std::int32_t>(it - then.parts.begin()));
  }
  return out;
}

bool same_layout(const EntityLayout& a, const EntityLayout& b) {
  return a.fields == b.fields && a.parts == b.parts && a.kinds == b.kinds;
}

Error another_id(const std::string& name) {
  return {Code::kPrivateState, "tenant " + name + " has another immutable id"};
}

Error refused(const char* why) { return Error(Code::kStateUnusable, why).at("state"); }

}  // namespace

StateData::Entity* StateData::entity(std::string_view tenant, std::string_view name) {
  for (const Tenant& t : tenants) {
    if (t.info.name != tenant) continue;
    const auto it = std::find_if(entities.begin(), entities.end(), [&](const Entity& e) {
      return e.tenant == t.info.id && e.name == name;
    });
    if (it != entities.end()) return &*it;
  }
  return nullptr;
}

Result<> VirtualState::held(const Lease& lease) {
  const Tenant& tenant = tenant_of(lease.tenant);
  if (tenant.epoch == lease.epoch) return {};
  return Error(Code::kFenceStale, "a newer run has taken the lease").at("state");
}

// --- life
// -------------------------------------------------------------------------------------------

Result<> VirtualState::migrate() {
  return data_.world().call("state.migrate", []() -> Result<> { return {}; });
}

Result<Prepared> VirtualState::prepared(const std::string& name, const std::string& uuid,
                                        std::span<const EntityLayout> entities) {
  return data_.world().call("state.prepared", [&]() -> Result<Prepared> {
    const auto tenant = std::ranges::find(
        data_.tenants, name, [](const Tenant& t) { return std::string_view(t.info.name); });
    if (tenant == data_.tenants.end()) return Prepared::kNothing;
    if (tenant->info.uuid != uuid) return another_id(name);
    for (const EntityLayout& entity : entities) {
      const Entity* known = data_.entity(name, entity.name);
      if (known == nullptr || std::ranges::none_of(known->layouts, [&](const EntityLayout& l) {
            return same_layout(l, entity);
          }))
        return Prepared::kPartly;
    }
    return Prepared::kReady;
  });
}

Result<std::string> VirtualState::identity() {
  return data_.world().call("state.identity", [&]() -> Result<std::string> {
    return "virtual:" + (data_.home() == nullptr ? std::string("state") : data_.home()->name());
  });
}

Result<TenantInfo> VirtualState::tenant(const std::string& name, const std::string& uuid,
                                        const std::array<std::uint8_t, 32>& fresh_key) {
  return data_.world().call("state.tenant", [&]() -> Result<TenantInfo> {
    for (const Tenant& tenant : data_.tenants) {
      if (tenant.info.name != name) continue;
      if (tenant.info.uuid != uuid) return another_id(name);
      return tenant.info;
    }
    Tenant fresh;
    fresh.info = {TenantId{static_cast<std::int32_t>(data_.tenants.size()) + 1}, name, uuid,
                  fresh_key};
    data_.tenants.push_back(fresh);
    return fresh.info;
  });
}

Result<EntityRef> VirtualState::entity(TenantId tenant, const EntityLayout& layout) {
  return data_.world().call("state.entity", [&]() -> Result<EntityRef> {
    auto it = std::find_if(data_.entities.begin(), data_.entities.end(), [&](const Entity& e) {
      return e.tenant == tenant && e.name == layout.name;
    });
    if (it == data_.entities.end()) {
      Entity fresh;
      fresh.name = layout.name;
      fresh.tenant = tenant;
      it = data_.entities.insert(data_.entities.end(), std::move(fresh));
    }
    auto at = std::find_if(it->layouts.begin(), it->layouts.end(),
                           [&](const EntityLayout& l) { return same_layout(l, layout); });
    if (at == it->layouts.end()) at = it->layouts.insert(it->layouts.end(), layout);
    for (const std::string& kind : layout.kinds) {
      const bool known = std::find(it->kinds.begin(), it->kinds.end(), kind) != it->kinds.end();
      if (!known) it->kinds.push_back(kind);
    }
    EntityRef out;
    out.id = static_cast<std::int32_t>(it - data_.entities.begin()) + 1;
    out.layout = static_cast<std::int32_t>(at - it->layouts.begin());
    out.parts = layout.parts.size();
    out.fields = layout.fields.size();
    return out;
  });
}

// --- lease
// --------------------------------------------------------------------------------------------

Result<LeaseAnswer> VirtualState::take_lease(TenantId id, const std::string& holder, Micros ttl,
                                             Instant now) {
  return data_.world().call("state.take_lease", [&]() -> Result<LeaseAnswer> {
    Tenant& tenant = tenant_of(id);
    if (tenant.lease && tenant.holder.until > now) return LeaseAnswer{std::nullopt, tenant.holder};
    for (RunRecord& run : tenant.runs) {
      if (run.outcome != "running") continue;
      run.outcome = "crashed";
      run.finished = now;
    }
    tenant.epoch.value += 1;
    const RunId run{static_cast<std::int64_t>(tenant.runs.size()) + 1};
    tenant.lease = Lease{id, run, tenant.epoch};
    tenant.holder = {holder, now + ttl};
    RunRecord record;
    record.id = run;
    record.outcome = "running";
    record.holder = holder;
    record.started = now;
    tenant.runs.push_back(std::move(record));
    return LeaseAnswer{tenant.lease, {}};
  });
}

Result<> VirtualState::renew_lease(const Lease& lease, Micros ttl, Instant now) {
  return data_.world().call("state.renew_lease", [&]() -> Result<> {
    ATLAS_OK(held(lease));
    tenant_of(lease.tenant).holder.until = now + ttl;
    return {};
  });
}

Result<> VirtualState::release_lease(const Lease& lease, const RunRecord& end) {
  return data_.world().call("state.release_lease", [&]() -> Result<> {
    ATLAS_OK(held(lease));
    Tenant& tenant = tenant_of(lease.tenant);
    RunRecord& record = tenant.runs[static_cast<std::size_t>(lease.run.value) - 1];
    record.verb = end.verb;
    record.outcome = end.outcome;
    record.finished = end.finished;
    record.report = end.report;
    tenant.lease.reset();
    return {};
  });
}

Result<Epoch> VirtualState::epoch(TenantId tenant) {
  return data_.world().call("state.epoch",
                            [&]() -> Result<Epoch> { return tenant_of(tenant).epoch; });
}

Result<BatchNumber> VirtualState::reserve_batches(const Lease& lease, std::size_t n) {
  return data_.world().call("state.reserve_batches", [&]() -> Result<BatchNumber> {
    ATLAS_OK(held(lease));
    std::int64_t& last = tenant_of(lease.tenant).batches;
    const BatchNumber first{last + 1};
    last += static_cast<std::int64_t>(n);
    return first;
  });
}

// --- links
// ------------------------------------------------------------------------------------------------

std::uint16_t VirtualState::kept_kind(const Entity& entity, const EntityRef& ref,
                                      std::uint16_t kind) {
  const std::string& name = entity.layouts[static_cast<std::size_t>(ref.layout)].kinds[kind];
  const auto it = std::find(entity.kinds.begin(), entity.kinds.end(), name);
  return static_cast<std::uint16_t>(it - entity.kinds.begin());
}

std::optional<std::uint16_t> VirtualState::shown_kind(const Entity& entity, const EntityRef& ref,
                                                      std::uint16_t kept) {
  const auto& kinds = entity.layouts[static_cast<std::size_t>(ref.layout)].kinds;
  const auto it = std::find(kinds.begin(), kinds.end(), entity.kinds[kept]);
  if (it == kinds.end()) return std::nullopt;
  return static_cast<std::uint16_t>(it - kinds.begin());
}

Result<> VirtualState::load(const Entity& entity, const EntityRef& ref, const Entity::LinkKey& key,
                            Links& out) {
  const auto kind = shown_kind(entity, ref, key.first);
  if (!kind) return {};
  const Entity::StoredLink& stored = entity.links.at(key);
  const auto layout = link_layout(stored.document);
  if (layout < 0) return refused("a link document is damaged");
  const EntityLayout& then = entity.layouts[static_cast<std::size_t>(layout)];
  const EntityLayout& now = entity.layouts[static_cast<std::size_t>(ref.layout)];
  LinkRecord& record = out.add(*kind, key.second, stored.platform_key);
  if (!decode_link(stored.document, field_map(now, then), record, part_map(now, then))) {
    return refused("a link document is damaged");
  }
  record.batch = stored.batch;
  record.match = stored.match;
  return {};
}

Result<Links> VirtualState::links(TenantId /*tenant*/, const EntityRef& ref, Side side,
                                  std::span<const KeyView> keys,
                                  std::span<const std::uint16_t> kinds) {
  return data_.world().call("state.links", [&]() -> Result<Links> {
    const Entity& entity = entity_of(ref);
    Links out(ref.parts, ref.fields);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (side == Side::kLegacy) {
        const Entity::LinkKey key{kept_kind(entity, ref, kinds[i]), Key(keys[i])};
        if (entity.links.contains(key)) ATLAS_OK(load(entity, ref, key, out));
      } else if (const auto it = entity.by_platform.find(Key(keys[i]));
                 it != entity.by_platform.end()) {
        ATLAS_OK(load(entity, ref, it->second, out));
      }
    }
    return out;
  });
}

Result<Links> VirtualState::scan_links(TenantId /*tenant*/, const EntityRef& ref, Side side,
                                       std::uint16_t kind, KeyView after, std::size_t limit) {
  return data_.world().call("state.scan_links", [&]() -> Result<Links> {
    const Entity& entity = entity_of(ref);
    Links out(ref.parts, ref.fields);
    if (side == Side::kLegacy) {
      const std::uint16_t kept = kept_kind(entity, ref, kind);
      for (auto it = entity.links.upper_bound({kept, Key(after)});
           it != entity.links.end() && out.size() < limit; ++it) {
        if (it->first.first != kept) break;
        ATLAS_OK(load(entity, ref, it->first, out));
      }
    } else {
      for (auto it = entity.by_platform.upper_bound(Key(after));
           it != entity.by_platform.end() && out.size() < limit; ++it) {
        ATLAS_OK(load(entity, ref, it->second, out));
      }
    }
    return out;
  });
}

// --- cursors and pending
// ---------------------------------------------------------------------------------------

Result<std::vector<Cursor>> VirtualState::cursors(TenantId /*tenant*/, const EntityRef& ref) {
  return data_.world().call("state.cursors", [&]() -> Result<std::vector<Cursor>> {
    std::vector<Cursor> out;
    for (const auto& [source, cursor] : entity_of(ref).cursors) out.push_back(cursor);
    return out;
  });
}

Result<std::vector<Pending>> VirtualState::pending(TenantId /*tenant*/, const EntityRef& ref,
                                                   std::span<const PendingState> states,
                                                   Instant due, const InstanceKey* after,
                                                   std::size_t limit) {
  return data_.world().call("state.pending", [&]() -> Result<std::vector<Pending>> {
    std::vector<Pending> out;
    for (const auto& [key, pending] : entity_of(ref).pending) {
      if (out.size() == limit) break;
      if (after != nullptr && key <= *after) continue;
      if (pending.retry_at > due ||
          std::find(states.begin(), states.end(), pending.state) == states.end())
        continue;
      out.push_back(pending);
    }
    return out;
  });
}

Result<std::vector<Pending>> VirtualState::pending_of(TenantId /*tenant*/, const EntityRef& ref,
                                                      std::span<const InstanceKey> instances) {
  return data_.world().call("state.pending_of", [&]() -> Result<std::vector<Pending>> {
    std::vector<Pending> out;
    const Entity& entity = entity_of(ref);
    for (const InstanceKey& key : instances) {
      if (const auto it = entity.pending.find(key); it != entity.pending.end())
        out.push_back(it->second);
    }
    return out;
  });
}

Result<PendingCounts> VirtualState::pending_counts(TenantId /*tenant*/, const EntityRef& ref) {
  return data_.world().call("state.pending_counts", [&]() -> Result<PendingCounts> {
    PendingCounts out;
    for (const auto& [key, pending] : entity_of(ref).pending) ++out.by_state[pending.state];
    return out;
  });
}

Result<std::int64_t> VirtualState::retry_pending(TenantId /*tenant*/, const EntityRef& ref,
                                                 const InstanceKey* only, Instant now) {
  return data_.world().call("state.retry_pending", [&]() -> Result<std::int64_t> {
    std::int64_t n = 0;
    for (auto& [key, pending] : entity_of(ref).pending) {
      if (only != nullptr && key != *only) continue;
      pending.retry_at = now;
      ++n;
    }
    return n;
  });
}

// --- candidates
// ---------------------------------------------------------------------------------------------------

Result<std::vector<Candidate>> VirtualState::candidates(TenantId /*tenant*/, const EntityRef& ref,
                                                        Side side,
                                                        std::span<const FieldHash> matches) {
  return data_.world().call("state.candidates", [&]() -> Result<std::vector<Candidate>> {
    std::vector<Candidate> out;
    for (const auto& [key, match] : entity_of(ref).candidates) {
      if (key.side == side && std::find(matches.begin(), matches.end(), match) != matches.end())
        out.push_back({key, match});
    }
    return out;
  });
}

Result<std::vector<Candidate>> VirtualState::scan_candidates(TenantId /*tenant*/,
                                                             const EntityRef& ref,
                                                             const InstanceKey* after,
                                                             std::size_t limit) {
  return data_.world().call("state.scan_candidates", [&]() -> Result<std::vector<Candidate>> {
    std::vector<Candidate> out;
    for (const auto& [key, match] : entity_of(ref).candidates) {
      if (out.size() == limit) break;
      if (after == nullptr || key > *after) out.push_back({key, match});
    }
    return out;
  });
}

Result<Links> VirtualState::links_by_match(TenantId /*tenant*/, const EntityRef& ref,
                                           std::span<const FieldHash> matches) {
  return data_.world().call("state.links_by_match", [&]() -> Result<Links> {
    const Entity& entity = entity_of(ref);
    Links out(ref.parts, ref.fields);
    for (const auto& [key, stored] : entity.links) {
      if (stored.match != kNoBase &&
          std::find(matches.begin(), matches.end(), stored.match) != matches.end())
        ATLAS_OK(load(entity, ref, key, out));
    }
    return out;
  });
}

// --- intents and confirm
// ---------------------------------------------------------------------------------------------

Result<> VirtualState::store_intents(const Lease& lease, std::span<const Intent> intents) {
  return data_.world().call("state.store_intents", [&]() -> Result<> {
    ATLAS_OK(held(lease));
    auto after = tenant_of(lease.tenant).intents;
    for (const Intent& intent : intents) {
      const bool added = after.emplace(intent.number.value, intent).second;
      if (!added) return refused("an intent's number is used twice");
    }
    tenant_of(lease.tenant).intents = std::move(after);
    return {};
  });
}

Result<std::vector<Intent>> VirtualState::open_intents(TenantId tenant) {
  return data_.world().call("state.open_intents", [&]() -> Result<std::vector<Intent>> {
    std::vector<Intent> out;
    for (const auto& [number, intent] : tenant_of(tenant).intents) out.push_back(intent);
    return out;
  });
}

// What a confirm does to an entity, in owned form: a joined one takes effect later, when others may
// have confirmed meanwhile.
struct VirtualState::Delta {
  std::set<Entity::LinkKey> removed_links;
  std::map<Entity::LinkKey, Entity::StoredLink> links;
  std::vector<InstanceKey> dropped_pending, dropped_candidates;
  std::vector<Pending> pending;
  std::vector<Candidate> candidates;
  std::vector<ClosedConflict> closed;
  std::vector<Conflict> conflicts;
  std::vector<Cursor> cursors;
  std::vector<BatchNumber> intents;
};

Result<VirtualState::Delta> VirtualState::delta(const Entity& entity, const EntityRef& ref,
                                                const Confirm& confirm) {
  Delta out;
  std::set<Key> freed;  // platform keys
  std::set<Key> taken;
  for (const auto& [kind, legacy] : confirm.replaced_links) {
    const auto it = entity.links.find({kept_kind(entity, ref, kind), legacy});
    if (it == entity.links.end()) continue;
    freed.insert(it->second.platform_key);
    out.removed_links.insert(it->first);
  }
  auto is_free = [&](const Key& platform) {
    return (!entity.by_platform.contains(platform) || freed.contains(platform)) &&
           taken.insert(platform).second;
  };
  for (const LinkRecord* link : confirm.insert_links) {
    if (link->legacy_key.empty() || link->platform_key.empty())
      return refused("a link without a key");
    const Entity::LinkKey key{kept_kind(entity, ref, link->kind), Key(link->legacy_key)};
    const bool there = entity.links.contains(key) && !out.removed_links.contains(key);
    if (there || out.links.contains(key)) return refused("a legacy key is linked twice");
    if (!is_free(Key(link->platform_key))) return refused("a platform key is linked twice");
    out.links[key] = {Key(link->platform_key), confirm.batch, link->match,
                      encode_link(*link, ref.layout)};
  }
  for (const LinkRecord* link : confirm.update_links) {
    const auto it = entity.links.find({kept_kind(entity, ref, link->kind), Key(link->legacy_key)});
    if (it == entity.links.end()) return refused("an unknown link is updated");
    if (it->second.platform_key != link->platform_key) {
      freed.insert(it->second.platform_key);
      if (!is_free(Key(link->platform_key))) return refused("a platform key is linked twice");
    }
    // E10: numbers rise. A confirm without writes of its own has none and leaves the number.
    const BatchNumber batch = std::max(confirm.batch, it->second.batch);
    out.links[it->first] = {Key(link->platform_key), batch, link->match,
                            encode_link(*link, ref.layout)};
  }
  out.dropped_pending = confirm.drop_pending;
  out.pending = confirm.put_pending;
  out.dropped_candidates = confirm.drop_candidates;
  out.candidates = confirm.put_candidates;
  out.closed = confirm.close_conflicts;
  out.conflicts = confirm.put_conflicts;
  out.cursors = confirm.cursors;
  out.intents = confirm.intents;
  return out;
}

void VirtualState::finish(const Lease& lease, const EntityRef& ref, const Delta& delta) {
  Entity& entity = entity_of(ref);
  for (const Entity::LinkKey& key : delta.removed_links) {
    const auto it = entity.links.find(key);
    if (it == entity.links.end()) continue;
    entity.by_platform.erase(it->second.platform_key);
    entity.links.erase(it);
  }
  for (const auto& [key, link] : delta.links) {
    Entity::StoredLink& stored = entity.links[key];
    if (!stored.platform_key.empty() && stored.platform_key != link.platform_key)
      entity.by_platform.erase(stored.platform_key);
    stored = link;
    entity.by_platform.insert_or_assign(link.platform_key, key);
  }
  for (const InstanceKey& key : delta.dropped_pending) entity.pending.erase(key);
  for (const Pending& pending : delta.pending)
    entity.pending.insert_or_assign(pending.instance, pending);
  for (const InstanceKey& key : delta.dropped_candidates) entity.candidates.erase(key);
  for (const Candidate& c : delta.candidates)
    entity.candidates.insert_or_assign(c.instance, c.match);
  keep_conflicts(entity, delta);
  for (const Cursor& cursor : delta.cursors) entity.cursors.insert_or_assign(cursor.source, cursor);
  for (const BatchNumber number : delta.intents)
    tenant_of(lease.tenant).intents.erase(number.value);
  ++data_.writes;
}

void VirtualState::keep_conflicts(Entity& entity, const Delta& delta) {
  for (const ClosedConflict& closed : delta.closed) {
    for (Conflict& c : entity.conflicts) {
      if (!c.open || c.instance != closed.instance || c.field != closed.field) continue;
      c.open = false;
      c.winner = closed.winner;
      c.reason += closed.remark;
    }
  }
  for (Conflict conflict : delta.conflicts) {
    const auto it = std::ranges::find_if(entity.conflicts, [&](const Conflict& c) {
      return conflict.open && c.open && c.instance == conflict.instance &&
             c.field == conflict.field;
    });
    conflict.id = it == entity.conflicts.end() ? ++data_.conflict_ids : it->id;
    if (it == entity.conflicts.end())
      entity.conflicts.push_back(std::move(conflict));
    else
      *it = std::move(conflict);
  }
}

Result<> VirtualState::confirm(const Lease& lease, const EntityRef& ref, const Confirm& confirm) {
  return data_.world().call("state.confirm", [&]() -> Result<> {
    ATLAS_OK(held(lease));
    ATLAS_TRY(const Delta change, delta(entity_of(ref), ref, confirm));
    finish(lease, ref, change);
    return {};
  });
}

bool VirtualState::joins(const Transaction& transaction) const {
  const auto* ours = dynamic_cast<const VirtualTransaction*>(&transaction);
  return ours != nullptr && data_.home() != nullptr && &ours->database() == data_.home();
}

Result<> VirtualState::confirm_joined(Transaction& transaction, const Lease& lease,
                                      const EntityRef& ref, const Confirm& confirm) {
  return data_.world().call("state.confirm_joined", [&]() -> Result<> {
    ATLAS_ASSERT(joins(transaction), "a confirm is put into a transaction of another database");
    ATLAS_OK(held(lease));
    ATLAS_TRY(Delta change, delta(entity_of(ref), ref, confirm));
    auto state = std::make_shared<VirtualState>(data_);
    dynamic_cast<VirtualTransaction&>(transaction)
        .on_commit(
            [state, lease, ref, change = std::move(change)] { state->finish(lease, ref, change); });
    return {};
  });
}

// --- what people see
// ----------------------------------------------------------------------------------------------------

namespace {

Conflict with_undo(const StateData::Entity& entity, Conflict conflict) {
  for (const Conflict& c : entity.conflicts) {
    if (c.undoes == conflict.id && (c.open || !c.winner.empty())) conflict.undone_by = c.id;
  }
  return conflict;
}

}  // namespace

Result<std::vector<Conflict>> VirtualState::conflicts(TenantId /*tenant*/, const EntityRef& ref,
                                                      bool open_only, std::size_t limit) {
  return data_.world().call("state.conflicts", [&]() -> Result<std::vector<Conflict>> {
    std::vector<Conflict> out;
    for (const Conflict& c : entity_of(ref).conflicts) {
      if (out.size() < limit && (c.open || !open_only)) out.push_back(with_undo(entity_of(ref), c));
    }
    return out;
  });
}

Result<std::optional<std::pair<std::int32_t, Conflict>>> VirtualState::conflict(TenantId tenant,
                                                                                std::int64_t id) {
  using Answer = std::optional<std::pair<std::int32_t, Conflict>>;
  return data_.world().call("state.conflict", [&]() -> Result<Answer> {
    for (std::size_t e = 0; e < data_.entities.size(); ++e) {
      if (data_.entities[e].tenant != tenant) continue;
      for (const Conflict& c : data_.entities[e].conflicts) {
        if (c.id == id)
          return Answer(
              std::pair(static_cast<std::int32_t>(e) + 1, with_undo(data_.entities[e], c)));
      }
    }
    return Answer();
  });
}

Result<std::vector<Conflict>> VirtualState::open_conflicts_of(
    TenantId /*tenant*/, const EntityRef& ref, std::span<const InstanceKey> instances) {
  return data_.world().call("state.open_conflicts_of", [&]() -> Result<std::vector<Conflict>> {
    std::vector<Conflict> out;
    for (const Conflict& c : entity_of(ref).conflicts) {
      if (c.open && std::find(instances.begin(), instances.end(), c.instance) != instances.end())
        out.push_back(c);
    }
    return out;
  });
}

Result<> VirtualState::resolve_conflict(TenantId tenant, const Conflict& seen,
                                        const std::string& winner, Instant now) {
  return data_.world().call("state.resolve_conflict", [&]() -> Result<> {
    if (winner != "legacy" && winner != "platform") {
      return Error(Code::kUsage, "a conflict is won by legacy or platform");
    }
    for (Entity& entity : data_.entities) {
      if (entity.tenant != tenant) continue;
      for (Conflict& c : entity.conflicts) {
        if (c.id != seen.id || !c.open || c.legacy_value != seen.legacy_value ||
            c.platform_value != seen.platform_value)
          continue;
        c.resolved_by = winner;
        Pending dirty;
        dirty.instance = c.instance;
        dirty.reason = "a conflict was resolved";
        dirty.since = now;
        dirty.retry_at = now;
        entity.pending.insert_or_assign(c.instance, dirty);
        return {};
      }
    }
    return Error(Code::kNotFound, "there is no such open conflict");
  });
}

Result<std::int64_t> VirtualState::undo_conflict(TenantId /*tenant*/, const EntityRef& ref,
                                                 const Conflict& undo) {
  return data_.world().call("state.undo_conflict", [&]() -> Result<std::int64_t> {
    Entity& entity = entity_of(ref);
    for (const Conflict& c : entity.conflicts) {
      const bool same = c.instance == undo.instance && c.field == undo.field;
      if (same && c.open) return Error(Code::kResolveStale, "its field has an open conflict");
      if (c.undoes == undo.undoes && !c.winner.empty())
        return Error(Code::kResolveStale, "it is undone already");
    }
    Conflict put = undo;
    put.id = ++data_.conflict_ids;
    entity.conflicts.push_back(put);
    Pending dirty;
    dirty.instance = undo.instance;
    dirty.reason = "a conflict is to be undone";
    dirty.since = undo.at;
    dirty.retry_at = undo.at;
    entity.pending.insert_or_assign(undo.instance, dirty);
    return put.id;
  });
}

Result<std::vector<RunRecord>> VirtualState::runs(TenantId tenant, std::size_t limit) {
  return data_.world().call("state.runs", [&]() -> Result<std::vector<RunRecord>> {
    const auto& all = tenant_of(tenant).runs;
    const std::size_t n = std::min(limit, all.size());
    return std::vector<RunRecord>(all.rbegin(), all.rbegin() + static_cast<std::ptrdiff_t>(n));
  });
}

Result<std::int64_t> VirtualState::link_count(TenantId /*tenant*/, const EntityRef& ref) {
  return data_.world().call("state.link_count", [&]() -> Result<std::int64_t> {
    return static_cast<std::int64_t>(entity_of(ref).links.size());
  });
}

Result<std::int64_t> VirtualState::living_count(TenantId /*tenant*/, const EntityRef& ref) {
  return data_.world().call("state.living_count", [&]() -> Result<std::int64_t> {
    // The flags follow the layout, a number of one byte or two (docs/formats/link.md).
    return std::ranges::count_if(entity_of(ref).links, [](const auto& link) {
      const std::string& document = link.second.document;
      return document[static_cast<unsigned char>(document[1]) < 0x80 ? 2 : 3] == 0;
    });
  });
}

Result<> VirtualState::put_note(TenantId tenant, const std::string& name, const std::string& text) {
  return data_.world().call("state.put_note", [&]() -> Result<> {
    tenant_of(tenant).notes[name] = text;
    return {};
  });
}

Result<std::optional<std::string>> VirtualState::note(TenantId tenant, const std::string& name) {
  return data_.world().call("state.note", [&]() -> Result<std::optional<std::string>> {
    const auto& notes = tenant_of(tenant).notes;
    const auto it = notes.find(name);
    return it == notes.end() ? std::nullopt : std::optional(it->second);
  });
}

Result<std::vector<Conflict>> VirtualState::conflicts_after(TenantId /*tenant*/,
                                                            const EntityRef& ref,
                                                            std::int64_t after, std::size_t limit) {
  return data_.world().call("state.conflicts_after", [&]() -> Result<std::vector<Conflict>> {
    std::vector<Conflict> out;
    for (const Conflict& c : entity_of(ref).conflicts) {
      if (c.id > after && out.size() < limit) out.push_back(with_undo(entity_of(ref), c));
    }
    return out;
  });
}

Result<std::map<std::string, std::string>> VirtualState::notes(TenantId tenant) {
  return data_.world().call("state.notes", [&]() -> Result<std::map<std::string, std::string>> {
    return tenant_of(tenant).notes;
  });
}

Result<> VirtualState::forget(const Lease& lease, const EntityRef& ref) {
  return data_.world().call("state.forget", [&]() -> Result<> {
    ATLAS_OK(held(lease));
    Entity& entity = entity_of(ref);
    entity.links.clear();
    entity.by_platform.clear();
    entity.pending.clear();
    entity.candidates.clear();
    entity.cursors.clear();
    entity.conflicts.clear();
    std::erase_if(tenant_of(lease.tenant).intents,
                  [&](const auto& intent) { return intent.second.entity == ref.id; });
    return {};
  });
}

Result<> VirtualState::go_on_from(TenantId tenant, Epoch epoch,
                                  const std::array<std::uint8_t, 32>& hash_key) {
  return data_.world().call("state.go_on_from", [&]() -> Result<> {
    tenant_of(tenant).epoch = epoch;
    tenant_of(tenant).info.hash_key = hash_key;
    return {};
  });
}

}  // namespace atlas::sim
