#pragma once

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

// Runs up to `threads` tasks at once, each on a thread of its own for that call.
class ThreadExecutor final : public Executor {
 public:
  explicit ThreadExecutor(unsigned threads) : threads_(threads) {}
  void run(std::vector<std::function<void()>> tasks) override;

 private:
  unsigned threads_;
};

}  // namespace atlas
