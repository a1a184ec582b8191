// Intents and confirms (E3, E4).

#include "model/key.h"
#include "state/conformance_cases_testing.h"

namespace atlas::state_conformance {
namespace {

void IntentsSurviveTheirProcess(StateFixture& fixture) {
  World world(fixture);
  const BatchNumber first = must(world.store->reserve_batches(world.lease, 3));
  const std::string payload("\0\x01\xFF payload", 11);
  const Intent intents[] = {{BatchNumber{first.value + 1}, world.entity.id, "platform.org", "b"},
                            {first, world.entity.id, "platform.identity", payload},
                            {BatchNumber{first.value + 2}, world.entity.id, "legacy.main", ""}};
  must(world.store->store_intents(world.lease, intents));
  const auto other = fixture.open();
  const auto open = must(other->open_intents(world.tenant.id));
  ASSERT_EQ(open.size(), 3U);
  for (std::int64_t i = 0; i < 3; ++i)
    EXPECT_EQ(open[static_cast<std::size_t>(i)].number.value, first.value + i)
        << "in order of number";
  EXPECT_EQ(open[0].payload, payload);
  EXPECT_EQ(open[0].endpoint, "platform.identity");
  EXPECT_EQ(open[0].entity, world.entity.id);
  const TenantInfo b = make_tenant(*other, "b");
  EXPECT_TRUE(must(other->open_intents(b.id)).empty());
  Confirm confirm;
  confirm.intents = {first, BatchNumber{first.value + 2}};
  must(world.confirm(confirm));
  const auto left = must(world.store->open_intents(world.tenant.id));
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].payload, "b");
}

// Everything a confirm can move.
Confirm full_confirm(World& world, const LinkRecord& link, BatchNumber intent) {
  Confirm out;
  out.intents = {intent};
  out.batch = intent;
  out.insert_links = {&link};
  out.put_pending = {world.pending(8)};
  out.drop_pending = {World::user(7)};
  out.put_candidates = {{World::user(9), 5}};
  Conflict conflict;
  conflict.instance = World::user(8);
  conflict.field = "email";
  conflict.open = true;
  out.put_conflicts = {conflict};
  out.cursors = {{.source = "users",
                  .swept = true,
                  .has_stamp = true,
                  .stamp = 42,
                  .key = {},
                  .sweep_floor = 0}};
  return out;
}

void expect_untouched(World& world, BatchNumber intent) {
  EXPECT_EQ(must(world.store->open_intents(world.tenant.id)).size(), 1U);
  EXPECT_EQ(must(world.store->open_intents(world.tenant.id))[0].number, intent);
  EXPECT_EQ(must(world.store->link_count(world.tenant.id, world.entity)), 2);
  const InstanceKey seven = World::user(7);
  EXPECT_EQ(
      must(world.store->pending_of(world.tenant.id, world.entity, std::span(&seven, 1))).size(),
      1U);
  EXPECT_EQ(must(world.store->pending_counts(world.tenant.id, world.entity))
                .by_state[PendingState::kDirty],
            1);
  EXPECT_TRUE(
      must(world.store->scan_candidates(world.tenant.id, world.entity, nullptr, 10)).empty());
  EXPECT_TRUE(must(world.store->conflicts(world.tenant.id, world.entity, false, 10)).empty());
  EXPECT_TRUE(must(world.store->cursors(world.tenant.id, world.entity)).empty());
}

// Links 1 and 2, an open intent, a pending user 7.
BatchNumber prepare(World& world) {
  world.insert({1, 2});
  const Intent intent{must(world.store->reserve_batches(world.lease, 1)), world.entity.id,
                      "platform.identity", "p"};
  must(world.store->store_intents(world.lease, std::span(&intent, 1)));
  Confirm confirm;
  confirm.put_pending = {world.pending(7)};
  must(world.confirm(confirm));
  return intent.number;
}

void AConfirmMovesEverythingAtOnce(StateFixture& fixture) {
  World world(fixture);
  const BatchNumber intent = prepare(world);
  Links fresh(2, 2);
  fresh.add_copy(world.link(3));
  must(world.confirm(full_confirm(world, fresh[0], intent)));
  EXPECT_TRUE(must(world.store->open_intents(world.tenant.id)).empty());
  ASSERT_EQ(world.find(3).size(), 1U);
  EXPECT_EQ(world.find(3)[0].batch, intent);
  EXPECT_EQ(must(world.store->pending_counts(world.tenant.id, world.entity))
                .by_state[PendingState::kDirty],
            1);
  EXPECT_EQ(must(world.store->scan_candidates(world.tenant.id, world.entity, nullptr, 10)).size(),
            1U);
  EXPECT_EQ(must(world.store->conflicts(world.tenant.id, world.entity, true, 10)).size(), 1U);
  EXPECT_EQ(must(world.store->cursors(world.tenant.id, world.entity)).size(), 1U);
}

void AConfirmThatFailsChangesNothing(StateFixture& fixture) {
  World world(fixture);
  const BatchNumber intent = prepare(world);
  Links fresh(2, 2);
  fresh.add(0, int_key(1), uuid_key(70));   // the legacy key is taken
  fresh.add(0, int_key(70), uuid_key(2));   // the platform key is taken
  fresh.add(0, int_key(71), uuid_key(71));  // there is no such link to change
  EXPECT_FALSE(world.confirm(full_confirm(world, fresh[0], intent)));
  expect_untouched(world, intent);
  EXPECT_FALSE(world.confirm(full_confirm(world, fresh[1], intent)));
  expect_untouched(world, intent);
  Links good(2, 2);
  good.add(0, int_key(80), uuid_key(80));
  Confirm confirm = full_confirm(world, good[0], intent);
  confirm.update_links = {&fresh[2]};
  EXPECT_FALSE(world.confirm(confirm));
  expect_untouched(world, intent);
  EXPECT_EQ(code_of(world.store->confirm(
                {world.tenant.id, world.lease.run, Epoch{world.lease.epoch.value - 1}},
                world.entity, full_confirm(world, good[0], intent))),
            Code::kFenceStale);
  expect_untouched(world, intent);
  must(world.confirm(full_confirm(world, good[0], intent)));
}

void AnIntentOfANumberInUseIsRefused(StateFixture& fixture) {
  World world(fixture);
  const BatchNumber intent = prepare(world);
  const Intent twice[] = {{BatchNumber{intent.value + 10}, world.entity.id, "legacy.main", "new"},
                          {intent, world.entity.id, "legacy.main", "again"}};
  EXPECT_FALSE(world.store->store_intents(world.lease, twice));
  const auto open = must(world.store->open_intents(world.tenant.id));
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].payload, "p");
}

void AnEmptyConfirmIsNoError(StateFixture& fixture) {
  World world(fixture);
  must(world.confirm({}));
  must(world.store->store_intents(world.lease, {}));
}

}  // namespace

std::vector<Case> confirm_cases() {
  return {{"IntentsSurviveTheirProcess", IntentsSurviveTheirProcess},
          {"AConfirmMovesEverythingAtOnce", AConfirmMovesEverythingAtOnce},
          {"AConfirmThatFailsChangesNothing", AConfirmThatFailsChangesNothing},
          {"AnIntentOfANumberInUseIsRefused", AnIntentOfANumberInUseIsRefused},
          {"AnEmptyConfirmIsNoError", AnEmptyConfirmIsNoError}};
}

}  // namespace atlas::state_conformance
