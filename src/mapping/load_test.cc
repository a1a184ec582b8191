#include "mapping/compile.h"
#include "mapping/document.h"
#include "mapping/load_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string example(const std::string& name) {
  return std::string(ATLAS_TEST_SOURCE_DIR) + "/examples/atlas/" + name;
}

const Variables kNothing = fixed_variables({});

std::vector<std::string> problems_of(const std::string& text) {
  return places(load("m.yaml", text, kNothing).problems);
}

std::string only_text(const std::string& text) {
  const Loaded loaded = load("m.yaml", text, kNothing);
  EXPECT_EQ(loaded.problems.size(), 1U) << problem_texts(loaded.problems);
  return loaded.problems.empty() ? "" : loaded.problems.front().error.text();
}

TEST(Load, ReadsTheSqliteExample) {
  const Loaded loaded = load_file(example("atlas.sqlite.yaml"), kNothing);
  ASSERT_TRUE(loaded.document) << problem_texts(loaded.problems);
  const Document& document = *loaded.document;
  EXPECT_THAT(names_of(document.entities),
              ElementsAre("category", "person", "team", "member", "geofence"));
  EXPECT_EQ(document.endpoints.size(), 4U);
  EXPECT_EQ(document.entity("person")->platform[1].required_for.front().text, "staff");
  EXPECT_EQ(document.entity("person")->platform[0].table.text(), "users");
  EXPECT_EQ(document.entity("geofence")->scope[1].rows.size(), 2U);
}

TEST(Load, ReadsThePostgresExample) {
  const Loaded loaded = load_file(
      example("atlas.postgres.yaml"),
      fixed_variables(
          {{"LEGACY_DSN", "l"}, {"IDENTITY_DSN", "i"}, {"ORG_DSN", "o"}, {"GEO_DSN", "g"}}));
  ASSERT_TRUE(loaded.document) << problem_texts(loaded.problems);
  EXPECT_EQ(loaded.document->entity("person")->platform[0].table.text(), "identity.users");
  EXPECT_EQ(loaded.document->entity("person")->legacy[0].table.text(), "public.users");
}

TEST(Load, NamesTheMissingVariableAndItsMessage) {
  const Loaded loaded = load_file(example("atlas.postgres.yaml"), kNothing);
  EXPECT_FALSE(loaded.document);
  EXPECT_THAT(problem_texts(loaded.problems),
              HasSubstr("LEGACY_DSN is not set: the connection string of the legacy database"));
}

TEST(Load, ReportsEveryProblemInFileOrder) {
  EXPECT_THAT(problems_of("bridge: 1\ntenantt: {}\nsides: {legacy: {main: {sqlite: a}}, platform: "
                          "{app: {sqlit: b}}}\nphase: dul\n"),
              ElementsAre("ATB-2006 1:1", "ATB-2006 1:1", "ATB-2006 1:1", "ATB-2004 2:1",
                          "ATB-2006 3:49", "ATB-2004 3:55", "ATB-2005 4:8"));
}

TEST(Load, ShowsWhereWhyAndTheFix) {
  EXPECT_EQ(only_text(small_mapping(
                "  a:\n    legacy: {t: {kye: id}}\n    platform: {p: {table: t, key: id}}\n")),
            "error[ATB-2004] an unknown key\n"
            "  --> m.yaml:7:18\n"
            "  7 |     legacy: {t: {kye: id}}\n"
            "    |                  ^\n"
            "  why: `t` has no key `kye`\n"
            "  fix: did you mean `key`?\n");
}

// --- secrets -------------------------------------------------------------------------------------

TEST(LoadSecrets, NeverReachAMessage) {
  const std::string dsn = "postgresql://bridge:hunter2@db/legacy";
  const std::vector<std::string> texts{
      "bridge: 1\nsides: {legacy: {main: {postgres: \"" + dsn +
          "\", port: 1}}, platform: {app: [\"" + dsn + "\"]}}\n",
      "bridge: 1\nsides:\n  legacy:\n    main:\n      postgres: \"" + dsn +
          "\"\n      postgres: \"" + dsn + "\"\n",
      "bridge: 1\nstate: " + dsn + "\nsides: " + dsn + "\n",
      "bridge: 1\nsides: {legacy: {main: {postgres: \"${hunter2!}\"}}}\n",
      "bridge: 1\nsides:\n  legacy: {main: {postgres: 'password=hunter2\n",
      "bridge: 1\nnote: " + dsn + "\n",
  };
  for (const std::string& text : texts) {
    const Loaded loaded = load("m.yaml", text, kNothing);
    EXPECT_FALSE(loaded.problems.empty());
    EXPECT_THAT(problem_texts(loaded.problems), testing::Not(HasSubstr("hunter2"))) << text;
  }
}

TEST(LoadSecrets, AreNotPartOfTheHashedText) {
  const auto text_with = [](const std::string& dsn, const std::string& var) {
    const Loaded loaded =
        load("m.yaml",
             "bridge: 1\ntenant: {id: 7f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c4}\nvars: {V: \"${V}\"}\n"
             "sides: {legacy: {main: {postgres: \"${DSN}\"}}, platform: {app: {postgres: "
             "\"${DSN}\"}}}\nentities: {}\n",
             fixed_variables({{"DSN", dsn}, {"V", var}}));
    return loaded.document ? loaded.document->text : "";
  };
  EXPECT_NE(text_with("a", "1"), "");
  EXPECT_EQ(text_with("a", "1"), text_with("b", "1"));
  EXPECT_NE(text_with("a", "1"), text_with("a", "2"));
}

// --- tables --------------------------------------------------------------------------------------

std::string table_of(const std::string& sides, const std::string& table) {
  const Loaded loaded = load("m.yaml",
                             "bridge: 1\ntenant: {id: 7f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c4}\n"
                             "sides: {legacy: {main: {postgres: l}}, platform: " +
                                 sides +
                                 "}\n"
                                 "state: {sqlite: s.db}\n"
                                 "entities: {e: {legacy: {t: {key: id}}, platform: {p: {" +
                                 table + ", key: id}}}}\n",
                             kNothing);
  if (!loaded.document)
    return places(loaded.problems).front() + " " + loaded.problems.front().error.next();
  const Connections wanted = connections(*loaded.document);
  const TableDecl& decl = loaded.document->entities[0].platform[0];
  return wanted.endpoints[decl.endpoint].name + " " + decl.table.text();
}

TEST(Tables, BeginWithTheEndpoint) {
  const std::string two = "{identity: {postgres: i}, org: {postgres: o}}";
  EXPECT_EQ(table_of(two, "table: identity.users"), "platform.identity identity.users");
  EXPECT_EQ(table_of(two, "table: org.crm.users"), "platform.org crm.users");
  EXPECT_EQ(table_of(two, "endpoint: org, table: users"), "platform.org public.users");
  EXPECT_EQ(table_of(two, "endpoint: org, table: crm.users"), "platform.org crm.users");
  EXPECT_EQ(table_of(two, "table: identiy.users"), "ATB-2011 5:62 did you mean `identity`?");
  EXPECT_EQ(table_of(two, "table: users"),
            "ATB-2011 5:62 write endpoint.users; endpoints: identity, org");
  EXPECT_EQ(table_of(two, "endpoint: ogr, table: users"), "ATB-2011 5:65 did you mean `org`?");
  EXPECT_EQ(table_of(two, "table: a.b.c.d"),
            "ATB-2005 5:62 endpoint.table, or endpoint.schema.table");
}

TEST(Tables, NeedNoEndpointWhereThereIsOne) {
  EXPECT_EQ(table_of("{app: {postgres: i}}", "table: users"), "platform.app public.users");
  EXPECT_EQ(table_of("{app: {postgres: i}}", "table: crm.users"), "platform.app crm.users");
  EXPECT_EQ(table_of("{app: {postgres: i}}", "table: app.users"), "platform.app app.users");
  EXPECT_EQ(table_of("{app: {sqlite: i}}", "table: app.users"), "platform.app users");
  EXPECT_EQ(table_of("{app: {sqlite: i}}", "table: users"), "platform.app users");
  EXPECT_EQ(table_of("{app: {sqlite: i}}", "table: crm.users"), "ATB-2005 5:62 write users");
}

// --- single values -------------------------------------------------------------------------------

Loaded settings(const std::string& lines) {
  return load(
      "m.yaml",
      "bridge: 1\ntenant: {id: 7f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c4}\n"
      "sides: {legacy: {main: {sqlite: l}}, platform: {app: {sqlite: p}}}\nstate: {sqlite: s}\n" +
          lines + "entities: {e: {legacy: {t: {key: id}}, platform: {p: {table: t, key: id}}}}\n",
      kNothing);
}

TEST(Settings, HaveTheirDefaults) {
  const Loaded loaded = settings("");
  ASSERT_TRUE(loaded.document) << problem_texts(loaded.problems);
  const EntityDecl& entity = loaded.document->entities[0];
  EXPECT_EQ(loaded.document->tenant_name, "default");
  EXPECT_EQ(entity.capture.overlap, std::chrono::minutes(10));
  EXPECT_EQ(entity.limits.row_bytes, 8 * 1024 * 1024);
  EXPECT_EQ(entity.limits.deletes_percent, 5);
}

TEST(Settings, ReadSpansSizesAndCounts) {
  const Loaded loaded = settings(
      "capture: {stamp_by: application, overlap: 2h, margin: 250ms}\nlimits: {deletes: {rows: 0, "
      "percent: 100, confirm: 1d}, open: 1, row_bytes: 512KiB}\n");
  ASSERT_TRUE(loaded.document) << problem_texts(loaded.problems);
  const EntityDecl& entity = loaded.document->entities[0];
  EXPECT_EQ(entity.capture.stamp_by, StampBy::kApplication);
  EXPECT_EQ(entity.capture.overlap, std::chrono::hours(2));
  EXPECT_EQ(entity.capture.margin, std::chrono::milliseconds(250));
  EXPECT_EQ(entity.limits.deletes_rows, 0);
  EXPECT_EQ(entity.limits.deletes_confirm, std::chrono::hours(24));
  EXPECT_EQ(entity.limits.row_bytes, 512 * 1024);
}

TEST(Settings, RefuseWhatTheyCannotRead) {
  for (const char* line :
       {"capture: {overlap: 10}\n", "capture: {overlap: -5s}\n", "capture: {overlap: 5 s}\n",
        "capture: {overlap: 99999999999d}\n", "capture: {stamp_by: me}\n",
        "limits: {row_bytes: 8MB}\n", "limits: {row_bytes: 0}\n",
        "limits: {deletes: {percent: 101}}\n", "limits: {open: many}\n", "limits: []\n",
        "phase: [dual]\n", "vars: {V: {type: integr, value: 1}}\n",
        "vars: {V: {type: int4, value: x}}\n", "limits: {open: 99999999999999999999}\n"}) {
    const Loaded loaded = settings(line);
    EXPECT_FALSE(loaded.document) << line;
    ASSERT_EQ(loaded.problems.size(), 1U) << line << problem_texts(loaded.problems);
    EXPECT_THAT(places(loaded.problems).front(), testing::StartsWith("ATB-2005 5:")) << line;
  }
}

TEST(Settings, StateDefaultsToThePlatformsFirstPostgres) {
  const Loaded loaded = load("m.yaml",
                             "bridge: 1\ntenant: {id: 7f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c4}\n"
                             "sides: {legacy: {main: {postgres: l}}, platform: {a: {sqlite: f}, b: "
                             "{postgres: p}}}\nentities: {}\n",
                             kNothing);
  ASSERT_TRUE(loaded.document) << problem_texts(loaded.problems);
  EXPECT_EQ(connections(*loaded.document).state.address.reveal(), "p");
  EXPECT_EQ(connections(*loaded.document).state.name, "state");
}

TEST(Settings, ScopesAreInheritedSideBySide) {
  const Loaded loaded = load(
      "m.yaml",
      "bridge: 1\ntenant: {id: 7f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c4}\n"
      "sides: {legacy: {main: {sqlite: l}}, platform: {app: {sqlite: p}}}\nstate: {sqlite: s}\n"
      "scope: {legacy: \"a == 1\", platform: \"b == 2\"}\n"
      "entities:\n"
      "  x: {legacy: {t: }, platform: {p: {table: t}}}\n"
      "  y: {legacy: {t: }, platform: {p: {table: t}}, scope: {platform: all}}\n",
      kNothing);
  ASSERT_TRUE(loaded.document) << problem_texts(loaded.problems);
  EXPECT_EQ(loaded.document->entities[0].scope[1].rows.size(), 1U);
  EXPECT_EQ(loaded.document->entities[1].scope[0].rows.size(), 1U);
  EXPECT_EQ(loaded.document->entities[1].scope[1].rows.size(), 0U);
}

// --- operators -----------------------------------------------------------------------------------

Loaded with_field(const std::string& field, const std::string& lenses = "{}") {
  return load("m.yaml",
              "bridge: 1\ntenant: {id: 7f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c4}\n"
              "sides: {legacy: {main: {sqlite: l}}, platform: {app: {sqlite: p}}}\nstate: {sqlite: "
              "s}\nlenses: " +
                  lenses +
                  "\nentities:\n  e:\n    legacy: {t: }\n    platform: {p: {table: t}}\n    "
                  "fields:\n      " +
                  field + "\n",
              kNothing);
}

FieldDecl field_of(const std::string& field, const std::string& lenses = "{}") {
  const Loaded loaded = with_field(field, lenses);
  EXPECT_TRUE(loaded.document) << field << "\n" << problem_texts(loaded.problems);
  if (!loaded.document || loaded.document->entities[0].fields.empty()) return {};
  return loaded.document->entities[0].fields[0];
}

TEST(Operators, ReadScales) {
  const auto scale = [](const std::string& text) {
    return std::get<ScaleOp>(field_of("\"a <-> b\": " + text).op);
  };
  EXPECT_TRUE(scale("{scale: \"/100\"}").divide);
  EXPECT_EQ(scale("{scale: \"/100\"}").factor.text(), "100");
  EXPECT_EQ(scale("{scale: \"*0.001\"}").factor.text(), "0.001");
  EXPECT_EQ(scale("{scale: {factor: 1.8, offset: 32}}").offset.text(), "32");
  EXPECT_EQ(scale("{offset: -273.15}").offset.text(), "-273.15");
}

TEST(Operators, ReadTheOthers) {
  EXPECT_EQ(std::get<EpochOp>(field_of("\"a <-> b\": {epoch: ms}").op).unit, EpochUnit::kMillis);
  EXPECT_TRUE(
      std::get<EpochOp>(field_of("\"a <-> b\": {epoch: {unit: s, null_zero: true}}").op).null_zero);
  EXPECT_TRUE(
      std::get<EpochOp>(field_of("\"a <-> b\": {epoch: us, null_zero: true}").op).null_zero);
  EXPECT_EQ(std::get<JoinOp>(field_of("\"a <-> b, c\": {join: \", \"}").op).separator, ", ");
  EXPECT_EQ(std::get<JoinOp>(field_of("\"a, c <-> b\": {split: \"-\"}").op).whole, Side::kPlatform);
  EXPECT_TRUE(
      std::get<JsonOp>(field_of("\"a <-> b$.c\": {json: text, absent: null}").op).absent_null);
  EXPECT_EQ(std::get<JsonOp>(field_of("\"a <-> b$.c\": {json: {type: number}}").op).type, "number");
  EXPECT_EQ(std::get<PointOp>(field_of("\"a, c <-> b\": {point: }").op).digits, 7);
  EXPECT_EQ(std::get<PointOp>(field_of("\"a, c <-> b\": {point: 5}").op).digits, 5);
  EXPECT_EQ(
      std::get<EnumOp>(field_of("\"a <-> b\": {enum: {0: x, 1: x}, prefer: {x: 1}, else: y}").op)
          .otherwise,
      "y");
}

TEST(Operators, ComeFromNamedLenses) {
  const std::string lenses =
      "{berlin: {tz: Europe/Berlin, ambiguous: earlier}, clean: {canon: [trim, lower]}}";
  EXPECT_EQ(std::get<TzOp>(field_of("\"a <-> b\": berlin", lenses).op).rule.ambiguous,
            Ambiguous::kEarlier);
  EXPECT_EQ(std::get<TzOp>(field_of("\"a <-> b\": {use: berlin, ambiguous: later}", lenses).op)
                .rule.ambiguous,
            Ambiguous::kLater);
  EXPECT_EQ(field_of("\"a <-> b\": {use: clean, unique: true}", lenses).canon.size(), 2U);
  EXPECT_NE(field_of("\"a <-> b\": berlin", lenses).operators,
            field_of("\"a <-> b\": {use: berlin, ambiguous: later}", lenses).operators);
  EXPECT_EQ(field_of("\"a <-> b\": clean", lenses).operators,
            field_of("\"a <-> b\": {canon: [trim, lower], unique: true}", lenses).operators);
}

TEST(Operators, ReadDomains) {
  const FieldDecl field =
      field_of("\"a <-> b, c\": {join: x, domain: {legacy: 0..100, c: \"[^ ]+\"}}");
  EXPECT_EQ(field.domain[0].front().min, "0");
  EXPECT_EQ(field.domain[0].front().max, "100");
  EXPECT_EQ(field.domain[0].front().column, std::nullopt);
  EXPECT_EQ(field.domain[1].front().regex, "[^ ]+");
  EXPECT_EQ(field.domain[1].front().column, 1U);
  EXPECT_EQ(field_of("\"a <-> b\": {domain: {platform: [x, y]}}").domain[1].front().values.size(),
            2U);
}

struct Refusal {
  const char* field;
  const char* place;
  const char* says;
};
class RefusedField : public testing::TestWithParam<Refusal> {};
TEST_P(RefusedField, SaysWhy) {
  const Loaded loaded = with_field(GetParam().field, "{berlin: {tz: Europe/Berlin}}");
  EXPECT_FALSE(loaded.document);
  EXPECT_THAT(places(loaded.problems), ElementsAre(GetParam().place))
      << problem_texts(loaded.problems);
  EXPECT_THAT(problem_texts(loaded.problems), HasSubstr(GetParam().says));
}
INSTANTIATE_TEST_SUITE_P(
    Cases, RefusedField,
    testing::Values(
        Refusal{"\"a <-> b\": copi", "ATB-2011 11:18", "did you mean `copy`?"},
        Refusal{"\"a <-> b\": berlim", "ATB-2011 11:18", "did you mean `berlin`?"},
        Refusal{"\"a <-> b\":", "ATB-2005 11:7", "\"a <-> b\": copy"},
        Refusal{"\"a <-> b\": []", "ATB-2005 11:18", "a list; a map is expected"},
        Refusal{"\"a <-> b\": {joni: x}", "ATB-2004 11:19", "did you mean `join`?"},
        Refusal{"\"a <-> b\": {canon: [trim, lowr]}", "ATB-2011 11:33", "did you mean `lower`?"},
        Refusal{"\"a <-> b\": {prefer: {x: 1}}", "ATB-2005 11:27", "only together with `enum`"},
        Refusal{"\"a <-> b\": {gap: shift}", "ATB-2005 11:24", "belongs to `tz`"},
        Refusal{"\"a <-> b\": {tz: Europe/Berln}", "ATB-2005 11:23", "Europe/Berln"},
        Refusal{"\"a <-> b\": {scale: \"/0\"}", "ATB-2005 11:26", "no factor"},
        Refusal{"\"a <-> b\": {scale: x}", "ATB-2005 11:26", "no factor"},
        Refusal{"\"a <-> b\": {join: \"\"}", "ATB-2005 11:25", "empty separator"},
        Refusal{"\"a <-> b\": {enum: {0: null}}", "ATB-2005 11:29", "nothing; text is expected"},
        Refusal{"\"a <-> b\": {enum: {}}", "ATB-2005 11:25", "is empty"},
        Refusal{"\"a <-> b\": {enum: {0: x}, prefer: {y: 0}}", "ATB-2011 11:42",
                "no code means `y`"},
        Refusal{"\"a <-> b\": {enum: {0: x, 1: y}, prefer: {x: 1}}", "ATB-2011 11:51",
                "does not mean `x`"},
        Refusal{"\"a <-> b\": {json: txt}", "ATB-2005 11:25", "did you mean `text`?"},
        Refusal{"\"a <-> b\": {json: text, absent: 0}", "ATB-2005 11:39", "can only be null"},
        Refusal{"\"a <-> b\": {json: {absent: null}}", "ATB-2006 11:25", "what the member holds"},
        Refusal{"\"a <-> b\": {epoch: m}", "ATB-2005 11:26", "one of: s, ms, us"},
        Refusal{"\"a <-> b\": {enforce: true}", "ATB-2005 11:28", "one-way"},
        Refusal{"\"a <-> b\": {conflict: oldest}", "ATB-2005 11:29", "newest"},
        Refusal{"\"a <-> b\": {ref: f}", "ATB-2011 11:24", "no entity `f`"},
        Refusal{"\"a <-> b\": {ref: e/u}", "ATB-2011 11:24", "no legacy table `u`"},
        Refusal{"\"a <-> b\": {ref: e, canon: trim}", "ATB-2005 11:24", "no canonical form"},
        Refusal{"\"a <-> b\": {domain: {legacy: {}}}", "ATB-2005 11:36", "without any limit"},
        Refusal{"\"a <-> b\": {domain: {lagacy: x}}", "ATB-2011 11:28", "did you mean `legacy`?"},
        Refusal{"\"a <-> b\": {const: \"1\"}", "ATB-2009 11:26", "one side only"},
        Refusal{"\"-> b\": copy", "ATB-2009 11:7", "only a constant has one side"},
        Refusal{"\"<- b\": {const: \"1\"}", "ATB-2009 11:7", "only a constant has one side"},
        Refusal{"\"u.a <-> b\": copy", "ATB-2009 11:8", "legacy columns stand alone"},
        Refusal{"\"a <-> q.b\": copy", "ATB-2011 11:14", "no platform table `q`"},
        Refusal{"\"a <-> b\": {remember: true}", "ATB-2004 11:19", "not part of this version"},
        Refusal{"\"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q <-> z\": {join: x}", "ATB-2009 11:7",
                "at most 16 columns"}));

TEST(Load, ReportsAMistakeInALensOnce) {
  EXPECT_THAT(places(with_field("{\"a <-> b\": bad, \"c <-> d\": {use: bad}}",
                                "{bad: {tz: Nowhere/Land, shade: 1}}")
                         .problems),
              ElementsAre("ATB-2005 5:20", "ATB-2004 5:34"));
}

TEST(Load, FindsTodoMarksAsWordsOnly) {
  EXPECT_TRUE(with_field("\"TODOS <-> TODO_LIST\": copy").document);
  EXPECT_THAT(places(with_field("\"a <-> b\": TODO").problems), ElementsAre("ATB-2010 11:18"));
  EXPECT_THAT(places(with_field("\"a <-> b\": {canon: [\"TODO: trim?\"]}").problems),
              ElementsAre("ATB-2010 11:27"));
}

TEST(Load, NamesAFileThatIsNotThere) {
  const Loaded loaded = load_file("/no/such/atlas.yaml", kNothing);
  EXPECT_EQ(loaded.problems.front().error.code(), Code::kConfigUnreadable);
  EXPECT_EQ(load_file(ATLAS_TEST_SOURCE_DIR, kNothing).problems.front().error.code(),
            Code::kConfigUnreadable);
}

}  // namespace
}  // namespace atlas
