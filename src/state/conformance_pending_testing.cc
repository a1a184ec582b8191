// Pending instances, cursors, candidates.

#include "model/key.h"
#include "state/conformance_cases_testing.h"

#include <algorithm>

namespace atlas::state_conformance {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr PendingState kAll[] = {PendingState::kDirty, PendingState::kDeferred,
                                 PendingState::kWaiting, PendingState::kHeld,
                                 PendingState::kQuarantined};
const Instant kEver(Micros(4'000'000'000'000'000));

void put(World& world, const std::vector<Pending>& pending) {
  Confirm confirm;
  confirm.put_pending = pending;
  must(world.confirm(confirm));
}

void expect_same(const Pending& actual, const Pending& expected) {
  EXPECT_EQ(actual.instance, expected.instance);
  EXPECT_EQ(actual.state, expected.state);
  EXPECT_EQ(actual.code, expected.code);
  EXPECT_EQ(actual.reason, expected.reason);
  EXPECT_EQ(actual.field, expected.field);
  EXPECT_EQ(actual.blocker, expected.blocker);
  EXPECT_EQ(actual.fingerprint, expected.fingerprint);
  EXPECT_EQ(actual.attempts, expected.attempts);
  EXPECT_EQ(actual.since, expected.since);
  EXPECT_EQ(actual.retry_at, expected.retry_at);
}

// Keys of all pending rows in pages.
std::vector<std::string> listed(World& world, std::span<const PendingState> states, Instant due,
                                std::size_t page) {
  std::vector<std::string> out;
  std::vector<Pending> found;
  for (const InstanceKey* after = nullptr;; after = &found.back().instance) {
    std::vector<Pending> next =
        must(world.store->pending(world.tenant.id, world.entity, states, due, after, page));
    for (const Pending& pending : next) {
      out.push_back(std::to_string(static_cast<int>(pending.instance.side)) + "/" +
                    std::to_string(pending.instance.kind) + "/" + key_text(pending.instance.key));
    }
    if (next.size() < page) return out;
    found = std::move(next);
  }
}

void APendingInstanceIsKeptWholeAndReplaced(StateFixture& fixture) {
  World world(fixture);
  put(world, {world.pending(1, PendingState::kQuarantined), world.pending(2)});
  const InstanceKey wanted[] = {World::user(1), World::user(99)};
  auto found = must(fixture.open()->pending_of(world.tenant.id, world.entity, wanted));
  ASSERT_EQ(found.size(), 1U);
  expect_same(found[0], world.pending(1, PendingState::kQuarantined));
  put(world, {world.pending(1, PendingState::kWaiting)});
  found = must(world.store->pending_of(world.tenant.id, world.entity, wanted));
  ASSERT_EQ(found.size(), 1U) << "one row an instance: a later reason replaces an earlier one";
  EXPECT_EQ(found[0].state, PendingState::kWaiting);
}

void PendingInstancesComeInOrderPageByPage(StateFixture& fixture) {
  World world(fixture);
  std::vector<Pending> all;
  for (const std::int64_t id : {30, 2, 100, -1}) all.push_back(world.pending(id));
  all.push_back(world.pending(7));
  all.back().instance.kind = 1;
  all.push_back(world.pending(7));
  all.back().instance = {Side::kPlatform, 0, uuid_key(3)};
  put(world, all);
  const std::vector<std::string> expected = {"0/0/-1",  "0/0/2", "0/0/30",
                                             "0/0/100", "0/1/7", "1/0/" + key_text(uuid_key(3))};
  for (const std::size_t page : {1U, 2U, 4U, 100U})
    EXPECT_EQ(listed(world, kAll, kEver, page), expected) << page;
}

void OnlyTheStatesAskedForAndDueAreListed(StateFixture& fixture) {
  World world(fixture);
  Pending later = world.pending(1);
  later.retry_at = Instant(Micros(2'000'000'000'000'000));
  put(world, {later, world.pending(2), world.pending(3, PendingState::kHeld)});
  const PendingState dirty[] = {PendingState::kDirty};
  EXPECT_THAT(listed(world, dirty, Instant(Micros(1'800'000'000'000'000)), 10),
              ElementsAre("0/0/2"));
  EXPECT_THAT(listed(world, dirty, later.retry_at, 10), ElementsAre("0/0/1", "0/0/2"));
  EXPECT_THAT(listed(world, dirty, later.retry_at - Micros(1), 10), ElementsAre("0/0/2"));
  const PendingState held[] = {PendingState::kHeld, PendingState::kQuarantined};
  EXPECT_THAT(listed(world, held, kEver, 10), ElementsAre("0/0/3"));
}

void PendingInstancesAreCountedByStateAndDropped(StateFixture& fixture) {
  World world(fixture);
  put(world, {world.pending(1), world.pending(2), world.pending(3, PendingState::kHeld)});
  auto counts = must(world.store->pending_counts(world.tenant.id, world.entity)).by_state;
  EXPECT_EQ(counts[PendingState::kDirty], 2);
  EXPECT_EQ(counts[PendingState::kHeld], 1);
  EXPECT_EQ(counts[PendingState::kQuarantined], 0);
  Confirm confirm;
  confirm.drop_pending = {World::user(1), World::user(3), World::user(99)};
  must(world.confirm(confirm));
  EXPECT_THAT(listed(world, kAll, kEver, 10), ElementsAre("0/0/2"));
}

void APersonMakesRowsDue(StateFixture& fixture) {
  World world(fixture);
  std::vector<Pending> all;
  for (const std::int64_t id : {1, 2, 3}) {
    all.push_back(world.pending(id, PendingState::kQuarantined));
    all.back().retry_at = kEver;
  }
  put(world, all);
  const Instant at = now();
  EXPECT_TRUE(listed(world, kAll, at, 10).empty());
  const InstanceKey only = World::user(2);
  EXPECT_EQ(must(world.store->retry_pending(world.tenant.id, world.entity, &only, at)), 1);
  EXPECT_THAT(listed(world, kAll, at, 10), ElementsAre("0/0/2"));
  const InstanceKey unknown = World::user(99);
  EXPECT_EQ(must(world.store->retry_pending(world.tenant.id, world.entity, &unknown, at)), 0);
  EXPECT_GE(must(world.store->retry_pending(world.tenant.id, world.entity, nullptr, at)), 2);
  EXPECT_EQ(listed(world, kAll, at, 10).size(), 3U);
}

void CursorsAreReplacedBySource(StateFixture& fixture) {
  World world(fixture);
  EXPECT_TRUE(must(world.store->cursors(world.tenant.id, world.entity)).empty());
  const Cursor users{.source = "users",
                     .swept = false,
                     .has_stamp = false,
                     .stamp = 0,
                     .key = int_key(77),
                     .sweep_floor = -5};
  const Cursor profiles{.source = "p",
                        .swept = true,
                        .has_stamp = true,
                        .stamp = 1'700'000'000'000'001,
                        .key = {},
                        .sweep_floor = 9};
  Confirm confirm;
  confirm.cursors = {users, profiles};
  must(world.confirm(confirm));
  EXPECT_THAT(must(fixture.open()->cursors(world.tenant.id, world.entity)),
              UnorderedElementsAre(users, profiles));
  Cursor moved = users;
  moved.swept = true;
  moved.key.clear();
  moved.stamp = -1;
  confirm.cursors = {moved};
  must(world.confirm(confirm));
  EXPECT_THAT(must(world.store->cursors(world.tenant.id, world.entity)),
              UnorderedElementsAre(moved, profiles));
}

void CandidatesAreFoundByMatchOnTheirSide(StateFixture& fixture) {
  World world(fixture);
  const InstanceKey platform{Side::kPlatform, 0, uuid_key(1)};
  Confirm confirm;
  confirm.put_candidates = {{World::user(1), 0xffffffffffffff01U},
                            {World::user(2), 5},
                            {World::user(3, 1), 5},
                            {platform, 5}};
  must(world.confirm(confirm));
  const FieldHash five[] = {5, 6};
  std::vector<InstanceKey> found;
  for (const Candidate& candidate :
       must(world.store->candidates(world.tenant.id, world.entity, Side::kLegacy, five))) {
    EXPECT_EQ(candidate.match, 5U);
    found.push_back(candidate.instance);
  }
  EXPECT_THAT(found, UnorderedElementsAre(World::user(2), World::user(3, 1)));
  const FieldHash large[] = {0xffffffffffffff01U};
  EXPECT_EQ(
      must(world.store->candidates(world.tenant.id, world.entity, Side::kLegacy, large)).size(),
      1U);
  EXPECT_EQ(
      must(world.store->candidates(world.tenant.id, world.entity, Side::kPlatform, five)).size(),
      1U);
  confirm = {};
  confirm.put_candidates = {{World::user(2), 6}};
  confirm.drop_candidates = {World::user(3, 1), World::user(99)};
  must(world.confirm(confirm));
  std::vector<std::pair<InstanceKey, FieldHash>> all;
  const InstanceKey* after = nullptr;
  for (;;) {
    const auto page = must(world.store->scan_candidates(world.tenant.id, world.entity, after, 2));
    for (const Candidate& candidate : page) all.emplace_back(candidate.instance, candidate.match);
    if (page.size() < 2) break;
    after = &all.back().first;
  }
  EXPECT_THAT(
      all, ElementsAre(std::pair{World::user(1), FieldHash{0xffffffffffffff01U}},
                       std::pair{World::user(2), FieldHash{6}}, std::pair{platform, FieldHash{5}}));
}

}  // namespace

std::vector<Case> pending_cases() {
  return {
      {"APendingInstanceIsKeptWholeAndReplaced", APendingInstanceIsKeptWholeAndReplaced},
      {"PendingInstancesComeInOrderPageByPage", PendingInstancesComeInOrderPageByPage},
      {"OnlyTheStatesAskedForAndDueAreListed", OnlyTheStatesAskedForAndDueAreListed},
      {"PendingInstancesAreCountedByStateAndDropped", PendingInstancesAreCountedByStateAndDropped},
      {"APersonMakesRowsDue", APersonMakesRowsDue},
      {"CursorsAreReplacedBySource", CursorsAreReplacedBySource},
      {"CandidatesAreFoundByMatchOnTheirSide", CandidatesAreFoundByMatchOnTheirSide}};
}

}  // namespace atlas::state_conformance
