// Which checks have passed (state/passed_checks.h).

#include "state/conformance_cases_testing.h"
#include "state/passed_checks.h"

namespace atlas::state_conformance {
namespace {

CheckStanding standing(World& world, std::uint64_t mapping, std::uint64_t schemas) {
  return must(check_standing(*world.store, world.tenant.id, {mapping, schemas}));
}

void keep(World& world, std::uint64_t mapping, std::uint64_t schemas, const std::string& saw) {
  must(keep_check(*world.store, world.tenant.id, {mapping, schemas}, saw));
}

std::optional<std::string> saw(World& world, std::uint64_t mapping) {
  return must(schemas_checked(*world.store, world.tenant.id, mapping));
}

void AChecksMappingAndSchemasAreTold(StateFixture& fixture) {
  World world(fixture);
  EXPECT_EQ(standing(world, 1, 10), CheckStanding::kNone);
  keep(world, 1, 10, "a table\nand \xE2\x82\xAC");
  EXPECT_EQ(standing(world, 1, 10), CheckStanding::kPassed);
  EXPECT_EQ(standing(world, 1, 11), CheckStanding::kOtherSchemas);
  EXPECT_EQ(standing(world, 2, 10), CheckStanding::kOtherMapping);
  EXPECT_EQ(saw(world, 1), "a table\nand \xE2\x82\xAC");
  EXPECT_EQ(saw(world, 2), std::nullopt);
  const TenantInfo other = make_tenant(*world.store, "b");
  EXPECT_EQ(must(check_standing(*world.store, other.id, {1, 10})), CheckStanding::kNone);
}

void ACheckTakesThePlaceOfTheLastOneOfItsMapping(StateFixture& fixture) {
  World world(fixture);
  keep(world, 1, 10, "before");
  keep(world, 1, 11, "after");
  EXPECT_EQ(standing(world, 1, 11), CheckStanding::kPassed);
  EXPECT_EQ(standing(world, 1, 10), CheckStanding::kOtherSchemas);
  EXPECT_EQ(saw(world, 1), "after");
}

void TheCheckOfADraftLeavesTheOthers(StateFixture& fixture) {
  World world(fixture);
  keep(world, 1, 10, "production");
  keep(world, 2, 10, "draft");
  EXPECT_EQ(standing(world, 1, 10), CheckStanding::kPassed);
  EXPECT_EQ(standing(world, 2, 10), CheckStanding::kPassed);
  EXPECT_EQ(saw(world, 1), "production");
  EXPECT_EQ(saw(world, 2), "draft");
}

void TheNewestChecksAreKept(StateFixture& fixture) {
  World world(fixture);
  constexpr std::uint64_t kChecks = kPassedChecksMax + 3;
  for (std::uint64_t mapping = 1; mapping <= kChecks; ++mapping) {
    keep(world, mapping, 10, std::to_string(mapping));
    // It is checked again and again.
    keep(world, 100, 10, "production");
  }
  EXPECT_EQ(standing(world, 100, 10), CheckStanding::kPassed);
  for (std::uint64_t mapping = 1; mapping <= kChecks; ++mapping) {
    const bool kept = mapping > kChecks + 1 - kPassedChecksMax;
    EXPECT_EQ(standing(world, mapping, 10),
              kept ? CheckStanding::kPassed : CheckStanding::kOtherMapping);
    EXPECT_EQ(saw(world, mapping), kept ? std::optional(std::to_string(mapping)) : std::nullopt);
  }
}

void ACheckThatAnEarlierVersionNotedCounts(StateFixture& fixture) {
  World world(fixture);
  must(world.store->put_note(world.tenant.id, "check", "00000000000000010000000000000010"));
  EXPECT_EQ(standing(world, 0x1, 0x10), CheckStanding::kPassed);
  EXPECT_EQ(standing(world, 0x1, 0x11), CheckStanding::kOtherSchemas);
  EXPECT_EQ(standing(world, 0x2, 0x10), CheckStanding::kOtherMapping);
  EXPECT_EQ(saw(world, 0x1), std::nullopt) << "it says nothing of the schemas";
  // A newer check of the same mapping is the one that counts.
  keep(world, 0x1, 0x11, "now");
  EXPECT_EQ(standing(world, 0x1, 0x10), CheckStanding::kOtherSchemas);
  EXPECT_EQ(standing(world, 0x1, 0x11), CheckStanding::kPassed);
  // One of another mapping leaves it.
  must(world.store->put_note(world.tenant.id, "check", "00000000000000050000000000000010"));
  EXPECT_EQ(standing(world, 0x5, 0x10), CheckStanding::kPassed);
}

void WhatIsNoListOfChecksIsNone(StateFixture& fixture) {
  World world(fixture);
  for (const char* text : {"", "x", "\n\n", "0000000000000001 0", "zzzz 1\n"}) {
    must(world.store->put_note(world.tenant.id, "checks", text));
    EXPECT_EQ(standing(world, 1, 10), CheckStanding::kNone) << text;
  }
  must(world.store->put_note(world.tenant.id, "checks", "000000000000000100000000000000aa 8\n"));
  EXPECT_EQ(standing(world, 1, 0xaa), CheckStanding::kNone) << "there is no such place";
}

// Two checks at a time may take the same place: what the other saw is nobody's.
void WhatAnotherCheckSawIsNotTaken(StateFixture& fixture) {
  World world(fixture);
  keep(world, 1, 10, "one");
  must(world.store->put_note(world.tenant.id, "checked schemas 0",
                             "0000000000000002000000000000000a\ntwo"));
  EXPECT_EQ(standing(world, 1, 10), CheckStanding::kPassed);
  EXPECT_EQ(saw(world, 1), std::nullopt);
}

}  // namespace

std::vector<Case> check_cases() {
  return {
      {"AChecksMappingAndSchemasAreTold", AChecksMappingAndSchemasAreTold},
      {"ACheckTakesThePlaceOfTheLastOneOfItsMapping", ACheckTakesThePlaceOfTheLastOneOfItsMapping},
      {"TheCheckOfADraftLeavesTheOthers", TheCheckOfADraftLeavesTheOthers},
      {"TheNewestChecksAreKept", TheNewestChecksAreKept},
      {"ACheckThatAnEarlierVersionNotedCounts", ACheckThatAnEarlierVersionNotedCounts},
      {"WhatIsNoListOfChecksIsNone", WhatIsNoListOfChecksIsNone},
      {"WhatAnotherCheckSawIsNotTaken", WhatAnotherCheckSawIsNotTaken}};
}

}  // namespace atlas::state_conformance
