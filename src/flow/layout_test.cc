// Schedule 18: the mapping changes while data is linked: an enum gains a value, an operator changes
// (E15).

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void gain_value(Company& company) {
  company.options.status_codes = {{"A", "active"}, {"I", "inactive"}, {"P", "pending"}};
  company.compile();
  company.changed("status");
}

struct Layout : testing::Test {
  Scene scene;
  Company& company = scene.company;
};

TEST_F(Layout, EqualValuesGetTheirBaseBackInSilence) {
  std::vector<Key> people;
  for (int i = 0; i < 5; ++i) people.push_back(company.hire("p" + std::to_string(i)));
  (void)run(company);
  gain_value(company);
  EXPECT_EQ(writes_during(company, [&] { (void)run(company); }), 0);
  // The next edits are ordinary ones again, once the row was looked at.
  company.set(company.legacy, kPeople, people[0], "name", "seen");
  (void)run(company);
  company.set(company.legacy, kPeople, people[0], "status", "P");
  const RunReport report = run(company);
  EXPECT_EQ(report.total.base_unknown, 0);
  EXPECT_EQ(company.on_platform(company.platform_of(people[0]), "status"), "pending");
  expect_converged(company);
}

TEST_F(Layout, ARowOutsideTheDomainFlowsOnceTheMappingKnowsItsValue) {
  const Key ann = company.hire("ann");
  (void)run(company);
  company.set(company.legacy, kPeople, ann, "status", "P");
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  (void)run(company);
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3001 legacy 1"));
  EXPECT_EQ(company.on_platform(company.platform_of(ann), "name"), "ann")
      << "the whole instance is set aside";
  gain_value(company);
  (void)run(company);
  wait_for_retry(company);
  (void)run(company);
  EXPECT_EQ(company.on_platform(company.platform_of(ann), "status"), "pending");
  EXPECT_EQ(company.on_platform(company.platform_of(ann), "name"), "Ann");
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// Without a base nobody knows who edited: a conflict by policy, counted apart; the other fields
// keep their bases.
TEST_F(Layout, DifferentValuesWithoutABaseAreAConflictOnRecord) {
  const Key ann = company.hire("ann");
  (void)run(company);
  company.set(company.legacy, kPeople, ann, "status", "I");
  company.set(company.identity, kUsers, company.platform_of(ann), "name", "Ann");
  gain_value(company);
  const RunReport report = run(company);
  EXPECT_EQ(report.total.base_unknown, 1);
  EXPECT_EQ(company.on_legacy(ann, "name"), "Ann") << "name still has its base: no conflict there";
  ASSERT_EQ(company.person_state().conflicts.size(), 1U);
  EXPECT_EQ(company.person_state().conflicts[0].field, "status");
  expect_converged(company);
}

// E15: capped. A mapping that makes everything differ stops the entity before it writes.
TEST_F(Layout, ManyUnknownBasesStopTheEntity) {
  std::vector<Key> people;
  for (int i = 0; i < 8; ++i) people.push_back(company.hire("p" + std::to_string(i)));
  (void)run(company);
  for (const Key& key : people) company.set(company.legacy, kPeople, key, "status", "I");
  gain_value(company);
  company.person().limits.open_max = 5;
  const std::int64_t before = company.bridge_writes();
  const auto report = try_run(company);
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->error);
  EXPECT_EQ(report->error->code(), Code::kCapExceeded);
  EXPECT_EQ(company.bridge_writes(), before);
}

// A crash in the middle of a mapping change: the intent's bases find their fields by name.
TEST_F(Layout, AnIntentOfTheOldMappingIsSettledUnderTheNewOne) {
  const Key ann = company.hire("ann");
  (void)run(company);
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  at_port(company, "identity.commit", Moment::kAfter, [] { throw Killed(); });
  EXPECT_THROW((void)try_run(company), Killed);
  company.world.hook = nullptr;
  company.world.pass(std::chrono::minutes(10));
  gain_value(company);
  std::swap(company.person().fields[0], company.person().fields[4]);  // name and city change places
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("Ann ann@example.org null active Bonn null"));
  EXPECT_TRUE(company.person_state().conflicts.empty());
  expect_converged(company);
}

// An intent of an entity that is not mapped for a while keeps its witness until the entity is back
// (E3).
TEST_F(Layout, AnIntentOutlivesRunsThatDoNotKnowItsEntity) {
  const Key ann = company.hire("ann");
  at_port(company, "geo.commit", Moment::kAfter, [] { throw Killed(); });
  EXPECT_THROW((void)try_run(company), Killed);
  company.world.hook = nullptr;
  company.world.pass(std::chrono::minutes(10));
  company.plan.entities.pop_back();
  (void)run(company);
  (void)run(company);
  company.compile();
  const RunReport report = run(company);
  EXPECT_EQ(report.recovery.applied, 2) << "the user and its profile";
  (void)run(company);
  EXPECT_NE(company.platform_of(ann), Key());
  EXPECT_EQ(company.identity.rows(kUsers).size(), 1U);
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// --- a canon is added ---------------------------------------------------------------------------

void gain_canon(Company& company) {
  company.options.mail_canon = {Canon::kTrim, Canon::kLower};
  company.compile();
  company.changed("mail");
}

// What was an edit under the old mapping is none under the new one: no base, no quarrel, no write.
TEST_F(Layout, SpellingsThatANewCanonCallsEqualAreSettledInSilence) {
  const Key ann = company.hire("Ann");
  const Key bob = company.hire("bob");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.set(company.legacy, kPeople, ann, "mail", "  ANN@example.org");
  company.set(company.identity, kUsers, company.platform_of(bob), "mail", "Bob@Example.org ");
  gain_canon(company);
  RunReport report;
  EXPECT_EQ(writes_during(company, [&] { report = run(company); }), 0);
  EXPECT_EQ(report.total.base_unknown, 0);
  EXPECT_THAT(company.person_state().conflicts, IsEmpty());
  EXPECT_EQ(company.on_legacy(ann, "mail"), "  ANN@example.org") << "each side keeps its spelling";
  EXPECT_EQ(company.on_platform(user, "mail"), "Ann@example.org");
  EXPECT_EQ(verified(company).verdict, Verdict::kEqual);
  // Their base is known again: the next edit is an ordinary one.
  company.set(company.identity, kUsers, user, "mail", "Ann@New.org");
  report = run(company);
  EXPECT_EQ(report.total.base_unknown, 0);
  EXPECT_EQ(report.total.conflicts, 0);
  EXPECT_EQ(company.on_legacy(ann, "mail"), "ann@new.org") << "what is sent is the mid value";
}

TEST_F(Layout, ValuesThatDifferUnderANewCanonTooAreAConflictOnRecord) {
  const Key ann = company.hire("ann");
  (void)run(company);
  company.set(company.legacy, kPeople, ann, "mail", "New@example.org");
  company.set(company.identity, kUsers, company.platform_of(ann), "name", "Ann");
  gain_canon(company);
  const RunReport report = run(company);
  EXPECT_EQ(report.total.base_unknown, 1);
  EXPECT_EQ(company.on_legacy(ann, "name"), "Ann") << "name still has its base";
  ASSERT_EQ(company.person_state().conflicts.size(), 1U);
  EXPECT_EQ(company.person_state().conflicts[0].field, "mail");
  expect_converged(company);
}

}  // namespace
}  // namespace atlas::sim
