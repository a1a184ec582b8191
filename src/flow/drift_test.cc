// A schema that changed since the check pauses the entities whose tables changed, and no others
// (E8, RELIABILITY S13).

#include "flow/scene_run_testing.h"
#include "mapping/checked_schema.h"
#include "state/passed_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// The company with what its last check saw.
struct Drift : testing::Test {
  explicit Drift(const CompanyOptions& options = {}) : scene(options) { check(); }

  Database& database(std::size_t endpoint) {
    return *std::array{&company.legacy, &company.identity, &company.geo}.at(endpoint);
  }
  Catalogs catalogs() {
    Catalogs out(wanted.tables.size());
    for (std::size_t e = 0; e < out.size(); ++e) {
      for (const TableName& name : wanted.tables[e])
        out[e].push_back(database(e).table(name).info());
    }
    return out;
  }
  // A person's `check`: the plan is for the tables as they are.
  void check() {
    company.compile();
    wanted.endpoints.clear();
    for (const EndpointPlan& endpoint : company.plan.endpoints) {
      EndpointPlan one;
      one.name = endpoint.name;
      one.side = endpoint.side;
      wanted.endpoints.push_back(std::move(one));
    }
    wanted.tables = {{kTeams, kPeople}, {kTeams, kUsers}, {kProfiles}};
    noted = checked_schema(wanted, catalogs());
  }
  // What the program does before a run.
  void look() {
    const auto drift = schema_drift(noted, wanted, catalogs());
    ASSERT_TRUE(drift);
    pause_drifted(company.plan, drift->tables);
  }
  static void widen(Database& in, const TableName& table, std::string_view column) {
    Table& altered = in.table(table);
    altered.columns[altered.column(column)].type.name = "varchar(40)";
  }
  RunReport paused_run(const RunSettings& settings = {}) {
    auto report = try_run(company, settings);
    if (!report) throw std::runtime_error("the run failed: " + report.error().line());
    for (const EntityReport& entity : report->entities)
      EXPECT_TRUE(entity.counts.conserved()) << entity.entity;
    return std::move(*report);
  }

  Scene scene;
  Company& company = scene.company;
  Connections wanted;
  std::string noted;
};

TEST_F(Drift, PausesOnlyItsEntityAndNamesTheDifference) {
  const Key red = company.found("red");
  const Key ann = company.hire("ann", red);
  (void)run(company);
  company.world.pass(Micros(1));
  company.set(company.legacy, kTeams, red, "name", "crimson");
  company.set(company.legacy, kPeople, ann, "name", "anna");
  widen(company.legacy, kPeople, "name");
  look();
  const RunReport report = paused_run();
  EXPECT_EQ(report.outcome, RunOutcome::kPartial);
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code(), Code::kSchemaDrift);
  EXPECT_EQ(report.error->exit(), ExitCode::kPersonNeeded);
  EXPECT_THAT(report.error->why(),
              AllOf(HasSubstr("person"), HasSubstr("people.name: "), HasSubstr("varchar(40)")));
  ASSERT_EQ(report.entities.size(), 2U);
  EXPECT_THAT(report.entities[0].drift, IsEmpty());
  EXPECT_THAT(report.entities[1].drift, ElementsAre(HasSubstr("column people.name: ")));
  EXPECT_THAT(report.json(), HasSubstr("\"paused_by_drift\":{\"person\":[\"column people.name: "));
  EXPECT_THAT(company.platform_teams(), Contains(StartsWith("crimson")));
  EXPECT_THAT(company.platform_people(), Contains(StartsWith("ann ")));
  // Nothing is lost: the next check brings it over.
  check();
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre(StartsWith("anna ")));
  expect_converged(company);
}

TEST_F(Drift, ARunOfOtherEntitiesIsNotTouched) {
  (void)company.hire("ann", company.found("red"));
  (void)run(company);
  widen(company.geo, kProfiles, "city");
  look();
  RunSettings teams;
  teams.entities = {"team"};
  const RunReport report = paused_run(teams);
  EXPECT_EQ(report.outcome, RunOutcome::kDone);
  EXPECT_FALSE(report.error);
}

TEST_F(Drift, LinksOfAPausedParentResolveAndNewParentsAreWaitedFor) {
  const Key red = company.found("red");
  const Key ann = company.hire("ann");
  (void)run(company);
  company.world.pass(Micros(1));
  widen(company.identity, kTeams, "title");
  look();
  const Key blue = company.found("blue");
  Arena arena;
  company.legacy.update(kPeople, ann, {{"team", decode_key(red, arena).front()}});
  (void)company.hire("bob", blue);
  const RunReport report = paused_run();
  EXPECT_THAT(report.entities[0].drift, ElementsAre(HasSubstr("column teams.title")));
  EXPECT_THAT(company.platform_people(), ElementsAre("ann ann@example.org red active Bonn null"));
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre(StartsWith("waiting ")));
  check();
  (void)run(company);
  EXPECT_EQ(company.platform_people().size(), 2U);
  expect_converged(company);
}

struct DriftAndDeletes : Drift {
  DriftAndDeletes() : Drift({.hard_legacy = true, .hard_platform = true}) { remove_for_good(); }
  void remove_for_good() {
    for (LivenessPlan& live : company.team().liveness) live.kind = DeleteKind::kHard;
  }
  void settle() {
    RunSettings everything;
    everything.sweep.sweep = Sweep::kFull;
    for (int i = 0; i < 3; ++i) {
      (void)paused_run(everything);
      wait_for_proof(company);
    }
  }
};

TEST_F(DriftAndDeletes, RowsOfAPausedEntityStay) {
  const Key ann = company.hire("ann");
  (void)run(company);
  company.legacy.remove(kPeople, ann);
  prove(company);
  EXPECT_EQ(company.platform_people().size(), 0U) << "without drift they go";
  const Key bob = company.hire("bob");
  (void)run(company);
  company.legacy.remove(kPeople, bob);
  (void)reconcile(company);
  wait_for_proof(company);
  widen(company.identity, kUsers, "name");
  look();
  settle();
  EXPECT_EQ(company.platform_people().size(), 1U);
  check();
  prove(company);
  EXPECT_EQ(company.platform_people().size(), 0U);
}

// Whether a changed table's rows refer cannot be asked.
TEST_F(DriftAndDeletes, AParentOfAPausedEntityStaysUntilTheCheck) {
  const Key red = company.found("red");
  (void)company.hire("ann");
  (void)run(company);
  company.legacy.remove(kTeams, red);
  widen(company.identity, kUsers, "name");
  look();
  settle();
  EXPECT_EQ(company.platform_teams().size(), 1U);
  ASSERT_EQ(company.team_state().pending.size(), 1U);
  const Pending& held = company.team_state().pending.begin()->second;
  EXPECT_EQ(held.code, static_cast<std::uint16_t>(Code::kHasChildren));
  EXPECT_THAT(held.blocker, HasSubstr("users"));
  check();
  remove_for_good();
  prove(company);
  EXPECT_EQ(company.platform_teams().size(), 0U);
}

TEST_F(Drift, VerifyAndPlanLeaveThePausedEntityOutAndSaySo) {
  (void)company.hire("ann", company.found("red"));
  (void)run(company);
  widen(company.legacy, kPeople, "name");
  look();
  const VerifyReport verdict = verified(company);
  EXPECT_EQ(verdict.verdict, Verdict::kUnknown);
  EXPECT_EQ(verdict.entities[0].verdict, Verdict::kEqual);
  ASSERT_TRUE(verdict.entities[1].error);
  EXPECT_EQ(verdict.entities[1].error->code(), Code::kSchemaDrift);

  company.world.pass(Micros(1));
  company.found("blue");
  (void)company.hire("bob");
  const PlanReport planned = previewed(company);
  ASSERT_EQ(planned.writes.total, 1);
  EXPECT_EQ(planned.writes.rows[0].entity, "team");
  EXPECT_EQ(planned.entities[1].error->code(), Code::kSchemaDrift);
}

TEST_F(Drift, UnderARunPausesItsEntityToo) {
  const Key red = company.found("red");
  const Key ann = company.hire("ann", red);
  (void)run(company);
  company.world.pass(Micros(1));
  company.set(company.legacy, kTeams, red, "name", "crimson");
  company.set(company.legacy, kPeople, ann, "name", "anna");
  widen(company.geo, kProfiles, "city");
  company.set(company.legacy, kPeople, ann, "city", "Ulm");
  const RunReport report = paused_run();
  EXPECT_EQ(report.outcome, RunOutcome::kPartial);
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code(), Code::kSchemaDrift);
  EXPECT_FALSE(report.entities[0].error);
  EXPECT_THAT(company.platform_teams(), Contains(StartsWith("crimson")));
  check();
  (void)run(company);
  expect_converged(company);
}

// Between the look at the catalog and the read somebody takes a column away: the reader is the
// first to miss it.
TEST_F(Drift, ThatAReaderFindsIsCalledDrift) {
  const Key ann = company.hire("ann");
  (void)run(company);
  company.set(company.legacy, kPeople, ann, "name", "anna");
  company.world.hook = [](std::string_view at, Moment when) -> std::optional<Error> {
    if (at != "legacy.read" || when != Moment::kBefore) return std::nullopt;
    return Error(Code::kColumnMissing, "column name of people");
  };
  const auto report = try_run(company);
  company.world.hook = nullptr;
  ASSERT_TRUE(report && report->error);
  EXPECT_EQ(report->error->code(), Code::kSchemaDrift);
  EXPECT_THAT(report->error->line(), HasSubstr("column name of people"));
  (void)run(company);
  expect_converged(company);
}

TEST_F(Drift, TheCheckOfADraftDoesNotStopThisMapping) {
  company.plan.mapping_hash = 1;
  company.plan.schema_hash = 10;
  (void)run(company);
  RunSettings demanding;
  demanding.demand_check = true;
  const auto refusal = [&] {
    const auto refused = try_run(company, demanding);
    return refused ? std::string("none") : refused.error().line();
  };
  EXPECT_THAT(refusal(), HasSubstr("never checked"));
  auto state = company.open_state();
  const auto tenant = (*state)->tenant(company.options.tenant, company.options.uuid, {});
  const auto keep = [&](std::uint64_t mapping) {
    EXPECT_TRUE(keep_check(**state, tenant->id, {mapping, 10}, noted));
  };
  keep(1);
  (void)run(company, demanding);
  keep(2);
  (void)run(company, demanding);
  company.plan.schema_hash = 11;
  EXPECT_THAT(refusal(), AllOf(HasSubstr("ATB-2304"), HasSubstr("a schema changed")));
  company.plan.mapping_hash = 3;
  EXPECT_THAT(refusal(), AllOf(HasSubstr("ATB-2304"), HasSubstr("the mapping changed")));
}

}  // namespace
}  // namespace atlas::sim
