#include "mapping/load_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

using testing::HasSubstr;
using testing::Not;

Loaded with_field(const std::string& field, std::map<std::string, std::string> variables = {}) {
  return load("m.yaml",
              small_mapping("  e:\n    legacy: {t: }\n    platform: {p: {table: t}}\n    fields:\n"
                            "      " +
                            field + "\n"),
              fixed_variables(std::move(variables)));
}

FieldDecl field_of(const std::string& field) {
  const Loaded loaded = with_field(field);
  EXPECT_TRUE(loaded.document) << field << "\n" << problem_texts(loaded.problems);
  return loaded.document ? loaded.document->entities[0].fields[0] : FieldDecl{};
}

std::string problems_of(const std::string& field) {
  return problem_texts(with_field(field).problems);
}

TEST(ValueOperators, ReadBits) {
  const auto bits = [](const std::string& text) {
    return std::get<BitsOp>(field_of("\"a <-> b\": {bits: " + text + "}").op);
  };
  EXPECT_EQ(bits("[1, 2, 8]").bits, (std::vector<std::int64_t>{1, 2, 8}));
  EXPECT_TRUE(bits("[1, 2, 8]").names.empty());
  EXPECT_EQ(bits("{4: admin, 1: beta}").bits, (std::vector<std::int64_t>{4, 1}));
  EXPECT_EQ(bits("{4: admin, 1: beta}").names, (std::vector<std::string>{"admin", "beta"}));
  EXPECT_THAT(problems_of("\"a <-> b\": {bits: [one]}"), HasSubstr("no whole number"));
  EXPECT_THAT(problems_of("\"a <-> b\": {bits: {}}"), HasSubstr("names no bit"));
}

TEST(ValueOperators, ReadPacks) {
  const auto pack = [](const std::string& text) {
    return std::get<PackOp>(field_of("\"a, c <-> b\": {" + text + "}").op);
  };
  using Members = std::vector<std::vector<std::string>>;
  EXPECT_EQ(pack("pack: [x, y.z]").members, (Members{{"x"}, {"y", "z"}}));
  EXPECT_EQ(pack("pack: {c: y.z, a: x}").members, (Members{{"x"}, {"y", "z"}}));
  EXPECT_FALSE(pack("pack: [x, y]").absent_null);
  EXPECT_TRUE(pack("pack: [x, y], absent: null").absent_null);
  EXPECT_THAT(problems_of("\"a, c <-> b\": {pack: {a: x}}"), HasSubstr("which member `c` is"));
  EXPECT_THAT(problems_of("\"a, c <-> b\": {pack: {a: x, d: y}}"), HasSubstr("names `d`"));
  EXPECT_THAT(problems_of("\"a, c <-> b\": {pack: [x, y..z]}"), HasSubstr("an empty name"));
  EXPECT_THAT(problems_of("\"a <-> b\": {absent: null}"), HasSubstr("only together with `json`"));
}

TEST(ValueOperators, ReadPatterns) {
  const PatternOp op = std::get<PatternOp>(
      field_of("\"a <-> b\": {pattern: {groups: {x: \"[0-9]{3}\", y: \"\\\\d+\"}, legacy: "
               "\"{x}-{y}\", platform: \"({x}) {y}\"}}")
          .op);
  ASSERT_EQ(op.groups.size(), 2U);
  EXPECT_EQ(op.groups[0].first, "x");
  EXPECT_EQ(op.groups[1].second, "\\d+");
  EXPECT_EQ(op.platform, "({x}) {y}");
  EXPECT_THAT(problems_of("\"a <-> b\": {pattern: {groups: {x: a}, legacy: \"{x}\"}}"),
              HasSubstr("platform"));
}

TEST(ValueOperators, ReadCircles) {
  const auto circle = [](const std::string& text) {
    return std::get<CirclePolygonOp>(field_of("\"a, c, d <-> b, e\": {" + text + "}").op);
  };
  EXPECT_EQ(circle("circle_polygon: ").segments, 64);
  EXPECT_EQ(circle("circle_polygon: {segments: 32, digits: 8}, on_custom_shape: quarantine").digits,
            8);
  EXPECT_THAT(problems_of("\"a, c, d <-> b, e\": {circle_polygon: {digits: 5}}"),
              HasSubstr("`digits`"));
  EXPECT_THAT(problems_of("\"a, c, d <-> b, e\": {circle_polygon: , on_custom_shape: overwrite}"),
              HasSubstr("quarantine"));
}

TEST(ValueOperators, OneWayOnesGoToThePlatform) {
  EXPECT_EQ(std::get<MaskOp>(field_of("\"a -> b\": {mask: {keep_end: 4}, loss: x}").op).keep_end,
            4U);
  EXPECT_EQ(std::get<MaskOp>(field_of("\"a -> b\": {mask: , loss: x}").op).with, "*");
  EXPECT_EQ(std::get<TruncateOp>(field_of("\"a -> b\": {truncate: 9, loss: x}").op).characters, 9U);
  for (const char* arrow : {"<->", "<-"}) {
    for (const char* op : {"mask: ", "hash: {key: 0123456789abcdef}", "truncate: 9"}) {
      const std::string field =
          "\"a " + std::string(arrow) + " b\": {" + std::string(op) + ", loss: x}";
      EXPECT_THAT(problems_of(field), HasSubstr("goes to the platform only")) << field;
    }
  }
}

TEST(ValueOperators, ReadKeep) {
  EXPECT_TRUE(field_of("\"a <-> b\": copy").keep);
  EXPECT_FALSE(field_of("\"a <-> b\": {keep: false}").keep);
  EXPECT_THAT(problems_of("\"a <-> b\": {ref: e, keep: false}"), HasSubstr("reference"));
}

TEST(Secrets, AKeyIsInNoTextThatIsMadeOfTheFile) {
  const std::string field = "\"a -> b\": {hash: {key: \"${KEY}\"}, loss: x}";
  const std::string secret = "0123456789-a-secret";
  const Loaded loaded = with_field(field, {{"KEY", secret}});
  ASSERT_TRUE(loaded.document) << problem_texts(loaded.problems);
  const EntityDecl& entity = loaded.document->entities[0];
  EXPECT_EQ(std::get<HashOp>(entity.fields[0].op).key.reveal(), secret);
  for (const std::string& text : {loaded.document->text, entity.text, entity.fields[0].operators}) {
    EXPECT_THAT(text, Not(HasSubstr(secret)));
    EXPECT_THAT(text, HasSubstr("sha256:"));
  }
  const Loaded other = with_field(field, {{"KEY", "another-secret-of-ours"}});
  EXPECT_NE(other.document->entities[0].fields[0].operators, entity.fields[0].operators);
}

TEST(Secrets, MessagesDoNotShowTheLinesOfAKey) {
  EXPECT_THAT(problems_of("\"a -> b\": {hash: {kee: 0123456789-a-secret}, loss: x}"),
              Not(HasSubstr("secret")));
  EXPECT_THAT(problems_of("\"a -> b\":\n        loss: x\n        hash:\n          kee: "
                          "0123456789-a-secret\n        domian: x"),
              testing::AllOf(Not(HasSubstr("secret")), HasSubstr("domian: x")));
}

}  // namespace
}  // namespace atlas
