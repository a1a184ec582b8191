// What one transaction does to rows: guards, results, rejections.

#include "endpoint/conformance_cases_testing.h"

#include <gmock/gmock.h>

namespace atlas::conformance {
namespace {

constexpr RowVersion kNoGuard{};

// One update of `name` of row `id`.
TestGroup rename(const TableShape& shape, std::int64_t id, RowVersion guard, std::string_view to) {
  TestGroup group(shape, WriteKind::kUpdate, {"name"});
  const Value key = Value::integer(id);
  const Value cell = Value::text(to);
  group.add({&key, 1}, guard, {&cell, 1}, 0);
  return group;
}

TestGroup removal(const TableShape& shape, std::int64_t id, RowVersion guard) {
  TestGroup group(shape, WriteKind::kRemove, {});
  const Value key = Value::integer(id);
  group.add({&key, 1}, guard, {}, 0);
  return group;
}

TestGroup insertion(const TableShape& shape, const std::vector<PersonRow>& rows) {
  TestGroup group(shape, WriteKind::kInsert, {"id", "tenant", "name", "points", "email"});
  std::uint32_t instance = 0;
  for (const PersonRow& row : rows)
    group.add({row.data(), 1}, kNoGuard, {row.data(), 5}, instance++);
  return group;
}

std::string name_of(World& world, std::int64_t id) {
  const Rows rows = world.read(world.shape, {id});
  return rows.size() == 0 ? "(none)"
                          : std::string(rows.row(0)[world.shape.column("name")].as_text());
}

void add_people(World& world, std::int64_t from, std::int64_t to) {
  Arena arena;
  std::vector<PersonRow> rows;
  for (std::int64_t id = from; id <= to; ++id) rows.push_back(person(id, arena));
  world.fixture.insert(world.table, rows);
}

// Whoever settles it after a crash tells its rows from users' by their stamp (E3, E19).
void TheWitnessNamesTheStampOfTouchedRows(EndpointFixture& fixture) {
  World world(fixture);
  add_people(world, 1, 1);
  const RowVersion before = world.version(world.shape, 1);
  (void)world.apply({&world.shape}, {rename(world.shape, 1, before, "new").group()});
  const Settlement settlement = must(world.endpoint->settle(world.last_ticket()));
  EXPECT_TRUE(settlement.applied);
  EXPECT_EQ(settlement.stamp_us, world.endpoint->capabilities().tokens_name_writers
                                     ? world.version(world.shape, 1).stamp_us
                                     : kMinusInfinity);
}

void AnUpdateIsAppliedAndShowsItsVersion(EndpointFixture& fixture) {
  World world(fixture);
  add_people(world, 1, 2);
  const RowVersion before = world.version(world.shape, 1);
  const RowVersion other = world.version(world.shape, 2);
  const auto results = world.apply({&world.shape}, {rename(world.shape, 1, before, "new").group()});
  ASSERT_EQ(results[0][0].status, WriteStatus::kApplied);
  EXPECT_EQ(name_of(world, 1), "new");
  EXPECT_EQ(results[0][0].version, world.version(world.shape, 1));
  EXPECT_NE(results[0][0].version, before);
  EXPECT_EQ(world.version(world.shape, 2), other) << "other rows keep their version";
  const Rows rows = world.read(world.shape, {1});
  EXPECT_EQ(rows.row(0)[world.shape.column("points")], Value::integer(5))
      << "columns not written keep their value";
}

void AWriteTouchesTheStampUnlessToldOtherwise(EndpointFixture& fixture) {
  World world(fixture);
  add_people(world, 1, 2);
  TableShape preserving = world.shape;
  preserving.stamp_touched = false;
  (void)world.apply({&world.shape},
                    {rename(world.shape, 1, world.version(world.shape, 1), "a").group()});
  (void)world.apply({&preserving},
                    {rename(preserving, 2, world.version(world.shape, 2), "b").group()});
  EXPECT_GT(world.version(world.shape, 1).stamp_us, kNewYear);
  EXPECT_EQ(world.version(world.shape, 2).stamp_us, kNewYear);
  // A stamp among the written columns is written as given.
  TestGroup given(world.shape, WriteKind::kUpdate, {"name", "updated"});
  const Value key = Value::integer(1);
  const std::array cells = {Value::text("c"), Value::instant(kNewYear + 7)};
  given.add({&key, 1}, world.version(world.shape, 1), cells, 0);
  (void)world.apply({&world.shape}, {given.group()});
  EXPECT_EQ(world.version(world.shape, 1).stamp_us, kNewYear + 7);
}

void AnUpdateIsStaleAfterAUsersWrite(EndpointFixture& fixture) {
  World world(fixture);
  add_people(world, 1, 2);
  const RowVersion first = world.version(world.shape, 1);
  const RowVersion second = world.version(world.shape, 2);
  const Value key = Value::integer(1);
  fixture.update(world.table, {&key, 1}, "name", Value::text("theirs"));
  TestGroup group(world.shape, WriteKind::kUpdate, {"name"});
  const Value other = Value::integer(2);
  const Value ours = Value::text("ours");
  group.add({&key, 1}, first, {&ours, 1}, 0).add({&other, 1}, second, {&ours, 1}, 1);
  const auto results = world.apply({&world.shape}, {group.group()});
  EXPECT_EQ(results[0][0].status, WriteStatus::kStale);
  EXPECT_EQ(results[0][1].status, WriteStatus::kApplied)
      << "one stale row does not stop the others";
  EXPECT_EQ(name_of(world, 1), "theirs");
  EXPECT_EQ(name_of(world, 2), "ours");
}

void AWriteToAMissingRowIsStale(EndpointFixture& fixture) {
  World world(fixture);
  add_people(world, 1, 1);
  const RowVersion version = world.version(world.shape, 1);
  const Value key = Value::integer(1);
  fixture.remove(world.table, {&key, 1});
  EXPECT_EQ(
      world.apply({&world.shape}, {rename(world.shape, 1, version, "x").group()})[0][0].status,
      WriteStatus::kStale);
  EXPECT_EQ(world.apply({&world.shape}, {removal(world.shape, 1, version).group()})[0][0].status,
            WriteStatus::kStale);
}

void ARemoveIsGuarded(EndpointFixture& fixture) {
  World world(fixture);
  add_people(world, 1, 2);
  const RowVersion version = world.version(world.shape, 1);
  const Value key = Value::integer(1);
  fixture.update(world.table, {&key, 1}, "name", Value::text("theirs"));
  EXPECT_EQ(world.apply({&world.shape}, {removal(world.shape, 1, version).group()})[0][0].status,
            WriteStatus::kStale);
  EXPECT_EQ(name_of(world, 1), "theirs");
  const RowVersion second = world.version(world.shape, 2);
  EXPECT_EQ(world.apply({&world.shape}, {removal(world.shape, 2, second).group()})[0][0].status,
            WriteStatus::kApplied);
  EXPECT_EQ(name_of(world, 2), "(none)");
}

void AnInsertIsAppliedOrItsKeyIsTaken(EndpointFixture& fixture) {
  World world(fixture);
  add_people(world, 2, 2);
  Arena arena;
  std::vector<PersonRow> rows = {person(1, arena), person(2, arena), person(3, arena)};
  rows[1][4] = Value::text("elsewhere@example.org");
  const auto results = world.apply({&world.shape}, {insertion(world.shape, rows).group()});
  EXPECT_EQ(results[0][0].status, WriteStatus::kApplied);
  EXPECT_EQ(results[0][1].status, WriteStatus::kKeyTaken);
  EXPECT_EQ(results[0][2].status, WriteStatus::kApplied);
  EXPECT_EQ(results[0][0].version, world.version(world.shape, 1));
  EXPECT_GT(world.version(world.shape, 1).stamp_us, kNewYear)
      << "inserts set the stamp to the database's clock";
  EXPECT_EQ(name_of(world, 2), "name 2");
}

void ATriggerThatEatsAWriteIsNoticed(EndpointFixture& fixture) {
  World world(fixture);
  add_people(world, 1, 2);
  fixture.create_trigger(world.table, {.name = "eat_update",
                                       .on = WriteKind::kUpdate,
                                       .when = "name",
                                       .is = "eaten",
                                       .set = {},
                                       .to = {}});
  fixture.create_trigger(world.table, {.name = "eat_insert",
                                       .on = WriteKind::kInsert,
                                       .when = "name",
                                       .is = "eaten",
                                       .set = {},
                                       .to = {}});
  fixture.create_trigger(world.table, {.name = "eat_remove",
                                       .on = WriteKind::kRemove,
                                       .when = "name",
                                       .is = "name 2",
                                       .set = {},
                                       .to = {}});
  world.shape = shape_of(*world.endpoint, world.table, world.name);
  Arena arena;
  std::vector<PersonRow> rows = {person(7, arena)};
  rows[0][2] = Value::text("eaten");
  EXPECT_EQ(world.apply({&world.shape}, {insertion(world.shape, rows).group()})[0][0].status,
            WriteStatus::kSuppressed);
  EXPECT_EQ(
      world
          .apply({&world.shape},
                 {rename(world.shape, 1, world.version(world.shape, 1), "eaten").group()})[0][0]
          .status,
      WriteStatus::kSuppressed);
  EXPECT_EQ(world
                .apply({&world.shape},
                       {removal(world.shape, 2, world.version(world.shape, 2)).group()})[0][0]
                .status,
            WriteStatus::kSuppressed);
  EXPECT_EQ(name_of(world, 7), "(none)");
  EXPECT_EQ(name_of(world, 2), "name 2");
}

// Rows of a thousand whose points the check refuses are found; the others are applied.
void PoisonAmongAThousandIsFound(EndpointFixture& fixture) {
  World world(fixture);
  Arena arena;
  for (const std::vector<std::int64_t>& poison :
       {std::vector<std::int64_t>{500}, {1, 1000}, {17, 18, 19, 600}}) {
    const std::int64_t base = world.batch * 10'000;
    std::vector<PersonRow> rows;
    for (std::int64_t i = 1; i <= 1000; ++i) {
      rows.push_back(person(base + i, arena));
      if (std::find(poison.begin(), poison.end(), i) != poison.end())
        rows.back()[3] = Value::integer(-1);
    }
    const auto results = world.apply({&world.shape}, {insertion(world.shape, rows).group()});
    for (std::int64_t i = 1; i <= 1000; ++i) {
      const WriteResult& result = results[0][static_cast<std::size_t>(i) - 1];
      const bool bad = std::find(poison.begin(), poison.end(), i) != poison.end();
      ASSERT_EQ(result.status, bad ? WriteStatus::kRejected : WriteStatus::kApplied) << i;
      if (!bad) continue;
      ASSERT_TRUE(result.error);
      EXPECT_EQ(result.error->code(), Code::kConstraintViolated);
      EXPECT_EQ(result.error->constraint(), "person_points_check");
    }
    EXPECT_EQ(name_of(world, base + 2), "name " + std::to_string(base + 2));
  }
}

void AUniqueViolationIsToldApart(EndpointFixture& fixture) {
  World world(fixture);
  add_people(world, 1, 2);
  TestGroup group(world.shape, WriteKind::kUpdate, {"email"});
  const Value key = Value::integer(1);
  const Value taken = Value::text("2@example.org");
  group.add({&key, 1}, world.version(world.shape, 1), {&taken, 1}, 0);
  const auto results = world.apply({&world.shape}, {group.group()});
  ASSERT_EQ(results[0][0].status, WriteStatus::kRejected);
  EXPECT_EQ(results[0][0].error->code(), Code::kUniqueTaken);
  EXPECT_EQ(results[0][0].error->kind(), ErrorKind::kRejected);
}

void ANullInARequiredColumnIsRejected(EndpointFixture& fixture) {
  World world(fixture);
  Arena arena;
  std::vector<PersonRow> rows = {person(1, arena), person(2, arena)};
  rows[0][1] = Value();
  const auto results = world.apply({&world.shape}, {insertion(world.shape, rows).group()});
  ASSERT_EQ(results[0][0].status, WriteStatus::kRejected);
  EXPECT_EQ(results[0][0].error->code(), Code::kConstraintViolated);
  EXPECT_EQ(results[0][1].status, WriteStatus::kApplied);
}

void ATriggersOwnErrorIsRejected(EndpointFixture& fixture) {
  World world(fixture);
  add_people(world, 1, 2);
  fixture.create_trigger(world.table, {.name = "refuse",
                                       .on = WriteKind::kUpdate,
                                       .effect = TestEffect::kRaise,
                                       .when = "name",
                                       .is = "refused",
                                       .set = {},
                                       .to = {}});
  world.shape = shape_of(*world.endpoint, world.table, world.name);
  const auto results = world.apply(
      {&world.shape}, {rename(world.shape, 1, world.version(world.shape, 1), "refused").group()});
  ASSERT_EQ(results[0][0].status, WriteStatus::kRejected);
  EXPECT_EQ(results[0][0].error->code(), Code::kTriggerRaised);
}

void ErrorsHoldNoRowValues(EndpointFixture& fixture) {
  World world(fixture);
  add_people(world, 1, 1);
  Arena arena;
  std::vector<PersonRow> rows = {person(424242, arena)};
  rows[0][2] = Value::text("a secret name");
  rows[0][3] = Value::integer(-777);
  rows[0][4] = Value::text("secret@example.org");
  const auto check = world.apply({&world.shape}, {insertion(world.shape, rows).group()});
  rows[0][3] = Value::integer(7);
  rows[0][4] = Value::text("1@example.org");
  const auto unique = world.apply({&world.shape}, {insertion(world.shape, rows).group()});
  for (const auto& results : {check, unique}) {
    ASSERT_EQ(results[0][0].status, WriteStatus::kRejected);
    const std::string text = results[0][0].error->text() + results[0][0].error->line();
    for (const std::string_view value : {"secret", "-777", "424242", "example.org"}) {
      EXPECT_EQ(text.find(value), std::string::npos) << text;
    }
  }
}

void ATransactionThatIsDroppedLeavesNothing(EndpointFixture& fixture) {
  World world(fixture);
  add_people(world, 1, 1);
  const RowVersion version = world.version(world.shape, 1);
  {
    const auto transaction = world.begin(world.shape);
    const TestGroup owner = rename(world.shape, 1, version, "gone");
    const auto results = must(transaction->apply({&owner.group(), 1}));
    EXPECT_EQ(results[0][0].status, WriteStatus::kApplied);
  }
  EXPECT_EQ(name_of(world, 1), "name 1");
  EXPECT_EQ(world.version(world.shape, 1), version);
  EXPECT_FALSE(must(world.endpoint->settle(world.last_ticket())).applied);
}

void ReservedNumbersAreNewAndDistinct(EndpointFixture& fixture) {
  World world(fixture);
  ASSERT_TRUE(world.endpoint->capabilities().reserves_ids);
  const auto other = fixture.open();
  const auto first = must(world.endpoint->reserve(world.shape, 100));
  const auto second = must(other->reserve(world.shape, 100));
  ASSERT_EQ(first.size(), 100U);
  ASSERT_EQ(second.size(), 100U);
  std::map<std::int64_t, int> seen;
  for (const auto& numbers : {first, second}) {
    for (const std::int64_t number : numbers) ++seen[number];
  }
  EXPECT_EQ(seen.size(), 200U);
}

}  // namespace

std::vector<Case> apply_cases() {
#define ATLAS_CASE(claim) \
  Case { #claim, claim }
  return {ATLAS_CASE(TheWitnessNamesTheStampOfTouchedRows),
          ATLAS_CASE(AnUpdateIsAppliedAndShowsItsVersion),
          ATLAS_CASE(AWriteTouchesTheStampUnlessToldOtherwise),
          ATLAS_CASE(AnUpdateIsStaleAfterAUsersWrite),
          ATLAS_CASE(AWriteToAMissingRowIsStale),
          ATLAS_CASE(ARemoveIsGuarded),
          ATLAS_CASE(AnInsertIsAppliedOrItsKeyIsTaken),
          ATLAS_CASE(ATriggerThatEatsAWriteIsNoticed),
          ATLAS_CASE(PoisonAmongAThousandIsFound),
          ATLAS_CASE(AUniqueViolationIsToldApart),
          ATLAS_CASE(ANullInARequiredColumnIsRejected),
          ATLAS_CASE(ATriggersOwnErrorIsRejected),
          ATLAS_CASE(ErrorsHoldNoRowValues),
          ATLAS_CASE(ATransactionThatIsDroppedLeavesNothing),
          ATLAS_CASE(ReservedNumbersAreNewAndDistinct)};
#undef ATLAS_CASE
}

}  // namespace atlas::conformance
