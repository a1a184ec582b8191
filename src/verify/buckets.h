#pragma once

// Sums of what each side shows, by a part of the platform key's hash: where the sums of a bucket
// agree, so do all its instances, and none of them need be looked at together (ENGINE E36; the idea
// of Merkle trees and of pt-table-checksum, one level deep). 32 bytes a bucket. One thread.

#include "mapping/mapper.h"
#include "verify/images.h"

#include <cstdint>
#include <string>
#include <vector>

namespace atlas {

class Buckets {
 public:
  Buckets(const Mapper& mapper, const Hasher& hasher, std::size_t buckets)
      : mapper_(mapper), hasher_(hasher), sums_(buckets) {}

  // Adds what one side shows of a linked instance. The image has that side read and mapped, and its
  // keys and kind are the link's.
  void add(Side side, KeyView platform_key, const Image& image);
  bool equal(KeyView platform_key) const { return sums_[bucket_of(platform_key)].equal(); }
  bool all_equal() const;
  // Instances of legacy in buckets that are equal.
  std::int64_t equal_instances() const;

 private:
  struct Sum {
    std::uint64_t total[2] = {0, 0};
    std::uint32_t count[2] = {0, 0};
    bool equal() const { return total[0] == total[1] && count[0] == count[1]; }
  };
  std::size_t bucket_of(KeyView platform_key) const {
    return hasher_.of_bytes(platform_key) % sums_.size();
  }
  std::uint64_t digest(Side side, KeyView platform_key, const Image& image);

  const Mapper& mapper_;
  const Hasher& hasher_;
  std::vector<Sum> sums_;
  std::string scratch_;
};

}  // namespace atlas
