#pragma once

// What a SQLite result code means for us. The one table is in classify.cc.

#include "foundation/error_codes.h"

#include <string_view>

namespace atlas::sqlite {

// `extended`: an extended result code. `message`: SQLite's own text, which names tables and
// columns, never values. `damaged`: what a damaged file is called here.
Code classify(int extended, std::string_view message, Code damaged);

// What constraint_of says of a foreign key.
inline constexpr std::string_view kForeignKey = "FOREIGN KEY";

// "users.tenant_id, users.email" of "UNIQUE constraint failed: users.tenant_id, users.email"; empty
// when none is named.
std::string_view constraint_of(std::string_view message);

}  // namespace atlas::sqlite
