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
