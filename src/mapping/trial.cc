#include "mapping/trial.h"

#include "mapping/field_cells.h"
#include "mapping/lens_meet.h"
#include "mapping/suggest.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

// "users.name" or "name" on legacy, "u.name" or, where there is one table, "name" on the platform.
bool names_cell(const EntityPlan& entity, std::uint16_t kind, const CellRef& cell,
                std::string_view column) {
  const std::string& plain = entity.shape(cell.part, kind).columns[cell.column].name;
  if (column == entity.source(cell.part, kind) + "." + plain) return true;
  return column == plain && (cell.part == 0 || entity.parts.size() == 1);
}

bool holds(const std::vector<CellRef>& cells, const CellRef& cell) {
  return std::ranges::find(cells, cell) != cells.end();
}

std::pair<std::uint32_t, std::uint32_t> place(const CellRef& cell) {
  return {cell.part, cell.column};
}

Error unknown_column(const EntityPlan& entity, std::uint16_t kind, Side side,
                     std::string_view column) {
  std::vector<std::string> names;
  for (const FieldPlan& field : entity.fields) {
    if (!applies_to(field, kind)) continue;
    for (const CellRef& cell : field_cells(field, side, kind)) {
      std::string name = cell_name(entity, kind, cell);
      if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    }
  }
  const std::string of =
      entity.kinds.size() > 1 ? entity.name + "/" + entity.kinds[kind].name : entity.name;
  return Error(Code::kColumnMissing,
               fmt::format("no field of {} has a {} column `{}`", of, side_name(side), column))
      .advise(suggestion(column, names));
}

}  // namespace

Trial::Trial(const EntityPlan& entity, std::uint16_t kind, Side from)
    : entity_(entity), kind_(kind), from_(from), to_(other(from)) {}

// Whether the field carries anything from the given side.
bool Trial::flows(const FieldPlan& field) const {
  return field.direction == Direction::kBoth ||
         (field.direction == Direction::kToPlatform) == (from_ == Side::kLegacy);
}

Result<CellRef> Trial::find(Side side, std::string_view name, bool any_direction) const {
  std::string column(name);
  std::erase(column, '`');  // around unusual letters, as in field lines
  std::optional<CellRef> found;
  bool reference = false;
  for (const FieldPlan& field : entity_.fields) {
    if (!applies_to(field, kind_)) continue;
    for (const CellRef& cell : field_cells(field, side, kind_)) {
      if (!names_cell(entity_, kind_, cell, column)) continue;
      if (!field.ref && (any_direction || flows(field))) return cell;
      reference |= field.ref.has_value();
      found = cell;
    }
  }
  if (!found) return unknown_column(entity_, kind_, side, column);
  if (reference) {
    return Error(Code::kMappingTest,
                 fmt::format("`{}` is a reference, which leads through the links of the parent's "
                             "rows: it cannot be tried without them",
                             column))
        .advise("leave it out; `atlas-bridge trace` shows the references of a row");
  }
  return Error(Code::kMappingTest, fmt::format("no field carries anything from {} by way of `{}`",
                                               side_name(from_), column))
      .advise("its field flows the other way");
}

Result<Value> Trial::parse(const CellRef& cell, std::string_view column,
                           const std::optional<std::string>& text) {
  if (!text) return Value::null();
  const Type& type = cell_type(entity_, kind_, cell);
  if (const auto value = parse_value(*text, type, arena_)) return value->copy_to(arena_);
  return Error(Code::kTypeMismatch, fmt::format("`{}` is {}, and `{}` is no value of that type",
                                                column, type_text(type), *text))
      .advise("write the value as PostgreSQL does");
}

Result<> Trial::put_into(Row& row, Side side, std::string_view column,
                         const std::optional<std::string>& text, bool any_direction) {
  ATLAS_TRY(const CellRef cell, find(side, column, any_direction));
  ATLAS_TRY(const Value value, parse(cell, column, text));
  if (row.emplace(place(cell), value).second) return {};
  return Error(Code::kDuplicateKey, fmt::format("`{}` is given twice", column));
}

Result<> Trial::give(std::string_view column, const std::optional<std::string>& text) {
  return put_into(given_, from_, column, text, false);
}

Result<> Trial::give_old(std::string_view column, const std::optional<std::string>& text) {
  has_old_ = true;
  return put_into(target_, to_, column, text, true);
}

Result<CellRef> Trial::want(std::string_view column) {
  ATLAS_TRY(const CellRef cell, find(to_, column, false));
  wanted_.push_back(cell);
  return cell;
}

bool Trial::touched(const FieldPlan& field) const {
  const auto there = [&](const CellRef& cell) { return given_.contains(place(cell)); };
  if (std::ranges::any_of(field_cells(field, to_, kind_),
                          [&](const CellRef& cell) { return holds(wanted_, cell); }))
    return true;
  const std::vector<CellRef> source = field_cells(field, from_, kind_);
  return !source.empty() && std::ranges::all_of(source, there);
}

std::vector<TrialField::Cell> Trial::cells(const FieldPlan& field, Side side,
                                           const Row& row) const {
  std::vector<TrialField::Cell> out;
  for (const CellRef& cell : field_cells(field, side, kind_)) {
    const auto found = row.find(place(cell));
    out.push_back({cell, cell_name(entity_, kind_, cell),
                   found == row.end() ? Value::null() : found->second});
  }
  return out;
}

void Trial::carry(TrialField& out) {
  const FieldPlan& field = *out.field;
  out.given = cells(field, from_, given_);
  std::vector<Value> source;
  source.reserve(out.given.size());
  for (const TrialField::Cell& cell : out.given) source.push_back(cell.value);
  if (const Fit fit = mid_of(field, from_, source, arena_, out.mid); !fit.ok()) {
    out.refused = fit.reason;
    out.refused_on = from_;
    return;
  }
  out.written = cells(field, to_, target_);
  std::vector<Value> target;
  target.reserve(out.written.size());
  for (const TrialField::Cell& cell : out.written) target.push_back(cell.value);
  if (const Fit fit = write_mid(field, to_, out.mid, has_old_, arena_, target); !fit.ok()) {
    out.refused = fit.reason;
    out.refused_on = to_;
    out.written.clear();
    return;
  }
  out.kept = has_old_;
  for (std::size_t i = 0; i < target.size(); ++i) {
    TrialField::Cell& cell = out.written[i];
    out.kept = out.kept && target_.contains(place(cell.cell)) && cell.value == target[i];
    cell.value = target[i];
    target_.insert_or_assign(place(cell.cell), target[i]);
  }
}

Result<std::vector<TrialField>> Trial::run() {
  std::vector<bool> chosen(entity_.fields.size());
  const auto usable = [&](const FieldPlan& field) {
    return applies_to(field, kind_) && flows(field) && !field.ref;
  };
  std::vector<CellRef> used;
  for (std::size_t f = 0; f < chosen.size(); ++f) {
    const FieldPlan& field = entity_.fields[f];
    if (!usable(field) || !touched(field)) continue;
    chosen[f] = true;
    for (const CellRef& cell : field_cells(field, from_, kind_)) used.push_back(cell);
  }
  const auto left_over = [&](const CellRef& cell) {
    return given_.contains(place(cell)) && !holds(used, cell);
  };
  std::vector<TrialField> out;
  for (std::size_t f = 0; f < chosen.size(); ++f) {
    const FieldPlan& field = entity_.fields[f];
    if (!usable(field)) continue;
    if (!chosen[f] && !std::ranges::any_of(field_cells(field, from_, kind_), left_over)) continue;
    out.emplace_back().field = &field;
    carry(out.back());
  }
  if (out.empty()) return Error(Code::kMappingTest, "no field is touched: nothing is given");
  return out;
}

}  // namespace atlas
