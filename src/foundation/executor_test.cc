#include "foundation/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
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
