#include "sim/virtual/database.h"

#include "foundation/assert.h"
#include "model/hashing.h"
#include "model/text_form.h"
#include "sim/virtual/work.h"

#include <algorithm>

namespace atlas::sim {
namespace {

bool fits(const Type& type, const Value& value) {
  const Tag tag = value.tag();
  switch (type.kind) {
    case TypeKind::kBool:
      return tag == Tag::kBool;
    case TypeKind::kInt2:
    case TypeKind::kInt4:
    case TypeKind::kInt8:
      return tag == Tag::kInt;
    case TypeKind::kNumeric:
      return tag == Tag::kDecimal || tag == Tag::kInt;
    case TypeKind::kFloat4:
    case TypeKind::kFloat8:
      return tag == Tag::kFloat;
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
    case TypeKind::kEnum:
      return tag == Tag::kText;
    case TypeKind::kBytea:
      return tag == Tag::kBytes;
    case TypeKind::kDate:
      return tag == Tag::kDate;
    case TypeKind::kTime:
      return tag == Tag::kTime;
    case TypeKind::kTimestamp:
      return tag == Tag::kTimestamp;
    case TypeKind::kTimestampTz:
      return tag == Tag::kInstant;
    case TypeKind::kInterval:
      return tag == Tag::kInterval;
    case TypeKind::kUuid:
      return tag == Tag::kUuid;
    case TypeKind::kJson:
    case TypeKind::kJsonb:
      return tag == Tag::kJson;
    case TypeKind::kArray:
    case TypeKind::kOther:
      return tag == Tag::kOther;
  }
  return false;
}

RowVerdict rejected(Code code, std::string why, std::string constraint = {}) {
  return {WriteStatus::kRejected, Error(code, std::move(why)).on_constraint(std::move(constraint))};
}

std::shared_ptr<Row> copy_of(const Row& row) {
  auto out = std::make_shared<Row>();
  for (const Value& cell : row.cells) out->cells.push_back(cell.copy_to(out->arena));
  out->writer = row.writer;
  return out;
}

RowMap& writable(Moments& rows, const TableName& table) {
  auto own = std::make_shared<RowMap>(*rows.at(table));
  RowMap& out = *own;
  rows[table] = std::move(own);
  return out;
}

// What the catalog says of a table that is being written by this one transaction only.
RowMap& writable_once(Moments& rows, const TableName& table) {
  auto& slot = rows.at(table);
  // Nobody else holds it: it was copied by an earlier statement of this transaction.
  if (slot.use_count() == 1) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): writable() made it, not const
    return const_cast<RowMap&>(*slot);
  }
  return writable(rows, table);
}

bool same_columns(const Table& table, const std::vector<std::string>& columns,
                  const std::vector<Value>& a, const std::vector<Value>& b) {
  return std::all_of(columns.begin(), columns.end(), [&](const std::string& name) {
    const std::uint32_t c = table.column(name);
    return !a[c].is_null() && a[c] == b[c];  // nulls never collide
  });
}

Key key_of(const Value& component) { return encode_key({&component, 1}); }

}  // namespace

std::uint32_t Table::column(std::string_view wanted) const {
  for (std::uint32_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == wanted) return i;
  }
  ATLAS_ASSERT(false, "a virtual table was asked for a column it does not have");
  return 0;
}

TableInfo Table::info() const {
  TableInfo out;
  out.table = name;
  out.columns = columns;
  for (const std::uint32_t c : key) out.primary_key.push_back(columns[c].name);
  out.uniques = uniques;
  UniqueInfo primary;
  primary.name = name.name + "_pkey";
  primary.columns = out.primary_key;
  primary.primary = true;
  out.uniques.push_back(std::move(primary));
  for (const Reference& r : references) {
    ForeignKeyInfo reference;
    reference.name = r.name;
    reference.columns = {columns[r.column].name};
    reference.target = r.target;
    reference.cascades = r.cascades;
    out.foreign_keys.push_back(std::move(reference));
  }
  for (const Check& c : checks) out.checks.push_back(c.name);
  for (const Trigger& t : triggers) {
    const bool before = t.moment == Moment::kBefore;
    out.triggers.push_back({t.name, before, !before});
  }
  std::string text = name.text();
  for (const ColumnInfo& c : columns)
    text += "|" + c.name + ":" + c.type.name + (c.not_null ? "!" : "");
  for (const UniqueInfo& u : uniques) text += "|u " + u.name;
  for (const Check& c : checks) text += "|c " + c.name;
  for (const Trigger& t : triggers) text += "|t " + t.name;
  out.fingerprint = stable_hash(text);
  return out;
}

Database::Database(World& world, std::string name, TokenStyle tokens)
    : world_(world), name_(std::move(name)), tokens_(tokens) {}

TableInfo Database::describe(const Table& table) const {
  TableInfo out = table.info();
  // References point to keys.
  for (ForeignKeyInfo& reference : out.foreign_keys) {
    if (const Table* target = find(reference.target))
      reference.target_columns = {target->columns[target->key.front()].name};
  }
  for (const auto& [name, other] : catalog_) {
    for (const Reference& r : other.references) {
      if (r.target != table.name || !r.cascades) continue;
      out.cascades.push_back({name, {other.columns[r.column].name}, out.primary_key});
    }
  }
  return out;
}

const std::string& Database::port(std::string_view method) const {
  auto it = ports_.find(method);
  if (it == ports_.end())
    it = ports_.emplace(std::string(method), name_ + "." + std::string(method)).first;
  return it->second;
}

Table& Database::create(Table table) {
  const TableName name = table.name;
  tables_[name] = std::make_shared<RowMap>();
  return catalog_.insert_or_assign(name, std::move(table)).first->second;
}

Table& Database::table(const TableName& name) {
  const auto it = catalog_.find(name);
  ATLAS_ASSERT(it != catalog_.end(), "a virtual database was asked for a table it does not have");
  return it->second;
}

const Table* Database::find(const TableName& name) const {
  const auto it = catalog_.find(name);
  return it == catalog_.end() ? nullptr : &it->second;
}

void Database::add_column(const TableName& name, const ColumnInfo& column) {
  table(name).columns.push_back(column);
  auto rows = std::make_shared<RowMap>();
  for (const auto& [key, row] : *tables_.at(name)) {
    auto wider = copy_of(*row);
    wider->cells.emplace_back();
    rows->emplace(key, std::move(wider));
  }
  tables_[name] = std::move(rows);
}

// --- users
// ----------------------------------------------------------------------------------------

void Database::put(const TableName& name, WriteKind kind, KeyView key, const Cells& given) {
  const Table& t = table(name);
  Cells cells = given;
  if (t.stamp && kind != WriteKind::kRemove) {
    const ColumnInfo& stamp = t.columns[*t.stamp];
    const std::int64_t stamp_now = now().time_since_epoch().count();
    const bool stamped = std::any_of(cells.begin(), cells.end(),
                                     [&](const auto& c) { return c.first == stamp.name; });
    if (!stamped)
      cells.emplace_back(stamp.name, stamp.type.kind == TypeKind::kTimestampTz
                                         ? Value::instant(stamp_now)
                                         : Value::timestamp(stamp_now));
  }
  auto row = std::make_shared<Row>();  // keeps the cells until the write is done
  std::vector<std::uint32_t> columns;
  std::vector<Value> values;
  for (const auto& [column, value] : cells) {
    columns.push_back(t.column(column));
    values.push_back(value.copy_to(row->arena));
  }
  // Its stamp is taken now, its commit may come later: the horizon stays before it.
  auto work = std::make_shared<Work>(*this);
  waiting_.emplace_back([&t, kind, key = Key(key), columns = std::move(columns),
                         values = std::move(values), row, work] {
    if (work->blocked(t, kind, key, columns, values)) return false;
    const RowVerdict verdict = work->write(t, kind, key, columns, values);
    ATLAS_ASSERT(verdict.status == WriteStatus::kApplied, "a user's write was refused");
    ATLAS_ASSERT(work->database().broken_references(work->rows()).empty(),
                 "a user's write leaves a reference broken");
    work->commit();
    return true;
  });
  go_on();
}

void Database::go_on() {
  if (going_on_) return;  // whoever is at it looks at all of them again
  going_on_ = true;
  for (std::size_t i = 0; i < waiting_.size();) {
    auto statement = waiting_[i];
    if (!statement()) {
      ++i;
      continue;
    }
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    i = 0;
  }
  going_on_ = false;
}

Key Database::insert(const TableName& name, const Cells& cells) {
  const Table& t = table(name);
  Cells all = cells;
  std::vector<Value> key;
  for (const std::uint32_t c : t.key) {
    auto given = std::find_if(all.begin(), all.end(),
                              [&](const auto& cell) { return cell.first == t.columns[c].name; });
    if (given == all.end()) {
      ATLAS_ASSERT(!t.sequence.empty(),
                   "a row without a key is put into a table without a sequence");
      given = all.insert(all.end(), {t.columns[c].name, Value::integer(next_of(t.sequence))});
    }
    key.push_back(given->second);
  }
  Key out = encode_key(key);
  put(name, WriteKind::kInsert, out, all);
  return out;
}

void Database::update(const TableName& name, KeyView key, const Cells& cells) {
  put(name, WriteKind::kUpdate, key, cells);
}

void Database::remove(const TableName& name, KeyView key) {
  put(name, WriteKind::kRemove, key, {});
}

std::string Database::text(const TableName& name, KeyView key, std::string_view column) const {
  const RowMap& all = rows(name);
  const auto it = all.find(key);
  if (it == all.end()) return "(none)";
  return value_text(it->second->cells[find(name)->column(column)]);
}

bool Database::has(const TableName& name, KeyView key) const { return rows(name).contains(key); }

// --- statements
// ------------------------------------------------------------------------------------

RowVersion Database::version(const TableShape& shape, const Table& table, const Row& row) const {
  RowVersion out;
  if (tokens_ == TokenStyle::kWriter) {
    out.token = row.writer;
  } else {
    std::string text;
    for (const Value& cell : row.cells) {
      text.push_back(static_cast<char>(cell.tag()));
      append_value_text(text, cell);
      text.push_back('\0');
    }
    out.token = stable_hash(text) | 1U;
  }
  if (!shape.stamp) return out;
  const Value& stamp = row.cells[table.column(shape.columns[*shape.stamp].name)];
  if (stamp.is_null()) return out;
  out.stamp_us = stamp.tag() == Tag::kInstant
                     ? stamp.as_int()
                     : to_instant(shape.stamp_zone, stamp.as_int()).value_or(kMinusInfinity);
  return out;
}

RowVerdict Database::prepare(const Moments& rows, const Table& table, WriteKind kind, KeyView key,
                             std::span<const std::uint32_t> columns, std::span<const Value> cells,
                             std::uint64_t writer, std::shared_ptr<Row>& row) const {
  const RowMap& before = *rows.at(table.name);
  const auto at = before.find(key);
  const bool insert = kind == WriteKind::kInsert;
  if (!insert && at == before.end()) return {WriteStatus::kStale, std::nullopt};
  row = insert ? std::make_shared<Row>() : copy_of(*at->second);
  row->cells.resize(table.columns.size());
  row->writer = writer;
  if (insert) {
    for (const auto& [column, text] : table.defaults)
      row->cells[column] = Value::text(row->arena.copy(text));
  }
  for (std::size_t i = 0; i < columns.size(); ++i)
    row->cells[columns[i]] = cells[i].copy_to(row->arena);
  const std::span<const Value> old_cells =
      insert ? std::span<const Value>() : std::span<const Value>(at->second->cells);
  for (const Trigger& trigger : table.triggers) {
    if (trigger.on != kind || trigger.moment != Moment::kBefore) continue;
    switch (trigger.run(old_cells, row->cells, row->arena)) {
      case TriggerAnswer::kGo:
        break;
      case TriggerAnswer::kSwallow:
        return {WriteStatus::kSuppressed, std::nullopt};
      case TriggerAnswer::kRaise:
        return rejected(Code::kTriggerRaised, "a trigger refused the row", trigger.name);
    }
  }
  if (kind == WriteKind::kRemove) return {};
  for (std::size_t c = 0; c < row->cells.size(); ++c) {
    const Value& cell = row->cells[c];
    if (cell.is_null() && table.columns[c].not_null)
      return rejected(Code::kConstraintViolated, "a required column is null",
                      table.columns[c].name);
    ATLAS_ASSERT(cell.is_null() || fits(table.columns[c].type, cell),
                 "a cell is of another type than its column");
  }
  for (const Check& check : table.checks) {
    if (!check.holds(row->cells))
      return rejected(Code::kConstraintViolated, "a check does not hold", check.name);
  }
  return {};
}

void Database::remove_row(Moments& rows, const Table& table, KeyView key,
                          std::vector<Change>& changed) const {
  for (const auto& [name, other] : catalog_) {
    for (const Reference& r : other.references) {
      if (r.target != table.name || r.deferred || !r.cascades) continue;
      std::erase_if(writable_once(rows, name), [&](const auto& entry) {
        const Value& cell = entry.second->cells[r.column];
        const bool goes = !cell.is_null() && key_of(cell) == key;
        if (goes) changed.push_back({&other, entry.first, entry.second, nullptr});
        return goes;
      });
    }
  }
  RowMap& mine = writable_once(rows, table.name);
  const auto at = mine.find(key);
  if (at == mine.end()) return;  // it went along with another
  changed.push_back({&table, at->first, at->second, nullptr});
  mine.erase(at);
}

RowVerdict Database::store(Moments& rows, const Table& table, WriteKind kind, KeyView key,
                           const std::shared_ptr<Row>& row, std::shared_ptr<const Row>* stored,
                           std::vector<Change>& changed) const {
  if (kind == WriteKind::kRemove) {
    remove_row(rows, table, key, changed);
    return {};
  }
  const RowMap& before = *rows.at(table.name);
  const auto at = before.find(key);
  const std::shared_ptr<const Row> old = at == before.end() ? nullptr : at->second;
  if (kind == WriteKind::kInsert && old != nullptr) return {WriteStatus::kKeyTaken, std::nullopt};
  for (const UniqueInfo& unique : table.uniques) {
    const bool taken = std::any_of(before.begin(), before.end(), [&](const auto& entry) {
      return entry.first != key &&
             same_columns(table, unique.columns, entry.second->cells, row->cells);
    });
    if (taken) return rejected(Code::kUniqueTaken, "another row holds the value", unique.name);
  }
  const std::span<const Value> old_cells =
      old == nullptr ? std::span<const Value>() : std::span<const Value>(old->cells);
  std::shared_ptr<const Row> last = row;
  for (const Trigger& trigger : table.triggers) {
    if (trigger.on != kind || trigger.moment != Moment::kAfter) continue;
    auto further = copy_of(*last);
    const TriggerAnswer answer = trigger.run(old_cells, further->cells, further->arena);
    if (answer == TriggerAnswer::kRaise)
      return rejected(Code::kTriggerRaised, "a trigger refused the row", trigger.name);
    last = std::move(further);
  }
  writable_once(rows, table.name)[Key(key)] = last;
  changed.push_back({&table, Key(key), old, last});
  if (stored != nullptr) *stored = row;
  return {};
}

std::optional<Error> Database::broken_reference(const Moments& rows,
                                                std::span<const Change> changed) const {
  auto broken = [](const char* why, const Reference& r) {
    return Error(Code::kConstraintViolated, why).on_constraint(r.name);
  };
  for (const Change& change : changed) {
    const TableName& name = change.table->name;
    const Key& key = change.key;
    if (const auto row = rows.at(name)->find(key); row != rows.at(name)->end()) {
      for (const Reference& r : change.table->references) {
        const Value& cell = row->second->cells[r.column];
        if (!r.deferred && !cell.is_null() && !rows.at(r.target)->contains(key_of(cell)))
          return broken("there is no such parent", r);
      }
      continue;
    }
    for (const auto& [other, table] : catalog_) {
      for (const Reference& r : table.references) {
        if (r.target != name || r.deferred || r.cascades) continue;
        const RowMap& children = *rows.at(other);
        const bool child = std::ranges::any_of(children, [&](const auto& entry) {
          const Value& cell = entry.second->cells[r.column];
          return !cell.is_null() && key_of(cell) == key;
        });
        if (child) return broken("the row still has children", r);
      }
    }
  }
  return std::nullopt;
}

std::string Database::taken_along(const Moments& rows, const TableName& table, KeyView key) const {
  for (const auto& [name, other] : catalog_) {
    for (const Reference& r : other.references) {
      if (r.target != table || !r.cascades) continue;
      if (other.row_security) return name.text() + ", which cannot be seen";
      const RowMap& children = *rows.at(name);
      const bool any = std::any_of(children.begin(), children.end(), [&](const auto& entry) {
        const Value& cell = entry.second->cells[r.column];
        const bool itself = name == table && entry.first == key;
        return !itself && !cell.is_null() && key_of(cell) == key;
      });
      if (any) return name.text();
    }
  }
  return {};
}

std::vector<Database::Broken> Database::broken_references(const Moments& rows) const {
  std::vector<Broken> out;
  for (const auto& [name, table] : catalog_) {
    for (const Reference& r : table.references) {
      if (!r.deferred) continue;
      for (const auto& [key, row] : *rows.at(name)) {
        const Value& cell = row->cells[r.column];
        if (!cell.is_null() && !rows.at(r.target)->contains(key_of(cell)))
          out.push_back({name, key, r.name});
      }
    }
  }
  return out;
}

// --- transactions
// -----------------------------------------------------------------------------------

bool Database::applies_in_flight() const {
  return std::ranges::any_of(open_, [](const Work* work) { return work->bridge_.has_value(); });
}

void Database::time_out_waits() { ++timeouts_; }

bool Database::crash() {
  ++incarnation_;
  later_.clear();
  waiting_.clear();
  const std::vector<Work*> open = open_;
  const bool prepared_ones = std::ranges::any_of(open, &Work::prepared_);
  // The numbers of prepared transactions are known to the log.
  const bool again = !prepared_ones && writers_ > committed_;
  if (again) writers_ = committed_;
  for (Work* work : open) {
    if (!work->prepared_) work->end();
  }
  return again;
}

bool Database::finish_commits() {
  std::vector<std::function<void()>> all;
  all.swap(later_);
  for (auto& effect : all) effect();
  return !all.empty();
}

void Database::restore(const Backup& from) {
  tables_ = from.tables;
  sequences_ = from.sequences;
  fences = from.fences;
  witnesses = from.witnesses;
  writers_ = from.writers;
  committed_ = from.writers;
  (void)crash();
}

}  // namespace atlas::sim
