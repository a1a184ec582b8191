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

// person 1..3, and a badge that refers to person 2 and goes with it. The bridge maps the persons
// only.
TestTable badge_table() {
  return {.name = "badge",
          .columns = {{.name = "id", .type = test_type(TypeKind::kInt8), .not_null = true},
                      {.name = "owner", .type = test_type(TypeKind::kInt8)}},
          .key = {"id"},
          .stamp = {},
          .uniques = {},
          .checks = {},
          .references = {{.name = "badge_owner_fkey",
                          .column = "owner",
                          .target = "person",
                          .deferred = false,
                          .cascades = true}}};
}

struct Badges : World {
  explicit Badges(EndpointFixture& f) : World(f), badges(badge_table()) {
    Arena arena;
    f.insert(table, std::vector<PersonRow>{person(1, arena), person(2, arena), person(3, arena)});
    // The foreign key is younger than the shape.
    badge_name = f.create_table(badges);
    f.insert(badges, std::vector<std::vector<Value>>{{Value::integer(7), Value::integer(2)}});
  }
  TestGroup removal(const TableShape& of, const std::vector<std::int64_t>& ids,
                    std::uint32_t instance) {
    TestGroup group(of, WriteKind::kRemove, {});
    for (const std::int64_t id : ids) {
      const Value key = Value::integer(id);
      group.add({&key, 1}, version(of, id), {}, instance++);
    }
    return group;
  }
  std::size_t people() { return read(shape, {1, 2, 3}).size(); }
  std::size_t badges_left() {
    Arena arena;
    return fixture.rows(badges, arena).size();
  }

  TestTable badges;
  TableName badge_name;
};

// E26: a cascade never does our work, not even into tables that the mapping does not know.
void ARowThatACascadingKeyRefersToIsNotRemoved(EndpointFixture& fixture) {
  Badges world(fixture);
  const TestGroup group = world.removal(world.shape, {1, 2, 3}, 0);
  auto results = world.apply({&world.shape}, {group.group()});
  EXPECT_EQ(results[0][0].status, WriteStatus::kApplied);
  ASSERT_EQ(results[0][1].status, WriteStatus::kReferred);
  ASSERT_TRUE(results[0][1].error);
  EXPECT_EQ(results[0][1].error->code(), Code::kHasChildren);
  EXPECT_THAT(results[0][1].error->why(), testing::HasSubstr("badge"));
  EXPECT_EQ(results[0][2].status, WriteStatus::kApplied);
  EXPECT_EQ(world.people(), 1U);
  EXPECT_EQ(world.badges_left(), 1U);
  EXPECT_THAT(must(world.endpoint->settle(world.last_ticket())).unapplied, testing::ElementsAre(1));
  // Once nobody refers to it any more it goes.
  const Value badge = Value::integer(7);
  fixture.update(world.badges, {&badge, 1}, "owner", Value());
  const TestGroup again = world.removal(world.shape, {2}, 0);
  results = world.apply({&world.shape}, {again.group()});
  EXPECT_EQ(results[0][0].status, WriteStatus::kApplied);
  EXPECT_EQ(world.people(), 0U);
  EXPECT_EQ(world.badges_left(), 1U);
}

// What an earlier group removed refers to nothing any more; an instance that stays stays whole.
void ARowGoesAfterThoseThatReferToIt(EndpointFixture& fixture) {
  Badges world(fixture);
  fixture.insert(world.badges,
                 std::vector<std::vector<Value>>{{Value::integer(8), Value::integer(3)},
                                                 {Value::integer(9), Value::integer(3)}});
  const TableShape badge = shape_of(*world.endpoint, world.badges, world.badge_name);
  world.shape = shape_of(*world.endpoint, world.table, world.name);
  TestGroup children = world.removal(badge, {7, 8}, 0);
  children.group().ordinals = {2, 3};
  const TestGroup parents = world.removal(world.shape, {2, 3}, 0);
  const auto results = world.apply({&badge, &world.shape}, {children.group(), parents.group()});
  EXPECT_EQ(results[0][0].status, WriteStatus::kApplied);
  EXPECT_EQ(results[1][0].status, WriteStatus::kApplied);
  EXPECT_EQ(results[0][1].status, WriteStatus::kSkipped) << "badge 9 keeps person 3";
  EXPECT_EQ(results[1][1].status, WriteStatus::kReferred);
  EXPECT_EQ(world.people(), 2U);
  EXPECT_EQ(world.badges_left(), 2U);
}

// One takes an e-mail first, and is undone for its profile: the other gets the e-mail.
void WhatIsUndoneIsInNobodysWay(EndpointFixture& fixture) {
  TwoTables world(fixture);
  TestGroup people(world.shape, WriteKind::kUpdate, {"email"});
  TestGroup profiles(world.profile, WriteKind::kUpdate, {"stars"});
  const Value email = Value::text("free@example.org");
  for (std::int64_t id = 1; id <= 2; ++id) {
    const Value key = Value::integer(id);
    people.add({&key, 1}, world.version(world.shape, id), {&email, 1},
               static_cast<std::uint32_t>(id));
  }
  const Value key = Value::integer(1);
  const Value stars = Value::integer(-1);
  profiles.add({&key, 1}, world.version(world.profile, 1), {&stars, 1}, 1);
  profiles.group().ordinals = {2};
  const auto results =
      world.apply({&world.shape, &world.profile}, {people.group(), profiles.group()});
  EXPECT_EQ(results[0][0].status, WriteStatus::kSkipped);
  EXPECT_EQ(results[1][0].status, WriteStatus::kRejected);
  EXPECT_EQ(results[0][1].status, WriteStatus::kApplied);
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
          ATLAS_CASE(ARowThatACascadingKeyRefersToIsNotRemoved),
          ATLAS_CASE(ARowGoesAfterThoseThatReferToIt),
          ATLAS_CASE(WhatIsUndoneIsInNobodysWay),
          ATLAS_CASE(AnEmptyApplyCommits)};
#undef ATLAS_CASE
}

}  // namespace atlas::conformance
