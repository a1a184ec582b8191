#pragma once

// Cells given as texts, carried through an entity's fields to the other side with no database: what
// a case of `tests:` and `map try` do.

#include "mapping/plan.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

// What one field did.
struct TrialField {
  struct Cell {
    CellRef cell;
    std::string name;  // "u.given_name"
    Value value;       // content lives as long as the trial
  };
  const FieldPlan* field = nullptr;
  std::vector<Cell> given;
  const char* refused = nullptr;    // the reason; null: it fits
  Side refused_on = Side::kLegacy;  // the side whose value did not fit
  Value mid;                        // when the given side fits
  std::vector<Cell> written;        // none when refused
  bool kept = false;                // the old cells stay as they are
};

// One case. One thread. Columns are named as mappings name them: "name" on legacy, "u.name" or, of
// an entity with one table there, "name" on the platform. Texts are spelled as PostgreSQL spells
// them; nullopt is null.
class Trial {
 public:
  // `entity` must outlive the trial; rows of `kind`, from `from` to the other side.
  Trial(const EntityPlan& entity, std::uint16_t kind, Side from);

  // A cell of the given side; a cell that stands on the other side; a cell that is asked for there.
  //   errors  kColumnMissing: no field has that column; kMappingTest: it cannot be tried, for it is
  //           a reference's, or no field flows to it; kTypeMismatch: the text is not of its type;
  //           kDuplicateKey
  Result<> give(std::string_view column, const std::optional<std::string>& text);
  Result<> give_old(std::string_view column, const std::optional<std::string>& text);
  Result<CellRef> want(std::string_view column);

  // The fields that are touched, in the entity's order: those with all their columns given or a
  // column wanted, and for a given column without such a field those that have it. What is not
  // given is null.
  //   errors  kMappingTest when none is touched
  Result<std::vector<TrialField>> run();

  // The text as a value of the cell's type.
  Result<Value> parse(const CellRef& cell, std::string_view column,
                      const std::optional<std::string>& text);
  std::uint16_t kind() const { return kind_; }

 private:
  using Row = std::map<std::pair<std::uint32_t, std::uint32_t>, Value>;  // by part and column

  bool flows(const FieldPlan& field) const;
  Result<CellRef> find(Side side, std::string_view name, bool any_direction) const;
  Result<> put_into(Row& row, Side side, std::string_view column,
                    const std::optional<std::string>& text, bool any_direction);
  bool touched(const FieldPlan& field) const;
  std::vector<TrialField::Cell> cells(const FieldPlan& field, Side side, const Row& row) const;
  void carry(TrialField& field);

  const EntityPlan& entity_;
  std::uint16_t kind_;
  Side from_, to_;
  Arena arena_;
  Row given_, target_;  // target_: old cells, then what is written
  std::vector<CellRef> wanted_;
  bool has_old_ = false;
};

}  // namespace atlas
