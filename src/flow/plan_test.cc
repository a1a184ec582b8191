// plan says what the next run would write: as many writes, of the same tables (E35).

#include "flow/page.h"
#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::ElementsAre;

std::int64_t expect_exact(Company& company) {
  const PlanReport planned = previewed(company);
  const RunReport done = run(company);
  EXPECT_EQ(planned.writes.total, done.total.rows_written);
  EXPECT_EQ(static_cast<std::int64_t>(planned.writes.rows.size()), planned.writes.total);
  for (const EntityReport& said : planned.entities) {
    const auto& was = std::find_if(done.entities.begin(), done.entities.end(),
                                   [&](const EntityReport& e) { return e.entity == said.entity; });
    EXPECT_EQ(said.counts.created_platform, was->counts.created_platform) << said.entity;
    EXPECT_EQ(said.counts.created_legacy, was->counts.created_legacy) << said.entity;
    EXPECT_EQ(said.counts.adopted, was->counts.adopted) << said.entity;
    EXPECT_EQ(said.counts[Outcome::kWaiting], was->pending.by_state.contains(PendingState::kWaiting)
                                                  ? was->pending.by_state.at(PendingState::kWaiting)
                                                  : 0)
        << said.entity;
  }
  return done.total.rows_written;
}

TEST(PlanIsExact, AboutDeferredReferences) {
  CompanyOptions deferred;
  deferred.defer_team = true;
  Scene scene{deferred};
  Company& company = scene.company;
  (void)company.hire("ann", company.found("red"));
  (void)company.sign_up("bob", company.open_team("blue"));
  EXPECT_EQ(expect_exact(company), 5);
  EXPECT_EQ(expect_exact(company), 0);
}

TEST(PlanIsExact, AboutPairsThatMeetForTheFirstTime) {
  CompanyOptions by_mail;
  by_mail.match_mail = true;
  Scene scene{by_mail};
  Company& company = scene.company;
  company.set(company.legacy, kPeople, company.hire("ann"), "city", "Ulm");
  (void)company.sign_up("ann");
  (void)company.sign_up("bob");
  (void)company.hire("cid", company.found("red"));
  EXPECT_GT(expect_exact(company), 3);
}

TEST(PlanIsExact, AboutEditsAndDeletesOfBothSides) {
  Scene scene;
  Company& company = scene.company;
  const Key red = company.found("red");
  std::vector<Key> people;
  people.reserve(6);
  for (int i = 0; i < 6; ++i) people.push_back(company.hire("p" + std::to_string(i), red));
  (void)run(company);
  company.set(company.legacy, kPeople, people[0], "name", "Left");
  company.set(company.identity, kUsers, company.platform_of(people[0]), "status", "inactive");
  company.set(company.geo, kProfiles, company.platform_of(people[1]), "city", "Rome");
  company.soft_delete(company.legacy, kPeople, people[2]);
  company.set(company.legacy, kTeams, red, "name", "crimson");
  EXPECT_EQ(expect_exact(company), 5);
}

// The value that a row wants is another's: only the database knows, so it is planned when its time
// has come, and not before.
TEST(PlanIsExact, AboutRowsThatAreRefused) {
  CompanyOptions two_kinds;
  two_kinds.staff = true;
  two_kinds.match_mail = true;
  Scene scene{two_kinds};
  Company& company = scene.company;
  (void)company.hire("ann");
  (void)run(company);
  const Key twin = company.legacy.insert(kStaff, {{"name", Value::text("ann")},
                                                  {"mail", Value::text("ann@example.org")},
                                                  {"status", Value::text("A")}});
  (void)run(company);
  const auto refused = [&] { return pending_lines(company.person_state()); };
  ASSERT_THAT(refused(), ElementsAre("quarantined 3003 legacy 1"));
  EXPECT_EQ(expect_exact(company), 0) << "it rests";
  for (int attempts = 0; attempts < 3; ++attempts) {
    const Pending& before = company.person_state().pending.begin()->second;
    EXPECT_EQ(before.attempts, attempts);
    const Instant since = before.since;
    company.world.pass(back_off(attempts) + std::chrono::seconds(1));
    const PlanReport planned = previewed(company);
    EXPECT_GT(planned.writes.total, 0) << "it is tried again";
    EXPECT_EQ(planned.writes.again, planned.writes.total) << "and said to be";
    EXPECT_EQ(run(company).total.rows_written, 0);
    EXPECT_EQ(company.person_state().pending.begin()->second.since, since);
  }
  company.set(company.legacy, kStaff, twin, "mail", "twin@example.org");
  EXPECT_EQ(previewed(company).writes.again, 0) << "this is another row to the database";
  EXPECT_GT(expect_exact(company), 0);
}

}  // namespace
}  // namespace atlas::sim
