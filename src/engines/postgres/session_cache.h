#pragma once

// Idle sessions of all endpoints and state stores of a process: a run opens several of each, and a
// new session costs the server a process and its catalog caches. Any thread.

#include "engines/postgres/connection.h"

#include <memory>
#include <mutex>
#include <vector>

namespace atlas::postgres {

class SessionCache {
 public:
  // A session made with equal options that is not known to be lost; null if there is none.
  std::unique_ptr<Connection> take(const ConnectionOptions& options);
  // Rolled back by the caller. More than a handful made with equal options are closed.
  void keep(std::unique_ptr<Connection> connection);
  // Forgets those made with `options`: one of them was found lost.
  void drop(const ConnectionOptions& options);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace atlas::postgres
