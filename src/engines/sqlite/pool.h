#pragma once

// Connections of one endpoint to its file: each open snapshot or transaction has one of its own.
// One thread.

#include "engines/sqlite/catalog.h"
#include "engines/sqlite/connection.h"

#include <memory>
#include <vector>

namespace atlas::sqlite {

// A connection and what it knows of the schema.
struct Session {
  std::unique_ptr<Connection> connection;
  Catalog catalog;
};

class Pool {
 public:
  explicit Pool(ConnectionOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Session>> take() {
    if (!idle_.empty()) {
      auto session = std::move(idle_.back());
      idle_.pop_back();
      return session;
    }
    auto session = std::make_unique<Session>();
    ATLAS_TRY(session->connection, Connection::open(options_));
    return session;
  }
  void give_back(std::unique_ptr<Session> session) {
    session->connection->rollback();
    if (idle_.size() < kIdleMax) idle_.push_back(std::move(session));
  }
  const ConnectionOptions& options() const { return options_; }

 private:
  static constexpr std::size_t kIdleMax = 4;
  ConnectionOptions options_;
  std::vector<std::unique_ptr<Session>> idle_;
};

// A session on loan. Shares the pool, so that it may outlive the endpoint.
class Loan {
 public:
  static Result<Loan> take(std::shared_ptr<Pool> pool) {
    ATLAS_TRY(auto session, pool->take());
    return Loan(std::move(pool), std::move(session));
  }
  ~Loan() {
    if (session_ != nullptr) pool_->give_back(std::move(session_));
  }
  Loan(Loan&&) noexcept = default;
  Loan& operator=(Loan&&) = delete;

  Connection& connection() const { return *session_->connection; }
  Catalog& catalog() const { return session_->catalog; }

 private:
  Loan(std::shared_ptr<Pool> pool, std::unique_ptr<Session> session)
      : pool_(std::move(pool)), session_(std::move(session)) {}

  std::shared_ptr<Pool> pool_;  // shared: snapshots and transactions may end after their endpoint
  std::unique_ptr<Session> session_;
};

}  // namespace atlas::sqlite
