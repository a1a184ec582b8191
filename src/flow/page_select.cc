// Which instances a page holds: links of its keys, echoes dropped, both rows read, counterparts
// found.

#include "flow/page.h"
#include "foundation/planted.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>  // lookup only

namespace atlas {
namespace {

// An instance key whose bytes are somebody else's.
struct InstanceView {
  Side side;
  std::uint16_t kind;
  KeyView key;
  bool operator==(const InstanceView&) const = default;
  InstanceKey owned() const { return {side, kind, Key(key)}; }
};

struct InstanceHash {
  std::size_t operator()(const InstanceView& view) const {
    return std::hash<KeyView>()(view.key) + std::size_t{2} * view.kind +
           (view.side == Side::kLegacy ? 0 : 1);
  }
};

InstanceView legacy_view(const LinkRecord& link) {
  return {Side::kLegacy, link.kind, link.legacy_key};
}

}  // namespace

Page::Page(EntityContext& context)
    : c_(context),
      entity_(context.entity),
      links_(context.ref.parts, context.ref.fields),
      next_(context.ref.parts, context.ref.fields) {
  for (const FieldPlan& field : entity_.fields) {
    FieldPolicy policy;
    policy.flow = field.direction == Direction::kBoth         ? FieldFlow::kBoth
                  : field.direction == Direction::kToPlatform ? FieldFlow::kToPlatform
                                                              : FieldFlow::kToLegacy;
    switch (field.policy) {
      case Policy::kNewest:
        policy.conflict = ConflictPolicy::kNewest;
        break;
      case Policy::kLegacy:
        policy.conflict = ConflictPolicy::kLegacy;
        break;
      case Policy::kPlatform:
        policy.conflict = ConflictPolicy::kPlatform;
        break;
      case Policy::kManual:
        policy.conflict = ConflictPolicy::kManual;
        break;
    }
    policy.group = field.group;
    policy.enforce = field.enforce;
    policies_.push_back(policy);
  }
}

Result<PageResult> Page::process(std::vector<Seed> seeds, PageOptions options) {
  options_ = std::move(options);
  result_.counts.captured = static_cast<std::int64_t>(seeds.size());
  ATLAS_OK(select(seeds));
  if (!items_.empty()) {
    ATLAS_OK(check_partners());
    ATLAS_OK(read());
    ATLAS_OK(pending_rows());
    ATLAS_OK(asked_conflicts());
    ATLAS_OK(decide_all());
  }
  if (c_.run.dry) {
    plan_out();
    plan_conflicts();
    for (const Item& item : items_) count(item);
    return std::move(result_);
  }
  const ApplyContext apply{
      c_.state,
      c_.run.lease,
      c_.ref,
      c_.run.tenant.uuid,
      [this] {
        std::vector<std::string> names;
        names.reserve(entity_.fields.size());
        for (const FieldPlan& field : entity_.fields) names.push_back(field.name);
        return names;
      }(),
      [this](EndpointIndex index) { return c_.endpoint(index); },
      [this](EndpointIndex index) { return c_.run.plan.endpoints[index.value].name; },
      [this](EndpointIndex index) { return bool{c_.run.may_join[index.value]}; },
      [this] { return c_.next_batch(); }};
  ATLAS_TRY(ApplyDone done,
            apply_batch(apply, writes_, [this](const ApplyDone& d) { return make_confirm(d); }));
  result_.transient = std::move(done.transient);
  for (const auto& [endpoint, token] : own_writes_) {
    // What triggers wrote elsewhere in our transaction has our token and is no echo.
    const bool alone = std::none_of(writes_.begin(), writes_.end(), [&](const RowWrite& write) {
      return write.endpoint == endpoint && (write.shape->rewrites || write.shape->after_effects);
    });
    if (!alone) continue;
    const auto open = c_.endpoint(endpoint);
    if (open && (*open)->capabilities().tokens_name_writers) c_.own_writes.add(endpoint, token);
  }
  for (const Item& item : items_) count(item);
  if (!result_.counts.conserved()) return Error(Code::kConservation, "entity " + entity_.name);
  return std::move(result_);
}

// A dry run has paired it already, from its other side.
bool Page::planned_pair(const InstanceKey& id) const {
  if (c_.planned_links == nullptr) return false;
  return id.side == Side::kLegacy
             ? c_.planned_links->platform_of(entity_.index, id.kind, id.key).has_value()
             : c_.planned_links->legacy_of(entity_.index, id.key).has_value();
}

Result<> Page::select(std::vector<Seed>& seeds) {
  std::sort(seeds.begin(), seeds.end(), [](const Seed& a, const Seed& b) {
    return std::tie(a.instance, b.forced) < std::tie(b.instance, a.forced);
  });
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    std::vector<KeyView> keys;
    std::vector<std::uint16_t> kinds;
    for (const Seed& seed : seeds) {
      if (seed.instance.side != side) continue;
      keys.push_back(seed.instance.key);
      kinds.push_back(seed.instance.kind);
    }
    if (keys.empty()) continue;
    ATLAS_TRY(const Links found, c_.state.links(c_.run.tenant.id, c_.ref, side, keys, kinds));
    for (const LinkRecord& link : found) (void)links_.add_copy(link);
  }
  std::unordered_map<InstanceView, std::size_t, InstanceHash> by_key;
  by_key.reserve(2 * links_.size());
  for (std::size_t i = 0; i < links_.size(); ++i) {
    by_key.emplace(legacy_view(links_[i]), i);
    by_key.emplace(InstanceView{Side::kPlatform, 0, links_[i].platform_key}, i);
  }
  images_ = std::make_unique<ImageSet>(
      c_.mapper, [this](EndpointIndex index) { return c_.endpoint(index); }, c_.state,
      c_.run.tenant.id, c_.run.entities, c_.planned_links);
  std::unordered_map<InstanceView, std::size_t, InstanceHash> seen;  // views of links_ and seeds
  seen.reserve(seeds.size());
  items_.reserve(seeds.size());
  images_->images.reserve(seeds.size());
  for (Seed& seed : seeds) {
    InstanceView id{seed.instance.side, seed.instance.kind, seed.instance.key};
    std::ptrdiff_t link = -1;
    const auto known = by_key.find(id);
    if (known != by_key.end()) {
      // Several copies of one link may have been read; the first stands for all.
      id = legacy_view(links_[known->second]);
      link = static_cast<std::ptrdiff_t>(by_key.at(id));
      const PartState& part = links_[static_cast<std::size_t>(link)].parts[seed.part];
      const bool ours = planted(Plant::kEchoSwallowsEdits) && part.own_write;
      if (!seed.forced && seed.scanned && (ours || part.version == *seed.scanned) &&
          !part.unverified) {
        ++result_.counts.echo;
        continue;
      }
    }
    const bool again = c_.run.dry && !seed.due &&
                       ((link < 0 && planned_pair(seed.instance)) ||
                        (!options_.pairing && c_.planned_seen.contains(instance_hash(id.owned()))));
    if (again) {
      ++result_.counts.merged;
      continue;
    }
    const auto [at, added] = seen.emplace(id, items_.size());
    if (!added) {
      ++result_.counts.merged;
      items_[at->second].forced |= seed.forced;
      continue;
    }
    Item item;
    item.id = id.owned();
    item.link = link;
    item.forced = seed.forced;
    item.taken_key = seed.taken_key;
    item.due = seed.due;
    item.planned = seed.planned;
    item.from_scan = seed.scanned.has_value();
    item.image = images_->images.size();
    Image image;
    if (link >= 0) {
      const LinkRecord& l = links_[static_cast<std::size_t>(link)];
      image.kind = l.kind;
      image.legacy_key = l.legacy_key;
      image.platform_key = l.platform_key;
    } else if (seed.instance.side == Side::kLegacy) {
      image.kind = seed.instance.kind;
      image.legacy_key = images_->arena().copy(seed.instance.key);
      if (seed.partner) image.platform_key = images_->arena().copy(seed.partner->key);
    } else {
      image.kind_known = entity_.kinds.size() == 1 && entity_.kinds.front().when.empty();
      image.platform_key = images_->arena().copy(seed.instance.key);
    }
    if (link < 0 && !seed.partner) seek_minted(image, seed.instance);
    images_->images.push_back(std::move(image));
    items_.push_back(std::move(item));
  }
  return {};
}

Result<> Page::read() {
  std::vector<std::size_t> all(items_.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = items_[i].image;
  // Links were read before; the snapshots open now (E10).
  ATLAS_OK(images_->read_platform(all));
  ATLAS_OK(images_->read_legacy(all));
  leave_vanished_partners();
  ATLAS_OK(images_->resolve(all));
  for (const std::size_t i : all) images_->map(i);
  ATLAS_OK(find_counterparts());
  // Somebody who alters a table waits for those who read it, and who wants to write waits behind
  // him: our own write must not find our own snapshot there.
  images_->close();
  result_.rows = items_.size();
  result_.bytes = images_->bytes();
  return {};
}

// Unlinked instances whose key on the other side comes out of their own fields: the row may be
// there already.
Result<> Page::find_counterparts() {
  std::vector<std::size_t> legacy_found;
  std::vector<std::size_t> platform_found;
  for (Item& item : items_) {
    Image& view = image(item);
    if (item.link >= 0 || view.misfit || !view.kind_known || view.oversized()) continue;
    const bool from_legacy = !view.legacy_key.empty() && view.platform_key.empty();
    const bool from_platform = view.legacy_key.empty() && !view.platform_key.empty();
    const bool known = from_legacy ? !view.rows.rows[0].empty() : !view.rows.rows[1].empty();
    if (!known) continue;
    if ((from_legacy && entity_.platform_key == KeyOrigin::kFromFields) ||
        (from_platform && entity_.legacy_key == KeyOrigin::kFromFields)) {
      // Compose a would-be row only for its key.
      Decision create;
      create.what = from_legacy ? Case::kCreatePlatform : Case::kCreateLegacy;
      create.fields.resize(entity_.fields.size());
      for (std::size_t f = 0; f < entity_.fields.size(); ++f) {
        const FieldHash hash = from_legacy ? view.legacy.hashes[f] : view.platform.hashes[f];
        if (hash != kNoBase)
          create.fields[f].action = from_legacy ? FieldAction::kToPlatform : FieldAction::kToLegacy;
      }
      create.writes_platform = from_legacy;
      create.writes_legacy = from_platform;
      const Composed made = compose(
          {c_, view, create, nullptr, images_->refs(), images_->arena(), 0, {}, {}, 0, kNoBase});
      const Key& key = from_legacy ? made.platform_key : made.legacy_key;
      if (key.empty()) continue;
      const KeyView kept = images_->arena().copy(key);
      if (from_legacy) {
        view.platform_key = kept;
        platform_found.push_back(item.image);
      } else {
        view.legacy_key = kept;
        legacy_found.push_back(item.image);
      }
    }
  }
  refuse_doubles();
  if (platform_found.empty() && legacy_found.empty()) {
    merge_pairs();
    return {};
  }
  ATLAS_OK(images_->read_platform(platform_found));
  ATLAS_OK(images_->read_legacy(legacy_found));
  std::vector<std::size_t> both = platform_found;
  both.insert(both.end(), legacy_found.begin(), legacy_found.end());
  ATLAS_OK(images_->resolve(both));
  for (const std::size_t i : both) images_->map(i);
  // A counterpart that is linked to another row is not ours to take.
  std::vector<KeyView> keys;
  keys.reserve(platform_found.size());
  for (const std::size_t i : platform_found) keys.push_back(images_->images[i].platform_key);
  std::vector<KeyView> legacy_keys;
  std::vector<std::uint16_t> kinds;
  for (const std::size_t i : legacy_found) {
    legacy_keys.push_back(images_->images[i].legacy_key);
    kinds.push_back(images_->images[i].kind);
  }
  if (!keys.empty()) {
    ATLAS_TRY(const Links taken,
              c_.state.links(c_.run.tenant.id, c_.ref, Side::kPlatform, keys, {}));
    for (const LinkRecord& link : taken) {
      for (Item& item : items_) {
        if (item.link < 0 && image(item).platform_key == link.platform_key) {
          if (replaces_dead(item, link, 1)) continue;
          quarantine(item, Code::kKeyTaken,
                     "its platform key is linked to " +
                         describe({Side::kLegacy, link.kind, Key(link.legacy_key)}));
        }
      }
    }
  }
  if (!legacy_keys.empty()) {
    ATLAS_TRY(const Links taken,
              c_.state.links(c_.run.tenant.id, c_.ref, Side::kLegacy, legacy_keys, kinds));
    for (const LinkRecord& link : taken) {
      for (Item& item : items_) {
        if (item.link < 0 && item.id.side == Side::kPlatform &&
            image(item).legacy_key == link.legacy_key && image(item).kind == link.kind) {
          if (replaces_dead(item, link, 0)) continue;
          quarantine(item, Code::kKeyTaken,
                     "its legacy key is linked to platform " + key_text(link.platform_key));
        }
      }
    }
  }
  merge_pairs();
  return {};
}

// Two unlinked rows of a page whose fields make one key: the first has it, the other waits.
void Page::refuse_doubles() {
  std::set<std::pair<KeyView, std::size_t>> seen;  // with the side that the key is on
  for (Item& item : items_) {
    if (item.link >= 0 || item.park) continue;
    const bool legacy = item.id.side == Side::kLegacy;
    const KeyView key = legacy ? image(item).platform_key : image(item).legacy_key;
    if (key.empty() || seen.emplace(key, legacy ? 1 : 0).second) continue;
    quarantine(item, Code::kKeyTaken, "another row has the same key there");
  }
}

// The key of a pair that is dead, and whose row there is gone for good, is free again (E14).
bool Page::replaces_dead(Item& item, const LinkRecord& link, std::uint32_t part) {
  if (!link.dead || link.parts[part].exists != Existence::kGone) return false;
  (void)links_.add_copy(link);
  item.replaces = static_cast<std::ptrdiff_t>(links_.size()) - 1;
  item.generation = link.generation + 1;
  return true;
}

// A partner found by match or by its minted key may have been linked meanwhile: then it is not ours
// to take.
Result<> Page::check_partners() {
  std::vector<KeyView> keys;
  for (const Item& item : items_) {
    if (item.link < 0 && item.id.side == Side::kLegacy && !image(item).platform_key.empty())
      keys.push_back(image(item).platform_key);
  }
  if (keys.empty()) return {};
  ATLAS_TRY(const Links taken, c_.state.links(c_.run.tenant.id, c_.ref, Side::kPlatform, keys, {}));
  for (const LinkRecord& link : taken) {
    for (Item& item : items_) {
      if (item.link >= 0 || image(item).platform_key != link.platform_key) continue;
      if (item.taken_key)
        quarantine(item, Code::kKeyTaken,
                   "its platform key is linked to " +
                       describe({Side::kLegacy, link.kind, Key(link.legacy_key)}));
      image(item).platform_key = {};
    }
  }
  return {};
}

// A partner found by match whose root has been removed since is nobody's pair, and what is still
// there of its parts is not ours.
void Page::leave_vanished_partners() {
  if (!options_.pairing) return;
  for (const Item& item : items_) {
    Image& view = image(item);
    const bool vanished = item.link < 0 && !item.taken_key && item.id.side == Side::kLegacy &&
                          !view.platform_key.empty() && view.rows.rows[1].empty();
    if (!vanished) continue;
    view.platform_key = {};
    for (std::size_t part = 1; part < view.rows.rows.size(); ++part) {
      view.rows.rows[part] = {};
      view.versions[part] = {};
    }
  }
}

// A legacy row and a platform row of one unlinked instance may both be in the page: one item stands
// for both.
void Page::merge_pairs() {
  std::map<InstanceKey, std::size_t> legacy;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (items_[i].link < 0 && items_[i].id.side == Side::kLegacy) legacy.emplace(items_[i].id, i);
  }
  for (Item& item : items_) {
    if (item.link >= 0 || item.id.side != Side::kPlatform || image(item).legacy_key.empty())
      continue;
    const auto it = legacy.find({Side::kLegacy, image(item).kind, Key(image(item).legacy_key)});
    if (it == legacy.end() || image(items_[it->second]).platform_key != image(item).platform_key)
      continue;
    item.gone = true;
    items_[it->second].forced |= item.forced;
    ++result_.counts.merged;
  }
}

Result<> Page::pending_rows() {
  if (!c_.any_pending) return {};
  std::vector<InstanceKey> ids;
  ids.reserve(items_.size());
  const auto partner = [this](const Item& item) {
    return InstanceKey{Side::kPlatform, 0, Key(image(item).platform_key)};
  };
  for (const Item& item : items_) {
    ids.push_back(item.id);
    if (options_.pairing && item.id.side == Side::kLegacy) ids.push_back(partner(item));
  }
  ATLAS_TRY(pending_, c_.state.pending_of(c_.run.tenant.id, c_.ref, ids));
  std::map<InstanceKey, const Pending*> by_id;
  for (const Pending& p : pending_) by_id.emplace(p.instance, &p);
  for (Item& item : items_) {
    const auto it = by_id.find(item.id);
    if (it != by_id.end()) item.pending = it->second;
    if (!options_.pairing || item.id.side != Side::kLegacy) continue;
    const auto other = by_id.find(partner(item));
    if (other != by_id.end()) item.partner_pending = other->second;
  }
  return {};
}

Result<> Page::asked_conflicts() {
  if (!c_.any_open_conflict) return {};
  std::vector<InstanceKey> ids;
  for (const Item& item : items_) {
    if (item.link >= 0) ids.push_back(item.id);
  }
  if (ids.empty()) return {};
  ATLAS_TRY(open_conflicts_, c_.state.open_conflicts_of(c_.run.tenant.id, c_.ref, ids));
  return parents_of_undos();
}

std::string Page::describe(const InstanceKey& key) const {
  if (key.side == Side::kPlatform) return "platform " + entity_.name + " " + key_text(key.key);
  return entity_.kinds[key.kind].name + " " + key_text(key.key);
}

}  // namespace atlas
