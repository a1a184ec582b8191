#pragma once

// Canonical forms: one equality modulo spelling (MAPPING §1.6).

#include "model/arena.h"
#include "model/value.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace atlas {

enum class Canon : std::uint8_t { kTrim, kLower, kUpper, kNfc, kCollapse, kEmptyNull };

std::optional<Canon> parse_canon(std::string_view name);
std::string_view canon_name(Canon canon);
// Applies the forms in order to a text value; other tags pass unchanged. Unicode-aware (utf8proc).
// The result of applying twice equals the result of applying once.
Value apply_canon(const std::vector<Canon>& forms, const Value& value, Arena& arena);

}  // namespace atlas
