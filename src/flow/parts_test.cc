// Schedule 14: an instance of several rows in several databases, one of them failed; then it is
// read (E24).

#include "flow/scene_run_testing.h"
#include "mapping/lens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::optional<Error> geo_is_gone(std::string_view port, Moment) {
  if (port.starts_with("geo.begin") || port.starts_with("geo.commit"))
    return Error(Code::kConnectionLost, "the peer is gone");
  return std::nullopt;
}

struct Parts : testing::TestWithParam<TokenStyle> {
  Scene scene{{}, GetParam()};
  Company& company = scene.company;
};
INSTANTIATE_TEST_SUITE_P(Tokens, Parts, testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                         [](const auto& tokens) {
                           return tokens.param == TokenStyle::kWriter ? "Writer" : "Content";
                         });

TEST_P(Parts, APartNeverWrittenIsWrittenLaterAndNotMissing) {
  const Key ann = company.hire("ann");
  company.world.hook = geo_is_gone;
  ASSERT_TRUE(try_run(company));
  company.world.hook = nullptr;
  const Key user = company.platform_of(ann);
  ASSERT_NE(user, Key());
  EXPECT_TRUE(company.identity.has(kUsers, user));
  EXPECT_FALSE(company.geo.has(kProfiles, user));
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre(testing::StartsWith("dirty")));
  EXPECT_EQ(company.on_legacy(ann, "city"), "Bonn") << "what was never written is no edit to null";
  (void)run(company);
  EXPECT_EQ(company.geo.text(kProfiles, user, "city"), "Bonn");
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// Users go on while half of it is there.
TEST_P(Parts, EditsWhileOneHalfIsThereSurvive) {
  const Key ann = company.hire("ann");
  company.world.hook = geo_is_gone;
  ASSERT_TRUE(try_run(company));
  company.set(company.identity, kUsers, company.platform_of(ann), "name", "Ann");
  company.set(company.legacy, kPeople, ann, "city", "Oslo");
  ASSERT_TRUE(try_run(company));
  company.world.hook = nullptr;
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("Ann ann@example.org null active Oslo null"));
  expect_converged(company);
}

// The platform's application makes the two rows in two transactions, and we look in between.
TEST_P(Parts, APartThatComesLaterIsAnEditAndNoConflict) {
  Arena arena;
  Uuid id{};
  id[15] = 9;
  const Value key = Value::uuid(id, arena);
  company.field("city").policy = Policy::kLegacy;
  company.identity.insert(kUsers, {{"id", key},
                                   {"org", Value::integer(1)},
                                   {"kind", Value::text("person")},
                                   {"name", Value::text("bob")},
                                   {"mail", Value::text("bob@example.org")},
                                   {"status", Value::text("active")}});
  (void)run(company);
  (void)run(company);
  EXPECT_FALSE(company.geo.has(kProfiles, encode_key({&key, 1})))
      << "the row is the application's to make";
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("waiting 3010 legacy 1"));
  company.geo.insert(kProfiles,
                     {{"id", key}, {"org", Value::integer(1)}, {"city", Value::text("Rome")}});
  company.world.pass(Micros(1));
  const RunReport report = run(company);
  EXPECT_EQ(report.total.conflicts, 0);
  EXPECT_THAT(company.legacy_people(), ElementsAre("bob bob@example.org null active Rome null"));
  EXPECT_TRUE(company.person_state().conflicts.empty());
  expect_converged(company);
}

TEST_P(Parts, ALegacyEditBeforeThePartCameMakesThePart) {
  Arena arena;
  Uuid id{};
  id[15] = 9;
  const Value key = Value::uuid(id, arena);
  company.identity.insert(kUsers, {{"id", key},
                                   {"org", Value::integer(1)},
                                   {"kind", Value::text("person")},
                                   {"name", Value::text("bob")},
                                   {"status", Value::text("active")}});
  (void)run(company);
  const Key bob = company.legacy_of(encode_key({&key, 1}));
  ASSERT_NE(bob, Key());
  company.set(company.legacy, kPeople, bob, "city", "Oslo");
  (void)run(company);
  EXPECT_EQ(company.geo.text(kProfiles, encode_key({&key, 1}), "city"), "Oslo");
  expect_converged(company);
}

// A part without a sweep is followed from before the first sweep: a run that dies between its
// root's sweep and its own first scan must not skip what users wrote there since.
TEST_P(Parts, AnEditBeforeThePartsFirstScanIsFoundAfterACrash) {
  const Key ann = company.hire("ann");
  at_port(company, "geo.changed", Moment::kBefore, [] { throw Killed(); });
  EXPECT_THROW((void)try_run(company), Killed);
  company.world.hook = nullptr;
  const Key user = company.platform_of(ann);
  ASSERT_TRUE(company.geo.has(kProfiles, user));
  company.set(company.geo, kProfiles, user, "city", "Oslo");
  company.world.pass(std::chrono::minutes(10));
  (void)run(company);
  EXPECT_EQ(company.on_legacy(ann, "city"), "Oslo");
  expect_converged(company);
}

TEST_P(Parts, ADeleteOfHalfAnInstanceGoesThrough) {
  const Key ann = company.hire("ann");
  company.world.hook = geo_is_gone;
  ASSERT_TRUE(try_run(company));
  company.soft_delete(company.legacy, kPeople, ann);
  company.world.hook = nullptr;
  (void)run(company);
  (void)run(company);
  EXPECT_THAT(company.platform_people(), IsEmpty());
  EXPECT_EQ(writes_during(company, [&] { (void)run(company); }), 0);
}

// E24: the root goes last, and comes first.
TEST_P(Parts, AHardDeleteTakesAllPartsAndARevivalMakesThemAgain) {
  company.options.hard_platform = true;
  company.compile();
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.soft_delete(company.legacy, kPeople, ann);
  company.world.hook = geo_is_gone;
  ASSERT_TRUE(try_run(company));
  EXPECT_TRUE(company.identity.has(kUsers, user)) << "not before its parts";
  company.world.hook = nullptr;
  (void)run(company);
  EXPECT_FALSE(company.identity.has(kUsers, user));
  EXPECT_FALSE(company.geo.has(kProfiles, user));
  expect_converged(company);
  company.world.pass(Micros(1));
  company.legacy.update(kPeople, ann, {{"deleted_at", Value()}, {"city", Value::text("Oslo")}});
  (void)run(company);
  EXPECT_EQ(company.platform_of(ann), user) << "undelete revives the same key (E14)";
  EXPECT_THAT(company.platform_people(), ElementsAre("ann ann@example.org null active Oslo null"));
  expect_converged(company);
}

// S6: absence is no proof of a delete; whoever vanished is held and nothing follows it.
TEST_P(Parts, ARowThatVanishedIsHeldAndNotDeletedAnywhere) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.identity.remove(kUsers, user);
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  EXPECT_EQ(writes_during(company,
                          [&] {
                            (void)run(company);
                            (void)run(company);
                          }),
            0);
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("held 3014 legacy 1"));
  EXPECT_EQ(company.on_legacy(ann, "deleted_at"), "null");
}

TEST_P(Parts, AConfirmedPartThatIsGoneIsQuarantined) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.geo.remove(kProfiles, user);
  company.set(company.legacy, kPeople, ann, "city", "Oslo");
  (void)run(company);
  EXPECT_FALSE(company.geo.has(kProfiles, user));
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3010 legacy 1"));
  EXPECT_EQ(company.on_legacy(ann, "city"), "Oslo");
  // It comes back: the row syncs by itself.
  Arena arena;
  company.geo.insert(kProfiles, {{"id", decode_key(user, arena).front()},
                                 {"org", Value::integer(1)},
                                 {"city", Value::text("Bonn")}});
  wait_for_retry(company);
  (void)run(company);
  EXPECT_EQ(company.geo.text(kProfiles, user, "city"), "Oslo");
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// Nobody edited anything: it is named all the same, a dead row is not stopped by it, and `repair`
// writes the part again.
TEST_P(Parts, AConfirmedPartThatIsGoneIsFoundByAComparisonAndRepaired) {
  const Key ann = company.hire("ann");
  const Key bob = company.hire("bob");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.geo.remove(kProfiles, user);
  (void)reconcile(company);
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3010 legacy 1"));
  RunSettings settings;
  settings.sweep.sweep = Sweep::kRepair;
  (void)run(company, settings);
  EXPECT_EQ(company.geo.text(kProfiles, user, "city"), "Bonn");
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
  company.geo.remove(kProfiles, company.platform_of(bob));
  company.soft_delete(company.legacy, kPeople, bob);
  (void)run(company);
  EXPECT_NE(company.on_platform(company.platform_of(bob), "deleted_at"), "null");
}

TEST_P(Parts, AnOptionalPartThatIsGoneMeansNoValue) {
  company.options.optional_profile = true;
  company.compile();
  const Key ann = company.hire("ann");
  const Key bob = company.hire("bob", {}, "Rome");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.geo.remove(kProfiles, user);
  company.set(company.identity, kUsers, user, "name", "Ann");
  (void)run(company);
  (void)run(company);
  EXPECT_EQ(company.on_legacy(ann, "city"), "null");
  EXPECT_EQ(company.on_legacy(bob, "city"), "Rome");
  expect_converged(company);
  company.set(company.legacy, kPeople, ann, "city", "Oslo");
  (void)run(company);
  EXPECT_EQ(company.geo.text(kProfiles, user, "city"), "Oslo");
  expect_converged(company);
}

TEST_P(Parts, AnOptionalPartWithoutAValueIsNotMade) {
  company.options.optional_profile = true;
  company.compile();
  company.legacy.insert(kPeople, {{"name", Value::text("ann")}, {"status", Value::text("A")}});
  (void)run(company);
  EXPECT_THAT(company.geo.rows(kProfiles), IsEmpty());
  expect_converged(company);
}

// E24: a delete removes the optional part, the root has an edit by then and lives on: what we took
// away ourselves is nobody's null.
TEST(HalfDelete, GivesBackThePartThatItRemoved) {
  Scene scene{{.hard_platform = true, .optional_profile = true}};
  Company& company = scene.company;
  company.person().limits.deletes_confirm = Micros(0);
  const Key ann = company.hire("ann", {}, "Bonn");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.world.pass(std::chrono::minutes(1));
  company.soft_delete(company.legacy, kPeople, ann);
  at_port(company, "identity.begin", Moment::kBefore,
          [&] { company.set(company.identity, kUsers, user, "name", "Ann"); });
  for (int i = 0; i < 4; ++i) {
    company.world.pass(std::chrono::hours(2));
    (void)reconcile(company);
  }
  EXPECT_EQ(company.on_legacy(ann, "name"), "Ann");
  EXPECT_EQ(company.on_legacy(ann, "city"), "Bonn");
  EXPECT_EQ(company.on_platform(user, "city"), "Bonn");
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// E27: the row that matches goes between being found and being read, its part a moment later.
TEST(VanishedPair, APartThatIsLeftOfItIsNotTakenForOurs) {
  Scene scene{{.match_mail = true, .hard_platform = true}};
  Company& company = scene.company;
  const Key ann = company.hire("ann");
  const Key other = company.sign_up("ann");
  at_port(company, "state.scan_candidates", Moment::kAfter,
          [&] { company.identity.remove(kUsers, other); });
  (void)run(company);
  company.world.hook = nullptr;
  company.geo.remove(kProfiles, other);
  const Key user = company.platform_of(ann);
  EXPECT_NE(user, other);
  EXPECT_EQ(company.on_platform(user, "city"), "Bonn");
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// E14, E24: what the parts held in their former life is no base for the new one.
TEST(RevivedParts, ARevivalThatDiesBetweenTwoPartsIsFinished) {
  for (const bool optional : {false, true}) {
    Scene scene{{.hard_platform = true, .optional_profile = optional}};
    Company& company = scene.company;
    const Key ann = company.hire("ann", {}, "Bonn");
    (void)run(company);
    const Key user = company.platform_of(ann);
    company.soft_delete(company.legacy, kPeople, ann);
    (void)run(company);
    ASSERT_FALSE(company.geo.has(kProfiles, user));
    company.legacy.update(kPeople, ann, {{"deleted_at", Value()}});
    at_port(company, "geo.begin", Moment::kBefore, [] { throw Killed(); });
    ASSERT_TRUE(killed(company));
    company.world.hook = nullptr;
    company.world.pass(std::chrono::minutes(10));
    (void)run(company);
    EXPECT_EQ(company.on_platform(user, "city"), "Bonn");
    EXPECT_EQ(company.on_legacy(ann, "city"), "Bonn");
    wait_for_retry(company);
    (void)run(company);
    expect_converged(company);
  }
}

// A user wrote to the profile of a person whose root was going: the part stands without its root.
TEST(RevivedParts, AnEditOfALeftOverPartIsOnRecord) {
  Scene scene{{.hard_platform = true, .optional_profile = true}};
  Company& company = scene.company;
  const Key ann = company.hire("ann", {}, "Bonn");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.soft_delete(company.legacy, kPeople, ann);
  (void)run(company);
  ASSERT_FALSE(company.identity.has(kUsers, user));
  Arena arena;
  company.geo.insert(kProfiles, {{"id", decode_key(user, arena).front()},
                                 {"org", Value::integer(1)},
                                 {"city", Value::text("Kiel")}});
  company.world.pass(std::chrono::minutes(1));
  company.legacy.update(kPeople, ann, {{"deleted_at", Value()}});
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "city"), "Bonn");
  ASSERT_EQ(company.person_state().conflicts.size(), 1U);
  const Conflict& lost = company.person_state().conflicts.front();
  EXPECT_EQ(lost.platform_value, "Kiel");
  EXPECT_EQ(lost.winner, "legacy");
  expect_converged(company);
}

// Users removed both rows, an edit of legacy wins, and the run dies after the root.
TEST(RevivedParts, ALostDeleteOfUsersIsUndoneWholeAfterACrash) {
  Scene scene{{.hard_platform = true}};
  Company& company = scene.company;
  company.person().limits.deletes_confirm = Micros(0);
  const Key ann = company.hire("ann", {}, "Bonn");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.identity.remove(kUsers, user);
  company.geo.remove(kProfiles, user);
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  RunSettings settings;
  settings.sweep.sweep = Sweep::kFull;
  at_port(company, "geo.begin", Moment::kBefore, [] { throw Killed(); });
  if (!killed(company, settings)) {
    wait_for_proof(company);
    ASSERT_TRUE(killed(company, settings));
  }
  ASSERT_TRUE(company.identity.has(kUsers, user)) << "the root was made again";
  ASSERT_FALSE(company.geo.has(kProfiles, user));
  company.world.hook = nullptr;
  for (int i = 0; i < 3; ++i) {
    company.world.pass(std::chrono::hours(2));
    (void)reconcile(company);
  }
  EXPECT_EQ(company.on_platform(user, "name"), "Ann");
  EXPECT_EQ(company.on_platform(user, "city"), "Bonn");
  expect_converged(company);
}

// The profile is gone already when a user saves the person, and the whole person comes back.
TEST(RevivedParts, ADeleteThatIsLostHalfWayMakesThePartAgain) {
  Scene scene{{.hard_platform = true}};
  Company& company = scene.company;
  const Key ann = company.hire("ann", {}, "Bonn");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.soft_delete(company.legacy, kPeople, ann);
  at_port(company, "identity.begin", Moment::kBefore, [] { throw Killed(); });
  ASSERT_TRUE(killed(company));
  company.world.hook = nullptr;
  ASSERT_FALSE(company.geo.has(kProfiles, user));
  company.world.pass(std::chrono::minutes(10));
  company.set(company.identity, kUsers, user, "name", "Ann");
  (void)run(company);
  wait_for_retry(company);
  (void)run(company);
  EXPECT_EQ(company.on_legacy(ann, "deleted_at"), "null");
  EXPECT_EQ(company.on_platform(user, "city"), "Bonn");
  expect_converged(company);
}

// An optional part whose only field is NOT NULL there: no value, no row.
struct StrictPart : testing::TestWithParam<TokenStyle> {
  StrictPart() {
    company.options.optional_profile = true;
    Table& profiles = company.geo.table(kProfiles);
    ColumnInfo& column = profiles.columns[profiles.column("city")];
    column.not_null = true;
    company.compile();
    LensSpec spec;
    spec.legacy.push_back({.name = "city", .type = column.type, .not_null = false, .path = {}});
    spec.platform.push_back({.name = "city", .type = column.type, .not_null = true, .path = {}});
    spec.op = CopyOp{};
    company.field("city").lens = std::move(*make_lens(spec));
  }
  Key hire_without_city() {
    return company.legacy.insert(kPeople,
                                 {{"name", Value::text("ann")}, {"status", Value::text("A")}});
  }
  bool has_profile() {
    const RowMap& profiles = company.geo.rows(kProfiles);
    return !profiles.empty();
  }
  Scene scene{{}, GetParam()};
  Company& company = scene.company;
};
INSTANTIATE_TEST_SUITE_P(Tokens, StrictPart,
                         testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                         [](const auto& tokens) {
                           return tokens.param == TokenStyle::kWriter ? "Writer" : "Content";
                         });

TEST_P(StrictPart, ComesAndGoesWithItsValue) {
  const Key ann = hire_without_city();
  (void)run(company);
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  EXPECT_FALSE(has_profile());
  expect_converged(company);
  for (int i = 0; i < 2; ++i) {
    SCOPED_TRACE(i);
    company.set(company.legacy, kPeople, ann, "city", "Oslo");
    (void)run(company);
    EXPECT_EQ(company.geo.text(kProfiles, company.platform_of(ann), "city"), "Oslo");
    expect_converged(company);
    company.world.pass(Micros(1));
    company.legacy.update(kPeople, ann, {{"city", Value()}});
    (void)run(company);
    EXPECT_FALSE(has_profile());
    EXPECT_THAT(company.person_state().pending, IsEmpty());
    expect_converged(company);
    EXPECT_EQ(verified(company).verdict, Verdict::kEqual);
  }
  // The platform's users make it too.
  Arena arena;
  company.world.pass(Micros(1));
  company.geo.insert(kProfiles, {{"id", decode_key(company.platform_of(ann), arena).front()},
                                 {"org", Value::integer(1)},
                                 {"city", Value::text("Rome")}});
  (void)run(company);
  EXPECT_EQ(company.on_legacy(ann, "city"), "Rome");
  expect_converged(company);
}

TEST_P(StrictPart, IsNotTakenFromAUserWhoEditedItMeanwhile) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.world.pass(Micros(1));
  company.legacy.update(kPeople, ann, {{"city", Value()}});
  at_port(company, "geo.apply", Moment::kBefore,
          [&] { company.set(company.geo, kProfiles, user, "city", "Rome"); });
  (void)run(company);
  company.world.hook = nullptr;
  EXPECT_EQ(company.geo.text(kProfiles, user, "city"), "Rome");
  (void)run(company);
  EXPECT_EQ(company.on_legacy(ann, "city"), "Rome") << "the later edit wins";
  expect_converged(company);
}

TEST_P(StrictPart, IsQuarantinedWhileAnotherOfItsFieldsHasAValue) {
  company.options.team_on_profile = true;
  company.compile();
  LensSpec spec;
  const Type text = company.geo.table(kProfiles).columns[2].type;
  spec.legacy.push_back({.name = "city", .type = text, .not_null = false, .path = {}});
  spec.platform.push_back({.name = "city", .type = text, .not_null = true, .path = {}});
  spec.op = CopyOp{};
  company.field("city").lens = std::move(*make_lens(spec));
  const Key red = company.found("red");
  const Key ann = company.hire("ann", red);
  (void)run(company);
  company.world.pass(Micros(1));
  company.legacy.update(kPeople, ann, {{"city", Value()}});
  (void)run(company);
  EXPECT_TRUE(has_profile());
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3001 legacy 1"));
  company.world.pass(Micros(1));
  company.legacy.update(kPeople, ann, {{"team", Value()}});
  (void)run(company);
  EXPECT_FALSE(has_profile());
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// The removal has no stamp. It counts as made when it is first seen: later than an edit that the
// other side made before.
TEST_P(Parts, TheRemovalOfAnOptionalPartIsLaterThanAnOlderEdit) {
  company.options.optional_profile = true;
  company.compile();
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.set(company.legacy, kPeople, ann, "city", "Oslo");
  company.world.pass(std::chrono::minutes(1));
  company.geo.remove(kProfiles, user);
  company.world.pass(std::chrono::minutes(1));
  const RunReport report = run(company);
  EXPECT_EQ(report.total.conflicts, 1);
  EXPECT_EQ(company.on_legacy(ann, "city"), "null");
  EXPECT_FALSE(company.geo.has(kProfiles, user));
  ASSERT_EQ(company.person_state().conflicts.size(), 1U);
  expect_converged(company);
  // An edit that comes after it is one of its own.
  company.set(company.legacy, kPeople, ann, "city", "Rome");
  (void)run(company);
  EXPECT_EQ(company.geo.text(kProfiles, user, "city"), "Rome");
  expect_converged(company);
}

// The city was on legacy only when users removed it there: nobody has it, and the row says so.
TEST(RevivedParts, ARevivedRowSaysWhichPartItWaitsFor) {
  Scene scene{{.hard_legacy = true}};
  Company& company = scene.company;
  company.person().limits.deletes_confirm = Micros(0);
  const Key ann = company.hire("ann", {}, "Bonn");
  at_port(company, "geo.begin", Moment::kBefore, [] { throw Killed(); });
  ASSERT_TRUE(killed(company));
  company.world.hook = nullptr;
  const Key user = company.identity.rows(kUsers).begin()->first;
  company.legacy.remove(kPeople, ann);
  company.set(company.identity, kUsers, user, "status", "inactive");
  for (int i = 0; i < 3; ++i) {
    company.world.pass(std::chrono::minutes(15));
    (void)reconcile(company);
  }
  ASSERT_TRUE(company.legacy.has(kPeople, ann)) << "the edit wins over the delete";
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("waiting 3010 legacy 1"));
  EXPECT_EQ(verified(company).total[Standing::kDifferent], 0);
}

}  // namespace
}  // namespace atlas::sim
