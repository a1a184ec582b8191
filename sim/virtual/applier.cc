#include "sim/virtual/applier.h"

#include <algorithm>

namespace atlas::sim {
namespace {

// What a write puts into its row, by the table's columns: its cells, and the stamp where the
// database's clock touches it.
struct Cells {
  std::vector<std::uint32_t> columns;
  std::vector<Value> values;
};

Cells cells_of(const Work& work, const Table& table, const WriteGroup& group, std::size_t row) {
  const TableShape& shape = *group.shape;
  Cells out;
  bool stamped = !shape.stamp || !shape.stamp_touched || group.kind == WriteKind::kRemove;
  for (std::size_t c = 0; c < group.columns.size(); ++c) {
    out.columns.push_back(table.column(shape.columns[group.columns[c]].name));
    out.values.push_back(group.cells[(row * group.columns.size()) + c]);
    stamped |= shape.stamp && group.columns[c] == *shape.stamp;
  }
  if (stamped) return out;
  // One moment for the whole transaction, as now() is.
  const std::int64_t now = work.begun().time_since_epoch().count();
  out.columns.push_back(table.column(shape.columns[*shape.stamp].name));
  const bool instant = shape.columns[*shape.stamp].type.kind == TypeKind::kTimestampTz;
  out.values.push_back(instant ? Value::instant(now)
                               : Value::timestamp(to_local(shape.stamp_zone, now)));
  return out;
}

}  // namespace

Applier::Applier(Work& work, std::span<const WriteGroup> groups)
    : work_(work), database_(work.database()), groups_(groups) {
  for (std::size_t g = 0; g < groups.size(); ++g) {
    results_.emplace_back(groups[g].size());
    for (std::size_t r = 0; r < groups[g].size(); ++r)
      places_.push_back({groups[g].instances[r], g, r});
  }
  std::ranges::sort(places_);
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (i == 0 || places_[i].instance != places_[i - 1].instance) begins_.push_back(i);
  }
  begins_.push_back(places_.size());
}

std::span<const Applier::Place> Applier::places(std::uint32_t instance) const {
  return {places_.data() + begins_[instance], begins_[instance + 1] - begins_[instance]};
}

Result<Applier::Results> Applier::run() {
  Set all;
  for (std::uint32_t i = 0; i + 1 < begins_.size(); ++i) all.push_back(i);
  ATLAS_OK(apply_set(std::move(all)));
  ATLAS_OK(retry_references());
  return std::move(results_);
}

// Applies what of `set` can be applied.
Result<> Applier::apply_set(Set set) {
  while (!set.empty()) {
    const Work::Savepoint before = work_.savepoint();
    ATLAS_TRY(std::optional<Failure> failed, attempt(set));
    if (failed) {
      work_.back_to(before);
      if (set.size() == 1) {
        reject(set.front(), std::move(*failed));
        return {};
      }
      const auto middle = set.begin() + static_cast<std::ptrdiff_t>(set.size() / 2);
      ATLAS_OK(apply_set({set.begin(), middle}));
      set.erase(set.begin(), middle);
      continue;
    }
    bool mixed = false;
    Set whole = whole_instances(set, mixed);
    if (!mixed) return {};
    work_.back_to(before);
    set = std::move(whole);
  }
  return {};
}

// A child may have been tried before its parent's half was applied.
Result<> Applier::retry_references() {
  while (!missing_references_.empty()) {
    const std::size_t before = missing_references_.size();
    if (before == begins_.size() - 1) return {};  // nothing else was applied
    Set set = std::move(missing_references_);
    missing_references_.clear();
    std::ranges::sort(set);
    for (const std::uint32_t instance : set) {
      for (const Place& place : places(instance)) result(place) = {};
    }
    ATLAS_OK(apply_set(std::move(set)));
    if (missing_references_.size() == before) return {};
  }
  return {};
}

Result<std::optional<Applier::Failure>> Applier::attempt(const Set& set) {
  std::vector<std::vector<std::size_t>> rows(groups_.size());
  for (const std::uint32_t instance : set) {
    for (const Place& place : places(instance)) {
      rows[place.group].push_back(place.row);
      result(place) = {};
    }
  }
  std::vector<Change> all;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    std::ranges::sort(rows[g]);
    std::vector<Change> changed;
    ATLAS_TRY(std::optional<Failure> failed, statement(g, rows[g], changed));
    if (failed) return failed;
    std::ranges::move(changed, std::back_inserter(all));
  }
  // Deferred references are checked at the end of each attempt.
  for (const Change& change : all) ATLAS_OK(work_.hold_parents(change, true));
  const auto broken = database_.broken_references(work_.rows());
  if (broken.empty()) return std::nullopt;
  return Failure{-1,
                 Error(Code::kConstraintViolated, "there is no such parent")
                     .on_constraint(broken.front().constraint),
                 true};
}

Result<std::optional<Applier::Failure>> Applier::statement(std::size_t g,
                                                           const std::vector<std::size_t>& rows,
                                                           std::vector<Change>& changed) {
  ATLAS_OK(look_whom_removes_take_along(g, rows));
  const auto group = static_cast<std::ptrdiff_t>(g);
  for (const std::size_t row : rows) {
    if (results_[g][row].status == WriteStatus::kReferred) continue;
    ATLAS_TRY(std::optional<Error> refused, write(g, row, changed));
    if (refused) return Failure{group, std::move(*refused), false};
  }
  ATLAS_TRY(std::optional<Error> broken, work_.end_statement(changed));
  if (broken) return Failure{group, std::move(*broken), true};
  return std::nullopt;
}

// Whether the row still has the version that was read.
bool Applier::guarded(std::size_t g, std::size_t row) {
  const WriteGroup& group = groups_[g];
  if (group.kind == WriteKind::kInsert) return true;
  const Table& table = database_.table(group.shape->table);
  const RowMap& rows = *work_.rows().at(table.name);
  const auto it = rows.find(group.keys[row]);
  return it != rows.end() &&
         database_.version(*group.shape, table, *it->second) == group.guards[row];
}

// Where a key could act on the deletes, the rows are locked first: nobody refers to them meanwhile.
Result<> Applier::look_whom_removes_take_along(std::size_t g,
                                               const std::vector<std::size_t>& rows) {
  const WriteGroup& group = groups_[g];
  const Table& table = database_.table(group.shape->table);
  if (group.kind != WriteKind::kRemove || database_.describe(table).cascades.empty()) return {};
  for (const std::size_t row : rows) {
    if (!guarded(g, row)) continue;
    ATLAS_OK(work_.lock(table, group.kind, group.keys[row], {}, {}, Work::For::kRow));
  }
  for (const std::size_t row : rows) {
    if (!guarded(g, row)) continue;
    const std::string who = database_.taken_along(work_.rows(), table.name, group.keys[row]);
    if (who.empty()) continue;
    results_[g][row].status = WriteStatus::kReferred;
    results_[g][row].error = Error(Code::kHasChildren, "rows of " + who);
  }
  return {};
}

// Sets the row's result; an error ends the statement.
Result<std::optional<Error>> Applier::write(std::size_t g, std::size_t row,
                                            std::vector<Change>& changed) {
  const WriteGroup& group = groups_[g];
  const Table& table = database_.table(group.shape->table);
  WriteResult& out = results_[g][row];
  out.status = WriteStatus::kStale;
  if (!guarded(g, row)) return std::nullopt;
  const Cells cells = cells_of(work_, table, group, row);
  if (group.kind != WriteKind::kInsert) {
    ATLAS_OK(work_.lock(table, group.kind, group.keys[row], cells.columns, cells.values,
                        Work::For::kRow));
    if (!guarded(g, row)) return std::nullopt;  // somebody wrote while we waited
  }
  std::shared_ptr<const Row> stored;
  ATLAS_TRY(RowVerdict verdict,
            work_.write_in_statement(table, group.kind, group.keys[row], cells.columns,
                                     cells.values, &stored, changed));
  out.status = verdict.status;
  if (verdict.status == WriteStatus::kRejected) return std::move(verdict.error);
  if (verdict.status == WriteStatus::kApplied && stored != nullptr)
    out.version = database_.version(*group.shape, table, *stored);
  return std::nullopt;
}

Applier::Set Applier::whole_instances(const Set& set, bool& mixed) {
  Set whole;
  for (const std::uint32_t instance : set) {
    const auto mine = places(instance);
    const auto applied = std::ranges::count_if(
        mine, [&](const Place& p) { return result(p).status == WriteStatus::kApplied; });
    if (static_cast<std::size_t>(applied) == mine.size()) {
      whole.push_back(instance);
      continue;
    }
    mixed = mixed || applied > 0;
    for (const Place& place : mine) {
      if (result(place).status == WriteStatus::kApplied) result(place) = {};
    }
  }
  return whole;
}

// The error stands at the instance's write in the group that failed, or at its first one.
void Applier::reject(std::uint32_t instance, Failure failure) {
  const auto mine = places(instance);
  auto at = std::ranges::find_if(
      mine, [&](const Place& p) { return static_cast<std::ptrdiff_t>(p.group) == failure.group; });
  if (at == mine.end()) at = mine.begin();
  for (const Place& place : mine) result(place) = {};
  result(*at).status = WriteStatus::kRejected;
  result(*at).error = std::move(failure.error);
  if (failure.reference) missing_references_.push_back(instance);
}

}  // namespace atlas::sim
