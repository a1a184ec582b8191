// kill -9 and broken connections at every fault point of a run that creates, updates and deletes
// in both directions. Visible effect: the program ends there. Recovery: the next runs, once the
// dead run's lease is over.

#include "tests/support/books.h"
#include "tests/support/rounds.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <set>
#include <sstream>

namespace atlas::e2e {
namespace {

constexpr app::AtlasSize kSize{
    .users = 24, .staff = 22, .teams = 20, .geofences = 22, .members = 30, .categories = 3};

class Chaos {
 public:
  explicit Chaos(World& world) : world_(world), rounds_(world) {
    (void)world.load(kSize);
    // Rounds delete more than a day allows.
    std::string mapping = world.mapping();
    const std::string cap = "rows: 1000, percent: 5,";
    mapping.replace(mapping.find(cap), cap.size(), "rows: 1000000, percent: 100,");
    world.set_mapping(mapping);
    world.check();
    (void)sync_until_quiet(world);
    (void)expect_sides_equal(world);
  }

  // The points that one run reaches, by name.
  std::map<std::string, long> points() {
    const TemporaryFolder folder;
    const std::string file = folder.path() + "/count";
    rounds_.play();
    const Finished done = world_.run({"sync"}, {{"ATLAS_FAULT_COUNT_FILE", file}});
    EXPECT_EQ(done.exit, 0) << done.err;
    std::map<std::string, long> out;
    std::istringstream in(read_text(file));
    in >> reached_;
    std::string name;
    for (long times = 0; in >> name >> times;) out[name] = times;
    settle();
    return out;
  }
  long reached() const { return reached_; }

  // One round of edits, a run that meets the fault, recovery, the one check.
  void hit(const std::string& fault) {
    const ::testing::ScopedTrace trace(__FILE__, __LINE__, "ATLAS_FAULT=" + fault);
    rounds_.play();
    last_ = world_.run({"sync"}, {{"ATLAS_FAULT", fault}});
    settle();
  }
  const Finished& last() const { return last_; }

 private:
  void settle() {
    world_.expire_lease();
    (void)sync_until_quiet(world_);
    rounds_.expect_kept(expect_sides_equal(world_));
  }

  World& world_;
  Rounds rounds_;
  long reached_ = 0;
  Finished last_;
};

// Kills at points `first`, `first + stride`, ... until a run ends without reaching its point.
long kill_through(Chaos& chaos, long first, long stride, const char* action) {
  long hits = 0;
  for (long n = first;; n += stride) {
    chaos.hit(fmt::format("{}:{}", n, action));
    if (::testing::Test::HasFailure()) return hits;
    const bool met = chaos.last().signal == SIGKILL || chaos.last().exit != 0;
    if (!met && n > chaos.reached()) return hits;
    hits += met ? 1 : 0;
  }
}

#ifdef __SANITIZE_ADDRESS__
constexpr long kStride = 7;  // every seventh point; builds without sanitizers take every one
#else
constexpr long kStride = 1;
#endif

TEST(ChaosKill, SqliteLosesAndDoublesNothingAtAnyPoint) {
  SqliteWorld world;
  Chaos chaos(world);
  (void)chaos.points();
  const long hits = kill_through(chaos, 1, kStride, "kill");
  fmt::print("{} points, {} kills\n", chaos.reached(), hits);
  EXPECT_GE(hits, chaos.reached() / kStride);
}

// On PostgreSQL every point by name: those around intent, apply, confirm and commits early, midway
// and late in the run, the others once, each at another place.
TEST(ChaosKill, PostgresLosesAndDoublesNothingAtAnyNamedPoint) {
  PostgresWorld world;
  Chaos chaos(world);
  const auto points = chaos.points();
  long kills = 0;
  long round = 0;
  for (const auto& [name, times] : points) {
    const bool commits = name.starts_with("apply.") || name.find("commit") != std::string::npos ||
                         name.find("confirm") != std::string::npos;
    const std::set<long> places = commits ? std::set<long>{1, (times + 1) / 2, times}
                                          : std::set<long>{1 + (round * 7 % times)};
    for (const long n : places) {
      if (++round % kStride != 0) continue;
      chaos.hit(fmt::format("{}:{}:kill", name, n));
      if (HasFailure()) return;
      if (chaos.last().signal == SIGKILL) ++kills;
    }
  }
  fmt::print("{} points of {} names, {} kills\n", chaos.reached(), points.size(), kills);
  EXPECT_GE(kills, std::ssize(points) / kStride / 2);
}

}  // namespace
}  // namespace atlas::e2e
