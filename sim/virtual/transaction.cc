#include "foundation/assert.h"
#include "sim/virtual/endpoint.h"

#include <algorithm>

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
    Results results;
    while (true) {
      ATLAS_TRY(const bool whole, attempt(groups, results));
      if (whole) break;
    }
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

Result<bool> VirtualTransaction::attempt(std::span<const WriteGroup> groups, Results& results) {
  work_->undo_writes();
  results.clear();
  std::vector<std::uint32_t> done;  // instances with a write that stands
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const WriteGroup& group = groups[g];
    const Table& table = database_.table(group.shape->table);
    results.emplace_back(group.size());
    for (std::size_t r = 0; r < group.size(); ++r) {
      const std::uint32_t instance = group.instances[r];
      if (const auto it = out_.find(instance); it != out_.end()) {
        if (it->second.group == g && it->second.row == r) results[g][r] = it->second.result;
        continue;
      }
      ATLAS_TRY(WriteResult result, write_one(group, table, r));
      if (result.status == WriteStatus::kApplied) {
        results[g][r] = std::move(result);
        done.push_back(instance);
        continue;
      }
      out_.emplace(instance, Refusal{g, r, result});
      results[g][r] = std::move(result);
      // What the instance wrote before must be undone: all of it or none.
      if (std::find(done.begin(), done.end(), instance) != done.end()) return false;
    }
  }
  return !broken(groups, results);
}

// A deferred constraint costs the instance that broke it.
bool VirtualTransaction::broken(std::span<const WriteGroup> groups, Results& results) {
  for (const Database::Broken& b : database_.broken_references(work_->rows())) {
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (groups[g].shape->table != b.table) continue;
      for (std::size_t r = 0; r < groups[g].size(); ++r) {
        if (groups[g].keys[r] != b.key || results[g][r].status != WriteStatus::kApplied) continue;
        WriteResult refused;
        refused.status = WriteStatus::kRejected;
        refused.error =
            Error(Code::kConstraintViolated, "there is no such parent").on_constraint(b.constraint);
        out_.emplace(groups[g].instances[r], Refusal{g, r, std::move(refused)});
        return true;
      }
    }
  }
  return false;
}

// Whether the row still has the version that was read.
bool VirtualTransaction::guarded(const WriteGroup& group, const Table& table, std::size_t r) {
  if (group.kind == WriteKind::kInsert) return true;
  const RowMap& rows = *work_->rows().at(table.name);
  const auto it = rows.find(group.keys[r]);
  return it != rows.end() && database_.version(*group.shape, table, *it->second) == group.guards[r];
}

Result<WriteResult> VirtualTransaction::write_one(const WriteGroup& group, const Table& table,
                                                  std::size_t r) {
  WriteResult out;
  out.status = WriteStatus::kStale;
  const TableShape& shape = *group.shape;
  if (!guarded(group, table, r)) return out;
  std::vector<std::uint32_t> columns;
  std::vector<Value> cells;
  bool stamped = !shape.stamp || !shape.stamp_touched || group.kind == WriteKind::kRemove;
  for (std::size_t c = 0; c < group.columns.size(); ++c) {
    columns.push_back(table.column(shape.columns[group.columns[c]].name));
    cells.push_back(group.cells[(r * group.columns.size()) + c]);
    stamped |= shape.stamp && group.columns[c] == *shape.stamp;
  }
  if (!stamped) {
    // The target's own clock; one moment for the whole transaction, as now() is.
    const std::int64_t now = work_->begun().time_since_epoch().count();
    columns.push_back(table.column(shape.columns[*shape.stamp].name));
    const bool instant = shape.columns[*shape.stamp].type.kind == TypeKind::kTimestampTz;
    cells.push_back(instant ? Value::instant(now)
                            : Value::timestamp(to_local(shape.stamp_zone, now)));
  }
  ATLAS_OK(work_->lock(table, group.kind, group.keys[r], columns, cells));
  if (!guarded(group, table, r)) return out;  // somebody wrote while we waited
  if (group.kind == WriteKind::kRemove) {
    const std::string who = database_.taken_along(work_->rows(), table.name, group.keys[r]);
    if (!who.empty()) {
      out.status = WriteStatus::kReferred;
      out.error = Error(Code::kHasChildren, "rows of " + who);
      return out;
    }
  }
  std::shared_ptr<const Row> stored;
  RowVerdict verdict = work_->write(table, group.kind, group.keys[r], columns, cells, &stored);
  out.status = verdict.status;
  out.error = std::move(verdict.error);
  if (out.status == WriteStatus::kApplied && stored != nullptr)
    out.version = database_.version(shape, table, *stored);
  return out;
}

void VirtualTransaction::take_effect() {
  witness_.applied = true;
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
