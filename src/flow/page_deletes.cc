// Deletes: suspected, proven, set aside until the end of the run (ENGINE E14, E23, E31).

#include "flow/deletes.h"
#include "flow/page.h"

#include <fmt/format.h>

namespace atlas {

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

// Whether an earlier look, limits.deletes.confirm ago, found the row gone as well, with nothing
// changed on the other side since (E31).
bool Page::proven_gone(const Item& item, Side gone) const {
  const Pending* before = item.pending;
  if (before == nullptr || before->state != PendingState::kHeld ||
      before->field != side_name(gone) || !as_linked(item))
    return false;
  return is_due(before->code) ||
         (before->code == static_cast<std::uint16_t>(Code::kAbsenceUnproven) &&
          c_.run.now - before->since >= entity_.limits.deletes_confirm);
}

// A row that is proven to be gone, and that the other side's edit brings back: it is decided like
// any edit, and no delete that a cap would count. `input` shows it as dead then.
bool Page::brings_back(Item& item, DecideInput& input) const {
  if (item.decision.what != Case::kSuspectedDelete) return false;
  const Side gone = input.legacy == Presentation::kAbsent ? Side::kLegacy : Side::kPlatform;
  if (entity_.liveness[index(other(gone))].kind == DeleteKind::kNone) return false;
  if (!proven_gone(item, gone)) return false;
  DecideInput dead = input;
  (gone == Side::kLegacy ? dead.legacy : dead.platform) = Presentation::kDead;
  if (!decide(dead).delete_lost) return false;
  item.due = true;
  input = dead;
  return true;
}

// A row that is gone is no proof of a delete. The first look is remembered; a later one proves it
// (E31).
void Page::suspect_delete(Item& item, Side gone) {
  const Side survivor = other(gone);
  if (entity_.liveness[index(survivor)].kind == DeleteKind::kNone) {
    item.outcome = Outcome::kFiltered;
    item.drop_pending = true;
    return;
  }
  const Pending* before = item.pending;
  if (proven_gone(item, gone)) {
    if (!is_due(before->code)) return set_delete_aside(item, gone, Code::kDeleteDue);
    item.park = *before;
    item.outcome = Outcome::kSuspectedDelete;
    return;
  }
  const bool suspected = before != nullptr && before->state == PendingState::kHeld &&
                         before->field == side_name(gone) && as_linked(item) &&
                         before->code == static_cast<std::uint16_t>(Code::kAbsenceUnproven);
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

}  // namespace atlas
