#pragma once

// Rows that a unique column tells apart and a field's canonical form does not (MAPPING §4, level
// 4): the other side has room for one of them.

#include "endpoint/endpoint.h"
#include "mapping/plan.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace atlas {

struct Collisions {
  EntityIndex entity;
  std::uint32_t field = 0;
  Side side = Side::kLegacy;
  std::int64_t rows = 0;      // that share their value with another row of this side
  std::string first, second;  // two of them: "users 17"
};

// Counts them for every field whose `count_values` is set, on both sides. Reads these tables whole;
// keeps eight bytes a row. Rows out of scope, nulls, and values that do not map are left out.
//   errors  those of Snapshot::scan
Result<std::vector<Collisions>> count_collisions(
    const Plan& plan,
    const std::function<Result<std::unique_ptr<Endpoint>>(EndpointIndex)>& open_endpoint);

}  // namespace atlas
