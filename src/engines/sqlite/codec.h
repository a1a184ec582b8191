#pragma once

// Cells: from SQLite's storage to values by the column's type, and back.

#include "engines/sqlite/connection.h"
#include "foundation/result.h"
#include "model/arena.h"
#include "model/type.h"
#include "model/value.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace atlas::sqlite {

// The cell as a value of `type`. What is not of the type comes as Tag::kOther with the stored text,
// for the mapping to quarantine.
Value read_cell(const Query& query, int column, const Type& type, Arena& arena);
// The same for a key column: kOther as well where looking the value up would not find the stored
// spelling.
Value read_key_cell(const Query& query, int column, const Type& type, Arena& arena);

// Binds a value in the spelling that we store; text is kept alive in `arena`. False when SQLite has
// no such value (NaN).
bool bind_cell(Query& query, int parameter, const Value& value, Arena& arena);

// Folds the cells of one row into a hash that tells types and contents apart. Reusable.
class RowHash {
 public:
  void start() { bytes_.clear(); }
  void add(const Query& query, int column);
  // Never 0.
  std::uint64_t finish() const;

 private:
  std::string bytes_;
};

}  // namespace atlas::sqlite
