#include "foundation/assert.h"

#include <gtest/gtest.h>

namespace atlas {
namespace {

TEST(AssertDeathTest, StopsTheProcessAndSaysWhere) {
  EXPECT_DEATH(ATLAS_ASSERT(1 > 2, "numbers are out of order"),
               "ATB-9001.*numbers are out of order\n.*1 > 2 at .*assert_test\\.cc:[0-9]+");
}

TEST(Assert, LetsATrueConditionPassAndEvaluatesItOnce) {
  int calls = 0;
  ATLAS_ASSERT(++calls == 1, "counts");
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace atlas
