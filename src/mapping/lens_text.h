#pragma once

// Text as columns hold it: valid UTF-8 without U+0000, counted in characters, char(n) padded.

#include "mapping/lens.h"
#include "model/arena.h"

#include <cstddef>
#include <string_view>

namespace atlas {

// Whether PostgreSQL can hold `text`.
Fit check_text(std::string_view text);
// Characters (code points) of valid UTF-8.
std::size_t text_length(std::string_view text);
// Without the spaces at the end, which char(n) does not count.
std::string_view without_padding(std::string_view text);
// With spaces up to `characters`; `length` is the text's own. Gives `text` back when nothing is
// missing.
std::string_view with_padding(std::string_view text, std::size_t length, std::size_t characters,
                              Arena& arena);

}  // namespace atlas
