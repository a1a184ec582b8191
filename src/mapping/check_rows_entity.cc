// Level 6 of `check`, for all fields of an entity: their cells out of its rows, their names and
// what is private.

#include "mapping/check_rows.h"
#include "mapping/document.h"

#include <algorithm>

namespace atlas {
namespace {

bool applies(const FieldPlan& field, std::size_t kind) { return ((field.kinds >> kind) & 1U) != 0; }

bool noted_private(const std::vector<NoteDecl>& notes, std::string_view table,
                   std::string_view column) {
  return std::ranges::any_of(notes, [&](const NoteDecl& note) {
    return note.kind == NoteKind::kPrivate && note.column.column == column &&
           (note.column.qualifier.empty() || note.column.qualifier == table);
  });
}

std::vector<FieldColumns::Column> legacy_columns(const EntityDecl& decl, const EntityPlan& entity,
                                                 const FieldPlan& field) {
  std::vector<FieldColumns::Column> out;
  for (std::size_t kind = 0; kind < entity.kinds.size(); ++kind) {
    if (!applies(field, kind)) continue;
    const auto& columns = field.legacy_by_kind[kind];
    out.resize(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string& name = entity.kinds[kind].shape.columns[columns[i]].name;
      out[i].name = name;
      out[i].hidden |=
          noted_private(decl.notes[index(Side::kLegacy)], entity.kinds[kind].name, name);
    }
  }
  return out;
}

}  // namespace

FieldColumns field_columns(const Document& document, const EntityPlan& entity,
                           const FieldPlan& field) {
  FieldColumns out;
  const EntityDecl& decl = *document.entity(entity.name);
  auto& legacy = out.of[index(Side::kLegacy)];
  legacy = legacy_columns(decl, entity, field);
  for (const CellRef& cell : field.platform) {
    const PartPlan& part = entity.parts[cell.part - 1];
    const std::string& name = part.shape.columns[cell.column].name;
    out.of[index(Side::kPlatform)].push_back(
        {part.alias + "." + name,
         noted_private(decl.notes[index(Side::kPlatform)], part.alias, name)});
  }
  const std::string_view op = field.lens->name();
  if (op == "mask" || op == "hash") {
    for (FieldColumns::Column& column : legacy) column.hidden = true;
  }
  return out;
}

EntityTrial::EntityTrial(const Document& document, const EntityPlan& entity)
    : entity_(entity), mapper_(entity, hasher_) {
  for (const FieldPlan& field : entity.fields) {
    if (field.ref)
      fields_.emplace_back();
    else
      fields_.emplace_back(FieldTrial(field, field_columns(document, entity, field)));
  }
}

void EntityTrial::instance(Side side, const InstanceRows& rows, std::string_view key) {
  const bool live = !mapper_.dead(side, rows);
  std::vector<Value> cells;
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    const FieldPlan& field = entity_.fields[f];
    if (!fields_[f] || !applies(field, rows.kind)) continue;
    cells.clear();
    bool present = true;
    const auto take = [&](std::span<const Value> row, std::uint32_t column) {
      present = present && !row.empty();
      if (present) cells.push_back(row[column]);
    };
    if (side == Side::kLegacy) {
      for (const std::uint32_t column : field.legacy_by_kind[rows.kind]) take(rows.rows[0], column);
    } else {
      for (const CellRef& cell : field.platform) take(rows.rows[cell.part], cell.column);
    }
    if (present) fields_[f]->row(side, cells, key, live);
  }
}

const FieldTrial* EntityTrial::field(std::size_t index) const {
  return fields_[index] ? &*fields_[index] : nullptr;
}

}  // namespace atlas
