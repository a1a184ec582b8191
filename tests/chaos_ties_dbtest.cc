// Ten thousand rows with one equal stamp, read in pages of a hundred, by runs each of which is
// killed at a batch boundary, until none is left (ENGINE E6). Visible effect: each run ends
// inside the tie. Recovery: the next run goes on; the cursor never rests inside the tie, so no row
// of it is passed over.

#include "tests/support/books.h"
#include "tests/support/rounds.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <functional>

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

// Runs until one gets through; the others are killed after their first page, or inside of their
// second, so that each of them brings one page over.
long killed_runs(World& world, const std::function<long()>& done) {
  long kills = 0;
  for (long before = done();; ++kills) {
    const std::string fault =
        fmt::format("{}:{}:kill", kBoundaries[kills % 3], kills % 3 == 2 ? 1 : 2);
    const Finished run = world.run({"sync", "--page-rows", "100"}, {{"ATLAS_FAULT", fault}});
    world.expire_lease();
    const long now = done();
    EXPECT_GE(now, before) << "nothing is undone by a kill at " << fault;
    before = now;
    if (run.signal == SIGKILL) continue;
    EXPECT_EQ(run.exit, 0) << run.err;
    return kills;
  }
}

TEST(ChaosTies, TenThousandEqualStampsSurviveAKillAtEveryBatchBoundary) {
  PostgresWorld world;
  Sql& legacy = world.at(Place::kLegacy);
  (void)legacy.query(fmt::format(
      "insert into users (tenant_id, name, email, phone, legacy_flags, updated_at) select 42, "
      "'Tied ' || n, 'u' || n || '@example.org', n, 0, '{}' from generate_series(1, {}) n",
      kStamp, kUsers));
  world.check();
  Sql& identity = world.at(Place::kIdentity);
  const long created =
      killed_runs(world, [&] { return identity.number("select count(*) from identity.users"); });
  EXPECT_EQ(std::ssize(expect_sides_equal(world).lines), kUsers);

  // The same for changes: one statement gives all rows one stamp.
  (void)legacy.query("update users set phone = '+49 ' || id, updated_at = now()");
  const auto changed = [&] {
    return identity.number(
        "select count(*) from identity.users where contact->>'phone' like '+49 %'");
  };
  const long updated = killed_runs(world, changed);
  (void)expect_sides_equal(world);
  EXPECT_EQ(changed(), kUsers);
  EXPECT_EQ(world.sync()["total"]["rows_written"], 0);
  // A run brings over as many pages as there are lanes at most.
  fmt::print("{} kills while rows were created, {} while they were changed\n", created, updated);
  EXPECT_GE(created, kUsers / 100 / 3);
  EXPECT_GE(updated, kUsers / 100 / 3);
}

}  // namespace
}  // namespace atlas::e2e
