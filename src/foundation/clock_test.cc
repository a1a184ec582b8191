#include "foundation/clock.h"

#include <gtest/gtest.h>

namespace atlas {
namespace {

using std::chrono::milliseconds;

TEST(SystemClock, MonotonicTimePassesAtLeastAsLongAsWeSleep) {
  const Micros before = system_clock().monotonic();
  system_clock().sleep(milliseconds(5));
  EXPECT_GE(system_clock().monotonic() - before, milliseconds(5));
}

TEST(SystemClock, WallTimeIsAfterThisWasWritten) {
  EXPECT_GT(system_clock().now(), std::chrono::sys_days{std::chrono::year{2025} / 1 / 1});
}

}  // namespace
}  // namespace atlas
