#include "apply/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

using testing::ElementsAre;

RowWrite write(std::uint32_t endpoint, std::uint32_t part, WriteKind kind, KeyView key,
               const TableShape* shape = nullptr, std::vector<std::uint32_t> columns = {}) {
  RowWrite w;
  w.endpoint = EndpointIndex{endpoint};
  w.shape = shape;
  w.kind = kind;
  w.key = key;
  w.columns = std::move(columns);
  w.cells.resize(w.columns.size());
  w.effect.part = part;
  w.effect.write = kind;
  return w;
}

std::vector<std::pair<std::uint32_t, bool>> order(const std::vector<Step>& steps) {
  std::vector<std::pair<std::uint32_t, bool>> out;
  out.reserve(steps.size());
  for (const Step& s : steps) out.emplace_back(s.endpoint.value, s.removes);
  return out;
}

// E23, E24: root part first on create, last on delete; upserts before removes.
TEST(PlanSteps, UpsertsGoFromLegacyToTheLastPartAndRemovesBack) {
  const std::vector<RowWrite> writes = {
      write(2, 2, WriteKind::kRemove, "a"), write(1, 1, WriteKind::kRemove, "a"),
      write(2, 2, WriteKind::kInsert, "b"), write(1, 1, WriteKind::kInsert, "b"),
      write(0, 0, WriteKind::kUpdate, "c")};
  const auto steps = plan_steps(writes);
  EXPECT_THAT(order(steps),
              ElementsAre(std::pair(0U, false), std::pair(1U, false), std::pair(2U, false),
                          std::pair(2U, true), std::pair(1U, true)));
}

TEST(PlanSteps, AnEndpointHasOneStepForUpsertsWhateverItsParts) {
  const std::vector<RowWrite> writes = {write(1, 2, WriteKind::kInsert, "a"),
                                        write(1, 1, WriteKind::kInsert, "a"),
                                        write(1, 1, WriteKind::kUpdate, "b")};
  const auto steps = plan_steps(writes);
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].writes.size(), 3U);
}

TEST(GroupWrites, GroupsAreSortedByKeyAndShareTableKindAndColumns) {
  const TableShape users;
  const TableShape profiles;
  const std::vector<RowWrite> writes = {write(1, 1, WriteKind::kUpdate, "c", &users, {1}),
                                        write(1, 1, WriteKind::kUpdate, "a", &users, {1}),
                                        write(1, 1, WriteKind::kUpdate, "b", &users, {1, 2}),
                                        write(1, 2, WriteKind::kUpdate, "a", &profiles, {1})};
  const Grouped grouped = group_writes(writes, {0, 1, 2, 3});
  ASSERT_EQ(grouped.groups.size(), 3U);
  EXPECT_THAT(grouped.groups[0].keys, ElementsAre("a", "c"));
  EXPECT_THAT(grouped.order[0], ElementsAre(1U, 0U));
  EXPECT_THAT(grouped.groups[1].keys, ElementsAre("b"));
  EXPECT_EQ(grouped.groups[2].shape, &profiles);
  EXPECT_EQ(grouped.groups[1].cells.size(), 2U);
}

// Rows of two legacy tables that are one on the platform: those that get the same columns are one
// group, whatever else is written there.
TEST(GroupWrites, RowsOfTwoKindsInOneTableAreSortedByKeyToo) {
  const TableShape users;
  const TableShape members;
  const TableShape staff;
  std::vector<RowWrite> writes = {write(1, 1, WriteKind::kUpdate, "c", &users, {1}),
                                  write(1, 1, WriteKind::kUpdate, "a", &users, {1}),
                                  write(1, 1, WriteKind::kUpdate, "b", &users, {1}),
                                  write(0, 0, WriteKind::kUpdate, "y", &members, {1}),
                                  write(0, 0, WriteKind::kUpdate, "x", &staff, {1})};
  writes[2].effect.kind = 1;
  writes[4].effect.kind = 1;
  const Grouped grouped = group_writes(writes, {0, 1, 2, 3, 4});
  ASSERT_EQ(grouped.groups.size(), 3U);
  EXPECT_EQ(grouped.groups[0].shape, &members);
  EXPECT_EQ(grouped.groups[1].shape, &staff);
  EXPECT_THAT(grouped.groups[2].keys, ElementsAre("a", "b", "c"));
}

TEST(GroupWrites, RemovesRunFromTheLastPartToTheRoot) {
  const TableShape root;
  const TableShape last;
  const std::vector<RowWrite> writes = {write(1, 1, WriteKind::kRemove, "a", &root),
                                        write(1, 3, WriteKind::kRemove, "a", &last)};
  const Grouped grouped = group_writes(writes, {0, 1});
  ASSERT_EQ(grouped.groups.size(), 2U);
  EXPECT_EQ(grouped.groups[0].shape, &last);
}

}  // namespace
}  // namespace atlas
