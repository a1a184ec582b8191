#include "sim/agree/player_testing.h"

#include "sim/agree/canon_testing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <stdexcept>

namespace atlas::agree {
namespace {

constexpr std::int64_t kNewYear = 1'704'067'200'000'000;
constexpr std::array kTenants = {"tenant-a", "tenant-b"};

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

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().line());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// A WriteGroup and what it borrows.
struct Owned {
  std::vector<Key> keys;
  WriteGroup group;
};

class Player {
 public:
  explicit Player(Place& place) : place_(place) {
    for (std::size_t t = 0; t < kTables; ++t)
      names_.push_back(place.fixture->create_table(table_of(static_cast<Which>(t))));
    for (auto& connection : connections_) connection = place.fixture->open();
    must(connections_[0]->install());
    for (std::size_t t = 0; t < 2; ++t)
      (void)must(connections_[t]->raise_fence(kTenants.at(t), {Epoch{1}, {}}));
    for (std::size_t t = 0; t < kTables; ++t)
      shapes_.push_back(shape_of(*connections_[0], table_of(static_cast<Which>(t)), names_[t]));
  }

  std::vector<std::string> play(const Step& step) {
    lines_ = {describe(step)};
    perform(step);
    return std::move(lines_);
  }

 private:
  struct Running {
    std::unique_ptr<Transaction> transaction;
    std::int64_t batch = 0;
    bool applied = false;
  };

  void say(std::string line) { lines_.push_back("  " + std::move(line)); }
  void say(const Error& error) { say(Canon::error(error)); }
  Endpoint& endpoint(const Step& step) { return *connections_.at(step.transaction); }
  Running& running(const Step& step) { return running_.at(step.transaction); }
  // Shapes live as long as the run: endpoints may remember them.
  TableShape& shape(const Step& step) {
    TableShape& out = made_.emplace_back(shapes_.at(static_cast<std::size_t>(step.table)));
    if (step.scoped) out.scope.push_back({out.column("org"), Value::integer(1)});
    return out;
  }
  ApplyTicket ticket(const Step& step, std::int64_t later = 0) {
    return {.tenant = kTenants.at(step.transaction),
            .epoch = Epoch{epochs_.at(step.transaction) + later},
            .batch = BatchNumber{running(step).batch}};
  }

  void perform(const Step& step) {
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

  // --- the user
  // -----------------------------------------------------------------------------------

  bool there(const Step& step) {
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

  void user(const Step& step) {
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

  void rows(const Step& step) {
    Arena arena;
    const auto all = place_.fixture->rows(table_of(step.table), arena);
    std::vector<std::string> out;
    for (const auto& row : all) out.push_back(canon_.cells(row));
    // By key is by a collation here and there.
    std::ranges::sort(out);
    for (std::string& line : out) say(std::move(line));
  }

  // --- reading
  // ------------------------------------------------------------------------------------

  void look(const Step& step) {
    std::unique_ptr<Snapshot> fresh;
    if (!step.kept || !kept_) fresh = must(endpoint(step).snapshot());
    Snapshot& snapshot = fresh ? *fresh : *kept_;
    TableShape& of = shape(step);
    if (step.op == Op::kChanged)
      return pages(step, of, [&](const StampPosition& from) {
        return snapshot.changed(of, from, step.limit);
      });
    if (step.op == Op::kKeys)
      return pages(step, of, [&](const StampPosition& from) {
        return snapshot.keys(of, from.key, step.limit);
      });
    std::vector<Key> keys;
    for (const auto& key : step.keys) keys.push_back(key_of(key));
    const std::vector<KeyView> views(keys.begin(), keys.end());
    if (step.op == Op::kReferred) {
      of.key = {of.column(step.columns.front())};
      std::optional<std::uint32_t> alive;
      if (step.columns.size() > 1) alive = of.column(step.columns[1]);
      const auto found = snapshot.referred(of, views, alive);
      if (!found) return say(found.error());
      for (const std::size_t i : *found) say(fmt::format("{} is referred to", key_text(views[i])));
      return;
    }
    const auto found = step.op == Op::kRead ? snapshot.read(of, views)
                                            : snapshot.scan(of, key_of(step.key), step.limit);
    if (!found) return say(found.error());
    std::vector<std::string> out;
    for (std::size_t i = 0; i < found->size(); ++i) {
      out.push_back(canon_.cells(found->row(i)) + " " +
                    canon_.version(of.table.name, found->key(i), found->version(i)));
    }
    if (step.op == Op::kRead) std::ranges::sort(out);  // it is looked up by key
    for (std::string& line : out) say(std::move(line));
  }

  template <class Page>
  void pages(const Step& step, const TableShape& of, Page page) {
    Arena arena;
    StampPosition at;
    if (step.op == Op::kChanged && !step.key.empty()) {
      at.stamp = value_of(step.key.front());
      at.key = key_of({step.key.begin() + 1, step.key.end()});
    } else {
      at.key = key_of(step.key);
    }
    for (int i = 0; i < 100; ++i) {
      const Result<KeyPage> found = page(at);
      if (!found) return say(found.error());
      std::string line;
      for (const KeyVersion& one : found->keys) {
        line += fmt::format("{} at {} {}, ", key_text(one.key), canon_.value(one.stamp),
                            canon_.version(of.table.name, one.key, one.version));
      }
      say(line + (found->end ? "end" : "more"));
      if (found->end) return;
      if (found->keys.empty()) return say("an empty page is not the end");
      at = {found->keys.back().stamp.copy_to(arena), Key(found->keys.back().key)};
    }
  }

  // --- writing
  // ------------------------------------------------------------------------------------

  void begin(const Step& step) {
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
  RowVersion claimed(const Step& step, const Row& row, const TableShape& of, KeyView key) {
    if (row.guard == Guard::kNone) return {};
    if (row.guard == Guard::kFirst) return canon_.first(of.table.name, key);
    const Rows found = must(must(endpoint(step).snapshot())->read(of, {&key, 1}));
    if (found.size() == 0) return {};
    (void)canon_.version(of.table.name, key, found.version(0));
    return found.version(0);
  }

  std::unique_ptr<Owned> made(const Step& step, const Group& group, std::uint32_t& ordinal) {
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
  void apply(const Step& step) { show(step, prepared(step), nullptr); }

  struct Prepared {
    std::vector<std::unique_ptr<Owned>> owned;
    std::vector<WriteGroup> groups;
  };
  Prepared prepared(const Step& step) {
    Prepared out;
    std::uint32_t ordinal = 0;
    for (const Group& group : step.groups) {
      out.owned.push_back(made(step, group, ordinal));
      out.groups.push_back(out.owned.back()->group);
    }
    return out;
  }

  using Answer = Result<std::vector<std::vector<WriteResult>>>;
  void show(const Step& step, const Prepared& writes, const Answer* given) {
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
  void apply_against(const Step& step) {
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

  void end(const Step& step) {
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

  // --- fences and facts
  // ---------------------------------------------------------------------------

  void guard(const Step& step) {
    const std::string tenant = kTenants.at(step.transaction);
    std::int64_t& epoch = epochs_.at(step.transaction);
    if (running(step).transaction) return say("it runs");
    if (step.op == Op::kFence) {
      const auto found = endpoint(step).fence(tenant);
      return found ? say(fmt::format("epoch {} mark '{}'", found->epoch.value, found->mark))
                   : say(found.error());
    }
    if (step.op == Op::kRaise) {
      const auto raised = endpoint(step).raise_fence(tenant, {Epoch{epoch + step.number}, "m"});
      if (!raised) return say(raised.error());
      epoch += step.number;
      return say(fmt::format("mark '{}'", *raised));
    }
    if (step.op == Op::kPurge) {
      const auto done =
          endpoint(step).purge_witnesses(tenant, BatchNumber{running(step).batch + step.number});
      return done ? say("purged") : say(done.error());
    }
    const auto settled = endpoint(step).settle(ticket(step));
    if (!settled) return say(settled.error());
    std::string line = settled->applied ? "applied" : "never applied";
    for (const std::uint32_t ordinal : settled->unapplied) line += fmt::format(" -{}", ordinal);
    say(line);
  }

  void facts(const Step& step) {
    if (step.op == Op::kReserve) {
      const auto numbers = endpoint(step).reserve(shape(step), step.limit);
      if (!numbers) return say(numbers.error());
      for (const std::int64_t number : *numbers) say(fmt::format("number {}", number));
      return;
    }
    if (step.op == Op::kHorizon) {
      const auto horizon = endpoint(step).horizon();
      if (!horizon) return say(horizon.error());
      return say(fmt::format("{}{}{}", horizon->safe <= horizon->server_now ? "safe" : "unsafe",
                             horizon->prepared_pending ? " prepared" : "",
                             horizon->hidden ? " hidden" : ""));
    }
    const auto infos =
        endpoint(step).describe({&names_.at(static_cast<std::size_t>(step.table)), 1});
    if (!infos) return say(infos.error());
    const TableInfo& info = infos->front();
    auto list = [](const std::vector<std::string>& names) {
      return fmt::format("{}", fmt::join(names, ","));
    };
    for (const ColumnInfo& c : info.columns) {
      say(fmt::format("{} {}{}{}{}", c.name, type_kind_name(c.type.kind),
                      c.not_null ? " not null" : "", c.has_default ? " default" : "",
                      c.sequence.empty() ? "" : " fed"));
    }
    say("key " + list(info.primary_key));
    for (const UniqueInfo& u : info.uniques)
      say(fmt::format("unique {}{}{}", list(u.columns), u.primary ? " primary" : "",
                      u.plain ? "" : " partial"));
    for (const ForeignKeyInfo& f : info.foreign_keys)
      say(fmt::format("refers {} to {} {}{}", list(f.columns), f.target.name,
                      list(f.target_columns), f.cascades ? " cascades" : ""));
    for (const CascadeInfo& c : info.cascades)
      say(fmt::format("takes along {} {} by {}", c.table.name, list(c.columns),
                      list(c.target_columns)));
    say(fmt::format("{} checks", info.checks.size()));
    std::ranges::sort(lines_.begin() + 1, lines_.end());
  }

  Place& place_;
  Canon canon_;
  std::vector<TableName> names_;
  std::array<std::unique_ptr<Endpoint>, 2> connections_;
  std::vector<TableShape> shapes_;
  std::deque<TableShape> made_;
  std::array<std::int64_t, 2> epochs_ = {1, 1};
  std::unique_ptr<Snapshot> kept_;
  std::array<Running, 2> running_;
  std::vector<std::string> lines_;
};

}  // namespace

Transcript play(const Script& script, Place& place) {
  Player player(place);
  Transcript out;
  for (const Step& step : script.steps) out.push_back(player.play(step));
  return out;
}

}  // namespace atlas::agree
