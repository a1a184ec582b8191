// Schedule 3: a run is stopped at any port call (SIGSTOP, a long pause of its machine), its lease
// runs out, a successor does all the work, and then it wakes (E2, S17).

#include "flow/scene_run_testing.h"
#include "sim/virtual/fibers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace atlas::sim {
namespace {

using testing::ElementsAre;

TEST(Sleeper, WakingAtAnyPortCallWritesNothingItsSuccessorDidNotWant) {
  std::set<std::string> slept;
  int refused = 0;
  for (std::size_t at = 1;; ++at) {
    Scene scene;
    Company& c = scene.company;
    const Key ann = c.hire("ann", c.found("red"));
    (void)run(c);
    const Key user = c.platform_of(ann);
    c.set(c.legacy, kPeople, ann, "name", "Ann");
    (void)c.hire("new_here");
    (void)c.sign_up("new_there", c.open_team("blue"));

    Fibers fibers(c.world, 0);
    std::size_t calls = 0;
    std::string where;
    Result<RunReport> of_sleeper = Error(Code::kInternal, "not run");
    Result<RunReport> of_successor = Error(Code::kInternal, "not run");
    RunSettings settings;
    settings.executor = &fibers.executor();
    settings.page_rows = 2;
    const auto sleeper = fibers.spawn([&] { of_sleeper = try_run(c, settings); });
    const auto successor = fibers.spawn([&] {
      // A user's edit after the sleeper's reads: what it would write now is out of date.
      c.set(c.identity, kUsers, user, "status", "inactive");
      c.world.pass(std::chrono::minutes(10));
      of_successor = try_run(c, settings);
      c.set(c.legacy, kPeople, ann, "name", "Anna");
    });
    fibers.sleep(successor);
    fibers.at_port = [&](Fibers::Process process, std::string_view port,
                         Moment moment) -> std::optional<Error> {
      if (process != sleeper || ++calls != at) return std::nullopt;
      where = (moment == Moment::kBefore ? "before " : "after ") + std::string(port);
      fibers.sleep(sleeper);
      fibers.wake(successor);
      return std::nullopt;
    };
    fibers.stuck = [&] {
      // Nobody else can go on: the successor is done, or it waits for the sleeper's open
      // transaction, which the server would end by its idle timeout; that it commits first is the
      // worse case.
      fibers.wake(sleeper);
      fibers.wake(successor);
      return true;
    };
    fibers.run();
    if (where.empty()) break;
    slept.insert(where);
    SCOPED_TRACE("slept at call " + std::to_string(at) + ", " + where);
    ASSERT_TRUE(of_successor) << of_successor.error().line();
    const bool after_lease =
        of_sleeper.has_value() && of_sleeper->outcome != RunOutcome::kLeaseHeld;
    if (after_lease && of_sleeper->error && of_sleeper->error->code() == Code::kFenceStale)
      ++refused;
    // Overlapping starts are no contradiction between state and targets (F12).
    for (const Result<RunReport>* report : {&of_sleeper, &of_successor}) {
      const Error* error = !*report           ? &report->error()
                           : (*report)->error ? &*(*report)->error
                                              : nullptr;
      if (error == nullptr) continue;
      EXPECT_EQ(error->code(), Code::kFenceStale) << error->line();
    }
    c.world.pass(std::chrono::minutes(10));
    (void)run(c);
    (void)run(c);
    EXPECT_THAT(c.legacy_people(),
                ElementsAre("Anna ann@example.org red inactive Bonn null",
                            "new_here new_here@example.org null active Bonn null",
                            "new_there new_there@example.org blue active Bonn null"));
    EXPECT_EQ(c.legacy.rows(kPeople).size(), 3U);
    EXPECT_EQ(c.identity.rows(kUsers).size(), 3U);
    EXPECT_EQ(c.geo.rows(kProfiles).size(), 3U);
    EXPECT_TRUE(c.state.tenants.front().intents.empty());
    expect_converged(c);
    if (HasFailure()) break;
  }
  EXPECT_GT(refused, 10) << "most sleepers must have been refused";
  for (const char* port :
       {"before identity.begin", "before identity.commit", "after state.store_intents",
        "before state.confirm", "before legacy.reserve"}) {
    EXPECT_TRUE(slept.contains(port)) << port;
  }
}

TEST(Sleeper, ALeaseThatIsHeldIsLeftAlone) {
  Scene scene;
  Company& c = scene.company;
  (void)c.hire("ann");
  at_port(c, "legacy.changed", Moment::kBefore, [] { throw Killed(); });
  EXPECT_THROW((void)try_run(c), Killed);
  c.world.hook = nullptr;
  const auto early = try_run(c);
  ASSERT_TRUE(early);
  EXPECT_EQ(early->outcome, RunOutcome::kLeaseHeld);
  EXPECT_EQ(c.bridge_writes(), 0);
  c.world.pass(std::chrono::minutes(10));
  EXPECT_EQ(run(c).outcome, RunOutcome::kDone);
  expect_converged(c);
}

}  // namespace
}  // namespace atlas::sim
