#pragma once

// Bugs of the engine's own, planted on purpose: what the simulator must find, one at a time. Only a
// build with ATLAS_PLANT can have one; elsewhere planted() is false and its branch is not compiled.

#include <array>
#include <cstdint>
#include <string_view>

namespace atlas {

enum class Plant : std::uint8_t {
  kNone,
#define ATLAS_PLANTED(name, rule, what) name,
#include "foundation/planted.inc"
#undef ATLAS_PLANTED
};

struct PlantInfo {
  Plant plant;
  std::string_view name, rule, what;
};
inline constexpr std::array kPlants = {
#define ATLAS_PLANTED(name, rule, what) PlantInfo{Plant::name, #name, rule, what},
#include "foundation/planted.inc"
#undef ATLAS_PLANTED
};

#ifdef ATLAS_PLANT
inline constexpr bool kCanPlant = true;
bool planted(Plant plant);
// From here on, in the whole process; kNone: none. Not while a run is under way.
void plant(Plant plant);
#else
inline constexpr bool kCanPlant = false;
constexpr bool planted(Plant /*plant*/) { return false; }
inline void plant(Plant /*plant*/) {}
#endif

}  // namespace atlas
