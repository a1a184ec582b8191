#pragma once

#include "state/store.h"

#include <string>

namespace atlas::app {

// Why a row waits, on one line: "status: no entry for this code (users 14)".
std::string why_text(const Pending& pending);
// The same for every row with this trouble: without who blocks it and the database's own words.
std::string short_why_text(const Pending& pending);

}  // namespace atlas::app
