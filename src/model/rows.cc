#include "model/rows.h"

#include <algorithm>

namespace atlas {

void Rows::index() {
  sorted_.resize(keys_.size());
  for (std::uint32_t i = 0; i < sorted_.size(); ++i) sorted_[i] = i;
  std::sort(sorted_.begin(), sorted_.end(),
            [this](std::uint32_t a, std::uint32_t b) { return keys_[a] < keys_[b]; });
}

std::ptrdiff_t Rows::find(KeyView key) const {
  auto it = std::lower_bound(sorted_.begin(), sorted_.end(), key,
                             [this](std::uint32_t a, KeyView k) { return keys_[a] < k; });
  if (it == sorted_.end() || keys_[*it] != key) return -1;
  return static_cast<std::ptrdiff_t>(*it);
}

}  // namespace atlas
