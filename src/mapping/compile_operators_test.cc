// What the check says of operators in a whole mapping.

#include "mapping/compile.h"
#include "mapping/ddl_testing.h"
#include "mapping/document.h"
#include "mapping/load_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// The fatal problems of a mapping with one field beside its keys and stamps.
std::string refusals(const std::string& field, const std::string& legacy,
                     const std::string& platform) {
  const Loaded loaded = load(
      "m.yaml",
      small_mapping("  e:\n    legacy: {t: {key: id}}\n    platform: {p: {table: q, key: id}}\n"
                    "    stamp: {legacy: at, platform: p.at}\n"
                    "    delete: {legacy: none, platform: none}\n    fields:\n      " +
                    field + "\n"),
      fixed_variables({}));
  if (!loaded.document) return problem_texts(loaded.problems);
  const std::vector<std::pair<std::string, std::string>> scripts = {
      {"main", "CREATE TABLE t (id integer PRIMARY KEY, at timestamptz NOT NULL, " + legacy + ");"},
      {"app", "CREATE TABLE q (id uuid PRIMARY KEY, at timestamptz NOT NULL, " + platform + ");"}};
  std::string out;
  for (const Problem& problem :
       compile(*loaded.document, catalogs_from(connections(*loaded.document), scripts)).problems) {
    if (problem.fatal) out += problem.error.text();
  }
  return out;
}

TEST(CheckKeep, IsGivenUpOnlyWhereEveryValueComesBack) {
  const std::string lost =
      refusals("\"a <-> p.b, p.c\": {join: \" \", keep: false}", "a text", "b text, c text");
  EXPECT_THAT(lost, HasSubstr("ATB-2204"));
  EXPECT_THAT(lost, HasSubstr("is written as a='' and comes back as b='', c=null"));
  const std::string words = "domain: {p.b: \"[^ ]+\", p.c: \"[^ ]+\"}";
  EXPECT_THAT(refusals("\"a <-> p.b, p.c\": {join: \" \", keep: false, " + words + "}",
                       "a text not null", "b text not null, c text not null"),
              IsEmpty());
  // Flags that have no column stay, whatever `keep` says.
  EXPECT_THAT(refusals("\"a <-> p.b\": {bits: [1], keep: false}", "a int4", "b boolean"),
              IsEmpty());
  EXPECT_THAT(refusals("\"a <-> p.b\": {canon: [trim], keep: false}", "a text", "b text"),
              HasSubstr("only its canonical form does"));
  EXPECT_THAT(refusals("\"a <-> p.b\": {keep: false}", "a text", "b text"), IsEmpty());
  EXPECT_THAT(refusals("\"a -> p.b\": {mask: , keep: false, loss: x}", "a text", "b text"),
              IsEmpty());
}

TEST(CheckPattern, ShowsATextThatHasTwoReadings) {
  const std::string said = refusals(
      "\"a <-> p.b\": {pattern: {groups: {x: \"a+\", y: \"a+\"}, legacy: \"{x}{y}\", platform: "
      "\"{x}-{y}\"}}",
      "a text", "b text");
  EXPECT_THAT(said, HasSubstr("ATB-2207"));
  EXPECT_THAT(said, HasSubstr("m.yaml:"));
  EXPECT_THAT(said, HasSubstr("\"aaa\" is x ="));
}

TEST(CheckNulls, APackOfNullsIsADocumentWithoutMembers) {
  EXPECT_THAT(refusals("\"a, c <-> p.b\": {pack: [a, c]}", "a text, c text", "b json NOT NULL"),
              IsEmpty());
  EXPECT_THAT(
      refusals("\"a, c <-> p.b\": {pack: [a, c]}", "a text NOT NULL, c text NOT NULL", "b json"),
      HasSubstr("ATB-2206"));
}

}  // namespace
}  // namespace atlas
