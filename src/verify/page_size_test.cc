#include "verify/page_size.h"

#include <gtest/gtest.h>

namespace atlas {
namespace {

TEST(PageSize, BeginsSmallAndGoesByTheBytesOfRows) {
  PageSize size(2000);
  EXPECT_EQ(size.rows(), 16U);
  EXPECT_FALSE(size.known());
  size.learn(16, 16 * 500);
  EXPECT_EQ(size.rows(), 2000U) << "small rows: whole pages";
  size.learn(2000, 2000 * 100'000);
  EXPECT_EQ(size.rows(), 20U);
  size.learn(20, 20UL * 9'000'000);
  EXPECT_EQ(size.rows(), 1U) << "never none";
  size.learn(0, 0);
  EXPECT_EQ(size.rows(), 1U) << "an empty page tells nothing";
}

TEST(PageSize, IsNeverMoreThanAskedFor) {
  PageSize size(3);
  EXPECT_EQ(size.rows(), 3U);
  size.learn(3, 3);
  EXPECT_EQ(size.rows(), 3U);
}

}  // namespace
}  // namespace atlas
