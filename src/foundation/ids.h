#pragma once

// Small ids that must not mix.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace atlas {

template <class Tag, class T = std::int64_t>
struct StrongId {
  T value{};
  friend auto operator<=>(const StrongId&, const StrongId&) = default;
};

using TenantId = StrongId<struct TenantTag, std::int32_t>;          // row id of the tenant in state
using EntityIndex = StrongId<struct EntityTag, std::uint32_t>;      // position in the plan
using EndpointIndex = StrongId<struct EndpointTag, std::uint32_t>;  // position in the plan
using Epoch = StrongId<struct EpochTag, std::int64_t>;  // fence epoch, rises with every lease
using BatchNumber =
    StrongId<struct BatchTag, std::int64_t>;  // rises with every confirm of a tenant
using RunId = StrongId<struct RunTag, std::int64_t>;

enum class Side : std::uint8_t { kLegacy = 0, kPlatform = 1 };

constexpr Side other(Side side) { return side == Side::kLegacy ? Side::kPlatform : Side::kLegacy; }
constexpr std::size_t index(Side side) { return static_cast<std::size_t>(side); }
constexpr std::string_view side_name(Side side) {
  return side == Side::kLegacy ? "legacy" : "platform";
}

}  // namespace atlas
