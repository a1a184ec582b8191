#include "foundation/executor.h"

#include <atomic>
#include <thread>

namespace atlas {

void SerialExecutor::run(std::vector<std::function<void()>> tasks) {
  for (auto& task : tasks) task();
}

bool ThreadExecutor::take_one() {
  int left = more_.load();
  while (left > 0 && !more_.compare_exchange_weak(left, left - 1)) {
  }
  return left > 0;
}

void ThreadExecutor::run(std::vector<std::function<void()>> tasks) {
  std::atomic<std::size_t> next{0};
  auto work = [&] {
    for (std::size_t i = next.fetch_add(1); i < tasks.size(); i = next.fetch_add(1)) tasks[i]();
  };
  std::vector<std::jthread> threads;
  while (threads.size() + 1 < tasks.size() && take_one()) {
    threads.emplace_back([&] {
      work();
      ++more_;
    });
  }
  work();
}

}  // namespace atlas
