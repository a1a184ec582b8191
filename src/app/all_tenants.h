#pragma once

#include "app/verb.h"

namespace atlas::app {

// Does `action` for every tenant of the mapping's folder, in the order of names, common.parallel of
// them at a time. What each prints comes in one piece under its name; with JSON, one list. One that
// fails stops no other. Gives the gravest exit code.
//   errors  kNotFound when there are no tenants
Result<ExitCode> for_all_tenants(const Action& action, const CommonOptions& common,
                                 Terminal& terminal);

}  // namespace atlas::app
