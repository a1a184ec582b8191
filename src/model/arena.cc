#include "model/arena.h"

#include <algorithm>

namespace atlas {

void Arena::grow(std::size_t need) {
  constexpr std::size_t kBlock = std::size_t{64} * 1024;
  const std::size_t size = std::max(need, kBlock);
  blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
  if (blocks_.size() == 1) first_size_ = size;
  at_ = blocks_.back().get();
  left_ = size;
}

void Arena::clear() {
  if (blocks_.size() > 1) blocks_.resize(1);
  at_ = blocks_.empty() ? nullptr : blocks_.front().get();
  left_ = blocks_.empty() ? 0 : first_size_;
  used_ = 0;
}

}  // namespace atlas
