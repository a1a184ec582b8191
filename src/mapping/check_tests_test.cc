// What the check says of `tests:`: which cases pass, and how the others are told.

#include "mapping/compile.h"
#include "mapping/ddl_testing.h"
#include "mapping/document.h"
#include "mapping/load_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The fatal problems of a small mapping with these cases.
std::string refusals(const std::string& cases) {
  const std::string entities =
      "  team:\n    legacy: {teams: {key: id}}\n"
      "    platform: {g: {table: groups, key: id}}\n"
      "    stamp: {legacy: at, platform: g.at}\n    delete: {legacy: none, platform: none}\n"
      "    fields: {}\n"
      "  e:\n    legacy: {t: {key: id}}\n    platform: {p: {table: q, key: id}}\n"
      "    stamp: {legacy: at, platform: p.at}\n    delete: {legacy: none, platform: none}\n"
      "    fields:\n"
      "      \"name <-> p.first, p.last\": {join: \" \", canon: [trim]}\n"
      "      \"status <-> p.status\": {enum: {0: off, 1: on}}\n"
      "      \"amount <-> p.amount\": copy\n"
      "      \"phone <-> p.doc$.phone\": {json: text, absent: null}\n"
      "      \"mail <-> p.doc$.mail\": {json: text, absent: null}\n"
      "      \"secret -> p.short\": {truncate: 3, loss: x}\n"
      "      \"team_id <-> p.team\": {ref: team}\n";
  const Loaded loaded =
      load("m.yaml", small_mapping(entities) + "tests:\n" + cases, fixed_variables({}));
  if (!loaded.document) return problem_texts(loaded.problems);
  const std::vector<std::pair<std::string, std::string>> scripts = {
      {"main",
       "CREATE TABLE teams (id integer PRIMARY KEY, at timestamptz NOT NULL);"
       "CREATE TABLE t (id integer PRIMARY KEY, at timestamptz NOT NULL, name text, "
       "status int4, amount decimal_text(10,2), phone text, mail text, secret text, "
       "team_id int4 REFERENCES teams (id));"},
      {"app",
       "CREATE TABLE groups (id uuid PRIMARY KEY, at timestamptz NOT NULL);"
       "CREATE TABLE q (id uuid PRIMARY KEY, at timestamptz NOT NULL, first text, last text, "
       "status text, amount decimal_text(12,4), doc json, short text, team uuid REFERENCES groups "
       "(id));"}};
  std::string out;
  for (const Problem& problem :
       compile(*loaded.document, catalogs_from(connections(*loaded.document), scripts)).problems) {
    if (problem.fatal) out += problem.error.text();
  }
  return out;
}

TEST(CheckTests, CellsAreComparedByMeaning) {
  EXPECT_THAT(refusals("  - {entity: e, given: {legacy: {amount: 1.5}}, expect: {platform: "
                       "{p.amount: 1.5000}}}\n"
                       "  - {entity: e, given: {legacy: {amount: ~}}, expect: {platform: {amount: "
                       "~}}}\n"),
              IsEmpty());
}

TEST(CheckTests, FieldsOfOneDocumentWriteItTogether) {
  EXPECT_THAT(refusals("  - {entity: e, given: {legacy: {mail: m, phone: \"1\"}, old: {platform: "
                       "{p.doc: '{\"x\": 1}'}}}, expect: {platform: {p.doc: '{\"phone\": \"1\", "
                       "\"x\": 1, \"mail\": \"m\"}'}}}\n"),
              IsEmpty());
}

TEST(CheckTests, WhatIsNotGivenIsNull) {
  EXPECT_THAT(refusals("  - {entity: e, given: {platform: {p.first: Bo}}, expect: {legacy: {name: "
                       "Bo}}}\n"),
              IsEmpty());
  EXPECT_THAT(refusals("  - {entity: e, given: {platform: {p.last: ~, p.first: ~}}, expect: "
                       "{legacy: {name: ~}}}\n"),
              IsEmpty());
}

TEST(CheckTests, ColumnsAreSpelledAsInFieldLines) {
  EXPECT_THAT(refusals("  - {entity: e, given: {legacy: {t.status: 1}}, expect: {platform: "
                       "{p.`status`: on}}}\n"),
              IsEmpty());
}

TEST(CheckTests, AFailureNamesTheCaseAndBothValues) {
  const std::string said = refusals(
      "  - name: a pair\n    entity: e\n    given: {legacy: {name: Bo Ek}}\n"
      "    expect: {platform: {p.first: Bo, p.last: ek}}\n");
  EXPECT_THAT(said, AllOf(HasSubstr("ATB-2211"), HasSubstr("`a pair`"), HasSubstr("p.last"),
                          HasSubstr("expected to be ek"), HasSubstr("found: Ek"),
                          Not(HasSubstr("p.first is expected"))));
}

TEST(CheckTests, ARefusalIsNoValueAndAValueNoRefusal) {
  EXPECT_THAT(refusals("  - {entity: e, given: {legacy: {status: 7}}, expect: {platform: {status: "
                       "on}}}\n"),
              AllOf(HasSubstr("ATB-2211"), HasSubstr("no entry for this code")));
  EXPECT_THAT(refusals("  - {entity: e, given: {legacy: {status: 1}}, expect: refused}\n"),
              AllOf(HasSubstr("a refusal is expected"), HasSubstr("p.status is on")));
  EXPECT_THAT(
      refusals("  - {entity: e, given: {legacy: {status: 7}}, expect: {refused: too long}}\n"),
      AllOf(HasSubstr("for the reason `too long`"), HasSubstr("no entry for this code")));
}

TEST(CheckTests, OneWayFieldsAreTriedInTheirDirection) {
  EXPECT_THAT(refusals("  - {entity: e, given: {legacy: {secret: abcdef}}, expect: {platform: "
                       "{p.short: abc}}}\n"),
              IsEmpty());
  EXPECT_THAT(refusals("  - {entity: e, given: {platform: {p.short: abc}}, expect: {legacy: "
                       "{secret: abc}}}\n"),
              AllOf(HasSubstr("ATB-2211"), HasSubstr("flows the other way")));
}

TEST(CheckTests, AReferenceCannotBeTried) {
  EXPECT_THAT(refusals("  - {entity: e, given: {legacy: {team_id: 5}}, expect: refused}\n"),
              AllOf(HasSubstr("ATB-2211"), HasSubstr("`team_id` is a reference")));
}

TEST(CheckTests, AWrongColumnOrValueIsToldAtItsPlace) {
  EXPECT_THAT(
      refusals("  - {entity: e, given: {legacy: {stats: 5}}, expect: refused}\n"),
      AllOf(HasSubstr("ATB-2102"), HasSubstr("`stats`"), HasSubstr("did you mean `status`?")));
  EXPECT_THAT(refusals("  - {entity: e, given: {legacy: {status: five}}, expect: refused}\n"),
              AllOf(HasSubstr("ATB-2201"), HasSubstr("`five` is no value of that type")));
}

TEST(LoadTests, RefusesOtherShapes) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"  - {entity: e, given: {}, expect: refused}\n", "ATB-2006"},
      {"  - {entity: e, given: {legacy: {status: 1}, platform: {p.status: on}}, expect: refused}\n",
       "ATB-2005"},
      {"  - {entity: e, given: {legacy: {status: 1}}, expect: no}\n", "ATB-2005"},
      {"  - {entity: e, given: {legacy: {status: 1}}, expect: {legacy: {status: 1}}}\n",
       "ATB-2004"},
      {"  - {entity: e, given: {legacy: {status: 1}}, expect: {platform: {}}}\n", "ATB-2005"},
      {"  - {entity: e, given: {legacy: {status: 1}}, expect: {refused: x, platform: {p.status: "
       "on}}}\n",
       "ATB-2005"},
      {"  - {entity: e, given: {legacy: {status: 1}, old: {legacy: {status: 1}}}, expect: "
       "refused}\n",
       "ATB-2006"},
      {"  - {entity: e, kind: x, given: {legacy: {status: 1}}, expect: refused}\n", "ATB-2011"},
      {"  {entity: e}\n", "ATB-2005"},
  };
  for (const auto& [text, code] : cases) EXPECT_THAT(refusals(text), HasSubstr(code)) << text;
}

}  // namespace
}  // namespace atlas
