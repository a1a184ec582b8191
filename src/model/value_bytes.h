#pragma once

// A value as bytes, for what the bridge keeps of it: exact where a text form is not (null and the
// text "null", a number and its spelling).

#include "model/value.h"

#include <optional>
#include <string>
#include <string_view>

namespace atlas {

// One byte with the tag, then the content: eight bytes, little-endian, or the value's own. Never
// empty.
std::string value_bytes(const Value& value);
// Contents are borrowed from `bytes`. nullopt for bytes that value_bytes does not make.
std::optional<Value> value_of_bytes(std::string_view bytes, Arena& arena);

}  // namespace atlas
