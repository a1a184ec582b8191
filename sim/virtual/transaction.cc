#include "sim/virtual/applier.h"
#include "sim/virtual/endpoint.h"

namespace atlas::sim {

VirtualTransaction::VirtualTransaction(Database& database, ApplyTicket ticket)
    : database_(database),
      ticket_(std::move(ticket)),
      work_(std::make_unique<Work>(database, ticket_.epoch)) {}

Error VirtualTransaction::lost() const {
  return Error(Code::kConnectionLost, "the server went down").at(database_.name());
}

Result<std::vector<std::vector<WriteResult>>> VirtualTransaction::apply(
    std::span<const WriteGroup> groups) {
  return database_.world().call(database_.port("apply"), [&]() -> Result<Results> {
    if (work_->lost()) return lost();
    ATLAS_TRY(Results results, Applier(*work_, groups).run());
    for (std::size_t g = 0; g < groups.size(); ++g) {
      for (std::size_t r = 0; r < groups[g].size(); ++r) {
        if (results[g][r].status == WriteStatus::kApplied)
          ++written_;
        else
          witness_.unapplied.push_back(groups[g].ordinals[r]);
      }
    }
    return results;
  });
}

void VirtualTransaction::take_effect() {
  witness_.applied = true;
  // As PostgreSQL's witness does, and SQLite's does not.
  if (database_.tokens() == TokenStyle::kWriter)
    witness_.stamp_us = work_->begun().time_since_epoch().count();
  database_.witnesses[{ticket_.tenant, ticket_.batch.value}] = witness_;
  database_.bridge_writes += written_;
  work_->commit();
  for (auto& effect : effects_) effect();
}

CommitAnswer VirtualTransaction::commit() {
  const std::string& port = database_.port("commit");
  if (auto error = database_.world().at_port(port, Moment::kBefore)) {
    work_->end();
    return {CommitOutcome::kRolledBack, std::move(error)};
  }
  // COMMIT went to a server that is down: nobody knows.
  if (work_->lost()) return {CommitOutcome::kUnknown, lost()};
  CommitFault fault = CommitFault::kNone;
  if (!database_.commit_faults.empty()) {
    fault = database_.commit_faults.front();
    database_.commit_faults.pop_front();
  }
  switch (fault) {
    case CommitFault::kNone:
    case CommitFault::kAppliedUnanswered:
      take_effect();
      break;
    case CommitFault::kRolledBackUnanswered:
      work_->end();
      break;
    case CommitFault::kAppliedLater: {
      // The server owns the transaction from here on.
      auto server = std::make_shared<VirtualTransaction>(database_, ticket_);
      std::swap(server->work_, work_);
      server->witness_ = std::move(witness_);
      server->effects_ = std::move(effects_);
      server->written_ = written_;
      work_->end();
      database_.commit_later([server] { server->take_effect(); });
      break;
    }
  }
  if (auto error = database_.world().at_port(port, Moment::kAfter))
    return {CommitOutcome::kUnknown, std::move(error)};
  if (fault == CommitFault::kNone) return {CommitOutcome::kCommitted, std::nullopt};
  return {CommitOutcome::kUnknown, Error(Code::kCommitUnknown, "the answer to COMMIT was cut")};
}

}  // namespace atlas::sim
