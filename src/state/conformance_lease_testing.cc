// Life, tenants, leases, runs, notes (E2).

#include "foundation/clock.h"
#include "state/conformance_cases_testing.h"

namespace atlas::state_conformance {
namespace {

void TablesAreMadeOnceAndAgain(StateFixture& fixture) {
  const auto store = fixture.open();
  must(store->migrate());
  must(store->migrate());
  const auto other = fixture.open();
  must(other->migrate());
  EXPECT_EQ(must(store->identity()), must(other->identity()));
  EXPECT_NE(must(store->identity()), "");
}

void TenantsAreFoundByNameAndKeepTheirKey(StateFixture& fixture) {
  const auto store = fixture.open();
  must(store->migrate());
  const std::array<std::uint8_t, 32> first{1, 2, 3};
  const std::array<std::uint8_t, 32> second{9};
  const TenantInfo made = must(store->tenant("acme", "uuid-1", first));
  const TenantInfo found = must(fixture.open()->tenant("acme", "uuid-1", second));
  EXPECT_EQ(found.id, made.id);
  EXPECT_EQ(found.hash_key, first);
  EXPECT_EQ(found.uuid, "uuid-1");
  EXPECT_EQ(code_of(store->tenant("acme", "uuid-2", first)), Code::kPrivateState);
  EXPECT_NE(must(store->tenant("other", "uuid-3", first)).id, made.id);
}

void OneRunHoldsTheLease(StateFixture& fixture) {
  const auto store = fixture.open();
  const auto other = fixture.open();
  must(store->migrate());
  const TenantInfo a = make_tenant(*store, "a");
  const TenantInfo b = make_tenant(*store, "b");
  EXPECT_EQ(must(store->epoch(a.id)), Epoch{0});
  const LeaseAnswer granted = must(store->take_lease(a.id, "first", kLongLease, now()));
  ASSERT_TRUE(granted.lease);
  EXPECT_EQ(granted.lease->tenant, a.id);
  const LeaseAnswer refused = must(other->take_lease(a.id, "second", kLongLease, now()));
  EXPECT_FALSE(refused.lease);
  EXPECT_EQ(refused.held_by.holder, "first");
  EXPECT_GT(refused.held_by.until, now() + std::chrono::minutes(4));
  EXPECT_TRUE(must(other->take_lease(b.id, "second", kLongLease, now())).lease)
      << "tenants have leases of their own";
  EXPECT_EQ(must(other->epoch(a.id)), granted.lease->epoch);
}

void EpochsRiseWithEveryLease(StateFixture& fixture) {
  const auto store = fixture.open();
  must(store->migrate());
  const TenantInfo tenant = make_tenant(*store, "a");
  Epoch last{0};
  for (int i = 0; i < 3; ++i) {
    const Lease lease = take(*store, tenant.id);
    EXPECT_GT(lease.epoch, last);
    last = lease.epoch;
    RunRecord end;
    end.outcome = "done";
    end.finished = now();
    must(store->release_lease(lease, end));
  }
  EXPECT_EQ(must(store->epoch(tenant.id)), last);
}

void AnExpiredLeaseIsTakenAndItsRunCrashed(StateFixture& fixture) {
  const auto store = fixture.open();
  const auto other = fixture.open();
  must(store->migrate());
  const TenantInfo tenant = make_tenant(*store, "a");
  constexpr Micros kShort = std::chrono::milliseconds(200);
  const Lease dead = take(*store, tenant.id, now(), kShort);
  EXPECT_FALSE(must(other->take_lease(tenant.id, "second", kLongLease, now())).lease);
  system_clock().sleep(2 * kShort);
  const Lease successor = take(*other, tenant.id);
  EXPECT_GT(successor.epoch, dead.epoch);
  EXPECT_NE(successor.run, dead.run);
  EXPECT_EQ(code_of(store->renew_lease(dead, kLongLease, now())), Code::kFenceStale);
  EXPECT_EQ(code_of(store->release_lease(dead, {})), Code::kFenceStale);
  const auto runs = must(store->runs(tenant.id, 10));
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].id, successor.run) << "the latest first";
  EXPECT_EQ(runs[0].outcome, "running");
  EXPECT_EQ(runs[1].outcome, "crashed");
  EXPECT_GT(runs[1].finished, runs[1].started);
}

void ARenewedLeaseLastsLonger(StateFixture& fixture) {
  const auto store = fixture.open();
  must(store->migrate());
  const TenantInfo tenant = make_tenant(*store, "a");
  constexpr Micros kShort = std::chrono::milliseconds(200);
  const Lease lease = take(*store, tenant.id, now(), kShort);
  must(store->renew_lease(lease, kLongLease, now()));
  system_clock().sleep(2 * kShort);
  EXPECT_FALSE(must(fixture.open()->take_lease(tenant.id, "second", kLongLease, now())).lease);
}

void AReleasedLeaseIsFreeAndItsRunHasAReport(StateFixture& fixture) {
  World world(fixture);
  RunRecord end;
  end.verb = "sync";
  end.outcome = "partial";
  end.finished = Instant(Micros(1'700'000'000'000'000));
  end.report = R"({"applied": 3})";
  must(world.store->release_lease(world.lease, end));
  const auto runs = must(world.store->runs(world.tenant.id, 1));
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].id, world.lease.run);
  EXPECT_EQ(runs[0].verb, "sync");
  EXPECT_EQ(runs[0].outcome, "partial");
  EXPECT_EQ(runs[0].holder, "test");
  EXPECT_EQ(runs[0].finished, end.finished);
  EXPECT_EQ(runs[0].report, end.report);
  EXPECT_TRUE(must(world.store->take_lease(world.tenant.id, "next", kLongLease, now())).lease);
}

void BatchNumbersRiseAndAreNeverGivenTwice(StateFixture& fixture) {
  World world(fixture);
  const BatchNumber first = must(world.store->reserve_batches(world.lease, 3));
  const BatchNumber second = must(world.store->reserve_batches(world.lease, 1));
  EXPECT_GT(first.value, 0);
  EXPECT_GE(second.value, first.value + 3);
  must(world.store->release_lease(world.lease, {}));
  const auto other = fixture.open();
  EXPECT_GT(must(other->reserve_batches(take(*other, world.tenant.id), 1)), second);
}

// Schedule 3: every write of a run that has lost its lease is refused.
void ASleepersWritesAreAllRefused(StateFixture& fixture) {
  World world(fixture);
  const Lease late = world.lease;
  must(world.store->release_lease(late, {}));
  const auto other = fixture.open();
  const Lease successor = take(*other, world.tenant.id);
  Confirm confirm;
  confirm.put_pending.push_back(world.pending(1));
  const Intent intent{BatchNumber{1}, world.entity.id, "platform.identity", "payload"};
  EXPECT_EQ(code_of(world.store->renew_lease(late, kLongLease, now())), Code::kFenceStale);
  EXPECT_EQ(code_of(world.store->reserve_batches(late, 1)), Code::kFenceStale);
  EXPECT_EQ(code_of(world.store->store_intents(late, std::span(&intent, 1))), Code::kFenceStale);
  EXPECT_EQ(code_of(world.store->confirm(late, world.entity, confirm)), Code::kFenceStale);
  EXPECT_EQ(code_of(world.store->release_lease(late, {})), Code::kFenceStale);
  EXPECT_TRUE(must(other->open_intents(world.tenant.id)).empty());
  EXPECT_TRUE(must(other->pending_counts(world.tenant.id, world.entity)).by_state.empty());
  must(other->confirm(successor, must(other->entity(world.tenant.id, person())), confirm));
}

void NotesAreKeptByTenant(StateFixture& fixture) {
  World world(fixture);
  const TenantInfo b = make_tenant(*world.store, "b");
  EXPECT_EQ(must(world.store->note(world.tenant.id, "check")), std::nullopt);
  must(world.store->put_note(world.tenant.id, "check", "first"));
  must(world.store->put_note(world.tenant.id, "check", "second \xE2\x82\xAC"));
  EXPECT_EQ(must(fixture.open()->note(world.tenant.id, "check")), "second \xE2\x82\xAC");
  EXPECT_EQ(must(world.store->note(b.id, "check")), std::nullopt);
}

}  // namespace

std::vector<Case> lease_cases() {
  return {{"TablesAreMadeOnceAndAgain", TablesAreMadeOnceAndAgain},
          {"TenantsAreFoundByNameAndKeepTheirKey", TenantsAreFoundByNameAndKeepTheirKey},
          {"OneRunHoldsTheLease", OneRunHoldsTheLease},
          {"EpochsRiseWithEveryLease", EpochsRiseWithEveryLease},
          {"AnExpiredLeaseIsTakenAndItsRunCrashed", AnExpiredLeaseIsTakenAndItsRunCrashed},
          {"ARenewedLeaseLastsLonger", ARenewedLeaseLastsLonger},
          {"AReleasedLeaseIsFreeAndItsRunHasAReport", AReleasedLeaseIsFreeAndItsRunHasAReport},
          {"BatchNumbersRiseAndAreNeverGivenTwice", BatchNumbersRiseAndAreNeverGivenTwice},
          {"ASleepersWritesAreAllRefused", ASleepersWritesAreAllRefused},
          {"NotesAreKeptByTenant", NotesAreKeptByTenant}};
}

}  // namespace atlas::state_conformance
