#include "sim/virtual/fixture_testing.h"

#include "sim/virtual/endpoint.h"

#include <utility>

namespace atlas::sim {
namespace {

ColumnInfo column_of(const TestColumn& column) {
  ColumnInfo out;
  out.name = column.name;
  out.type = column.type;
  out.not_null = column.not_null;
  out.has_default = !column.default_text.empty();
  return out;
}
TableName name_of(const TestTable& table) { return {"", table.name}; }

}  // namespace

VirtualFixture::VirtualFixture(TokenStyle tokens) : database_(world_, "virtual", tokens) {
  world_.set(Instant(std::chrono::sys_days{std::chrono::year{2026} / 1 / 2}));
}

std::unique_ptr<Endpoint> VirtualFixture::open() {
  return std::make_unique<VirtualEndpoint>(database_);
}

TableName VirtualFixture::create_table(const TestTable& table) {
  Table made;
  made.name = name_of(table);
  for (const TestColumn& c : table.columns) {
    if (!c.default_text.empty())
      made.defaults[static_cast<std::uint32_t>(made.columns.size())] = c.default_text;
    made.columns.push_back(column_of(c));
  }
  for (const std::string& k : table.key) made.key.push_back(made.column(k));
  if (!table.stamp.empty()) made.stamp = made.column(table.stamp);
  for (const TestUnique& u : table.uniques) {
    made.uniques.emplace_back();
    made.uniques.back().name = u.name;
    made.uniques.back().columns = u.columns;
  }
  for (const TestCheck& c : table.checks) {
    const std::uint32_t column = made.column(c.column);
    made.checks.push_back({c.name, [column, least = c.at_least](std::span<const Value> row) {
                             return row[column].is_null() || row[column].as_int() >= least;
                           }});
  }
  for (const TestReference& r : table.references)
    made.references.push_back(
        {r.name, made.column(r.column), {"", r.target}, r.deferred, r.cascades});
  if (table.key_sequence) {
    made.sequence = table.name + "_seq";
    made.columns[made.key.front()].sequence = made.sequence;
    made.columns[made.key.front()].has_default = true;
  }
  return database_.create(std::move(made)).name;
}

void VirtualFixture::create_trigger(const TestTable& table, const TestTrigger& trigger) {
  Table& t = database_.table(name_of(table));
  const std::uint32_t when = t.column(trigger.when);
  const std::optional<std::uint32_t> set =
      trigger.set.empty() ? std::nullopt : std::optional(t.column(trigger.set));
  Trigger made;
  made.name = trigger.name;
  made.on = trigger.on;
  made.moment = trigger.effect == TestEffect::kRewriteAfter ? Moment::kAfter : Moment::kBefore;
  made.run = [trigger, when, set](std::span<const Value>, std::span<Value> row, Arena& arena) {
    if (row[when].is_null() || row[when].as_text() != trigger.is) return TriggerAnswer::kGo;
    switch (trigger.effect) {
      case TestEffect::kSwallow:
        return TriggerAnswer::kSwallow;
      case TestEffect::kRaise:
        return TriggerAnswer::kRaise;
      case TestEffect::kRewrite:
      case TestEffect::kRewriteAfter:
        row[*set] = Value::text(arena.copy(trigger.to));
        break;
    }
    return TriggerAnswer::kGo;
  };
  t.triggers.push_back(std::move(made));
}

void VirtualFixture::add_column(const TestTable& table, const TestColumn& column) {
  database_.table(name_of(table)).columns.push_back(column_of(column));
}

void VirtualFixture::insert(const TestTable& table, std::span<const std::vector<Value>> rows) {
  for (const std::vector<Value>& row : rows) {
    Database::Cells cells;
    for (std::size_t i = 0; i < row.size(); ++i) cells.emplace_back(table.columns[i].name, row[i]);
    (void)database_.insert(name_of(table), cells);
  }
}
void VirtualFixture::update(const TestTable& table, std::span<const Value> key,
                            std::string_view column, const Value& value) {
  world_.pass(Micros(1));
  const Key row = encode_key(key);
  Database::Cells cells = {{std::string(column), value}};
  // Nothing touches the stamp of a user's write but the user.
  const auto& rows = database_.rows(name_of(table));
  const auto old = rows.find(row);
  if (!table.stamp.empty() && column != table.stamp && old != rows.end())
    cells.emplace_back(table.stamp,
                       old->second->cells[database_.find(name_of(table))->column(table.stamp)]);
  database_.update(name_of(table), row, cells);
}
void VirtualFixture::remove(const TestTable& table, std::span<const Value> key) {
  database_.remove(name_of(table), encode_key(key));
}
std::vector<std::vector<Value>> VirtualFixture::rows(const TestTable& table, Arena& arena) {
  std::vector<std::vector<Value>> out;
  for (const auto& [key, row] : database_.rows(name_of(table))) {
    auto& cells = out.emplace_back();
    for (const Value& cell : row->cells) cells.push_back(cell.copy_to(arena));
  }
  return out;
}

}  // namespace atlas::sim
