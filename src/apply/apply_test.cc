// Intent, apply, settle, confirm on virtual endpoints (ENGINE E2–E4), with the commit lost in every
// way.

#include "apply/apply.h"

#include "apply/recovery.h"
#include "foundation/assert.h"
#include "foundation/result_testing.h"
#include "sim/virtual/company.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

using sim::CommitFault;
using sim::kTeams;
using sim::Moment;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr EndpointIndex kIdentity{1};
constexpr EndpointIndex kGeo{2};

// Teams are written by hand here: effects as flow would make them, no decision.
struct Bench {
  // `joined`: state lives in the identity database.
  explicit Bench(bool joined = false)
      : data(world, joined ? &databases.identity : nullptr), store(data), may_join(joined) {
    tenant = *store.tenant("acme", "6f1c0f7e-6a4c-4a6e-9d35-0d3f5a1b2c3d", {});
    EntityLayout layout;
    layout.name = "team";
    layout.kinds = {"teams"};
    layout.parts = {"legacy", "t", "p"};
    layout.fields = {{"name", 1}};
    entity = *store.entity(tenant.id, layout);
    legacy = shape_of(databases.legacy, kTeams);
    platform = shape_of(databases.identity, kTeams);
    profile = shape_of(databases.geo, sim::kProfiles);
    take_lease();
  }

  static TableShape shape_of(sim::Database& database, const TableName& name) {
    TableShape out;
    out.table = name;
    for (const ColumnInfo& c : database.table(name).columns)
      out.columns.push_back({c.name, c.type});
    out.key = {0};
    out.stamp = out.column("updated");
    return out;
  }

  void take_lease() {
    world.pass(std::chrono::hours(1));
    lease = *store.take_lease(tenant.id, "test", std::chrono::minutes(5), world.now())->lease;
    for (auto* database : {&databases.legacy, &databases.identity, &databases.geo}) {
      ASSERT_THAT(sim::VirtualEndpoint(*database).raise_fence(tenant.uuid, {.epoch = lease.epoch}),
                  IsOk());
    }
  }

  Key key_of(const Value& v) { return encode_key({&v, 1}); }
  Key legacy_key(std::int64_t id) { return key_of(Value::integer(id)); }
  Value uuid(std::uint8_t n) {
    Uuid id{};
    id[15] = n;
    return Value::uuid(id, arena);
  }

  // Creates a platform team for legacy team `n`.
  RowWrite create(std::uint8_t n, std::string_view title) {
    RowWrite w = base(n, kIdentity, platform, 1, WriteKind::kInsert);
    w.columns = {platform.column("id"), platform.column("org"), platform.column("title")};
    w.cells = {uuid(n), Value::integer(1), Value::text(arena.copy(title))};
    w.effect.creates_link = true;
    w.effect.fields = {{0, 100U + n}};
    return w;
  }
  // Its row in the second platform database.
  RowWrite create_profile(std::uint8_t n) {
    RowWrite w = base(n, kGeo, profile, 2, WriteKind::kInsert);
    w.columns = {profile.column("id"), profile.column("org")};
    w.cells = {uuid(n), Value::integer(1)};
    w.effect.creates_link = true;
    w.needs_previous = true;
    return w;
  }

  RowWrite base(std::uint8_t n, EndpointIndex where, const TableShape& shape, std::uint32_t part,
                WriteKind kind) {
    RowWrite w;
    w.endpoint = where;
    w.shape = &shape;
    w.kind = kind;
    w.instance = n;
    w.effect.legacy_key = arena.copy(legacy_key(n));
    w.effect.platform_key = arena.copy(key_of(uuid(n)));
    w.key = part == 0 ? w.effect.legacy_key : w.effect.platform_key;
    w.effect.part = part;
    w.effect.write = kind;
    return w;
  }

  Result<ApplyDone> apply(std::vector<RowWrite> writes) {
    for (std::uint32_t i = 0; i < writes.size(); ++i) writes[i].effect.ordinal = i;
    ApplyContext context{store,
                         lease,
                         entity,
                         tenant.uuid,
                         {"name"},
                         [this](EndpointIndex i) -> Result<Endpoint*> { return open(i.value); },
                         [](EndpointIndex i) { return std::to_string(i.value); },
                         [this](EndpointIndex i) { return may_join && i == kIdentity; },
                         [this] { return store.reserve_batches(lease, 1); }};
    links = std::make_unique<Links>(3, 1);
    return apply_batch(context, writes, [&](const ApplyDone& done) {
      ++confirms;
      Confirm confirm;
      confirm.intents = done.intents;
      confirm.batch = done.last_batch;
      std::map<std::uint32_t, LinkRecord*> made;
      for (std::size_t i = 0; i < writes.size(); ++i) {
        if (done.outcomes[i].status != WriteStatus::kApplied) continue;
        LinkRecord*& link = made[writes[i].instance];
        if (link == nullptr)
          link = &links->add(0, writes[i].effect.legacy_key, writes[i].effect.platform_key);
        apply_effect(writes[i].effect, done.outcomes[i].version, *link);
      }
      // Links::add may move records: take their places only now.
      for (std::size_t i = 0; i < links->size(); ++i) confirm.insert_links.push_back(&(*links)[i]);
      return confirm;
    });
  }

  Result<RecoveryReport> recovery() {
    take_lease();
    std::map<std::int32_t, RecoveryEntity> entities;
    entities.emplace(entity.id, RecoveryEntity{entity, {"name"}});
    return recover(store, lease, tenant.uuid, world.now(), entities,
                   [this](const std::string& name) -> Result<Endpoint*> {
                     return open(static_cast<std::uint32_t>(std::stoul(name)));
                   });
  }

  Endpoint* open(std::uint32_t index) {
    const std::array all = {&databases.legacy, &databases.identity, &databases.geo};
    auto& slot = endpoints[index];
    if (slot == nullptr) slot = std::make_unique<sim::VirtualEndpoint>(*all.at(index));
    return slot.get();
  }

  std::vector<std::string> titles() {
    std::vector<std::string> out;
    for (const auto& [key, row] : databases.identity.rows(kTeams))
      out.push_back(databases.identity.text(kTeams, key, "title"));
    return out;
  }
  const sim::StateData::Entity& kept() { return *data.entity("acme", "team"); }
  std::size_t open_intents() { return data.tenants.front().intents.size(); }
  // The one link, as the store gives it.
  Links link(std::int64_t id) {
    const Key key = legacy_key(id);
    const KeyView view = key;
    const std::uint16_t kind = 0;
    return *store.links(tenant.id, entity, Side::kLegacy, {&view, 1}, {&kind, 1});
  }

  sim::World world;
  sim::Databases databases{world};
  sim::StateData data;
  sim::VirtualState store;
  Arena arena;
  TenantInfo tenant;
  EntityRef entity;
  Lease lease;
  TableShape legacy, platform, profile;
  std::map<std::uint32_t, std::unique_ptr<Endpoint>> endpoints;
  std::unique_ptr<Links> links;
  bool may_join = false;
  int confirms = 0;
};

TEST(Apply, StoresTheIntentBeforeItTouchesTheTarget) {
  Bench bench;
  std::vector<std::string> ports;
  bench.world.hook = [&](std::string_view port, Moment moment) -> std::optional<Error> {
    if (moment == Moment::kBefore) ports.emplace_back(port);
    return std::nullopt;
  };
  ASSERT_THAT(bench.apply({bench.create(1, "red")}), IsOk());
  EXPECT_THAT(ports, ElementsAre("state.reserve_batches", "state.store_intents", "identity.begin",
                                 "identity.apply", "identity.commit", "state.confirm"));
  EXPECT_EQ(bench.open_intents(), 0U);
  EXPECT_EQ(bench.confirms, 1);
}

// --- schedule 2: COMMIT was sent and no answer came (E3)
// -----------------------------------------------

TEST(Apply, AnUnansweredCommitThatHappenedIsConfirmedByItsWitness) {
  Bench bench;
  bench.databases.identity.commit_faults = {CommitFault::kAppliedUnanswered};
  const auto done = bench.apply({bench.create(1, "red")});
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->outcomes[0].status, WriteStatus::kApplied);
  EXPECT_TRUE(done->outcomes[0].version) << "its statements were answered, COMMIT alone was not";
  EXPECT_TRUE(bench.link(1)[0].parts[1].own_write) << "its stamp is nobody's edit (E19)";
  EXPECT_EQ(bench.open_intents(), 0U);
}

TEST(Apply, AnUnansweredCommitThatFailedIsKnownNotToHaveHappened) {
  Bench bench;
  bench.databases.identity.commit_faults = {CommitFault::kRolledBackUnanswered};
  const auto done = bench.apply({bench.create(1, "red")});
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->outcomes[0].status, WriteStatus::kStale);
  EXPECT_THAT(bench.kept().links, IsEmpty());
  EXPECT_EQ(bench.open_intents(), 0U);
  EXPECT_THAT(bench.titles(), IsEmpty());
}

TEST(Apply, ACommitStillRunningIsWaitedFor) {
  Bench bench;
  bench.databases.identity.commit_faults = {CommitFault::kAppliedLater};
  const auto done = bench.apply({bench.create(1, "red")});
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->outcomes[0].status, WriteStatus::kApplied);
  EXPECT_EQ(bench.kept().links.size(), 1U);
}

struct LostCommit : testing::TestWithParam<CommitFault> {};
INSTANTIATE_TEST_SUITE_P(Ways, LostCommit,
                         testing::Values(CommitFault::kAppliedUnanswered,
                                         CommitFault::kRolledBackUnanswered,
                                         CommitFault::kAppliedLater));

// The client dies with the answer outstanding; the next run settles.
TEST_P(LostCommit, IsSettledByTheNextRunIfTheWitnessCannotBeAsked) {
  Bench bench;
  bench.databases.identity.commit_faults = {GetParam()};
  bench.world.hook = [](std::string_view port, Moment) -> std::optional<Error> {
    if (port == "identity.settle") return Error(Code::kUnreachable, "the peer is gone");
    return std::nullopt;
  };
  EXPECT_THAT(bench.apply({bench.create(1, "red"), bench.create(2, "blue")}),
              FailsWith(ErrorKind::kInDoubt, "witness"));
  EXPECT_EQ(bench.confirms, 0) << "nothing may be confirmed in doubt";
  EXPECT_EQ(bench.open_intents(), 1U);
  bench.world.hook = nullptr;

  const auto report = bench.recovery();
  ASSERT_THAT(report, IsOk());
  const bool applied = GetParam() != CommitFault::kRolledBackUnanswered;
  EXPECT_EQ(report->applied, applied ? 1 : 0);
  EXPECT_EQ(report->never_applied, applied ? 0 : 1);
  EXPECT_EQ(bench.titles().size(), applied ? 2U : 0U);
  EXPECT_EQ(bench.kept().links.size(), applied ? 2U : 0U);
  EXPECT_EQ(bench.open_intents(), 0U);
  EXPECT_EQ(bench.kept().pending.size(), 2U) << "either way the keys are looked at again";
  if (applied) {
    const Links link = bench.link(1);
    EXPECT_EQ(link[0].bases[0], 101U);
    EXPECT_EQ(link[0].parts[1].exists, Existence::kPresent);
    EXPECT_TRUE(link[0].parts[1].unverified);
    EXPECT_EQ(link[0].parts[2].exists, Existence::kNever);
  }
}

// Whoever was settled as "never" can never be applied: the sleeper's transaction meets the witness
// (E3).
TEST(Apply, WhatWasSettledAsNeverAppliedStaysSo) {
  Bench bench;
  const ApplyTicket ticket{bench.tenant.uuid, bench.lease.epoch, BatchNumber{77}};
  EXPECT_FALSE(bench.open(1)->settle(ticket)->applied);
  EXPECT_THAT(bench.open(1)->begin(ticket, {}), FailsWith(Code::kFenceStale, "settled"));
}

// --- schedule 3: the run was taken over
// ------------------------------------------------------------------

TEST(Apply, ASleeperWritesNothingAfterTheTakeover) {
  for (const char* port : {"state.reserve_batches", "state.store_intents", "identity.begin"}) {
    Bench bench;
    bool once = true;
    bench.world.hook = [&](std::string_view at, Moment moment) -> std::optional<Error> {
      if (at != port || moment != Moment::kBefore || !once) return std::nullopt;
      once = false;
      const Lease own = bench.lease;
      bench.take_lease();  // the successor
      bench.lease = own;
      return std::nullopt;
    };
    const auto done = bench.apply({bench.create(1, "red")});
    EXPECT_THAT(done, FailsWith(Code::kFenceStale, "")) << port;
    EXPECT_THAT(bench.titles(), IsEmpty()) << port;
    EXPECT_EQ(bench.confirms, 0) << port;
  }
}

TEST(Apply, ASleeperBetweenCommitAndConfirmIsSettledByItsSuccessor) {
  Bench bench;
  bool once = true;
  bench.world.hook = [&](std::string_view at, Moment moment) -> std::optional<Error> {
    if (at != "state.confirm" || moment != Moment::kBefore || !once) return std::nullopt;
    once = false;
    EXPECT_EQ(bench.recovery()->applied, 1);
    bench.lease.epoch.value -= 1;
    return std::nullopt;
  };
  EXPECT_THAT(bench.apply({bench.create(1, "red")}), FailsWith(Code::kFenceStale, ""));
  EXPECT_THAT(bench.titles(), ElementsAre("red"));
  EXPECT_EQ(bench.kept().links.size(), 1U) << "confirmed once, by the successor";
}

// --- schedule 14: several targets
// ----------------------------------------------------------------------

TEST(Apply, ALaterPartIsNotTriedAfterTheRootFailed) {
  Bench bench;
  (void)bench.databases.identity.insert(
      kTeams,
      {{"id", bench.uuid(1)}, {"org", Value::integer(9)}, {"title", Value::text("theirs")}});
  const auto done = bench.apply({bench.create(1, "red"), bench.create_profile(1),
                                 bench.create(2, "blue"), bench.create_profile(2)});
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->outcomes[0].status, WriteStatus::kKeyTaken);
  EXPECT_EQ(done->outcomes[1].status, WriteStatus::kSkipped);
  EXPECT_EQ(done->outcomes[2].status, WriteStatus::kApplied);
  EXPECT_EQ(done->outcomes[3].status, WriteStatus::kApplied);
  EXPECT_EQ(bench.databases.geo.rows(sim::kProfiles).size(), 1U);
}

TEST(Apply, TheFirstPartStaysWhenTheSecondTargetIsGone) {
  Bench bench;
  bench.world.hook = [](std::string_view port, Moment) -> std::optional<Error> {
    if (port == "geo.begin") return Error(Code::kConnectionLost, "the peer is gone");
    return std::nullopt;
  };
  const auto done = bench.apply({bench.create(1, "red"), bench.create_profile(1)});
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->outcomes[0].status, WriteStatus::kApplied);
  EXPECT_EQ(done->outcomes[1].status, WriteStatus::kStale);
  ASSERT_TRUE(done->transient);
  EXPECT_EQ(done->transient->code(), Code::kConnectionLost);
  const Links link = bench.link(1);
  EXPECT_EQ(link[0].parts[1].exists, Existence::kPresent);
  EXPECT_EQ(link[0].parts[2].exists, Existence::kNever) << "not yet written, not gone (E24)";
  EXPECT_EQ(bench.open_intents(), 0U);
}

TEST(Apply, EachTargetHasAnIntentOfItsOwn) {
  Bench bench;
  bench.world.hook = [&](std::string_view port, Moment moment) -> std::optional<Error> {
    if (port == "state.confirm" && moment == Moment::kBefore) {
      EXPECT_EQ(bench.open_intents(), 2U);
    }
    return std::nullopt;
  };
  ASSERT_THAT(bench.apply({bench.create(1, "red"), bench.create_profile(1)}), IsOk());
  EXPECT_EQ(bench.open_intents(), 0U);
}

// A crash between the two targets: recovery confirms the first and knows that the second never
// happened.
TEST(Apply, RecoverySettlesEachTargetByItself) {
  Bench bench;
  bench.world.hook = [](std::string_view port, Moment moment) -> std::optional<Error> {
    if (port == "geo.commit" && moment == Moment::kBefore) throw sim::Killed();
    return std::nullopt;
  };
  EXPECT_THROW((void)bench.apply({bench.create(1, "red"), bench.create_profile(1)}), sim::Killed);
  bench.world.hook = nullptr;
  EXPECT_EQ(bench.open_intents(), 2U);
  const auto report = bench.recovery();
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->applied, 1);
  EXPECT_EQ(report->never_applied, 1);
  const Links link = bench.link(1);
  ASSERT_EQ(link.size(), 1U);
  EXPECT_EQ(link[0].parts[1].exists, Existence::kPresent);
  EXPECT_EQ(link[0].parts[2].exists, Existence::kNever);
}

// --- rows that are refused
// -------------------------------------------------------------------------------

TEST(Apply, RecoveryLeavesOutTheRowsThatTheTransactionLeftOut) {
  Bench bench;
  (void)bench.databases.identity.insert(
      kTeams,
      {{"id", bench.uuid(2)}, {"org", Value::integer(9)}, {"title", Value::text("theirs")}});
  bench.world.hook = [](std::string_view port, Moment moment) -> std::optional<Error> {
    if (port == "identity.commit" && moment == Moment::kAfter) throw sim::Killed();
    return std::nullopt;
  };
  EXPECT_THROW((void)bench.apply(
                   {bench.create(1, "red"), bench.create(2, "blue"), bench.create(3, "green")}),
               sim::Killed);
  bench.world.hook = nullptr;
  ASSERT_THAT(bench.recovery(), IsOk());
  EXPECT_EQ(bench.kept().links.size(), 2U);
  EXPECT_EQ(bench.link(2).size(), 0U) << "its key was taken; the witness says so";
}

TEST(Apply, ARecoveryThatDiesIsRepeatedWithTheSameAnswer) {
  Bench bench;
  bench.world.hook = [](std::string_view port, Moment moment) -> std::optional<Error> {
    if (port == "identity.commit" && moment == Moment::kAfter) throw sim::Killed();
    return std::nullopt;
  };
  EXPECT_THROW((void)bench.apply({bench.create(1, "red")}), sim::Killed);
  for (const char* port : {"identity.settle", "state.confirm"}) {
    for (const Moment when : {Moment::kBefore, Moment::kAfter}) {
      if (bench.open_intents() == 0) break;
      bench.world.hook = [=](std::string_view at, Moment moment) -> std::optional<Error> {
        if (at == port && moment == when) throw sim::Killed();
        return std::nullopt;
      };
      EXPECT_THROW((void)bench.recovery(), sim::Killed);
    }
  }
  bench.world.hook = nullptr;
  ASSERT_THAT(bench.recovery(), IsOk());
  EXPECT_EQ(bench.kept().links.size(), 1U);
  EXPECT_EQ(bench.open_intents(), 0U);
}

TEST(Apply, RecoveryFindsFieldsByNameAfterTheMappingWasEdited) {
  Bench bench;
  bench.world.hook = [](std::string_view port, Moment moment) -> std::optional<Error> {
    if (port == "identity.commit" && moment == Moment::kAfter) throw sim::Killed();
    return std::nullopt;
  };
  EXPECT_THROW((void)bench.apply({bench.create(1, "red")}), sim::Killed);
  bench.world.hook = nullptr;
  EntityLayout edited;
  edited.name = "team";
  edited.kinds = {"teams"};
  edited.parts = {"legacy", "t", "p"};
  edited.fields = {{"motto", 5}, {"name", 1}};
  bench.entity = *bench.store.entity(bench.tenant.id, edited);
  bench.take_lease();
  std::map<std::int32_t, RecoveryEntity> entities;
  entities.emplace(bench.entity.id, RecoveryEntity{bench.entity, {"motto", "name"}});
  ASSERT_THAT(recover(bench.store, bench.lease, bench.tenant.uuid, bench.world.now(), entities,
                      [&](const std::string&) -> Result<Endpoint*> { return bench.open(1); }),
              IsOk());
  const Links link = bench.link(1);
  ASSERT_EQ(link.size(), 1U);
  EXPECT_EQ(link[0].bases[0], kNoBase);
  EXPECT_EQ(link[0].bases[1], 101U);
}

// --- state in the target's database (E4)
// -----------------------------------------------------------------------

TEST(Apply, TheConfirmTravelsInTheTransactionOfItsOwnDatabase) {
  Bench bench(true);
  std::vector<std::string> ports;
  bench.world.hook = [&](std::string_view port, Moment moment) -> std::optional<Error> {
    if (moment == Moment::kBefore) ports.emplace_back(port);
    return std::nullopt;
  };
  const auto done = bench.apply({bench.create(1, "red")});
  ASSERT_THAT(done, IsOk());
  EXPECT_TRUE(done->confirmed);
  EXPECT_EQ(bench.confirms, 1);
  EXPECT_THAT(ports, ElementsAre("state.reserve_batches", "identity.begin", "identity.apply",
                                 "state.confirm_joined", "identity.commit"));
  EXPECT_EQ(bench.kept().links.size(), 1U);
}

TEST(Apply, AJoinedConfirmHappensWithItsWritesOrNotAtAll) {
  for (const CommitFault fault : {CommitFault::kAppliedUnanswered,
                                  CommitFault::kRolledBackUnanswered, CommitFault::kAppliedLater}) {
    Bench bench(true);
    bench.databases.identity.commit_faults = {fault};
    EXPECT_THAT(bench.apply({bench.create(1, "red")}), FailsWith(ErrorKind::kInDoubt, ""));
    bench.databases.identity.finish_commits();
    EXPECT_EQ(bench.titles().size(), bench.kept().links.size());
    EXPECT_EQ(bench.titles().size(), fault == CommitFault::kRolledBackUnanswered ? 0U : 1U);
  }
}

}  // namespace
}  // namespace atlas
