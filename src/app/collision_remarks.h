#pragma once

#include "endpoint/endpoint.h"
#include "mapping/compile.h"

#include <functional>
#include <memory>
#include <vector>

namespace atlas::app {

// What `check` says of rows that are too many for a unique column of the other side (MAPPING §4,
// level 4), a remark a field and side. Reads whole tables where there are such fields.
//   errors  those of verify/collisions.h
Result<std::vector<Problem>> collision_remarks(
    const Document& document, const Plan& plan,
    const std::function<Result<std::unique_ptr<Endpoint>>(EndpointIndex)>& open_endpoint);

}  // namespace atlas::app
