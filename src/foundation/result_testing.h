#pragma once

// Matchers for Result: EXPECT_THAT(read(), IsOkAnd(Eq(3))), EXPECT_THAT(open(),
// FailsWith(Code::kUnreachable, "port")).

#include "foundation/result.h"

#include <gmock/gmock.h>

#include <string>
#include <type_traits>

namespace atlas {

MATCHER(IsOk, negation ? "is an error" : "is a value") {
  if (!arg.has_value()) *result_listener << "which is " << arg.error().line();
  return arg.has_value();
}

// The value matches `inner`.
MATCHER_P(IsOkAnd, inner,
          "is a value that " +
              ::testing::DescribeMatcher<typename std::decay_t<arg_type>::value_type>(inner)) {
  if (!arg.has_value()) {
    *result_listener << "which is " << arg.error().line();
    return false;
  }
  return ::testing::ExplainMatchResult(inner, *arg, result_listener);
}

// An error of this kind whose line holds `text`.
MATCHER_P2(FailsWith, kind, text,
           "is an error " + ::testing::PrintToString(kind) + " that says \"" + std::string(text) +
               "\"") {
  if (arg.has_value()) {
    *result_listener << "which is a value";
    return false;
  }
  *result_listener << "which is " << arg.error().line();
  const bool same_kind = [&] {
    if constexpr (std::is_same_v<std::decay_t<decltype(kind)>, Code>)
      return arg.error().code() == kind;
    else
      return arg.error().kind() == kind;
  }();
  return same_kind && arg.error().line().find(text) != std::string::npos;
}

}  // namespace atlas
