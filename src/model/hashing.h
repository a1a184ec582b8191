#pragma once

// Keyed 64-bit hashes of canonical values (XXH3 with a secret of the tenant's own, so that values
// cannot be guessed from state).

#include "model/value.h"

#include <array>
#include <cstdint>
#include <span>

namespace atlas {

// Hash of a mid value. 0 is never a hash: it means "no base".
using FieldHash = std::uint64_t;
inline constexpr FieldHash kNoBase = 0;

class Hasher {
 public:
  // `key`: 32 random bytes kept in the tenant's state.
  explicit Hasher(std::span<const std::uint8_t, 32> key);
  // Equal in meaning = equal hash: 1.0 and 1.00; -0 and 0; NaN and NaN; json by content, keys in
  // any order. Different tags differ, except that numbers of any tag (integer, decimal, float with
  // an exact short form) hash by value.
  FieldHash of(const Value& value) const;
  FieldHash of_bytes(std::string_view bytes) const;

 private:
  std::array<std::uint8_t, 192> secret_{};
};

// Unkeyed, stable across versions and machines: fingerprints of schemas and mappings.
std::uint64_t stable_hash(std::string_view bytes);

}  // namespace atlas
