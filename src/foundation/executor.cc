#include "foundation/executor.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace atlas {

void SerialExecutor::run(std::vector<std::function<void()>> tasks) {
  for (auto& task : tasks) task();
}

void ThreadExecutor::run(std::vector<std::function<void()>> tasks) {
  std::atomic<std::size_t> next{0};
  auto work = [&] {
    for (std::size_t i = next.fetch_add(1); i < tasks.size(); i = next.fetch_add(1)) tasks[i]();
  };
  const std::size_t extra = std::min<std::size_t>(std::max(threads_, 1U), tasks.size());
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < extra; ++i) threads.emplace_back(work);
  work();
}

}  // namespace atlas
