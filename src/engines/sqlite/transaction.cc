#include "engines/sqlite/transaction.h"

#include "engines/sqlite/apply.h"
#include "engines/sqlite/fence.h"
#include "foundation/fault_point.h"

#include <fmt/format.h>

namespace atlas::sqlite {
namespace {

Error lost(const Connection& connection, const char* what) {
  return Error(Code::kConnectionLost, fmt::format("{} was cut", what))
      .at(connection.options().where);
}

std::vector<std::uint32_t> unapplied_ordinals(std::span<const WriteGroup> groups,
                                              const WriteResults& results) {
  std::vector<std::uint32_t> out;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    for (std::size_t row = 0; row < groups[group].size(); ++row) {
      if (results[group][row].status != WriteStatus::kApplied)
        out.push_back(groups[group].ordinals[row]);
    }
  }
  return out;
}

}  // namespace

SqliteTransaction::SqliteTransaction(Loan loan, Clock& clock, Applicant who)
    : loan_(std::move(loan)),
      clock_(clock),
      who_(std::move(who)),
      plans_(loan_.connection(), loan_.catalog()) {}

SqliteTransaction::~SqliteTransaction() = default;  // the pool rolls back what was not committed

Result<std::unique_ptr<Transaction>> SqliteTransaction::open(
    std::shared_ptr<Pool> pool, Clock& clock, const ApplyTicket& ticket,
    std::span<const TableShape* const> tables) {
  ATLAS_TRY(Loan loan, Loan::take(std::move(pool)));
  const Applicant who{ticket, {tables.begin(), tables.end()}};
  std::unique_ptr<SqliteTransaction> out(new SqliteTransaction(std::move(loan), clock, who));
  ATLAS_OK(out->enter());
  return std::unique_ptr<Transaction>(std::move(out));
}

Result<> SqliteTransaction::enter() {
  if (fault_point("sqlite.begin") == Fault::kFail) return lost(connection(), "beginning");
  ATLAS_OK(connection().begin_write());
  now_ = clock_.now();
  ATLAS_OK(enter_fence(connection(), who_.ticket));
  for (const TableShape* shape : who_.tables) {
    if (shape->fingerprint == 0) continue;
    ATLAS_TRY(const auto stored, loan_.catalog().table(connection(), shape->table));
    if (stored->info.fingerprint == shape->fingerprint) continue;
    return Error(Code::kSchemaDrift,
                 fmt::format("{} is not what it was when the mapping was checked",
                             shape->table.text()))
        .at(connection().options().where);
  }
  return {};
}

Result<std::vector<std::vector<WriteResult>>> SqliteTransaction::apply(
    std::span<const WriteGroup> groups) {
  auto results = apply_groups(groups);
  if (!results) connection().rollback();
  return results;
}

Result<std::vector<std::vector<WriteResult>>> SqliteTransaction::apply_groups(
    std::span<const WriteGroup> groups) {
  InstanceWriter writer(connection(), plans_, groups, now_);
  for (;;) {
    ATLAS_TRY(const bool stands, writer.run());
    if (stands) break;
    ATLAS_OK(enter());
    plans_ = TablePlans(connection(), loan_.catalog());  // the schema may be another by now
  }
  WriteResults results = writer.take_results();
  if (const auto ordinals = unapplied_ordinals(groups, results); !ordinals.empty()) {
    ATLAS_OK(witness_unapplied(connection(), who_.ticket, ordinals));
  }
  return results;
}

CommitAnswer SqliteTransaction::commit() {
  if (!connection().in_transaction()) {
    return {CommitOutcome::kRolledBack, lost(connection(), "the transaction")};
  }
  if (fault_point("sqlite.before_commit") == Fault::kFail) {
    connection().rollback();
    return {CommitOutcome::kRolledBack, lost(connection(), "the transaction")};
  }
  auto committed = connection().commit();
  if (fault_point("sqlite.after_commit") == Fault::kFail) {
    return {CommitOutcome::kUnknown, Error(Code::kCommitUnknown, "the answer to COMMIT was cut")
                                         .at(connection().options().where)};
  }
  if (committed) return {CommitOutcome::kCommitted, std::nullopt};
  Error error = std::move(committed).error();
  connection().rollback();
  // After a failed write or sync the log's last frame may be on the disk: only the witness knows.
  if (error.code() == Code::kDiskFull) {
    Error unknown =
        Error(Code::kCommitUnknown, "COMMIT failed while writing").at(connection().options().where);
    return {CommitOutcome::kUnknown, std::move(unknown).because(std::move(error))};
  }
  return {CommitOutcome::kRolledBack, std::move(error)};
}

}  // namespace atlas::sqlite
