#pragma once

// One database in memory: tables of rows with versions, unique and foreign keys, checks, triggers,
// sequences, fences and witnesses. Snapshots see the moment they were opened; statements see what
// is committed and what their own transaction wrote (work.h), and wait for the rows of others.

#include "endpoint/endpoint.h"
#include "sim/virtual/world.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace atlas::sim {

// A stored row; never changed once stored.
struct Row {
  Arena arena;
  std::vector<Value> cells;  // in column order, content in `arena`
  std::uint64_t writer = 0;  // number of the transaction that wrote it last: PostgreSQL's xmin
};
using RowMap = std::map<Key, std::shared_ptr<const Row>, std::less<>>;
// All tables at one moment. Shared: a snapshot keeps what later writers replace.
using Moments = std::map<TableName, std::shared_ptr<const RowMap>>;
using RowId = std::pair<TableName, Key>;

struct Check {
  std::string name;
  std::function<bool(std::span<const Value>)> holds;
};
struct Reference {
  std::string name;
  std::uint32_t column = 0;
  TableName target;  // of a single-column key
  bool deferred = false;
  bool cascades = false;  // a row goes with the row it refers to; its own children stay out of it
};

enum class TriggerAnswer : std::uint8_t { kGo, kSwallow, kRaise };
// A row trigger. kBefore: may change `row` or refuse it; kAfter: what it changes is a further
// update by the same transaction.
struct Trigger {
  std::string name;
  WriteKind on = WriteKind::kUpdate;
  Moment moment = Moment::kBefore;
  // `old` is empty for inserts; for removes `row` is a copy of the old row.
  std::function<TriggerAnswer(std::span<const Value> old, std::span<Value> row, Arena& arena)> run;
};

struct Table {
  TableName name;
  std::vector<ColumnInfo> columns;
  std::vector<std::uint32_t> key;
  std::optional<std::uint32_t> stamp;
  std::vector<UniqueInfo> uniques;
  std::vector<Check> checks;
  std::vector<Reference> references;
  std::vector<Trigger> triggers;
  std::string sequence;                             // of the single integer key; empty if none
  std::map<std::uint32_t, std::string> defaults{};  // of text columns that an insert leaves out
  // A policy hides rows from the bridge's role, which asks to be told: its reads are refused.
  bool row_security = false;
  // keys() gives its pages in the order of a collation of its own.
  std::function<bool(KeyView, KeyView)> collation;

  std::uint32_t column(std::string_view name) const;  // aborts if absent
  TableInfo info() const;
};

// How RowVersion::token is made. Both exist among real engines, and the difference shows after
// triggers.
enum class TokenStyle : std::uint8_t { kWriter, kContent };

// What becomes of a COMMIT whose answer is lost.
enum class CommitFault : std::uint8_t {
  kNone,
  kAppliedUnanswered,
  kRolledBackUnanswered,
  kAppliedLater,  // the server is still at it; it commits when somebody waits for it or at
                  // finish_commits()
};

// What a trigger or constraint said of one row.
struct RowVerdict {
  WriteStatus status = WriteStatus::kApplied;
  std::optional<Error> error;
};

class Work;

// What one transaction did to one row; null where there is none.
struct Change {
  const Table* table = nullptr;
  Key key;
  std::shared_ptr<const Row> before, after;
};
// A transaction at its commit.
struct Commit {
  const class Database& database;
  std::optional<Epoch> bridge;  // the epoch of the run that it belongs to; empty: a user's
  std::uint64_t writer = 0;
  std::span<const Change> changes;
};

// One thread.
class Database {
 public:
  Database(World& world, std::string name, TokenStyle tokens = TokenStyle::kWriter);

  World& world() const { return world_; }
  const std::string& name() const { return name_; }
  // "<name>.<method>"; lives as long as the database.
  const std::string& port(std::string_view method) const;
  TokenStyle tokens() const { return tokens_; }
  // Its own clock: stamps, the horizon and what a probe says.
  Instant now() const { return world_.now() + clock_ahead; }
  Micros clock_ahead{};

  // --- the catalog ------------------------------------------------------------------------------
  Table& create(Table table);
  Table& table(const TableName& name);  // aborts if absent
  const Table* find(const TableName& name) const;
  // What the catalog shows of it.
  TableInfo describe(const Table& table) const;
  // A nullable column at the end, as a migration adds it.
  void add_column(const TableName& name, const ColumnInfo& column);

  // --- users: each call is one committed transaction
  // -------------------------------------------------
  using Cells = std::vector<std::pair<std::string, Value>>;  // by column name
  // Columns not given are null, but the stamp is the present moment and the key the next of the
  // sequence. Gives the key.
  Key insert(const TableName& table, const Cells& cells);
  // The stamp becomes the present moment unless it is given.
  void update(const TableName& table, KeyView key, const Cells& cells);
  void remove(const TableName& table, KeyView key);
  // A cell of a stored row as text; "(none)" where the row is absent.
  std::string text(const TableName& table, KeyView key, std::string_view column) const;
  bool has(const TableName& table, KeyView key) const;
  const RowMap& rows(const TableName& table) const { return *tables_.at(table); }
  std::int64_t next_of(const std::string& sequence) { return ++sequences_[sequence]; }

  // Users with a transaction open since a moment: the horizon stays before it (E28).
  std::multiset<Instant> open_since;
  std::int64_t prepared = 0;  // transactions that are prepared and not yet committed
  // Taken off the front by the bridge's next commits.
  std::deque<CommitFault> commit_faults;
  // Whether there were any.
  bool finish_commits();

  // Rows written by the bridge since the database began, user tables only (RELIABILITY S2).
  std::int64_t bridge_writes = 0;
  bool installed = false;

  // --- for endpoint and transaction
  // -------------------------------------------------------------------
  const Moments& moment() const { return tables_; }
  RowVersion version(const TableShape& shape, const Table& table, const Row& row) const;
  // Number of a new transaction.
  std::uint64_t next_writer() { return ++writers_; }
  // One row as a statement of transaction `writer` writes it: its triggers, and what it is refused
  // for whatever others there are. `columns` and `cells` as in WriteGroup.
  RowVerdict prepare(const Moments& rows, const Table& table, WriteKind kind, KeyView key,
                     std::span<const std::uint32_t> columns, std::span<const Value> cells,
                     std::uint64_t writer, std::shared_ptr<Row>& row) const;
  // Puts it into `rows` unless its key or a unique value is taken. `stored` receives the row as
  // RETURNING shows it; the rows that became different are added to `changed`.
  RowVerdict store(Moments& rows, const Table& table, WriteKind kind, KeyView key,
                   const std::shared_ptr<Row>& row, std::shared_ptr<const Row>* stored,
                   std::vector<Change>& changed) const;
  // The first immediate reference that points nowhere, from one of the rows or to one that is gone.
  std::optional<Error> broken_reference(const Moments& rows, std::span<const Change> changed) const;
  // The first table with rows that would go along with the row, or that hides them; empty if there
  // is none.
  std::string taken_along(const Moments& rows, const TableName& table, KeyView key) const;
  // A row whose deferred reference points nowhere; nullopt if all hold.
  struct Broken {
    TableName table;
    Key key;
    std::string constraint;
  };
  std::vector<Broken> broken_references(const Moments& rows) const;

  // Whether any transaction holds rows.
  bool locked() const { return !locks_.empty(); }
  // Everything shows what it showed at a moment; for tests.
  void put_back(Moments rows) { tables_ = std::move(rows); }
  // Called at each commit that changed rows.
  std::function<void(const Commit&)> on_commit;
  // What the server does with a COMMIT whose client is gone.
  void commit_later(std::function<void()> effect) { later_.push_back(std::move(effect)); }

  struct Witness {
    bool applied = false;
    std::vector<std::uint32_t> unapplied;
    std::int64_t stamp_us = kMinusInfinity;
  };
  std::map<std::string, Fence> fences;
  std::map<std::pair<std::string, std::int64_t>, Witness> witnesses;
  bool settled_applied = false;  // someone asked for a witness, and it was there

  // All that a backup holds. A restored database gives its transactions numbers once more.
  struct Backup {
    Moments tables;
    std::map<std::string, std::int64_t> sequences;
    std::map<std::string, Fence> fences;
    std::map<std::pair<std::string, std::int64_t>, Witness> witnesses;
    std::uint64_t writers = 0;
  };
  Backup backup() const { return {tables_, sequences_, fences, witnesses, writers_}; }
  // Connections are lost with it. Its sequences go back too; whoever restores sets them on.
  void restore(const Backup& from);
  const std::map<std::string, std::int64_t>& sequences() const { return sequences_; }
  void set_sequences(std::map<std::string, std::int64_t> to) { sequences_ = std::move(to); }
  // Where new statements of the bridge go while its address leads to a replica, which shows what it
  // has got so far. Transactions and snapshots that are open stay where they are.
  struct Replica {
    Moments tables;
    std::map<std::string, Fence> fences;
  };
  std::optional<Replica> led_to;
  // What a replica has that gets nothing from now on.
  Replica lagging() const { return {tables_, fences}; }
  // The server goes down and comes up again: open transactions are gone, their numbers are given
  // once more; what was prepared stays. Whether there are such numbers.
  bool crash();
  // Differs after every crash: connections made before are lost.
  std::uint64_t incarnation() const { return incarnation_; }
  // Whoever waits for a row gives up, as lock_timeout makes it.
  void time_out_waits();
  bool applies_in_flight() const;
  // Waits for rows and deadlocks since the beginning.
  std::int64_t lock_waits = 0, deadlocks = 0;

 private:
  friend class Work;
  struct RowLock {
    std::uint64_t owner = 0;             // writes the row; 0: nobody
    std::vector<std::uint64_t> sharers;  // refer to the row: it must not go
  };
  void put(const TableName& table, WriteKind kind, KeyView key, const Cells& cells);
  void remove_row(Moments& rows, const Table& table, KeyView key,
                  std::vector<Change>& changed) const;
  // A transaction has ended: users whose single statements were in its way come now.
  void go_on();

  World& world_;
  std::string name_;
  mutable std::map<std::string, std::string, std::less<>> ports_;
  TokenStyle tokens_;
  std::map<TableName, Table> catalog_;
  Moments tables_;
  std::map<std::string, std::int64_t> sequences_;
  std::uint64_t writers_ = 700;    // as a server that has lived a while
  std::uint64_t committed_ = 700;  // the highest that a crash cannot take back
  std::uint64_t incarnation_ = 1;
  std::uint64_t timeouts_ = 0;
  std::map<RowId, RowLock> locks_;
  std::map<std::uint64_t, std::vector<std::uint64_t>> waits_;  // who waits for whom
  std::vector<Work*> open_;
  std::deque<std::function<bool()>> waiting_;  // users' statements behind locks; false: still so
  bool going_on_ = false;
  std::vector<std::function<void()>> later_;
};

}  // namespace atlas::sim
