// Keys for rows that are to be made (ENGINE E7).

#include "flow/page.h"
#include "model/key.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {

// Values of the sequence that no link has ever had: an application may have used one before the
// sequence came to it. Those are burnt.
Result<std::vector<std::int64_t>> Page::reserve_keys(std::uint32_t part, std::uint16_t kind,
                                                     std::size_t n) {
  ATLAS_TRY(Endpoint * endpoint, c_.endpoint(entity_.endpoint(part, kind)));
  const Side side = part == 0 ? Side::kLegacy : Side::kPlatform;
  std::vector<std::int64_t> free;
  while (free.size() < n) {
    ATLAS_TRY(const std::vector<std::int64_t> ids,
              endpoint->reserve(entity_.shape(part, kind), n - free.size()));
    std::vector<Key> keys;
    keys.reserve(ids.size());
    for (const std::int64_t id : ids) {
      const Value component = Value::integer(id);
      keys.push_back(encode_key({&component, 1}));
    }
    const std::vector<KeyView> views(keys.begin(), keys.end());
    const std::vector<std::uint16_t> kinds(part == 0 ? keys.size() : 0, kind);
    ATLAS_TRY(const Links taken, c_.state.links(c_.run.tenant.id, c_.ref, side, views, kinds));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const bool burnt = std::any_of(taken.begin(), taken.end(), [&](const LinkRecord& link) {
        return (part == 0 ? link.legacy_key : link.platform_key) == views[i];
      });
      if (!burnt) free.push_back(ids[i]);
    }
  }
  return free;
}

// New keys for the instances that are created: minted or reserved, a block a page (E7).
Result<> Page::mint_keys() {
  std::map<std::pair<std::uint32_t, std::uint16_t>, std::vector<std::size_t>>
      sequences;  // (part, kind) → items
  for (std::size_t i = 0; i < items_.size(); ++i) {
    Item& item = items_[i];
    if (!item.decided || item.park || item.gone) continue;
    const Image& view = image(item);
    item.legacy_key = Key(view.legacy_key);
    item.platform_key = Key(view.platform_key);
    if (item.decision.what == Case::kCreatePlatform) {
      if (entity_.platform_key == KeyOrigin::kUuid5) {
        const Uuid uuid = mint_uuid(c_.run.tenant.uuid, entity_.name, entity_.kinds[view.kind].name,
                                    view.legacy_key, item.generation);
        const Value component = Value::uuid(uuid, images_->arena());
        item.platform_key = encode_key({&component, 1});
      } else if (entity_.platform_key == KeyOrigin::kSequence) {
        sequences[{1, 0}].push_back(i);
      } else {
        item.platform_key.clear();
      }
    } else if (item.decision.what == Case::kCreateLegacy) {
      if (entity_.legacy_key == KeyOrigin::kUuid5) {
        const Uuid uuid = mint_uuid(c_.run.tenant.uuid, entity_.name, "platform", view.platform_key,
                                    item.generation);
        const Value component = Value::uuid(uuid, images_->arena());
        item.legacy_key = encode_key({&component, 1});
      } else if (entity_.legacy_key == KeyOrigin::kSequence) {
        sequences[{0, view.kind}].push_back(i);
      } else {
        item.legacy_key.clear();
      }
    }
  }
  for (const auto& [where, items] : sequences) {
    std::vector<std::int64_t> ids;
    if (c_.run.dry) {
      // plan takes no sequence value: negative numbers print as new:n (E35).
      for (std::size_t n = 0; n < items.size(); ++n) ids.push_back(--c_.planned_ids);
    } else {
      ATLAS_TRY(ids, reserve_keys(where.first, where.second, items.size()));
    }
    for (std::size_t n = 0; n < items.size(); ++n) {
      const Value component = Value::integer(ids[n]);
      (where.first == 0 ? items_[items[n]].legacy_key : items_[items[n]].platform_key) =
          encode_key({&component, 1});
    }
  }
  return {};
}

}  // namespace atlas
