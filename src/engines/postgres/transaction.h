#pragma once

#include "endpoint/endpoint.h"
#include "engines/postgres/apply.h"
#include "engines/postgres/pool.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace atlas::postgres {

// One fenced and witnessed apply transaction. Its pool outlives it.
class PostgresTransaction final : public Transaction {
 public:
  // See Endpoint::begin.
  static Result<std::unique_ptr<PostgresTransaction>> begin(
      ConnectionPool& pool, const ApplyTicket& ticket, std::span<const TableShape* const> tables);

  Result<std::vector<std::vector<WriteResult>>> apply(std::span<const WriteGroup> groups) override;
  CommitAnswer commit() override;

  // The connection that the state store joins, while the transaction is open.
  Connection& connection() { return *connection_; }
  const Session& session() const { return connection_->session(); }

 private:
  PostgresTransaction(Borrowed connection, ApplyTicket ticket)
      : connection_(std::move(connection)), ticket_(std::move(ticket)) {}
  Result<> witness(std::span<const WriteGroup> groups,
                   const std::vector<std::vector<WriteResult>>& results);

  Borrowed connection_;
  ApplyTicket ticket_;
  TableTraits traits_;
};

}  // namespace atlas::postgres
