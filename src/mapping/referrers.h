#pragma once

// Who refers to an entity's rows, on either side and in any database (ENGINE E26).

#include "mapping/plan.h"

#include <vector>

namespace atlas {

// Fills EntityPlan::referrers from the references of all entities.
void find_referrers(Plan& plan);
// Adds what foreign keys say: whose dead rows hold a row of the entity as well; and the tables,
// mapped or not, whose foreign keys would act when a row of the entity is deleted: cascades never
// do our work.
//   catalogs  by EndpointIndex; tables in any order
void add_foreign_keys(Plan& plan, const std::vector<std::vector<TableInfo>>& catalogs);

}  // namespace atlas
