#pragma once

#include "endpoint/endpoint.h"
#include "mapping/compile.h"

#include <functional>
#include <memory>
#include <vector>

namespace atlas::app {

// Level 6 of `check`: the laws of every field, tried on rows of both sides. A field that loses what
// a row holds is refused (kEditLost); rows that will be quarantined are remarks, one for each
// field, side and reason. Fills in what `reports`, those of the plan's fields, say of it.
//   full    all rows, else about 2,000 of an entity and side
//   errors  those of verify/row_walk.h
Result<std::vector<Problem>> row_remarks(
    const Document& document, const Plan& plan, bool full, std::vector<FieldReport>& reports,
    const std::function<Result<std::unique_ptr<Endpoint>>(EndpointIndex)>& open_endpoint);

}  // namespace atlas::app
