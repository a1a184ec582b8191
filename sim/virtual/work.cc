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

void Work::who_writes(const RowId& row, bool shared_too, Writers& out) const {
  const auto it = database_.locks_.find(row);
  if (it == database_.locks_.end()) return;
  if (it->second.owner != 0 && it->second.owner != writer_) out.push_back(it->second.owner);
  if (!shared_too) return;
  for (const std::uint64_t sharer : it->second.sharers) {
    if (sharer != writer_) out.push_back(sharer);
  }
}

// Or gives it other unique values: to PostgreSQL each of them may be what is referred to.
void Work::who_removes(const RowId& parent, Writers& out) const {
  for (const Work* other : database_.open_) {
    if (other == this) continue;
    const auto change = other->changes_.find(parent);
    if (change == other->changes_.end()) continue;
    const RowMap& committed = *database_.tables_.at(parent.first);
    const auto before = committed.find(parent.second);
    if (before == committed.end()) continue;
    const Table& table = *database_.find(parent.first);
    const bool other_uniques =
        change->second != nullptr &&
        std::ranges::any_of(table.uniques, [&](const UniqueInfo& unique) {
          return std::ranges::any_of(unique.columns, [&](const std::string& name) {
            const std::uint32_t c = table.column(name);
            return change->second->cells[c] != before->second->cells[c];
          });
        });
    if (change->second == nullptr || other_uniques) out.push_back(other->writer_);
  }
}

// Who would have one of the row's unique values.
void Work::who_has(const Table& table, KeyView key, std::span<const std::uint32_t> columns,
                   std::span<const Value> cells, Writers& out) {
  if (table.uniques.empty() || database_.open_.size() < 2) return;
  const RowMap& seen = *rows().at(table.name);
  const auto old = seen.find(key);
  auto value = [&](std::uint32_t column) -> const Value* {
    const auto it = std::find(columns.begin(), columns.end(), column);
    if (it != columns.end()) return &cells[static_cast<std::size_t>(it - columns.begin())];
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
    if (old != seen.end() && equal(old->second.get())) continue;  // it has them already
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
}

bool Work::changes_a_unique(const Table& table, KeyView key, std::span<const std::uint32_t> columns,
                            std::span<const Value> cells) {
  const RowMap& seen = *rows().at(table.name);
  const auto old = seen.find(key);
  if (old == seen.end()) return false;
  return std::ranges::any_of(table.uniques, [&](const UniqueInfo& unique) {
    return std::ranges::any_of(unique.columns, [&](const std::string& name) {
      const std::uint32_t c = table.column(name);
      const auto it = std::find(columns.begin(), columns.end(), c);
      return it != columns.end() &&
             cells[static_cast<std::size_t>(it - columns.begin())] != old->second->cells[c];
    });
  });
}

// Who is in the way.
Work::Writers Work::blockers(const Table& table, WriteKind kind, KeyView key,
                             std::span<const std::uint32_t> columns, std::span<const Value> cells,
                             For what, Needs& needs) {
  Writers out;
  const RowId row{table.name, Key(key)};
  const auto waits = [&](For part) {
    return (static_cast<unsigned>(what) & static_cast<unsigned>(part)) != 0;
  };
  if (waits(kind == WriteKind::kInsert ? For::kUniques : For::kRow)) {
    needs.row = row;
    const bool key_too =
        kind == WriteKind::kRemove || (kind == WriteKind::kUpdate && database_.open_.size() > 1 &&
                                       changes_a_unique(table, key, columns, cells));
    who_writes(row, key_too, out);
    // Its key is taken: no other value of it comes to be asked for.
    const bool insert = kind == WriteKind::kInsert;
    if (insert && out.empty() && rows().at(table.name)->contains(key)) return out;
  }
  if (kind == WriteKind::kRemove) return out;
  if (waits(For::kUniques)) who_has(table, key, columns, cells, out);
  if (!waits(For::kParents)) return out;
  for (const Reference& r : table.references) {
    const auto it = std::find(columns.begin(), columns.end(), r.column);
    if (it == columns.end() || r.deferred) continue;
    const Value& cell = cells[static_cast<std::size_t>(it - columns.begin())];
    if (cell.is_null()) continue;
    needs.parents.emplace_back(r.target, key_of(cell));
    who_removes(needs.parents.back(), out);
  }
  return out;
}

bool Work::blocked(const Table& table, WriteKind kind, KeyView key,
                   std::span<const std::uint32_t> columns, std::span<const Value> cells) {
  Needs needs;
  return !blockers(table, kind, key, columns, cells, For::kAll, needs).empty();
}

// Whether one of `by` waits, by whatever way round, for us.
bool Work::deadlocked(const Writers& by) const {
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
                    std::span<const std::uint32_t> columns, std::span<const Value> cells,
                    For what) {
  return hold(
      [&](Needs& needs) { return blockers(table, kind, key, columns, cells, what, needs); });
}

Result<> Work::hold(const std::function<Writers(Needs&)>& in_the_way) {
  auto lost_error = [&] {
    return Error(Code::kConnectionLost, "the server went down").at(database_.name());
  };
  if (lost()) return lost_error();
  Needs needs;
  while (true) {
    needs = {};
    Writers by = in_the_way(needs);
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
      return lost() || database_.timeouts_ != timeouts || in_the_way(again).empty();
    });
    database_.waits_.erase(writer_);
    if (lost()) return lost_error();
    if (database_.timeouts_ != timeouts)
      return Error(Code::kTimeout, "a row stayed locked").at(database_.name());
  }
  if (needs.row) {
    held_.push_back({*needs.row});
    database_.locks_[*needs.row].owner = writer_;
  }
  for (const RowId& parent : needs.parents) {
    held_.push_back({parent, true});
    database_.locks_[parent].sharers.push_back(writer_);
  }
  return {};
}

RowVerdict Work::write(const Table& table, WriteKind kind, KeyView key,
                       std::span<const std::uint32_t> columns, std::span<const Value> cells,
                       std::shared_ptr<const Row>* stored) {
  const auto before = changes_;
  std::vector<Change> changed;
  std::shared_ptr<Row> row;
  RowVerdict out = database_.prepare(rows(), table, kind, key, columns, cells, writer_, row);
  if (out.status == WriteStatus::kApplied) out = put(table, kind, key, row, stored, changed);
  if (auto broken = database_.broken_reference(rows(), changed))
    out = {WriteStatus::kRejected, std::move(broken)};
  if (out.status == WriteStatus::kRejected) {
    changes_ = before;
    base_.clear();
  }
  return out;
}

RowVerdict Work::put(const Table& table, WriteKind kind, KeyView key,
                     const std::shared_ptr<Row>& row, std::shared_ptr<const Row>* stored,
                     std::vector<Change>& changed) {
  (void)rows();
  const std::size_t first = changed.size();
  RowVerdict out = database_.store(seen_, table, kind, key, row, stored, changed);
  for (std::size_t i = first; i < changed.size(); ++i)
    changes_[{changed[i].table->name, changed[i].key}] = changed[i].after;
  return out;
}

Result<RowVerdict> Work::write_in_statement(const Table& table, WriteKind kind, KeyView key,
                                            std::span<const std::uint32_t> columns,
                                            std::span<const Value> cells,
                                            std::shared_ptr<const Row>* stored,
                                            std::vector<Change>& changed) {
  std::shared_ptr<Row> row;
  RowVerdict out = database_.prepare(rows(), table, kind, key, columns, cells, writer_, row);
  if (out.status != WriteStatus::kApplied) return out;
  ATLAS_OK(lock(table, kind, key, columns, cells, For::kUniques));
  out = put(table, kind, key, row, stored, changed);
  if (kind == WriteKind::kInsert && out.status == WriteStatus::kKeyTaken) {
    const Held others = std::move(held_.back());  // it is not ours after all
    held_.pop_back();
    release(others);
  }
  return out;
}

Result<> Work::hold_parents(const Change& changed, bool deferred) {
  std::vector<RowId> parents;
  for (const Reference& r : changed.table->references) {
    if (r.deferred != deferred || changed.after == nullptr) continue;
    const Value& cell = changed.after->cells[r.column];
    const bool same = changed.before != nullptr && changed.before->cells[r.column] == cell;
    if (!cell.is_null() && !same) parents.emplace_back(r.target, key_of(cell));
  }
  if (parents.empty()) return {};
  return hold([&](Needs& needs) {
    Writers out;
    for (const RowId& parent : parents) who_removes(parent, out);
    needs.parents = parents;
    return out;
  });
}

Result<std::optional<Error>> Work::end_statement(std::span<const Change> changed) {
  for (const Change& change : changed) {
    ATLAS_OK(hold_parents(change, false));
    if (auto broken = database_.broken_reference(rows(), {&change, 1})) return broken;
  }
  return std::nullopt;
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
