#include "model/arena.h"

#include <algorithm>

namespace atlas {

namespace {
constexpr std::size_t kFirst = std::size_t{4} * 1024;
constexpr std::size_t kMost = std::size_t{64} * 1024;
}  // namespace

void Arena::grow(std::size_t need) {
  const std::size_t usual = std::min(kMost, kFirst << std::min<std::size_t>(blocks_.size(), 4));
  left_ = std::max(need, usual);
  blocks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
  at_ = blocks_.back().get();
  if (left_ == usual) {
    kept_ = blocks_.size() - 1;
    kept_size_ = usual;
  }
}

void Arena::clear() {
  std::unique_ptr<char[]> kept;
  if (kept_ < blocks_.size() && kept_size_ > 0) kept = std::move(blocks_[kept_]);
  at_ = kept.get();
  left_ = kept ? kept_size_ : 0;
  blocks_.clear();
  if (kept) blocks_.push_back(std::move(kept));
  kept_ = 0;
  used_ = 0;
}

}  // namespace atlas
