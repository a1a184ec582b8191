#include "engines/postgres/session_cache.h"

#include <algorithm>

namespace atlas::postgres {
namespace {

constexpr std::ptrdiff_t kIdleMax = 4;

}  // namespace

std::unique_ptr<Connection> SessionCache::take(const ConnectionOptions& options) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(
      idle_, [&](const auto& idle) { return idle->options().same_session(options); });
  if (found == idle_.end()) return nullptr;
  std::unique_ptr<Connection> out = std::move(*found);
  idle_.erase(found);
  return out;
}

void SessionCache::keep(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  const auto alike = std::ranges::count_if(
      idle_, [&](const auto& idle) { return idle->options().same_session(connection->options()); });
  if (alike < kIdleMax) idle_.push_back(std::move(connection));
}

void SessionCache::drop(const ConnectionOptions& options) {
  const std::lock_guard lock(mutex_);
  std::erase_if(idle_, [&](const auto& idle) { return idle->options().same_session(options); });
}

}  // namespace atlas::postgres
