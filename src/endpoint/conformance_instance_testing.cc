// Instances of several rows: all of their writes or none.

#include "endpoint/conformance_cases_testing.h"

#include <gmock/gmock.h>

namespace atlas::conformance {
namespace {

TestTable profile_table() {
  return {.name = "profile",
          .columns = {{.name = "person_id", .type = test_type(TypeKind::kInt8), .not_null = true},
                      {.name = "bio", .type = test_type(TypeKind::kText)},
                      {.name = "stars", .type = test_type(TypeKind::kInt4)}},
          .key = {"person_id"},
          .stamp = {},
          .uniques = {},
          .checks = {{.name = "profile_stars_check", .column = "stars", .at_least = 0}},
          .references = {{.name = "profile_person_fkey",
                          .column = "person_id",
                          .target = "person",
                          .deferred = true}}};
}

// person with ids 1..3 and a profile for each.
struct TwoTables : World {
  explicit TwoTables(EndpointFixture& f) : World(f), profiles(profile_table()) {
    const TableName profile_name = f.create_table(profiles);
    profile = shape_of(*endpoint, profiles, profile_name);
    std::vector<std::vector<Value>> rows;
    std::vector<PersonRow> people;
    for (std::int64_t id = 1; id <= 3; ++id) {
      people.push_back(person(id, arena));
      rows.push_back({Value::integer(id), Value::text("bio"), Value::integer(1)});
    }
    f.insert(table, people);
    f.insert(profiles, rows);
  }

  // Renames persons 1..3 and sets the stars of their profiles; instance = id. The key of `id` is
  // decided by `stars`.
  std::vector<WriteGroup> writes(const std::vector<std::int64_t>& stars) {
    people_group = std::make_unique<TestGroup>(shape, WriteKind::kUpdate,
                                               std::vector<std::string_view>{"name"});
    profile_group = std::make_unique<TestGroup>(profile, WriteKind::kUpdate,
                                                std::vector<std::string_view>{"stars"});
    for (std::int64_t id = 1; id <= 3; ++id) {
      const Value key = Value::integer(id);
      const Value name_cell = Value::text("changed");
      const Value stars_cell = Value::integer(stars[static_cast<std::size_t>(id) - 1]);
      people_group->add({&key, 1}, version(shape, id), {&name_cell, 1},
                        static_cast<std::uint32_t>(id));
      profile_group->add({&key, 1}, version(profile, id), {&stars_cell, 1},
                         static_cast<std::uint32_t>(id));
      profile_group->group().ordinals.back() += 3;
    }
    return {people_group->group(), profile_group->group()};
  }

  std::string name_of(std::int64_t id) {
    return std::string(read(shape, {id}).row(0)[shape.column("name")].as_text());
  }
  std::int64_t stars_of(std::int64_t id) {
    return read(profile, {id}).row(0)[profile.column("stars")].as_int();
  }

  TestTable profiles;
  TableShape profile;
  Arena arena;
  std::unique_ptr<TestGroup> people_group, profile_group;
};

void AStalePartUndoesItsInstanceOnly(EndpointFixture& fixture) {
  TwoTables world(fixture);
  const auto groups = world.writes({7, 8, 9});
  const Value key = Value::integer(2);
  fixture.update(world.profiles, {&key, 1}, "bio", Value::text("theirs"));
  const auto results = world.apply({&world.shape, &world.profile}, groups);
  EXPECT_EQ(results[0][0].status, WriteStatus::kApplied);
  EXPECT_EQ(results[0][1].status, WriteStatus::kSkipped) << "its other part was stale";
  EXPECT_EQ(results[0][2].status, WriteStatus::kApplied);
  EXPECT_EQ(results[1][0].status, WriteStatus::kApplied);
  EXPECT_EQ(results[1][1].status, WriteStatus::kStale);
  EXPECT_EQ(results[1][2].status, WriteStatus::kApplied);
  EXPECT_EQ(world.name_of(1), "changed");
  EXPECT_EQ(world.name_of(2), "name 2");
  EXPECT_EQ(world.stars_of(2), 1);
  EXPECT_EQ(world.stars_of(3), 9);
  EXPECT_EQ(results[0][0].version, world.version(world.shape, 1))
      << "the version of the attempt that stayed";
  EXPECT_EQ(results[1][2].version, world.version(world.profile, 3));
}

void ARejectedPartUndoesItsInstanceOnly(EndpointFixture& fixture) {
  TwoTables world(fixture);
  const auto results = world.apply({&world.shape, &world.profile}, world.writes({7, -1, 9}));
  EXPECT_EQ(results[0][1].status, WriteStatus::kSkipped);
  ASSERT_EQ(results[1][1].status, WriteStatus::kRejected);
  EXPECT_EQ(results[1][1].error->code(), Code::kConstraintViolated);
  EXPECT_EQ(results[0][2].status, WriteStatus::kApplied);
  EXPECT_EQ(world.name_of(2), "name 2");
  EXPECT_EQ(world.name_of(3), "changed");
  EXPECT_EQ(world.stars_of(1), 7);
}

void WhatWasNotAppliedIsWitnessed(EndpointFixture& fixture) {
  TwoTables world(fixture);
  const auto groups = world.writes({7, -1, 9});
  const Value key = Value::integer(3);
  fixture.update(world.table, {&key, 1}, "name", Value::text("theirs"));
  (void)world.apply({&world.shape, &world.profile}, groups);
  Settlement settlement = must(world.endpoint->settle(world.last_ticket()));
  EXPECT_TRUE(settlement.applied);
  std::sort(settlement.unapplied.begin(), settlement.unapplied.end());
  EXPECT_THAT(settlement.unapplied, testing::ElementsAre(1, 2, 4, 5))
      << "both writes of instances 2 and 3";
}

// A deferred constraint fails at the end only; it must cost its own instance, not the transaction.
void ADeferredConstraintIsFoundBeforeCommit(EndpointFixture& fixture) {
  TwoTables world(fixture);
  TestGroup group(world.profile, WriteKind::kInsert, {"person_id", "bio", "stars"});
  Arena arena;
  fixture.insert(world.table, std::vector<PersonRow>{person(10, arena), person(12, arena)});
  std::uint32_t instance = 0;
  for (const std::int64_t id : {10, 11, 12}) {
    const std::array cells = {Value::integer(id), Value::text("new"), Value::integer(1)};
    group.add({cells.data(), 1}, {}, cells, instance++);
  }
  const auto results = world.apply({&world.profile}, {group.group()});
  EXPECT_EQ(results[0][0].status, WriteStatus::kApplied);
  ASSERT_EQ(results[0][1].status, WriteStatus::kRejected) << "there is no person 11";
  EXPECT_EQ(results[0][1].error->code(), Code::kConstraintViolated);
  EXPECT_EQ(results[0][2].status, WriteStatus::kApplied);
  EXPECT_EQ(world.read(world.profile, {10, 11, 12}).size(), 2U);
}

// A parent and its child in one transaction, in the order of the groups.
void AParentInsertedBeforeServesItsChild(EndpointFixture& fixture) {
  TwoTables world(fixture);
  Arena arena;
  TestGroup people(world.shape, WriteKind::kInsert, {"id", "tenant", "name", "points", "email"});
  TestGroup profiles(world.profile, WriteKind::kInsert, {"person_id", "bio", "stars"});
  for (const std::int64_t id : {20, 21}) {
    const PersonRow row = person(id, arena);
    people.add({row.data(), 1}, {}, {row.data(), 5}, static_cast<std::uint32_t>(id));
    const std::array cells = {Value::integer(id), Value::text("new"),
                              Value::integer(id == 20 ? -1 : 1)};
    profiles.add({cells.data(), 1}, {}, cells, static_cast<std::uint32_t>(id));
    profiles.group().ordinals.back() += 2;
  }
  const auto results =
      world.apply({&world.shape, &world.profile}, {people.group(), profiles.group()});
  EXPECT_EQ(results[0][0].status, WriteStatus::kSkipped);
  EXPECT_EQ(results[1][0].status, WriteStatus::kRejected);
  EXPECT_EQ(results[0][1].status, WriteStatus::kApplied);
  EXPECT_EQ(results[1][1].status, WriteStatus::kApplied);
  EXPECT_EQ(world.read(world.shape, {20, 21}).size(), 1U);
}

void AnEmptyApplyCommits(EndpointFixture& fixture) {
  World world(fixture);
  EXPECT_TRUE(world.apply({&world.shape}, {}).empty());
  EXPECT_TRUE(must(world.endpoint->settle(world.last_ticket())).applied);
}

}  // namespace

std::vector<Case> instance_cases() {
#define ATLAS_CASE(claim) \
  Case { #claim, claim }
  return {ATLAS_CASE(AStalePartUndoesItsInstanceOnly),
          ATLAS_CASE(ARejectedPartUndoesItsInstanceOnly),
          ATLAS_CASE(WhatWasNotAppliedIsWitnessed),
          ATLAS_CASE(ADeferredConstraintIsFoundBeforeCommit),
          ATLAS_CASE(AParentInsertedBeforeServesItsChild),
          ATLAS_CASE(AnEmptyApplyCommits)};
#undef ATLAS_CASE
}

}  // namespace atlas::conformance
