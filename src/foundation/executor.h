#pragma once

#include <atomic>
#include <functional>
#include <vector>

namespace atlas {

// Runs tasks side by side and waits for all. Threads in production, fibers in the simulator.
class Executor {
 public:
  virtual ~Executor() = default;
  // Returns when every task has returned. Tasks do not throw.
  virtual void run(std::vector<std::function<void()>> tasks) = 0;
};

// Runs tasks one after another on the calling thread.
class SerialExecutor final : public Executor {
 public:
  void run(std::vector<std::function<void()>> tasks) override;
};

// Runs up to `threads` tasks at once, on threads that last for one call. Whoever calls works too;
// tasks that run tasks themselves draw further threads from the same number, so that it bounds all
// that is under way, and what that holds in memory. Any thread.
class ThreadExecutor final : public Executor {
 public:
  explicit ThreadExecutor(unsigned threads) : more_(static_cast<int>(threads) - 1) {}
  void run(std::vector<std::function<void()>> tasks) override;

 private:
  bool take_one();

  std::atomic<int> more_;  // threads that may still be started
};

}  // namespace atlas
