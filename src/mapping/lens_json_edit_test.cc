#include "mapping/lens_json_edit.h"

#include "mapping/lens_reasons.h"
#include "model/hashing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

namespace atlas {
namespace {

using Path = std::vector<std::string>;

std::string set(std::string_view document, const Path& path, std::string_view value) {
  Arena arena;
  std::string_view out;
  const Fit fit = json_set(document, path, value, arena, out);
  return fit.ok() ? std::string(out) : fmt::format("! {}", fit.reason);
}

std::string removed(std::string_view document, const Path& path) {
  Arena arena;
  std::string_view out;
  const Fit fit = json_remove(document, path, arena, out);
  return fit.ok() ? std::string(out) : fmt::format("! {}", fit.reason);
}

std::string found(std::string_view document, const Path& path) {
  const JsonFound at = json_find(document, path);
  if (!at.fit.ok()) return fmt::format("! {}", at.fit.reason);
  return at.kind == JsonKind::kMissing ? "missing" : std::string(at.text);
}

TEST(JsonEdit, ReplacesOneValueAndNotAnotherByte) {
  EXPECT_EQ(set("{ \"b\" :1.0,\n \"a\": 12345678901234567890.10 , \"c\":[ ] }", {"a"}, "2"),
            "{ \"b\" :1.0,\n \"a\": 2 , \"c\":[ ] }");
  EXPECT_EQ(set("{\"x\": {\"y\": {\"z\": 1}, \"w\": 2}}", {"x", "y", "z"}, "\"v\""),
            "{\"x\": {\"y\": {\"z\": \"v\"}, \"w\": 2}}");
}

TEST(JsonEdit, AddsMembersAndTheObjectsOnTheWay) {
  EXPECT_EQ(set("{}", {"a"}, "1"), "{\"a\": 1}");
  EXPECT_EQ(set("{ }", {"a"}, "1"), "{\"a\": 1 }");
  EXPECT_EQ(set("{\"b\":2 }", {"a"}, "1"), "{\"b\":2, \"a\": 1 }");
  EXPECT_EQ(set("", {"a", "b"}, "1"), "{\"a\": {\"b\": 1}}");
  EXPECT_EQ(set("{\"a\": {}}", {"a", "b", "c"}, "1"), "{\"a\": {\"b\": {\"c\": 1}}}");
  EXPECT_EQ(set("{\"a\": null}", {"a", "b"}, "1"), "{\"a\": {\"b\": 1}}");
  EXPECT_EQ(set("null", {"a"}, "1"), "{\"a\": 1}");
  EXPECT_EQ(set("{}", {"q\"\\\n\xC3\xA9"}, "1"), "{\"q\\\"\\\\\\n\xC3\xA9\": 1}");
}

TEST(JsonEdit, RefusesToWalkThroughOtherValues) {
  const std::string not_object = fmt::format("! {}", reason::kNotObject);
  for (const char* document : {"[]", "1", "\"x\"", "true", "{\"a\": [1]}", "{\"a\": 1}"}) {
    EXPECT_EQ(set(document, {"a", "b"}, "1"), not_object) << document;
    EXPECT_EQ(removed(document, {"a", "b"}), not_object) << document;
    EXPECT_EQ(found(document, {"a", "b"}), not_object) << document;
  }
}

TEST(JsonEdit, CountsTheLastOfEqualKeys) {
  constexpr std::string_view kTwice = "{\"a\": 1, \"\\u0061\": 2, \"b\": 3}";
  EXPECT_EQ(found(kTwice, {"a"}), "2");
  EXPECT_EQ(set(kTwice, {"a"}, "9"), "{\"a\": 1, \"\\u0061\": 9, \"b\": 3}");
  EXPECT_EQ(removed(kTwice, {"a"}), "{\"b\": 3}");
}

TEST(JsonEdit, RemovesAMemberWithOneComma) {
  EXPECT_EQ(removed("{\"a\": 1}", {"a"}), "{}");
  EXPECT_EQ(removed("{ \"a\" : 1 }", {"a"}), "{ }");
  EXPECT_EQ(removed("{\"a\": 1, \"b\": 2, \"a\": 3, \"c\": 4}", {"a"}), "{\"b\": 2, \"c\": 4}");
  EXPECT_EQ(removed("{\"a\": 1, \"b\": 2}", {"a"}), "{\"b\": 2}");
  EXPECT_EQ(removed("{\"b\": 2 , \"a\": 1 }", {"a"}), "{\"b\": 2 }");
  EXPECT_EQ(removed("{\"x\": {\"a\": 1}, \"y\": 2}", {"x", "a"}), "{\"x\": {}, \"y\": 2}");
  EXPECT_EQ(removed("{\"b\": 2}", {"a"}), "{\"b\": 2}");
  EXPECT_EQ(removed("{\"a\": null}", {"a", "b"}), "{\"a\": null}");
}

TEST(JsonEdit, FindsWhatIsThere) {
  EXPECT_EQ(found(" {\"a\": [1, {\"b\": 2}]} ", {"a"}), "[1, {\"b\": 2}]");
  EXPECT_EQ(found("{\"a\": {\"b\": null}}", {"a", "b"}), "null");
  EXPECT_EQ(found("{\"a\": {\"b\": null}}", {"a", "b", "c"}), "missing");
  EXPECT_EQ(found("{\"a\": 1}", {"b"}), "missing");
  EXPECT_EQ(found(" 17 ", {}), "17");
}

TEST(JsonEdit, TakesRfc8259AndNothingElse) {
  for (const char* good :
       {"null", "-0.0e+1", "[[], {}, [{}]]", "\"\\u00e9\\\\/\"", "{\"\":{}}", " \n\t[1 , 2]\r"})
    EXPECT_TRUE(json_valid(good)) << good;
  for (const char* bad :
       {"",           "{",       "}",         "[1,]", "[,1]",  "{\"a\":}", "{\"a\" 1}", "{a: 1}",
        "{\"a\":1,}", "01",      "1.",        ".5",   "+1",    "1e",       "NaN",       "'x'",
        "\"\t\"",     "\"\\x\"", "\"\\u12\"", "nul",  "[1] 2", "[}",       "{]",        "\"open"})
    EXPECT_FALSE(json_valid(bad)) << bad;
}

TEST(JsonEdit, WalksAnyDepthWithoutACallStack) {
  constexpr std::size_t kDepth = 1'000'000;
  const std::string deep = std::string(kDepth, '[') + std::string(kDepth, ']');
  EXPECT_TRUE(json_valid(deep));
  EXPECT_FALSE(json_valid(deep.substr(1)));
}

TEST(JsonEdit, UnquotesEscapesAndHoldsHalfSurrogates) {
  const auto text = [](std::string_view quoted) {
    Arena arena;
    std::string_view out;
    const Fit fit = json_unquote(quoted, arena, out);
    return fit.ok() ? std::string(out) : fmt::format("! {}", fit.reason);
  };
  EXPECT_EQ(text("\"a\\n\\\"\\/\\u00e9\\u4e2d\\ud83d\\ude00\""),
            "a\n\"/\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80");
  for (const char* half : {"\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83dx\"", "\"\\ud83d\\u0041\""})
    EXPECT_EQ(text(half), fmt::format("! {}", reason::kHalfSurrogate)) << half;
}

std::uint64_t content_hash(std::string_view json) {
  std::array<std::uint8_t, 32> key{};
  return Hasher(key).of(Value::json(json));
}

// A library that reads numbers as double is good enough to judge documents of small ones.
RC_GTEST_PROP(JsonEdit, DoesWhatAnObjectModelDoes, ()) {
  const auto key = rc::gen::element<std::string>("a", "b", "c");
  nlohmann::ordered_json document = nlohmann::ordered_json::object();
  for (const std::string& name : *rc::gen::container<std::vector<std::string>>(key)) {
    const int shape = *rc::gen::inRange(0, 4);
    if (shape == 0) document[name] = *rc::gen::inRange(0, 9);
    if (shape == 1) document[name] = nullptr;
    if (shape == 2) document[name] = {{"a", {{"b", 1}}}, {"c", "\xC3\xA9\"\\"}};
    if (shape == 3) document[name] = nlohmann::ordered_json::array({1, "x"});
  }
  const int indent = *rc::gen::inRange(-1, 3);
  const std::string text = document.dump(indent, ' ', *rc::gen::arbitrary<bool>());
  const Path path = *rc::gen::nonEmpty(rc::gen::container<Path>(key));
  RC_ASSERT(json_valid(text));
  nlohmann::ordered_json* at = &document;
  bool blocked = false;
  for (const std::string& name : path) {
    if (at->is_null()) *at = nlohmann::ordered_json::object();
    blocked = blocked || !at->is_object();
    if (blocked) break;
    at = &(*at)[name];
  }
  const std::string edited = set(text, path, "{\"new\": 1.50}");
  if (blocked) {
    RC_ASSERT(edited == fmt::format("! {}", reason::kNotObject));
    return;
  }
  *at = nlohmann::ordered_json::parse("{\"new\": 1.50}");
  RC_ASSERT(content_hash(edited) == content_hash(document.dump()));
  RC_ASSERT(found(edited, path) == "{\"new\": 1.50}");
  RC_ASSERT(found(removed(edited, path), path) == "missing");
  RC_ASSERT(json_valid(removed(edited, path)));
}

RC_GTEST_PROP(JsonEdit, QuotesEveryText, (const std::string& bytes)) {
  std::string quoted;
  json_quote(quoted, bytes);
  Arena arena;
  std::string_view back;
  RC_ASSERT(json_valid(quoted));
  RC_ASSERT(json_unquote(quoted, arena, back).ok());
  RC_ASSERT(back == bytes);
}

// Bytes from nowhere end in an answer, and never in a read beyond the text.
RC_GTEST_PROP(JsonEdit, SurvivesAnyBytes, ()) {
  const std::string bytes = *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("{}[]\",:\\u0a1-.eE+tfn \n\x01")));
  (void)jsonb_holds(bytes);
  (void)set(bytes, {"a", "b"}, "1");
  (void)removed(bytes, {"a"});
  (void)found(bytes, {"a"});
}

}  // namespace
}  // namespace atlas
