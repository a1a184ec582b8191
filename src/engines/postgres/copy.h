#pragma once

// COPY in binary form: the rows of one statement, and which inserts may go that way.

#include "endpoint/endpoint.h"
#include "engines/postgres/params.h"

#include <span>
#include <string>
#include <string_view>

namespace atlas::postgres {

// Rows for COPY … FROM STDIN (FORMAT binary). Reusable: clear() keeps the memory.
class CopyRows {
 public:
  CopyRows() { clear(); }

  void clear();
  // Starts a row; exactly `columns` cells follow through cells().
  void row(std::size_t columns);
  CellWriter cells() { return CellWriter(data_); }
  // A cell that fits its column's type.
  void cell(const Type& type, const Value& value);
  // No rows follow.
  void finish();
  // The whole, once finished.
  std::string_view bytes() const { return data_; }

 private:
  std::string data_;
};

// Below so many rows one statement's round trip is all that counts.
inline constexpr std::size_t kCopyRowsMin = 64;

// Whether rows of an insert may be copied straight into their table: nothing rewrites, swallows or
// computes what we send, each cell has its binary form, and what is stored is known without
// reading it back, but for the transaction's own number and clock.
bool can_copy(const WriteGroup& group);
// "copy … from stdin (format binary)"; the stamp comes last where it is `touched`.
std::string copy_sql(const WriteGroup& group);
// Fills `out` with the rows of `group` at `rows`; `touched`: the stamp's binary form, empty where
// it is none of ours.
void copy_rows(const WriteGroup& group, std::span<const std::uint32_t> rows,
               std::string_view touched, CopyRows& out);

}  // namespace atlas::postgres
