// Schedules of users, runs and edits that lost or invented data in an earlier draft, as far as the
// decision alone settles them.

#include "resolve/decide.h"
#include "resolve/scene_testing.h"

#include <gtest/gtest.h>

namespace atlas {
namespace {

using enum FieldAction;

constexpr FieldPolicy kNewestWins{};
constexpr FieldPolicy kManually{.conflict = ConflictPolicy::kManual};

constexpr FieldHash kNull = 9;

// Minutes past midnight as a stamp.
constexpr std::int64_t at(int hour, int minute) {
  return (std::int64_t{hour} * 60 + minute) * 60'000'000;
}

// Schedule 6: a deferred reference was sent as null, so null is its base and legacy's value a
// pending edit (E12).
TEST(DecideSchedule6, DeferredReferenceIsPatchedInUnlessTheOtherSideChoseAnother) {
  Scene scene;
  scene.field({.legacy = 2, .platform = kNull, .base = kNull, .platform_null = true});
  EXPECT_EQ(decide(scene).fields[0].action, kToPlatform);
  EXPECT_EQ(decide(scene).fields[0].conflict, ConflictReason::kNone);
  scene.fields[0].platform = 3;
  scene.fields[0].platform_null = false;
  scene.fields[0].platform_stamp = at(10, 5);
  EXPECT_EQ(decide(scene).fields[0].action, kToLegacy);
  EXPECT_EQ(decide(scene).fields[0].conflict, ConflictReason::kNewest);
}

// Schedule 10: our write of field A between two users' edits of field C. L edits C 10:00, P edits C
// 10:01, and at 10:02 our write of A leaves its stamp on the legacy row. The kept stamp of the
// user's edit counts (E19); with the row's own, the older edit would win.
TEST(DecideSchedule10, OwnWriteOfAnotherFieldMakesNoEditNewer) {
  const FieldView c{.legacy = 2,
                    .platform = 3,
                    .base = 1,
                    .legacy_stamp = at(10, 0),
                    .platform_stamp = at(10, 1)};
  Scene scene;
  scene.field(c);
  EXPECT_EQ(decide(scene).fields[0].action, kToLegacy);
  EXPECT_EQ(decide(scene).fields[0].winner, Side::kPlatform);
  scene.fields[0].legacy_stamp = at(10, 2);
  EXPECT_EQ(decide(scene).fields[0].action, kToPlatform) << "what the kept stamp is for";
}

// Our write of A and the following edit of C are two runs; the first moves no stamp of a user.
TEST(DecideSchedule10, EditsOfTwoRunsComeOutInUsersOrder) {
  Scene scene;  // A, C
  scene.field({.legacy = 1, .platform = 5, .base = 1, .platform_stamp = at(9, 59)});
  scene.field({.legacy = 1, .platform = 1, .base = 1, .platform_stamp = at(9, 59)});
  Scene next = carried_out(scene, decide(scene));  // 10:02: A is written to legacy
  next.fields[1].legacy = 2;                       // L edits C, seen with the kept stamp
  next.fields[1].legacy_stamp = at(10, 0);
  next.fields[1].platform = 3;
  for (FieldView& view : next.fields) view.platform_stamp = at(10, 1);
  const Decision decision = decide(next);
  EXPECT_EQ(decision.fields[0].action, kNothing) << "our own write is no edit";
  EXPECT_EQ(decision.fields[1].action, kToLegacy);
}

// Schedule 17: P edits C 10:10 and D 10:30, L edits C 10:20. Read once after all of it, P's edits
// are one observed edit stamped 10:30 (E11): P's C wins, and L's loses to it with a report.
TEST(DecideSchedule17, EditsSeenTogetherCarryTheStampOfTheRowThatWasRead) {
  Scene scene;  // C, D
  scene.field({.legacy = 2,
               .platform = 3,
               .base = 1,
               .legacy_stamp = at(10, 20),
               .platform_stamp = at(10, 30)});
  scene.field({.legacy = 1,
               .platform = 4,
               .base = 1,
               .legacy_stamp = at(10, 20),
               .platform_stamp = at(10, 30)});
  const Decision decision = decide(scene);
  EXPECT_EQ(decision.fields[0].action, kToLegacy);
  EXPECT_EQ(decision.fields[0].conflict, ConflictReason::kNewest);
  EXPECT_EQ(decision.fields[0].winner, Side::kPlatform);
  EXPECT_EQ(decision.fields[1].action, kToLegacy);
  EXPECT_EQ(decision.fields[1].conflict, ConflictReason::kNone);
}

// The same edits with a run at 10:15: P's C has become the base, and L's later C is the only edit.
TEST(DecideSchedule17, EditsSeenOneByOneAreNoConflict) {
  Scene scene;
  scene.field({.legacy = 1, .platform = 3, .base = 1, .platform_stamp = at(10, 10)});
  scene.field({.legacy = 1, .platform = 1, .base = 1, .platform_stamp = at(10, 10)});
  Scene next = carried_out(scene, decide(scene));
  next.fields[0].legacy = 2;
  next.fields[1].platform = 4;
  for (FieldView& view : next.fields) {
    view.legacy_stamp = at(10, 20);
    view.platform_stamp = at(10, 30);
  }
  const Decision decision = decide(next);
  EXPECT_EQ(decision.fields[0].action, kToPlatform);
  EXPECT_EQ(decision.fields[0].conflict, ConflictReason::kNone);
  EXPECT_EQ(decision.fields[1].action, kToLegacy);
}

TEST(DecideSchedule17, ReturnToTheBaseIsNoEdit) {
  Scene scene;  // P edited C and took it back
  scene.field({.legacy = 2,
               .platform = 1,
               .base = 1,
               .legacy_stamp = at(10, 20),
               .platform_stamp = at(10, 30)});
  EXPECT_EQ(decide(scene).fields[0].action, kToPlatform);
  EXPECT_EQ(decide(scene).fields[0].conflict, ConflictReason::kNone);
}

// Schedule 15: soft on the platform, hard on legacy; the deleted key is reused.
TEST(DecideSchedule15, ReusedKeyIsANewInstanceAndTheOldPairStaysDead) {
  Scene scene;
  scene.legacy = Presentation::kDead;  // proven gone
  scene.field({.legacy = kNoBase, .platform = 1, .base = 1});
  Decision decision = decide(scene);
  EXPECT_EQ(decision.what, Case::kDeletePlatform);
  // The key's next generation asks without a link, and its platform key is a new one.
  Scene reused;
  reused.link = LinkState::kNone;
  reused.platform = Presentation::kAbsent;
  reused.field({.legacy = 7});
  EXPECT_EQ(decide(reused).what, Case::kCreatePlatform);
  // The old pair: a user edits the buried platform row, and it stays where it is.
  scene.link = LinkState::kDead;
  scene.legacy = Presentation::kAbsent;
  scene.platform = Presentation::kDead;
  scene.fields[0].platform = 3;
  decision = decide(scene);
  EXPECT_EQ(decision.what, Case::kStillDead);
  EXPECT_FALSE(decision.writes_legacy || decision.writes_platform);
}

class DecideSchedule24 : public ::testing::Test {
 protected:
  // A conflict on manual, and a field beside it that flows.
  DecideSchedule24() {
    scene_.field({.legacy = 2, .platform = 3, .base = 1}, kManually);
    scene_.field({.legacy = 5, .platform = 1, .base = 1}, kNewestWins);
    const Decision decision = decide(scene_);
    EXPECT_EQ(decision.fields[0].action, kHold);
    EXPECT_EQ(decision.fields[0].conflict, ConflictReason::kManual);
    EXPECT_EQ(decision.fields[1].action, kToPlatform) << "other fields flow";
    scene_ = carried_out(scene_, decision);
    EXPECT_EQ(scene_.fields[0].base, 1U);
    // Edited again on both sides.
    scene_.fields[0].legacy = 6;
    scene_.fields[0].platform = 7;
    EXPECT_EQ(decide(scene_).fields[0].action, kHold);
  }

  FieldAnswer answer() const { return decide(scene_).fields[0]; }

  Scene scene_;
};

TEST_F(DecideSchedule24, EqualityClosesTheConflictAndSetsTheBase) {
  scene_.fields[0].legacy = 7;
  EXPECT_EQ(answer().action, kAgree);
  EXPECT_EQ(answer().conflict, ConflictReason::kNone);
}

TEST_F(DecideSchedule24, ReturnToTheBaseClosesTheConflictAndTheOtherEditFlows) {
  scene_.fields[0].legacy = 1;
  EXPECT_EQ(answer().action, kToLegacy);
  EXPECT_EQ(answer().conflict, ConflictReason::kNone);
}

TEST_F(DecideSchedule24, PersonsAnswerClosesTheConflictAndNamesTheLoser) {
  scene_.asked = {1, -1};
  EXPECT_EQ(answer().action, kToLegacy);
  EXPECT_EQ(answer().conflict, ConflictReason::kAsked);
  EXPECT_EQ(answer().winner, Side::kPlatform);
  EXPECT_EQ(decide(carried_out(scene_, decide(scene_))).fields[0].action, kNothing);
}

TEST_F(DecideSchedule24, NewestNeverSettlesWhatIsHeld) {
  scene_.fields[0].legacy_stamp = at(23, 0);
  EXPECT_EQ(answer().action, kHold);
}

}  // namespace
}  // namespace atlas
