// Keys that were shifted or swapped by hand: links that show another link's match value (ENGINE
// E27).

#include "flow/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace atlas {
namespace {

// Some people do exchange their names; nobody renumbers a table by accident a row at a time.
constexpr std::int64_t kNeverShift = 5;
constexpr std::int64_t kPageOfShifts = 50;

}  // namespace

// Every side's own value is looked at, before anything is written: an edit that gives an instance a
// value which another link holds is either a user's exchange of values, or a key that now stands
// for somebody else. More than one link in a hundred, or most of a page, is the latter: to carry
// that over would give every row its neighbour's data.
Result<> Page::refuse_shifted_keys() {
  if (!entity_.has_match || c_.run.dry) return {};
  std::multimap<FieldHash, const LinkRecord*> moved;
  std::int64_t linked = 0;
  for (const Item& item : items_) {
    if (item.gone || item.link < 0) continue;
    ++linked;
    const LinkRecord& link = links_[static_cast<std::size_t>(item.link)];
    const Image& view = image(item);
    if (link.dead || link.match == kNoBase) continue;
    for (const Mids* mids : {&view.legacy, &view.platform}) {
      const FieldHash now = c_.mapper.match(*mids);
      if (now != kNoBase && now != link.match) moved.emplace(now, &link);
    }
  }
  if (static_cast<std::int64_t>(moved.size()) < kNeverShift) return {};
  std::vector<FieldHash> wanted;
  for (const auto& [match, link] : moved) {
    if (wanted.empty() || wanted.back() != match) wanted.push_back(match);
  }
  ATLAS_TRY(const Links holders, c_.state.links_by_match(c_.run.tenant.id, c_.ref, wanted));
  std::int64_t shifted = 0;
  for (const LinkRecord& holder : holders) {
    const auto [first, last] = moved.equal_range(holder.match);
    shifted += std::count_if(first, last, [&](const auto& entry) {
      const LinkRecord& link = *entry.second;
      return !holder.dead && (link.kind != holder.kind || link.legacy_key != holder.legacy_key);
    });
  }
  c_.shifted += shifted;
  if (c_.shifted < kNeverShift) return {};
  ATLAS_TRY(const std::int64_t links, c_.state.link_count(c_.run.tenant.id, c_.ref));
  const bool most_of_page = shifted >= kPageOfShifts && shifted * 2 > linked;
  if (c_.shifted * 100 <= links && !most_of_page) return {};
  return Error(Code::kKeysShifted,
               fmt::format("entity {}: {} of {} links show the `match` value of another link",
                           entity_.name, c_.shifted, links));
}

}  // namespace atlas
