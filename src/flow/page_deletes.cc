// Deletes: suspected, proven, carried out at the end of the run, and spared while others refer to
// the row (ENGINE E14, E23, E26, E31).

#include "flow/deletes.h"
#include "flow/page.h"
#include "foundation/planted.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace atlas {
namespace {

// A table that the mapping does not name may be closed to us. That stops the deletes of the rows it
// refers to and nothing else.
bool may_not_look(const Error& error) {
  return error.code() == Code::kPrivilegeMissing || error.code() == Code::kRowsHidden;
}

}  // namespace

// A key that is alive again after its row was removed for good belongs to somebody new: the pair
// stays dead, and the row is decided like one that never had a link (E14). A row whose counterpart
// has the same key by the mapping is the same instance all the same.
void Page::next_generation(Item& item) {
  const LinkRecord& link = links_[static_cast<std::size_t>(item.link)];
  if (!link.dead) return;
  Image& view = image(item);
  const bool legacy = presentation(item, Side::kLegacy) == Presentation::kAlive;
  const bool platform = presentation(item, Side::kPlatform) == Presentation::kAlive;
  if (legacy == platform) return;
  const Side back = legacy ? Side::kLegacy : Side::kPlatform;
  const KeyOrigin counterpart = legacy ? entity_.platform_key : entity_.legacy_key;
  if (link.parts[legacy ? 0 : 1].exists != Existence::kGone ||
      counterpart == KeyOrigin::kFromFields)
    return;
  item.replaces = item.link;
  item.link = -1;
  item.generation = link.generation + 1;
  const std::size_t first = back == Side::kLegacy ? 1 : 0;
  const std::size_t last = back == Side::kLegacy ? view.rows.rows.size() : 1;
  for (std::size_t p = first; p < last; ++p) {
    view.rows.rows[p] = {};
    view.versions[p] = RowVersion{};
  }
  (back == Side::kLegacy ? view.platform_key : view.legacy_key) = {};
  if (back == Side::kPlatform) {
    item.id = {Side::kPlatform, 0, Key(view.platform_key)};
    const bool any_kind = entity_.kinds.size() == 1 && entity_.kinds.front().when.empty();
    const auto kind =
        any_kind ? std::optional<std::uint16_t>(0) : c_.mapper.kind_of(view.rows.rows);
    view.kind_known = kind.has_value();
    view.kind = kind.value_or(0);
    view.rows.kind = view.kind;
  }
  images_->map(item.image);
}

// Whether every row that is there has the version that the link knows: nobody wrote since it was
// set aside. A row that is gone may be one that we removed before we were stopped.
bool Page::as_linked(const Item& item) const {
  if (item.link < 0) return false;
  const LinkRecord& link = links_[static_cast<std::size_t>(item.link)];
  const Image& view = image(item);
  for (std::uint32_t p = 0; p < link.parts.size(); ++p) {
    if (!view.rows.rows[p].empty() && view.versions[p] != link.parts[p].version) return false;
  }
  return true;
}

// A row that is gone is no proof of a delete. The first look is remembered; a later one, with
// nothing changed on the other side, proves it (E31).
void Page::suspect_delete(Item& item, Side gone) {
  const Side survivor = other(gone);
  if (entity_.liveness[index(survivor)].kind == DeleteKind::kNone) {
    item.outcome = Outcome::kFiltered;
    item.drop_pending = true;
    return;
  }
  const Pending* before = item.pending;
  const bool again = before != nullptr && before->state == PendingState::kHeld &&
                     before->field == side_name(gone) && as_linked(item);
  if (again && is_due(before->code)) {
    item.park = *before;
    item.outcome = Outcome::kSuspectedDelete;
    return;
  }
  const bool suspected =
      again && before->code == static_cast<std::uint16_t>(Code::kAbsenceUnproven);
  if (suspected && c_.run.now - before->since >= entity_.limits.deletes_confirm) {
    set_delete_aside(item, gone, Code::kDeleteDue);
    return;
  }
  hold(item, Code::kAbsenceUnproven,
       fmt::format("the {} row is gone without a deleted flag", side_name(gone)));
  item.outcome = Outcome::kSuspectedDelete;
  item.park->field = side_name(gone);
  item.park->since = suspected ? before->since : c_.run.now;
  item.park->retry_at = item.park->since + entity_.limits.deletes_confirm;
}

// Deletes come last, children before parents (E23): until then the instance rests.
void Page::set_delete_aside(Item& item, Side dead, Code code, std::string blocker) {
  const Pending* before = item.pending;
  const bool known = before != nullptr && before->state == PendingState::kHeld &&
                     is_due(before->code) && as_linked(item);
  hold(item, code,
       code == Code::kHasChildren ? "others refer to it"
                                  : fmt::format("deleted on {}", side_name(dead)));
  item.park->field = side_name(dead);
  item.park->blocker = std::move(blocker);
  item.park->since = known ? before->since : c_.run.now;
  if (code == Code::kHasChildren) return;
  // Decided later in this run.
  item.decided = false;
  ++result_.counts.parked;
  if (c_.run.dry && !known) c_.planned_deletes.insert(item.id);
}

// Rows that are about to be removed stay while others refer to them (E26). Who died with them in
// this run is gone already: children go first. Who comes after this look is seen by the endpoint,
// if a foreign key would take it along, or stopped by the key.
Result<> Page::spare_parents() {
  // A dry run cannot see who would have gone before: it shows the delete that is meant.
  if (c_.run.dry) return {};
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    const bool removes = entity_.liveness[index(side)].kind == DeleteKind::kHard;
    if (removes && !entity_.referrers[index(side)].empty()) ATLAS_OK(spare_parents(side));
  }
  return {};
}

Result<> Page::spare_parents(Side side) {
  if (planted(Plant::kChildrenIgnored)) return {};
  const Case wanted = side == Side::kLegacy ? Case::kDeleteLegacy : Case::kDeletePlatform;
  for (const ReferrerPlan& referrer : entity_.referrers[index(side)]) {
    std::vector<std::size_t> which;
    std::vector<Key> keys;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const Item& item = items_[i];
      if (item.gone || !item.decided || item.park || item.decision.what != wanted) continue;
      const Image& view = image(item);
      if (side == Side::kLegacy && view.kind != referrer.kind) continue;
      Arena arena;
      const std::vector<Value> whole =
          decode_key(side == Side::kLegacy ? view.legacy_key : view.platform_key, arena);
      std::vector<Value> components;
      components.reserve(referrer.components.size());
      for (const std::uint32_t c : referrer.components) components.push_back(whole[c]);
      which.push_back(i);
      keys.push_back(encode_key(components));
    }
    if (which.empty()) continue;
    if (referrer.drifted) {
      for (const std::size_t w : which) {
        set_delete_aside(
            items_[w], other(side), Code::kHasChildren,
            fmt::format("rows of {}, perhaps: its schema changed", referrer.shape.table.text()));
      }
      continue;
    }
    // A snapshot of its own: the page's was opened before, and here what is there now counts.
    ATLAS_TRY(Endpoint * endpoint, c_.endpoint(referrer.endpoint));
    ATLAS_TRY(auto now, endpoint->snapshot());
    const std::vector<KeyView> values(keys.begin(), keys.end());
    auto held = now->referred(referrer.shape, values, referrer.alive);
    std::string blocker = "rows of " + referrer.shape.table.text();
    if (!held) {
      if (!may_not_look(held.error())) return std::move(held).error();
      blocker += ", which cannot be seen: " + held.error().next();
      held = std::vector<std::size_t>(which.size());
      std::iota(held->begin(), held->end(), std::size_t{0});
    }
    for (const std::size_t h : *held)
      set_delete_aside(items_[which[h]], other(side), Code::kHasChildren, blocker);
  }
  return {};
}

}  // namespace atlas
