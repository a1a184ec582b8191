#pragma once

#include "mapping/compile.h"
#include "mapping/document.h"

namespace atlas {

// Runs the mapping's own cases against the compiled plan; each that fails is a problem with what
// was expected and what was found: values of the mapping's author, not of rows.
void check_tests(const Document& document, const Plan& plan, ProblemList& problems);

}  // namespace atlas
