#pragma once

// The functions and operators of the expression language: one table for type checking, evaluation
// and SQL (expression_functions.cc).

#include "mapping/lens.h"
#include "mapping/lens_meet.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace atlas {

inline constexpr std::size_t kExpressionArgsMax = 8;
inline constexpr std::size_t kExpressionTextMax = 1U << 20U;  // bytes that a function makes

// What a constant argument was compiled to.
struct ExpressionExtra {
  std::shared_ptr<const re2::RE2> regex;  // shared: nodes are copied
  ZoneRule zone;
};

// Arguments are never null; a null argument makes the answer null before this is asked.
using ExpressionCall = Fit (*)(std::span<const Value> args, const ExpressionExtra& extra,
                               Arena& arena, Value& out);

// Which argument is compiled once, and must be a constant.
enum class SecondArgument : std::uint8_t { kNone, kRegex, kZone };

struct ExpressionFunction {
  std::string_view name;
  std::vector<Meet> args;
  std::size_t optional = 0;  // so many of the last arguments may be left out
  Meet gives = Meet::kText;
  ExpressionCall call = nullptr;
  // SQL with {0}, {1}; empty: not pushed down.
  std::string_view postgres = {}, sqlite = {};
  // SQL only where the arguments after the first are whole constants, at least this.
  std::optional<int> constants_from = std::nullopt;
  SecondArgument second = SecondArgument::kNone;  // of the second argument
};

std::span<const ExpressionFunction> expression_functions();

// The parts of the table.
std::vector<ExpressionFunction> text_functions();
std::vector<ExpressionFunction> number_functions();
std::vector<ExpressionFunction> time_functions();
std::vector<ExpressionFunction> other_functions();

// Numbers as functions meet them.
Fit whole_argument(const Value& number, std::int64_t& out);

}  // namespace atlas
