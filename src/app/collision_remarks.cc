#include "app/collision_remarks.h"

#include "mapping/document.h"
#include "verify/collisions.h"

#include <fmt/format.h>

namespace atlas::app {

Result<std::vector<Problem>> collision_remarks(
    const Document& document, const Plan& plan,
    const std::function<Result<std::unique_ptr<Endpoint>>(EndpointIndex)>& open_endpoint) {
  ATLAS_TRY(const std::vector<Collisions> found, count_collisions(plan, open_endpoint));
  ProblemList remarks(document.source);
  for (const Collisions& one : found) {
    const FieldPlan& field = plan.entities[one.entity.value].fields[one.field];
    remarks.remark(Code::kUniqueWeakened, field.where,
                   fmt::format("{} rows of {} have a value of `{}` that another one has too, the "
                               "first of them {} and {}",
                               one.rows, side_name(one.side), field.name, one.first, one.second),
                   "correct them: one of each value can be synced, the others are quarantined");
  }
  return remarks.take();
}

}  // namespace atlas::app
