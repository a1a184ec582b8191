#pragma once

#include "app/cell_texts.h"
#include "app/wiring.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace atlas::app {

// What stands in for a value of a column that the mapping notes as private, and of the columns that
// its fields lead to.
inline constexpr const char* kMasked = "***";

// One side of one field.
struct TraceSide {
  bool there = false;  // every row that holds a cell is there
  std::vector<CellText> cells;
  // What is compared; unset where there is no row, or the cells do not fit.
  bool fits = false;
  std::optional<std::string> mid;
  std::string misfit;  // why they do not
  // What the operator makes of the other side's value here: "kept", "changed", "created"; empty
  // where nothing flows to this side. With `refusal` nothing is written.
  std::string outcome;
  std::vector<CellText> written;
  std::string refusal;
};

struct TraceField {
  std::string name;
  std::string line;                // as the mapping has it
  std::string operation;           // "enum", "reference"
  bool masked = false;             // one of its columns is not shown
  std::array<TraceSide, 2> sides;  // by index(Side)
  std::optional<bool> equal;       // unset: not both sides have a value
  // "agreed", "legacy edited", "platform edited", "both edited"; "none": nothing was agreed yet;
  // "unknown" where a side has no value.
  std::string base;
};

// One instance, field by field.
struct Trace {
  std::string entity, kind;
  std::string legacy_key, platform_key;  // empty if unknown
  bool linked = false;
  bool dead = false;
  std::string note;  // why there are no fields
  std::vector<TraceField> fields;
};

// Reads both rows and the link. Writes nothing.
//   kind    as InstanceSearch::choose
//   errors  likewise
Result<Trace> trace_instance(const Bridge& bridge, OpenState& state, const EntityPlan& entity,
                             const std::string& key, const std::string& kind);

}  // namespace atlas::app
