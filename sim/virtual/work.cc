#include "sim/virtual/work.h"

#include "foundation/assert.h"

#include <algorithm>

namespace atlas::sim {
namespace {

Key key_of(const Value& component) { return encode_key({&component, 1}); }

}  // namespace

Work::Work(Database& database, std::optional<Epoch> bridge)
    : database_(database),
      bridge_(bridge),
      writer_(database.next_writer()),
      begun_(database.now()),
      incarnation_(database.incarnation()),
      open_since_(database.open_since.insert(begun_)) {
  database_.open_.push_back(this);
}

const Moments& Work::rows() {
  const Moments& committed = database_.tables_;
  if (base_ == committed) return seen_;
  base_ = committed;
  seen_ = committed;
  std::map<TableName, std::shared_ptr<RowMap>> own;
  for (const auto& [id, row] : changes_) {
    auto& rows = own[id.first];
    if (!rows) rows = std::make_shared<RowMap>(*seen_.at(id.first));
    if (row == nullptr)
      rows->erase(id.second);
    else
      (*rows)[id.second] = row;
  }
  for (auto& [table, rows] : own) seen_[table] = std::move(rows);
  return seen_;
}

// Who is in the way: writers of the row; who would have its key or unique values; who removes its
// parents; for removes also who refers to it.
std::vector<std::uint64_t> Work::blockers(const Table& table, WriteKind kind, KeyView key,
                                          std::span<const std::uint32_t> columns,
                                          std::span<const Value> cells, Needs& needs) {
  std::vector<std::uint64_t> out;
  needs.row = {table.name, Key(key)};
  if (const auto it = database_.locks_.find(needs.row); it != database_.locks_.end()) {
    if (it->second.owner != 0 && it->second.owner != writer_) out.push_back(it->second.owner);
    if (kind == WriteKind::kRemove) {
      for (const std::uint64_t sharer : it->second.sharers) {
        if (sharer != writer_) out.push_back(sharer);
      }
    }
  }
  if (kind == WriteKind::kRemove) return out;
  auto written = [&](std::uint32_t column) -> const Value* {
    const auto it = std::find(columns.begin(), columns.end(), column);
    return it == columns.end() ? nullptr : &cells[static_cast<std::size_t>(it - columns.begin())];
  };
  for (const Reference& r : table.references) {
    const Value* cell = written(r.column);
    if (cell == nullptr || cell->is_null() || r.deferred) continue;
    needs.parents.emplace_back(r.target, key_of(*cell));
    for (const Work* other : database_.open_) {
      if (other == this) continue;
      const auto gone = other->changes_.find(needs.parents.back());
      if (gone != other->changes_.end() && gone->second == nullptr) out.push_back(other->writer_);
    }
  }
  if (table.uniques.empty() || database_.open_.size() < 2) return out;
  const RowMap& seen = *rows().at(table.name);
  const auto old = seen.find(key);
  auto value = [&](std::uint32_t column) -> const Value* {
    if (const Value* cell = written(column)) return cell;
    return old == seen.end() ? nullptr : &old->second->cells[column];
  };
  for (const UniqueInfo& unique : table.uniques) {
    auto equal = [&](const Row* row) {
      return row != nullptr && std::ranges::all_of(unique.columns, [&](const std::string& name) {
               const std::uint32_t c = table.column(name);
               const Value* ours = value(c);
               return ours != nullptr && !ours->is_null() && row->cells[c] == *ours;
             });
    };
    for (const Work* other : database_.open_) {
      if (other == this) continue;
      const bool wanted = std::ranges::any_of(other->changes_, [&](const auto& change) {
        if (change.first.first != table.name || change.first.second == key) return false;
        // Its new values, and the old ones that it may bring back by rolling back.
        const RowMap& committed = *database_.tables_.at(table.name);
        const auto before = committed.find(change.first.second);
        return equal(change.second.get()) ||
               (before != committed.end() && equal(before->second.get()));
      });
      if (wanted) out.push_back(other->writer_);
    }
  }
  return out;
}

bool Work::blocked(const Table& table, WriteKind kind, KeyView key,
                   std::span<const std::uint32_t> columns, std::span<const Value> cells) {
  Needs needs;
  return !blockers(table, kind, key, columns, cells, needs).empty();
}

// Whether one of `by` waits, by whatever way round, for us.
bool Work::deadlocked(const std::vector<std::uint64_t>& by) const {
  std::vector<std::uint64_t> open = by;
  std::set<std::uint64_t> seen;
  while (!open.empty()) {
    const std::uint64_t at = open.back();
    open.pop_back();
    if (at == writer_) return true;
    if (!seen.insert(at).second) continue;
    if (const auto it = database_.waits_.find(at); it != database_.waits_.end())
      open.insert(open.end(), it->second.begin(), it->second.end());
  }
  return false;
}

Result<> Work::lock(const Table& table, WriteKind kind, KeyView key,
                    std::span<const std::uint32_t> columns, std::span<const Value> cells) {
  auto lost_error = [&] {
    return Error(Code::kConnectionLost, "the server went down").at(database_.name());
  };
  if (lost()) return lost_error();
  Needs needs;
  while (true) {
    needs = {};
    std::vector<std::uint64_t> by = blockers(table, kind, key, columns, cells, needs);
    if (by.empty()) break;
    ++database_.lock_waits;
    if (deadlocked(by)) {
      ++database_.deadlocks;
      return Error(Code::kSerialization, "deadlock detected").at(database_.name());
    }
    database_.waits_[writer_] = std::move(by);
    const std::uint64_t timeouts = database_.timeouts_;
    database_.world().wait_for([&] {
      Needs again;
      return lost() || database_.timeouts_ != timeouts ||
             blockers(table, kind, key, columns, cells, again).empty();
    });
    database_.waits_.erase(writer_);
    if (lost()) return lost_error();
    if (database_.timeouts_ != timeouts)
      return Error(Code::kTimeout, "a row stayed locked").at(database_.name());
  }
  held_.push_back({needs.row});
  database_.locks_[needs.row].owner = writer_;
  for (const RowId& parent : needs.parents) {
    held_.push_back({parent, true});
    database_.locks_[parent].sharers.push_back(writer_);
  }
  return {};
}

RowVerdict Work::write(const Table& table, WriteKind kind, KeyView key,
                       std::span<const std::uint32_t> columns, std::span<const Value> cells,
                       std::shared_ptr<const Row>* stored) {
  const Savepoint before = savepoint();
  std::vector<RowId> touched;
  RowVerdict out = write_in_statement(table, kind, key, columns, cells, stored, touched);
  if (auto broken = broken_reference(touched)) out = {WriteStatus::kRejected, std::move(broken)};
  if (out.status == WriteStatus::kRejected) {
    changes_ = before.changes_;
    base_.clear();
  }
  return out;
}

RowVerdict Work::write_in_statement(const Table& table, WriteKind kind, KeyView key,
                                    std::span<const std::uint32_t> columns,
                                    std::span<const Value> cells,
                                    std::shared_ptr<const Row>* stored,
                                    std::vector<RowId>& touched) {
  (void)rows();
  const std::size_t first = touched.size();
  RowVerdict out =
      database_.write(seen_, table, kind, key, columns, cells, writer_, stored, touched);
  for (std::size_t i = first; i < touched.size(); ++i) {
    const RowMap& now = *seen_.at(touched[i].first);
    const auto it = now.find(touched[i].second);
    changes_[touched[i]] = it == now.end() ? nullptr : it->second;
  }
  return out;
}

std::optional<Error> Work::broken_reference(std::span<const RowId> touched) {
  return database_.broken_reference(rows(), touched);
}

Work::Savepoint Work::savepoint() const {
  Savepoint out;
  out.changes_ = changes_;
  out.held_ = held_.size();
  return out;
}

void Work::back_to(const Savepoint& savepoint) {
  changes_ = savepoint.changes_;
  base_.clear();
  while (held_.size() > savepoint.held_) {
    const Held last = std::move(held_.back());
    held_.pop_back();
    release(last);
  }
  database_.go_on();
}

// Unless it is held once more.
void Work::release(const Held& held) {
  const auto it = database_.locks_.find(held.row);
  if (it == database_.locks_.end()) return;
  Database::RowLock& lock = it->second;
  if (held.shared) {
    const auto sharer = std::ranges::find(lock.sharers, writer_);
    if (sharer != lock.sharers.end()) lock.sharers.erase(sharer);
  } else if (std::ranges::none_of(held_,
                                  [&](const Held& h) { return !h.shared && h.row == held.row; })) {
    lock.owner = 0;
  }
  if (lock.owner == 0 && lock.sharers.empty()) database_.locks_.erase(it);
}

void Work::prepare() {
  if (prepared_ || !open_) return;
  prepared_ = true;
  // No backend has it any more: who looks for the oldest transaction does not see it (E28).
  database_.open_since.erase(open_since_);
  ++database_.prepared;
}

void Work::commit() {
  ATLAS_ASSERT(open_ && !lost(), "a transaction commits that is at its end");
  if (!changes_.empty()) {
    Moments after = rows();
    std::vector<Change> changes;
    for (const auto& [id, row] : changes_) {
      const RowMap& before = *database_.tables_.at(id.first);
      const auto old = before.find(id.second);
      changes.push_back(
          {database_.find(id.first), id.second, old == before.end() ? nullptr : old->second, row});
    }
    database_.tables_ = std::move(after);
    database_.committed_ = std::max(database_.committed_, writer_);
    if (database_.on_commit) database_.on_commit({database_, bridge_, writer_, changes});
  }
  end();
}

void Work::end() {
  if (!open_) return;
  open_ = false;
  if (prepared_)
    --database_.prepared;
  else
    database_.open_since.erase(open_since_);
  std::erase(database_.open_, this);
  database_.waits_.erase(writer_);
  while (!held_.empty()) {
    const Held last = std::move(held_.back());
    held_.pop_back();
    release(last);
  }
  database_.go_on();
}

}  // namespace atlas::sim
