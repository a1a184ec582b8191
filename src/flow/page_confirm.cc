// What a page leaves behind: outcomes judged, links, pending keys, conflicts and cursors in one
// confirm (ENGINE E4, E6).

#include "flow/page.h"
#include "foundation/planted.h"
#include "model/text_form.h"
#include "model/value_bytes.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

bool same_link(const LinkRecord& a, const LinkRecord& b) {
  return a.dead == b.dead && a.match == b.match && a.generation == b.generation &&
         a.platform_key == b.platform_key &&
         std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end()) &&
         std::equal(a.bases.begin(), a.bases.end(), b.bases.begin(), b.bases.end());
}

std::string mid_text(const Value& mid, bool reference) {
  if (mid.is_null()) return "null";
  if (reference) return key_text(mid.as_text().substr(1));
  return value_text(mid);
}

// The key of a row that is to be inserted. Numbers that were not taken from their sequences stand
// as negative ones.
std::string planned_key(KeyView key) {
  Arena arena;
  std::string out;
  for (const Value& component : decode_key(key, arena)) {
    const bool stands_in = component.tag() == Tag::kInt && component.as_int() < 0;
    if (!out.empty()) out += ", ";
    out += stands_in ? fmt::format("new:{}", -component.as_int())
                     : key_text(encode_key({&component, 1}, arena));
  }
  return out;
}

std::string stamp_text(std::int64_t stamp) { return value_text(Value::instant(stamp)); }

}  // namespace

void Page::judge(Item& item, const ApplyDone& done) {
  if (item.next < 0) return;
  LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
  bool root_made = !item.fresh || item.decision.what == Case::kAdopt;
  const WriteOutcome* failed = nullptr;
  bool unverified = false;
  for (const std::uint32_t w : item.writes) {
    const WriteOutcome& outcome = done.outcomes[w];
    const RowWrite& write = writes_[w];
    if (outcome.status == WriteStatus::kApplied) {
      apply_effect(write.effect, item.undo != nullptr ? std::nullopt : outcome.version, next);
      const bool removed = write.kind == WriteKind::kRemove;
      unverified |= !removed && (write.effect.unverified || !outcome.version);
      if (!removed && outcome.version && !write.effect.unverified)
        own_writes_.emplace(write.endpoint, outcome.version->token);
      if (write.effect.part <= 1) root_made = true;
      if (write.kind != WriteKind::kInsert) c_.unique_may_be_free = true;
      ++result_.counts.rows_written;
      continue;
    }
    if (failed == nullptr || (failed->status == WriteStatus::kSkipped)) failed = &outcome;
  }
  // A pair that could not be made equal is no pair yet: null still yields to a value at the next
  // try (E15).
  const bool half_adopted = item.decision.what == Case::kAdopt && failed != nullptr;
  item.insert_link = item.fresh && root_made && !half_adopted;
  if (failed == nullptr) {
    if (item.match != kNoBase) next.match = item.match;
    if (unverified && !item.park) {
      item.drop_pending = false;
      dirty(item, "our own write is to be read back", Code::kOwnWriteUnread);
    }
    return;
  }
  const bool refused =
      failed->status == WriteStatus::kRejected || failed->status == WriteStatus::kSuppressed;
  if (item.undo != nullptr && refused) {
    // The rows are well as they are.
    item.outcome = Outcome::kUnchanged;
    return close_undo(item, *item.undo, "", "; not undone: the database refused the value");
  }
  item.drop_pending = false;
  item.park.reset();
  switch (failed->status) {
    case WriteStatus::kApplied:
      return;
    case WriteStatus::kStale:
    case WriteStatus::kSkipped:
      item.outcome = Outcome::kStale;
      return dirty(item, "the row changed while we were about to write it", Code::kGuardLost);
    case WriteStatus::kKeyTaken:
      item.outcome = Outcome::kStale;
      return dirty(item, "the new key exists already", Code::kKeyTaken);
    case WriteStatus::kReferred:
      // Of an optional part: its fields stop, nothing dies.
      if (item.decision.what == Case::kFields)
        return quarantine(item, Code::kHasChildren,
                          failed->error ? failed->error->line() : "others refer to the part");
      return set_delete_aside(
          item, item.decision.what == Case::kDeleteLegacy ? Side::kPlatform : Side::kLegacy,
          Code::kHasChildren, failed->error ? failed->error->why() : std::string());
    case WriteStatus::kSuppressed:
      return quarantine(item, Code::kSuppressed, "nothing happened although the row was unchanged");
    case WriteStatus::kRejected:
      if (!failed->error)
        return quarantine(item, Code::kConstraintViolated, "the target refused the row");
      return quarantine(item, failed->error->code(), failed->error->line(),
                        failed->error->constraint(), item.holder);
  }
}

Conflict Page::conflict_of(const Item& item, std::size_t which) const {
  const Image& view = image(item);
  const LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
  const auto& [f, answer] = item.conflicts[which];
  const FieldPlan& field = entity_.fields[f];
  Conflict c;
  c.instance = {Side::kLegacy, view.kind, Key(next.legacy_key)};
  c.platform_key = Key(next.platform_key);
  c.field = field.name;
  // As our own writes left them: a person's word is bound to what they see (E21).
  c.legacy_version = next.parts[0].version;
  c.platform_version = next.parts[1].version;
  c.at = c_.run.now;
  c.legacy_value = mid_text(view.legacy.values[f], field.ref.has_value());
  c.platform_value = mid_text(view.platform.values[f], field.ref.has_value());
  c.legacy_mid = value_bytes(view.legacy.values[f]);
  c.platform_mid = value_bytes(view.platform.values[f]);
  c.open = answer.action == FieldAction::kHold;
  c.winner = c.open ? "" : std::string(side_name(answer.winner));
  c.reason = std::string(conflict_reason_name(answer.conflict));
  if (answer.conflict == ConflictReason::kNewest ||
      answer.conflict == ConflictReason::kBaseUnknown) {
    const bool removed = was_removed(item, field);
    c.reason += fmt::format(
        ": legacy {}, platform {}", stamp_text(view.versions[0].stamp_us),
        removed
            ? "removed before " + value_text(Value::instant(c_.run.now.time_since_epoch().count()))
            : stamp_text(view.versions[1].stamp_us));
  }
  return c;
}

Conflict Page::lost_delete_of(const Item& item) const {
  const LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
  const Presentation legacy = presentation(item, Side::kLegacy);
  Conflict c;
  c.instance = {Side::kLegacy, image(item).kind, Key(next.legacy_key)};
  c.platform_key = Key(next.platform_key);
  c.field = "(liveness)";
  c.legacy_version = next.parts[0].version;
  c.platform_version = next.parts[1].version;
  c.at = c_.run.now;
  c.legacy_value = presentation_name(legacy);
  c.platform_value = presentation_name(presentation(item, Side::kPlatform));
  c.winner = legacy == Presentation::kDead ? "platform" : "legacy";
  c.reason = "update wins over delete";
  return c;
}

// Which write puts the winner over the loser: a loser is on record exactly when that write was
// applied, whatever becomes of the instance's other writes and of this process.
void Page::attach_losers(Item& item) {
  item.carriers.assign(item.conflicts.size(), -1);
  for (const std::uint32_t w : item.writes) {
    Effect& effect = writes_[w].effect;
    for (std::size_t i = 0; i < item.conflicts.size(); ++i) {
      const auto& [f, answer] = item.conflicts[i];
      if (answer.action == FieldAction::kHold) continue;
      const std::uint32_t wanted = f;
      const bool field = std::any_of(effect.fields.begin(), effect.fields.end(),
                                     [wanted](const FieldEffect& e) { return e.field == wanted; });
      // An edit of a row that dies goes with the row.
      const bool death =
          answer.action == FieldAction::kNothing && effect.liveness == LivenessEffect::kDead;
      if (!field && !death) continue;
      item.carriers[i] = w;
      effect.losers.push_back(conflict_of(item, i));
    }
    if (item.decision.delete_lost && effect.liveness == LivenessEffect::kAlive) {
      item.revival = w;
      effect.losers.push_back(lost_delete_of(item));
    }
  }
}

void Page::record_conflicts(Item& item, const ApplyDone& done, Confirm& confirm) {
  if (!item.decided) return;  // a delete that is set aside settles nothing yet
  if (planted(Plant::kHalfAdoptionSilent) && item.link < 0 && !item.insert_link) return;
  // Without a link only what was written over is on record: an adoption can fail on one side.
  const bool linked = item.link >= 0 || item.insert_link;
  const bool failed =
      !linked || item.outcome == Outcome::kStale || item.outcome == Outcome::kQuarantined;
  auto applied = [&](std::ptrdiff_t carrier) {
    return carrier >= 0 &&
           done.outcomes[static_cast<std::size_t>(carrier)].status == WriteStatus::kApplied;
  };
  item.carriers.resize(item.conflicts.size(), -1);
  for (std::size_t i = 0; i < item.conflicts.size(); ++i) {
    const auto& [f, answer] = item.conflicts[i];
    const std::uint32_t wanted = f;
    // Without a write of its own: held, or the target yields the winner's value already.
    const bool rests = answer.action == FieldAction::kHold ||
                       std::any_of(item.settled.begin(), item.settled.end(),
                                   [wanted](const FieldEffect& e) { return e.field == wanted; });
    const bool happened = item.carriers[i] >= 0 ? applied(item.carriers[i]) : rests && !failed;
    if (!happened) continue;
    Conflict c = conflict_of(item, i);
    ++(c.open ? result_.counts.conflicts_held : result_.counts.conflicts);
    if (item.conflicts[i].second.base_unknown) ++result_.counts.base_unknown;
    if (c.open) c_.any_open_conflict = true;
    // What a person chose ends the entry that they chose from.
    if (answer.conflict == ConflictReason::kAsked && !failed) {
      confirm.close_conflicts.push_back({c.instance, c.field, c.winner, "; " + c.reason});
    } else {
      confirm.put_conflicts.push_back(std::move(c));
    }
  }
  if (item.decision.delete_lost && applied(item.revival)) {
    ++result_.counts.conflicts;
    confirm.put_conflicts.push_back(lost_delete_of(item));
  }
  if (failed) return;
  confirm.close_conflicts.insert(confirm.close_conflicts.end(), item.closed.begin(),
                                 item.closed.end());
  for (const Conflict& open : open_conflicts_) {
    if (open.undoes != 0) continue;
    const LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
    if (open.instance != InstanceKey{Side::kLegacy, image(item).kind, Key(next.legacy_key)})
      continue;
    const bool still =
        std::any_of(item.conflicts.begin(), item.conflicts.end(), [&](const auto& entry) {
          return entry.second.action == FieldAction::kHold &&
                 entity_.fields[entry.first].name == open.field;
        });
    if (still) continue;
    const auto of_it = [&open](const auto& entry) {
      return entry.instance == open.instance && entry.field == open.field;
    };
    if (std::ranges::any_of(confirm.close_conflicts, of_it)) continue;
    const bool later = std::ranges::any_of(confirm.put_conflicts, of_it);
    confirm.close_conflicts.push_back(
        {open.instance, open.field, "", later ? "; settled in a later entry" : ""});
  }
}

// A unique violation names the link that holds the value, so that people know whom it waits for
// (E33).
void Page::name_holders(const ApplyDone& done) {
  std::vector<FieldHash> wanted;
  for (const Item& item : items_) {
    if (unique_refused(item, done)) wanted.push_back(item.match);
  }
  if (wanted.empty()) return;
  const auto holders = c_.state.links_by_match(c_.run.tenant.id, c_.ref, wanted);
  if (!holders) return;  // only the name is missing; the row is quarantined all the same
  for (Item& item : items_) {
    if (!unique_refused(item, done)) continue;
    for (const LinkRecord& link : *holders) {
      const bool itself = item.id == InstanceKey{Side::kLegacy, link.kind, Key(link.legacy_key)};
      if (link.match != item.match || itself) continue;
      item.holder = describe({Side::kLegacy, link.kind, Key(link.legacy_key)});
    }
  }
}

bool Page::unique_refused(const Item& item, const ApplyDone& done) const {
  return item.match != kNoBase &&
         std::any_of(item.writes.begin(), item.writes.end(), [&](std::uint32_t w) {
           return done.outcomes[w].error && done.outcomes[w].error->code() == Code::kUniqueTaken;
         });
}

Confirm Page::make_confirm(const ApplyDone& done) {
  name_holders(done);
  Confirm confirm;
  confirm.intents = done.intents;
  confirm.batch = done.last_batch;
  confirm.cursors = options_.cursors;
  for (Item& item : items_) {
    if (item.gone) continue;
    judge(item, done);
    if (item.next >= 0) {
      const LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
      if (item.fresh) {
        if (item.insert_link) confirm.insert_links.push_back(&next);
        if (item.insert_link && item.replaces >= 0) {
          const LinkRecord& old = links_[static_cast<std::size_t>(item.replaces)];
          confirm.replaced_links.emplace_back(old.kind, Key(old.legacy_key));
        }
      } else if (!same_link(next, links_[static_cast<std::size_t>(item.link)])) {
        confirm.update_links.push_back(&next);
      }
      record_conflicts(item, done, confirm);
    }
    const bool linked = item.link >= 0 || item.insert_link;
    InstanceKey id = item.id;
    if (item.insert_link && id.side == Side::kPlatform) {
      if (item.pending != nullptr) confirm.drop_pending.push_back(id);
      const LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
      id = {Side::kLegacy, next.kind, Key(next.legacy_key)};
    }
    if (item.park) {
      const bool resting =
          item.pending != nullptr && item.park->retry_at == item.pending->retry_at &&
          item.park->state == item.pending->state &&
          item.park->attempts == item.pending->attempts && item.pending->instance == id;
      item.park->instance = id;
      if (!resting) {
        confirm.put_pending.push_back(*item.park);
        c_.any_pending = true;
      }
    } else if (item.pending != nullptr &&
               (item.drop_pending ||
                (item.candidate && item.pending->fingerprint != fingerprint(item)))) {
      // A candidate whose row has changed since it was set aside: pairing decides it like a new
      // one.
      confirm.drop_pending.push_back(item.pending->instance);
    }
    if (item.insert_link) {
      c_.links_made = true;
      // Its platform row may have been set aside on its own.
      if (c_.any_pending && item.id.side == Side::kLegacy) {
        confirm.drop_pending.push_back(
            {Side::kPlatform, 0, Key(next_[static_cast<std::size_t>(item.next)].platform_key)});
      }
    }
    if (item.partner_park) confirm.put_pending.push_back(*item.partner_park);
    keep_candidate(item, linked, confirm);
  }
  return confirm;
}

// E22: beside edits, the rows that legacy's users make and remove while it should be only read.
bool Page::made_or_removed_on_legacy(const Item& item) const {
  if (c_.run.plan.phase != Phase::kLegacyReadonly) return false;
  const Case what = item.decision.what;
  return what == Case::kDeletePlatform ||
         (what == Case::kReviveLegacy && item.decision.delete_lost) ||
         (what == Case::kCreatePlatform && !c_.first_load);
}

// A row that was gone comes back as a new one, another by its mark alone.
bool Page::makes_root(const Item& item, std::uint32_t root) const {
  return std::any_of(item.writes.begin(), item.writes.end(), [&](std::uint32_t w) {
    return writes_[w].effect.part == root && writes_[w].kind == WriteKind::kInsert;
  });
}

void Page::count(const Item& item) {
  if (item.gone || !item.decided) return;
  Counts& counts = result_.counts;
  ++counts.decided;
  if (!planted(Plant::kStaleUncounted) || item.outcome != Outcome::kStale) ++counts[item.outcome];
  if (item.deferred) ++counts.deferred;
  if (item.outcome != Outcome::kApplied) return;
  if (made_or_removed_on_legacy(item)) ++counts.legacy_user_writes;
  const bool created = item.link < 0 && item.decision.what != Case::kAdopt;
  if (item.decision.what == Case::kAdopt) ++counts.adopted;
  bool legacy = false;
  bool platform = false;
  for (const std::uint32_t w : item.writes)
    (writes_[w].effect.part == 0 ? legacy : platform) = true;
  switch (item.decision.what) {
    case Case::kDeletePlatform:
      ++counts.deleted_platform;
      break;
    case Case::kDeleteLegacy:
      ++counts.deleted_legacy;
      break;
    case Case::kRevivePlatform:
      ++(makes_root(item, 1) ? counts.created_platform : counts.revived_platform);
      break;
    case Case::kReviveLegacy:
      ++(makes_root(item, 0) ? counts.created_legacy : counts.revived_legacy);
      break;
    case Case::kNothing:
    case Case::kCreatePlatform:
    case Case::kCreateLegacy:
    case Case::kAdopt:
    case Case::kFields:
    case Case::kBothDead:
    case Case::kStillDead:
    case Case::kBothRevived:
    case Case::kSuspectedDelete:
    case Case::kFilteredDead:
    case Case::kFilteredScope:
    case Case::kHoldMismatch:
      if (platform) ++(created ? counts.created_platform : counts.updated_platform);
      if (legacy) ++(created ? counts.created_legacy : counts.updated_legacy);
      break;
  }
}

// Counts the conflicts that a dry run would settle or hold: as if every write had happened.
void Page::plan_conflicts() {
  ApplyDone done;
  done.outcomes.resize(writes_.size());
  for (WriteOutcome& outcome : done.outcomes) outcome.status = WriteStatus::kApplied;
  Confirm unused;
  for (Item& item : items_) {
    item.insert_link |= item.fresh;
    if (!item.gone && (item.link >= 0 || item.insert_link)) record_conflicts(item, done, unused);
  }
}

void Page::plan_later(const Item& item) const {
  if (!item.park || item.missing.empty()) return;
  if (item.next < 0) {
    c_.planned_later.push_back({item.id, item.missing, std::nullopt});
    return;
  }
  for (const MissingParent& parent : item.missing) {
    const FieldPlan& field = entity_.fields[parent.field];
    std::vector<CellRef> cells = field.platform;
    if (parent.side == Side::kPlatform) {
      cells.clear();
      for (const std::uint32_t c : field.legacy_by_kind[image(item).kind]) cells.push_back({0, c});
    }
    for (const std::uint32_t w : item.writes) {
      const RowWrite& write = writes_[w];
      if (write.kind != WriteKind::kInsert || write.effect.part != cells.front().part) continue;
      PlannedWrite patch = planned(write, item);
      patch.action = "update";
      patch.columns.clear();
      for (const CellRef& cell : cells)
        patch.columns.push_back(write.shape->columns[cell.column].name);
      c_.planned_later.push_back({item.id, {parent}, std::move(patch)});
    }
  }
}

PlannedWrite Page::planned(const RowWrite& write, const Item& item) const {
  PlannedWrite out;
  out.again = item.pending != nullptr && item.pending->state == PendingState::kQuarantined &&
              item.pending->fingerprint == fingerprint(item);
  out.entity = entity_.name;
  out.endpoint = c_.run.plan.endpoints[write.endpoint.value].name;
  out.table = write.shape->table.text();
  out.key = write.kind == WriteKind::kInsert ? planned_key(write.key) : key_text(write.key);
  out.action = write.kind == WriteKind::kInsert   ? "insert"
               : write.kind == WriteKind::kUpdate ? "update"
                                                  : "delete";
  for (const std::uint32_t c : write.columns) out.columns.push_back(write.shape->columns[c].name);
  return out;
}

void Page::plan_out() const {
  const std::vector<EntityPlan>& all = c_.run.plan.entities;
  const bool parent = std::any_of(all.begin(), all.end(), [&](const EntityPlan& entity) {
    return std::any_of(entity.fields.begin(), entity.fields.end(), [&](const FieldPlan& field) {
      return field.ref && field.ref->parent == entity_.index;
    });
  });
  for (const Item& item : items_) {
    if (item.candidate) c_.planned_candidates.push_back({item.id, item.match});
    if (item.unmapped && item.match != kNoBase && !options_.pairing) {
      c_.planned_candidates.push_back({item.id, item.match});
      c_.planned_unmapped.insert(item.id);
    }
    const bool silent = !item.candidate && !item.park && item.writes.empty() &&
                        item.conflicts.empty() &&
                        (item.outcome == Outcome::kUnchanged || item.outcome == Outcome::kFiltered);
    if (!silent) c_.planned_seen.insert(instance_hash(item.id));
    if (item.gone) continue;
    plan_later(item);
    if (item.next < 0) continue;
    const LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
    // Who asks: children for their parents, and the other row of a pair.
    if (item.fresh && c_.planned_links != nullptr && (parent || item.decision.what == Case::kAdopt))
      c_.planned_links->add(entity_.index, next.kind, next.legacy_key, next.platform_key);
    if (c_.planned == nullptr) continue;
    for (const std::uint32_t w : item.writes) {
      c_.planned->add(planned(writes_[w], item));
      plan_children(writes_[w]);
    }
  }
}

}  // namespace atlas
