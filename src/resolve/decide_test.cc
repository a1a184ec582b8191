// Named cases of the decision. The whole space of inputs is decide_laws_test.cc; the tables of the
// format page are decide_page_test.cc; what once lost data is decide_schedules_test.cc.

#include "resolve/decide.h"

#include "resolve/scene_testing.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace atlas {
namespace {

using enum FieldAction;

constexpr FieldPolicy kManually{.conflict = ConflictPolicy::kManual};
constexpr FieldPolicy kGrouped{.group = 0};
constexpr FieldPolicy kOneWay{.flow = FieldFlow::kToPlatform};

constexpr FieldHash kNull = 9;

// ---- fields

TEST(Decide, EditsOfDifferentFieldsOnBothSidesBothSurvive) {
  Scene scene;
  scene.field({.legacy = 2, .platform = 1, .base = 1, .legacy_stamp = 5, .platform_stamp = 50});
  scene.field({.legacy = 1, .platform = 3, .base = 1, .legacy_stamp = 5, .platform_stamp = 50});
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.what, Case::kFields);
  EXPECT_EQ(decision.fields[0].action, kToPlatform) << "although the platform's row is newer";
  EXPECT_EQ(decision.fields[1].action, kToLegacy);
  EXPECT_EQ(decision.fields[0].conflict, ConflictReason::kNone);
  EXPECT_EQ(decision.fields[1].conflict, ConflictReason::kNone);
  EXPECT_TRUE(decision.writes_legacy && decision.writes_platform);
}

TEST(Decide, NothingIsWrittenWhereBothSidesStillHoldTheBase) {
  Scene scene;
  scene.field({.legacy = 1, .platform = 1, .base = 1, .legacy_stamp = 7, .platform_stamp = 9});
  const Decision decision = decide(scene);
  EXPECT_FALSE(decision.writes_legacy || decision.writes_platform);
  EXPECT_EQ(decision.fields[0].action, kNothing);
}

TEST(Decide, KeepsPlatformValueWhenStampsTieAndPlatformRanksHigher) {
  Scene scene;
  scene.field({.legacy = 2, .platform = 3, .base = 1, .legacy_stamp = 7, .platform_stamp = 7});
  const FieldAnswer answer = decide(scene).fields[0];
  EXPECT_EQ(answer.action, kToLegacy);
  EXPECT_EQ(answer.conflict, ConflictReason::kTieRank);
  EXPECT_EQ(answer.winner, Side::kPlatform);
}

TEST(Decide, StampsWithinTheCoarserSidesPrecisionTie) {
  Scene scene;
  scene.precision_us = 1'000'000;  // legacy keeps whole seconds
  scene.field({.legacy = 2,
               .platform = 3,
               .base = 1,
               .legacy_stamp = 5'000'000,
               .platform_stamp = 5'900'000});
  scene.tie_winner = Side::kLegacy;
  EXPECT_EQ(decide(scene).fields[0].action, kToPlatform);
  EXPECT_EQ(decide(scene).fields[0].conflict, ConflictReason::kTieRank);
  scene.fields[0].platform_stamp = 6'000'000;
  EXPECT_EQ(decide(scene).fields[0].action, kToLegacy);
  EXPECT_EQ(decide(scene).fields[0].conflict, ConflictReason::kNewest);
}

TEST(Decide, RowWithoutAStampIsOlderThanAnyRowWithOne) {
  Scene scene;
  scene.field({.legacy = 2, .platform = 3, .base = 1, .legacy_stamp = -1'000'000'000});
  EXPECT_EQ(decide(scene).fields[0].action, kToPlatform);
}

TEST(Decide, FieldThatDoesNotApplyIsNeverTouched) {
  Scene scene;
  scene.field({.legacy = 2, .platform = 3, .base = 1}, {.applies = false});
  scene.field({.legacy = 2, .platform = 3, .base = 1},
              {.flow = FieldFlow::kToLegacy, .enforce = true, .applies = false});
  for (const FieldAnswer& answer : decide(scene).fields) EXPECT_TRUE(answer == FieldAnswer{});
  scene.legacy = Presentation::kDead;
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.what, Case::kDeletePlatform) << "and is no edit that could stop a delete";
}

// ---- a person is asked

TEST(Decide, SideThatAPersonAskedForWinsAgainstStampsAndPolicy) {
  for (const auto policy :
       {ConflictPolicy::kNewest, ConflictPolicy::kPlatform, ConflictPolicy::kManual}) {
    Scene scene;
    scene.field({.legacy = 2, .platform = 3, .base = 1, .legacy_stamp = 1, .platform_stamp = 9},
                {.conflict = policy});
    scene.asked = {0};
    const FieldAnswer answer = decide(scene).fields[0];
    EXPECT_EQ(answer.action, kToPlatform);
    EXPECT_EQ(answer.conflict, ConflictReason::kAsked);
    EXPECT_EQ(answer.winner, Side::kLegacy);
  }
}

TEST(Decide, PersonsAnswerIsTheReasonEvenWithoutABase) {
  Scene scene;
  scene.field({.legacy = 2, .platform = 3}, kManually);
  scene.asked = {1};
  const FieldAnswer answer = decide(scene).fields[0];
  EXPECT_EQ(answer.action, kToLegacy);
  EXPECT_EQ(answer.conflict, ConflictReason::kAsked);
  EXPECT_TRUE(answer.base_unknown);
}

TEST(Decide, AnswerToAConflictThatIsOverHasNoEffect) {
  Scene scene;
  scene.field({.legacy = 2, .platform = 1, .base = 1}, kManually);
  scene.asked = {1};
  EXPECT_EQ(decide(scene).fields[0].action, kToPlatform) << "only legacy has an edit now";
  EXPECT_EQ(decide(scene).fields[0].conflict, ConflictReason::kNone);
}

TEST(Decide, PersonAskedForOneFieldDecidesForItsGroup) {
  Scene scene;
  scene.field({.legacy = 2, .platform = 3, .base = 1, .platform_stamp = 9}, kGrouped);
  scene.field({.legacy = 4, .platform = 5, .base = 1, .platform_stamp = 9}, kGrouped);
  scene.asked = {-1, 0};
  for (const FieldAnswer& answer : decide(scene).fields) {
    EXPECT_EQ(answer.action, kToPlatform);
    EXPECT_EQ(answer.conflict, ConflictReason::kAsked);
  }
}

// ---- groups

TEST(DecideGroup, NewestEditOfAnyMemberTakesAllMembersAlong) {
  Scene scene;  // legacy edited the latitude, the platform later the longitude
  scene.field({.legacy = 2, .platform = 1, .base = 1, .legacy_stamp = 10, .platform_stamp = 20},
              kGrouped);
  scene.field({.legacy = 1, .platform = 3, .base = 1, .legacy_stamp = 10, .platform_stamp = 20},
              kGrouped);
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.fields[0].action, kToLegacy);
  EXPECT_EQ(decision.fields[0].conflict, ConflictReason::kNewest) << "legacy's edit is lost";
  EXPECT_EQ(decision.fields[1].action, kToLegacy);
  EXPECT_EQ(decision.fields[1].conflict, ConflictReason::kNone) << "nobody loses here";
}

TEST(DecideGroup, StampOfAMemberThatWasNotEditedDoesNotCount) {
  // The platform's fields lie in two rows; the newer one holds no edit.
  Scene scene;
  scene.field({.legacy = 2, .platform = 3, .base = 1, .legacy_stamp = 10, .platform_stamp = 5},
              kGrouped);
  scene.field({.legacy = 4, .platform = 1, .base = 1, .legacy_stamp = 10, .platform_stamp = 99},
              kGrouped);
  for (const FieldAnswer& answer : decide(scene).fields) EXPECT_EQ(answer.action, kToPlatform);
}

TEST(DecideGroup, HoldsEveryMemberThatDiffers) {
  const FieldPolicy held{.conflict = ConflictPolicy::kManual, .group = 3};
  Scene scene;
  scene.field({.legacy = 2, .platform = 3, .base = 1}, held);
  scene.field({.legacy = 4, .platform = 1, .base = 1}, held);
  scene.field({.legacy = 1, .platform = 1, .base = 1}, held);
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.fields[0].action, kHold);
  EXPECT_EQ(decision.fields[1].action, kHold);
  EXPECT_EQ(decision.fields[2].action, kNothing);
}

TEST(DecideGroup, HeldMemberWithABaseIsNotCountedAsWithoutOne) {
  const FieldPolicy held{.conflict = ConflictPolicy::kManual, .group = 0};
  Scene scene;
  scene.field({.legacy = 2, .platform = 3, .base = kNoBase}, held);
  scene.field({.legacy = 2, .platform = 3, .base = 1}, held);
  EXPECT_TRUE(decide(scene).fields[0].base_unknown);
  EXPECT_FALSE(decide(scene).fields[1].base_unknown);
}

TEST(DecideGroup, OtherGroupsAndOneWayFieldsAreNotTakenAlong) {
  Scene scene;
  scene.field({.legacy = 2, .platform = 3, .base = 1, .legacy_stamp = 9}, {.group = 0});
  scene.field({.legacy = 1, .platform = 3, .base = 1}, {.group = 1});
  scene.field({.legacy = 1, .platform = 3, .base = 1}, {.flow = FieldFlow::kToLegacy, .group = 0});
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.fields[0].action, kToPlatform);
  EXPECT_EQ(decision.fields[1].action, kToLegacy);
  EXPECT_EQ(decision.fields[2].action, kToLegacy);
}

TEST(DecideGroup, NullInAnAdoptionDoesNotYieldAgainstItsGroup) {
  Scene scene;
  scene.link = LinkState::kNone;
  scene.field({.legacy = kNull, .platform = 3, .legacy_null = true, .legacy_stamp = 9}, kGrouped);
  scene.field({.legacy = 2, .platform = 4, .legacy_stamp = 9}, kGrouped);
  const Decision decision = decide(scene);
  for (const FieldAnswer& answer : decision.fields) {
    EXPECT_EQ(answer.action, kToPlatform) << "a mixture would be nobody's value";
    EXPECT_EQ(answer.conflict, ConflictReason::kBaseUnknown);
  }
}

TEST(DecideGroup, ConflictOfOneGroupLeavesAnotherGroupAlone) {
  Scene scene;
  scene.field({.legacy = 2, .platform = 1, .base = 1, .legacy_stamp = 5}, {.group = 0});
  scene.field({.legacy = 2, .platform = 3, .base = 1, .platform_stamp = 9}, {.group = 1});
  EXPECT_EQ(decide(scene).fields[0].action, kToPlatform);
  EXPECT_EQ(decide(scene).fields[1].action, kToLegacy);
}

// ---- no base

TEST(DecideAdoption, NullYieldsToAValueAndEqualValuesAreSetSilently) {
  Scene scene;
  scene.link = LinkState::kNone;
  scene.field({.legacy = kNull, .platform = 3, .legacy_null = true, .legacy_stamp = 99});
  scene.field({.legacy = 2, .platform = kNull, .platform_null = true, .platform_stamp = 99});
  scene.field({.legacy = 5, .platform = 5});
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.what, Case::kAdopt);
  EXPECT_EQ(decision.fields[0].action, kToLegacy) << "although the null is newer";
  EXPECT_EQ(decision.fields[1].action, kToPlatform);
  EXPECT_EQ(decision.fields[2].action, kAgree);
  for (const FieldAnswer& answer : decision.fields) {
    EXPECT_EQ(answer.conflict, ConflictReason::kNone);
    EXPECT_FALSE(answer.base_unknown);
  }
}

// Schedule 18: the mapping's enum gains a value, a canon is added: the base is dropped.
TEST(DecideNoBase, ChangedOperatorIsRebasedWhereEqualAndAConflictWhereNot) {
  Scene scene;
  scene.field({.legacy = 5, .platform = 5});
  scene.field({.legacy = 2, .platform = 3, .legacy_stamp = 9, .platform_stamp = 5});
  scene.field({.legacy = kNull, .platform = 3, .legacy_null = true, .legacy_stamp = 9});
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.fields[0].action, kAgree);
  EXPECT_EQ(decision.fields[0].conflict, ConflictReason::kNone);
  for (const std::size_t i : {1U, 2U}) {
    EXPECT_EQ(decision.fields[i].action, kToPlatform);
    EXPECT_EQ(decision.fields[i].conflict, ConflictReason::kBaseUnknown);
    EXPECT_TRUE(decision.fields[i].base_unknown);
  }
}

TEST(DecideNoBase, HeldAdoptionStaysAConflictOnceItIsLinked) {
  Scene scene;
  scene.link = LinkState::kNone;
  scene.field({.legacy = 2, .platform = 3}, kManually);
  const Decision adopted = decide(scene);
  EXPECT_EQ(adopted.fields[0].action, kHold);
  EXPECT_TRUE(adopted.fields[0].base_unknown);
  const Scene linked = carried_out(scene, adopted);
  EXPECT_EQ(linked.link, LinkState::kAlive);
  EXPECT_EQ(decide(linked).fields[0].action, kHold);
}

// ---- one-way fields (E17)

TEST(DecideOneWay, DriftOfTheTargetIsReportedAndOnlyFixedWithEnforce) {
  Scene scene;
  scene.field({.legacy = 1, .platform = 3, .base = 1, .platform_stamp = 99}, kOneWay);
  const Decision reported = decide(scene);
  EXPECT_EQ(reported.fields[0].action, kDrift);
  EXPECT_FALSE(reported.writes_legacy || reported.writes_platform);
  scene.policies[0].enforce = true;
  const Decision enforced = decide(scene);
  EXPECT_EQ(enforced.fields[0].action, kToPlatform);
}

TEST(DecideOneWay, TargetsEditThatIsWrittenOverIsReportedAsLost) {
  Scene scene;
  scene.field({.legacy = 2, .platform = 3, .base = 1, .platform_stamp = 99}, kOneWay);
  const FieldAnswer answer = decide(scene).fields[0];
  EXPECT_EQ(answer.action, kToPlatform);
  EXPECT_EQ(answer.conflict, ConflictReason::kPolicy);
  EXPECT_EQ(answer.winner, Side::kLegacy);
}

// A one-way field turned the wrong way would overwrite a column of values: they are counted (E15).
TEST(DecideOneWay, TargetsValueIsAConflictWithoutABaseWhereTheFieldIsNew) {
  Scene scene;
  scene.field({.legacy = 2, .platform = 3}, kOneWay);
  const FieldAnswer answer = decide(scene).fields[0];
  EXPECT_EQ(answer.action, kToPlatform);
  EXPECT_EQ(answer.conflict, ConflictReason::kBaseUnknown);
  EXPECT_TRUE(answer.base_unknown);
}

// So it is where the source gives its value after the row was created on the other side, as with a
// key that legacy counts: nothing is lost, and a thousand new rows are no reason to stop.
TEST(DecideOneWay, NullOfTheTargetIsFilledWithoutAWordWhereTheFieldIsNew) {
  for (const LinkState link : {LinkState::kNone, LinkState::kAlive}) {
    Scene scene;
    scene.link = link;
    scene.field({.legacy = 2, .platform = 3, .platform_null = true}, kOneWay);
    const FieldAnswer answer = decide(scene).fields[0];
    EXPECT_EQ(answer.action, kToPlatform);
    EXPECT_EQ(answer.conflict, ConflictReason::kNone);
    EXPECT_FALSE(answer.base_unknown);
  }
}

TEST(DecideOneWay, SourceWithoutARowSendsNothing) {
  Scene scene;
  scene.field({.legacy = kNoBase, .platform = 3, .base = 1},
              {.flow = kOneWay.flow, .enforce = true});
  EXPECT_EQ(decide(scene).fields[0].action, kNothing);
}

// ---- parts

TEST(DecideParts, RowThatWasNeverWrittenReceivesTheOtherSidesValues) {
  Scene scene;  // the second field lies in a platform row that does not exist yet
  scene.field({.legacy = 1, .platform = 1, .base = 1});
  scene.field({.legacy = 5, .platform = kNoBase, .base = kNoBase});
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.fields[0].action, kNothing);
  EXPECT_EQ(decision.fields[1].action, kToPlatform);
}

TEST(DecideParts, OptionalRowThatAUserRemovedIsNotMadeAnewWithoutAnEdit) {
  Scene scene;
  scene.field({.legacy = 5, .platform = kNoBase, .base = 5});
  EXPECT_EQ(decide(scene).fields[0].action, kNothing);
  scene.fields[0].legacy = 6;
  EXPECT_EQ(decide(scene).fields[0].action, kToPlatform);
  EXPECT_EQ(decide(scene).fields[0].conflict, ConflictReason::kNone);
}

// ---- liveness

TEST(DecideDelete, UpdateThatWinsRevivesTheOtherSideAndReportsTheDelete) {
  Scene scene;
  scene.legacy = Presentation::kDead;
  scene.field({.legacy = 1, .platform = 3, .base = 1});
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.what, Case::kReviveLegacy);
  EXPECT_TRUE(decision.delete_lost);
  EXPECT_TRUE(decision.writes_legacy);
  EXPECT_FALSE(decision.writes_platform);
  EXPECT_EQ(decision.fields[0].action, kToLegacy);
}

// A hard delete leaves no row to bring back: the unedited values have to go along.
TEST(DecideDelete, RowThatIsGoneIsRevivedWithEveryValueNotOnlyTheEditedOnes) {
  Scene scene;
  scene.platform = Presentation::kDead;  // proven gone: it shows no values
  scene.field({.legacy = 2, .platform = kNoBase, .base = 1});
  scene.field({.legacy = 1, .platform = kNoBase, .base = 1});
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.what, Case::kRevivePlatform);
  EXPECT_EQ(decision.fields[0].action, kToPlatform);
  EXPECT_EQ(decision.fields[1].action, kToPlatform);
}

TEST(DecideDelete, DeleteThatWinsReportsTheEditsThatGoWithTheRow) {
  Scene scene;
  scene.on_delete = DeletePolicy::kDeleteWins;
  scene.legacy = Presentation::kDead;
  scene.field({.legacy = 1, .platform = 3, .base = 1});
  scene.field({.legacy = 1, .platform = 1, .base = 1});
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.what, Case::kDeletePlatform);
  EXPECT_FALSE(decision.delete_lost);
  EXPECT_TRUE(decision.writes_platform);
  EXPECT_FALSE(decision.writes_legacy);
  EXPECT_EQ(decision.fields[0].action, kNothing);
  EXPECT_EQ(decision.fields[0].conflict, ConflictReason::kPolicy);
  EXPECT_EQ(decision.fields[0].winner, Side::kLegacy);
  EXPECT_EQ(decision.fields[1].conflict, ConflictReason::kNone);
}

TEST(DecideDelete, DriftOfAOneWayFieldDoesNotStopADelete) {
  Scene scene;
  scene.legacy = Presentation::kDead;
  scene.field({.legacy = 1, .platform = 3, .base = 1}, kOneWay);
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.what, Case::kDeletePlatform);
  EXPECT_EQ(decision.fields[0].conflict, ConflictReason::kNone);
}

TEST(DecideDelete, EditOfAOneWaySourceGoesWithItsRowButIsReported) {
  Scene scene;
  scene.legacy = Presentation::kDead;
  scene.field({.legacy = 1, .platform = 3, .base = 1}, {.flow = FieldFlow::kToLegacy});
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.what, Case::kDeletePlatform);
  EXPECT_EQ(decision.fields[0].conflict, ConflictReason::kPolicy);
}

TEST(DecideDelete, LastEditBeforeASoftDeleteFlowsOnlyWhereBothSidesAreSoft) {
  Scene scene;
  scene.legacy = Presentation::kDead;
  scene.field({.legacy = 2, .platform = 1, .base = 1});
  EXPECT_EQ(decide(scene).fields[0].action, kNothing);
  scene.both_soft = true;
  EXPECT_EQ(decide(scene).what, Case::kDeletePlatform);
  EXPECT_EQ(decide(scene).fields[0].action, kToPlatform);
}

// S5: soft on both sides by mapping, yet the legacy row was removed for good.
TEST(DecideDelete, NothingFlowsToARowThatIsGoneEvenWhereBothSidesAreSoft) {
  Scene scene;
  scene.both_soft = true;
  scene.on_delete = DeletePolicy::kDeleteWins;
  scene.legacy = Presentation::kDead;
  scene.field({.legacy = kNoBase, .platform = 3, .base = 1});
  EXPECT_FALSE(decide(scene).writes_legacy);
  scene.platform = Presentation::kDead;
  EXPECT_EQ(decide(scene).what, Case::kBothDead);
  EXPECT_FALSE(decide(scene).writes_legacy);
}

TEST(DecideDelete, ValueWithoutABaseIsNoEditThatCouldStopADelete) {
  Scene scene;
  scene.legacy = Presentation::kDead;
  scene.field({.legacy = 1, .platform = 3});
  EXPECT_EQ(decide(scene).what, Case::kDeletePlatform);
}

TEST(DecideDelete, SuspectedDeleteWritesNothingWhateverWasEdited) {
  Scene scene;
  scene.platform = Presentation::kAbsent;
  scene.field({.legacy = 2, .platform = kNoBase, .base = 1});
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.what, Case::kSuspectedDelete);
  EXPECT_FALSE(decision.writes_legacy || decision.writes_platform);
  EXPECT_TRUE(decision.fields[0] == FieldAnswer{});
}

TEST(DecideRevive, UndeleteWritesTheMarkAndWhatChangedSince) {
  Scene scene;
  scene.link = LinkState::kDead;
  scene.platform = Presentation::kDead;
  scene.field({.legacy = 1, .platform = 1, .base = 1});
  Decision decision = decide(scene);
  EXPECT_EQ(decision.what, Case::kRevivePlatform);
  EXPECT_TRUE(decision.writes_platform) << "although no field differs";
  EXPECT_EQ(decision.fields[0].action, kNothing);
  scene.fields[0].legacy = 2;
  EXPECT_EQ(decide(scene).fields[0].action, kToPlatform);
}

TEST(DecideRevive, RowRevivedOnBothSidesIsCompared) {
  Scene scene;
  scene.link = LinkState::kDead;
  scene.field({.legacy = 2, .platform = 3, .base = 1, .legacy_stamp = 9, .platform_stamp = 5});
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.what, Case::kBothRevived);
  EXPECT_EQ(decision.fields[0].action, kToPlatform);
  EXPECT_EQ(decision.fields[0].conflict, ConflictReason::kNewest);
}

TEST(DecideCreate, NewRowGetsEveryValueThatMayFlowToIt) {
  Scene scene;
  scene.link = LinkState::kNone;
  scene.legacy = Presentation::kAbsent;
  scene.field({.platform = 3});
  scene.field({.platform = 3}, kOneWay);
  scene.field({.platform = 3}, {.flow = FieldFlow::kToLegacy});
  scene.field({.platform = 3}, kManually);
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.what, Case::kCreateLegacy);
  EXPECT_EQ(decision.fields[0].action, kToLegacy);
  EXPECT_EQ(decision.fields[1].action, kNothing) << "flows the other way";
  EXPECT_EQ(decision.fields[2].action, kToLegacy);
  EXPECT_EQ(decision.fields[3].action, kToLegacy) << "there is no other value to hold it against";
}

// ---- names

TEST(DecideNames, AreDifferentAndComplete) {
  std::set<std::string_view> names;
  for (const auto action : {kNothing, kAgree, kToPlatform, kToLegacy, kHold, kDrift}) {
    names.insert(field_action_name(action));
  }
  for (const auto reason :
       {ConflictReason::kNone, ConflictReason::kNewest, ConflictReason::kTieRank,
        ConflictReason::kPolicy, ConflictReason::kManual, ConflictReason::kAsked,
        ConflictReason::kBaseUnknown}) {
    names.insert(conflict_reason_name(reason));
  }
  EXPECT_EQ(names.size(), 13U);
  EXPECT_FALSE(names.contains("?"));
}

}  // namespace
}  // namespace atlas
