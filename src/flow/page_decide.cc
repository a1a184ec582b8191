// What happens to each instance of a page: versions recorded, cases decided, rows composed.

#include "flow/page.h"
#include "foundation/planted.h"
#include "model/key.h"
#include "model/text_form.h"
#include "model/value_bytes.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {

namespace {

std::int64_t stamp_precision_us(const TableShape& shape) {
  std::int64_t precision = 1;
  if (!shape.stamp) return precision;
  for (int digits = shape.columns[*shape.stamp].type.size; digits < 6; ++digits) precision *= 10;
  return precision;
}

// As the stamp's column keeps it: PostgreSQL rounds half up.
std::int64_t rounded(std::int64_t stamp_us, const TableShape& shape) {
  const std::int64_t precision = stamp_precision_us(shape);
  if (precision == 1) return stamp_us;
  const std::int64_t up = stamp_us + (precision / 2);
  return up - (((up % precision) + precision) % precision);
}

// Of the coarsest stamp column of either side: below it nobody knows who was later (E18).
std::int64_t stamp_precision_us(const EntityPlan& entity) {
  std::int64_t coarsest = 1;
  auto look = [&coarsest](const TableShape& shape) {
    coarsest = std::max(coarsest, stamp_precision_us(shape));
  };
  for (const KindPlan& kind : entity.kinds) look(kind.shape);
  for (const PartPlan& part : entity.parts) look(part.shape);
  return coarsest;
}

}  // namespace

Presentation Page::presentation(const Item& item, Side side) const {
  const Image& view = image(item);
  const std::uint32_t root = side == Side::kLegacy ? 0 : 1;
  const auto row = view.rows.rows[root];
  // Proven to be gone (E31): as dead as a marked row.
  if (row.empty()) return item.due ? Presentation::kDead : Presentation::kAbsent;
  if (!Mapper::in_scope(entity_.shape(root, view.kind), row)) return Presentation::kOutOfScope;
  return c_.mapper.dead(side, view.rows) ? Presentation::kDead : Presentation::kAlive;
}

namespace {

// What a person saw; not kept by earlier versions.
bool still(const std::string& seen, const Value& now) {
  return seen.empty() || seen == value_bytes(now);
}

}  // namespace

// Whether a field that lives on `part` differs from what both sides last agreed on.
bool Page::edited_part(const Item& item, std::uint32_t part) const {
  const LinkRecord& link = links_[static_cast<std::size_t>(item.link)];
  const Image& view = image(item);
  for (std::size_t f = 0; f < entity_.fields.size(); ++f) {
    const FieldPlan& field = entity_.fields[f];
    if (link.bases[f] == kNoBase) continue;
    if (part == 0) {
      if (view.legacy.hashes[f] != kNoBase && view.legacy.hashes[f] != link.bases[f]) return true;
      continue;
    }
    const bool here = std::any_of(field.platform.begin(), field.platform.end(),
                                  [&](const CellRef& c) { return c.part == part; });
    if (here && view.platform.hashes[f] != kNoBase && view.platform.hashes[f] != link.bases[f])
      return true;
  }
  return false;
}

// The link after this page starts as the link before it, with the versions that were read (E12,
// E16, E19).
void Page::record_versions(Item& item) {
  (void)next_.add_copy(links_[static_cast<std::size_t>(item.link)]);
  item.next = static_cast<std::ptrdiff_t>(next_.size()) - 1;
  LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
  const Image& view = image(item);
  bool user_version = false;
  for (std::uint32_t p = 0; p < next.parts.size(); ++p) {
    if (view.rows.rows[p].empty()) continue;
    PartState& part = next.parts[p];
    const RowVersion version = view.versions[p];
    part.exists = Existence::kPresent;
    if (part.unverified && !view.misfit) {
      part.unverified = false;
      // After a crash the witness names the stamp that our write set, not the row's token (E3).
      const bool settled =
          part.version.token == 0 && part.version.stamp_us != kMinusInfinity &&
          rounded(part.version.stamp_us, entity_.shape(p, next.kind)) == version.stamp_us;
      if (settled || !edited_part(item, p) || planted(Plant::kRewriteUnseen)) {
        part.version = version;
        part.bounces = 0;
        continue;
      }
      // Our write came back different. The same writer token: a trigger of the target rewrote it;
      // another: a user came after.
      // Where versions are hashes of content the token always differs, but a trigger leaves the
      // stamp that we set.
      const RowVersion& ours = part.version;
      const bool same_stamp = ours.stamp_us != kMinusInfinity && ours.stamp_us == version.stamp_us;
      const bool rewritten = !ours.is_none() && (ours.token == version.token || same_stamp);
      user_version |= !rewritten;
      part.bounces = rewritten ? static_cast<std::uint8_t>(part.bounces + 1) : std::uint8_t{0};
      part.version = version;
      part.own_write = false;
      part.user_stamp_us = version.stamp_us;
      constexpr int kBouncesMax = 2;
      if (part.bounces >= kBouncesMax) {
        quarantine(item, Code::kTriggersDisagree,
                   fmt::format("{} was rewritten {} times after our writes",
                               entity_.source(p, next.kind), part.bounces));
      }
      continue;
    }
    if (part.version == version) continue;
    // The stamp that our own write set is nobody's edit, whatever else became different, such as
    // all rows when a column is added (E19).
    const bool our_stamp = part.own_write && part.version.stamp_us == version.stamp_us &&
                           version.stamp_us != kMinusInfinity;
    part.version = version;
    part.unverified = false;
    if (our_stamp) continue;
    user_version = true;
    part.own_write = false;
    part.user_stamp_us = version.stamp_us;
  }
  // Bounces count only as long as no user writes (E12).
  if (user_version) {
    for (PartState& part : next.parts) part.bounces = 0;
  }
}

void Page::fields_of(const Item& item, std::vector<FieldView>& views,
                     std::vector<FieldPolicy>& policies, std::vector<std::int8_t>& asked) const {
  const Image& view = image(item);
  const LinkRecord* next = item.next >= 0 ? &next_[static_cast<std::size_t>(item.next)] : nullptr;
  views.resize(entity_.fields.size());
  policies = policies_;
  const std::int64_t root_stamp = effective_stamp(next, 1, view.versions[1]);
  for (std::size_t f = 0; f < entity_.fields.size(); ++f) {
    const FieldPlan& field = entity_.fields[f];
    FieldView& out = views[f];
    policies[f].applies = ((field.kinds >> view.kind) & 1U) != 0;
    out.legacy = view.legacy.hashes[f];
    out.platform = view.platform.hashes[f];
    out.base = next == nullptr ? kNoBase : next->bases[f];
    out.legacy_null = view.legacy.values[f].is_null();
    out.platform_null = view.platform.values[f].is_null();
    out.legacy_stamp = effective_stamp(next, 0, view.versions[0]);
    if (out.legacy_stamp != kMinusInfinity && out.legacy_stamp != kInfinity)
      out.legacy_stamp += c_.run.legacy_clock_offset_us;
    out.platform_stamp = kMinusInfinity;
    for (const CellRef& cell : field.platform)
      out.platform_stamp =
          std::max(out.platform_stamp, effective_stamp(next, cell.part, view.versions[cell.part]));
    // Without a base a null is no edit of anybody.
    if (out.base != kNoBase && was_removed(item, field))
      out.platform_stamp = c_.run.now.time_since_epoch().count();
    if (out.platform_stamp == kMinusInfinity) out.platform_stamp = root_stamp;
    const bool legacy_speaks = out.legacy != kNoBase && field.direction != Direction::kToLegacy;
    if (out.base == kNoBase && legacy_speaks && never_made(item, field)) {
      // In a group it goes with the others, but makes none of them later.
      out.platform_stamp = kMinusInfinity;
      if (policies[f].group < 0) out.platform = kNoBase;
    }
  }
  asked.clear();
  for (const Conflict& conflict : open_conflicts_) {
    if (conflict.resolved_by.empty() || conflict.undoes != 0 || conflict.instance != item.id)
      continue;
    // A person's word counts only for the rows they saw (E21); the field may lie on another part
    // than the platform's root, so its values count too.
    if (conflict.legacy_version != view.versions[0] ||
        conflict.platform_version != view.versions[1])
      continue;
    asked.resize(entity_.fields.size(), -1);
    for (std::size_t f = 0; f < entity_.fields.size(); ++f) {
      if (entity_.fields[f].name == conflict.field &&
          still(conflict.legacy_mid, view.legacy.values[f]) &&
          still(conflict.platform_mid, view.platform.values[f]))
        asked[f] = conflict.resolved_by == "legacy" ? 0 : 1;
    }
  }
}

Result<> Page::decide_all() {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (!items_[i].gone) decide_one(i);
  }
  ATLAS_OK(refuse_shifted_keys());
  ATLAS_OK(seek_pairs());
  ATLAS_OK(spare_parents());
  std::int64_t unknown = result_.counts.base_unknown + c_.counts.base_unknown;
  for (const Item& item : items_) {
    for (const auto& [field, answer] : item.conflicts) unknown += answer.base_unknown ? 1 : 0;
  }
  if (unknown > c_.entity.limits.open_max) {
    return Error(Code::kCapExceeded,
                 fmt::format("entity {}: more than {} fields differ without a known base",
                             entity_.name, entity_.limits.open_max))
        .advise(
            "look at `atlas-bridge plan`; raise limits.open for this entity if these conflicts are "
            "expected");
  }
  ATLAS_OK(mint_keys());
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (items_[i].decided && !items_[i].park && !items_[i].gone) compose_one(i);
  }
  return {};
}

bool Page::repairs() const { return c_.run.sweep.sweep == Sweep::kRepair; }

// A pair that may not be adopted (E7, E27).
bool Page::refused_pair(Item& item) {
  const Image& view = image(item);
  if (item.taken_key) {
    const FieldHash legacy = c_.mapper.match(view.legacy);
    if (legacy == kNoBase || legacy != c_.mapper.match(view.platform)) {
      quarantine(item, Code::kKeyTaken, "a row with the minted key exists and does not match");
      return true;
    }
  }
  return false;
}

void Page::refuse_misfit(Item& item, Side side, const Misfit& misfit) {
  const std::string name = c_.mapper.misfit_name(side, image(item).kind, misfit);
  quarantine(item, Code::kOutsideDomain,
             fmt::format("{} on {}: {}", name, side_name(side), misfit.reason), name);
}

// A link is kept under keys of their columns' types.
bool Page::refused_key(Item& item) {
  const Image& view = image(item);
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    if (!has_stray(side == Side::kLegacy ? view.legacy_key : view.platform_key)) continue;
    quarantine(item, Code::kOutsideDomain,
               fmt::format("its key on {} is not spelled as a value of its column's type",
                           side_name(side)));
    return true;
  }
  return false;
}

void Page::decide_one(std::size_t i) {
  Item& item = items_[i];
  if (item.park) return;  // refused while counterparts were looked for
  Image& view = image(item);
  item.decided = true;
  const std::optional<Side> rewound = c_.run.sweep.rewound;
  if (item.link >= 0 && !(rewound && brought_back(item, *rewound))) next_generation(item);
  if (item.link >= 0) record_versions(item);
  if (item.park) return;
  if (item.link >= 0 && rewound) rebase(item, *rewound);
  if (item.park) return;
  // What was counted against the cap is what was seen then: another version is decided anew.
  if (item.due && !item.planned && !as_linked(item)) item.due = false;
  // `repair` can help with this one, and brings a row back whose delete is suspected or due.
  const bool again = repairs() && item.pending != nullptr &&
                     (item.pending->code == static_cast<std::uint16_t>(Code::kPartMissing) ||
                      (rewound && item.pending->state == PendingState::kHeld));
  if (item.pending != nullptr && !item.forced && !again &&
      item.pending->state != PendingState::kDirty &&
      ((item.pending->retry_at > c_.run.now && item.pending->fingerprint == fingerprint(item)) ||
       planted(Plant::kQuarantineForever))) {
    // Nothing changed since it was set aside: it waits for its time.
    switch (item.pending->state) {
      case PendingState::kQuarantined:
      case PendingState::kDiscarded:
        item.outcome = Outcome::kQuarantined;
        break;
      case PendingState::kHeld:
        item.outcome = Outcome::kHeld;
        break;
      case PendingState::kWaiting:
      case PendingState::kDeferred:
        item.outcome = Outcome::kWaiting;
        break;
      case PendingState::kDirty:
        break;
    }
    item.park = *item.pending;
    return;
  }
  if (view.oversized()) return quarantine(item, Code::kRowTooLarge, view.oversize_text(entity_));
  if (!view.kind_known) {
    item.outcome = view.rows.rows[1].empty() ? Outcome::kUnchanged : Outcome::kFiltered;
    item.drop_pending = true;
    return;
  }
  const Presentation legacy = presentation(item, Side::kLegacy);
  const Presentation platform = presentation(item, Side::kPlatform);
  const bool kinds_matter = entity_.kinds.size() > 1 || !entity_.kinds.front().when.empty();
  const bool paired = item.link >= 0 || !view.rows.rows[0].empty();
  if (kinds_matter && paired && !view.rows.rows[1].empty() &&
      c_.mapper.kind_of(view.rows.rows) != view.kind) {
    return quarantine(item, item.link >= 0 ? Code::kKindChanged : Code::kAmbiguousMatch,
                      fmt::format("the platform row {} a {} row",
                                  item.link >= 0 ? "no longer is" : "that matches is not",
                                  entity_.kinds[view.kind].name));
  }
  const bool visible = legacy != Presentation::kOutOfScope && platform != Presentation::kOutOfScope;
  // Quarantine stops an instance's fields, not its liveness (E33): a row that died is dead,
  // mappable or not.
  const Side misfit_side = view.misfit_side;
  const Presentation misfit_shows = misfit_side == Side::kLegacy ? legacy : platform;
  const Presentation other_shows = misfit_side == Side::kLegacy ? platform : legacy;
  const bool died = view.misfit && item.link >= 0 &&
                    !links_[static_cast<std::size_t>(item.link)].dead &&
                    misfit_shows == Presentation::kDead && other_shows == Presentation::kAlive;
  const std::optional<Misfit> misfit = view.misfit;
  if (died) {
    Mids& mids = misfit_side == Side::kLegacy ? view.legacy : view.platform;
    std::fill(mids.hashes.begin(), mids.hashes.end(), kNoBase);
    view.misfit.reset();
  }
  if (item.link >= 0) forget_missing_parts(item);
  if (view.misfit && visible) return set_unmapped_aside(item, legacy, platform);
  if (item.link >= 0 && legacy == Presentation::kAlive && platform == Presentation::kAlive &&
      !parts_are_there(item))
    return;
  DecideInput input;
  input.link = item.link < 0                                     ? LinkState::kNone
               : next_[static_cast<std::size_t>(item.next)].dead ? LinkState::kDead
                                                                 : LinkState::kAlive;
  input.legacy = legacy;
  input.platform = platform;
  input.both_soft = entity_.liveness[0].kind == DeleteKind::kSoft &&
                    entity_.liveness[1].kind == DeleteKind::kSoft;
  input.on_delete = entity_.on_delete == OnDelete::kUpdateWins ? DeletePolicy::kUpdateWins
                                                               : DeletePolicy::kDeleteWins;
  input.tie_winner = c_.run.plan.phase == Phase::kLegacyLeads ? Side::kLegacy : Side::kPlatform;
  input.stamp_precision_us = stamp_precision_us(entity_);
  std::vector<FieldView> views;
  std::vector<FieldPolicy> policies;
  std::vector<std::int8_t> asked;
  fields_of(item, views, policies, asked);
  input.fields = views;
  input.policies = policies;
  input.asked = asked;
  item.decision = decide(input);
  if (brings_back(item, input)) item.decision = decide(input);
  take_back(item, views);
  report_left_over(item);
  if (item.link >= 0 && rewound) report_overwritten(item, *rewound);
  // But a row that the other side's edit brings back lives on with its own values: they are not
  // written over while nobody can tell what they mean.
  if (died && item.decision.delete_lost) return refuse_misfit(item, misfit_side, *misfit);
  if (item.taken_key && item.decision.what != Case::kAdopt) {
    return quarantine(item, Code::kKeyTaken,
                      "a row that is not ours to adopt stands at the minted key");
  }
  for (std::uint32_t f = 0; f < item.decision.fields.size(); ++f) {
    const FieldAnswer& answer = item.decision.fields[f];
    if (answer.conflict != ConflictReason::kNone) item.conflicts.emplace_back(f, answer);
    if (answer.action == FieldAction::kDrift) ++result_.counts.drift;
  }
  if (c_.run.plan.phase == Phase::kLegacyReadonly) {
    const bool user_wrote = std::any_of(views.begin(), views.end(), [](const FieldView& v) {
      return v.base != kNoBase && v.legacy != kNoBase && v.legacy != v.base;
    });
    if (user_wrote) ++result_.counts.legacy_user_writes;
  }
  switch (item.decision.what) {
    case Case::kNothing:
    case Case::kStillDead:
      item.outcome = Outcome::kUnchanged;
      item.drop_pending = true;
      break;
    case Case::kFilteredDead:
    case Case::kFilteredScope:
      item.outcome = Outcome::kFiltered;
      item.drop_pending = true;
      break;
    case Case::kSuspectedDelete:
      suspect_delete(item, legacy == Presentation::kAbsent ? Side::kLegacy : Side::kPlatform);
      break;
    case Case::kHoldMismatch:
      hold(item, Code::kAmbiguousMatch, "the rows belong together but one of them is deleted");
      break;
    case Case::kCreatePlatform:
    case Case::kCreateLegacy: {
      if (refused_key(item)) break;
      item.match = c_.mapper.match(item.decision.what == Case::kCreatePlatform ? view.legacy
                                                                               : view.platform);
      if (rests_as_lost(item)) break;
      if (c_.run.sweep.state_rewound && !options_.pairing && !item.forced) {
        // It may have had a link that is lost: all such rows of both sides are looked at together.
        item.match = content_match(item);
        item.decided = false;
        item.candidate = true;
        ++result_.counts.parked;
        break;
      }
      if (entity_.has_match && item.match != kNoBase && !options_.pairing &&
          !planted(Plant::kMatchIgnored) && !options_.may_create_at_once && !item.forced) {
        item.decided = false;
        item.candidate = true;
        ++result_.counts.parked;
      }
      break;
    }
    case Case::kAdopt:
      item.match = c_.mapper.match(view.legacy);
      if (refused_key(item)) break;
      (void)refused_pair(item);
      break;
    case Case::kDeletePlatform:
    case Case::kDeleteLegacy: {
      const Side dead =
          item.decision.what == Case::kDeletePlatform ? Side::kLegacy : Side::kPlatform;
      item.match = c_.mapper.match(view.legacy);
      if (entity_.liveness[index(other(dead))].kind == DeleteKind::kNone) {
        item.outcome = Outcome::kFiltered;
        item.drop_pending = true;
      } else if (!item.due) {
        set_delete_aside(item, dead, Code::kDeleteDue);
      }
      break;
    }
    case Case::kFields:
    case Case::kBothDead:
    case Case::kRevivePlatform:
    case Case::kReviveLegacy:
    case Case::kBothRevived:
      item.match = c_.mapper.match(view.legacy);
      break;
  }
}

// A fresh link for a pair that had none.
void Page::start_link(Item& item) {
  const Image& view = image(item);
  (void)next_.add(view.kind, item.legacy_key, item.platform_key);
  item.next = static_cast<std::ptrdiff_t>(next_.size()) - 1;
  item.fresh = true;
  LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
  next.generation = item.generation;
  next.match = item.match;
  for (std::uint32_t p = 0; p < next.parts.size(); ++p) {
    if (view.rows.rows[p].empty()) continue;
    next.parts[p].exists = Existence::kPresent;
    next.parts[p].version = view.versions[p];
    next.parts[p].user_stamp_us = view.versions[p].stamp_us;
  }
}

// A side that is known to be gone for good is remembered as such.
void Page::remember_gone(const Item& item, LinkRecord& next) const {
  const Case what = item.decision.what;
  const bool both = what == Case::kBothDead || what == Case::kStillDead;
  for (std::uint32_t p = 0; p < next.parts.size(); ++p) {
    const bool died = both || what == (p == 0 ? Case::kDeletePlatform : Case::kDeleteLegacy);
    if (!died || !image(item).rows.rows[p].empty()) continue;
    if (next.parts[p].exists != Existence::kPresent) continue;
    const std::int64_t stamp_us = next.parts[p].version.stamp_us;
    next.parts[p] = PartState{};
    next.parts[p].exists = Existence::kGone;
    next.parts[p].user_stamp_us = stamp_us;
  }
}

void Page::compose_one(std::size_t i) {
  Item& item = items_[i];
  switch (item.decision.what) {
    case Case::kNothing:
    case Case::kFilteredDead:
    case Case::kFilteredScope:
    case Case::kSuspectedDelete:
    case Case::kHoldMismatch:
      return;
    case Case::kCreatePlatform:
    case Case::kCreateLegacy:
    case Case::kAdopt:
    case Case::kFields:
    case Case::kDeletePlatform:
    case Case::kDeleteLegacy:
    case Case::kBothDead:
    case Case::kStillDead:
    case Case::kRevivePlatform:
    case Case::kReviveLegacy:
    case Case::kBothRevived:
      break;
  }
  if (!image(item).kind_known || item.outcome == Outcome::kFiltered) return;
  const LinkRecord* link = item.link >= 0 ? &next_[static_cast<std::size_t>(item.next)] : nullptr;
  Composed made = compose({c_, image(item), item.decision, link, images_->refs(), images_->arena(),
                           static_cast<std::uint32_t>(i), item.legacy_key, item.platform_key,
                           item.generation, item.match});
  if (item.undo != nullptr) compose_undo(item, made);
  if (made.misfit) {
    const std::string field = entity_.fields[made.misfit->field].name;
    return quarantine(
        item, Code::kOutsideDomain,
        fmt::format("{} for {}: {}", field, side_name(made.misfit_side), made.misfit->reason),
        field);
  }
  if (made.part_missing)
    return quarantine(item, Code::kPartMissing, "a part that had been confirmed is gone");
  if (!made.missing.empty()) {
    const bool deferred = !made.waits && entity_.fields[made.missing.front().field].ref->defer;
    wait(item, made.missing, deferred);
    if (c_.run.dry) item.missing = std::move(made.missing);
  }
  if (made.waits) {
    item.outcome = Outcome::kWaiting;
    return;
  }
  item.deferred = made.deferred;
  if (!made.legacy_key.empty()) item.legacy_key = made.legacy_key;
  if (!made.platform_key.empty()) item.platform_key = made.platform_key;
  if (item.next < 0) start_link(item);
  LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
  item.settled = std::move(made.settled);
  for (std::uint32_t f = 0; f < item.decision.fields.size(); ++f) {
    if (item.decision.fields[f].action == FieldAction::kAgree)
      item.settled.push_back({f, image(item).legacy.hashes[f]});
  }
  for (const FieldEffect& effect : item.settled) next.bases[effect.field] = effect.hash;
  if (item.decision.what == Case::kBothDead) next.dead = true;
  if (item.decision.what == Case::kBothRevived) next.dead = false;
  remember_gone(item, next);
  for (RowWrite& write : made.writes) {
    write.effect.ordinal = static_cast<std::uint32_t>(writes_.size());
    write.effect.legacy_key = next.legacy_key;
    write.effect.platform_key = next.platform_key;
    write.key = write.effect.part == 0 ? next.legacy_key : next.platform_key;
    item.writes.push_back(write.effect.ordinal);
    writes_.push_back(std::move(write));
  }
  attach_losers(item);
  await_parts(item);
  if (item.undo_waits && !item.park)
    dirty(item, "a conflict is to be undone", Code::kOwnWriteUnread);
  item.outcome = item.writes.empty() ? Outcome::kUnchanged : Outcome::kApplied;
  if (item.decision.what == Case::kAdopt) item.outcome = Outcome::kApplied;
  if (!item.park) item.drop_pending = true;
  const bool held =
      std::any_of(item.decision.fields.begin(), item.decision.fields.end(),
                  [](const FieldAnswer& a) { return a.action == FieldAction::kHold; });
  if (held && item.writes.empty()) item.outcome = Outcome::kHeld;
  if (item.park && item.writes.empty() && item.outcome == Outcome::kUnchanged)
    item.outcome = Outcome::kWaiting;
}

}  // namespace atlas
