#pragma once

// One SQLite file as an Endpoint. See README.md for the conventions that the file must keep.

#include "endpoint/endpoint.h"
#include "engines/sqlite/pool.h"
#include "foundation/clock.h"

namespace atlas::sqlite {

// Who is expected to read a file, for doctor.
enum class Readers : std::uint8_t { kGroup, kOwner };
// Whether the file's mode lets others in.
Finding mode_finding(const std::string& path, Readers readers);

struct EndpointOptions {
  ConnectionOptions connection;
  Clock* clock = nullptr;  // not owned; stamps of our writes and the horizon
};

class SqliteEndpoint final : public Endpoint {
 public:
  // errors  kDatabaseMissing, kPrivilegeMissing, kTimeout, kFileDamaged
  static Result<std::unique_ptr<SqliteEndpoint>> open(EndpointOptions options);

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
  SqliteEndpoint(std::shared_ptr<Pool> pool, Clock& clock, Capabilities capabilities)
      : pool_(std::move(pool)), clock_(clock), capabilities_(capabilities) {}

  std::shared_ptr<Pool> pool_;  // shared with open snapshots and transactions
  Clock& clock_;
  Capabilities capabilities_;
};

}  // namespace atlas::sqlite
