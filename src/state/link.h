#pragma once

// A link: the pair of keys of one entity instance and what both sides last agreed on. See
// docs/formats/link.md.

#include "foundation/ids.h"
#include "model/arena.h"
#include "model/hashing.h"
#include "model/rows.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

enum class Existence : std::uint8_t { kNever, kPresent, kGone };

// What we know of one row of the instance: parts[0] is the legacy row, parts[1..] the platform
// parts in mapping order.
struct PartState {
  RowVersion version;  // last decided version; none = unknown, look again
  std::int64_t user_stamp_us =
      kMinusInfinity;  // effective stamp of the last user edit, kept over our own writes (E19);
                       // of a row that is gone its last stamp
  Existence exists = Existence::kNever;
  bool own_write =
      false;  // `version` was left by our own write: user_stamp_us counts, not the row's stamp
  bool unverified =
      false;  // written by us but not read back yet: triggers may have rewritten it (E12, E13)
  std::uint8_t bounces = 0;  // read-backs in a row that differed from what we sent (E12)
  bool operator==(const PartState&) const = default;
};

// Contents live in the arena of the Links that holds the record.
struct LinkRecord {
  std::uint16_t kind = 0;  // which legacy table of the entity
  KeyView legacy_key;
  KeyView platform_key;
  std::uint32_t generation = 0;
  BatchNumber batch;  // the confirm that last changed it (E10)
  bool dead = false;  // base of liveness (E14)
  FieldHash match =
      kNoBase;  // hash of the match fields, kNoBase when the entity has no match (E27)
  std::span<PartState> parts;
  std::span<FieldHash> bases;  // one per field of the entity's current layout; kNoBase = none (E15)
};

// A batch of links. One thread.
class Links {
 public:
  Links(std::size_t parts, std::size_t fields) : parts_(parts), fields_(fields) {}

  std::size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }
  LinkRecord& operator[](std::size_t i) { return records_[i]; }
  const LinkRecord& operator[](std::size_t i) const { return records_[i]; }
  auto begin() const { return records_.begin(); }
  auto end() const { return records_.end(); }
  Arena& arena() { return arena_; }

  // A fresh record: empty parts, no bases, keys copied.
  LinkRecord& add(std::uint16_t kind, KeyView legacy_key, KeyView platform_key);
  LinkRecord& add_copy(const LinkRecord& other);

 private:
  std::size_t parts_;
  std::size_t fields_;
  Arena arena_;
  std::vector<LinkRecord> records_;
};

// The part of a link kept as one binary document: everything but the keys, kind, batch and match.
// Version byte first; fields of older layouts are carried over by `field_map` (new index → old
// index, -1 = none).
std::string encode_link(const LinkRecord& link, std::int32_t layout);
// Appends the document to `out`.
void append_link(std::string& out, const LinkRecord& link, std::int32_t layout);
// Layout number of a document without decoding the rest; -1 if damaged.
std::int32_t link_layout(std::string_view document);
// Fills parts, bases, dead, generation of `into` (spans must be sized by Links::add). `part_map` is
// to parts what `field_map` is to fields; empty = the parts are the same. False if damaged; `into`
// is then unspecified.
bool decode_link(std::string_view document, std::span<const std::int32_t> field_map,
                 LinkRecord& into, std::span<const std::int32_t> part_map = {});

}  // namespace atlas
