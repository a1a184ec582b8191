#pragma once

// Text forms of values: parsing and printing in PostgreSQL's ISO spelling. Used by the text-bound
// engine (sqlite), by constants in mappings, by messages and tests. Total: parse gives nullopt for
// text that is not of the type.

#include "model/arena.h"
#include "model/type.h"
#include "model/value.h"

#include <optional>
#include <string>
#include <string_view>

namespace atlas {

// timestamps: "YYYY-MM-DD HH:MM:SS[.ffffff]", 'T' accepted, " BC" suffix, "infinity"; timestamptz:
// with offset ("+00", "Z", "+01:30"). bool: t, f, true, false, 0, 1. bytea: "\x…". uuid: usual
// form. interval: ISO 8601 and PostgreSQL's own ("1 mon 2 days 03:04:05").
std::optional<Value> parse_value(std::string_view text, const Type& type, Arena& arena);
// The reverse. Null prints as "null". timestamptz prints in UTC with "+00".
std::string value_text(const Value& value);
void append_value_text(std::string& out, const Value& value);
// The double that stands for a float4: the one nearest to its shortest text, so that 0.1 stays 0.1.
// Narrowing it gives the float4 back.
double float4_value(float value);
std::optional<Uuid> parse_uuid(std::string_view text);
std::string uuid_text(const Uuid& uuid);

}  // namespace atlas
