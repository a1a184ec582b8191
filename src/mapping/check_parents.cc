// Parents that go for good while children of theirs are only marked (ENGINE E26).

#include "mapping/compile_context.h"
#include "mapping/source_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

// A foreign key of all these columns, among others, to the parent's table.
const ForeignKeyInfo* key_to(const TableUse& child, const std::vector<ColumnName>& columns,
                             const TableUse& parent) {
  if (child.endpoint != parent.endpoint) return nullptr;
  const auto covers = [&](const ForeignKeyInfo& key) {
    return key.target == parent.info->table &&
           std::all_of(columns.begin(), columns.end(), [&](const ColumnName& name) {
             return std::find(key.columns.begin(), key.columns.end(), name.column) !=
                    key.columns.end();
           });
  };
  const auto& keys = child.info->foreign_keys;
  const auto it = std::find_if(keys.begin(), keys.end(), covers);
  return it == keys.end() ? nullptr : &*it;
}

void remark(CompileContext& context, const FieldDecl& decl, const TableUse& child,
            const TableUse& parent, const ForeignKeyInfo& key) {
  context.problems.remark(
      Code::kMarkHoldsParent, decl.where,
      fmt::format("rows of {} are removed, those of {} only marked, and foreign key {} is between "
                  "them: a marked row holds its parent (ATB-3016) until it is purged",
                  parent.info->table.text(), child.info->table.text(), key.name),
      "mark the parent as well, or let whoever marks a row clear its reference");
}

}  // namespace

void check_parents(CompileContext& context, const EntityBuild& build) {
  for (std::size_t f = 0; f < build.plan.fields.size(); ++f) {
    const FieldPlan& field = build.plan.fields[f];
    if (!field.ref) continue;
    const FieldDecl& decl = *build.field_decls[f];
    const EntityBuild& parent = context.entities[field.ref->parent.value];
    if (!parent.usable) continue;
    const auto clash = [&](Side side) {
      return parent.plan.liveness[index(side)].kind == DeleteKind::kHard &&
             build.plan.liveness[index(side)].kind == DeleteKind::kSoft;
    };
    for (std::size_t k = 0; clash(Side::kLegacy) && k < build.kind_count(); ++k) {
      if (((field.kinds >> k) & 1U) == 0) continue;
      const TableUse& child = build.legacy[k];
      const TableUse& to = parent.legacy[field.ref->parent_kind];
      if (const ForeignKeyInfo* key = key_to(child, decl.legacy, to))
        remark(context, decl, child, to, *key);
    }
    if (!clash(Side::kPlatform)) continue;
    const TableUse& child = build.platform[field.platform.front().part - 1];
    const TableUse& to = parent.platform.front();
    if (const ForeignKeyInfo* key = key_to(child, decl.platform, to))
      remark(context, decl, child, to, *key);
  }
}

}  // namespace atlas
