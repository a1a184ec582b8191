#pragma once

// Rows of one table as read, and their versions.

#include "model/arena.h"
#include "model/key.h"
#include "model/value.h"

#include <cstdint>
#include <span>
#include <vector>

namespace atlas {

// Tells whether a row is the row that was read. Opaque except for equality and the stamp.
// postgres: token = xmin. sqlite: token = hash of all columns. `none` compares equal to no stored
// row.
struct RowVersion {
  std::uint64_t token = 0;
  // The row's stamp as UTC microseconds (zone applied); kMinusInfinity where the table has none or
  // it is null.
  std::int64_t stamp_us = kMinusInfinity;

  bool is_none() const { return token == 0 && stamp_us == kMinusInfinity; }
  bool operator==(const RowVersion&) const = default;
};

// A batch of rows with equal columns, row-major, owning its bytes. One thread.
class Rows {
 public:
  explicit Rows(std::size_t width = 0) : width_(width) {}

  std::size_t size() const { return keys_.size(); }
  std::size_t width() const { return width_; }
  std::span<const Value> row(std::size_t i) const { return {cells_.data() + i * width_, width_}; }
  std::span<Value> row(std::size_t i) { return {cells_.data() + i * width_, width_}; }
  KeyView key(std::size_t i) const { return keys_[i]; }
  RowVersion version(std::size_t i) const { return versions_[i]; }
  // The native stamp column (naive or instant) as read, for cursors; null when the table has none,
  // kOther when it is no time (KeyVersion::stamp).
  Value stamp(std::size_t i) const { return stamps_[i]; }

  Arena& arena() { return arena_; }
  // Of the rows' contents.
  std::size_t bytes() const { return arena_.used() + cells_.size() * sizeof(Value); }
  // Appends one row; `key` and cell contents must already live in arena(). Returns its cells to
  // fill.
  std::span<Value> add(KeyView key, RowVersion version, Value stamp = {}) {
    keys_.push_back(key);
    versions_.push_back(version);
    stamps_.push_back(stamp);
    oversized_.push_back(false);
    cells_.resize(cells_.size() + width_);
    return row(keys_.size() - 1);
  }
  // Larger than TableShape::row_bytes_max: key and version are real, the other cells were not read
  // and are null.
  bool oversized(std::size_t i) const { return oversized_[i]; }
  void set_oversized(std::size_t i) { oversized_[i] = true; }
  // Position of `key`, or -1. Call index() once after filling.
  std::ptrdiff_t find(KeyView key) const;
  void index();

 private:
  std::size_t width_;
  Arena arena_;
  std::vector<Value> cells_;
  std::vector<KeyView> keys_;
  std::vector<RowVersion> versions_;
  std::vector<Value> stamps_;
  std::vector<bool> oversized_;
  std::vector<std::uint32_t> sorted_;  // positions ordered by key
};

}  // namespace atlas
