#include "verify/verify.h"

#include "foundation/assert.h"
#include "foundation/result_testing.h"
#include "sim/virtual/company.h"
#include "verify/entity_decl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

using sim::kPeople;
using sim::kProfiles;
using sim::kTeams;
using sim::kUsers;
using testing::ElementsAre;
using testing::IsEmpty;

// People linked by hand, as a run would have left them.
struct Linked {
  explicit Linked(sim::CompanyOptions options = {})
      : scene(std::move(options)), store(scene.state) {
    tenant = *store.tenant(company.options.tenant, company.options.uuid, key);
    for (const EntityPlan& entity : company.plan.entities) {
      refs.push_back(*store.entity(tenant.id, entity_decl(entity)));
    }
    lease = *store.take_lease(tenant.id, "test", std::chrono::hours(1), company.world.now())->lease;
    cursors_at(company.world.now() + std::chrono::minutes(1));
    company.world.pass(std::chrono::minutes(2));
  }

  // Capture has seen everything stamped before `when`.
  void cursors_at(Instant when) {
    for (const EntityPlan& entity : company.plan.entities) {
      Confirm confirm;
      auto add = [&](const std::string& source) {
        Cursor cursor;
        cursor.source = source;
        cursor.swept = true;
        cursor.has_stamp = true;
        cursor.stamp = when.time_since_epoch().count();
        confirm.cursors.push_back(cursor);
      };
      for (const KindPlan& kind : entity.kinds) add(kind.name);
      for (const PartPlan& part : entity.parts) add(part.alias);
      ASSERT_THAT(store.confirm(lease, refs[entity.index.value], confirm), IsOk());
    }
  }

  // Both rows of a person and their link. Stamped an hour ago.
  std::pair<Key, Key> person(const std::string& name) {
    const Instant now = company.world.now();
    company.world.set(now - std::chrono::hours(1));
    const Key legacy = company.hire(name);
    const Key user = company.sign_up(name);
    company.world.set(now);
    link(legacy, user);
    return {legacy, user};
  }

  void link(const Key& legacy, const Key& user) {
    Links links(3, company.person().fields.size());
    LinkRecord& record = links.add(0, legacy, user);
    const std::array<std::pair<sim::Database*, TableName>, 3> rows = {
        std::pair(&company.legacy, kPeople), std::pair(&company.identity, kUsers),
        std::pair(&company.geo, kProfiles)};
    for (std::uint32_t p = 0; p < 3; ++p) {
      auto& [database, table] = rows.at(p);
      const auto it = database->rows(table).find(p == 0 ? legacy : user);
      if (it == database->rows(table).end()) continue;
      record.parts[p].exists = Existence::kPresent;
      record.parts[p].version =
          database->version(company.person().shape(p, 0), database->table(table), *it->second);
    }
    Confirm confirm;
    confirm.batch = *store.reserve_batches(lease, 1);
    confirm.insert_links = {&record};
    ASSERT_THAT(store.confirm(lease, refs[1], confirm), IsOk());
  }

  void put_pending(const Key& legacy, PendingState state) {
    Confirm confirm;
    Pending pending;
    pending.instance = {Side::kLegacy, 0, legacy};
    pending.state = state;
    pending.reason = "a reason";
    confirm.put_pending = {pending};
    ASSERT_THAT(store.confirm(lease, refs[1], confirm), IsOk());
  }

  // Without a stamp's telling: what a trigger, a fix by hand or a restore does.
  void sneak(sim::Database& database, const TableName& table, const Key& row, const char* column,
             const char* text) {
    const Value stamp = database.rows(table).at(row)->cells.back();
    database.update(table, row, {{column, Value::text(text)}, {"updated", stamp}});
  }

  VerifyReport report(VerifyOptions options = {}, std::function<bool()> stop = {}) {
    options.fresh_key = key;
    VerifyPorts ports{company.clock, [&](EndpointIndex i) { return company.open_endpoint(i); },
                      [&] { return company.open_state(); }, std::move(stop)};
    VerifyObserver observer;
    auto out = verify(company.plan, ports, options, observer);
    if (!out) throw std::runtime_error(out.error().line());
    return std::move(*out);
  }

  static std::vector<std::string> lines(const VerifyReport& report) {
    std::vector<std::string> out;
    for (const EntityVerdict& entity : report.entities) {
      for (const VerifyFinding& f : entity.findings) {
        out.push_back(std::string(standing_name(f.standing)) + " " + f.legacy_key + " " + f.field +
                      ": " + f.reason);
      }
    }
    return out;
  }

  const std::array<std::uint8_t, 32> key{4, 5, 6};
  sim::Scene scene;
  sim::Company& company = scene.company;
  sim::VirtualState store;
  TenantInfo tenant;
  std::vector<EntityRef> refs;
  Lease lease;
};

TEST(Verify, SidesThatAgreeAreEqual) {
  Linked world;
  for (int i = 0; i < 7; ++i) (void)world.person("p" + std::to_string(i));
  VerifyOptions options;
  options.page_rows = 3;
  const VerifyReport report = world.report(options);
  EXPECT_EQ(report.verdict, Verdict::kEqual);
  EXPECT_EQ(report.total.links, 7);
  EXPECT_EQ(report.total[Standing::kEqual], 7);
  EXPECT_EQ(report.total.rows_unlinked, 0);
  EXPECT_THAT(Linked::lines(report), IsEmpty());
}

TEST(Verify, ADifferenceThatNobodyWillComeBackToIsConfirmed) {
  Linked world;
  const auto [legacy, user] = world.person("ann");
  (void)world.person("bob");
  world.sneak(world.company.identity, kUsers, user, "name", "Ann");
  const VerifyReport report = world.report();
  EXPECT_EQ(report.verdict, Verdict::kDifferent);
  EXPECT_EQ(report.total[Standing::kEqual], 1);
  EXPECT_THAT(Linked::lines(report), ElementsAre("different 1 name: the values differ"));
}

TEST(Verify, ARowJustEditedIsPending) {
  Linked world;
  const auto [legacy, user] = world.person("ann");
  world.company.set(world.company.identity, kUsers, user, "name", "Ann");
  const VerifyReport report = world.report();
  EXPECT_EQ(report.total[Standing::kPending], 1);
  EXPECT_EQ(report.total[Standing::kDifferent], 0);
}

// The second look: a run settles the row while we look.
TEST(Verify, WhatIsGoneAtTheSecondLookWasNoDifference) {
  Linked world;
  const auto [legacy, user] = world.person("ann");
  world.sneak(world.company.identity, kUsers, user, "name", "Ann");
  int looks = 0;
  world.company.world.hook = [&, l = legacy](std::string_view port,
                                             sim::Moment moment) -> std::optional<Error> {
    if (port == "state.links" && moment == sim::Moment::kBefore && ++looks == 1) {
      world.sneak(world.company.legacy, kPeople, l, "name", "Ann");
    }
    return std::nullopt;
  };
  EXPECT_EQ(world.report().verdict, Verdict::kEqual);
}

// A run links two rows between our look at the links and the one at the rows.
TEST(Verify, ARowThatIsLinkedAtTheSecondLookWasNoDifference) {
  Linked world;
  const Instant now = world.company.world.now();
  world.company.world.set(now - std::chrono::hours(1));
  const Key legacy = world.company.hire("ann");
  const Key user = world.company.sign_up("ann");
  world.company.world.set(now);
  int looks = 0;
  world.company.world.hook = [&](std::string_view port,
                                 sim::Moment moment) -> std::optional<Error> {
    if (port == "state.links" && moment == sim::Moment::kAfter && ++looks == 1)
      world.link(legacy, user);
    return std::nullopt;
  };
  const VerifyReport report = world.report();
  EXPECT_EQ(looks, 2) << "seen without a link, then with it";
  EXPECT_EQ(report.verdict, Verdict::kEqual);
  EXPECT_EQ(report.total.links, 1);
  EXPECT_EQ(report.total.rows_unlinked, 0);
}

TEST(Verify, RowsOnRecordAreKnown) {
  for (const auto& [state, standing] : {std::pair(PendingState::kQuarantined, Standing::kKnown),
                                        std::pair(PendingState::kHeld, Standing::kKnown),
                                        std::pair(PendingState::kWaiting, Standing::kKnown),
                                        std::pair(PendingState::kDirty, Standing::kPending)}) {
    Linked world;
    const auto [legacy, user] = world.person("ann");
    world.sneak(world.company.identity, kUsers, user, "name", "Ann");
    world.put_pending(legacy, state);
    const VerifyReport report = world.report();
    EXPECT_EQ(report.total[standing], 1) << pending_state_name(state);
    EXPECT_EQ(report.verdict, Verdict::kEqual) << "no difference that is not on record";
  }
}

TEST(Verify, AnOpenConflictCoversItsFieldOnly) {
  Linked world;
  const auto [legacy, user] = world.person("ann");
  world.sneak(world.company.identity, kUsers, user, "remark", "ours");
  Confirm confirm;
  Conflict conflict;
  conflict.instance = {Side::kLegacy, 0, legacy};
  conflict.field = "remark";
  conflict.open = true;
  confirm.put_conflicts = {conflict};
  ASSERT_THAT(world.store.confirm(world.lease, world.refs[1], confirm), IsOk());
  EXPECT_THAT(Linked::lines(world.report()), ElementsAre("known 1 remark: an open conflict"));
  world.sneak(world.company.identity, kUsers, user, "name", "Ann");
  EXPECT_EQ(world.report().verdict, Verdict::kDifferent);
}

TEST(Verify, DeadAndAliveAreDifferentDeadAndGoneAreNot) {
  Linked world;
  const auto [ann, ann_user] = world.person("ann");
  const auto [bob, bob_user] = world.person("bob");
  world.sneak(world.company.legacy, kPeople, ann, "name", "Ann");
  for (const Key& key : {ann, bob}) {
    const Value stamp = world.company.legacy.rows(kPeople).at(key)->cells.back();
    world.company.legacy.update(kPeople, key, {{"deleted_at", stamp}, {"updated", stamp}});
  }
  world.company.identity.remove(kUsers, bob_user);
  EXPECT_THAT(Linked::lines(world.report()),
              ElementsAre("different 1 : deleted on legacy, alive on platform"));
}

// It is the next of its key, and waits without a link (E14).
TEST(Verify, ARowThatCameBackUnderADeadPairsKeyAndWaitsIsKnown) {
  Linked world;
  const auto [ann, user] = world.person("ann");
  const Value stamp = world.company.legacy.rows(kPeople).at(ann)->cells.back();
  world.company.legacy.update(kPeople, ann, {{"deleted_at", stamp}, {"updated", stamp}});
  Confirm confirm;
  Pending pending;
  pending.instance = {Side::kPlatform, 0, user};
  pending.state = PendingState::kQuarantined;
  pending.code = static_cast<std::uint16_t>(Code::kUniqueTaken);
  pending.reason = "another row holds it";
  confirm.put_pending = {pending};
  ASSERT_THAT(world.store.confirm(world.lease, world.refs[1], confirm), IsOk());
  EXPECT_THAT(Linked::lines(world.report()),
              ElementsAre("known 1 : quarantined: another row holds it"));
}

TEST(Verify, RowsWithoutALinkAreFoundOnBothSides) {
  Linked world;
  const Instant now = world.company.world.now();
  world.company.world.set(now - std::chrono::hours(1));
  const Key here = world.company.hire("only_here");
  const Key there = world.company.sign_up("only_there");
  const Key dead = world.company.hire("dead");
  const Value stamp = world.company.legacy.rows(kPeople).at(dead)->cells.back();
  world.company.legacy.update(kPeople, dead, {{"deleted_at", stamp}, {"updated", stamp}});
  world.company.world.set(now);
  (void)world.company.hire("new");
  const VerifyReport report = world.report();
  EXPECT_EQ(report.verdict, Verdict::kDifferent);
  EXPECT_EQ(report.total.rows_unlinked, 4);
  EXPECT_EQ(report.total[Standing::kUnlinkedLegacy], 1);
  EXPECT_EQ(report.total[Standing::kUnlinkedPlatform], 1);
  EXPECT_EQ(report.total[Standing::kFiltered], 1) << "dead without a link: nobody's";
  EXPECT_EQ(report.total[Standing::kPending], 1) << "not captured yet";
}

TEST(Verify, TheTargetOfAOneWayFieldMayDrift) {
  Linked world;
  world.company.field("name").direction = Direction::kToPlatform;
  const auto [legacy, user] = world.person("ann");
  // The base is what was delivered.
  Links links = *world.store.scan_links(world.tenant.id, world.refs[1], Side::kLegacy, 0, {}, 10);
  const Hasher hasher(world.key);
  links[0].bases[0] = hasher.of(Value::text("ann"));
  Confirm confirm;
  confirm.batch = *world.store.reserve_batches(world.lease, 1);
  confirm.update_links = {&links[0]};
  ASSERT_THAT(world.store.confirm(world.lease, world.refs[1], confirm), IsOk());
  world.sneak(world.company.identity, kUsers, user, "name", "drifted");
  VerifyReport report = world.report();
  EXPECT_EQ(report.total[Standing::kDrift], 1);
  EXPECT_EQ(report.verdict, Verdict::kEqual);
  world.sneak(world.company.legacy, kPeople, legacy, "name", "new");
  EXPECT_EQ(world.report().verdict, Verdict::kDifferent) << "the source's own edit must arrive";
}

TEST(Verify, ARowThatLeftItsTenantIsFiltered) {
  Linked world;
  const auto [legacy, user] = world.person("ann");
  world.company.identity.update(kUsers, user, {{"org", Value::integer(2)}});
  const VerifyReport report = world.report();
  EXPECT_EQ(report.total[Standing::kFiltered], 1);
  EXPECT_EQ(report.verdict, Verdict::kEqual);
}

// Vitess #20854, pgEdge ACE PR 130: a verifier that did not look must not say equal.
TEST(Verify, StoppedFailedOrNeverCapturedIsUnknown) {
  Linked world;
  for (int i = 0; i < 9; ++i) (void)world.person("p" + std::to_string(i));
  int pages = 0;
  VerifyOptions options;
  options.page_rows = 2;
  const VerifyReport stopped = world.report(options, [&] { return ++pages > 3; });
  EXPECT_EQ(stopped.verdict, Verdict::kUnknown);
  EXPECT_TRUE(stopped.stopped);

  world.company.world.hook = [](std::string_view port, sim::Moment) -> std::optional<Error> {
    if (port == "geo.read") return Error(Code::kConnectionLost, "the peer is gone");
    return std::nullopt;
  };
  const VerifyReport failed = world.report();
  EXPECT_EQ(failed.verdict, Verdict::kUnknown);
  EXPECT_TRUE(failed.entities[1].error);
  EXPECT_EQ(failed.entities[0].verdict, Verdict::kEqual) << "teams do not live there";
  world.company.world.hook = nullptr;

  sim::Scene fresh;
  VerifyPorts ports{fresh.company.clock,
                    [&](EndpointIndex i) { return fresh.company.open_endpoint(i); },
                    [&] { return fresh.company.open_state(); },
                    {}};
  VerifyObserver observer;
  EXPECT_EQ(verify(fresh.company.plan, ports, {}, observer)->verdict, Verdict::kUnknown);
}

// A difference at every place of every page is found, and only there.
TEST(Verify, OneDifferenceAmongManyIsFoundWhereverItIs) {
  for (int at = 0; at < 11; ++at) {
    Linked world;
    std::vector<Key> users;
    for (int i = 0; i < 11; ++i) users.push_back(world.person("p" + std::to_string(i)).second);
    world.sneak(world.company.geo, kProfiles, users[static_cast<std::size_t>(at)], "city", "else");
    for (const std::size_t page : {1U, 3U, 11U, 100U}) {
      VerifyOptions options;
      options.page_rows = page;
      const VerifyReport report = world.report(options);
      EXPECT_EQ(report.total[Standing::kDifferent], 1) << at << " in pages of " << page;
      EXPECT_EQ(report.total[Standing::kEqual], 10);
    }
  }
}

TEST(Verify, EvidenceIsBoundedAndCountsGoOn) {
  Linked world;
  for (int i = 0; i < 9; ++i) {
    const auto [legacy, user] = world.person("p" + std::to_string(i));
    world.sneak(world.company.identity, kUsers, user, "name", "other");
  }
  VerifyOptions options;
  options.findings_max = 4;
  const VerifyReport report = world.report(options);
  EXPECT_EQ(report.total[Standing::kDifferent], 9);
  EXPECT_EQ(Linked::lines(report).size(), 4U);
  for (const std::string& line : Linked::lines(report)) {
    EXPECT_EQ(line.find("other"), std::string::npos) << "no row values (Q10)";
  }
}

TEST(Verify, AnUnknownEntityIsRefused) {
  Linked world;
  VerifyPorts ports{world.company.clock,
                    [&](EndpointIndex i) { return world.company.open_endpoint(i); },
                    [&] { return world.company.open_state(); },
                    {}};
  VerifyObserver observer;
  VerifyOptions options;
  options.entities = {"nobody"};
  EXPECT_THAT(verify(world.company.plan, ports, options, observer),
              FailsWith(Code::kNotFound, "nobody"));
}

}  // namespace
}  // namespace atlas
