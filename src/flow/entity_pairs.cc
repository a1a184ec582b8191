// Which of several rows that match are of one kind (ENGINE E27).

#include "flow/entity_run.h"
#include "verify/images.h"

#include <algorithm>

namespace atlas {

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

}  // namespace atlas
