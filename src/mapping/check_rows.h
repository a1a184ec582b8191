#pragma once

// Level 6 of `check` (MAPPING §4): the laws of each field's lens, tried on rows that are there.
// Pure: the rows are read elsewhere, and what is found is worded elsewhere. One thread.

#include "mapping/mapper.h"
#include "mapping/plan.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atlas {

class Document;

// What a field's cells are called in messages, and which of them are shown to nobody.
struct FieldColumns {
  struct Column {
    std::string name;     // "name", "u.given_name"
    bool hidden = false;  // noted `private`, or the source of `mask` and `hash`
  };
  std::array<std::vector<Column>, 2> of;  // by index(Side), in the field's order
};
FieldColumns field_columns(const Document& document, const EntityPlan& entity,
                           const FieldPlan& field);

// The smallest of some rows: by the length of its cells' texts, then by the texts.
struct SmallestRow {
  std::string texts;  // of all cells: the order, and never shown
  std::string shown;  // `name="Mary Ann"`, hidden values as ***, long ones cut
  std::string key;    // "users 17"
};

// Rows of one side that cannot be mapped: the run will quarantine them.
struct UnfitRows {
  std::int64_t rows = 0;
  SmallestRow smallest;
};

enum class Law : std::uint8_t {
  kPure,        // equal questions have equal answers
  kGetPut,      // what was read and is written again changes nothing
  kPutGet,      // what is written is read as the same
  kSecondTrip,  // what was written and is written again changes nothing
};

// Rows of one side on which a law does not hold.
struct BrokenRows {
  std::int64_t rows = 0;
  Law law = Law::kPure;  // of the smallest row, as is all that follows
  SmallestRow smallest;
  // What is seen, a line each: "platform edited   given_name=…".
  std::vector<std::string> images;
  std::string last_key;  // of the row that was counted last
};

// One field.
class FieldTrial {
 public:
  FieldTrial(const FieldPlan& field, FieldColumns columns)
      : field_(&field), columns_(std::move(columns)) {}

  // Tries the laws on the field's cells in one row of `side`. A row that is not `live` (marked as
  // deleted) is quarantined for nothing.
  void row(Side side, std::span<const Value> cells, std::string_view key, bool live = true);

  // Why rows are unfit, and whether it is the other side that cannot hold them.
  using Why = std::pair<std::string_view, bool>;
  std::int64_t rows(Side side) const { return sides_[index(side)].rows; }
  // Of these, rows that have a value and can be mapped: what the laws had something to say of.
  std::int64_t tried(Side side) const { return sides_[index(side)].tried; }
  const std::map<Why, UnfitRows>& unfit(Side side) const { return sides_[index(side)].unfit; }
  const std::optional<BrokenRows>& broken(Side side) const { return sides_[index(side)].broken; }

 private:
  struct Row {
    Side side;
    std::span<const Value> cells;
    std::string_view key;
    bool live;
  };
  struct Found {
    std::int64_t rows = 0;
    std::int64_t tried = 0;
    std::map<Why, UnfitRows> unfit;
    std::optional<BrokenRows> broken;
  };
  using Cells = std::vector<Value>;

  void try_row(const Row& row);
  void try_other_side(const Row& row, const Value& mid);
  void try_own_side(const Row& row, const Value& mid);
  Fit put(Side side, const Value& mid, std::span<const Value> old, Cells& out);
  bool reads_as(Side side, std::span<const Value> cells, const Value& mid);
  bool take_if_smaller(const Row& row, SmallestRow& smallest, bool first) const;
  void note_unfit(const Row& row, const char* reason, bool on_other_side);
  void note_broken(const Row& row, Law law,
                   const std::vector<std::pair<std::string, std::string>>& seen);
  std::string shown(Side side, std::span<const Value> cells) const;
  std::string reread(Side side, Side from, std::span<const Value> cells);

  const FieldPlan* field_;
  FieldColumns columns_;
  std::array<Found, 2> sides_;  // by index(Side)
  Arena arena_;                 // of one row
};

// All fields of an entity; references are left out.
class EntityTrial {
 public:
  EntityTrial(const Document& document, const EntityPlan& entity);

  // The rows of one side of an instance, of the kind that they have; others are empty spans.
  void instance(Side side, const InstanceRows& rows, std::string_view key);
  // nullptr for a reference.
  const FieldTrial* field(std::size_t index) const;
  // Rows of the kinds that the platform's rows have, by their conditions.
  const Mapper& mapper() const { return mapper_; }

 private:
  const EntityPlan& entity_;
  Hasher hasher_{std::array<std::uint8_t, 32>{}};  // nothing here is hashed
  Mapper mapper_;
  std::vector<std::optional<FieldTrial>> fields_;
};

}  // namespace atlas
