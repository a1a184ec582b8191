#include "mapping/expression.h"

#include "mapping/load_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

using testing::ElementsAre;

YamlNode scalar(const std::string& text) {
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.text = text;
  node.quoted = true;
  node.where = {"m.yaml", 1, 1};
  return node;
}

struct Attempt {
  ProblemList list{std::make_shared<const SourceText>("")};
  std::string place() {
    const auto all = places(list.take());
    return all.empty() ? "" : all.front();
  }
};

std::string line_text(const std::string& text) {
  Attempt attempt;
  const auto line = parse_field_line(scalar(text), attempt.list);
  if (!line) return attempt.place();
  const char* arrow = line->direction == Direction::kBoth         ? " <-> "
                      : line->direction == Direction::kToPlatform ? " -> "
                                                                  : " <- ";
  return columns_text(line->legacy) + arrow + columns_text(line->platform);
}

TEST(FieldLine, ReadsColumnsPathsAndArrows) {
  EXPECT_EQ(line_text("a<->u.b"), "a <-> u.b");
  EXPECT_EQ(line_text("lat,  lng -> g.centre , g.shape"), "lat, lng -> g.centre, g.shape");
  EXPECT_EQ(line_text("doc$.a.b <- u.contact$.phone"), "doc$.a.b <- u.contact$.phone");
  EXPECT_EQ(line_text("`first name` <-> u.`order`"), "first name <-> u.order");
  EXPECT_EQ(line_text("straße <-> u.Name_2"), "straße <-> u.Name_2");
  EXPECT_EQ(line_text("-> u.source"), " -> u.source");
  EXPECT_EQ(line_text("x <-"), "x <- ");
}

TEST(FieldLine, SaysWhereItStopsUnderstanding) {
  EXPECT_EQ(line_text("a u.b"), "ATB-2009 1:4");
  EXPECT_EQ(line_text("a <-> u."), "ATB-2009 1:10");
  EXPECT_EQ(line_text("a, <-> u.b"), "ATB-2009 1:5");
  EXPECT_EQ(line_text("a <-> u.b c"), "ATB-2009 1:12");
  EXPECT_EQ(line_text("a <-> u.b$"), "ATB-2009 1:12");
  EXPECT_EQ(line_text("a <-> u.b$.c[0]"), "ATB-2009 1:14");
  EXPECT_EQ(line_text("a <-> `x"), "ATB-2009 1:8");
  EXPECT_EQ(line_text(""), "ATB-2009 1:2");
  EXPECT_EQ(line_text("a.b.c <-> u.d"), "ATB-2009 1:5");
}

std::string rows_text(const std::string& text) {
  Attempt attempt;
  const auto rows = parse_conjunction(scalar(text), attempt.list);
  if (!rows) return attempt.place();
  std::string out;
  for (const Equality& row : *rows)
    out += row.column.text() + "=" + (row.value.kind == Literal::Kind::kVariable ? "$" : "") +
           row.value.text + ";";
  return out;
}

TEST(Conjunction, ReadsEqualities) {
  EXPECT_EQ(rows_text("tenant_id == var.TENANT_ID && u.kind == 'staff'"),
            "tenant_id=$TENANT_ID;u.kind=staff;");
  EXPECT_EQ(rows_text("a==-1.50&&b==true"), "a=-1.5;b=true;");
  EXPECT_EQ(rows_text("a == \"it's\" && b == 'it''s'"), "a=it's;b=it's;");
}

TEST(Conjunction, RefusesTheWiderLanguage) {
  for (const char* text : {"a == 1 || b == 2", "a != 1", "a > 1", "a", "a ==", "a == b",
                           "a == null", "a == now()", "a == 'x", "", "a == 1 &&", "a == 1 & b == 2",
                           "a = 1", "a in ['x']", "u.c$.x == 1", "a == 1 b == 2"}) {
    EXPECT_THAT(rows_text(text), testing::StartsWith("ATB-2008")) << text;
  }
}

TEST(Literals, AreReadStrictly) {
  const auto kind = [](const std::string& text) -> std::optional<Literal::Kind> {
    Attempt attempt;
    const auto literal = parse_literal(scalar(text), attempt.list);
    if (!literal) return std::nullopt;
    return literal->kind;
  };
  EXPECT_EQ(kind("'en'"), Literal::Kind::kText);
  EXPECT_EQ(kind("''"), Literal::Kind::kText);
  EXPECT_EQ(kind("4326"), Literal::Kind::kNumber);
  EXPECT_EQ(kind("-0.5"), Literal::Kind::kNumber);
  EXPECT_EQ(kind("true"), Literal::Kind::kBool);
  EXPECT_EQ(kind("null"), Literal::Kind::kNull);
  EXPECT_EQ(kind("now()"), Literal::Kind::kNow);
  EXPECT_EQ(kind("var.X"), Literal::Kind::kVariable);
  for (const char* text : {"en", "1 2", "now", "var", "var.", "1.2.3", "'a' 'b'", "-", ""})
    EXPECT_EQ(kind(text), std::nullopt) << text;
}

}  // namespace
}  // namespace atlas
