#pragma once

// What an SQLSTATE means for us. The one table is in classify.cc; docs and tests read it.

#include "foundation/error_codes.h"

#include <string_view>

namespace atlas::postgres {

// Where an error was raised, as far as the server tells without its (localised, value-bearing)
// texts.
struct ErrorSource {
  std::string_view function;  // the server's C function, PG_DIAG_SOURCE_FUNCTION
  bool in_function = false;   // raised inside a PL or SQL function: a trigger's own error
};

// Total: SQLSTATEs that the server does not know are a trigger's own.
Code classify(std::string_view sqlstate, const ErrorSource& source = {});

}  // namespace atlas::postgres
