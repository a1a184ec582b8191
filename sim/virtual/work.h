#pragma once

// One transaction on a virtual server, of the bridge or of a user: READ COMMITTED as PostgreSQL has
// it (https://www.postgresql.org/docs/15/transaction-iso.html, explicit-locking.html).

#include "sim/virtual/database.h"

namespace atlas::sim {

// Destroying it rolls back. One thread; it waits as World::wait_for does.
class Work {
 public:
  // `bridge`: the epoch of the run that it belongs to.
  explicit Work(Database& database, std::optional<Epoch> bridge = std::nullopt);
  ~Work() { end(); }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  Database& database() const { return database_; }
  std::uint64_t writer() const { return writer_; }
  // What now() says in it.
  Instant begun() const { return begun_; }
  // The server went down under it.
  bool lost() const { return incarnation_ != database_.incarnation() && !prepared_; }

  // What its next statement sees: what is committed, and its own writes.
  const Moments& rows();
  // Whether a statement would have to wait for another transaction.
  bool blocked(const Table& table, WriteKind kind, KeyView key,
               std::span<const std::uint32_t> columns, std::span<const Value> cells);
  // What a statement waits for, in this order: the row that it changes; who may have the key or
  // the unique values that it writes; who may remove what it refers to.
  enum class For : std::uint8_t { kRow = 1, kUniques = 2, kParents = 4, kAll = 7 };
  // Waits until nobody is in the way of the statement, then holds its rows until the end.
  //   errors  kSerialization: a deadlock, and this one gives way; kTimeout; kConnectionLost
  Result<> lock(const Table& table, WriteKind kind, KeyView key,
                std::span<const std::uint32_t> columns, std::span<const Value> cells,
                For what = For::kAll);
  // As Database::write. Rows must have been locked.
  RowVerdict write(const Table& table, WriteKind kind, KeyView key,
                   std::span<const std::uint32_t> columns, std::span<const Value> cells,
                   std::shared_ptr<const Row>* stored = nullptr);
  // The same as a part of a statement: who changes a row has locked it and waits for the others
  // here; references are looked at by end_statement. A refusal leaves the statement half done.
  Result<RowVerdict> write_in_statement(const Table& table, WriteKind kind, KeyView key,
                                        std::span<const std::uint32_t> columns,
                                        std::span<const Value> cells,
                                        std::shared_ptr<const Row>* stored,
                                        std::vector<Change>& changed);
  // The first immediate reference that the statement left broken.
  Result<std::optional<Error>> end_statement(std::span<const Change> changed);
  // Waits for who may remove what the rows refer to, then keeps it there until the end.
  Result<> hold_parents(const Change& changed, bool deferred);
  // What was written and locked so far.
  class Savepoint;
  Savepoint savepoint() const;
  // What came later is undone and its locks are given back.
  void back_to(const Savepoint& savepoint);
  bool wrote() const { return !changes_.empty(); }
  // Survives a crash from now on, and holds the horizon of its whole database (E28).
  void prepare();
  void commit();
  void end();

 private:
  struct Needs {
    std::optional<RowId> row;    // written
    std::vector<RowId> parents;  // referred to
  };
  using Writers = std::vector<std::uint64_t>;
  Writers blockers(const Table& table, WriteKind kind, KeyView key,
                   std::span<const std::uint32_t> columns, std::span<const Value> cells, For what,
                   Needs& needs);
  void who_writes(const RowId& row, bool shared_too, Writers& out) const;
  void who_removes(const RowId& parent, Writers& out) const;
  void who_has(const Table& table, KeyView key, std::span<const std::uint32_t> columns,
               std::span<const Value> cells, Writers& out);
  bool changes_a_unique(const Table& table, KeyView key, std::span<const std::uint32_t> columns,
                        std::span<const Value> cells);
  Result<> hold(const std::function<Writers(Needs&)>& in_the_way);
  bool deadlocked(const Writers& by) const;

  Database& database_;
  std::optional<Epoch> bridge_;
  std::uint64_t writer_;
  Instant begun_;
  std::uint64_t incarnation_;
  std::multiset<Instant>::iterator open_since_;
  Moments base_, seen_;
  std::map<RowId, std::shared_ptr<const Row>> changes_;  // null: removed
  struct Held {
    RowId row;
    bool shared = false;
  };
  void release(const Held& held);
  RowVerdict put(const Table& table, WriteKind kind, KeyView key, const std::shared_ptr<Row>& row,
                 std::shared_ptr<const Row>* stored, std::vector<Change>& changed);
  std::vector<Held> held_;
  bool prepared_ = false;
  bool open_ = true;

  friend class Database;
};

class Work::Savepoint {
  friend class Work;
  std::map<RowId, std::shared_ptr<const Row>> changes_;
  std::size_t held_ = 0;
};

}  // namespace atlas::sim
