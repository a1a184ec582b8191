#include "verify/images.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace atlas {

std::string Image::oversize_text(const EntityPlan& entity) const {
  const auto part = static_cast<std::uint32_t>(std::countr_zero(oversized_parts));
  return fmt::format("the row of {} exceeds limits.row_bytes ({} bytes)", entity.source(part, kind),
                     entity.limits.row_bytes);
}

ImageSet::ImageSet(const Mapper& mapper, EndpointAccess access, StateStore& state, TenantId tenant,
                   const std::vector<EntityRef>& entities, const RefTable* planned)
    : mapper_(mapper),
      access_(std::move(access)),
      state_(state),
      tenant_(tenant),
      entities_(entities) {
  if (planned != nullptr) refs_ = *planned;
}

std::size_t ImageSet::bytes() const {
  std::size_t sum = 0;
  for (const auto& rows : rows_) sum += rows->bytes();
  return sum;
}

Result<Snapshot*> ImageSet::snapshot(EndpointIndex endpoint) {
  auto& slot = snapshots_[endpoint];
  if (slot == nullptr) {
    ATLAS_TRY(Endpoint * open, access_(endpoint));
    ATLAS_TRY(slot, open->snapshot());
  }
  return slot.get();
}

Result<> ImageSet::read_part(std::uint32_t part, std::uint16_t kind,
                             const std::vector<std::size_t>& which) {
  if (which.empty()) return {};
  const EntityPlan& entity = mapper_.entity();
  std::vector<KeyView> keys;
  keys.reserve(which.size());
  for (const std::size_t i : which)
    keys.push_back(part == 0 ? images[i].legacy_key : images[i].platform_key);
  ATLAS_TRY(Snapshot * view, snapshot(entity.endpoint(part, kind)));
  ATLAS_TRY(Rows read, view->read(entity.shape(part, kind), keys));
  rows_.push_back(std::make_unique<Rows>(std::move(read)));
  Rows& rows = *rows_.back();
  for (const std::size_t i : which) {
    Image& image = images[i];
    const std::ptrdiff_t at = rows.find(part == 0 ? image.legacy_key : image.platform_key);
    if (at < 0) continue;
    const auto row = static_cast<std::size_t>(at);
    image.rows.rows[part] = std::as_const(rows).row(row);
    image.versions[part] = rows.version(row);
    if (rows.oversized(row)) image.oversized_parts |= std::uint64_t{1} << part;
  }
  return {};
}

namespace {

void prepare(Image& image, std::size_t parts) {
  if (image.rows.rows.size() != parts) {
    image.rows.rows.assign(parts, {});
    image.versions.assign(parts, RowVersion{});
  }
}

}  // namespace

Result<> ImageSet::read_legacy(const std::vector<std::size_t>& which) {
  const EntityPlan& entity = mapper_.entity();
  for (const std::size_t i : which) prepare(images[i], entity.parts.size() + 1);
  for (std::uint16_t kind = 0; kind < entity.kinds.size(); ++kind) {
    std::vector<std::size_t> chosen;
    for (const std::size_t i : which) {
      if (images[i].kind == kind && images[i].kind_known && !images[i].legacy_key.empty())
        chosen.push_back(i);
    }
    ATLAS_OK(read_part(0, kind, chosen));
  }
  for (const std::size_t i : which) images[i].rows.kind = images[i].kind;
  return {};
}

Result<> ImageSet::read_platform(const std::vector<std::size_t>& which) {
  const EntityPlan& entity = mapper_.entity();
  for (const std::size_t i : which) prepare(images[i], entity.parts.size() + 1);
  for (std::uint32_t part = 1; part <= entity.parts.size(); ++part) {
    std::vector<std::size_t> chosen;
    for (const std::size_t i : which) {
      const Image& image = images[i];
      if (image.platform_key.empty()) continue;
      if (image.kind_known && entity.parts[part - 1].presence[image.kind] == Presence::kAbsent)
        continue;
      chosen.push_back(i);
    }
    ATLAS_OK(read_part(part, 0, chosen));
  }
  for (const std::size_t i : which) {
    Image& image = images[i];
    if (!image.kind_known) {
      if (const auto kind = mapper_.kind_of(image.rows.rows)) {
        image.kind = *kind;
        image.kind_known = true;
      }
    }
    image.rows.kind = image.kind;
  }
  return {};
}

Result<> ImageSet::resolve(const std::vector<std::size_t>& which) {
  std::vector<Mapper::ParentKey> wanted;
  for (const std::size_t i : which) {
    if (!images[i].kind_known || images[i].oversized()) continue;
    mapper_.parents(Side::kLegacy, images[i].rows, wanted);
    mapper_.parents(Side::kPlatform, images[i].rows, wanted);
  }
  return resolve_parents(std::move(wanted));
}

Result<> ImageSet::resolve_parents(std::vector<Mapper::ParentKey> wanted) {
  auto order = [](const Mapper::ParentKey& a, const Mapper::ParentKey& b) {
    return std::tie(a.parent, a.side, a.kind, a.key) < std::tie(b.parent, b.side, b.kind, b.key);
  };
  std::sort(wanted.begin(), wanted.end(), order);
  auto same = [](const Mapper::ParentKey& a, const Mapper::ParentKey& b) {
    return std::tie(a.parent, a.side, a.kind, a.key) == std::tie(b.parent, b.side, b.kind, b.key);
  };
  wanted.erase(std::unique(wanted.begin(), wanted.end(), same), wanted.end());
  for (std::size_t from = 0; from < wanted.size();) {
    std::size_t to = from;
    std::vector<KeyView> keys;
    std::vector<std::uint16_t> kinds;
    while (to < wanted.size() && wanted[to].parent == wanted[from].parent &&
           wanted[to].side == wanted[from].side) {
      keys.push_back(wanted[to].key);
      kinds.push_back(wanted[to].kind);
      ++to;
    }
    const EntityIndex parent = wanted[from].parent;
    ATLAS_TRY(const Links found,
              state_.links(tenant_, entities_[parent.value], wanted[from].side, keys, kinds));
    for (const LinkRecord& link : found)
      refs_.add(parent, link.kind, link.legacy_key, link.platform_key);
    from = to;
  }
  return {};
}

void ImageSet::map(std::size_t i) {
  Image& image = images[i];
  image.misfit.reset();
  const std::size_t fields = mapper_.entity().fields.size();
  image.legacy.values.assign(fields, Value::null());
  image.legacy.hashes.assign(fields, kNoBase);
  image.legacy.match_unfit = false;
  image.platform = image.legacy;
  if (!image.kind_known || image.oversized()) return;
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    if (image.rows.rows[index(side)].empty()) continue;
    const auto misfit = mapper_.read(side, image.rows, refs_, arena_,
                                     side == Side::kLegacy ? image.legacy : image.platform);
    if (!misfit || image.misfit) continue;
    image.misfit = misfit;
    image.misfit_side = side;
  }
}

}  // namespace atlas
