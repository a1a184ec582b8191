#pragma once

#include "flow/counts.h"
#include "foundation/result.h"

#include <nlohmann/json_fwd.hpp>  // tidy: allow(third-party-header) declarations only

#include <optional>
#include <string>

namespace atlas::app {

// -o json: one document on standard output, keys in a fixed order.
using Json = nlohmann::ordered_json;

// Pretty, ending in a newline; bytes that are no UTF-8 are replaced.
std::string json_document(const Json& json);
// code, kind, title, why, where, fix; never values or secrets.
Json json_of(const Error& error);
// Null when there is none.
Json json_of(const std::optional<Error>& error);
Json json_of(const Counts& counts);

}  // namespace atlas::app
