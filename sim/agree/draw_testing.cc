#include "sim/agree/draw_testing.h"

#include "foundation/rng.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace atlas::agree {
namespace {

class Drawer {
 public:
  Drawer(std::uint64_t seed, bool two_writers) : rng_(seed ^ 0xa9ee'0000ULL) {
    out_.name = fmt::format("seed {}{}", seed, two_writers ? " with two writers" : "");
    out_.two_writers = two_writers;
  }

  Script draw() {
    for (std::int64_t id = 1; id <= 3; ++id) user(Op::kUserInsert, Which::kTeam);
    for (int i = 0; i < 5; ++i) user(Op::kUserInsert, Which::kPerson);
    const std::size_t steps = 20 + below(21);
    while (out_.steps.size() < steps) some();
    for (std::size_t t = 0; t < kTables; ++t) {
      const auto table = static_cast<Which>(t);
      out_.steps.push_back({.op = Op::kUserRows, .table = table});
      out_.steps.push_back({.op = Op::kScan, .table = table});
    }
    return std::move(out_);
  }

 private:
  std::uint64_t below(std::uint64_t n) { return rng_.next() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  Which table() {
    constexpr std::array many = {Which::kTeam,   Which::kPerson, Which::kPerson,
                                 Which::kPerson, Which::kBadge,  Which::kVisit};
    return many.at(below(many.size()));
  }
  std::string word() { return fmt::format("w{}", ++words_); }
  Cell id(std::int64_t most) {
    return 1 + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most)));
  }
  Cell maybe(Cell cell) { return one_in(3) ? Cell() : std::move(cell); }
  std::vector<Cell> key(Which of) {
    if (of == Which::kBadge) {
      constexpr std::array codes = {"a", "B", "ab", "b"};
      return {id(2), codes.at(below(codes.size()))};
    }
    return {id(of == Which::kTeam ? 4 : 8)};
  }
  Cell stamp() { return one_in(4) ? Cell() : Cell(At{static_cast<std::int64_t>(below(3))}); }

  // Taken by other rows at times. With one writer not by another row of the same batch.
  std::uint64_t mail() { return out_.two_writers ? below(4) : mails_++; }

  // A cell that may be what the table refuses.
  Cell cell(const std::string& column) {
    if (column == "org") return one_in(12) ? Cell() : id(2);
    if (column == "points") return maybe(static_cast<std::int64_t>(below(12)) - 1);
    if (column == "email") return maybe(fmt::format("mail{}", mail()));
    if (column == "team") return maybe(id(4));
    if (column == "boss" || column == "holder" || column == "person") return maybe(id(8));
    if (column == "deleted_at" || column == "updated") return stamp();
    return word();
  }

  // What a user writes is never refused.
  void user(Op op, Which of) {
    Step step{.op = op, .table = of, .key = key(of)};
    if (op == Op::kUserRemove) step.table = one_in(2) ? Which::kBadge : Which::kVisit;
    if (step.table != of) step.key = key(step.table);
    if (op == Op::kUserInsert) {
      const TestTable& table = table_of(of);
      for (const TestColumn& column : table.columns) {
        if (column.name == "org" && of == Which::kPerson) {
          step.columns.push_back(column.name);
          step.cells.push_back(id(2));
        }
        if (column.name == "name" || column.name == "note") {
          step.columns.push_back(column.name);
          step.cells.emplace_back(word());
        }
        if (column.name == "updated") {
          step.columns.push_back(column.name);
          step.cells.push_back(stamp());
        }
      }
    }
    if (op == Op::kUserUpdate) {
      const bool noted = of == Which::kBadge || of == Which::kVisit;
      step.columns = {noted ? "note" : "name"};
      step.cells = {word()};
    }
    out_.steps.push_back(std::move(step));
  }

  void look(std::size_t transaction = 0) {
    constexpr std::array ops = {Op::kChanged, Op::kKeys, Op::kScan, Op::kRead, Op::kReferred};
    Step step{.op = ops.at(below(ops.size())), .table = table(), .limit = 1 + below(4)};
    step.transaction = transaction;
    if (step.op == Op::kChanged && step.table == Which::kVisit) step.table = Which::kPerson;
    step.kept = one_in(3);
    step.scoped = one_in(3) && (step.table == Which::kPerson || step.table == Which::kBadge);
    if (step.op == Op::kChanged && one_in(2)) {
      step.key = {At{static_cast<std::int64_t>(below(3))}};
      if (one_in(2)) std::ranges::copy(key(step.table), std::back_inserter(step.key));
    }
    if ((step.op == Op::kKeys || step.op == Op::kScan) && one_in(2)) step.key = key(step.table);
    if (step.op == Op::kScan) step.limit = 100;
    if (step.op == Op::kRead || step.op == Op::kReferred) {
      if (step.op == Op::kReferred) {
        step.table = Which::kPerson;
        step.columns = {one_in(2) ? "boss" : "team"};
        if (one_in(2)) step.columns.emplace_back("deleted_at");
        step.scoped = false;
      }
      std::set<std::int64_t> seen;
      for (std::uint64_t i = 0; i < 1 + below(5); ++i) step.keys.push_back(key(step.table));
      std::ranges::sort(step.keys, {}, [](const auto& k) { return fmt::format("{}", k.size()); });
      unique(step.keys);
    }
    out_.steps.push_back(std::move(step));
  }

  static std::string text(const std::vector<Cell>& key) {
    return describe(Step{.op = Op::kRead, .key = key});
  }
  static void unique(std::vector<std::vector<Cell>>& keys) {
    std::set<std::string> seen;
    std::erase_if(keys, [&](const auto& k) { return !seen.insert(text(k)).second; });
  }

  // What no other row has to do with.
  static bool faulty(const Group& group, const Row& row) {
    bool org = group.table != Which::kPerson;
    for (std::size_t c = 0; c < group.columns.size(); ++c) {
      const auto* number = std::get_if<std::int64_t>(&row.cells[c]);
      if (group.columns[c] == "org") org = number != nullptr;
      if (group.columns[c] == "points" && number != nullptr && *number < 0) return true;
      if (group.table == Which::kTeam && group.columns[c] == "name" &&
          !std::holds_alternative<std::string>(row.cells[c]))
        return true;
    }
    return !org;
  }

  Group group(std::uint32_t& instance, std::set<std::string>& taken) {
    Group out;
    out.table = table();
    out.kind = static_cast<WriteKind>(below(3));
    out.touch = !one_in(4);
    if (out.kind != WriteKind::kRemove) {
      for (const TestColumn& column : table_of(out.table).columns) {
        const auto& keys = table_of(out.table).key;
        if (std::ranges::find(keys, column.name) != keys.end()) continue;
        const bool insert = out.kind == WriteKind::kInsert;
        const bool needed = column.not_null && insert && !one_in(10);
        if (needed || one_in(insert ? 2 : 3)) out.columns.push_back(column.name);
      }
      const bool named = out.table == Which::kTeam || out.table == Which::kPerson;
      const std::string fresh = named ? "name" : "note";
      if (std::ranges::find(out.columns, fresh) == out.columns.end()) out.columns.push_back(fresh);
    }
    const std::uint64_t rows = 1 + below(4);
    for (std::uint64_t i = 0; i < rows; ++i) {
      Row row{.key = key(out.table)};
      const std::string name = table_of(out.table).name + text(row.key);
      if (!taken.insert(name).second) continue;
      for (const std::string& column : out.columns) row.cells.push_back(cell(column));
      if (out.table == Which::kTeam && !row.cells.empty() && one_in(10)) row.cells.back() = Cell();
      if (!out_.two_writers && out.kind == WriteKind::kInsert && faulty(out, row))
        row.key.back() = 20 + words_++;
      row.guard = one_in(6) ? Guard::kFirst : one_in(12) ? Guard::kNone : Guard::kNow;
      row.instance = one_in(4) ? instance : ++instance;
      out.rows.push_back(std::move(row));
    }
    return out;
  }

  Step apply(Op op, std::size_t transaction) {
    Step step{.op = op, .transaction = transaction};
    std::uint32_t instance = 0;
    std::set<std::string> taken;
    mails_ = below(4);
    const std::uint64_t groups = 1 + below(3);
    for (std::uint64_t i = 0; i < groups; ++i) {
      Group made = group(instance, taken);
      if (!made.rows.empty()) step.groups.push_back(std::move(made));
    }
    return step;
  }

  void end(std::size_t transaction) {
    out_.steps.push_back({.op = one_in(6) ? Op::kDrop : Op::kCommit, .transaction = transaction});
  }

  void transaction() {
    out_.steps.push_back({.op = Op::kBegin});
    out_.steps.push_back(apply(Op::kApply, 0));
    if (one_in(3)) look(1);
    if (one_in(4)) out_.steps.push_back({.op = Op::kKeep});
    if (!out_.two_writers || one_in(3)) return end(0);
    out_.steps.push_back({.op = Op::kBegin, .transaction = 1});
    Step second = apply(Op::kApplyAgainst, 1);
    second.number = one_in(3) ? 0 : 1;
    out_.steps.push_back(std::move(second));
    if (one_in(2)) look();
    end(1);
  }

  void fence() {
    const auto add = [&](Op op, std::int64_t number = 0) {
      out_.steps.push_back({.op = op, .number = number});
    };
    switch (below(6)) {
      case 0:
        return add(Op::kBegin, one_in(2) ? 1 : -1);
      case 1:
        return add(Op::kBeginDrifted);
      case 2:
        add(Op::kRaise, one_in(3) ? -1 : 1);
        return add(Op::kFence);
      case 3:
        add(Op::kBeginOld);
        return add(Op::kDrop);
      case 4:
        add(Op::kRaise, 1);
        add(Op::kSettle);
        if (one_in(2)) add(Op::kPurge, -1);
        return add(Op::kSettle);
      default:
        return add(Op::kHorizon);
    }
  }

  void some() {
    switch (below(10)) {
      case 0:
        return user(Op::kUserInsert, table());
      case 1:
      case 2:
        return user(Op::kUserUpdate, table());
      case 3:
        return user(Op::kUserRemove, Which::kVisit);
      case 4:
      case 5:
        return look();
      case 6:
        return fence();
      default:
        return transaction();
    }
  }

  SeededRng rng_;
  Script out_;
  std::int64_t words_ = 0;
  std::uint64_t mails_ = 0;
};

}  // namespace

Script draw(std::uint64_t seed, bool two_writers) { return Drawer(seed, two_writers).draw(); }

}  // namespace atlas::agree
