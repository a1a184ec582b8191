// What a script cannot do, and what becomes of it when it tries.

#include "mapping/lua_sandbox.h"

#include "mapping/lens_laws_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

using testing::HasSubstr;

// How the call of f(…) ends.
LuaEnd end_of(const std::string& body, std::string* message = nullptr) {
  auto sandbox = LuaSandbox::open("function f(...) " + body + " end", "test.lua");
  EXPECT_TRUE(sandbox.has_value());
  LuaValue answer;
  return sandbox->call("f", {}, {&answer, 1}, message);
}

TEST(LuaSandbox, HasNoWayOut) {
  for (const char* name :
       {"io",           "os",      "require",   "load",   "loadfile",       "dofile",
        "debug",        "package", "coroutine", "print",  "collectgarbage", "setmetatable",
        "getmetatable", "pcall",   "xpcall",    "rawset", "string.dump",    "string.rep",
        "math.random",  "_G",      "warn"}) {
    auto sandbox =
        LuaSandbox::open("function f() return " + std::string(name) + " == nil end", "test.lua");
    ASSERT_TRUE(sandbox.has_value());
    LuaValue answer;
    ASSERT_EQ(sandbox->call("f", {}, {&answer, 1}), LuaEnd::kAnswered) << name;
    EXPECT_EQ(answer, LuaValue(true)) << name;
  }
}

TEST(LuaSandbox, EndsWhatDoesNotEnd) {
  EXPECT_EQ(end_of("while true do end"), LuaEnd::kBudget);
  EXPECT_EQ(end_of("local t = {} local n = 0 while true do n = n + 1 t[n] = {n} end"),
            LuaEnd::kBudget);
  EXPECT_EQ(end_of("local s = 'x' while true do s = s .. s end"), LuaEnd::kMemory);
  EXPECT_EQ(end_of("local function g() return 1 + g() end return g()"), LuaEnd::kMemory);
  std::string message;
  EXPECT_EQ(end_of("error('no such line')", &message), LuaEnd::kError);
  EXPECT_THAT(message, HasSubstr("no such line"));
  EXPECT_EQ(end_of("error(42)", &message), LuaEnd::kError);
  EXPECT_EQ(message, "an error without a message");
  EXPECT_EQ(end_of("error({})"), LuaEnd::kError);
  EXPECT_EQ(end_of("error()"), LuaEnd::kError);
  EXPECT_EQ(end_of("return {}"), LuaEnd::kOtherType);
  EXPECT_EQ(end_of("return 0.5"), LuaEnd::kOtherType);
}

TEST(LuaSandbox, LivesOnAfterAnError) {
  auto sandbox = LuaSandbox::open(
      "function f(n) if n == 1 then while true do end end return n + 1 end", "test.lua");
  ASSERT_TRUE(sandbox.has_value());
  LuaValue answer;
  const LuaValue one = std::int64_t{1};
  const LuaValue two = std::int64_t{2};
  EXPECT_EQ(sandbox->call("f", {&one, 1}, {&answer, 1}), LuaEnd::kBudget);
  EXPECT_EQ(sandbox->call("f", {&two, 1}, {&answer, 1}), LuaEnd::kAnswered);
  EXPECT_EQ(answer, LuaValue(std::int64_t{3}));
}

TEST(LuaSandbox, KeepsIntegersAndBytes) {
  auto sandbox = LuaSandbox::open("function f(...) return ... end", "test.lua");
  ASSERT_TRUE(sandbox.has_value());
  const std::vector<LuaValue> values{std::int64_t{9007199254740993}, std::string("a\0b", 3), true,
                                     std::monostate()};
  std::vector<LuaValue> answers(4);
  ASSERT_EQ(sandbox->call("f", values, answers), LuaEnd::kAnswered);
  EXPECT_EQ(answers, values);
}

TEST(LuaSandbox, SaysWhereAScriptIsWrong) {
  const auto broken = LuaSandbox::open("function f( return 1 end", "x.lua");
  ASSERT_FALSE(broken.has_value());
  EXPECT_THAT(broken.error().line(), HasSubstr("ATB-2212"));
  EXPECT_THAT(broken.error().line(), HasSubstr("x.lua:1:"));
  EXPECT_FALSE(LuaSandbox::open("while true do end", "x.lua").has_value());
  EXPECT_FALSE(LuaSandbox::open(std::string("\033Lua"), "x.lua").has_value()) << "no bytecode";
}

std::string refusal(const std::string& script) {
  const auto lens = make_lens(lens_spec({"a int4"}, {"b int4"}, LuaOp{script, "x.lua"}));
  return lens ? "made" : lens.error().line();
}

TEST(LuaLens, RefusesWhatForgetsCountsOrLacksAFunction) {
  EXPECT_EQ(refusal("function to_platform(a) return a end function to_legacy(b) return b end"),
            "made");
  EXPECT_THAT(refusal("function to_platform(a) return a end"),
              HasSubstr("x.lua has no function to_legacy"));
  EXPECT_THAT(refusal("function to_platform(a) return a and a // 10 * 10 end "
                      "function to_legacy(b) return b end"),
              HasSubstr("ATB-2208"));
  EXPECT_THAT(refusal("n = 0 function to_platform(a) n = n + 1 return a and a + n end "
                      "function to_legacy(b) return b end"),
              HasSubstr("ATB-2210"));
}

// A script that fills up with each call: without fresh states no value would fit after a while.
TEST(LuaLens, WhatAFailedCallLeftBehindIsNotForTheNext) {
  const std::string hoards =
      "kept = 0 function to_platform(a) if a == 13 then kept = kept + 1 "
      "if kept > 2 then error('full') end end return a end "
      "function to_legacy(b) return b end";
  const auto lens = make_lens(lens_spec({"a int4"}, {"b int4"}, LuaOp{hoards, "x.lua"}));
  ASSERT_TRUE(lens.has_value()) << lens.error().line();
  Arena arena;
  const auto reads = [&](std::int64_t number) {
    const Value cell = Value::integer(number);
    Value mid;
    return (*lens)->get(Side::kLegacy, {&cell, 1}, arena, mid).ok();
  };
  EXPECT_TRUE(reads(13));
  EXPECT_FALSE(reads(13)) << "the second state counts each call twice";
  EXPECT_TRUE(reads(13)) << "and begins anew";
}

TEST(LuaLens, CarriesDecimalsAndDatesAsText) {
  const std::string same =
      "function to_platform(a) return a end function to_legacy(b) return b end";
  const LensSpec decimals = lens_spec({"a numeric(30,10)"}, {"b numeric"}, LuaOp{same, "same.lua"});
  EXPECT_EQ(carry(decimals, Side::kLegacy, {"12345678901234567890.1234567890"}),
            "12345678901234567890.1234567890");
  EXPECT_EQ(carry(decimals, Side::kPlatform, {"5"}), "5.0000000000");
  const LensSpec dates = lens_spec({"a date"}, {"b date"}, LuaOp{same, "same.lua"});
  EXPECT_EQ(carry(dates, Side::kLegacy, {"0044-03-15 BC"}), "0044-03-15 BC");
  const LensSpec bad =
      lens_spec({"a text"}, {"b date"},
                LuaOp{"function to_platform(a) if a == '' then error('empty') end return a end "
                      "function to_legacy(b) return b end",
                      "x.lua"});
  EXPECT_EQ(carry(bad, Side::kLegacy, {"never"}),
            "! the script's answer is not a value of the column's type");
  EXPECT_EQ(carry(bad, Side::kLegacy, {""}), "! the script ends with an error for this value");
}

}  // namespace
}  // namespace atlas
