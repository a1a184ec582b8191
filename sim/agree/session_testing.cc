#include "sim/agree/session_testing.h"

#include <algorithm>

namespace atlas::agree {

namespace {

constexpr std::int64_t kNewYear = 1'704'067'200'000'000;

}  // namespace

Value value_of(const Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return Value::integer(*number);
  if (const auto* words = std::get_if<std::string>(&cell)) return Value::text(*words);
  if (const auto* at = std::get_if<At>(&cell))
    return Value::instant(kNewYear + (at->seconds * 1'000'000));
  return {};
}

std::vector<Value> values_of(const std::vector<Cell>& cells) {
  std::vector<Value> out;
  out.reserve(cells.size());
  for (const Cell& cell : cells) out.push_back(value_of(cell));
  return out;
}

Key key_of(const std::vector<Cell>& cells) {
  return cells.empty() ? Key() : encode_key(values_of(cells));
}

Session::Session(Place& place) : place_(place) {
  for (std::size_t t = 0; t < kTables; ++t)
    names_.push_back(place.fixture->create_table(table_of(static_cast<Which>(t))));
  for (auto& connection : connections_) connection = place.fixture->open();
  must(connections_[0]->install());
  for (std::size_t t = 0; t < 2; ++t)
    (void)must(connections_[t]->raise_fence(kTenants.at(t), {Epoch{1}, {}}));
  for (std::size_t t = 0; t < kTables; ++t)
    shapes_.push_back(shape_of(*connections_[0], table_of(static_cast<Which>(t)), names_[t]));
}

std::vector<std::string> Session::play(const Step& step) {
  lines_ = {describe(step)};
  perform(step);
  return std::move(lines_);
}

TableShape& Session::shape(const Step& step) {
  TableShape& out = made_.emplace_back(shapes_.at(static_cast<std::size_t>(step.table)));
  if (step.scoped) out.scope.push_back({out.column("org"), Value::integer(1)});
  return out;
}

void Session::perform(const Step& step) {
  switch (step.op) {
    case Op::kUserInsert:
    case Op::kUserUpdate:
    case Op::kUserRemove:
      return user(step);
    case Op::kUserRows:
      return rows(step);
    case Op::kKeep:
      kept_ = must(endpoint(step).snapshot());
      return;
    case Op::kChanged:
    case Op::kKeys:
    case Op::kScan:
    case Op::kRead:
    case Op::kReferred:
      return look(step);
    case Op::kBegin:
    case Op::kBeginOld:
    case Op::kBeginDrifted:
      return begin(step);
    case Op::kApply:
      return apply(step);
    case Op::kApplyAgainst:
      return apply_against(step);
    case Op::kCommit:
    case Op::kDrop:
      return end(step);
    case Op::kFence:
    case Op::kRaise:
    case Op::kSettle:
    case Op::kPurge:
      return guard(step);
    case Op::kReserve:
    case Op::kHorizon:
    case Op::kDescribe:
      return facts(step);
  }
}

bool Session::there(const Step& step) {
  Arena arena;
  const TestTable& table = table_of(step.table);
  for (const auto& row : place_.fixture->rows(table, arena)) {
    std::vector<Value> key;
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (std::ranges::find(table.key, table.columns[c].name) != table.key.end())
        key.push_back(row[c]);
    }
    if (encode_key(key) == key_of(step.key)) return true;
  }
  return false;
}

void Session::user(const Step& step) {
  const TestTable& table = table_of(step.table);
  if (there(step) != (step.op != Op::kUserInsert)) return say("nothing to do");
  const std::vector<Value> key = values_of(step.key);
  if (step.op == Op::kUserRemove) return place_.fixture->remove(table, key);
  if (step.op == Op::kUserUpdate)
    return place_.fixture->update(table, key, step.columns.front(), value_of(step.cells.front()));
  std::vector<Value> row(table.columns.size());
  auto put = [&](const std::string& column, const Cell& cell) {
    const auto at = std::ranges::find(table.columns, column, &TestColumn::name);
    row[static_cast<std::size_t>(at - table.columns.begin())] = value_of(cell);
  };
  for (std::size_t k = 0; k < table.key.size(); ++k) put(table.key[k], step.key[k]);
  for (std::size_t c = 0; c < step.columns.size(); ++c) put(step.columns[c], step.cells[c]);
  place_.fixture->insert(table, {&row, 1});
}

void Session::rows(const Step& step) {
  Arena arena;
  const auto all = place_.fixture->rows(table_of(step.table), arena);
  std::vector<std::string> out;
  for (const auto& row : all) out.push_back(canon_.cells(row));
  // By key is by a collation here and there.
  std::ranges::sort(out);
  for (std::string& line : out) say(std::move(line));
}

}  // namespace atlas::agree
