#pragma once

// Reads and changes one member of a JSON text and leaves every other byte as it is: unknown
// members, their order and spelling, numbers of any size. Of equal keys the last one counts, as in
// jsonb. RFC 8259; nesting has no limit and uses no call stack.

#include "mapping/lens.h"
#include "model/arena.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

enum class JsonKind : std::uint8_t { kMissing, kNull, kBool, kNumber, kString, kArray, kObject };

struct JsonFound {
  Fit fit;  // kNotJson, kNotObject
  JsonKind kind = JsonKind::kMissing;
  std::string_view text;  // the value's own text, borrowed from the document
};

using JsonPath = std::span<const std::string>;

// Whether `text` is one JSON value.
bool json_valid(std::string_view text);
// What jsonb refuses in valid JSON: U+0000, half a surrogate pair, a number outside numeric.
bool jsonb_holds(std::string_view text);
// The value at `path`; the empty path is the whole document. A null on the way is missing.
JsonFound json_find(std::string_view document, JsonPath path);
// The document with `value` (JSON text) at `path`: replaced, or added with the objects on the way.
// A document of no bytes is an empty object.
Fit json_set(std::string_view document, JsonPath path, std::string_view value, Arena& arena,
             std::string_view& out);
// The document without the member at `path`; the objects around it stay.
Fit json_remove(std::string_view document, JsonPath path, Arena& arena, std::string_view& out);
// The texts of a valid array's elements.
std::vector<std::string_view> json_elements(std::string_view array);

// The text that a JSON string (with its quotes) stands for, and the reverse.
Fit json_unquote(std::string_view string, Arena& arena, std::string_view& out);
void json_quote(std::string& out, std::string_view text);

}  // namespace atlas
