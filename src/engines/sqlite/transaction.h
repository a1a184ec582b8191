#pragma once

// One apply transaction on one file (E2, E3, E8). BEGIN IMMEDIATE holds the only write lock, so
// what was read stays true until the end and versions can be compared before each write.

#include "endpoint/endpoint.h"
#include "engines/sqlite/pool.h"
#include "engines/sqlite/table_plan.h"
#include "foundation/clock.h"

namespace atlas::sqlite {

class SqliteTransaction final : public Transaction {
 public:
  // See Endpoint::begin. The tables must live until the transaction ends.
  static Result<std::unique_ptr<Transaction>> open(std::shared_ptr<Pool> pool, Clock& clock,
                                                   const ApplyTicket& ticket,
                                                   std::span<const TableShape* const> tables);
  ~SqliteTransaction() override;
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;

  Result<std::vector<std::vector<WriteResult>>> apply(std::span<const WriteGroup> groups) override;
  CommitAnswer commit() override;

  // For a StateStore of the same file that joins in.
  Connection& connection() const { return loan_.connection(); }

 private:
  // Who writes, and the tables whose fingerprints it relies on.
  struct Applicant {
    ApplyTicket ticket;
    std::vector<const TableShape*> tables;
  };

  SqliteTransaction(Loan loan, Clock& clock, Applicant who);
  // Begins, compares the fence, inserts the witness, compares fingerprints.
  Result<> enter();
  Result<std::vector<std::vector<WriteResult>>> apply_groups(std::span<const WriteGroup> groups);

  Loan loan_;
  Clock& clock_;
  Applicant who_;
  TablePlans plans_;
  Instant now_{};  // taken under the write lock: not before any horizon() already given
};

}  // namespace atlas::sqlite
