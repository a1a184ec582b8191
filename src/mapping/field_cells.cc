#include "mapping/field_cells.h"

#include "foundation/assert.h"

#include <algorithm>

namespace atlas {

std::vector<CellRef> field_cells(const FieldPlan& field, Side side, std::uint16_t kind) {
  if (side == Side::kPlatform) return field.platform;
  std::vector<CellRef> out;
  for (const std::uint32_t column : field.legacy_by_kind[kind]) out.push_back({0, column});
  return out;
}

bool applies_to(const FieldPlan& field, std::uint16_t kind) {
  return ((field.kinds >> kind) & 1U) != 0;
}

std::string cell_name(const EntityPlan& entity, std::uint16_t kind, const CellRef& cell) {
  const std::string& column = entity.shape(cell.part, kind).columns[cell.column].name;
  return cell.part == 0 ? column : entity.parts[cell.part - 1].alias + "." + column;
}

const Type& cell_type(const EntityPlan& entity, std::uint16_t kind, const CellRef& cell) {
  return entity.shape(cell.part, kind).columns[cell.column].type;
}

Fit mid_of(const FieldPlan& field, Side side, std::span<const Value> cells, Arena& arena,
           Value& mid) {
  ATLAS_ASSERT(field.lens != nullptr, "a reference has no lens");
  mid = Value::null();
  if (!field.lens->handles_null() && std::ranges::all_of(cells, &Value::is_null)) return {};
  return field.lens->get(side, cells, arena, mid);
}

Fit write_mid(const FieldPlan& field, Side side, const Value& mid, bool present, Arena& arena,
              std::span<Value> cells) {
  ATLAS_ASSERT(field.lens != nullptr, "a reference has no lens");
  // What another field wrote into a shared cell is kept in a new row too.
  const bool written = !std::ranges::all_of(cells, &Value::is_null);
  const std::span<const Value> old =
      present || written ? std::span<const Value>(cells) : std::span<const Value>();
  std::vector<Value> made(cells.size());
  const Fit fit = field.lens->put(side, mid, old, arena, made);
  if (fit.ok()) std::ranges::copy(made, cells.begin());
  return fit;
}

}  // namespace atlas
