#include "engines/postgres/pool.h"

namespace atlas::postgres {
namespace {

// A snapshot, a transaction and a short question are open at once at most; further ones are closed
// when returned.
constexpr std::size_t kIdleMax = 3;

}  // namespace

Borrowed::~Borrowed() {
  if (connection_ != nullptr) pool_->give_back(std::move(connection_));
}

Result<Borrowed> ConnectionPool::take() {
  while (!idle_.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->usable()) return Borrowed(*this, std::move(connection), true);
  }
  while (sessions_ != nullptr) {
    std::unique_ptr<Connection> kept = sessions_->take(options_);
    if (kept == nullptr) break;
    if (kept->usable()) return Borrowed(*this, std::move(kept), true);
  }
  ATLAS_TRY(std::unique_ptr<Connection> connection, Connection::open(options_));
  return Borrowed(*this, std::move(connection), false);
}

Result<Borrowed> ConnectionPool::take_started(const std::function<Result<>(Connection&)>& start) {
  while (true) {
    ATLAS_TRY(Borrowed connection, take());
    Result<> started = start(*connection);
    if (started) return connection;
    if (started.error().code() != Code::kConnectionLost || !connection.reused())
      return std::move(started).error();
    forget_idle();
  }
}

ConnectionPool::~ConnectionPool() {
  if (sessions_ == nullptr) return;
  for (auto& idle : idle_) {
    if (idle->usable()) sessions_->keep(std::move(idle));
  }
}

void ConnectionPool::forget_idle() {
  idle_.clear();
  if (sessions_ != nullptr) sessions_->drop(options_);
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) {
  connection->rollback();
  connection->reset_patience();
  if (connection->usable() && idle_.size() < kIdleMax) idle_.push_back(std::move(connection));
}

}  // namespace atlas::postgres
