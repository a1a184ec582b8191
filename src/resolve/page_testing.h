#pragma once

// Reads the tables of docs/formats/decision.md, so that the page and the code are held together.

#include <string>
#include <string_view>
#include <vector>

namespace atlas {

using TableRow = std::vector<std::string>;  // cells, trimmed

// The first table under the heading `## <heading>` of a Markdown page, without its head. Empty if
// there is none; throws std::runtime_error if the page cannot be read.
std::vector<TableRow> page_table(const std::string& page, std::string_view heading);

}  // namespace atlas
