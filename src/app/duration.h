#pragma once

#include "foundation/clock.h"

#include <optional>
#include <string>
#include <string_view>

namespace atlas::app {

// "500ms", "90s", "5m", "2h", "1d", "1h30m": whole numbers with units, largest first or not.
std::optional<Micros> parse_duration(std::string_view text);
// For people: "12 ms", "3.4 s", "5 min 10 s", "2 h 5 min".
std::string duration_text(Micros span);
// "2026-11-22 19:43:08Z".
std::string instant_text(Instant instant);

}  // namespace atlas::app
