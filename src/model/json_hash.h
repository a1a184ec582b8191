#pragma once

// Hash of a JSON document's content: white space, the order of keys, the spelling of numbers and
// escapes do not count; of equal keys the last one does. Numbers are exact at any size.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace atlas {

// What the parts of a document are hashed with; both keyed by the caller.
struct JsonHashing {
  enum class Part : std::uint8_t { kString, kNumber, kTrue, kFalse, kNull, kArray, kObject };
  const void* context;
  std::uint64_t (*hash)(const void* context, Part part, std::string_view bytes);
};

// nullopt when `text` is not JSON (RFC 8259). Nesting has no limit and uses no call stack.
std::optional<std::uint64_t> json_hash(std::string_view text, const JsonHashing& hashing);

}  // namespace atlas
