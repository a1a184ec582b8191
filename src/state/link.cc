#include "state/link.h"

#include "foundation/assert.h"

#include <algorithm>
#include <memory>
#include <type_traits>

namespace atlas {
namespace {

// `n` value-initialized objects that die with the arena.
template <class T>
std::span<T> array_in(Arena& arena, std::size_t n) {
  static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 8);
  if (n == 0) return {};
  T* first = reinterpret_cast<T*>(arena.allocate(n * sizeof(T)));
  std::uninitialized_value_construct_n(first, n);
  return {first, n};
}

}  // namespace

LinkRecord& Links::add(std::uint16_t kind, KeyView legacy_key, KeyView platform_key) {
  LinkRecord& record = records_.emplace_back();
  record.kind = kind;
  record.legacy_key = arena_.copy(legacy_key);
  record.platform_key = arena_.copy(platform_key);
  record.parts = array_in<PartState>(arena_, parts_);
  record.bases = array_in<FieldHash>(arena_, fields_);
  return record;
}

LinkRecord& Links::add_copy(const LinkRecord& other) {
  ATLAS_ASSERT(other.parts.size() == parts_ && other.bases.size() == fields_,
               "a copied link has the batch's parts and fields");
  LinkRecord& record = add(other.kind, other.legacy_key, other.platform_key);
  record.generation = other.generation;
  record.batch = other.batch;
  record.dead = other.dead;
  record.match = other.match;
  std::ranges::copy(other.parts, record.parts.begin());
  std::ranges::copy(other.bases, record.bases.begin());
  return record;
}

}  // namespace atlas
