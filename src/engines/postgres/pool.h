#pragma once

// Connections of one endpoint with equal settings. A snapshot and a transaction that are open side
// by side each hold one.

#include "engines/postgres/connection.h"
#include "engines/postgres/session_cache.h"

#include <functional>
#include <memory>

namespace atlas::postgres {

class ConnectionPool;

// A connection taken from a pool; goes back, rolled back, when destroyed. The pool outlives it.
class Borrowed {
 public:
  Borrowed(ConnectionPool& pool, std::unique_ptr<Connection> connection, bool reused)
      : pool_(&pool), connection_(std::move(connection)), reused_(reused) {}
  ~Borrowed();
  Borrowed(Borrowed&& other) noexcept = default;
  Borrowed& operator=(Borrowed&& other) noexcept = default;

  Connection& operator*() const { return *connection_; }
  Connection* operator->() const { return connection_.get(); }
  // It was idle before: the server may have gone meanwhile.
  bool reused() const { return reused_; }

 private:
  ConnectionPool* pool_;
  std::unique_ptr<Connection> connection_;
  bool reused_;
};

class ConnectionPool {
 public:
  //   sessions  where idle ones are, those of other pools too; null for a pool on its own
  ConnectionPool(ConnectionOptions options, std::shared_ptr<SessionCache> sessions)
      : options_(std::move(options)),
        sessions_(sessions ? std::move(sessions) : std::make_shared<SessionCache>()) {}
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ConnectionPool(ConnectionPool&&) = delete;
  ConnectionPool& operator=(ConnectionPool&&) = delete;

  Result<Borrowed> take();
  // Takes a connection on which `start` has succeeded, such as one in an open transaction. `start`
  // is repeated once on a new connection if an idle one turned out to be lost.
  Result<Borrowed> take_started(const std::function<Result<>(Connection&)>& start);
  // Calls `work(connection)`, which must leave nothing behind when it fails; repeats it once on a
  // new connection if an idle one turned out to be lost.
  template <class Work>
  auto with(Work work) -> decltype(work(std::declval<Connection&>()));

 private:
  friend class Borrowed;
  void give_back(std::unique_ptr<Connection> connection);
  // One that stood idle was lost: the others stood as long.
  void forget_idle();

  ConnectionOptions options_;
  std::shared_ptr<SessionCache> sessions_;
};

template <class Work>
auto ConnectionPool::with(Work work) -> decltype(work(std::declval<Connection&>())) {
  auto first = take();
  if (!first) return std::move(first).error();
  auto answer = work(**first);
  if (answer || answer.error().code() != Code::kConnectionLost || !first->reused()) return answer;
  forget_idle();
  auto second = take();
  if (!second) return std::move(second).error();
  return work(**second);
}

}  // namespace atlas::postgres
