// Which rows without a link belong together (ENGINE E27).

#include "flow/entity_run.h"
#include "verify/images.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace atlas {
namespace {

// What state knows of candidates that were set aside.
class SetAside {
 public:
  SetAside(std::vector<Pending> known, Instant now) : now_(now) {
    for (Pending& pending : known) known_.emplace(pending.instance, std::move(pending));
  }
  const Pending* find(const InstanceKey& id) const {
    const auto it = known_.find(id);
    return it == known_.end() ? nullptr : &it->second;
  }
  // Until something changes, or its time comes.
  bool rests(const InstanceKey& id) const {
    const Pending* pending = find(id);
    return pending != nullptr && pending->state != PendingState::kDirty && pending->retry_at > now_;
  }
  // The one because it cannot be mapped, the other because that is its pair.
  bool together(const InstanceKey& legacy, const InstanceKey& platform) const {
    const auto waits = [this](const InstanceKey& id) {
      const Pending& pending = *find(id);
      return pending.state == PendingState::kHeld &&
             pending.code == static_cast<std::uint16_t>(Code::kParentQuarantined);
    };
    return rests(legacy) && rests(platform) && (waits(legacy) || waits(platform));
  }

 private:
  std::map<InstanceKey, Pending> known_;
  Instant now_;
};

}  // namespace

// Among several rows that show one match, two that are alone on their sides with their kind are a
// pair: each with its other. A platform row tells its kind itself.
Result<std::map<InstanceKey, InstanceKey>> EntityRun::pairs_of_kind(const Matches& legacy,
                                                                    const Matches& platform) {
  std::map<InstanceKey, InstanceKey> out;
  if (context_.entity.kinds.size() < 2) return out;
  ImageSet images(
      context_.mapper, [this](EndpointIndex index) { return context_.endpoint(index); },
      context_.state, context_.run.tenant.id, context_.run.entities, nullptr);
  std::vector<FieldHash> groups;  // by image
  std::vector<std::size_t> all;
  for (const auto& [match, rows] : platform) {
    const auto others = legacy.find(match);
    if (others == legacy.end() || others->second.size() + rows.size() < 3) continue;
    for (const InstanceKey& row : rows) {
      Image image;
      image.kind_known = false;
      image.platform_key = row.key;
      images.images.push_back(std::move(image));
      groups.push_back(match);
      all.push_back(all.size());
    }
  }
  if (all.empty()) return out;
  ATLAS_OK(images.read_platform(all));
  for (const std::size_t i : all) {
    const Image& one = images.images[i];
    if (!one.kind_known) continue;
    const auto alike = std::ranges::count_if(all, [&](std::size_t j) {
      return groups[j] == groups[i] && images.images[j].kind_known &&
             images.images[j].kind == one.kind;
    });
    std::vector<InstanceKey> of_kind = legacy.at(groups[i]);
    std::erase_if(of_kind, [&](const InstanceKey& row) { return row.kind != one.kind; });
    if (alike != 1 || of_kind.size() != 1) continue;
    const InstanceKey row{Side::kPlatform, 0, Key(one.platform_key)};
    out.emplace(of_kind.front(), row);
    out.emplace(row, of_kind.front());
  }
  return out;
}

// Both sides' candidates of the page's matches: in a dry run also those that it found itself, which
// know better than the store.
Result<> EntityRun::find_matches(const std::vector<Candidate>& page, Matches& legacy,
                                 Matches& platform) {
  std::vector<FieldHash> matches;
  std::set<InstanceKey> here;
  for (const Candidate& c : page) {
    matches.push_back(c.match);
    here.insert(c.instance);
  }
  std::sort(matches.begin(), matches.end());
  matches.erase(std::unique(matches.begin(), matches.end()), matches.end());
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    ATLAS_TRY(std::vector<Candidate> found,
              context_.state.candidates(context_.run.tenant.id, context_.ref, side, matches));
    if (context_.run.dry) {
      std::erase_if(found, [&](const Candidate& c) { return here.contains(c.instance); });
      std::ranges::copy_if(page, std::back_inserter(found),
                           [side](const Candidate& c) { return c.instance.side == side; });
    }
    Matches& out = side == Side::kLegacy ? legacy : platform;
    for (const Candidate& c : found) out[c.match].push_back(c.instance);
  }
  return {};
}

// "users 4, staff 4, platform 27ee43ba-…".
std::string EntityRun::names_of(const std::vector<InstanceKey>& legacy,
                                const std::vector<InstanceKey>& platform) const {
  std::string out;
  for (const auto& list : {legacy, platform}) {
    for (const InstanceKey& key : list) {
      const std::string name =
          key.side == Side::kLegacy ? context_.entity.kinds[key.kind].name : "platform";
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, key_text(key.key));
    }
  }
  return out;
}

// Unlinked rows of both sides that show the same match value are one instance, if there is exactly
// one each way (E27).
Result<EntityRun::Pairs> EntityRun::pair(const std::vector<Candidate>& page, PageOf of) {
  Matches sides[2];
  ATLAS_OK(find_matches(page, sides[0], sides[1]));
  std::set<InstanceKey> here;
  std::vector<InstanceKey> ids;
  for (const Candidate& c : page) here.insert(c.instance);
  for (const Matches& side : sides) {
    for (const auto& [match, rows] : side) ids.insert(ids.end(), rows.begin(), rows.end());
  }
  const auto of_kind = pairs_of_kind(sides[0], sides[1]);
  if (!of_kind) return of_kind.error();
  ATLAS_TRY(std::vector<Pending> known,
            context_.state.pending_of(context_.run.tenant.id, context_.ref, ids));
  const SetAside set_aside(std::move(known), context_.run.now);
  const bool all = of == PageOf::kAll && !context_.run.dry;
  const bool rewound = context_.run.sweep.state_rewound;
  Pairs out;
  for (const Candidate& c : page) {
    const auto& legacy = sides[0][c.match];
    const auto& platform = sides[1][c.match];
    const Pending* pending = set_aside.find(c.instance);
    // Counted when it was found.
    const bool unmapped = context_.planned_unmapped.contains(c.instance) ||
                          (rewound && pending != nullptr &&
                           pending->code == static_cast<std::uint16_t>(Code::kOutsideDomain));
    Seed seed;
    seed.instance = c.instance;
    seed.forced = of == PageOf::kSome;
    const auto pair = of_kind->find(c.instance);
    if (pair != of_kind->end() || (legacy.size() == 1 && platform.size() == 1)) {
      InstanceKey one = pair == of_kind->end() ? legacy.front() : c.instance;
      InstanceKey other = pair == of_kind->end() ? platform.front() : pair->second;
      if (one.side == Side::kPlatform) std::swap(one, other);
      // It is handled with its legacy row.
      if (c.instance.side == Side::kPlatform && (all || here.contains(one))) continue;
      if (set_aside.together(one, other)) continue;
      seed.instance = std::move(one);
      seed.partner = std::move(other);
    } else if (!legacy.empty() && !platform.empty()) {
      std::string rows = names_of(legacy, platform);
      const bool told = set_aside.rests(c.instance) && pending->blocker == rows;
      if (!told) out.ambiguous.emplace_back(c.instance, std::move(rows));
      continue;
    } else if (rewound && !unmapped) {
      out.alone.push_back(c.instance);
      continue;
    } else if (unmapped || (pending != nullptr && !context_.run.dry)) {
      continue;  // alone and set aside: its back-off decides; a dry run has only fresh findings
    }
    out.seeds.push_back(std::move(seed));
  }
  return out;
}

}  // namespace atlas
