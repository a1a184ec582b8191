#include "engines/postgres/apply.h"

#include "engines/postgres/codec.h"
#include "engines/postgres/table_sql.h"
#include "engines/postgres/write_sql.h"
#include "foundation/assert.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas::postgres {
namespace {

constexpr std::size_t kStatementRowsMax = 5'000;
constexpr std::size_t kStatementBytesMax = std::size_t{4} << 20;
constexpr std::string_view kForeignKeyState = "23503";

// Internal errors are raised by triggers in C, too: bisected like all others, they cost one row and
// not the table.
bool is_a_rows_fault(const Error& error) {
  return error.kind() == ErrorKind::kRejected || error.sqlstate() == "XX000";
}

Error as_rejection(const Error& error) {
  if (error.kind() == ErrorKind::kRejected) return error;
  return Error(Code::kTriggerRaised, error.why())
      .at(error.where())
      .sql(error.sqlstate(), error.statement());
}

bool among(const std::vector<TableName>& tables, const TableName& table) {
  return std::ranges::find(tables, table) != tables.end();
}

bool ascending(const std::vector<KeyView>& keys) {
  return std::adjacent_find(keys.begin(), keys.end(), std::greater_equal<>()) == keys.end();
}

}  // namespace

Applier::Applier(Connection& connection, std::span<const WriteGroup> groups,
                 const TableTraits& traits)
    : connection_(connection), groups_(groups), traits_(traits), guarding_(groups.size()) {
  results_.resize(groups.size());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    ATLAS_ASSERT(ascending(groups[g].keys), "the rows of a group are not sorted by key");
    sql_.push_back(write_sql(groups[g], among(traits.partitioned, groups[g].shape->table)));
    labels_.push_back(write_label(groups[g]));
    results_[g].resize(groups[g].size());
  }
  number_instances();
}

// Instances become 0..n-1 in the caller's order; their places stand together.
void Applier::number_instances() {
  for (std::uint32_t g = 0; g < groups_.size(); ++g) {
    for (std::uint32_t r = 0; r < groups_[g].size(); ++r)
      places_.push_back({groups_[g].instances[r], g, r});
  }
  std::sort(places_.begin(), places_.end());
  std::uint32_t previous = 0;
  for (std::uint32_t i = 0; i < places_.size(); ++i) {
    if (i == 0 || places_[i].instance != previous) begins_.push_back(i);
    previous = places_[i].instance;
    places_[i].instance = static_cast<std::uint32_t>(begins_.size()) - 1;
  }
  begins_.push_back(static_cast<std::uint32_t>(places_.size()));
}

std::span<const Applier::Place> Applier::places(std::uint32_t instance) const {
  return {places_.data() + begins_[instance], begins_[instance + 1] - begins_[instance]};
}

// Asks which foreign keys the removes may set off. The answer holds: our lock on the table keeps
// new ones away.
Result<> Applier::prepare_guards() {
  std::vector<TableName> tables;
  std::vector<std::size_t> owners;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const TableName& table = groups_[g].shape->table;
    if (groups_[g].kind != WriteKind::kRemove || !among(traits_.may_be_referred, table)) continue;
    tables.push_back(table);
    owners.push_back(g);
  }
  if (tables.empty()) return {};
  ATLAS_TRY(const auto keys, referring_keys(connection_, tables));
  for (std::size_t i = 0; i < owners.size(); ++i) {
    const std::size_t g = owners[i];
    auto guard = guard_of(groups_[g], keys[i]);
    if (!guard) {
      guarding_[g].blind = std::move(guard).error().at(connection_.options().where);
      continue;
    }
    guarding_[g].guard = std::move(*guard);
    if (guarding_[g].guard) sql_[g] = guarded_remove_sql(groups_[g], *guarding_[g].guard);
  }
  return {};
}

// Leaves out instances with a cell that the column's type cannot express, which cannot even be
// sent, and removes where nobody can tell whom they would take along.
std::vector<std::uint32_t> Applier::fitting_instances() {
  std::vector<std::uint32_t> fitting;
  const auto count = static_cast<std::uint32_t>(begins_.size() - 1);
  fitting.reserve(count);
  for (std::uint32_t instance = 0; instance < count; ++instance) {
    const auto mine = places(instance);
    const auto unfit = std::find_if(mine.begin(), mine.end(), [&](const Place& p) {
      return guarding_[p.group].blind || !row_fits(groups_[p.group], p.row);
    });
    if (unfit == mine.end()) {
      fitting.push_back(instance);
      continue;
    }
    if (const auto& blind = guarding_[unfit->group].blind) {
      result(*unfit) = {.status = WriteStatus::kReferred, .version = {}, .error = blind};
      continue;
    }
    result(*unfit) = {.status = WriteStatus::kRejected,
                      .version = {},
                      .error = Error(Code::kOutsideDomain,
                                     fmt::format("{}: a value does not fit its column's type",
                                                 labels_[unfit->group]))
                                   .at(connection_.options().where)};
  }
  return fitting;
}

// Finds the groups that are copied in, and asks for the clock that touches their stamps: COPY takes
// values, not expressions.
Result<> Applier::prepare_copies() {
  copying_.resize(groups_.size());
  std::vector<std::string> clocks;
  std::vector<std::size_t> owners;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    // Partitions may have triggers of their own.
    const bool parts = among(traits_.partitioned, groups_[g].shape->table);
    if (parts || !can_copy(groups_[g])) continue;
    copying_[g] = {.possible = true,
                   .sql = copy_sql(groups_[g]),
                   .version_sql = written_sql(*groups_[g].shape),
                   .touched = {}};
    const std::string clock = touch_expression(groups_[g]);
    if (clock.empty()) continue;
    clocks.push_back("select " + clock);
    owners.push_back(g);
  }
  if (clocks.empty()) return {};
  std::vector<Step> steps;
  steps.reserve(clocks.size());
  for (const std::string& clock : clocks) steps.push_back({.label = "apply", .sql = clock});
  ATLAS_TRY(const std::vector<Rowset> results, connection_.run_all(steps));
  for (std::size_t i = 0; i < owners.size(); ++i)
    copying_[owners[i]].touched = results[i].bytes(0, 0);
  return {};
}

Result<ApplyResults> Applier::run() {
  ATLAS_OK(prepare_copies());
  ATLAS_OK(prepare_guards());
  ATLAS_OK(apply_set(fitting_instances()));
  ATLAS_OK(retry_references());
  if (mark_ == Mark::kUndo) ATLAS_OK(connection_.command("apply", "rollback to savepoint atlas"));
  return std::move(results_);
}

// Applies what of `set` can be applied.
Result<> Applier::apply_set(std::vector<std::uint32_t> set) {
  while (!set.empty()) {
    build(set);
    const Attempt answer = attempt();
    if (copies_fell_short(answer)) {
      // COPY knows all rows or none. Statements with a conflict target tell a taken key from what
      // the database refuses.
      mark_ = Mark::kUndo;
      for (Copying& copying : copying_) copying.possible = false;
      continue;
    }
    if (answer.error) {
      if (!is_a_rows_fault(*answer.error)) return *answer.error;
      mark_ = Mark::kUndo;
      if (set.size() == 1) {
        const std::ptrdiff_t group =
            answer.failed < 0 ? -1 : statements_[static_cast<std::size_t>(answer.failed)].group;
        reject(set.front(), group, *answer.error);
        return {};
      }
      const auto middle = set.begin() + static_cast<std::ptrdiff_t>(set.size() / 2);
      ATLAS_OK(apply_set({set.begin(), middle}));
      set.erase(set.begin(), middle);
      continue;
    }
    mark_ = Mark::kKept;
    read_returned(answer);
    ATLAS_OK(look_again());
    bool mixed = false;
    std::vector<std::uint32_t> whole = whole_instances(set, mixed);
    if (!mixed) return {};
    // Some instance was applied in part: everything is undone and done again without the instances
    // that failed.
    mark_ = Mark::kUndo;
    set = std::move(whole);
  }
  return {};
}

// A child may have been tried before its parent's half was applied: those refused by a foreign key
// get further rounds while any of them succeeds.
Result<> Applier::retry_references() {
  while (!missing_references_.empty()) {
    const std::size_t before = missing_references_.size();
    if (before == begins_.size() - 1) return {};  // nothing else was applied
    std::vector<std::uint32_t> set = std::move(missing_references_);
    missing_references_.clear();
    std::sort(set.begin(), set.end());
    for (const std::uint32_t instance : set) {
      for (const Place& place : places(instance)) result(place) = {};
    }
    ATLAS_OK(apply_set(std::move(set)));
    if (missing_references_.size() == before) return {};
  }
  return {};
}

// --- one attempt --------------------------------------------------------------------------------

void Applier::build(std::span<const std::uint32_t> set) {
  statements_used_ = 0;
  std::vector<std::vector<std::uint32_t>> rows(groups_.size());
  for (const std::uint32_t instance : set) {
    for (const Place& place : places(instance)) rows[place.group].push_back(place.row);
  }
  for (std::uint32_t g = 0; g < groups_.size(); ++g) {
    std::sort(rows[g].begin(), rows[g].end());
    add_rows(g, rows[g]);
  }
}

void Applier::add_rows(std::uint32_t group, std::span<const std::uint32_t> rows) {
  const WriteGroup& source = groups_[group];
  const bool copied = copying_[group].possible && rows.size() >= kCopyRowsMin;
  while (!rows.empty()) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (count < rows.size() && (copied || count < kStatementRowsMax) &&
           (count == 0 || bytes < kStatementBytesMax)) {
      bytes += row_bytes(source, rows[count++]);
    }
    if (statements_used_ == statements_.size()) statements_.emplace_back();
    Statement& statement = statements_[statements_used_++];
    statement.group = group;
    statement.rows.assign(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count));
    statement.params.clear();
    statement.copied = copied;
    if (copied) {
      copy_rows(source, statement.rows, copying_[group].touched, statement.copy);
      const KeyView first = source.keys[statement.rows.front()];
      (void)bind_keys(*source.shape, {&first, 1}, statement.params);
    } else {
      bind_rows(source, statement.rows, statement.params);
    }
    rows = rows.subspan(count);
  }
}

// Sends what has been gathered and keeps the answers of statements. False: something failed.
bool Applier::send(std::vector<Step>& steps, std::vector<Owner>& owners, Attempt& out) {
  if (steps.empty()) return true;
  PipelineAnswer answer = connection_.pipeline(steps);
  for (std::size_t i = 0; i < answer.results.size(); ++i) {
    if (owners[i].statement < 0) continue;
    auto& into = owners[i].look ? out.looks : out.results;
    into[static_cast<std::size_t>(owners[i].statement)] = std::move(answer.results[i]);
  }
  if (answer.error) {
    out.failed = answer.failed < owners.size() ? owners[answer.failed].statement : -1;
    out.error = std::move(answer.error);
  }
  steps.clear();
  owners.clear();
  return !out.error;
}

Applier::Attempt Applier::attempt() {
  Attempt out;
  out.results.resize(statements_used_);
  out.looks.resize(statements_used_);
  std::vector<Step> steps;
  std::vector<Owner> owners;
  const auto control = [&](std::string_view sql) {
    steps.push_back({.label = "apply", .sql = sql, .prepared = false});
    owners.emplace_back();
  };
  if (mark_ == Mark::kKept) control("release savepoint atlas");
  control(mark_ == Mark::kUndo ? "rollback to savepoint atlas" : "savepoint atlas");
  // Deferrable constraints wait for the end of the attempt and are then checked inside the
  // savepoint, so that their failures bisect like all others, and swaps and cycles pass.
  control("set constraints all deferred");
  for (std::size_t i = 0; i < statements_used_; ++i) {
    const Statement& statement = statements_[i];
    const Copying& copying = copying_[statement.group];
    const std::string& label = labels_[statement.group];
    if (statement.copied) {
      if (!send(steps, owners, out)) return out;
      auto copied = connection_.copy(label, copying.sql, statement.copy.bytes());
      if (!copied) {
        out.error = std::move(copied).error();
        out.failed = static_cast<std::ptrdiff_t>(i);
        return out;
      }
    }
    const auto owner = static_cast<std::ptrdiff_t>(i);
    if (const auto& guard = guarding_[statement.group].guard) {
      steps.push_back({.label = label, .sql = guard->lock, .params = &statement.params});
      steps.push_back({.label = label, .sql = guard->look, .params = &statement.params});
      owners.push_back({.statement = -1});
      owners.push_back({.statement = owner, .look = true});
    }
    steps.push_back({.label = label,
                     .sql = statement.copied ? copying.version_sql : sql_[statement.group],
                     .params = &statement.params});
    owners.push_back({.statement = owner});
  }
  control("set constraints all immediate");
  (void)send(steps, owners, out);
  return out;
}

// A COPY failed for a reason that statements by row may not have, or left no row to be seen.
bool Applier::copies_fell_short(const Attempt& answer) const {
  if (answer.error) {
    return answer.failed >= 0 && statements_[static_cast<std::size_t>(answer.failed)].copied &&
           answer.error->kind() != ErrorKind::kRetry;
  }
  for (std::size_t s = 0; s < statements_used_; ++s) {
    if (statements_[s].copied && answer.results[s].size() != 1) return true;
  }
  return false;
}

void Applier::read_insert(const Statement& statement, const Rowset& rows) {
  const WriteGroup& group = groups_[statement.group];
  const TableShape& shape = *group.shape;
  const std::size_t width = shape.key.size();
  Arena stamps;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const KeyView key = key_of(shape, rows, i, arena_);
    const auto at =
        std::lower_bound(statement.rows.begin(), statement.rows.end(), key,
                         [&](std::uint32_t row, KeyView k) { return group.keys[row] < k; });
    // A trigger that changes the key leaves the row that we asked for unwritten.
    if (at == statement.rows.end() || group.keys[*at] != key) continue;
    WriteResult& written = results_[statement.group][*at];
    written.status = WriteStatus::kApplied;
    written.version.token = rows.id(i, width);
    if (shape.stamp && !rows.is_null(i, width + 1)) {
      written.version.stamp_us = stamp_us(shape, decode_cell(shape.columns[*shape.stamp].type.kind,
                                                             rows.bytes(i, width + 1), stamps));
    }
  }
}

// One transaction, one moment: the first row's version is that of all.
void Applier::read_copied(const Statement& statement, const Rowset& rows) {
  const WriteGroup& group = groups_[statement.group];
  const TableShape& shape = *group.shape;
  RowVersion version{.token = rows.id(0, 0)};
  const bool touched = !copying_[statement.group].touched.empty();
  std::ptrdiff_t stamp = -1;  // among the columns sent
  if (touched && !rows.is_null(0, 1)) {
    version.stamp_us = stamp_us(
        shape, decode_cell(shape.columns[*shape.stamp].type.kind, rows.bytes(0, 1), arena_));
  } else if (!touched && shape.stamp) {
    stamp =
        std::find(group.columns.begin(), group.columns.end(), *shape.stamp) - group.columns.begin();
  }
  const std::size_t width = group.columns.size();
  for (const std::uint32_t row : statement.rows) {
    WriteResult& written = results_[statement.group][row];
    written.status = WriteStatus::kApplied;
    written.version = version;
    if (stamp < 0) continue;
    written.version.stamp_us =
        stamp_us(shape, group.cells[row * width + static_cast<std::size_t>(stamp)]);
  }
}

// What the look saw stays only if it was still so when the delete came.
void Applier::read_removed(const Statement& statement, const Rowset& rows, const Rowset& look) {
  const auto written = [&](const Rowset& of, std::size_t i) -> WriteResult& {
    const auto position = static_cast<std::size_t>(of.integer(i, 0)) - 1;
    return results_[statement.group][statement.rows[position]];
  };
  const auto& guard = guarding_[statement.group].guard;
  for (std::size_t i = 0; guard && i < look.size(); ++i) {
    const TableName& who = guard->tables[static_cast<std::size_t>(look.integer(i, 1))];
    written(look, i) = {
        .status = WriteStatus::kReferred,
        .version = {},
        .error =
            Error(Code::kHasChildren, "rows of " + who.text()).at(connection_.options().where)};
  }
  for (std::size_t i = 0; i < rows.size(); ++i)
    written(rows, i) = {.status = WriteStatus::kApplied, .version = {}, .error = {}};
}

// Marks what was written; what RETURNING does not show stays kSkipped for now.
void Applier::read_returned(const Attempt& answer) {
  arena_.clear();
  for (std::size_t s = 0; s < statements_used_; ++s) {
    const Statement& statement = statements_[s];
    const WriteGroup& group = groups_[statement.group];
    const TableShape& shape = *group.shape;
    const Rowset& rows = answer.results[s];
    for (const std::uint32_t row : statement.rows) results_[statement.group][row] = {};
    if (statement.copied) {
      read_copied(statement, rows);
      continue;
    }
    if (group.kind == WriteKind::kInsert) {
      read_insert(statement, rows);
      continue;
    }
    if (group.kind == WriteKind::kRemove) {
      read_removed(statement, rows, answer.looks[s]);
      continue;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto position = static_cast<std::size_t>(rows.integer(i, 0)) - 1;
      WriteResult& written = results_[statement.group][statement.rows[position]];
      written.status = WriteStatus::kApplied;
      written.version.token = rows.id(i, 1);
      if (!shape.stamp || rows.is_null(i, 2)) continue;
      written.version.stamp_us = stamp_us(
          shape, decode_cell(shape.columns[*shape.stamp].type.kind, rows.bytes(i, 2), arena_));
    }
  }
}

// Tells apart, by the rows' present versions, why a write did nothing; and learns versions that
// RETURNING could not give.
Result<> Applier::look_again() {
  struct Question {
    const Statement* statement;
    std::vector<std::uint32_t> rows;
    std::string sql;
    Params params;
  };
  std::deque<Question> questions;
  std::vector<Step> steps;
  for (std::size_t s = 0; s < statements_used_; ++s) {
    const Statement& statement = statements_[s];
    const WriteGroup& group = groups_[statement.group];
    std::vector<KeyView> keys;
    Question question{.statement = &statement, .rows = {}, .sql = {}, .params = {}};
    for (const std::uint32_t row : statement.rows) {
      WriteResult& written = results_[statement.group][row];
      const bool insert = group.kind == WriteKind::kInsert;
      const bool applied = written.status == WriteStatus::kApplied;
      if (applied && (!insert || written.version.token != 0)) continue;
      if (written.status == WriteStatus::kReferred) continue;
      question.rows.push_back(row);
      keys.push_back(group.keys[row]);
      if (!applied) written.status = insert ? WriteStatus::kSuppressed : WriteStatus::kStale;
    }
    if (keys.empty() || bind_keys(*group.shape, keys, question.params) == 0) continue;
    question.sql = peek_sql(*group.shape);
    questions.push_back(std::move(question));
  }
  if (questions.empty()) return {};
  steps.reserve(questions.size());
  for (const Question& question : questions) {
    steps.push_back({.label = "peek", .sql = question.sql, .params = &question.params});
  }
  ATLAS_TRY(const std::vector<Rowset> answers, connection_.run_all(steps));
  for (std::size_t q = 0; q < questions.size(); ++q) {
    const Question& question = questions[q];
    const WriteGroup& group = groups_[question.statement->group];
    for (std::size_t i = 0; i < answers[q].size(); ++i) {
      const KeyView key = key_of(*group.shape, answers[q], i, arena_);
      const auto at =
          std::lower_bound(question.rows.begin(), question.rows.end(), key,
                           [&](std::uint32_t row, KeyView k) { return group.keys[row] < k; });
      if (at == question.rows.end() || group.keys[*at] != key) continue;
      WriteResult& written = results_[question.statement->group][*at];
      const std::uint32_t xmin = answers[q].id(i, group.shape->key.size());
      if (written.status == WriteStatus::kApplied) {
        written.version.token = xmin;
      } else if (group.kind == WriteKind::kInsert) {
        written.status = WriteStatus::kKeyTaken;
      } else if (group.guards[*at].token == xmin) {
        written.status = WriteStatus::kSuppressed;
      }
    }
  }
  return {};
}

std::vector<std::uint32_t> Applier::whole_instances(std::span<const std::uint32_t> set,
                                                    bool& mixed) {
  std::vector<std::uint32_t> whole;
  whole.reserve(set.size());
  for (const std::uint32_t instance : set) {
    const auto mine = places(instance);
    const auto applied = std::count_if(mine.begin(), mine.end(), [&](const Place& place) {
      return result(place).status == WriteStatus::kApplied;
    });
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

// The error stands at the instance's write in `group`, or at its first one; its other writes are
// skipped.
void Applier::reject(std::uint32_t instance, std::ptrdiff_t group, const Error& error) {
  const auto mine = places(instance);
  auto at = std::find_if(mine.begin(), mine.end(),
                         [&](const Place& p) { return std::ptrdiff_t{p.group} == group; });
  if (at == mine.end()) at = mine.begin();
  for (const Place& place : mine) result(place) = {};
  result(*at) = {.status = WriteStatus::kRejected, .version = {}, .error = as_rejection(error)};
  if (error.sqlstate() == kForeignKeyState) missing_references_.push_back(instance);
}

}  // namespace atlas::postgres
