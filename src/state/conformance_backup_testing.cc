// Backup and restore (state/backup.h), and what they need of a store.

#include "state/backup.h"
#include "state/conformance_cases_testing.h"

#include <algorithm>
#include <array>
#include <sstream>

namespace atlas::state_conformance {
namespace {

const KeepGoing kOn = [] { return Result<>(); };

// Something in every place that a tenant has.
void fill(World& world) {
  world.insert({1, 2, 3});
  world.insert({7}, 1);
  Confirm confirm;
  confirm.put_pending = {world.pending(1), world.pending(2, PendingState::kDiscarded)};
  confirm.put_candidates = {{World::user(9), 77}, {{Side::kPlatform, 0, uuid_key(9)}, 78}};
  Cursor cursor;
  cursor.source = "users";
  cursor.swept = true;
  cursor.has_stamp = true;
  cursor.stamp = -5;
  cursor.key = int_key(3);
  confirm.cursors = {cursor};
  Conflict settled;
  settled.instance = World::user(1);
  settled.platform_key = uuid_key(1);
  settled.field = "name";
  settled.legacy_value = "a";
  settled.platform_value = "b";
  settled.legacy_mid = std::string("\x05\0", 2);
  settled.winner = "legacy";
  settled.reason = "newest";
  settled.legacy_version = {0xffffffffffffff00U, -1};
  Conflict open = settled;
  open.open = true;
  open.winner.clear();
  open.resolved_by = "platform";
  confirm.put_conflicts = {settled, open};
  must(world.confirm(confirm));
  const Intent intent{must(world.store->reserve_batches(world.lease, 1)), world.entity.id,
                      "platform.identity", std::string("\0payload", 8)};
  must(world.store->store_intents(world.lease, {&intent, 1}));
  must(world.store->put_note(world.tenant.id, "fence legacy.main", "4"));
}

std::string backup_of(StateStore& store, const TenantInfo& tenant) {
  BackupHead head;
  head.tenant = "a";
  head.uuid = "u";
  head.next_batch = {5000};
  const std::vector<EntityLayout> layouts = {person()};
  std::ostringstream out;
  must(write_backup(store, tenant, layouts, head, kOn, out));
  return out.str();
}

void put_back(StateStore& store, const TenantInfo& tenant, const Lease& lease,
              const std::string& bytes) {
  std::istringstream in(bytes);
  must(read_backup(store, tenant, lease, kOn, in));
}

// What fill() put there, asked for by name: a backup that leaves something out is equal to that of
// its copy too.
void expect_filled(StateStore& store, TenantId tenant, const EntityRef& ref,
                   const World& original) {
  const Links links = must(store.scan_links(tenant, ref, Side::kLegacy, 0, {}, 10));
  const Links was = must(
      original.store->scan_links(original.tenant.id, original.entity, Side::kLegacy, 0, {}, 10));
  ASSERT_EQ(links.size(), 3U);
  for (std::size_t i = 0; i < links.size(); ++i) {
    EXPECT_EQ(links[i].platform_key, was[i].platform_key);
    EXPECT_EQ(links[i].match, was[i].match);
  }
  EXPECT_EQ(must(store.scan_links(tenant, ref, Side::kLegacy, 1, {}, 10)).size(), 1U);
  const auto cursors = must(store.cursors(tenant, ref));
  ASSERT_EQ(cursors.size(), 1U);
  EXPECT_EQ(cursors[0].source, "users");
  EXPECT_EQ(cursors[0].stamp, -5);
  EXPECT_EQ(cursors[0].key, int_key(3));
  constexpr std::array kStates = {PendingState::kDirty,       PendingState::kWaiting,
                                  PendingState::kDeferred,    PendingState::kHeld,
                                  PendingState::kQuarantined, PendingState::kDiscarded};
  EXPECT_EQ(must(store.pending(tenant, ref, kStates, Instant::max(), nullptr, 10)).size(), 2U);
  const auto candidates = must(store.scan_candidates(tenant, ref, nullptr, 10));
  ASSERT_EQ(candidates.size(), 2U);
  EXPECT_EQ(candidates[0].match + candidates[1].match, 77U + 78U);
  EXPECT_EQ(must(store.conflicts_after(tenant, ref, 0, 10)).size(), 2U);
  const auto intents = must(store.open_intents(tenant));
  ASSERT_EQ(intents.size(), 1U);
  EXPECT_EQ(intents[0].endpoint, "platform.identity");
  EXPECT_EQ(intents[0].payload, std::string("\0payload", 8));
  EXPECT_EQ(must(store.note(tenant, "fence legacy.main")), "4");
}

void ABackupHoldsEverythingAndComesBackWhole(StateFixture& fixture) {
  World world(fixture);
  fill(world);
  const std::string bytes = backup_of(*world.store, world.tenant);
  std::istringstream in(bytes);
  const BackupSummary summary = must(check_backup(in));
  EXPECT_EQ(summary.counts.links, 4);
  EXPECT_EQ(summary.counts.pending, 2);
  EXPECT_EQ(summary.counts.conflicts, 2);
  ASSERT_EQ(summary.layouts.size(), 1U);

  const TenantInfo b = make_tenant(*world.store, "b");
  const Lease lease = take(*world.store, b.id);
  const EntityRef ref = must(world.store->entity(b.id, person()));
  EXPECT_FALSE(must(anything_kept(*world.store, b.id, ref)));
  put_back(*world.store, b, lease, bytes);
  EXPECT_TRUE(must(anything_kept(*world.store, b.id, ref)));
  EXPECT_EQ(backup_of(*world.store, b), bytes) << "what comes out of the copy is the same";
  expect_filled(*world.store, b.id, ref, world);
  EXPECT_GT(must(world.store->reserve_batches(lease, 1)).value, std::int64_t{1} << 32)
      << "no number that a later state can have used";
  // And again over itself, by another connection.
  const auto other = fixture.open();
  const EntityRef again = must(other->entity(b.id, person()));
  must(other->forget(lease, again));
  EXPECT_FALSE(must(anything_kept(*other, b.id, again)));
  EXPECT_TRUE(must(other->open_intents(b.id)).empty());
  EXPECT_EQ(must(other->open_intents(world.tenant.id)).size(), 1U) << "the other tenant's stays";
  EXPECT_EQ(must(world.store->link_count(world.tenant.id, world.entity)), 4);
  put_back(*other, b, lease, bytes);
  EXPECT_EQ(backup_of(*other, b), bytes);
}

void ADamagedBackupIsNoBackup(StateFixture& fixture) {
  World world(fixture);
  fill(world);
  const std::string bytes = backup_of(*world.store, world.tenant);
  const auto refused = [](const std::string& damaged) {
    std::istringstream in(damaged);
    return code_of(check_backup(in)) == Code::kBackupUnusable;
  };
  EXPECT_FALSE(refused(bytes));
  EXPECT_TRUE(refused(bytes + "x")) << "something follows";
  for (std::size_t i = 0; i < bytes.size(); i += 1 + i / 16) {
    EXPECT_TRUE(refused(bytes.substr(0, i))) << "cut at " << i;
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    EXPECT_TRUE(refused(flipped)) << "byte " << i;
  }
}

void OnlyTheHolderOfTheLeaseMakesAnEntityForget(StateFixture& fixture) {
  World world(fixture);
  fill(world);
  Lease stale = world.lease;
  stale.epoch.value -= 1;
  EXPECT_EQ(code_of(world.store->forget(stale, world.entity)), Code::kFenceStale);
  EXPECT_EQ(must(world.store->link_count(world.tenant.id, world.entity)), 4);
}

void ATenantGoesOnFromAnyEpoch(StateFixture& fixture) {
  World world(fixture);
  RunRecord end;
  end.outcome = "done";
  must(world.store->release_lease(world.lease, end));
  const std::array<std::uint8_t, 32> key{4, 5};
  must(world.store->go_on_from(world.tenant.id, {41}, key));
  EXPECT_EQ(must(world.store->epoch(world.tenant.id)), Epoch{41});
  EXPECT_EQ(make_tenant(*world.store, "a").hash_key, key);
  EXPECT_EQ(take(*world.store, world.tenant.id).epoch, Epoch{42});
}

void ConflictsAreReadPageByPage(StateFixture& fixture) {
  World world(fixture);
  Confirm confirm;
  for (int i = 0; i < 5; ++i) {
    Conflict& c = confirm.put_conflicts.emplace_back();
    c.instance = World::user(i);
    c.field = "name";
  }
  must(world.confirm(confirm));
  std::vector<std::int64_t> ids;
  std::int64_t after = 0;
  while (true) {
    const auto page = must(world.store->conflicts_after(world.tenant.id, world.entity, after, 2));
    for (const Conflict& c : page) ids.push_back(c.id);
    if (page.size() < 2) break;
    after = page.back().id;
  }
  EXPECT_EQ(ids.size(), 5U);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
}

}  // namespace

std::vector<Case> backup_cases() {
  return {
      {"ABackupHoldsEverythingAndComesBackWhole", ABackupHoldsEverythingAndComesBackWhole},
      {"ADamagedBackupIsNoBackup", ADamagedBackupIsNoBackup},
      {"OnlyTheHolderOfTheLeaseMakesAnEntityForget", OnlyTheHolderOfTheLeaseMakesAnEntityForget},
      {"ATenantGoesOnFromAnyEpoch", ATenantGoesOnFromAnyEpoch},
      {"ConflictsAreReadPageByPage", ConflictsAreReadPageByPage}};
}

}  // namespace atlas::state_conformance
