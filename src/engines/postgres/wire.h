#pragma once

// Numbers as PostgreSQL sends them: big-endian.

#include "foundation/assert.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace atlas::postgres {

template <class T>
constexpr T byte_swapped(T value) {
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(value));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(value));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(value));
}

// `at` has room for sizeof(T) bytes; T is unsigned.
template <class T>
void store_big(char* at, T value) {
  if constexpr (std::endian::native == std::endian::little) value = byte_swapped(value);
  std::memcpy(at, &value, sizeof value);
}

template <class T>
void append_big(std::string& out, T value) {
  const std::size_t at = out.size();
  out.resize(at + sizeof value);
  store_big(out.data() + at, value);
}

// The unsigned number at `offset`. The bytes come from the server's own send functions: too few of
// them is a defect.
template <class T>
T load_big(std::string_view bytes, std::size_t offset = 0) {
  ATLAS_ASSERT(bytes.size() >= offset + sizeof(T), "a binary value of the server is too short");
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  if constexpr (std::endian::native == std::endian::little) value = byte_swapped(value);
  return value;
}

}  // namespace atlas::postgres
