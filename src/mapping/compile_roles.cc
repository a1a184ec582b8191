#include "mapping/compile_context.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

// --- scope ---------------------------------------------------------------------------------------

void scope_row(CompileContext& context, EntityBuild& build, const Equality& row, std::uint32_t part,
               std::size_t kind) {
  TableUse& table = build.table(part, kind);
  const auto column = use_column(context, table, row.column.column, row.column.where);
  if (!column) return;
  const auto value =
      typed_constant(context, row.value, table, *column_info(table, row.column.column));
  if (!value) return;
  const auto twice = std::any_of(table.shape->scope.begin(), table.shape->scope.end(),
                                 [&](const ColumnEquals& c) { return c.column == *column; });
  if (twice) {
    context.problems.refuse(
        Code::kPredicatesOverlap, row.column.where,
        fmt::format("the scope gives {} two values", table.column_text(row.column.column)));
    return;
  }
  table.shape->scope.push_back({*column, *value});
  table.writers.push_back({.column = row.column.column,
                           .what = "the scope",
                           .where = row.column.where,
                           .on_insert_only = true});
  const ConstantCell cell{.cell = {part, *column}, .value = *value};
  if (part == 0)
    build.plan.kinds[kind].constants.push_back(cell);
  else
    build.plan.platform_constants.push_back(cell);
}

void compile_scope(CompileContext& context, EntityBuild& build, Side side) {
  const bool legacy = side == Side::kLegacy;
  std::vector<TableUse>& tables = legacy ? build.legacy : build.platform;
  for (const Equality& row : build.decl->scope[index(side)].rows) {
    for (std::size_t i = 0; i < tables.size(); ++i) {
      TableUse& table = tables[i];
      const std::string& qualifier = row.column.qualifier;
      if (!qualifier.empty() && qualifier != table.decl->name.text) continue;
      const bool root = legacy || i == 0;
      if (qualifier.empty() && !root && column_info(table, row.column.column) == nullptr) {
        context.problems.remark(
            Code::kScopeWide, table.decl->name.where,
            fmt::format(
                "{} has no column `{}`: the scope does not limit its scans, only those of {}",
                table.text(), row.column.column, build.platform.front().decl->name.text));
        continue;
      }
      if (qualifier.empty() && column_info(table, row.column.column) == nullptr) {
        context.problems.refuse(
            Code::kColumnMissing, table.decl->name.where,
            fmt::format("{} has no column `{}`, which the scope compares", table.text(),
                        row.column.column),
            fmt::format(
                "give the entity its own: scope: {{{}: all}}, or {{{}: \"{}.column == …\"}}",
                side_name(side), side_name(side), table.decl->name.text));
        continue;
      }
      scope_row(context, build, row, legacy ? 0 : static_cast<std::uint32_t>(i + 1),
                legacy ? i : 0);
    }
  }
}

// --- kinds ---------------------------------------------------------------------------------------

// One condition on a platform row of a kind: it selects rows, and is written when such a row is
// created.
void kind_condition(CompileContext& context, EntityBuild& build, std::size_t kind,
                    const ColumnName& name, const Literal& literal) {
  const auto part = build.part_index(name.qualifier);
  if (!part) return;
  if (*part != 0) {
    context.problems.refuse(
        Code::kPredicatesOverlap, name.where,
        fmt::format("`{}` is not in the first platform table", name.text()),
        fmt::format("only columns of {} tell kinds apart: every instance has a row there",
                    build.platform.front().decl->name.text));
    return;
  }
  TableUse& table = build.platform[0];
  const auto column = use_column(context, table, name.column, name.where);
  if (!column) return;
  const auto value = typed_constant(context, literal, table, *column_info(table, name.column));
  if (!value) return;
  KindPlan& plan = build.plan.kinds[kind];
  for (const KindPlan::Condition& other : plan.when) {
    if (other.cell.column != *column) continue;
    if (!mid_equal(other.value, *value)) {
      context.problems.refuse(Code::kPredicatesOverlap, name.where,
                              fmt::format("`when` and `kind` give {} two values for {}",
                                          table.column_text(name.column), plan.name),
                              "let both say the same, or remove one");
    }
    return;
  }
  plan.when.push_back({{1, *column}, *value});
  plan.platform_constants.push_back({.cell = {1, *column}, .value = *value});
  table.writers.push_back({.column = name.column,
                           .kinds = std::uint64_t{1} << kind,
                           .what = "the kind",
                           .where = name.where,
                           .on_insert_only = true});
}

void compile_kinds(CompileContext& context, EntityBuild& build) {
  const std::size_t before = context.problems.fatal_count();
  for (std::size_t k = 0; k < build.legacy.size(); ++k) {
    for (const Equality& row : build.legacy[k].decl->when)
      kind_condition(context, build, k, row.column, row.value);
  }
  const KindDecl& kind = build.decl->kind;
  build.kinds_refused = context.problems.fatal_count() > before;
  const auto part = kind.column ? build.part_index(kind.column->qualifier) : std::nullopt;
  if (!part) return;
  const ColumnInfo* info = column_info(build.platform[*part], kind.column->column);
  if (info == nullptr) {
    build.kinds_refused = true;
    report_missing_column(context, build.platform[*part], kind.column->column, kind.column->where);
    return;
  }
  for (const auto& [name, value] : kind.values) {
    const auto position = build.kind_index(name.text);
    if (!position) continue;
    Literal literal{Literal::Kind::kText, value.text, value.where};
    // `values: {users: 1}` on an integer column: scalars have the column's type.
    if (info->type.kind == TypeKind::kBool) literal.kind = Literal::Kind::kBool;
    if (is_integer(info->type.kind) || info->type.kind == TypeKind::kNumeric) {
      literal.kind = Literal::Kind::kNumber;
    }
    ColumnName column = *kind.column;
    column.where = value.where;
    kind_condition(context, build, *position, column, literal);
  }
  build.kinds_refused = context.problems.fatal_count() > before;
}

// --- stamps --------------------------------------------------------------------------------------

void stamp_column(CompileContext& context, EntityBuild& build, TableUse& table,
                  const ColumnName& name) {
  const StampDecl& decl = build.decl->stamp;
  const auto column = use_column(context, table, name.column, name.where);
  if (!column) return;
  const ColumnInfo& info = *column_info(table, name.column);
  if (table.shape->stamp) {
    context.problems.refuse(Code::kStampMissing, name.where,
                            fmt::format("{} has two stamp columns", table.text()),
                            "keep the one that every writer sets");
    return;
  }
  if (!is_stamp(info.type.kind)) {
    context.problems.refuse(Code::kStampMissing, name.where,
                            fmt::format("{} is {}; a stamp is a timestamp",
                                        table.column_text(name.column), info.type.name));
    return;
  }
  table.shape->stamp = *column;
  table.writers.push_back({.column = name.column, .what = "the stamp", .where = name.where});
  if (!info.not_null) {
    context.problems.remark(Code::kStampMissing, name.where,
                            fmt::format("{} may be null: such rows are found by reconcile only",
                                        table.column_text(name.column)));
  }
  if (info.type.kind == TypeKind::kTimestamp && !decl.zone_given) {
    context.problems.remark(
        Code::kStampMissing, name.where,
        fmt::format("{} has no zone and is read as UTC", table.column_text(name.column)),
        "name the zone its writers use: stamp: {tz: Europe/Berlin}");
  }
  if (decl.preserve && table.info->has_before_triggers()) {
    context.problems.refuse(
        Code::kStampOverwritten, decl.where,
        fmt::format("{} has BEFORE triggers, which may set {}", table.text(), name.column));
  }
}

void compile_stamps(CompileContext& context, EntityBuild& build) {
  const StampDecl& decl = build.decl->stamp;
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    std::vector<TableUse>& tables = side == Side::kLegacy ? build.legacy : build.platform;
    for (const ColumnName& name : side == Side::kLegacy ? decl.legacy : decl.platform) {
      for (TableUse& table : tables) {
        if (name.qualifier.empty() || name.qualifier == table.decl->name.text)
          stamp_column(context, build, table, name);
      }
    }
    for (const TableUse& table : tables) {
      if (table.shape->stamp || context.problems.fatal()) continue;
      context.problems.remark(Code::kStampMissing, table.decl->name.where,
                              fmt::format("{} has no stamp: its changes are found by reconcile "
                                          "only, and `newest` cannot see them",
                                          table.text()),
                              fmt::format("stamp: {{{}: updated_at}}", side_name(side)));
    }
  }
  build.plan.preserve_stamp = decl.preserve;
}

// --- liveness ------------------------------------------------------------------------------------

bool can_be_flag(const Type& type) {
  return type.kind == TypeKind::kBool || type.kind == TypeKind::kDate || is_integer(type.kind) ||
         is_stamp(type.kind);
}

void flag_column(CompileContext& context, TableUse& table, std::uint32_t part,
                 const ColumnName& name, LivenessPlan& live) {
  const auto column = use_column(context, table, name.column, name.where);
  if (!column) return;
  live.flag.push_back({part, *column});
  table.writers.push_back({.column = name.column, .what = "`delete`", .where = name.where});
  const ColumnInfo& info = *column_info(table, name.column);
  if (!can_be_flag(info.type)) {
    context.problems.refuse(
        Code::kTypeMismatch, name.where,
        fmt::format("{} is {}; a delete flag is a timestamp, a date, a boolean or an integer",
                    table.column_text(name.column), info.type.name));
    return;
  }
  const bool number = info.type.kind == TypeKind::kBool || is_integer(info.type.kind);
  if (!number && info.not_null) {
    context.problems.refuse(
        Code::kNullMismatch, name.where,
        fmt::format("{} is NOT NULL, and null means alive", table.column_text(name.column)),
        "make the column nullable, or use another flag");
  }
}

void compile_liveness(CompileContext& context, EntityBuild& build, Side side) {
  const DeleteDecl& decl = build.decl->deletes[index(side)];
  LivenessPlan& live = build.plan.liveness[index(side)];
  live.kind = decl.kind;
  live.zone = build.decl->stamp.zone;
  if (decl.kind == DeleteKind::kNone && decl.where.line == 0) {
    context.problems.remark(
        Code::kDeletesIgnored, build.decl->name.where,
        fmt::format("`{}` says nothing about deletes on the {} side: they are not followed",
                    build.decl->name.text, side_name(side)),
        fmt::format("delete: {{{}: hard}}, {{{}: {{soft: column}}}} or none", side_name(side),
                    side_name(side)));
  }
  if (!decl.flag) return;
  if (side == Side::kPlatform) {
    if (const auto part = build.part_index(decl.flag->qualifier)) {
      flag_column(context, build.platform[*part], static_cast<std::uint32_t>(*part + 1), *decl.flag,
                  live);
    }
    return;
  }
  for (TableUse& table : build.legacy) flag_column(context, table, 0, *decl.flag, live);
}

}  // namespace

void compile_roles(CompileContext& context, EntityBuild& build) {
  compile_scope(context, build, Side::kLegacy);
  compile_scope(context, build, Side::kPlatform);
  compile_kinds(context, build);
  compile_stamps(context, build);
  compile_liveness(context, build, Side::kLegacy);
  compile_liveness(context, build, Side::kPlatform);
  // Which kinds have a row in which part.
  for (std::size_t p = 0; p < build.platform.size(); ++p) {
    const TableDecl& decl = *build.platform[p].decl;
    std::vector<Presence>& presence = build.plan.parts[p].presence;
    presence.assign(build.kind_count(), decl.optional ? Presence::kOptional : Presence::kRequired);
    if (p == 0 && (decl.optional || !decl.required_for.empty())) {
      context.problems.refuse(
          Code::kWrongShape, decl.name.where,
          fmt::format("`{}` is the first platform table, and every instance has a row there",
                      decl.name.text),
          "remove `presence`, or put another table first");
      presence.assign(build.kind_count(), Presence::kRequired);
    } else if (!decl.required_for.empty()) {
      presence.assign(build.kind_count(), Presence::kAbsent);
      for (const Word& kind : decl.required_for) {
        if (const auto position = build.kind_index(kind.text))
          presence[*position] = Presence::kRequired;
      }
    }
  }
  build.plan.kind_change_quarantines = build.decl->kind.quarantine_change;
}

}  // namespace atlas
