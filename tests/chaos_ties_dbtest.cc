// Ten thousand rows with one equal stamp, read in pages of a hundred, by runs that are killed at
// batch boundaries (ENGINE E6). Visible effect: each run ends inside the tie. Recovery: the next
// run goes on; the cursor never rests inside the tie, so no row of it is passed over.

#include "tests/support/books.h"
#include "tests/support/rounds.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>

namespace atlas::e2e {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr long kUsers = 2500;
#else
constexpr long kUsers = 10'000;
#endif
constexpr const char* kStamp = "2026-06-01 12:00:00";
// The points around a page's two transactions: the target's and the state's.
constexpr const char* kBoundaries[] = {"apply.intent_stored", "apply.before_commit",
                                       "apply.after_commit"};

TEST(ChaosTies, TenThousandEqualStampsSurviveKillsAtBatchBoundaries) {
  PostgresWorld world;
  Sql& legacy = world.at(Place::kLegacy);
  (void)legacy.query(fmt::format(
      "insert into users (tenant_id, name, email, phone, legacy_flags, updated_at) select 42, "
      "'Tied ' || n, 'u' || n || '@example.org', n, 0, '{}' from generate_series(1, {}) n",
      kStamp, kUsers));
  world.check();
  Sql& identity = world.at(Place::kIdentity);
  long kills = 0;
  long before = 0;
  // Later runs come further before they are killed, so that most of the tie is crossed by killed
  // runs.
  for (int i = 0; i < 18; ++i) {
    const std::string fault = fmt::format("{}:{}:kill", kBoundaries[i % 3], 2 + i);
    const Finished done = world.run({"sync", "--page-rows", "100"}, {{"ATLAS_FAULT", fault}});
    world.expire_lease();
    if (done.signal != SIGKILL) {
      EXPECT_EQ(done.exit, 0) << done.err;
      break;
    }
    ++kills;
    const long now = identity.number("select count(*) from identity.users");
    EXPECT_GE(now, before) << "no row goes away by a kill at " << fault;
    before = now;
  }
  EXPECT_GE(kills, 5);
  fmt::print("{} kills, {} of {} rows were there after the last\n", kills, before, kUsers);
  (void)world.sync({"--page-rows", "100"});
  const Books books = expect_sides_equal(world);
  EXPECT_EQ(std::ssize(books.lines), kUsers);

  // The same for changes: one statement gives all rows one stamp.
  (void)legacy.query("update users set phone = '+49 ' || id, updated_at = now()");
  for (int i = 0; i < 9; ++i) {
    const std::string fault = fmt::format("{}:{}:kill", kBoundaries[i % 3], 3 + (i * 9));
    const Finished done = world.run({"sync", "--page-rows", "100"}, {{"ATLAS_FAULT", fault}});
    world.expire_lease();
    if (done.signal != SIGKILL) break;
    ++kills;
  }
  (void)world.sync({"--page-rows", "100"});
  (void)expect_sides_equal(world);
  EXPECT_EQ(identity.number("select count(*) from identity.users where contact->>'phone' like "
                            "'+49 %'"),
            kUsers);
  EXPECT_EQ(world.sync()["total"]["rows_written"], 0);
}

}  // namespace
}  // namespace atlas::e2e
