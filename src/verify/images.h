#pragma once

// Reads both sides of entity instances and maps them: what decide and verify look at. Parts of one
// endpoint are read in one snapshot, opened after the caller has read the links (ENGINE E10).

#include "endpoint/endpoint.h"
#include "mapping/mapper.h"
#include "state/store.h"

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace atlas {

// Both sides of one instance as read.
struct Image {
  // Given by the caller.
  std::uint16_t kind = 0;
  bool kind_known = true;  // false: found on the platform only; set by read_platform through `when`
  KeyView legacy_key;      // empty: no legacy row is known
  KeyView platform_key;
  // Found.
  InstanceRows rows;                 // rows[0] legacy, rows[1..] platform parts
  std::vector<RowVersion> versions;  // per part, none where absent
  // A bit per part: larger than limits.row_bytes, and nothing but its key is known.
  std::uint64_t oversized_parts = 0;
  bool oversized() const { return oversized_parts != 0; }
  bool oversized(std::uint32_t part) const { return ((oversized_parts >> part) & 1U) != 0; }
  // "the row of users exceeds limits.row_bytes (8388608 bytes)": of the first of them.
  std::string oversize_text(const EntityPlan& entity) const;
  Mids legacy, platform;
  std::optional<Misfit> misfit;
  Side misfit_side = Side::kLegacy;
};

using EndpointAccess = std::function<Result<Endpoint*>(EndpointIndex)>;

// One page of instances. Owns everything the images point to. One thread.
class ImageSet {
 public:
  // `entities`: state handles by EntityIndex; `planned`: links that plan would make, may be null.
  ImageSet(const Mapper& mapper, EndpointAccess access, StateStore& state, TenantId tenant,
           const std::vector<EntityRef>& entities, const RefTable* planned);

  Arena& arena() { return arena_; }
  const RefTable& refs() const { return refs_; }
  std::vector<Image> images;

  // Reads the rows of the images at `which` whose key on that side is known and not read yet.
  Result<> read_legacy(const std::vector<std::size_t>& which);
  Result<> read_platform(const std::vector<std::size_t>& which);
  // Looks up the parents of the images at `which` on both sides.
  Result<> resolve(const std::vector<std::size_t>& which);
  // Looks up further parents.
  Result<> resolve_parents(std::vector<Mapper::ParentKey> wanted);
  // Maps both sides of image `i`; sets misfit.
  void map(std::size_t i);
  // Of all rows that were read.
  std::size_t bytes() const;
  // Ends the snapshots. What was read stays.
  void close() { snapshots_.clear(); }

 private:
  Result<Snapshot*> snapshot(EndpointIndex endpoint);
  Result<> read_part(std::uint32_t part, std::uint16_t kind, const std::vector<std::size_t>& which);

  const Mapper& mapper_;
  EndpointAccess access_;
  StateStore& state_;
  TenantId tenant_;
  const std::vector<EntityRef>& entities_;
  Arena arena_;
  RefTable refs_;
  std::map<EndpointIndex, std::unique_ptr<Snapshot>> snapshots_;
  std::vector<std::unique_ptr<Rows>> rows_;
};

}  // namespace atlas
