#include "foundation/ids.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace atlas {
namespace {

static_assert(!std::is_convertible_v<Epoch, BatchNumber>);
static_assert(!std::is_constructible_v<TenantId, RunId>);

TEST(Ids, OrderByTheirNumber) {
  EXPECT_LT(Epoch{1}, Epoch{2});
  EXPECT_EQ(Epoch{3}, Epoch{3});
}

TEST(Side, OtherIsItsOwnReverse) {
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    EXPECT_NE(other(side), side);
    EXPECT_EQ(other(other(side)), side);
  }
  EXPECT_EQ(side_name(Side::kLegacy), "legacy");
  EXPECT_EQ(side_name(Side::kPlatform), "platform");
}

}  // namespace
}  // namespace atlas
