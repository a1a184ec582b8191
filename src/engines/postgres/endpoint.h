#pragma once

// The Endpoint on PostgreSQL. See README.md of this folder.

#include "endpoint/endpoint.h"
#include "engines/postgres/pool.h"
#include "foundation/secret.h"

#include <chrono>
#include <memory>
#include <string>

namespace atlas {

struct PostgresOptions {
  // Idle sessions, shared by all endpoints and stores of a process. May be null.
  std::shared_ptr<postgres::SessionCache> sessions;
  Secret dsn;        // libpq connection string or URI
  std::string name;  // the endpoint's name in the mapping, for errors: "legacy.main"
  std::string application_name = "atlas-bridge";
  std::chrono::milliseconds connect_timeout{10'000};
  // All of these are shorter than the lease (E2).
  std::chrono::milliseconds statement_timeout{60'000};
  std::chrono::milliseconds lock_timeout{10'000};
  std::chrono::milliseconds idle_in_transaction_timeout{60'000};
  // How long raising a fence and settling an intent wait for transactions in flight.
  std::chrono::milliseconds fence_timeout{90'000};
};

class PostgresEndpoint final : public Endpoint {
 public:
  // Connects once, so that wrong settings show at once.
  //   errors  kUnreachable, kLoginRefused, kDatabaseMissing, kPoolerRefused
  static Result<std::unique_ptr<Endpoint>> open(const PostgresOptions& options);

  const Capabilities& capabilities() const override { return capabilities_; }
  Result<Probe> probe(std::span<const TableName> tables) override;
  Result<std::vector<TableInfo>> describe(std::span<const TableName> tables) override;
  Result<Horizon> horizon() override;
  Result<std::unique_ptr<Snapshot>> snapshot() override;
  Result<> install() override;
  Result<Fence> fence(const std::string& tenant) override;
  Result<std::string> raise_fence(const std::string& tenant, const Fence& to) override;
  Result<Settlement> settle(const ApplyTicket& ticket) override;
  Result<> purge_witnesses(const std::string& tenant, BatchNumber upto) override;
  Result<std::vector<std::int64_t>> reserve(const TableShape& shape, std::size_t n) override;
  Result<std::unique_ptr<Transaction>> begin(const ApplyTicket& ticket,
                                             std::span<const TableShape* const> tables) override;

 private:
  explicit PostgresEndpoint(const PostgresOptions& options);

  Capabilities capabilities_;
  std::chrono::milliseconds fence_timeout_;
  postgres::ConnectionPool pool_;
};

}  // namespace atlas
