#pragma once

// The laws of a lens as a check over cells, and cells to check them with. Cells are given as texts
// in PostgreSQL's spelling, so that they print, shrink and stand in tables.

#include "mapping/lens.h"

#include <rapidcheck.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

using CellText = std::optional<std::string>;  // nothing is null
using CellTexts = std::vector<CellText>;      // the cells of one side

// "int4", "numeric(10,2)", "varchar(5)", "timestamp(3)", "enum(a,b)", "text[]": a type by its name.
Type type_named(std::string_view name);
// A column "name type [not null]", with a path after the name as in a mapping: "contact$.phone
// jsonb".
LensColumn column_named(std::string_view declaration);
LensSpec lens_spec(std::vector<std::string_view> legacy, std::vector<std::string_view> platform,
                   ValueOp op = CopyOp{}, std::vector<Canon> canon = {});
std::unique_ptr<Lens> lens_of(const LensSpec& spec);  // aborts the test when it cannot be made

// Reads `cells` on `from` and puts the mid over `old` on the other side: the new cells "a | b", or
// "! reason".
std::string carry(const LensSpec& spec, Side from, const CellTexts& cells,
                  const CellTexts& old = {});
// The mid of `cells`, or "! reason".
std::string mid_text(const LensSpec& spec, Side side, const CellTexts& cells);

// How often the laws had something to say.
struct LawCount {
  int samples = 0;
  int read = 0;     // cells that gave a mid
  int written = 0;  // mids that gave cells on the other side
};
// The first law that `lens` breaks on these cells, in words; nothing when it keeps them all:
// GetPut, PutGet (with and without old cells), create then get, a second trip, equal hash = equal
// meaning, equal answers to equal questions.
std::optional<std::string> broken_law(const Lens& lens, const LensSpec& spec,
                                      const CellTexts& legacy, const CellTexts& platform,
                                      LawCount& count);

// Values at the edges of a column's type, null included.
CellTexts edges_of(const LensColumn& column);
rc::Gen<CellText> any_cell(const LensColumn& column, CellTexts likely);

// A lens and what to try it with beyond its types' edges.
struct LawCase {
  std::string name;
  LensSpec spec;
  std::vector<CellTexts> legacy = {}, platform = {};  // more values, by column
  const std::vector<CellTexts>& more(Side side) const {
    return side == Side::kLegacy ? legacy : platform;
  }
};
// Every combination of edges of one column a side; samples of the combinations of several.
std::optional<std::string> broken_on_edges(const Lens& lens, const LawCase& law_case,
                                           LawCount& count);
// All cases of all operators.
const std::vector<LawCase>& law_cases();
const LawCase& law_case(std::string_view name);

}  // namespace atlas
