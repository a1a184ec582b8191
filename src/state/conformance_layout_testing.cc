// Links written under an older mapping.

#include "model/key.h"
#include "state/conformance_cases_testing.h"

namespace atlas::state_conformance {
namespace {

using testing::ElementsAre;

constexpr const char* kNobody = "00000000-0000-4000-8000-00000000ffff";

// The link of user 1, read under `decl` by a new connection.
Links read_under(StateFixture& fixture, const World& world, const EntityLayout& decl,
                 std::uint16_t kind = 0) {
  const auto store = fixture.open();
  const EntityRef entity = must(store->entity(world.tenant.id, decl));
  const Key key = int_key(1);
  const KeyView view = key;
  return must(store->links(world.tenant.id, entity, Side::kLegacy, std::span(&view, 1),
                           std::span(&kind, 1)));
}

// A world whose only link has the bases 21 and 22.
World linked_world(StateFixture& fixture) {
  World world(fixture);
  Links links(2, 2);
  LinkRecord& link = links.add(0, int_key(1), uuid_key(1));
  link.bases[0] = 21;
  link.bases[1] = 22;
  link.parts[0].version = {31, 32};
  link.parts[1].version = {41, 42};
  Confirm confirm;
  confirm.batch = must(world.store->reserve_batches(world.lease, 1));
  confirm.insert_links.push_back(&link);
  must(world.confirm(confirm));
  return world;
}

void TheSameMappingIsTheSameLayout(StateFixture& fixture) {
  World world(fixture);
  const EntityRef again = must(fixture.open()->entity(world.tenant.id, person()));
  EXPECT_EQ(again.id, world.entity.id);
  EXPECT_EQ(again.layout, world.entity.layout);
  EntityLayout other = person();
  other.fields[0].fingerprint = 99;
  EXPECT_NE(must(world.store->entity(world.tenant.id, other)).layout, world.entity.layout);
  EXPECT_EQ(must(world.store->entity(world.tenant.id, person())).layout, world.entity.layout)
      << "and back";
}

// E35: a preview asks before it would write.
void WhatIsPreparedIsToldWithoutWriting(StateFixture& fixture) {
  const std::array decls = {person()};
  const auto first = fixture.open();
  EXPECT_EQ(must(first->prepared("nobody", kNobody, decls)), Prepared::kNothing);
  EXPECT_EQ(must(first->prepared("nobody", kNobody, decls)), Prepared::kNothing) << "nor made";
  World world(fixture);
  const auto ask = [&](const EntityLayout& decl) {
    return must(
        fixture.open()->prepared(world.tenant.name, world.tenant.uuid, std::span(&decl, 1)));
  };
  EXPECT_EQ(ask(person()), Prepared::kReady);
  EntityLayout other = person();
  other.fields[0].fingerprint = 99;
  EXPECT_EQ(ask(other), Prepared::kPartly);
  EXPECT_EQ(ask(other), Prepared::kPartly) << "nor declared";
  other = person();
  other.name = "stranger";
  EXPECT_EQ(ask(other), Prepared::kPartly);
  EXPECT_EQ(fixture.open()->prepared(world.tenant.name, kNobody, decls).error().code(),
            Code::kPrivateState);
}

void ReorderedFieldsKeepTheirBases(StateFixture& fixture) {
  const World world = linked_world(fixture);
  EntityLayout decl = person();
  std::swap(decl.fields[0], decl.fields[1]);
  const Links links = read_under(fixture, world, decl);
  ASSERT_EQ(links.size(), 1U);
  EXPECT_THAT(links[0].bases, ElementsAre(22, 21));
}

void ARenamedOrNewFieldHasNoBase(StateFixture& fixture) {
  const World world = linked_world(fixture);
  EntityLayout decl = person();
  decl.fields = {{"full_name", 11}, {"email", 12}, {"phone", 13}};
  EXPECT_THAT(read_under(fixture, world, decl)[0].bases, ElementsAre(kNoBase, 22, kNoBase));
}

// E15: the base of another operator says nothing.
void AFieldWithAnotherFingerprintHasNoBase(StateFixture& fixture) {
  const World world = linked_world(fixture);
  EntityLayout decl = person();
  decl.fields[0].fingerprint = 99;
  EXPECT_THAT(read_under(fixture, world, decl)[0].bases, ElementsAre(kNoBase, 22));
}

void ARemovedFieldTakesNothingAlong(StateFixture& fixture) {
  const World world = linked_world(fixture);
  EntityLayout decl = person();
  decl.fields.erase(decl.fields.begin());
  EXPECT_THAT(read_under(fixture, world, decl)[0].bases, ElementsAre(22));
}

void PartsAreFoundByName(StateFixture& fixture) {
  const World world = linked_world(fixture);
  EntityLayout decl = person();
  decl.parts = {"legacy", "profile", "u"};
  const Links links = read_under(fixture, world, decl);
  ASSERT_EQ(links[0].parts.size(), 3U);
  EXPECT_EQ(links[0].parts[0].version, (RowVersion{31, 32}));
  EXPECT_EQ(links[0].parts[1], PartState{}) << "a part never confirmed is not yet written";
  EXPECT_EQ(links[0].parts[2].version, (RowVersion{41, 42}));
}

void ReorderedKindsKeepTheirLinks(StateFixture& fixture) {
  const World world = linked_world(fixture);
  EntityLayout decl = person();
  std::swap(decl.kinds[0], decl.kinds[1]);
  EXPECT_EQ(read_under(fixture, world, decl, 0).size(), 0U);
  const Links links = read_under(fixture, world, decl, 1);
  ASSERT_EQ(links.size(), 1U);
  EXPECT_EQ(links[0].kind, 1);
}

void AWriteMovesALinkToTheNewLayout(StateFixture& fixture) {
  World world = linked_world(fixture);
  EntityLayout decl = person();
  decl.fields = {{"email", 12}, {"name", 11}, {"phone", 13}};
  const EntityRef entity = must(world.store->entity(world.tenant.id, decl));
  Links links = read_under(fixture, world, decl);
  links[0].bases[2] = 23;
  Confirm confirm;
  confirm.batch = must(world.store->reserve_batches(world.lease, 1));
  confirm.update_links.push_back(&links[0]);
  must(world.store->confirm(world.lease, entity, confirm));
  EXPECT_THAT(read_under(fixture, world, decl)[0].bases, ElementsAre(22, 21, 23));
  EXPECT_THAT(read_under(fixture, world, person())[0].bases, ElementsAre(21, 22))
      << "an older mapping reads it too";
}

}  // namespace

std::vector<Case> layout_cases() {
  return {{"TheSameMappingIsTheSameLayout", TheSameMappingIsTheSameLayout},
          {"WhatIsPreparedIsToldWithoutWriting", WhatIsPreparedIsToldWithoutWriting},
          {"ReorderedFieldsKeepTheirBases", ReorderedFieldsKeepTheirBases},
          {"ARenamedOrNewFieldHasNoBase", ARenamedOrNewFieldHasNoBase},
          {"AFieldWithAnotherFingerprintHasNoBase", AFieldWithAnotherFingerprintHasNoBase},
          {"ARemovedFieldTakesNothingAlong", ARemovedFieldTakesNothingAlong},
          {"PartsAreFoundByName", PartsAreFoundByName},
          {"ReorderedKindsKeepTheirLinks", ReorderedKindsKeepTheirLinks},
          {"AWriteMovesALinkToTheNewLayout", AWriteMovesALinkToTheNewLayout}};
}

}  // namespace atlas::state_conformance
