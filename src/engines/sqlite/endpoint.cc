#include "engines/sqlite/endpoint.h"

#include "engines/sqlite/fence.h"
#include "engines/sqlite/sequence.h"
#include "engines/sqlite/snapshot.h"
#include "engines/sqlite/transaction.h"
#include "foundation/assert.h"
#include "foundation/fault_point.h"

namespace atlas::sqlite {

Result<std::unique_ptr<SqliteEndpoint>> SqliteEndpoint::open(EndpointOptions options) {
  ATLAS_ASSERT(options.clock != nullptr, "an endpoint needs a clock");
  auto pool = std::make_shared<Pool>(std::move(options.connection));
  ATLAS_TRY(const Loan loan, Loan::take(pool));
  const bool writable = !loan.connection().read_only();
  Capabilities capabilities;
  capabilities.transactions = true;
  capabilities.witness = writable;
  capabilities.reserves_ids = writable;
  capabilities.database_stamps = writable;  // the horizon takes the write lock
  capabilities.deletes_visible = false;
  capabilities.read_your_writes = true;
  Clock& clock = *options.clock;
  return std::unique_ptr<SqliteEndpoint>(new SqliteEndpoint(pool, clock, capabilities));
}

Result<std::vector<TableInfo>> SqliteEndpoint::describe(std::span<const TableName> tables) {
  ATLAS_TRY(const Loan loan, Loan::take(pool_));
  ATLAS_OK(loan.connection().begin_read());
  const WriteScope scope(loan.connection());
  std::vector<TableInfo> out;
  for (const TableName& table : tables) {
    ATLAS_TRY(const auto stored, loan.catalog().table(loan.connection(), table));
    out.push_back(stored->info);
  }
  return out;
}

// While we hold the write lock nobody else has an open write; whoever writes next takes its stamp
// after this moment.
Result<Horizon> SqliteEndpoint::horizon() {
  ATLAS_TRY(const Loan loan, Loan::take(pool_));
  ATLAS_OK(loan.connection().begin_write());
  const WriteScope scope(loan.connection());
  const Instant now = clock_.now();
  // CURRENT_TIMESTAMP cuts the fraction off: a stamp of the running second may lie before `now`.
  return Horizon{.safe = std::chrono::floor<std::chrono::seconds>(now),
                 .server_now = now,
                 .prepared_pending = false,
                 .hidden = {}};
}

Result<std::unique_ptr<Snapshot>> SqliteEndpoint::snapshot() {
  if (fault_point("sqlite.snapshot") == Fault::kFail) {
    return Error(Code::kConnectionLost, "opening a snapshot was cut").at(pool_->options().where);
  }
  return SqliteSnapshot::open(pool_);
}

Result<> SqliteEndpoint::install() {
  ATLAS_TRY(const Loan loan, Loan::take(pool_));
  return install_tables(loan.connection());
}

Result<Fence> SqliteEndpoint::fence(const std::string& tenant) {
  ATLAS_TRY(const Loan loan, Loan::take(pool_));
  return fence_of(loan.connection(), tenant);
}

Result<std::string> SqliteEndpoint::raise_fence(const std::string& tenant, const Fence& to) {
  ATLAS_TRY(const Loan loan, Loan::take(pool_));
  return raise_fence_to(loan.connection(), tenant, to);
}

Result<Settlement> SqliteEndpoint::settle(const ApplyTicket& ticket) {
  ATLAS_TRY(const Loan loan, Loan::take(pool_));
  return settle_intent(loan.connection(), ticket);
}

Result<> SqliteEndpoint::purge_witnesses(const std::string& tenant, BatchNumber upto) {
  ATLAS_TRY(const Loan loan, Loan::take(pool_));
  return drop_witnesses(loan.connection(), tenant, upto);
}

Result<std::vector<std::int64_t>> SqliteEndpoint::reserve(const TableShape& shape, std::size_t n) {
  ATLAS_TRY(const Loan loan, Loan::take(pool_));
  return reserve_keys(loan.connection(), loan.catalog(), shape, n);
}

Result<std::unique_ptr<Transaction>> SqliteEndpoint::begin(
    const ApplyTicket& ticket, std::span<const TableShape* const> tables) {
  return SqliteTransaction::open(pool_, clock_, ticket, tables);
}

}  // namespace atlas::sqlite
