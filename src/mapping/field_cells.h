#pragma once

// One field of a compiled plan and its cells: where they are, what they are called, and the way of
// a row's own null through the lens. For what is tried and shown; Mapper does the same for pages.

#include "mapping/plan.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace atlas {

// The field's cells on `side`, in declared order.
std::vector<CellRef> field_cells(const FieldPlan& field, Side side, std::uint16_t kind);
// Whether the field belongs to rows of `kind`.
bool applies_to(const FieldPlan& field, std::uint16_t kind);
// As mappings write it: "name" on legacy, "u.given_name" on the platform.
std::string cell_name(const EntityPlan& entity, std::uint16_t kind, const CellRef& cell);
const Type& cell_type(const EntityPlan& entity, std::uint16_t kind, const CellRef& cell);

// The mid value of the cells of a field that is no reference; nulls alone are null, unless the lens
// has a say.
Fit mid_of(const FieldPlan& field, Side side, std::span<const Value> cells, Arena& arena,
           Value& mid);
// Keep or create. `cells`: what stands there, written by other fields or before; then what is
// written.
//   present  an old row is there
Fit write_mid(const FieldPlan& field, Side side, const Value& mid, bool present, Arena& arena,
              std::span<Value> cells);

}  // namespace atlas
