#include "engines/postgres/pool.h"

namespace atlas::postgres {
Borrowed::~Borrowed() {
  if (connection_ != nullptr) pool_->give_back(std::move(connection_));
}

Result<Borrowed> ConnectionPool::take() {
  while (std::unique_ptr<Connection> idle = sessions_->take(options_)) {
    if (idle->usable()) return Borrowed(*this, std::move(idle), true);
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

void ConnectionPool::forget_idle() { sessions_->drop(options_); }

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) {
  connection->rollback();
  connection->reset_patience();
  if (connection->usable()) sessions_->keep(std::move(connection));
}

}  // namespace atlas::postgres
