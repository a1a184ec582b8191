#pragma once

// Row keys as bytes that sort like the key (each component in its natural order, text by UTF-8
// bytes): one order for every database, so merge joins do not depend on collations (ENGINE E30).
// Format: docs/formats/key.md.

#include "model/value.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

// An encoded key, owned or borrowed. Never empty for a real row.
using Key = std::string;
using KeyView = std::string_view;

// Encodes 1..n components: kInt, kText, kUuid, kBool, kBytes, kDecimal, kDate, kTimestamp,
// kInstant, kOther. Null components are allowed in references (kNull) but never in primary keys.
void append_key(std::string& out, const Value& component);
Key encode_key(std::span<const Value> components);
KeyView encode_key(std::span<const Value> components, Arena& arena);
// Components in order; contents are copied into `arena`. Aborts on bytes that encode_key did not
// make.
std::vector<Value> decode_key(KeyView key, Arena& arena);
// Whether a component is kOther: what is stored there is no value of its column's type. Such a key
// names its row, but has no place in the order of the others on every database, and no link.
bool has_stray(KeyView key);
// For people: "42", "3f0c…-…", "7, 9". Keys are identifiers, not row values, and may be shown.
std::string key_text(KeyView key);
// Reads what key_text prints, given the components' types.
bool parse_key(std::string_view text, std::span<const Type> types, Key& out);

}  // namespace atlas
