#pragma once

// What the parts of compile() share: the plan being built, and for every table what the mapping
// does with its columns.

#include "mapping/compile.h"
#include "mapping/document.h"
#include "mapping/source_text.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace atlas {

// Who writes a cell, for "two writers".
struct Writer {
  std::string column;
  std::vector<std::string> path = {};
  std::uint64_t kinds = ~std::uint64_t{0};
  std::string what;  // "the field `name`", "the scope"
  SourcePosition where;
  bool is_field = false;
  bool on_insert_only = false;
};

// One table of one entity.
struct TableUse {
  const TableDecl* decl = nullptr;
  Side side = Side::kLegacy;
  EndpointIndex endpoint = {};
  const TableInfo* info = nullptr;
  TableShape* shape = nullptr;  // in the entity's plan
  std::vector<Writer> writers = {};
  std::vector<std::string> key = {};  // column names
  // Columns that a refused line means, or seems to mean: no check speaks of them again.
  std::set<std::string, std::less<>> excused = {};

  // "legacy table users", "platform table u (identity.users)".
  std::string text() const;
  std::string column_text(std::string_view column) const;  // "users.name", "u.given_name"
};

struct EntityBuild {
  const EntityDecl* decl = nullptr;
  EntityPlan plan;
  std::vector<TableUse> legacy, platform;
  bool kinds_refused = false;  // a condition of a kind was refused: what kinds take is unknown
  bool usable = false;  // all tables exist; otherwise nothing further is said about the entity
  std::vector<const FieldDecl*> field_decls;  // of plan.fields, by position

  TableUse& table(std::uint32_t part, std::size_t kind) {
    return part == 0 ? legacy[kind] : platform[part - 1];
  }
  std::optional<std::size_t> kind_index(std::string_view name) const;
  std::optional<std::size_t> part_index(std::string_view alias) const;
  std::size_t kind_count() const { return legacy.size(); }
};

struct CompileContext {
  const Document& document;
  const Connections& connections;
  const Catalogs& catalogs;
  Plan& plan;
  ProblemList& problems;
  std::vector<EntityBuild> entities;
  // By (endpoint, table): columns that some entity accounts for.
  std::map<std::pair<std::uint32_t, TableName>, std::set<std::string, std::less<>>> accounted;
  std::vector<FieldReport> reports;

  void account(const TableUse& table, std::string_view column) {
    accounted[{table.endpoint.value, table.info->table}].emplace(column);
  }
};

// Index of `name` in the table's shape, added when new; the column counts as accounted for. nullopt
// after kColumnMissing.
std::optional<std::uint32_t> use_column(CompileContext& context, TableUse& table,
                                        const std::string& name, const SourcePosition& where);
// The column's catalog entry; null when it does not exist.
const ColumnInfo* column_info(const TableUse& table, std::string_view name);
// Excuses the column from later checks: the line that names it was refused.
void excuse_column(CompileContext& context, TableUse& table, const std::string& name);
// Reports a column that does not exist, with a suggestion.
void report_missing_column(CompileContext& context, TableUse& table, const std::string& name,
                           const SourcePosition& where);
// A constant as a value of a column's type, content in the plan's arena. nullopt after
// kTypeMismatch.
std::optional<Value> typed_constant(CompileContext& context, const Literal& literal,
                                    TableUse& table, const ColumnInfo& column);

// compile_tables.cc: endpoints, shapes, keys. Fills in context.entities.
void open_tables(CompileContext& context);
// compile_roles.cc: scope, kinds, stamps, liveness.
void compile_roles(CompileContext& context, EntityBuild& build);
// compile_notes.cc: platform_only and legacy_only.
void compile_notes(CompileContext& context, EntityBuild& build);
// After the fields: a `create` stays only in kinds whose rows no field writes there.
void spread_creates(EntityBuild& build);
// compile_fields.cc: lenses, match, groups, policies.
void compile_fields(CompileContext& context, EntityBuild& build);
// compile_refs.cc: how a reference's columns make the parent's key; lens of a reference field.
void compile_ref(CompileContext& context, EntityBuild& build, const FieldDecl& decl,
                 FieldPlan& field);
// compile_expressions.cc: types the field's expressions into `spec.op`; false after a problem.
bool compile_expressions(CompileContext& context, const FieldDecl& decl, LensSpec& spec);
// Whether the field is derived from columns that other fields carry both ways: nothing is lost.
bool derives_from_mapped(const EntityDecl& entity, const FieldDecl& decl);
// compile_keys.cc: where new keys come from.
void compile_keys(CompileContext& context, EntityBuild& build);
// compile_order.cc: stages; cycles.
void compile_order(CompileContext& context);

// check_coverage.cc
void check_coverage(CompileContext& context);
void check_writers(CompileContext& context, EntityBuild& build);
void check_inserts(CompileContext& context, EntityBuild& build);
// check_nulls.cc
void check_nulls(CompileContext& context, EntityBuild& build, const FieldDecl& decl,
                 const FieldPlan& field);
// check_labels.cc: the values a column is limited to; empty: nothing limits it.
std::vector<std::string> known_values(const TableUse& table, const std::string& column);
void check_labels(CompileContext& context, const EntityBuild& build);
// check_parents.cc
void check_parents(CompileContext& context, const EntityBuild& build);
// check_structure.cc
void check_kinds(CompileContext& context, EntityBuild& build);
void check_uniques(CompileContext& context, EntityBuild& build);

}  // namespace atlas
