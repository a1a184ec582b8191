#pragma once

// How many instances a page holds, so that what is read for it stays within some MiB whatever the
// size of rows: the first page is small, and each tells the next ones how large rows are. One
// thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace atlas {

class PageSize {
 public:
  explicit PageSize(std::size_t most) : most_(most), rows_(std::min(kFirst, most)) {}

  std::size_t rows() const { return rows_; }
  // Whether a page has told.
  bool known() const { return known_; }
  // A page of `rows` instances held `bytes` bytes of both sides' rows.
  void learn(std::size_t rows, std::size_t bytes) {
    if (rows == 0) return;
    known_ = true;
    const std::size_t each = std::max<std::size_t>(bytes / rows, 1);
    rows_ = std::clamp<std::size_t>(kPageBytes / each, 1, most_);
  }

 private:
  static constexpr std::size_t kFirst = 16;
  static constexpr std::size_t kPageBytes = std::size_t{2} << 20U;

  std::size_t most_;
  std::size_t rows_;
  bool known_ = false;
};

}  // namespace atlas
