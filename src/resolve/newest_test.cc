// The order of stamps that settles a conflict under `newest`.

#include "resolve/decide.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace atlas {
namespace {

constexpr Side kSides[] = {Side::kLegacy, Side::kPlatform};

const std::int64_t kStamps[] = {
    kMinusInfinity, kMinusInfinity + 1, -1'500'001, -1'000'000,    -1,       0, 1,
    999'999,        1'000'000,          1'000'001,  kInfinity - 1, kInfinity};

TEST(NewestOrder, IsTotalAndSymmetricAtEveryPrecision) {
  for (const std::int64_t precision : {0, 1, 1'000, 1'000'000, 60'000'000}) {
    for (const std::int64_t a : kStamps) {
      for (const std::int64_t b : kStamps) {
        for (const Side ties : kSides) {
          bool tie = false;
          const Side one = newest(a, b, precision, ties, &tie);
          const Side two = newest(b, a, precision, other(ties), nullptr);
          EXPECT_EQ(one, other(two)) << a << " " << b << " " << precision;
          if (a == b) {
            EXPECT_TRUE(tie);
          }
          if (tie) {
            EXPECT_EQ(one, ties);
          }
          if (precision <= 1) {
            EXPECT_EQ(tie, a == b);
          }
          if (!tie) {
            EXPECT_EQ(one == Side::kLegacy, a > b) << a << " " << b << " " << precision;
          }
        }
      }
    }
  }
}

// Ties are an equivalence: without this three rows could each be newer than the next.
TEST(NewestOrder, IsTransitiveThroughTies) {
  for (const std::int64_t precision : {1, 1'000'000}) {
    const auto tied = [&](std::int64_t a, std::int64_t b) {
      bool tie = false;
      newest(a, b, precision, Side::kLegacy, &tie);
      return tie;
    };
    for (const std::int64_t a : kStamps) {
      for (const std::int64_t b : kStamps) {
        for (const std::int64_t c : kStamps) {
          if (tied(a, b) && tied(b, c)) {
            EXPECT_TRUE(tied(a, c)) << a << " " << b << " " << c;
          }
        }
      }
    }
  }
}

// S4: which of several concurrent edits stays does not depend on which two of them meet first.
// Two edits of one side meet in its row, where the later one stands; only those of two sides meet
// in the decision.
struct Version {
  Side side;
  std::int64_t stamp;
  FieldHash value;
  bool operator==(const Version&) const = default;
};

const Version kVersions[] = {{Side::kLegacy, 1'000'000, 1},
                             {Side::kLegacy, 1'500'000, 2},
                             {Side::kPlatform, 1'000'000, 3},
                             {Side::kPlatform, 1'200'000, 1},
                             {Side::kPlatform, 2'000'000, 2}};

Version stays(const Version& a, const Version& b, std::int64_t precision, Side ties) {
  if (a.side == b.side) return a.stamp > b.stamp ? a : b;
  const Version& legacy = a.side == Side::kLegacy ? a : b;
  const Version& platform = a.side == Side::kLegacy ? b : a;
  DecideInput input;
  const FieldView field{.legacy = legacy.value,
                        .platform = platform.value,
                        .base = 9,
                        .legacy_stamp = legacy.stamp,
                        .platform_stamp = platform.stamp};
  const FieldPolicy policy{.conflict = ConflictPolicy::kNewest};
  input.link = LinkState::kAlive;
  input.legacy = Presentation::kAlive;
  input.platform = Presentation::kAlive;
  input.fields = {&field, 1};
  input.policies = {&policy, 1};
  input.stamp_precision_us = precision;
  input.tie_winner = ties;
  const FieldAnswer answer = decide(input).fields.front();
  if (answer.action == FieldAction::kToPlatform) return legacy;
  if (answer.action == FieldAction::kToLegacy) return platform;
  EXPECT_EQ(answer.action, FieldAction::kAgree);
  // One value: the later edit is the one that a third is held against.
  return newest(legacy.stamp, platform.stamp, precision, ties, nullptr) == Side::kLegacy ? legacy
                                                                                         : platform;
}

TEST(NewestOrder, DoesNotDependOnWhoMeetsWhomFirst) {
  for (const std::int64_t precision : {1, 1'000'000}) {
    for (const Side ties : kSides) {
      const auto join = [&](const Version& a, const Version& b) {
        return stays(a, b, precision, ties);
      };
      for (const Version& a : kVersions) {
        EXPECT_EQ(join(a, a), a);
        for (const Version& b : kVersions) {
          EXPECT_EQ(join(a, b), join(b, a));
          for (const Version& c : kVersions) EXPECT_EQ(join(join(a, b), c), join(a, join(b, c)));
        }
      }
    }
  }
}

TEST(NewestOrder, StampsBefore1970AreCutDownwardsLikeLaterOnes) {
  EXPECT_EQ(newest(-1, -1'000'000, 1'000'000, Side::kLegacy, nullptr), Side::kLegacy);
  bool tie = false;
  newest(-1, -1'000'000, 1'000'000, Side::kLegacy, &tie);
  EXPECT_TRUE(tie) << "the last second of 1969 is one second";
  EXPECT_EQ(newest(-1, 1, 1'000'000, Side::kLegacy, &tie), Side::kPlatform);
  EXPECT_FALSE(tie) << "a cut towards zero would make these one";
}

TEST(NewestOrder, InfiniteStampIsNewerThanEveryFiniteOneAtAnyPrecision) {
  for (const std::int64_t precision : {1, 1'000'000}) {
    bool tie = true;
    EXPECT_EQ(newest(kInfinity, kInfinity - 1, precision, Side::kPlatform, &tie), Side::kLegacy);
    EXPECT_FALSE(tie);
  }
}

}  // namespace
}  // namespace atlas
