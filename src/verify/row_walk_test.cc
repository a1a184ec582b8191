#include "verify/row_walk.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace atlas {
namespace {

using testing::ElementsAre;

std::vector<Key> sampled(int rows, std::size_t most, std::size_t n) {
  KeySample sample(most);
  for (int i = 0; i < rows; ++i) sample.offer(fmt::format("{:06}", i));
  return std::move(sample).take(n);
}

TEST(KeySample, IsAllOfAFewKeys) {
  EXPECT_THAT(sampled(3, 10, 10), ElementsAre("000000", "000001", "000002"));
}

TEST(KeySample, IsSpreadEvenlyOverManyKeys) {
  for (const int rows : {2000, 2001, 3999, 4000, 4001, 99'999}) {
    const std::vector<Key> keys = sampled(rows, 2000, 2000);
    ASSERT_EQ(keys.size(), 2000U) << rows;
    // Every twentieth of the keys has its part of the sample, within a factor of two.
    std::vector<int> parts(20);
    for (const Key& key : keys) ++parts[static_cast<std::size_t>(std::stol(key) * 20L / rows)];
    for (const int part : parts) {
      EXPECT_GE(part, 50) << rows;
      EXPECT_LE(part, 200) << rows;
    }
    EXPECT_TRUE(std::ranges::is_sorted(keys));
    EXPECT_EQ(keys.front(), "000000");
  }
}

TEST(Shares, GiveWhatSmallTablesLeaveToTheOthers) {
  EXPECT_THAT(shares({50, 100'000}, 2000), ElementsAre(50, 1950));
  EXPECT_THAT(shares({2000, 2000}, 2000), ElementsAre(1000, 1000));
  EXPECT_THAT(shares({10, 20}, 2000), ElementsAre(10, 20));
  EXPECT_THAT(shares({0, 5000, 5000, 30}, 100), ElementsAre(0, 35, 35, 30));
}

}  // namespace
}  // namespace atlas
