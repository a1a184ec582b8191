#include "foundation/rng.h"

#include <gtest/gtest.h>

#include <set>

namespace atlas {
namespace {

TEST(SeededRng, GivesThePublishedSequenceOfSplitmix64) {
  SeededRng rng(1234567);
  EXPECT_EQ(rng.next(), 6457827717110365317ULL);
  EXPECT_EQ(rng.next(), 3203168211198807973ULL);
  EXPECT_EQ(rng.next(), 9817491932198370423ULL);
}

TEST(SeededRng, EqualSeedsGiveEqualSequences) {
  SeededRng a(42);
  SeededRng b(42);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(a.next(), b.next());
}

TEST(SeededRng, DifferentSeedsGiveDifferentSequences) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) firsts.insert(SeededRng(seed).next());
  EXPECT_EQ(firsts.size(), 1000U);
}

TEST(SystemEntropy, DoesNotRepeatItself) { EXPECT_NE(system_entropy(), system_entropy()); }

}  // namespace
}  // namespace atlas
