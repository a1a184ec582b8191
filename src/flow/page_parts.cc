// Platform rows of an instance that are not there: not made yet, removed, or gone (ENGINE E24).

#include "flow/page.h"
#include "foundation/planted.h"
#include "model/key.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {

// Whether an optional part with the field was there and is not any more. Nobody knows since when:
// the moment at which it is seen to be gone is the upper bound that every stamp is (E11).
bool Page::was_removed(const Item& item, const FieldPlan& field) const {
  if (item.link < 0) return false;
  const Image& view = image(item);
  const auto& known = links_[static_cast<std::size_t>(item.link)].parts;
  return std::any_of(field.platform.begin(), field.platform.end(), [&](const CellRef& cell) {
    return cell.part > 1 && view.rows.rows[cell.part].empty() &&
           entity_.parts[cell.part - 1].presence[view.kind] == Presence::kOptional &&
           known[cell.part].exists == Existence::kPresent;
  });
}

// Whether the field lives on parts alone that a linked instance never had, or that we removed along
// with a delete which did not come to its end: their nulls are nobody's (E24).
bool Page::never_made(const Item& item, const FieldPlan& field) const {
  if (item.next < 0) return false;
  const auto& known = next_[static_cast<std::size_t>(item.next)].parts;
  return std::all_of(field.platform.begin(), field.platform.end(), [&](const CellRef& cell) {
    return cell.part > 1 && image(item).rows.rows[cell.part].empty() &&
           known[cell.part].exists != Existence::kPresent;
  });
}

// Rows of parts may stand without their root after it was deleted, and a user may have written
// there since. Where the root is made again they are written over: what they held is kept.
void Page::report_left_over(Item& item) {
  Image& view = image(item);
  if (item.decision.what != Case::kRevivePlatform || !view.rows.rows[1].empty()) return;
  Mids left;
  (void)c_.mapper.read(Side::kPlatform, view.rows, images_->refs(), images_->arena(), left);
  const LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
  for (std::uint32_t f = 0; f < entity_.fields.size(); ++f) {
    FieldAnswer& answer = item.decision.fields[f];
    const FieldHash held = left.hashes[f];
    const bool written_over = answer.action == FieldAction::kToPlatform && held != kNoBase &&
                              !left.values[f].is_null() && held != view.legacy.hashes[f];
    if (!written_over || held == next.bases[f]) continue;
    answer.conflict = ConflictReason::kPolicy;
    answer.winner = Side::kLegacy;
    view.platform.values[f] = left.values[f];
  }
}

// Whether the part is missing that this kind of instance has to have.
bool Page::lacks(const Item& item, std::uint32_t part) const {
  const Image& view = image(item);
  return entity_.parts[part - 1].presence[view.kind] == Presence::kRequired &&
         view.rows.rows[part].empty();
}

// A required part that had been confirmed and is gone stops the instance (E24). `repair` forgets
// that it was ever there, so it is written again.
bool Page::parts_are_there(Item& item) {
  const LinkRecord& link = links_[static_cast<std::size_t>(item.link)];
  LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
  for (std::uint32_t part = 2; part <= entity_.parts.size(); ++part) {
    if (link.parts[part].exists != Existence::kPresent || !lacks(item, part)) continue;
    if (!repairs()) {
      quarantine(
          item, Code::kPartMissing,
          fmt::format("part {} had been confirmed and is gone", entity_.parts[part - 1].alias));
      return false;
    }
    next.parts[part] = PartState();
    forget_part(item, part);
  }
  return true;
}

// Parts that are not there while the root is: never made yet, or gone along with a delete which did
// not come to its end.
void Page::forget_missing_parts(Item& item) {
  if (image(item).rows.rows[1].empty() || planted(Plant::kDeadPartsKept)) return;
  const LinkRecord& link = links_[static_cast<std::size_t>(item.link)];
  LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
  for (std::uint32_t part = 2; part <= entity_.parts.size(); ++part) {
    if (link.parts[part].exists == Existence::kPresent) {
      if (!repairs() || !lacks(item, part)) continue;
      // A dead pair's too: where its delete is left to a later run, that one makes the part again.
      next.parts[part] = PartState();
    }
    forget_part(item, part);
  }
}

// Of a part that is not there nothing was agreed on but its absence. A root that was made again has
// the bases of its former life, and its parts may not have come along.
void Page::forget_part(Item& item, std::uint32_t part) {
  if (!image(item).rows.rows[part].empty()) return;
  LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
  const FieldHash nothing = c_.run.hasher.of(Value::null());
  for (std::uint32_t f = 0; f < entity_.fields.size(); ++f) {
    const std::vector<CellRef>& cells = entity_.fields[f].platform;
    const bool only_there = std::all_of(cells.begin(), cells.end(),
                                        [part](const CellRef& cell) { return cell.part == part; });
    if (only_there && next.bases[f] != nothing) next.bases[f] = kNoBase;
  }
}

}  // namespace atlas
