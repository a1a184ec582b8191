#include "mapping/suggest.h"

#include <gtest/gtest.h>

namespace atlas {
namespace {

const std::vector<std::string> kKeys{"key", "when", "table", "endpoint", "presence"};

TEST(Suggest, FindsTheNearestName) {
  EXPECT_EQ(nearest("kye", kKeys), "key");
  EXPECT_EQ(nearest("tabel", kKeys), "table");
  EXPECT_EQ(nearest("endpiont", kKeys), "endpoint");
  EXPECT_EQ(nearest("Key", kKeys), "key");
  EXPECT_EQ(nearest("presense", kKeys), "presence");
}

TEST(Suggest, PrefersAChangeOfCaseToAChangeOfLetters) {
  const std::vector<std::string> names{"names", "Name"};
  EXPECT_EQ(nearest("name", names), "Name");
}

TEST(Suggest, StaysSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest("colour", kKeys), "");
  EXPECT_EQ(nearest("x", kKeys), "");
  EXPECT_EQ(nearest("", kKeys), "");
  EXPECT_EQ(nearest(std::string(10'000, 'k'), kKeys), "");
}

TEST(Suggest, ListsTheChoicesInstead) {
  EXPECT_EQ(suggestion("kye", kKeys), "did you mean `key`?");
  EXPECT_EQ(suggestion("colour", kKeys), "one of: key, when, table, endpoint, presence");
  EXPECT_EQ(suggestion("colour", {}), "");
  EXPECT_EQ(name_list(kKeys, 2), "key, when, …");
}

}  // namespace
}  // namespace atlas
