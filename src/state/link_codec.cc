// The link document. Format and worked example: docs/formats/link.md.

#include "foundation/assert.h"
#include "model/hashing.h"
#include "state/link.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>

namespace atlas {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::uint8_t kDeadFlag = 0x01;
constexpr std::uint8_t kExistenceMask = 0x03;
constexpr std::uint8_t kOwnWriteFlag = 0x04;
constexpr std::uint8_t kUnverifiedFlag = 0x08;
constexpr std::uint8_t kTokenFlag = 0x10;
constexpr std::uint8_t kStampFlag = 0x20;
constexpr std::uint8_t kUserStampFlag = 0x40;
constexpr std::uint8_t kBouncesFlag = 0x80;

void put_byte(std::string& out, std::uint8_t value) { out.push_back(static_cast<char>(value)); }

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    put_byte(out, static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  put_byte(out, static_cast<std::uint8_t>(value));
}

// Small distances from zero in either direction become small numbers.
std::uint64_t zigzag(std::uint64_t value) { return (value << 1) ^ (0 - (value >> 63)); }
std::uint64_t unzigzag(std::uint64_t value) { return (value >> 1) ^ (0 - (value & 1)); }

template <class T>
void put_little_endian(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i) {
    put_byte(out, static_cast<std::uint8_t>(value >> (8 * i)));
  }
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(stable_hash(bytes));
}

void put_part(std::string& out, const PartState& part) {
  std::uint8_t flags = static_cast<std::uint8_t>(part.exists);
  if (part.own_write) flags |= kOwnWriteFlag;
  if (part.unverified) flags |= kUnverifiedFlag;
  if (part.version.token != 0) flags |= kTokenFlag;
  if (part.version.stamp_us != kMinusInfinity) flags |= kStampFlag;
  if (part.user_stamp_us != kMinusInfinity) flags |= kUserStampFlag;
  if (part.bounces != 0) flags |= kBouncesFlag;
  put_byte(out, flags);
  const auto stamp = static_cast<std::uint64_t>(part.version.stamp_us);
  const auto user_stamp = static_cast<std::uint64_t>(part.user_stamp_us);
  if (flags & kTokenFlag) put_varint(out, part.version.token);
  if (flags & kStampFlag) put_varint(out, zigzag(stamp));
  if (flags & kUserStampFlag) {
    put_varint(out, zigzag(flags & kStampFlag ? user_stamp - stamp : user_stamp));
  }
  if (flags & kBouncesFlag) put_byte(out, part.bounces);
}

// Reads from the front; every getter answers nullopt at the end of the input.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  bool at_end() const { return left_.empty(); }

  std::optional<std::uint8_t> byte() {
    if (left_.empty()) return std::nullopt;
    const auto out = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return out;
  }
  // One spelling a number: no padding, nothing beyond 64 bits.
  std::optional<std::uint64_t> varint() {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto next = byte();
      if (!next) return std::nullopt;
      const std::uint64_t bits = *next & 0x7FU;
      if (shift == 63 && bits > 1) return std::nullopt;
      out |= bits << shift;
      if ((*next & 0x80U) == 0) {
        if (bits == 0 && shift > 0) return std::nullopt;
        return out;
      }
    }
    return std::nullopt;
  }
  std::optional<std::string_view> take(std::size_t size) {
    if (left_.size() < size) return std::nullopt;
    const std::string_view out = left_.substr(0, size);
    left_.remove_prefix(size);
    return out;
  }

 private:
  std::string_view left_;
};

template <class T>
T little_endian(std::string_view bytes) {
  T out = 0;
  for (std::size_t i = 0; i < sizeof out; ++i) {
    out |= static_cast<T>(static_cast<T>(static_cast<std::uint8_t>(bytes[i])) << (8 * i));
  }
  return out;
}

bool get_part(Reader& in, PartState& part) {
  const auto flags = in.byte();
  if (!flags || (*flags & kExistenceMask) > static_cast<std::uint8_t>(Existence::kGone)) {
    return false;
  }
  part = PartState{};
  part.exists = static_cast<Existence>(*flags & kExistenceMask);
  part.own_write = (*flags & kOwnWriteFlag) != 0;
  part.unverified = (*flags & kUnverifiedFlag) != 0;
  std::uint64_t stamp = 0;
  if (*flags & kTokenFlag) {
    const auto token = in.varint();
    if (!token) return false;
    part.version.token = *token;
  }
  if (*flags & kStampFlag) {
    const auto folded = in.varint();
    if (!folded) return false;
    stamp = unzigzag(*folded);
    part.version.stamp_us = static_cast<std::int64_t>(stamp);
  }
  if (*flags & kUserStampFlag) {
    const auto folded = in.varint();
    if (!folded) return false;
    // Without a stamp of its own the part counts from zero: `stamp` is 0 then.
    part.user_stamp_us = static_cast<std::int64_t>(unzigzag(*folded) + stamp);
  }
  if (*flags & kBouncesFlag) {
    const auto bounces = in.byte();
    if (!bounces) return false;
    part.bounces = *bounces;
  }
  return true;
}

// A document whose checksum holds, opened up to its parts.
struct Opened {
  Reader rest;
  std::int32_t layout = 0;
  bool dead = false;
  std::uint32_t generation = 0;
};

std::optional<Opened> open_document(std::string_view document) {
  if (document.size() < 1 + kChecksumBytes || document.front() != kVersion) return std::nullopt;
  const std::string_view body = document.substr(0, document.size() - kChecksumBytes);
  if (little_endian<std::uint32_t>(document.substr(body.size())) != checksum(body)) {
    return std::nullopt;
  }
  Opened out{.rest = Reader(body.substr(1))};
  const auto layout = out.rest.varint();
  const auto flags = out.rest.byte();
  const auto generation = out.rest.varint();
  if (!layout || *layout > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
  if (!flags || (*flags & ~kDeadFlag) != 0) return std::nullopt;
  if (!generation || *generation > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  out.layout = static_cast<std::int32_t>(*layout);
  out.dead = (*flags & kDeadFlag) != 0;
  out.generation = static_cast<std::uint32_t>(*generation);
  return out;
}

// Where the part or field numbered `i` stood in the document; -1 = it did not.
std::ptrdiff_t old_index(std::span<const std::int32_t> map, std::size_t i) {
  return map.empty() ? static_cast<std::ptrdiff_t>(i) : map[i];
}

// True when every index of `map` is below `size`.
bool within(std::span<const std::int32_t> map, std::uint64_t size) {
  for (const std::int32_t old : map) {
    if (old >= 0 && static_cast<std::uint64_t>(old) >= size) return false;
  }
  return true;
}

bool get_parts(Reader& in, std::span<const std::int32_t> part_map, std::span<PartState> into) {
  const auto count = in.varint();
  if (!count || !within(part_map, *count)) return false;
  if (part_map.empty() && *count != into.size()) return false;
  std::ranges::fill(into, PartState{});
  for (std::uint64_t n = 0; n < *count; ++n) {  // a lying count runs into the end of the input
    PartState part;
    if (!get_part(in, part)) return false;
    for (std::size_t i = 0; i < into.size(); ++i) {
      if (old_index(part_map, i) == static_cast<std::ptrdiff_t>(n)) into[i] = part;
    }
  }
  return true;
}

// The bases of a document: which fields have one, and their hashes in field order.
struct BasesView {
  std::string_view present;
  std::string_view hashes;

  bool has(std::size_t field) const {
    return (static_cast<std::uint8_t>(present[field / 8]) >> (field % 8) & 1U) != 0;
  }
  FieldHash at(std::size_t field) const {
    if (!has(field)) return kNoBase;
    std::size_t before = 0;
    for (std::size_t i = 0; i < field / 8; ++i) before += ones(present[i], 8);
    before += ones(present[field / 8], field % 8);
    return little_endian<FieldHash>(hashes.substr(before * sizeof(FieldHash), sizeof(FieldHash)));
  }
  // Set bits among the lowest `bits`.
  static std::size_t ones(char byte, std::size_t bits) {
    const auto value = static_cast<std::uint8_t>(byte);
    return static_cast<std::size_t>(std::popcount(value & ((1U << bits) - 1U)));
  }
};

bool get_bases(Reader& in, std::span<const std::int32_t> field_map, std::span<FieldHash> into) {
  const auto count = in.varint();
  if (!count || !within(field_map, *count)) return false;
  const auto present = in.take(static_cast<std::size_t>(*count / 8 + (*count % 8 != 0 ? 1 : 0)));
  if (!present) return false;
  std::size_t hashes = 0;
  for (const char byte : *present) hashes += BasesView::ones(byte, 8);
  const auto bytes = in.take(hashes * sizeof(FieldHash));
  if (!bytes) return false;
  const BasesView view{*present, *bytes};
  for (std::size_t i = 0; i < into.size(); ++i) {
    const std::int32_t old = field_map[i];
    into[i] = old < 0 ? kNoBase : view.at(static_cast<std::size_t>(old));
  }
  return true;
}

}  // namespace

void append_link(std::string& out, const LinkRecord& link, std::int32_t layout) {
  ATLAS_ASSERT(layout >= 0, "layouts count from 0");
  const std::size_t start = out.size();
  out.push_back(kVersion);
  put_varint(out, static_cast<std::uint32_t>(layout));
  put_byte(out, link.dead ? kDeadFlag : 0);
  put_varint(out, link.generation);
  put_varint(out, link.parts.size());
  for (const PartState& part : link.parts) put_part(out, part);
  put_varint(out, link.bases.size());
  const std::size_t bitmap = out.size();
  out.append((link.bases.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < link.bases.size(); ++i) {
    if (link.bases[i] == kNoBase) continue;
    char& bits = out[bitmap + i / 8];
    bits = static_cast<char>(static_cast<std::uint8_t>(bits) | (1U << (i % 8)));
    put_little_endian(out, link.bases[i]);
  }
  put_little_endian(out, checksum(std::string_view(out).substr(start)));
}

std::string encode_link(const LinkRecord& link, std::int32_t layout) {
  std::string out;
  append_link(out, link, layout);
  return out;
}

std::int32_t link_layout(std::string_view document) {
  const auto opened = open_document(document);
  return opened ? opened->layout : -1;
}

bool decode_link(std::string_view document, std::span<const std::int32_t> field_map,
                 LinkRecord& into, std::span<const std::int32_t> part_map) {
  ATLAS_ASSERT(field_map.size() == into.bases.size(), "one entry of field_map a field");
  ATLAS_ASSERT(part_map.empty() || part_map.size() == into.parts.size(),
               "one entry of part_map a part");
  auto opened = open_document(document);
  if (!opened) return false;
  into.dead = opened->dead;
  into.generation = opened->generation;
  return get_parts(opened->rest, part_map, into.parts) &&
         get_bases(opened->rest, field_map, into.bases) && opened->rest.at_end();
}

}  // namespace atlas
