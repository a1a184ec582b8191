#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace atlas {

// Bump allocator for the bytes of one batch: everything dies together. Moving an arena keeps
// addresses. One thread.
class Arena {
 public:
  Arena() = default;
  Arena(Arena&&) noexcept = default;
  Arena& operator=(Arena&&) noexcept = default;

  // `size` bytes, aligned to 8.
  char* allocate(std::size_t size) {
    const std::size_t need = (size + 7U) & ~std::size_t{7};
    if (need > left_) grow(need);
    char* out = at_;
    at_ += need;
    left_ -= need;
    used_ += need;
    return out;
  }
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* out = allocate(text.size());
    std::memcpy(out, text.data(), text.size());
    return {out, text.size()};
  }
  // Bytes handed out since the last clear.
  std::size_t used() const { return used_; }
  // Keeps the first block for reuse.
  void clear();

 private:
  void grow(std::size_t need);

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t first_size_ = 0;
  char* at_ = nullptr;
  std::size_t left_ = 0;
  std::size_t used_ = 0;
};

}  // namespace atlas
