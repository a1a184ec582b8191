#pragma once

// Which type a column's declaration means here. SQLite keeps any value in any column; the name that
// a column was declared with tells what the application means by it.

#include "model/type.h"

#include <string_view>

namespace atlas::sqlite {

// What SQLite tries to turn a stored value into (https://sqlite.org/datatype3.html, 3.1).
enum class Affinity : std::uint8_t { kText, kNumeric, kInteger, kReal, kBlob };

Affinity affinity_of(std::string_view declared);
// "uuid_text" is a uuid, "decimal_text(10,2)" a numeric(10,2), "INTEGER" an int8. The whole table
// is in README.md.
Type type_of(std::string_view declared);

}  // namespace atlas::sqlite
