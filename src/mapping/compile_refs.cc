#include "mapping/compile_context.h"
#include "mapping/suggest.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

// Types whose values encode to equal keys when they are equal.
bool same_key_type(const Type& a, const Type& b) {
  if (is_integer(a.kind) && is_integer(b.kind)) return true;
  const auto text = [](const Type& t) {
    return t.kind == TypeKind::kText || t.kind == TypeKind::kVarchar || t.kind == TypeKind::kEnum;
  };
  if (text(a) && text(b)) return true;
  return a.kind == b.kind;
}

struct RefSide {
  Side side;
  const TableUse* child = nullptr;
  const TableUse* parent = nullptr;
  const std::vector<ColumnName>* columns = nullptr;
};

// The parent's key columns in order: from the field, or a constant of the parent's scope where the
// field has too few columns.
std::vector<RefComponent> components(CompileContext& context, const RefSide& ref,
                                     const FieldDecl& decl) {
  std::vector<RefComponent> out;
  const TableShape& shape = *ref.parent->shape;
  const bool whole = ref.columns->size() == ref.parent->key.size();
  std::int32_t next = 0;
  for (const std::uint32_t key : shape.key) {
    const auto scope = std::find_if(shape.scope.begin(), shape.scope.end(),
                                    [&](const ColumnEquals& c) { return c.column == key; });
    if (!whole && scope != shape.scope.end())
      out.push_back({.column = -1, .constant = scope->value});
    else
      out.push_back({.column = next++, .constant = {}});
  }
  if (static_cast<std::size_t>(next) != ref.columns->size()) {
    context.problems.refuse(
        Code::kKeyUnsupported, decl.where,
        fmt::format("the {} side of `{}` has {} columns, and the key of {} is ({})",
                    side_name(ref.side), decl.line, ref.columns->size(), ref.parent->text(),
                    name_list(ref.parent->key)),
        "name one column for every key column that the parent's scope does not fix");
    return {};
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i].column < 0) continue;
    const ColumnName& name = (*ref.columns)[static_cast<std::size_t>(out[i].column)];
    const Type& child = column_info(*ref.child, name.column)->type;
    const Type& parent = column_info(*ref.parent, ref.parent->key[i])->type;
    if (same_key_type(child, parent)) continue;
    context.problems.refuse(
        Code::kTypeMismatch, name.where,
        fmt::format("{} is {} and refers to {}, which is {}", ref.child->column_text(name.column),
                    child.name, ref.parent->column_text(ref.parent->key[i]), parent.name));
  }
  return out;
}

}  // namespace

void compile_ref(CompileContext& context, EntityBuild& build, const FieldDecl& decl,
                 FieldPlan& field) {
  const RefDecl& ref = *decl.ref;
  const auto it =
      std::find_if(context.entities.begin(), context.entities.end(),
                   [&](const EntityBuild& e) { return e.decl->name.text == ref.entity; });
  RefPlan plan;
  plan.on_missing = ref.on_missing;
  plan.defer = ref.defer;
  if (it != context.entities.end() && it->usable) {
    plan.parent = it->plan.index;
    const std::size_t kind = it->kind_index(ref.kind).value_or(0);
    plan.parent_kind = static_cast<std::uint16_t>(kind);
    for (const auto* columns : {&decl.legacy, &decl.platform}) {
      for (const ColumnName& name : *columns) {
        if (!name.path.empty())
          context.problems.refuse(Code::kFieldSyntax, name.where,
                                  "a reference cannot be inside a JSON document");
      }
    }
    for (std::size_t k = 0; k < build.kind_count(); ++k) {
      if (((field.kinds >> k) & 1U) == 0) continue;
      plan.legacy_key = components(
          context, {Side::kLegacy, &build.legacy[k], &it->legacy[kind], &decl.legacy}, decl);
    }
    const TableUse& child = build.platform[field.platform.front().part - 1];
    const bool one_part =
        std::all_of(field.platform.begin(), field.platform.end(),
                    [&](const CellRef& c) { return c.part == field.platform.front().part; });
    if (!one_part)
      context.problems.refuse(Code::kFieldSyntax, decl.where,
                              "a reference's platform columns are in one table");
    else
      plan.platform_key = components(
          context, {Side::kPlatform, &child, &it->platform.front(), &decl.platform}, decl);
  }
  field.ref = std::move(plan);
}

}  // namespace atlas
