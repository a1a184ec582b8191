#pragma once

#include "app/wiring.h"
#include "endpoint/endpoint.h"

#include <vector>

namespace atlas::app {

// What doctor concludes from catalogs, without asking a database. Pure.

// Capture grade, stamp column and its index, triggers and cascades of every table of endpoint
// `index` that the plan captures from or writes to.
std::vector<Finding> table_findings(const Plan& plan, EndpointIndex index,
                                    const std::vector<TableInfo>& tables);

// A database's clock against this machine's, and the two sides against each other (ENGINE E18).
//   offset  the database's clock minus ours; `noise`: half of the round trip that measured it
Finding clock_finding(Micros offset, Micros noise);
Finding side_clock_finding(Micros platform_minus_legacy, Micros noise);

}  // namespace atlas::app
