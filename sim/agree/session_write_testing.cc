#include "sim/agree/session_testing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace atlas::agree {

void Session::begin(const Step& step) {
  Running& mine = running(step);
  if (mine.transaction) return say("it runs already");
  if (step.op != Op::kBeginOld) ++mine.batch;
  std::vector<TableShape> shapes = shapes_;
  if (step.op == Op::kBeginDrifted) ++shapes.back().fingerprint;
  std::vector<const TableShape*> tables;
  for (const TableShape& one : shapes) tables.push_back(&one);
  auto begun = endpoint(step).begin(ticket(step, step.number), tables);
  if (!begun) return say(begun.error());
  mine.transaction = std::move(*begun);
  mine.applied = false;
}

// The version that a write claims, by what is committed now.
RowVersion Session::claimed(const Step& step, const Row& row, const TableShape& of, KeyView key) {
  if (row.guard == Guard::kNone) return {};
  if (row.guard == Guard::kFirst) return canon_.first(of.table.name, key);
  const Rows found = must(must(endpoint(step).snapshot())->read(of, {&key, 1}));
  if (found.size() == 0) return {};
  (void)canon_.version(of.table.name, key, found.version(0));
  return found.version(0);
}

std::unique_ptr<Owned> Session::made(const Step& step, const Group& group, std::uint32_t& ordinal) {
  auto out = std::make_unique<Owned>();
  TableShape& shape = made_.emplace_back(shapes_.at(static_cast<std::size_t>(group.table)));
  shape.stamp_touched = group.touch;
  const bool insert = group.kind == WriteKind::kInsert;
  out->group.shape = &shape;
  out->group.kind = group.kind;
  if (insert) out->group.columns = shape.key;
  for (const std::string& column : group.columns)
    out->group.columns.push_back(shape.column(column));
  std::vector<std::pair<Key, const Row*>> sorted;
  for (const Row& row : group.rows) sorted.emplace_back(key_of(row.key), &row);
  std::ranges::sort(sorted, {}, [](const auto& entry) { return entry.first; });
  for (const auto& [key, row] : sorted) out->keys.push_back(key);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const Row& row = *sorted[i].second;
    out->group.keys.emplace_back(out->keys[i]);
    out->group.guards.push_back(insert ? RowVersion{} : claimed(step, row, shape, out->keys[i]));
    out->group.instances.push_back(row.instance);
    out->group.ordinals.push_back(ordinal++);
    const std::vector<Value> key = insert ? values_of(row.key) : std::vector<Value>();
    std::ranges::copy(key, std::back_inserter(out->group.cells));
    for (const Cell& cell : row.cells) out->group.cells.push_back(value_of(cell));
  }
  return out;
}

// Keys' cells of inserts are borrowed from `step`, which outlives the call.
void Session::apply(const Step& step) { show(step, prepared(step), nullptr); }

Session::Prepared Session::prepared(const Step& step) {
  Prepared out;
  std::uint32_t ordinal = 0;
  for (const Group& group : step.groups) {
    out.owned.push_back(made(step, group, ordinal));
    out.groups.push_back(out.owned.back()->group);
  }
  return out;
}

void Session::show(const Step& step, const Prepared& writes, const Answer* given) {
  Running& mine = running(step);
  if (given == nullptr && (!mine.transaction || mine.applied)) return say("nothing runs");
  mine.applied = true;
  const Answer answer = given != nullptr ? *given : mine.transaction->apply(writes.groups);
  if (!answer) {
    mine.transaction.reset();
    return say(answer.error());
  }
  std::map<std::uint32_t, int> instances;
  for (const WriteGroup& group : writes.groups) {
    for (const std::uint32_t instance : group.instances) ++instances[instance];
  }
  for (std::size_t g = 0; g < writes.groups.size(); ++g) {
    const WriteGroup& group = writes.groups[g];
    for (std::size_t r = 0; r < group.size(); ++r) {
      const bool alone = instances.at(group.instances[r]) == 1;
      say(canon_.result(group.shape->table.name, group.keys[r], alone, (*answer)[g][r]));
    }
  }
}

// Applies while the first transaction holds rows that this one may need, until that one ends.
void Session::apply_against(const Step& step) {
  Running& mine = running(step);
  if (!mine.transaction || mine.applied) return say("nothing runs");
  const Prepared writes = prepared(step);
  std::optional<Answer> answer;
  Step other{.op = step.number == 1 ? Op::kCommit : Op::kDrop};
  const bool waited = place_.contend(
      [&] { answer.emplace(mine.transaction->apply(writes.groups)); }, [&] { end(other); });
  say(waited ? "it waited" : "it did not wait");
  show(step, writes, &*answer);
}

void Session::end(const Step& step) {
  Running& mine = running(step);
  if (!mine.transaction) return say("nothing runs");
  if (step.op == Op::kCommit) {
    const CommitAnswer answer = mine.transaction->commit();
    constexpr std::array names = {"committed", "rolled back", "unknown"};
    say(names.at(static_cast<std::size_t>(answer.outcome)));
    if (answer.error) say(*answer.error);
  }
  mine.transaction.reset();
}

}  // namespace atlas::agree
