#include "flow/context.h"

#include "model/hashing.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {

std::uint64_t instance_hash(const InstanceKey& id) {
  std::string bytes = fmt::format("{}{} ", id.side == Side::kLegacy ? 'l' : 'p', id.kind);
  return stable_hash(bytes += id.key);
}

void HashSet::insert(std::uint64_t hash) {
  constexpr std::size_t kRecentMax = 8192;
  erased_.erase(hash);
  recent_.insert(hash);
  if (recent_.size() < kRecentMax) return;
  const auto middle = static_cast<std::ptrdiff_t>(sorted_.size());
  sorted_.insert(sorted_.end(), recent_.begin(), recent_.end());
  std::inplace_merge(sorted_.begin(), sorted_.begin() + middle, sorted_.end());
  recent_.clear();
}

bool HashSet::contains(std::uint64_t hash) const {
  if (recent_.contains(hash)) return true;
  return std::binary_search(sorted_.begin(), sorted_.end(), hash) && !erased_.contains(hash);
}

void HashSet::erase(std::uint64_t hash) {
  recent_.erase(hash);
  erased_.insert(hash);
}

void PlannedWrites::add(PlannedWrite write) {
  Sums& sums = tables[{write.endpoint, write.table}];
  ++(write.action == "insert"   ? sums.inserts
     : write.action == "update" ? sums.updates
                                : sums.deletes);
  ++total;
  if (write.again) ++again;
  if (rows.size() < rows_max) rows.push_back(std::move(write));
}

void EntityContext::learn(const EntityContext& other) {
  counts.base_unknown = std::max(counts.base_unknown, other.counts.base_unknown);
  any_pending |= other.any_pending;
  any_open_conflict |= other.any_open_conflict;
  first_load |= other.first_load;
  unique_may_be_free |= other.unique_may_be_free;
  links_made |= other.links_made;
  shifted = std::max(shifted, other.shifted);
  own_writes.merge(other.own_writes);
}

Result<Endpoint*> EntityContext::endpoint(EndpointIndex index) {
  auto& slot = open_[index];
  if (slot == nullptr) {
    auto opened = run.ports.open_endpoint(index);
    if (!opened) {
      open_.erase(index);
      return std::move(opened).error();
    }
    slot = std::move(*opened);
  }
  return slot.get();
}

Result<BatchNumber> EntityContext::next_batch() {
  if (batches_left_ == 0) {
    ATLAS_TRY(next_batch_, state.reserve_batches(run.lease, kBatchBlock));
    batches_left_ = kBatchBlock;
  }
  --batches_left_;
  const BatchNumber out = next_batch_;
  ++next_batch_.value;
  return out;
}

}  // namespace atlas
