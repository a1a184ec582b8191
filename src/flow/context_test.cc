#include "flow/context.h"

#include <gtest/gtest.h>

#include <set>

namespace atlas {
namespace {

// Held against std::set, over more entries than are kept unsorted.
TEST(HashSet, KnowsWhatIsInIt) {
  HashSet set;
  std::set<std::uint64_t> model;
  std::uint64_t x = 1;
  for (int i = 0; i < 60'000; ++i) {
    x = x * 6364136223846793005U + 1442695040888963407U;
    const std::uint64_t value = x >> 48U;
    if (i % 7 == 0) {
      set.erase(value);
      model.erase(value);
    } else {
      set.insert(value);
      model.insert(value);
    }
  }
  for (std::uint64_t value = 0; value < 65'536; ++value)
    ASSERT_EQ(set.contains(value), model.contains(value)) << value;
}

}  // namespace
}  // namespace atlas
