#pragma once

// Trials of a lens on sample cells, where its law is not known beforehand.

#include "mapping/lens.h"

#include <optional>
#include <string>

namespace atlas {

// The smallest sample of `side` that does not come back from the other side as it was, where every
// write makes cells anew: "platform u.a='a b', u.b='a' is written as name='a b a' and comes back as
// u.a='a', u.b='b a'". Nothing when all come back.
std::optional<std::string> lost_trip(const Lens& lens, const LensSpec& spec, Side side);

// 'text', 12, null: a cell as messages show it.
std::string shown_cell(const Value& cell);

}  // namespace atlas
