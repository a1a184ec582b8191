#include "foundation/assert.h"
#include "sim/virtual/endpoint.h"

#include <algorithm>

namespace atlas::sim {

VirtualTransaction::VirtualTransaction(Database& database, ApplyTicket ticket)
    : database_(database),
      ticket_(std::move(ticket)),
      begun_(database.now()),
      writer_(database.next_writer()) {
  ++database_.applies_in_flight;
  open_since_ = database_.open_since.insert(begun_);
}

VirtualTransaction::~VirtualTransaction() { end(); }

void VirtualTransaction::end() {
  if (!open_) return;
  open_ = false;
  --database_.applies_in_flight;
  database_.open_since.erase(open_since_);
  database_.unlock(writer_);
}

Result<std::vector<std::vector<WriteResult>>> VirtualTransaction::apply(
    std::span<const WriteGroup> groups) {
  return database_.world().call(database_.name() + ".apply", [&]() -> Result<Results> {
    database_.world().wait_for([&] { return !database_.locked(); });
    database_.lock(writer_);
    applied_ = true;
    Results results;
    while (!attempt(groups, results)) {
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

bool VirtualTransaction::attempt(std::span<const WriteGroup> groups, Results& results) {
  rows_ = database_.moment();
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
      WriteResult result = write_one(group, table, r);
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
  for (const Database::Broken& b : database_.broken_references(rows_)) {
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

WriteResult VirtualTransaction::write_one(const WriteGroup& group, const Table& table,
                                          std::size_t r) {
  WriteResult out;
  const TableShape& shape = *group.shape;
  if (group.kind != WriteKind::kInsert) {
    const RowMap& rows = *rows_.at(table.name);
    const auto it = rows.find(group.keys[r]);
    if (it == rows.end() || database_.version(shape, table, *it->second) != group.guards[r]) {
      out.status = WriteStatus::kStale;
      return out;
    }
  }
  if (group.kind == WriteKind::kRemove) {
    const std::string who = database_.taken_along(rows_, table.name, group.keys[r]);
    if (!who.empty()) {
      out.status = WriteStatus::kReferred;
      out.error = Error(Code::kHasChildren, "rows of " + who);
      return out;
    }
  }
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
    const std::int64_t now = begun_.time_since_epoch().count();
    columns.push_back(table.column(shape.columns[*shape.stamp].name));
    const bool instant = shape.columns[*shape.stamp].type.kind == TypeKind::kTimestampTz;
    cells.push_back(instant ? Value::instant(now)
                            : Value::timestamp(to_local(shape.stamp_zone, now)));
  }
  std::shared_ptr<const Row> stored;
  RowVerdict verdict =
      database_.write(rows_, table, group.kind, group.keys[r], columns, cells, writer_, &stored);
  out.status = verdict.status;
  out.error = std::move(verdict.error);
  if (out.status == WriteStatus::kApplied && stored != nullptr)
    out.version = database_.version(shape, table, *stored);
  return out;
}

void VirtualTransaction::take_effect() {
  witness_.applied = true;
  database_.witnesses[{ticket_.tenant, ticket_.batch.value}] = witness_;
  if (applied_) database_.commit(std::move(rows_), writer_);
  database_.bridge_writes += written_;
  for (auto& effect : effects_) effect();
  end();
}

CommitAnswer VirtualTransaction::commit() {
  const std::string port = database_.name() + ".commit";
  if (auto error = database_.world().at_port(port, Moment::kBefore)) {
    end();
    return {CommitOutcome::kRolledBack, std::move(error)};
  }
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
      end();
      break;
    case CommitFault::kAppliedLater: {
      // The server owns the transaction from here on.
      auto server = std::make_shared<VirtualTransaction>(database_, ticket_);
      server->rows_ = std::move(rows_);
      server->witness_ = std::move(witness_);
      server->effects_ = std::move(effects_);
      server->written_ = written_;
      server->applied_ = applied_;
      server->begun_ = begun_;
      std::swap(server->open_since_, open_since_);
      std::swap(server->writer_, writer_);  // and with it the write lock
      end();
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
