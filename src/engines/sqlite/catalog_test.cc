#include "engines/sqlite/ddl.h"
#include "engines/sqlite/declared_type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sqlite {
namespace {

using testing::ElementsAre;

TEST(DeclaredType, IsWhatTheNameSays) {
  struct Case {
    const char* declared;
    TypeKind kind;
    int size;
    int scale;
  };
  for (const Case& c :
       {Case{"uuid_text", TypeKind::kUuid, 0, 0},
        Case{"timestamp_text", TypeKind::kTimestamp, 6, 0},
        Case{"timestamptz_text(3)", TypeKind::kTimestampTz, 3, 0},
        Case{"json_text", TypeKind::kJson, 0, 0},
        Case{"decimal_text(10,2)", TypeKind::kNumeric, 10, 2},
        Case{"DECIMAL(12, 4)", TypeKind::kNumeric, 12, 4},
        Case{"boolean_int", TypeKind::kBool, 0, 0}, Case{"INTEGER", TypeKind::kInt8, 0, 0},
        Case{"int", TypeKind::kInt4, 0, 0}, Case{"SMALLINT", TypeKind::kInt2, 0, 0},
        Case{"int2_int", TypeKind::kInt2, 0, 0}, Case{"VARCHAR(40)", TypeKind::kVarchar, 40, 0},
        Case{"CHAR(3)", TypeKind::kChar, 3, 0}, Case{"BLOB", TypeKind::kBytea, 0, 0},
        Case{"double precision", TypeKind::kFloat8, 0, 0},
        Case{"interval_text", TypeKind::kInterval, 0, 0},
        Case{"unsigned big int", TypeKind::kInt8, 0, 0}, Case{"money", TypeKind::kNumeric, 0, 0},
        Case{"", TypeKind::kOther, 0, 0}}) {
    const Type type = type_of(c.declared);
    EXPECT_EQ(type.kind, c.kind) << c.declared;
    EXPECT_EQ(type.size, c.size) << c.declared;
    EXPECT_EQ(type.scale, c.scale) << c.declared;
    EXPECT_EQ(type.name, c.declared);
  }
}

TEST(DeclaredType, AffinityFollowsSQLitesRules) {
  EXPECT_EQ(affinity_of("decimal_text(10,2)"), Affinity::kText);
  EXPECT_EQ(affinity_of("DECIMAL(10,2)"), Affinity::kNumeric);
  EXPECT_EQ(affinity_of("FLOATING POINT"), Affinity::kInteger);  // it contains INT
  EXPECT_EQ(affinity_of("REAL"), Affinity::kReal);
  EXPECT_EQ(affinity_of(""), Affinity::kBlob);
}

TEST(Ddl, ChecksAreFoundAmongStringsNamesAndComments) {
  EXPECT_THAT(check_conditions(
                  "CREATE TABLE t (a TEXT CHECK (a <> ')' AND length(a) > (1)), -- CHECK (no)\n"
                  " \"check\" INT DEFAULT 'CHECK (no)', CONSTRAINT c CHECK(a /* ) */ > 'b'))"),
              ElementsAre("a <> ')' AND length(a) > (1)", "a /* ) */ > 'b'"));
  EXPECT_THAT(check_conditions("CREATE TABLE t (a CHECK (a"), testing::SizeIs(1));
  EXPECT_THAT(check_conditions("CREATE TABLE t (a CHECK ("), testing::SizeIs(1));
}

TEST(Ddl, WordsInQuotesAreNoWords) {
  EXPECT_TRUE(has_words("a INTEGER PRIMARY KEY AutoIncrement", {"autoincrement"}));
  EXPECT_FALSE(has_words("a TEXT DEFAULT 'autoincrement'", {"autoincrement"}));
  EXPECT_TRUE(has_words("UNIQUE (a) ON\n  CONFLICT REPLACE", {"on", "conflict"}));
  EXPECT_FALSE(has_words("[on] conflict", {"on", "conflict"}));
}

TEST(Ddl, ATriggerThatDoesNotSayWhenActsBefore) {
  EXPECT_EQ(trigger_time("CREATE TRIGGER \"after\" UPDATE ON t BEGIN SELECT 1; END"),
            TriggerTime::kBefore);
  EXPECT_EQ(trigger_time("CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END"),
            TriggerTime::kAfter);
  EXPECT_EQ(trigger_time("CREATE TRIGGER x INSTEAD OF INSERT ON t BEGIN SELECT 1; END"),
            TriggerTime::kInsteadOf);
}

}  // namespace
}  // namespace atlas::sqlite
