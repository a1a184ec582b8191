// Rows without a link that cannot be mapped, or were set aside, and the rows of the other side that
// may belong to them: neither is taken for new while its pair may stand there (ENGINE E27, E33).

#include "flow/page.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {

// A row that cannot be mapped stays a candidate as long as its match can be told.
void Page::set_unmapped_aside(Item& item, Presentation legacy, Presentation platform) {
  const Image& view = image(item);
  const bool on_legacy = view.misfit_side == Side::kLegacy;
  std::string field = c_.mapper.misfit_name(view.misfit_side, view.kind, *view.misfit);
  std::string reason =
      fmt::format("{} on {}: {}", field, side_name(view.misfit_side), view.misfit->reason);
  const bool alive = (on_legacy ? legacy : platform) == Presentation::kAlive;
  const bool partner_alive = (on_legacy ? platform : legacy) == Presentation::kAlive;
  const bool may_pair = item.link < 0 && options_.pairing && item.id.side == Side::kLegacy &&
                        !view.platform_key.empty();
  if (may_pair && alive && partner_alive)
    return set_pair_aside(item, std::move(reason), std::move(field));
  quarantine(item, Code::kOutsideDomain, std::move(reason), std::move(field));
  if (item.link >= 0) return;
  item.unmapped = true;
  if (alive) item.match = c_.mapper.match(on_legacy ? view.legacy : view.platform);
  if (!may_pair) return;
  // One of the two has died: they are no pair.
  item.unmatched.push_back(
      alive == on_legacy ? InstanceKey{Side::kPlatform, 0, Key(view.platform_key)} : item.id);
}

// Both wait, the one for its own value, the other for its pair, and come up again together.
void Page::set_pair_aside(Item& item, std::string reason, std::string field) {
  const Image& view = image(item);
  const bool on_legacy = view.misfit_side == Side::kLegacy;
  const InstanceKey partner{Side::kPlatform, 0, Key(view.platform_key)};
  const bool told = told_already(item);
  const auto waits = [&](Item& one, const InstanceKey& other) {
    hold(one, Code::kParentQuarantined, "its pair cannot be mapped: " + describe(other));
  };
  Item there;
  there.image = item.image;
  there.pending = item.partner_pending;
  if (on_legacy) {
    waits(there, item.id);
    quarantine(item, Code::kOutsideDomain, std::move(reason), std::move(field));
  } else {
    quarantine(there, Code::kOutsideDomain, std::move(reason), std::move(field));
    waits(item, partner);
  }
  // Each row has one outcome in a run: the legacy row's may be counted by now.
  if (told) item.outcome = Outcome::kHeld;
  if (told && item.pending != nullptr) item.park = *item.pending;
  item.park->fingerprint = fingerprint(item, Side::kLegacy);
  const Pending* known = item.partner_pending;
  if (on_legacy && known != nullptr && known->state == PendingState::kQuarantined)
    there.park = *known;  // it has a reason of its own
  there.park->instance = partner;
  there.park->fingerprint = fingerprint(item, Side::kPlatform);
  there.park->attempts = item.park->attempts;
  there.park->retry_at = item.park->retry_at;
  item.partner_park = std::move(there.park);
}

// Whether this run has set the legacy row aside already, before its pair was known.
bool Page::told_already(const Item& item) const {
  if (c_.run.dry) return c_.planned_unmapped.contains(item.id);
  return item.pending != nullptr && item.pending->state == PendingState::kQuarantined &&
         item.pending->retry_at == c_.run.now + back_off(item.pending->attempts);
}

// A row that was set aside and comes up by itself is paired like a new one, if a row of the other
// side may belong to it.
Result<> Page::seek_pairs() {
  if (!entity_.has_match || options_.pairing) return {};
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    const Case create = side == Side::kLegacy ? Case::kCreatePlatform : Case::kCreateLegacy;
    std::vector<Item*> alone;
    std::vector<FieldHash> matches;
    for (Item& item : items_) {
      const bool makes = item.forced && item.decided && !item.park && !item.gone && item.link < 0 &&
                         item.decision.what == create && item.match != kNoBase;
      if (!makes) continue;
      alone.push_back(&item);
      matches.push_back(item.match);
    }
    if (alone.empty()) continue;
    std::sort(matches.begin(), matches.end());
    matches.erase(std::unique(matches.begin(), matches.end()), matches.end());
    ATLAS_TRY(const std::vector<Candidate> found,
              c_.state.candidates(c_.run.tenant.id, c_.ref, other(side), matches));
    for (Item* item : alone) {
      const bool possible = std::any_of(found.begin(), found.end(),
                                        [&](const Candidate& c) { return c.match == item->match; });
      if (!possible) continue;
      item->decided = false;
      item->candidate = true;
      ++result_.counts.parked;
      c_.possible_pairs.push_back({item->id, item->match});
    }
  }
  return {};
}

// Who may be found as somebody's pair from now on, and who no longer.
void Page::keep_candidate(const Item& item, bool linked, Confirm& confirm) const {
  if (!entity_.has_match && !c_.run.sweep.state_rewound) return;
  const InstanceKey partner{Side::kPlatform, 0, Key(image(item).platform_key)};
  const bool seen_before = options_.pairing || item.pending != nullptr;
  // Its match may have changed since it was set aside.
  const bool told_anew = item.unmapped && !options_.pairing;
  const bool set_aside =
      !linked && item.match != kNoBase && item.park && (told_anew || !seen_before);
  if (item.candidate || set_aside) {
    confirm.put_candidates.push_back({item.id, item.match});
  } else if (options_.pairing && (linked || !item.park)) {
    confirm.drop_candidates.push_back(item.id);
    if (item.id.side == Side::kLegacy && !partner.key.empty())
      confirm.drop_candidates.push_back(partner);
  } else if (told_anew) {
    confirm.drop_candidates.push_back(item.id);
  }
  confirm.drop_candidates.insert(confirm.drop_candidates.end(), item.unmatched.begin(),
                                 item.unmatched.end());
}

}  // namespace atlas
