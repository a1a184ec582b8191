#include "engines/postgres/endpoint.h"

#include "engines/postgres/catalog.h"
#include "engines/postgres/fence.h"
#include "engines/postgres/horizon.h"
#include "engines/postgres/pooler.h"
#include "engines/postgres/probe.h"
#include "engines/postgres/snapshot.h"
#include "engines/postgres/transaction.h"

#include <fmt/format.h>

namespace atlas {
namespace {

using postgres::Connection;

postgres::ConnectionOptions connection_options(const PostgresOptions& options) {
  return {.dsn = options.dsn,
          .where = options.name,
          .application_name = options.application_name,
          .connect_timeout = options.connect_timeout,
          .statement_timeout = options.statement_timeout,
          .lock_timeout = options.lock_timeout,
          .idle_in_transaction_timeout = options.idle_in_transaction_timeout};
}

}  // namespace

PostgresEndpoint::PostgresEndpoint(const PostgresOptions& options)
    : fence_timeout_(options.fence_timeout), pool_(connection_options(options), options.sessions) {
  capabilities_.database_stamps = true;
  capabilities_.tokens_name_writers = true;
}

Result<std::unique_ptr<Endpoint>> PostgresEndpoint::open(const PostgresOptions& options) {
  std::unique_ptr<PostgresEndpoint> endpoint(new PostgresEndpoint(options));
  ATLAS_TRY(const postgres::Borrowed first, endpoint->pool_.take());
  if (first->session().proxied) ATLAS_OK(postgres::refuse_shared_backends(*first));
  return std::unique_ptr<Endpoint>(std::move(endpoint));
}

Result<Probe> PostgresEndpoint::probe(std::span<const TableName> tables) {
  return pool_.with(
      [&](Connection& connection) { return postgres::probe_server(connection, tables); });
}

Result<std::vector<TableInfo>> PostgresEndpoint::describe(std::span<const TableName> tables) {
  return pool_.with(
      [&](Connection& connection) { return postgres::describe_tables(connection, tables); });
}

Result<Horizon> PostgresEndpoint::horizon() { return pool_.with(postgres::read_horizon); }

Result<std::unique_ptr<Snapshot>> PostgresEndpoint::snapshot() {
  return postgres::PostgresSnapshot::open(pool_);
}

Result<> PostgresEndpoint::install() { return pool_.with(postgres::install_witness); }

Result<Fence> PostgresEndpoint::fence(const std::string& tenant) {
  return pool_.with(
      [&](Connection& connection) { return postgres::read_fence(connection, tenant); });
}

Result<std::string> PostgresEndpoint::raise_fence(const std::string& tenant, const Fence& to) {
  return pool_.with([&](Connection& connection) {
    return postgres::raise_fence(connection, tenant, to, fence_timeout_);
  });
}

Result<Settlement> PostgresEndpoint::settle(const ApplyTicket& ticket) {
  return pool_.with(
      [&](Connection& connection) { return postgres::settle(connection, ticket, fence_timeout_); });
}

Result<> PostgresEndpoint::purge_witnesses(const std::string& tenant, BatchNumber upto) {
  return pool_.with(
      [&](Connection& connection) { return postgres::purge_witnesses(connection, tenant, upto); });
}

Result<std::vector<std::int64_t>> PostgresEndpoint::reserve(const TableShape& shape,
                                                            std::size_t n) {
  return pool_.with([&](Connection& connection) -> Result<std::vector<std::int64_t>> {
    postgres::Params params;
    params.text(shape.key_sequence).int8(static_cast<std::int64_t>(n));
    ATLAS_TRY(const postgres::Rowset rows,
              connection.run("reserve",
                             "select nextval($1::text::regclass) from generate_series(1, $2::int8)",
                             params));
    std::vector<std::int64_t> out(rows.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = rows.integer(i, 0);
    return out;
  });
}

Result<std::unique_ptr<Transaction>> PostgresEndpoint::begin(
    const ApplyTicket& ticket, std::span<const TableShape* const> tables) {
  return postgres::PostgresTransaction::begin(pool_, ticket, tables);
}

}  // namespace atlas
