#pragma once

// Reads a compiled time zone (RFC 8536): the transitions it lists and the rule in its footer, which
// governs everything after.

#include "model/value.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace atlas {

// A zone's offsets from UTC over all time. Read-only after it is made; any thread.
struct ZoneTable {
  // Segment i holds from begins_us[i] up to begins_us[i + 1]; the first begins at kMinusInfinity.
  // Never empty.
  std::vector<std::int64_t> begins_us;
  std::vector<std::int64_t> offsets_us;  // local minus UTC
  std::int64_t offset_us_min = 0;
  std::int64_t offset_us_max = 0;
  // From here on offsets repeat every 400 years, and a whole such cycle is listed before.
  // kInfinity: no rule, the last segment holds for ever.
  std::int64_t repeats_from_us = kInfinity;
};

// nullopt when the bytes are no zone of version 2 or later, or count leap seconds.
std::optional<ZoneTable> read_tzif(std::string_view bytes);
// The table of one fixed offset.
ZoneTable fixed_zone(std::int64_t offset_us);

}  // namespace atlas
