#pragma once

// PostgreSQL's binary numeric: base-10000 digits with a weight, and the number of decimals shown.
// Source: numeric_send and numeric_recv in src/backend/utils/adt/numeric.c.

#include "model/arena.h"

#include <string>
#include <string_view>

namespace atlas::postgres {

// The text that the server would print, trailing zeros kept.
std::string_view numeric_text(std::string_view binary, Arena& arena);
// Appends the binary form of a decimal's text ("NaN" and "Infinity" too). False if it is no decimal
// or too long for the format.
bool append_numeric(std::string& out, std::string_view text);

}  // namespace atlas::postgres
