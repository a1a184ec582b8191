#pragma once

// Numbers of every tag (integer, decimal, float) as one kind of mid value, and their exact way into
// a column. A float stands for its shortest decimal text, as in hashing.h.

#include "mapping/lens.h"

#include <string_view>

namespace atlas {

bool is_number(Tag tag);
// Equal in meaning; both must be numbers.
bool numbers_equal(const Value& a, const Value& b);
// Order by value; NaN is greater than everything, like in PostgreSQL.
int compare_numbers(const Value& a, const Value& b);
// Reads a number's spelling: kInt or kDecimal. Exponents unfold; NaN and the infinities are taken.
Fit read_number(std::string_view text, Arena& arena, Value& out);

// Into a column, exactly or not at all.
Fit write_integer(const Value& number, TypeKind kind, Value& out);
// size and scale as in Type; size 0 is unlimited. The text gets exactly `scale` places.
Fit write_numeric(const Value& number, int size, int scale, Arena& arena, Value& out);
// float4 or float8.
Fit write_float(const Value& number, TypeKind kind, Value& out);
// A spelling for text and JSON: a float's shortest where that means the same number. NaN and the
// infinities have one too.
std::string_view number_spelling(const Value& number, Arena& arena);
// Shortest plain decimal text of a finite number; kNotFinite otherwise.
Fit plain_number(const Value& number, Arena& arena, std::string_view& out);

}  // namespace atlas
