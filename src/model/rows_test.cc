#include "model/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace atlas {
namespace {

Rows make_rows(const std::vector<int>& ids) {
  Rows rows(2);
  for (const int id : ids) {
    const Value key = Value::integer(id);
    const auto cells =
        rows.add(encode_key({&key, 1}, rows.arena()), {.token = static_cast<std::uint64_t>(id)});
    cells[0] = key;
    cells[1] = Value::text(rows.arena().copy("row " + std::to_string(id)));
  }
  rows.index();
  return rows;
}

Key key_of(int id) {
  const Value key = Value::integer(id);
  return encode_key({&key, 1});
}

TEST(Rows, FindsEveryKeyWhateverTheOrderOfArrival) {
  const std::vector<int> ids = {5, -3, 42, 0, 7};
  const Rows rows = make_rows(ids);
  for (std::size_t i = 0; i < ids.size(); ++i)
    EXPECT_EQ(rows.find(key_of(ids[i])), static_cast<std::ptrdiff_t>(i));
  EXPECT_EQ(rows.find(key_of(6)), -1);
  EXPECT_EQ(rows.find(""), -1);
}

TEST(Rows, KeepTheirCellsWhenMoved) {
  Rows rows = make_rows({1, 2, 3});
  const Rows moved = std::move(rows);
  ASSERT_EQ(moved.size(), 3U);
  EXPECT_EQ(moved.row(2)[1].as_text(), "row 3");
  EXPECT_EQ(moved.version(1).token, 2U);
  EXPECT_TRUE(moved.stamp(0).is_null());
}

TEST(Rows, EmptyRowsFindNothing) {
  const Rows rows = make_rows({});
  EXPECT_EQ(rows.size(), 0U);
  EXPECT_EQ(rows.find(key_of(1)), -1);
}

TEST(RowVersion, NoneIsNoStoredRow) {
  EXPECT_TRUE(RowVersion{}.is_none());
  EXPECT_FALSE((RowVersion{.token = 1}).is_none());
  EXPECT_FALSE((RowVersion{.token = 0, .stamp_us = 0}).is_none());
}

}  // namespace
}  // namespace atlas
