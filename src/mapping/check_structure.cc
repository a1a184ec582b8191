#include "mapping/compile_context.h"
#include "mapping/suggest.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

bool disjoint(const KindPlan& a, const KindPlan& b) {
  for (const KindPlan::Condition& x : a.when) {
    for (const KindPlan::Condition& y : b.when) {
      if (x.cell == y.cell && !mid_equal(x.value, y.value)) return true;
    }
  }
  return false;
}

SourcePosition kind_where(const EntityBuild& build, std::size_t kind) {
  const TableDecl& decl = build.decl->legacy[kind];
  if (!decl.when.empty()) return decl.when.front().column.where;
  if (build.decl->kind.where.line > 0) return build.decl->kind.where;
  return decl.name.where;
}

// Platform rows that no kind takes.
void check_gap(CompileContext& context, const EntityBuild& build) {
  if (build.decl->kind.others_ignored) return;
  const CellRef cell = build.plan.kinds.front().when.front().cell;
  const TableUse& root = build.platform.front();
  const std::string column = root.shape->columns[cell.column].name;
  std::vector<std::string> taken;
  for (const KindPlan& kind : build.plan.kinds) {
    if (kind.when.size() != 1 || !(kind.when.front().cell == cell)) return;
    taken.push_back(value_text(kind.when.front().value));
  }
  const std::vector<std::string> known = known_values(root, column);
  if (known.empty()) {
    context.problems.remark(
        Code::kPredicatesOverlap, kind_where(build, 0),
        fmt::format("nothing limits {} to {}: rows with another value stop with a message",
                    root.column_text(column), name_list(taken)),
        "kind: {others: ignore} if they are not ours");
    return;
  }
  std::vector<std::string> open;
  std::copy_if(known.begin(), known.end(), std::back_inserter(open), [&](const std::string& v) {
    return std::find(taken.begin(), taken.end(), v) == taken.end();
  });
  if (open.empty()) return;
  context.problems.refuse(Code::kPredicatesOverlap, kind_where(build, 0),
                          fmt::format("{} can be {}, and no legacy table takes such rows",
                                      root.column_text(column), name_list(open)),
                          "add a table for them, or kind: {others: ignore}");
}

// --- uniqueness ----------------------------------------------------------------------------------

bool scoped(const TableUse& table, const std::string& column) {
  return std::any_of(
      table.shape->scope.begin(), table.shape->scope.end(),
      [&](const ColumnEquals& c) { return table.shape->columns[c.column].name == column; });
}

// A plain unique constraint whose columns, without the scope's, are among `columns`.
bool unique_on(const TableUse& table, const std::vector<std::string>& columns) {
  const auto covered = [&](const std::vector<std::string>& unique) {
    return !unique.empty() && std::all_of(unique.begin(), unique.end(), [&](const std::string& c) {
      return scoped(table, c) || std::find(columns.begin(), columns.end(), c) != columns.end();
    });
  };
  return covered(table.info->primary_key) ||
         std::any_of(table.info->uniques.begin(), table.info->uniques.end(),
                     [&](const UniqueInfo& u) { return u.plain && covered(u.columns); });
}

// Tables and columns of one field, or of several, on both sides.
struct Place {
  const TableUse* table = nullptr;
  std::vector<std::string> columns;
};

std::vector<Place> places_of(const EntityBuild& build, const std::vector<std::size_t>& fields) {
  std::vector<Place> out;
  const auto add = [&](const TableUse& table, const std::string& column) {
    auto it =
        std::find_if(out.begin(), out.end(), [&](const Place& p) { return p.table == &table; });
    if (it == out.end()) it = out.insert(out.end(), Place{&table, {}});
    it->columns.push_back(column);
  };
  for (const std::size_t f : fields) {
    const FieldPlan& field = build.plan.fields[f];
    const FieldDecl& decl = *build.field_decls[f];
    for (std::size_t k = 0; k < build.kind_count(); ++k) {
      if (((field.kinds >> k) & 1U) == 0) continue;
      for (const ColumnName& name : decl.legacy) add(build.legacy[k], name.column);
    }
    for (std::size_t i = 0; i < decl.platform.size(); ++i)
      add(build.platform[field.platform[i].part - 1], decl.platform[i].column);
  }
  return out;
}

void expect_unique(CompileContext& context, const EntityBuild& build,
                   const std::vector<std::size_t>& fields, const SourcePosition& where,
                   const std::string& what) {
  std::string open;
  for (const Place& place : places_of(build, fields)) {
    if (unique_on(*place.table, place.columns)) continue;
    open += fmt::format("{}{} ({})", open.empty() ? "" : ", ", place.table->info->table.text(),
                        name_list(place.columns));
  }
  if (open.empty()) return;
  context.problems.remark(Code::kNotUnique, where,
                          fmt::format("{}, and no unique constraint says so on {}", what, open));
}

void check_canon(CompileContext& context, const EntityBuild& build, std::size_t f) {
  const FieldDecl& decl = *build.field_decls[f];
  if (decl.canon.empty()) return;
  for (const Place& place : places_of(build, {f})) {
    if (!unique_on(*place.table, place.columns)) continue;
    std::string forms;
    for (const Canon canon : decl.canon)
      forms += (forms.empty() ? "" : ", ") + std::string(canon_name(canon));
    context.problems.remark(
        Code::kUniqueWeakened, decl.where,
        fmt::format("{} is unique, and two values that differ only by {} are one here",
                    place.table->column_text(place.columns.front()), forms),
        "the second of two such rows is quarantined until one of them is corrected");
    return;
  }
}

// Several codes become one text, and that text is unique on the platform.
void check_fold(CompileContext& context, const EntityBuild& build, std::size_t f) {
  const FieldDecl& decl = *build.field_decls[f];
  const auto* op = std::get_if<EnumOp>(&decl.op);
  if (op == nullptr || decl.direction == Direction::kToLegacy) return;
  std::vector<std::string> texts;
  for (const auto& [code, text] : op->codes) texts.push_back(text);
  std::sort(texts.begin(), texts.end());
  const bool folds =
      op->otherwise.has_value() || std::adjacent_find(texts.begin(), texts.end()) != texts.end();
  for (const Place& place : places_of(build, {f})) {
    if (!folds || place.table->side != Side::kPlatform || !unique_on(*place.table, place.columns))
      continue;
    context.problems.refuse(Code::kUniqueWeakened, decl.where,
                            fmt::format("several codes become one value, and {} is unique",
                                        place.table->column_text(place.columns.front())),
                            "give every code a value of its own, or drop the constraint");
  }
}

// Whether rows that differ on one side may be too many for a unique constraint of the other:
// values meet in a canonical form or from several tables, or only one side has the constraint.
bool may_collide(const EntityBuild& build, std::size_t f) {
  if (build.plan.fields[f].lens == nullptr) return false;
  const std::vector<Place> places = places_of(build, {f});
  const auto unique = std::ranges::count_if(
      places, [](const Place& place) { return unique_on(*place.table, place.columns); });
  return unique > 0 && (!build.field_decls[f]->canon.empty() || build.kind_count() > 1 ||
                        unique < std::ssize(places));
}

}  // namespace

void check_kinds(CompileContext& context, EntityBuild& build) {
  if (build.kind_count() < 2 || build.kinds_refused) return;
  bool clear = true;
  for (std::size_t b = 1; b < build.kind_count(); ++b) {
    for (std::size_t a = 0; a < b; ++a) {
      if (disjoint(build.plan.kinds[a], build.plan.kinds[b])) continue;
      clear = false;
      const bool none = build.plan.kinds[b].when.empty();
      context.problems.refuse(
          Code::kPredicatesOverlap, kind_where(build, none ? b : std::max(a, b)),
          fmt::format("a platform row can be of kind {} and of kind {}", build.plan.kinds[a].name,
                      build.plan.kinds[b].name),
          fmt::format(
              "tell them apart by a column: kind: {{column: {}.kind, values: {{{}: …, {}: …}}}}",
              build.platform.front().decl->name.text, build.plan.kinds[a].name,
              build.plan.kinds[b].name));
    }
  }
  if (clear) check_gap(context, build);
}

void check_uniques(CompileContext& context, EntityBuild& build) {
  std::vector<std::size_t> matched;
  for (std::size_t f = 0; f < build.plan.fields.size(); ++f) {
    build.plan.fields[f].count_values = may_collide(build, f);
    if (build.plan.fields[f].in_match) matched.push_back(f);
    if (build.field_decls[f]->unique && !build.plan.fields[f].in_match)
      expect_unique(context, build, {f}, build.field_decls[f]->where,
                    fmt::format("`{}` is declared unique", build.field_decls[f]->name));
    check_canon(context, build, f);
    check_fold(context, build, f);
  }
  if (!matched.empty())
    expect_unique(context, build, matched, build.decl->match.front().where,
                  "`match` needs one row of a value");
}

}  // namespace atlas
