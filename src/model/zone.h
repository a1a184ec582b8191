#pragma once

// Naive local time and instants. IANA zones from the system's tzdata, read by tzif.h.

#include "foundation/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace atlas {

enum class Ambiguous : std::uint8_t { kEarlier, kLater, kQuarantine };
enum class Gap : std::uint8_t {
  kQuarantine,
  kShift
};  // kShift: as if the clock had not been put forward yet

class Zone;

// A zone with the choice for local times that exist twice or never.
struct ZoneRule {
  std::shared_ptr<const Zone> zone;  // null = UTC; shared: read-only, one per name in a plan
  Ambiguous ambiguous = Ambiguous::kLater;
  Gap gap = Gap::kQuarantine;
};

// Finds a zone by IANA name. Error kWrongShape when unknown.
Result<std::shared_ptr<const Zone>> find_zone(std::string_view name);
std::string zone_name(const ZoneRule& rule);

// Naive local microseconds → UTC microseconds; nullopt where the rule refuses (gap or ambiguous).
// Infinities stay.
std::optional<std::int64_t> to_instant(const ZoneRule& rule, std::int64_t local_us);
// UTC → naive local; total. Infinities stay.
std::int64_t to_local(const ZoneRule& rule, std::int64_t utc_us);
// The smallest local time any instant at or after utc_us can show: the safe cursor for naive
// stamps, which repeat an hour in autumn. Never above to_local(utc_us).
std::int64_t local_floor(const ZoneRule& rule, std::int64_t utc_us);

}  // namespace atlas
