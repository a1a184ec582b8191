// Fence, witness, drift, probe (E2, E3, E8, E28).

#include "endpoint/conformance_cases_testing.h"

#include <gmock/gmock.h>

namespace atlas::conformance {
namespace {

template <class T>
Code code_of(const Result<T>& result) {
  return result ? Code{} : result.error().code();
}

ApplyTicket ticket(std::int64_t epoch, std::int64_t batch) {
  return {.tenant = "tenant-a", .epoch = Epoch{epoch}, .batch = BatchNumber{batch}};
}

void AFenceStartsAtZeroAndOnlyRises(EndpointFixture& fixture) {
  const auto endpoint = fixture.open();
  must(endpoint->install());
  must(endpoint->install());
  EXPECT_EQ(must(endpoint->fence("tenant-a")).epoch, Epoch{0});
  must(endpoint->raise_fence("tenant-a", {.epoch = {3}}));
  EXPECT_EQ(must(endpoint->fence("tenant-a")).epoch, Epoch{3});
  must(endpoint->raise_fence("tenant-a", {.epoch = {3}}));
  EXPECT_EQ(code_of(endpoint->raise_fence("tenant-a", {.epoch = {2}})), Code::kFenceStale);
  EXPECT_EQ(must(endpoint->fence("tenant-a")).epoch, Epoch{3});
  EXPECT_EQ(must(endpoint->fence("tenant-b")).epoch, Epoch{0})
      << "tenants have fences of their own";
  EXPECT_EQ(must(fixture.open()->fence("tenant-a")).epoch, Epoch{3}) << "it was committed";
}

// It tells one database of a tenant from another, whatever their epochs.
void AFenceKeepsTheMarkThatItGotFirst(EndpointFixture& fixture) {
  const auto endpoint = fixture.open();
  must(endpoint->install());
  EXPECT_EQ(must(endpoint->fence("tenant-a")).mark, "");
  EXPECT_EQ(must(endpoint->raise_fence("tenant-a", {.epoch = {1}})), "");
  EXPECT_EQ(must(endpoint->raise_fence("tenant-a", {{2}, "first"})), "first")
      << "one that has none gets it later";
  EXPECT_EQ(must(endpoint->raise_fence("tenant-a", {{3}, "second"})), "first");
  EXPECT_EQ(must(endpoint->fence("tenant-a")), (Fence{{3}, "first"}));
  EXPECT_EQ(must(endpoint->raise_fence("tenant-b", {{1}, "other"})), "other");
  EXPECT_EQ(must(fixture.open()->fence("tenant-a")), (Fence{{3}, "first"}));
}

// Schedule 3: a run stopped after its lease check wakes up after its successor has begun.
void ASleeperThatWakesLateIsRefused(EndpointFixture& fixture) {
  World world(fixture);
  const auto successor = fixture.open();
  must(successor->raise_fence("tenant-a", {.epoch = {2}}));
  const TableShape* shape = &world.shape;
  const auto late = world.endpoint->begin(ticket(1, 1), {&shape, 1});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::kFenceStale);
  EXPECT_TRUE(successor->begin(ticket(2, 1), {&shape, 1})) << "and leaves no witness behind";
}

void AFenceBelowTheRunsEpochIsRefused(EndpointFixture& fixture) {
  World world(fixture);
  const TableShape* shape = &world.shape;
  const auto begun = world.endpoint->begin(ticket(2, 1), {&shape, 1});
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code(), Code::kTargetRewound) << "nobody lowers a fence";
}

void SettlingAnIntentNeverAppliedBarsItForGood(EndpointFixture& fixture) {
  World world(fixture);
  const Settlement first = must(world.endpoint->settle(ticket(1, 9)));
  EXPECT_FALSE(first.applied);
  EXPECT_THAT(first.unapplied, testing::IsEmpty());
  const TableShape* shape = &world.shape;
  EXPECT_FALSE(world.endpoint->begin(ticket(1, 9), {&shape, 1}));
  EXPECT_TRUE(world.endpoint->begin(ticket(1, 10), {&shape, 1}));
}

// A recovery that dies between settling and noting the answer settles again.
void SettlingAgainGivesTheSameAnswer(EndpointFixture& fixture) {
  World world(fixture);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(must(world.endpoint->settle(ticket(1, 9))).applied);
  (void)world.apply({&world.shape}, {});
  const auto other = fixture.open();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(must(other->settle(world.last_ticket())).applied);
}

void PurgeForgetsUpToABatch(EndpointFixture& fixture) {
  World world(fixture);
  (void)world.apply({&world.shape}, {});
  (void)world.apply({&world.shape}, {});
  (void)world.apply({&world.shape}, {});
  must(world.endpoint->purge_witnesses("tenant-b", BatchNumber{100}));
  must(world.endpoint->purge_witnesses("tenant-a", BatchNumber{2}));
  EXPECT_FALSE(must(world.endpoint->settle(ticket(1, 2))).applied)
      << "purged: nothing tells of it any more";
  EXPECT_TRUE(must(world.endpoint->settle(ticket(1, 3))).applied);
}

void DriftIsRefusedBeforeAnythingIsWritten(EndpointFixture& fixture) {
  World world(fixture);
  fixture.add_column(world.table, {.name = "extra", .type = test_type(TypeKind::kText)});
  const TableShape* shape = &world.shape;
  const auto begun = world.endpoint->begin(ticket(1, 1), {&shape, 1});
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code(), Code::kSchemaDrift);
  EXPECT_FALSE(must(world.endpoint->settle(ticket(1, 1))).applied);
  // A shape that does not ask for the comparison is not held to it.
  TableShape careless = world.shape;
  careless.fingerprint = 0;
  shape = &careless;
  EXPECT_TRUE(world.endpoint->begin(ticket(1, 2), {&shape, 1}));
}

void ANewTriggerIsDrift(EndpointFixture& fixture) {
  World world(fixture);
  fixture.create_trigger(world.table,
                         {.name = "fresh", .when = "name", .is = "x", .set = {}, .to = {}});
  const TableShape* shape = &world.shape;
  EXPECT_EQ(code_of(world.endpoint->begin(ticket(1, 1), {&shape, 1})), Code::kSchemaDrift);
}

void AMissingColumnIsDriftForReaders(EndpointFixture& fixture) {
  World world(fixture);
  TableShape shape = world.shape;
  shape.columns.push_back({"nowhere", test_type(TypeKind::kText)});
  const auto rows = must(world.endpoint->snapshot())->scan(shape, {}, 1);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind(), ErrorKind::kDrift);
}

void TheHorizonIsNotLaterThanNow(EndpointFixture& fixture) {
  World world(fixture);
  if (!world.endpoint->capabilities().database_stamps) return;
  const Horizon horizon = must(world.endpoint->horizon());
  EXPECT_LE(horizon.safe, horizon.server_now);
  EXPECT_FALSE(horizon.prepared_pending);
}

void TheProbeKnowsOneDatabaseFromAnother(EndpointFixture& fixture) {
  World world(fixture);
  const Probe first = must(world.endpoint->probe({&world.name, 1}));
  const Probe second = must(fixture.open()->probe({}));
  EXPECT_FALSE(first.product.empty());
  EXPECT_FALSE(first.identity.empty());
  EXPECT_EQ(first.identity, second.identity);
  for (const Finding& finding : first.findings) {
    EXPECT_NE(finding.level, Finding::Level::kFail) << finding.topic << ": " << finding.detail;
    EXPECT_EQ(finding.fix.empty(), finding.level == Finding::Level::kOk) << finding.detail;
  }
}

}  // namespace

std::vector<Case> fence_cases() {
#define ATLAS_CASE(claim) \
  Case { #claim, claim }
  return {ATLAS_CASE(AFenceStartsAtZeroAndOnlyRises),
          ATLAS_CASE(AFenceKeepsTheMarkThatItGotFirst),
          ATLAS_CASE(ASleeperThatWakesLateIsRefused),
          ATLAS_CASE(AFenceBelowTheRunsEpochIsRefused),
          ATLAS_CASE(SettlingAnIntentNeverAppliedBarsItForGood),
          ATLAS_CASE(SettlingAgainGivesTheSameAnswer),
          ATLAS_CASE(PurgeForgetsUpToABatch),
          ATLAS_CASE(DriftIsRefusedBeforeAnythingIsWritten),
          ATLAS_CASE(ANewTriggerIsDrift),
          ATLAS_CASE(AMissingColumnIsDriftForReaders),
          ATLAS_CASE(TheHorizonIsNotLaterThanNow),
          ATLAS_CASE(TheProbeKnowsOneDatabaseFromAnother)};
#undef ATLAS_CASE
}

}  // namespace atlas::conformance
