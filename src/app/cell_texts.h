#pragma once

#include "app/json_text.h"
#include "foundation/result.h"
#include "model/value.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace atlas::app {

// A cell as people see it: the column and its text; nullopt is null.
using CellText = std::pair<std::string, std::optional<std::string>>;

std::optional<std::string> text_of(const Value& value);
// "column=value"; a column alone is null.
//   errors  kUsage when there is no column
Result<CellText> read_cell(const std::string& word);
// "u.given_name=Mary, u.family_name=null".
std::string cells_line(const std::vector<CellText>& cells);
// {"u.given_name": "Mary", "u.family_name": null}
Json cells_json(const std::vector<CellText>& cells);

}  // namespace atlas::app
