#include "capture/source.h"

#include "foundation/assert.h"
#include "foundation/rng.h"
#include "sim/virtual/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace atlas {
namespace {

using sim::Database;
using sim::VirtualEndpoint;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

const TableName kNotes{"", "notes"};

Type of_kind(TypeKind kind) {
  Type type;
  type.kind = kind;
  type.name = type_kind_name(kind);
  type.size = is_stamp(kind) ? 6 : 0;
  return type;
}

// One stamped table and its scans, run after run.
struct Notes {
  explicit Notes(TypeKind stamp = TypeKind::kTimestampTz) {
    sim::Table table;
    table.name = kNotes;
    for (const auto& [name, kind] :
         {std::pair("id", TypeKind::kInt8), std::pair("updated", stamp)}) {
      table.columns.emplace_back();
      table.columns.back().name = name;
      table.columns.back().type = of_kind(kind);
      shape.columns.push_back({name, of_kind(kind)});
    }
    table.key = {0};
    table.stamp = 1;
    database.create(std::move(table));
    shape.table = kNotes;
    shape.key = {0};
    shape.stamp = 1;
    spec.name = "notes";
    spec.shape = &shape;
  }

  void note(std::int64_t id, Instant stamp) {
    database.insert(kNotes, {{"id", Value::integer(id)}, {"updated", stamp_value(stamp)}});
  }
  void touch(std::int64_t id, Instant stamp) {
    const Value key = Value::integer(id);
    database.update(kNotes, encode_key({&key, 1}), {{"updated", stamp_value(stamp)}});
  }
  Value stamp_value(Instant stamp) const {
    const std::int64_t us = stamp.time_since_epoch().count();
    if (shape.columns[1].type.kind == TypeKind::kTimestampTz) return Value::instant(us);
    return Value::timestamp(to_local(shape.stamp_zone, us));
  }

  // One run: pages of `limit`, the cursor kept after each page; ends early after `pages`. Gives the
  // ids in scan order.
  std::vector<std::int64_t> scan(std::size_t limit = 100, std::size_t pages = 1'000'000) {
    VirtualEndpoint endpoint(database);
    SourceScan scan(spec, cursor, *endpoint.horizon());
    std::vector<std::int64_t> out;
    for (std::size_t page = 0; page < pages && !scan.done(); ++page) {
      const auto snapshot = *endpoint.snapshot();
      const KeyPage found = *scan.next(*snapshot, limit);
      Arena arena;
      for (const KeyVersion& row : found.keys)
        out.push_back(decode_key(row.key, arena).front().as_int());
      if (auto moved = scan.moved()) cursor = *moved;
    }
    return out;
  }

  sim::World world;
  Database database{world, "db"};
  TableShape shape;
  SourceSpec spec;
  Cursor cursor{.source = "notes", .key = {}};
};

TEST(SourceScan, SweepsByKeyOnceAndFollowsStampsEverAfter) {
  Notes notes;
  const Instant day = notes.world.now();
  for (std::int64_t id = 1; id <= 5; ++id) notes.note(id, day - hours(id));
  EXPECT_THAT(notes.scan(2), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_TRUE(notes.cursor.swept);
  notes.world.pass(minutes(1));
  EXPECT_THAT(notes.scan(2), IsEmpty());
  notes.touch(2, notes.world.now());
  notes.note(6, notes.world.now());
  notes.world.pass(minutes(1));
  EXPECT_THAT(notes.scan(2), ElementsAre(2, 6));
}

TEST(SourceScan, RowsWithoutAStampAreSweptAndNeverFollowed) {
  Notes notes;
  notes.database.insert(kNotes, {{"id", Value::integer(1)}, {"updated", Value()}});
  EXPECT_THAT(notes.scan(), ElementsAre(1));
  notes.database.insert(kNotes, {{"id", Value::integer(2)}, {"updated", Value()}});
  EXPECT_THAT(notes.scan(), IsEmpty());
}

// A table without a stamp column: reconcile finds what changes in it.
TEST(SourceScan, ATableWithoutAStampIsSweptOnceAndNeverFollowed) {
  Notes notes;
  notes.shape.stamp = std::nullopt;
  for (std::int64_t id = 1; id <= 3; ++id) notes.note(id, notes.world.now());
  EXPECT_THAT(notes.scan(2), ElementsAre(1, 2, 3));
  EXPECT_TRUE(notes.cursor.swept);
  notes.world.pass(minutes(1));
  notes.note(4, notes.world.now());
  const Cursor before = notes.cursor;
  EXPECT_THAT(notes.scan(2), IsEmpty());
  EXPECT_EQ(notes.cursor, before);
}

TEST(SourceScan, ASweepInterruptedGoesOnAndFollowsWhatChangedMeanwhile) {
  Notes notes;
  for (std::int64_t id = 1; id <= 6; ++id) notes.note(id, notes.world.now() - hours(1));
  EXPECT_THAT(notes.scan(2, 1), ElementsAre(1, 2));
  notes.world.pass(minutes(1));
  notes.touch(1, notes.world.now());  // behind the sweep
  notes.touch(5, notes.world.now());  // before it
  notes.world.pass(minutes(1));
  EXPECT_THAT(notes.scan(10), ElementsAre(3, 4, 5, 6, 1, 5));
}

// Airbyte #15427, #80152: a cursor that rests inside equal stamps loses the rest of the tie (S11).
TEST(SourceScan, TenThousandEqualStampsAreReadWholeWhereverTheRunDies) {
  Notes notes;
  (void)notes.scan();  // the sweep of an empty table
  notes.world.pass(minutes(1));
  const Instant tie = notes.world.now();
  for (std::int64_t id = 1; id <= 10'000; ++id) notes.note(id, tie);
  notes.world.pass(minutes(1));
  for (const std::size_t pages : {std::size_t{1}, std::size_t{50}, std::size_t{99}}) {
    const Cursor before = notes.cursor;
    const auto first = notes.scan(100, pages);
    EXPECT_EQ(first.size(), pages * 100);
    // What the dead run did not reach comes in the next one, whatever was confirmed.
    Notes& n = notes;
    const Cursor after_first = n.cursor;
    const auto all = n.scan(100);
    EXPECT_EQ(std::set<std::int64_t>(all.begin(), all.end()).size(), 10'000U)
        << "after " << pages << " pages";
    EXPECT_GE(after_first.stamp, before.stamp);
    n.cursor = before;
  }
  (void)notes.scan(100);
  EXPECT_THAT(notes.scan(100), IsEmpty()) << "a tie is not read for ever";
}

// Schedule 22, E28: a transaction commits minutes after its stamp was taken.
TEST(SourceScan, ALateCommitIsFoundAlthoughLaterStampsWereRead) {
  Notes notes;
  (void)notes.scan();
  notes.world.pass(minutes(1));
  const Instant early = notes.world.now();
  notes.database.open_since.insert(early);
  notes.world.pass(minutes(3));
  notes.note(1, notes.world.now());
  notes.world.pass(minutes(1));
  EXPECT_THAT(notes.scan(), ElementsAre(1)) << "the horizon limits the cursor, not the work";
  notes.note(2, early);  // the late one
  notes.database.open_since.clear();
  EXPECT_THAT(notes.scan(), ElementsAre(2, 1));
  notes.world.pass(minutes(1));
  EXPECT_THAT(notes.scan(), IsEmpty());
}

TEST(SourceScan, AllLateCommitsAreFoundInTheSweepToo) {
  Notes notes;
  const Instant early = notes.world.now();
  notes.database.open_since.insert(early);
  notes.world.pass(minutes(3));
  for (std::int64_t id = 10; id < 20; ++id) notes.note(id, notes.world.now());
  EXPECT_EQ(notes.scan(3).size(), 20U) << "swept, then followed from the horizon";
  notes.note(1, early);
  notes.database.open_since.clear();
  notes.world.pass(minutes(1));
  const auto found = notes.scan();
  EXPECT_TRUE(std::find(found.begin(), found.end(), 1) != found.end());
}

TEST(SourceScan, TheCursorStandsStillWhileATransactionIsPrepared) {
  Notes notes;
  (void)notes.scan();
  notes.world.pass(minutes(1));
  notes.database.prepared = 1;
  const Cursor before = notes.cursor;
  const Instant early = notes.world.now();
  notes.world.pass(minutes(1));
  notes.note(1, notes.world.now());
  notes.world.pass(minutes(1));
  EXPECT_THAT(notes.scan(), ElementsAre(1));
  EXPECT_EQ(notes.cursor, before);
  notes.note(2, early);
  notes.database.prepared = 0;
  EXPECT_THAT(notes.scan(), ElementsAre(2, 1));
}

TEST(SourceScan, AFirstSweepUnderAPreparedTransactionFollowsFromTheBeginning) {
  Notes notes;
  notes.database.prepared = 1;
  notes.note(5, notes.world.now());
  (void)notes.scan();
  notes.note(1, notes.world.now() - hours(5));  // prepared long ago
  notes.database.prepared = 0;
  notes.world.pass(minutes(1));
  const auto found = notes.scan();
  EXPECT_TRUE(std::find(found.begin(), found.end(), 1) != found.end());
}

TEST(SourceScan, StampsOfApplicationsAreReadAgainForTheOverlap) {
  Notes notes;
  notes.spec.application_stamps = true;
  notes.spec.overlap = minutes(10);
  (void)notes.scan();
  notes.world.pass(minutes(30));
  notes.note(1, notes.world.now());
  EXPECT_THAT(notes.scan(), ElementsAre(1));
  notes.note(2, notes.world.now() - minutes(9));  // its clock is slow
  const auto again = notes.scan();
  EXPECT_TRUE(std::find(again.begin(), again.end(), 2) != again.end());
}

TEST(SourceScan, TheMarginIsTakenOffTheHorizon) {
  Notes notes;
  notes.spec.margin = seconds(5);
  (void)notes.scan();
  notes.world.pass(minutes(1));
  notes.note(1, notes.world.now());
  EXPECT_THAT(notes.scan(), ElementsAre(1));
  notes.note(2, notes.world.now() - seconds(4));
  const auto again = notes.scan();
  EXPECT_TRUE(std::find(again.begin(), again.end(), 2) != again.end());
}

// The repeated hour of autumn: naive stamps go back while time goes on.
TEST(SourceScan, NaiveStampsOfTheRepeatedHourAreNotPassed) {
  Notes notes(TypeKind::kTimestamp);
  notes.shape.stamp_zone.zone = *find_zone("Europe/Berlin");
  const Instant change{std::chrono::sys_days{std::chrono::year{2026} / 10 / 25} +
                       hours(1)};  // 03:00 becomes 02:00
  notes.world.set(change - minutes(50));
  (void)notes.scan();
  notes.world.set(change - minutes(10));
  notes.note(1, notes.world.now());  // 02:50 for the first time
  notes.world.pass(minutes(1));
  EXPECT_THAT(notes.scan(), ElementsAre(1));
  notes.world.set(change + minutes(5));
  notes.note(2, notes.world.now());  // 02:05 for the second time
  const auto found = notes.scan();
  EXPECT_TRUE(std::find(found.begin(), found.end(), 2) != found.end());
}

TEST(SourceScan, ASourceWithoutSweepStartsAtTheHorizon) {
  Notes notes;
  notes.spec.sweeps = false;
  notes.note(1, notes.world.now() - hours(1));
  notes.world.pass(seconds(1));
  EXPECT_THAT(notes.scan(), IsEmpty());
  notes.touch(1, notes.world.now());
  EXPECT_THAT(notes.scan(), ElementsAre(1));
}

// S11 over many histories: the cursor never goes back, and no change is ever passed over, wherever
// runs die.
TEST(SourceScan, TheCursorNeverGoesBackAndNothingIsPassedOver) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SeededRng rng(seed);
    Notes notes;
    std::set<std::int64_t> due;  // written since they were last scanned
    std::vector<std::pair<std::int64_t, Instant>> open;
    std::int64_t next = 1;
    for (int step = 0; step < 60; ++step) {
      notes.world.pass(seconds(rng.next() % 3));
      switch (rng.next() % 5) {
        case 0:
          notes.note(next, notes.world.now());
          due.insert(next++);
          break;
        case 1:
          if (next > 1) {
            const auto id =
                static_cast<std::int64_t>(rng.next() % static_cast<std::uint64_t>(next - 1)) + 1;
            const bool unborn = std::any_of(open.begin(), open.end(),
                                            [id](const auto& entry) { return entry.first == id; });
            if (unborn) break;  // its insert is not committed yet
            notes.touch(id, notes.world.now());
            due.insert(id);
          }
          break;
        case 2:  // begins now, commits later
          notes.database.open_since.insert(notes.world.now());
          open.emplace_back(next++, notes.world.now());
          break;
        case 3:
          if (!open.empty()) {
            notes.note(open.back().first, open.back().second);
            due.insert(open.back().first);
            notes.database.open_since.erase(notes.database.open_since.find(open.back().second));
            open.pop_back();
          }
          break;
        default: {
          const Cursor before = notes.cursor;
          for (const std::int64_t id : notes.scan(3, 1 + rng.next() % 4)) due.erase(id);
          ASSERT_GE(notes.cursor.swept, before.swept);
          if (before.swept) {
            ASSERT_GE(notes.cursor.stamp, before.stamp) << "seed " << seed;
          }
          break;
        }
      }
    }
    for (const auto& [id, stamp] : open) {
      notes.note(id, stamp);
      due.insert(id);
    }
    notes.database.open_since.clear();
    for (int last = 0; last < 2; ++last) {
      for (const std::int64_t id : notes.scan(3)) due.erase(id);
    }
    ASSERT_THAT(due, IsEmpty()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace atlas
