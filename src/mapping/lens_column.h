#pragma once

// One column of a field: cells ↔ the form in which both sides meet. Canonical forms, JSON paths,
// precision and domains are handled here, so that operators see plain values only.

#include "mapping/lens.h"
#include "mapping/lens_domain.h"
#include "mapping/lens_meet.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atlas {

struct ColumnOptions {
  std::vector<Canon> canon;  // for text
  std::optional<Type> json;  // the column holds a JSON document; the value in it is of this type
  bool absent_null = false;  // null is written by removing the member
  bool json_null_is_null = false;  // a JSON value `null` is null, not a value
  bool without_padding = false;    // spaces at the end do not count, as in char(n)
  std::int64_t quantum_us = 1;     // times are cut to multiples of it
};

class Column {
 public:
  // `domain`: null for none. Errors: kTypeMismatch, kWrongShape.
  static Result<Column> make(const LensColumn& column, Meet meet, const ColumnOptions& options,
                             const DomainSpec* domain);

  // The value of a cell; may be null. Content is borrowed from cell or arena.
  Fit read(const Value& cell, Arena& arena, Value& out) const;
  // A cell for a value or null. `old`: the cell as it is, null when there is none; JSON documents
  // keep what the value does not tell.
  Fit write(const Value& value, const Value& old, Arena& arena, Value& out) const;

  bool holds_text() const { return storage_ == Storage::kText; }
  bool not_null() const { return not_null_; }
  const Type& type() const { return type_; }
  // Whether a cell that is not null may be read as null.
  bool reads_null() const { return document_ || empty_is_null_ || json_null_is_null_; }

 private:
  enum class Storage : std::uint8_t {
    kBool,
    kInt,
    kNumeric,
    kFloat,
    kText,
    kBytes,
    kDate,
    kTime,
    kTimestamp,
    kInstant,
    kInterval,
    kUuid,
    kJson,
    kOther,
  };
  static Storage storage_of(const Type& type);
  static bool can_hold(Storage storage, Meet meet);

  Fit read_member(const Value& cell, Arena& arena, Value& out) const;
  Fit read_scalar(const Value& cell, Arena& arena, Value& out) const;
  Fit read_text(std::string_view text, Arena& arena, Value& out) const;
  Fit convert(const Value& cell, Value& out) const;
  Fit write_member(const Value& value, const Value& old, Arena& arena, Value& out) const;
  Fit write_null(Arena& arena, Value& out) const;
  Fit write_scalar(const Value& value, Arena& arena, Value& out) const;
  Fit write_text(const Value& value, Arena& arena, Value& out) const;
  Fit json_token(const Value& scalar, Arena& arena, std::string_view& out) const;
  Fit write_document(std::string_view document, Arena& arena, Value& out) const;

  Meet meet_ = Meet::kText;
  Storage storage_ = Storage::kText;
  Type type_;  // of the value: the column's, or the JSON member's
  std::vector<Canon> canon_;
  bool empty_is_null_ = false;
  bool json_null_is_null_ = false;
  bool without_padding_ = false;
  bool not_null_ = false;
  std::int64_t quantum_us_ = 1;
  bool document_ = false;
  Type document_type_;
  std::vector<std::string> path_;
  bool absent_null_ = false;
  Domain domain_;
};

}  // namespace atlas
