// Quarantine: one row waits, the others flow; it is retried when something changes (E33, S13, E34).

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Quarantine : testing::TestWithParam<TokenStyle> {
  Scene scene{{}, GetParam()};
  Company& company = scene.company;
};
INSTANTIATE_TEST_SUITE_P(Tokens, Quarantine,
                         testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                         [](const auto& tokens) {
                           return tokens.param == TokenStyle::kWriter ? "Writer" : "Content";
                         });

// Schedule 21: ann gives her address up on legacy, but is quarantined for another reason, so the
// platform still holds it; bob wants it.
TEST_P(Quarantine, AUniqueValueHeldByAQuarantinedRowIsWaitedFor) {
  company.options.match_mail = true;
  company.compile();
  const Key ann = company.hire("ann");
  const Key bob = company.hire("bob");
  const Key cid = company.hire("cid");
  (void)run(company);
  company.set(company.legacy, kPeople, ann, "mail", "new@example.org");
  company.set(company.legacy, kPeople, ann, "status", "?");
  company.set(company.legacy, kPeople, bob, "mail", "ann@example.org");
  company.set(company.legacy, kPeople, cid, "name", "Cid");
  (void)run(company);
  EXPECT_THAT(pending_lines(company.person_state()),
              ElementsAre("quarantined 3001 legacy 1", "quarantined 3003 legacy 2"));
  EXPECT_EQ(company.on_platform(company.platform_of(cid), "name"), "Cid");
  const Pending& waits = company.person_state().pending.rbegin()->second;
  EXPECT_EQ(waits.blocker, "people 1") << "whoever holds the value is named";
  // ann is put right: both flow, without anybody touching bob.
  company.set(company.legacy, kPeople, ann, "status", "A");
  (void)run(company);
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  EXPECT_EQ(company.on_platform(company.platform_of(bob), "mail"), "ann@example.org");
  expect_converged(company);
}

// E33: a changed mapping is a reason to try at once, whatever the back-off says; once.
TEST_P(Quarantine, ACuredMappingReleasesItsRowsAtTheNextRun) {
  (void)company.hire("ann");
  const Key bob = company.hire("bob");
  (void)run(company);
  company.set(company.legacy, kPeople, bob, "status", "?");
  for (int i = 0; i < 3; ++i) {
    (void)run(company);
    wait_for_retry(company);
  }
  (void)run(company);
  ASSERT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3001 legacy 2"));
  EXPECT_EQ(run(company).total.decided, 0);
  company.options.status_codes.emplace_back("?", "odd");
  company.compile();
  company.plan.mapping_hash = 7;
  (void)run(company);
  EXPECT_EQ(company.on_platform(company.platform_of(bob), "status"), "odd");
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

TEST_P(Quarantine, TwoRowsThatSwapAUniqueValueSettle) {
  const Key ann = company.hire("ann");
  const Key bob = company.hire("bob");
  (void)run(company);
  company.set(company.legacy, kPeople, ann, "mail", "tmp@example.org");
  company.set(company.legacy, kPeople, bob, "mail", "ann@example.org");
  company.set(company.legacy, kPeople, ann, "mail", "bob@example.org");
  for (int i = 0; i < 3; ++i) {
    (void)run(company);
    wait_for_retry(company);
  }
  // No order of single statements gets there under a constraint that is checked at once: both are
  // named, nothing is lost.
  EXPECT_EQ(company.on_legacy(ann, "mail"), "bob@example.org");
  EXPECT_THAT(pending_lines(company.person_state()),
              ElementsAre("quarantined 3003 legacy 1", "quarantined 3003 legacy 2"));
  EXPECT_EQ(writes_during(company, [&] { (void)run(company); }), 0);
}

// A row above limits.row_bytes is not read: nobody can tell what it says, so nothing of it flows
// and nothing is written over it, whichever side has it.
TEST_P(Quarantine, ARowThatIsTooLargeToBeReadWaitsAlone) {
  for (KindPlan& kind : company.person().kinds) kind.shape.row_bytes_max = 500;
  for (PartPlan& part : company.person().parts) part.shape.row_bytes_max = 500;
  const std::string large(600, 'x');
  const Key ann = company.hire("ann");
  const Key bob = company.hire("bob");
  (void)run(company);
  (void)company.hire("cid");
  const Key dan = company.hire(large);
  company.set(company.legacy, kPeople, ann, "remark", large);
  company.set(company.identity, kUsers, company.platform_of(ann), "name", "Ann");
  company.set(company.geo, kProfiles, company.platform_of(bob), "city", large);
  company.set(company.legacy, kPeople, bob, "name", "Bob");
  const RunReport report = run(company);
  EXPECT_EQ(report.total.created_platform, 1) << "cid";
  EXPECT_THAT(pending_lines(company.person_state()),
              ElementsAre("quarantined 3006 legacy 1", "quarantined 3006 legacy 2",
                          "quarantined 3006 legacy 4"));
  std::vector<std::string> reasons;
  for (const auto& [key, pending] : company.person_state().pending)
    reasons.push_back(pending.reason.substr(0, pending.reason.find(" exceeds")));
  EXPECT_THAT(reasons, ElementsAre("the row of people", "the row of p", "the row of people"));
  EXPECT_EQ(company.on_legacy(ann, "name"), "ann");
  EXPECT_EQ(company.on_platform(company.platform_of(bob), "name"), "bob");
  for (const Key& key : {ann, bob, dan}) company.set(company.legacy, kPeople, key, "remark", "");
  company.set(company.legacy, kPeople, dan, "name", "dan");
  company.set(company.legacy, kPeople, dan, "mail", "dan@example.org");
  company.set(company.geo, kProfiles, company.platform_of(bob), "city", "Oslo");
  (void)run(company);
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  EXPECT_EQ(company.on_legacy(ann, "name"), "Ann");
  EXPECT_EQ(company.on_platform(company.platform_of(bob), "name"), "Bob");
  EXPECT_EQ(company.legacy_people().size(), 4U);
  expect_converged(company);
}

TEST_P(Quarantine, PoisonWaitsAloneAndIsRetriedWhenItChanges) {
  std::vector<Key> people;
  for (int i = 0; i < 40; ++i) people.push_back(company.hire("p" + std::to_string(i)));
  for (const std::size_t poisoned : {3U, 4U, 17U, 39U})
    company.set(company.legacy, kPeople, people[poisoned], "status", "?");
  RunSettings settings;
  settings.page_rows = 7;
  const RunReport report = run(company, settings);
  EXPECT_EQ(report.total[Outcome::kQuarantined], 4);
  EXPECT_EQ(company.platform_people().size(), 36U);
  // Resting rows cost no write to state either.
  const std::int64_t before = company.state.writes;
  settings.sweep.sweep = Sweep::kOff;
  EXPECT_EQ(writes_during(company, [&] { (void)run(company, settings); }), 0);
  EXPECT_LE(company.state.writes - before, 2) << "cursors only";
  settings.sweep = {};
  for (const std::size_t poisoned : {3U, 4U, 17U, 39U})
    company.set(company.legacy, kPeople, people[poisoned], "status", "I");
  (void)run(company, settings);
  EXPECT_EQ(company.platform_people().size(), 40U);
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// S3: an edit on one side outlives the delete of the other, whose row cannot be mapped: what users
// edited there is not written over, and both edits are there once it can.
TEST_P(Quarantine, ARowThatIsBroughtBackKeepsItsOwnEditsWhileItCannotBeMapped) {
  const Key ann = company.hire("ann");
  (void)run(company);
  company.soft_delete(company.legacy, kPeople, ann);
  company.set(company.legacy, kPeople, ann, "city", "Rome");
  company.set(company.legacy, kPeople, ann, "status", "?");
  company.set(company.identity, kUsers, company.platform_of(ann), "name", "Anna");
  (void)run(company);
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3001 legacy 1"));
  EXPECT_EQ(company.on_legacy(ann, "city"), "Rome");
  company.set(company.legacy, kPeople, ann, "status", "A");
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("Anna ann@example.org null active Rome null"));
  expect_converged(company);
}

// E33: it stops an instance's fields, not its liveness.
TEST_P(Quarantine, AQuarantinedRowCanStillBeDeleted) {
  const Key ann = company.hire("ann");
  (void)run(company);
  company.set(company.legacy, kPeople, ann, "status", "?");
  (void)run(company);
  company.soft_delete(company.legacy, kPeople, ann);
  (void)run(company);
  EXPECT_NE(company.on_platform(company.platform_of(ann), "deleted_at"), "null");
}

TEST_P(Quarantine, TheBreakerPausesTheEntityAndNotTheOthers) {
  company.person().limits.open_max = 5;
  for (int i = 0; i < 12; ++i) {
    const Key key = company.hire("p" + std::to_string(i));
    company.set(company.legacy, kPeople, key, "status", "?");
  }
  (void)company.found("red");
  RunSettings settings;
  settings.page_rows = 4;
  const auto report = try_run(company, settings);
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->error);
  EXPECT_EQ(report->error->code(), Code::kCapExceeded);
  EXPECT_EQ(report->outcome, RunOutcome::kPartial);
  EXPECT_THAT(company.platform_teams(), ElementsAre("red"));
  // It ends by itself: most rows are put right, nobody tells the bridge.
  for (std::int64_t id = 1; id <= 10; ++id) {
    const Value component = Value::integer(id);
    company.set(company.legacy, kPeople, encode_key({&component, 1}), "status", "A");
  }
  wait_for_retry(company);
  (void)run(company);
  EXPECT_EQ(company.platform_people().size(), 10U);
  EXPECT_EQ(company.person_state().pending.size(), 2U);
}

// A constraint of the target that the mapping does not know.
TEST_P(Quarantine, ARowThatTheTargetRefusesIsRetriedWhenItsUserCorrectsIt) {
  Table& users = company.identity.table(kUsers);
  users.checks.push_back({"no_digits", [column = users.column("name")](std::span<const Value> row) {
                            return row[column].as_text().find('7') == std::string_view::npos;
                          }});
  company.compile();
  const Key ann = company.hire("ann");
  (void)run(company);
  company.set(company.legacy, kPeople, ann, "name", "ann7");
  company.set(company.legacy, kPeople, ann, "city", "Oslo");
  (void)run(company);
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3002 legacy 1"));
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("Ann ann@example.org null active Oslo null"));
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// E27, schedule 19: two legacy rows match one platform row.
TEST_P(Quarantine, AnAmbiguousMatchIsNotGuessed) {
  company.options.match_mail = true;
  company.legacy.table(kPeople).uniques.clear();
  company.compile();
  const Key first = company.hire("ann");
  const Key second = company.legacy.insert(kPeople, {{"name", Value::text("double")},
                                                     {"mail", Value::text("ann@example.org")},
                                                     {"status", Value::text("A")},
                                                     {"city", Value::text("Bonn")}});
  const Key user = company.sign_up("ann");
  (void)run(company);
  EXPECT_EQ(company.legacy_of(user), Key());
  EXPECT_THAT(pending_lines(company.person_state()),
              ElementsAre("quarantined 3007 legacy 1", "quarantined 3007 legacy 2",
                          testing::StartsWith("quarantined 3007 platform")));
  EXPECT_EQ(company.identity.rows(kUsers).size(), 1U);
  // A person decides by correcting one of them.
  company.set(company.legacy, kPeople, second, "mail", "double@example.org");
  wait_for_retry(company);
  (void)run(company);
  wait_for_retry(company);
  (void)run(company);
  EXPECT_EQ(company.legacy_of(user), first);
  EXPECT_EQ(company.platform_people().size(), 2U);
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

TEST_P(Quarantine, AnAdoptionTakesTheOneMatchEachWay) {
  company.options.match_mail = true;
  company.compile();
  const Key ann = company.hire("ann", {}, "Bonn");
  const Key user = company.sign_up("ann", {}, "Bonn");
  (void)company.hire("only_here");
  (void)company.sign_up("only_there");
  const RunReport report = run(company);
  EXPECT_EQ(report.total.adopted, 1);
  EXPECT_EQ(company.legacy_of(user), ann);
  EXPECT_EQ(company.legacy_people().size(), 3U);
  EXPECT_THAT(company.person_state().candidates, IsEmpty());
  expect_converged(company);
}

// E27: of several that match, the one of the platform row's kind is its pair.
TEST_P(Quarantine, TheKindTellsWhichOfSeveralIsMeant) {
  company.options.match_mail = true;
  company.options.staff = true;
  company.compile();
  const Key clerk = company.legacy.insert(kStaff, {{"name", Value::text("Ann Clerk")},
                                                   {"mail", Value::text("ann@example.org")},
                                                   {"status", Value::text("A")},
                                                   {"city", Value::text("Bonn")}});
  const Key ann = company.hire("ann");
  const Key user = company.sign_up("ann");
  EXPECT_EQ(previewed(company).writes.total, 0);
  (void)run(company);
  EXPECT_EQ(company.legacy_of(user), ann);
  EXPECT_EQ(company.platform_of(ann), user);
  EXPECT_EQ(company.legacy.text(kStaff, clerk, "name"), "Ann Clerk");
  for (int i = 0; i < 2; ++i) {
    wait_for_retry(company);
    (void)run(company);
  }
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3003 legacy 1"))
      << "the platform has one row of an address";
  EXPECT_EQ(company.identity.rows(kUsers).size(), 1U);
}

// E27: a match of another kind is no partner, and nothing is written over.
TEST_P(Quarantine, AMatchOfAnotherKindIsNotAdopted) {
  company.options.match_mail = true;
  company.options.staff = true;
  company.compile();
  const Key clerk = company.legacy.insert(kStaff, {{"name", Value::text("Ann Clerk")},
                                                   {"mail", Value::text("ann@example.org")},
                                                   {"status", Value::text("A")},
                                                   {"city", Value::text("Bonn")}});
  const Key user = company.sign_up("ann");
  (void)run(company);
  EXPECT_EQ(company.legacy_of(user), Key());
  EXPECT_EQ(company.on_platform(user, "name"), "ann");
  EXPECT_EQ(company.legacy.text(kStaff, clerk, "name"), "Ann Clerk");
  EXPECT_THAT(pending_lines(company.person_state()),
              testing::Contains("quarantined 3007 legacy 1"));
}

// E15: a pair that could be made equal in one part only is no pair yet.
TEST_P(Quarantine, AnAdoptionThatFailsHalfWayIsAnAdoptionAgain) {
  company.options.match_mail = true;
  Table& profiles = company.geo.table(kProfiles);
  profiles.checks.push_back(
      {"no_digits", [column = profiles.column("city")](std::span<const Value> row) {
         return row[column].is_null() || row[column].as_text().find('7') == std::string_view::npos;
       }});
  company.compile();
  const Key ann = company.hire("ann", {}, "Oslo7");
  company.set(company.legacy, kPeople, ann, "remark", "vip");
  const Key user = company.sign_up("ann");
  company.geo.update(kProfiles, user, {{"city", Value()}});
  (void)run(company);
  EXPECT_EQ(company.legacy_of(user), Key());
  company.set(company.legacy, kPeople, ann, "city", "Oslo");
  wait_for_retry(company);
  (void)run(company);
  EXPECT_EQ(company.legacy_of(user), ann);
  EXPECT_THAT(company.person_state().conflicts, IsEmpty()) << "null yields to a value";
  EXPECT_THAT(company.platform_people(), ElementsAre("ann ann@example.org null active Oslo vip"));
  expect_converged(company);
}

// E7: a reserved number that a dead pair has had is burnt.
TEST_P(Quarantine, AReservedKeyThatALinkHadIsNotUsedAgain) {
  company.options.hard_legacy = true;
  company.compile();
  (void)company.hire("cid");
  // The application takes number 2 before the sequence does.
  const Key ann = company.legacy.insert(kPeople, {{"id", Value::integer(2)},
                                                  {"name", Value::text("ann")},
                                                  {"mail", Value::text("ann@example.org")},
                                                  {"status", Value::text("A")},
                                                  {"city", Value::text("Bonn")}});
  (void)run(company);
  const Key before = company.platform_of(ann);
  company.legacy.remove(kPeople, ann);
  for (int i = 0; i < 3; ++i) {
    company.world.pass(std::chrono::minutes(20));
    (void)reconcile(company);
  }
  EXPECT_NE(company.on_platform(before, "deleted_at"), "null");
  const Key bob = company.sign_up("bob");
  (void)run(company);
  EXPECT_NE(company.legacy_of(bob), ann);
  EXPECT_EQ(company.legacy_people().size(), 2U);
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

}  // namespace
}  // namespace atlas::sim
