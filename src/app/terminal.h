#pragma once

#include "foundation/error_codes.h"
#include "foundation/result.h"

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>

namespace atlas::app {

enum class Style : std::uint8_t { kPlain, kBold, kDim, kGood, kWarn, kBad };

// Where a command writes: data to `out`, everything else to `err`.
struct Terminal {
  std::ostream& out;
  std::ostream& err;
  bool out_colour = false;
  bool err_colour = false;
  bool live = false;      // a person watches `err`: progress is redrawn in place
  std::size_t width = 0;  // columns of `out`; 0: not a terminal, nothing is wrapped
};

// Standard output and error of the process. Colours on terminals only, and never with NO_COLOR.
Terminal process_terminal();

// `text` in a style, or as it is.
std::string styled(std::string_view text, Style style, bool colour);
// Text from outside on one line: control characters are escaped, so that no row value can move
// the cursor or forge a line.
std::string one_line(std::string_view text);
// Columns the text takes: one a code point, none a combining mark.
std::size_t columns_of(std::string_view text);
// "1,234,567".
std::string grouped(std::int64_t number);
// "1 user", "2 users".
std::string counted(std::int64_t number, std::string_view singular, std::string_view plural = {});

// Prints the error's text on `err`.
void print_error(Terminal& terminal, const Error& error);
// One dim line on `err`.
void remark(Terminal& terminal, std::string_view line);

}  // namespace atlas::app
