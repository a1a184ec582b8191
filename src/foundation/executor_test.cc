#include "foundation/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <thread>
#include <vector>

namespace atlas {
namespace {

// `count` tasks, each of which counts its own runs.
std::vector<std::function<void()>> counting(std::vector<std::atomic<int>>& runs) {
  std::vector<std::function<void()>> tasks;
  for (std::atomic<int>& run : runs) tasks.emplace_back([&run] { ++run; });
  return tasks;
}

TEST(ThreadExecutor, RunsEveryTaskOnceWhateverTheNumberOfThreads) {
  for (const unsigned threads : {0U, 1U, 2U, 7U, 64U}) {
    for (const std::size_t count : {0U, 1U, 2U, 33U}) {
      std::vector<std::atomic<int>> runs(count);
      ThreadExecutor(threads).run(counting(runs));
      for (const std::atomic<int>& run : runs)
        EXPECT_EQ(run, 1) << threads << " threads, " << count << " tasks";
    }
  }
}

TEST(ThreadExecutor, RunsTasksAtTheSameTime) {
  // Each task waits for the other: with one thread this would never end.
  std::latch both(2);
  ThreadExecutor(2).run({[&] { both.arrive_and_wait(); }, [&] { both.arrive_and_wait(); }});
  EXPECT_TRUE(both.try_wait());
}

// Four tasks that run four tasks each: of all these, three at a time.
TEST(ThreadExecutor, TasksOfTasksShareItsThreads) {
  ThreadExecutor executor(3);
  std::atomic<int> now{0}, most{0}, runs{0};
  const auto inner = [&] {
    int seen = ++now;
    for (int before = most; seen > before && !most.compare_exchange_weak(before, seen);) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    --now;
    ++runs;
  };
  const auto outer = [&] { executor.run({inner, inner, inner, inner}); };
  for (int round = 0; round < 5; ++round) executor.run({outer, outer, outer, outer});
  EXPECT_EQ(runs, 5 * 16);
  EXPECT_EQ(most, 3) << "all three work, in each round";
}

TEST(ThreadExecutor, RunsASingleTaskOnTheCallersThread) {
  std::thread::id seen;
  ThreadExecutor(8).run({[&] { seen = std::this_thread::get_id(); }});
  EXPECT_EQ(seen, std::this_thread::get_id());
}

TEST(SerialExecutor, RunsTasksInOrderOnTheCallersThread) {
  std::vector<int> order;
  SerialExecutor().run(
      {[&] { order.push_back(1); }, [&] { order.push_back(2); }, [&] { order.push_back(3); }});
  EXPECT_THAT(order, ::testing::ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace atlas
