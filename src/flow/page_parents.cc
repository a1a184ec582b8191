// Rows that are about to die stay while others refer to them (ENGINE E26).

#include "flow/page.h"
#include "foundation/planted.h"

#include <numeric>

namespace atlas {
namespace {

// A table that the mapping does not name may be closed to us. That stops the deletes of the rows it
// refers to and nothing else.
bool may_not_look(const Error& error) {
  return error.code() == Code::kPrivilegeMissing || error.code() == Code::kRowsHidden;
}

}  // namespace

// Who died with them in this run is gone already: children go first. Who comes after this look is
// seen by the endpoint, if a foreign key would take it along, or stopped by the key.
Result<> Page::spare_parents() {
  if (planted(Plant::kChildrenIgnored)) return {};
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    for (const ReferrerPlan& referrer : entity_.referrers[index(side)])
      ATLAS_OK(spare_referred(side, referrer));
  }
  return {};
}

// Whether a row of the item is to die on `side` in a way that its children there would notice: it
// is removed, or marked although the other side's row is gone for good. Where both rows stay, a
// mark of one is a mark of the other, children or not.
bool Page::leaves_orphans(const Item& item, Side side) const {
  const Case wanted = side == Side::kLegacy ? Case::kDeleteLegacy : Case::kDeletePlatform;
  if (item.gone || !item.decided || item.park || item.decision.what != wanted) return false;
  const std::size_t dead_root = side == Side::kLegacy ? 1 : 0;
  return removes(side) || image(item).rows.rows[dead_root].empty();
}

bool Page::removes(Side side) const {
  return entity_.liveness[index(side)].kind == DeleteKind::kHard;
}

Result<> Page::spare_referred(Side side, const ReferrerPlan& referrer) {
  if ((referrer.by_key || referrer.deferred) && !removes(side)) return {};
  std::vector<std::size_t> which;
  std::vector<Key> keys;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const Item& item = items_[i];
    const Image& view = image(item);
    if (!leaves_orphans(item, side)) continue;
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
  if (which.empty()) return {};
  const std::string rows = "rows of " + referrer.shape.table.text();
  if (referrer.drifted) {
    for (const std::size_t w : which)
      set_delete_aside(items_[w], other(side), Code::kHasChildren,
                       rows + ", perhaps: its schema changed");
    return {};
  }
  // A snapshot of its own: the page's was opened before, and here what is there now counts.
  ATLAS_TRY(Endpoint * endpoint, c_.endpoint(referrer.endpoint));
  ATLAS_TRY(auto now, endpoint->snapshot());
  const std::vector<KeyView> values(keys.begin(), keys.end());
  ATLAS_OK(set_referred_aside(side, which, referred(*now, referrer, values, referrer.alive), rows));
  if (!referrer.alive || !referrer.key_holds || !removes(side)) return {};
  return set_referred_aside(side, which, referred(*now, referrer, values, std::nullopt),
                            rows + " that are marked as deleted");
}

//   which  items by position; `held` are positions in it
Result<> Page::set_referred_aside(Side side, const std::vector<std::size_t>& which,
                                  Result<std::vector<std::size_t>> held, std::string blocker) {
  if (!held) {
    if (!may_not_look(held.error())) return std::move(held).error();
    blocker += ", which cannot be seen: " + held.error().next();
    held = std::vector<std::size_t>(which.size());
    std::iota(held->begin(), held->end(), std::size_t{0});
  }
  for (const std::size_t h : *held) {
    Item& item = items_[which[h]];
    if (!item.park) set_delete_aside(item, other(side), Code::kHasChildren, blocker);
  }
  return {};
}

}  // namespace atlas
