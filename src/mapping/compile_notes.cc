#include "mapping/compile_context.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

void constant_note(CompileContext& context, EntityBuild& build, const NoteDecl& note,
                   std::uint32_t part, std::size_t kind) {
  TableUse& table = build.table(part, kind);
  const auto column = use_column(context, table, note.column.column, note.column.where);
  if (!column) return;
  const ColumnInfo& info = *column_info(table, note.column.column);
  const auto value = typed_constant(context, note.value, table, info);
  if (!value) return;
  const bool always = note.kind == NoteKind::kConst;
  table.writers.push_back({.column = note.column.column,
                           .what = always ? "`const`" : "`create`",
                           .where = note.column.where,
                           .on_insert_only = !always});
  const ConstantCell cell{.cell = {part, *column},
                          .value = *value,
                          .on_update = always,
                          .now = note.value.kind == Literal::Kind::kNow};
  if (part == 0)
    build.plan.kinds[kind].constants.push_back(cell);
  else
    build.plan.platform_constants.push_back(cell);
}

void compile_note(CompileContext& context, EntityBuild& build, const NoteDecl& note,
                  std::uint32_t part, std::size_t kind) {
  TableUse& table = build.table(part, kind);
  if (note.kind == NoteKind::kCreate || note.kind == NoteKind::kConst) {
    constant_note(context, build, note, part, kind);
  } else if (column_info(table, note.column.column) == nullptr) {
    report_missing_column(context, table, note.column.column, note.column.where);
  } else {
    context.account(table, note.column.column);
  }
}

// Whether a field writes the whole cell in rows of `kind`.
bool written_by_field(const EntityBuild& build, const ConstantCell& constant, std::size_t kind) {
  const TableUse& table = build.platform[constant.cell.part - 1];
  const std::string& column = table.shape->columns[constant.cell.column].name;
  return std::any_of(table.writers.begin(), table.writers.end(), [&](const Writer& w) {
    return w.is_field && w.column == column && w.path.empty() && ((w.kinds >> kind) & 1U) != 0;
  });
}

}  // namespace

void spread_creates(EntityBuild& build) {
  std::vector<ConstantCell> every_kind;
  for (const ConstantCell& constant : build.plan.platform_constants) {
    std::vector<std::size_t> kinds;
    for (std::size_t k = 0; k < build.kind_count(); ++k) {
      if (constant.on_update || !written_by_field(build, constant, k)) kinds.push_back(k);
    }
    if (kinds.size() == build.kind_count()) {
      every_kind.push_back(constant);
      continue;
    }
    for (const std::size_t k : kinds) build.plan.kinds[k].platform_constants.push_back(constant);
  }
  build.plan.platform_constants = std::move(every_kind);
}

void compile_notes(CompileContext& context, EntityBuild& build) {
  for (const NoteDecl& note : build.decl->notes[index(Side::kPlatform)]) {
    if (const auto part = build.part_index(note.column.qualifier)) {
      compile_note(context, build, note, static_cast<std::uint32_t>(*part + 1), 0);
    }
  }
  for (const NoteDecl& note : build.decl->notes[index(Side::kLegacy)]) {
    bool found = false;
    for (std::size_t k = 0; k < build.legacy.size(); ++k) {
      const bool named = note.column.qualifier == build.legacy[k].decl->name.text;
      // Without a table: every table that has the column.
      const bool any = note.column.qualifier.empty() &&
                       column_info(build.legacy[k], note.column.column) != nullptr;
      if (!named && !any) continue;
      found = true;
      compile_note(context, build, note, 0, k);
    }
    if (!found)
      report_missing_column(context, build.legacy.front(), note.column.column, note.column.where);
  }
}

}  // namespace atlas
