#include "mapping/compile_context.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

struct Cell {
  std::string text;  // "users.phone"
  bool not_null = false;
  bool text_type = false;
  bool member = false;  // of a JSON document, which nothing can declare NOT NULL
};

// The field's cells on one side, with every kind's spelling.
std::vector<std::vector<Cell>> cells_of(const EntityBuild& build, const FieldDecl& decl,
                                        const FieldPlan& field, Side side) {
  std::vector<std::vector<Cell>> out;
  const auto cell = [](const TableUse& table, const ColumnName& name, bool row_may_miss) {
    // Inside a document null is a member of its own.
    const bool not_null =
        column_info(table, name.column)->not_null && name.path.empty() && !row_may_miss;
    return Cell{table.column_text(
                    name.text().substr(name.qualifier.empty() ? 0 : name.qualifier.size() + 1)),
                not_null, is_text(column_info(table, name.column)->type.kind), !name.path.empty()};
  };
  for (std::size_t k = 0; k < build.kind_count(); ++k) {
    if (((field.kinds >> k) & 1U) == 0) continue;
    std::vector<Cell> cells;
    if (side == Side::kLegacy) {
      for (const ColumnName& name : decl.legacy)
        cells.push_back(cell(build.legacy[k], name, false));
    } else {
      for (std::size_t i = 0; i < decl.platform.size(); ++i) {
        const std::size_t part = field.platform[i].part - 1;
        cells.push_back(cell(build.platform[part], decl.platform[i],
                             build.plan.parts[part].presence[k] == Presence::kOptional));
      }
    }
    out.push_back(std::move(cells));
  }
  return out;
}

// Operators that write a null as something else.
bool writes_nulls(const FieldDecl& decl, Side target) {
  if (const auto* epoch = std::get_if<EpochOp>(&decl.op))
    return epoch->null_zero && target == Side::kLegacy;
  if (const auto* json = std::get_if<JsonOp>(&decl.op))
    return json->absent_null && target == Side::kPlatform;
  // A document without the members.
  if (std::holds_alternative<PackOp>(decl.op)) return target == Side::kPlatform;
  return false;
}

// With `empty_null` an empty text is null, and a null an empty text where a column may not be null.
bool empties_to_null(const FieldDecl& decl) {
  return std::find(decl.canon.begin(), decl.canon.end(), Canon::kEmptyNull) != decl.canon.end();
}

void check_direction(CompileContext& context, const EntityBuild& build, const FieldDecl& decl,
                     const FieldPlan& field, Side target) {
  if (writes_nulls(decl, target)) return;
  const Side source = other(target);
  if (!decl.domain[index(source)].empty()) return;  // nulls are outside of it, as declared
  const auto from = cells_of(build, decl, field, source);
  const auto into = cells_of(build, decl, field, target);
  for (std::size_t i = 0; i < from.size(); ++i) {
    const bool null_comes =
        empties_to_null(decl) ||
        std::none_of(from[i].begin(), from[i].end(), [](const Cell& c) { return c.not_null; });
    const bool waiting = decl.ref && decl.ref->on_missing == OnMissing::kNull;
    if (!null_comes && !waiting) continue;
    const auto strict = std::find_if(into[i].begin(), into[i].end(), [&](const Cell& c) {
      return c.not_null && !(empties_to_null(decl) && c.text_type);
    });
    if (strict == into[i].end()) continue;
    std::string source_text;
    for (const Cell& cell : from[i]) source_text += (source_text.empty() ? "" : ", ") + cell.text;
    std::string why = fmt::format("{} may be null and {} is NOT NULL", source_text, strict->text);
    if (!null_comes)
      why = fmt::format("`on_missing: null` writes null, and {} is NOT NULL", strict->text);
    else if (empties_to_null(decl))
      why = fmt::format("`empty_null` makes an empty {} null, and {} is NOT NULL", source_text,
                        strict->text);
    const bool declarable =
        std::none_of(from[i].begin(), from[i].end(), [](const Cell& c) { return c.member; });
    context.problems.refuse(
        Code::kNullMismatch, decl.where, std::move(why),
        fmt::format("make {} nullable{}  |  domain: {{{}: …}} quarantines the rows outside it",
                    strict->text,
                    declarable ? fmt::format(", or {} NOT NULL", source_text) : std::string(),
                    side_name(source)));
    return;
  }
}

}  // namespace

void check_nulls(CompileContext& context, EntityBuild& build, const FieldDecl& decl,
                 const FieldPlan& field) {
  if (decl.direction != Direction::kToLegacy)
    check_direction(context, build, decl, field, Side::kPlatform);
  if (decl.direction != Direction::kToPlatform)
    check_direction(context, build, decl, field, Side::kLegacy);
}

}  // namespace atlas
