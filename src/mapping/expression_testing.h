#pragma once

// Expressions for tests, from their texts.

#include "mapping/lens_laws_testing.h"
#include "mapping/typed_expression.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace atlas {

// The expression, or the first problem: "ATB-2209 column 3: why".
std::variant<Expression, std::string> expression_of(const std::string& text,
                                                    const std::vector<LensColumn>& columns);
// Its answer for cells in PostgreSQL's spelling, or "! reason".
std::string answer(const std::string& text, const std::vector<LensColumn>& columns = {},
                   const CellTexts& cells = {});
// The spec of a pair of expressions. Aborts the test where one does not fit.
LensSpec expression_spec(std::vector<std::string_view> legacy,
                         std::vector<std::string_view> platform,
                         const std::vector<std::string>& to_platform,
                         const std::vector<std::string>& to_legacy);

}  // namespace atlas
