#pragma once

// What one database or service offers (DESIGN §4). Implemented by engines/*, by the simulator's
// virtual endpoint, and held to endpoint/conformance.h. One thread per Endpoint object; objects of
// the same database are independent connections.

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "model/rows.h"
#include "model/table.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace atlas {

// What an endpoint can do; the engine asks for these and never for a product's name.
struct Capabilities {
  bool transactions = true;
  bool witness = true;           // fence and witness tables exist or can be made
  bool reserves_ids = true;      // reserve() works
  bool database_stamps = false;  // horizon() bounds the stamps of uncommitted transactions (E28)
  bool deletes_visible = false;
  bool read_your_writes = true;
  // A version's token is its writer's transaction: rows with one token were written by one
  // transaction, and no other row version ever has it while a run lasts.
  bool tokens_name_writers = false;
};

// E28. `safe`: no transaction still open can commit a row stamped by the database earlier than this
// (margin not yet taken off).
struct Horizon {
  Instant safe;
  Instant server_now;
  bool prepared_pending = false;  // a prepared transaction exists: the cursor must not move
  // Set where transactions of others are hidden from us: then nothing is `safe`, and stamps by the
  // database cannot be followed. Says what helps.
  std::optional<Error> hidden;
};

// One privilege or fact that doctor and check look at.
struct Finding {
  enum class Level : std::uint8_t { kOk, kWarn, kFail } level = Level::kOk;
  std::string topic;   // "privileges", "clock", "pooler", …
  std::string detail;  // what was found, no row values
  std::string fix;     // exact statement or step; empty when ok
};

struct Probe {
  std::string product;  // "PostgreSQL 15.18"
  Instant server_now;
  std::string
      identity;  // equal for two endpoints of one database: state may join their transactions
  std::vector<Finding> findings;
};

// A row found by a scan.
struct KeyVersion {
  KeyView key;
  RowVersion version;
  // Native stamp cell. kOther where its text has no place in time (SQLite): fit to page on from,
  // never to be a cursor.
  Value stamp;
};

// Keys of one scan page in scan order. Owns its bytes.
struct KeyPage {
  Arena arena;
  std::vector<KeyVersion> keys;
  bool end = false;  // the scan has nothing further
};

// Where a stamped scan stands: rows with stamp > `stamp`, or equal and key > `key`, come next. A
// null stamp starts at the first stamped row. Content is owned by the holder.
struct StampPosition {
  Value stamp;
  Key key;
};

// A consistent view of one database, for reading. Everything read through one Snapshot is of one
// moment where the database can (REPEATABLE READ; a read transaction in SQLite). Destroying it ends
// it.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  // Rows in scope with a stamp after `from`, ordered by (stamp, key), at most `limit`. Rows with
  // null stamps never come.
  //   errors  kRetry; kDrift when the table or a column is gone; kRefused for privileges
  virtual Result<KeyPage> changed(const TableShape& shape, const StampPosition& from,
                                  std::size_t limit) = 0;
  // Rows in scope ordered by key (bytewise, E30), keys after `after` (empty = from the start).
  virtual Result<KeyPage> keys(const TableShape& shape, KeyView after, std::size_t limit) = 0;
  // Rows by key, WITHOUT scope: the caller looks at scope columns itself (E31). Absent keys are
  // simply missing. Indexed by key.
  virtual Result<Rows> read(const TableShape& shape, std::span<const KeyView> keys) = 0;
  // Full rows in scope ordered by key, for verify.
  virtual Result<Rows> scan(const TableShape& shape, KeyView after, std::size_t limit) = 0;
  // Which of `values` some row holds in the columns of shape.key, which need not be the table's
  // key: positions, ascending. WITHOUT scope. With `alive` (an index into shape.columns) only rows
  // count whose flag says alive: null, false or 0. For what refers to a row (E26).
  virtual Result<std::vector<std::size_t>> referred(const TableShape& shape,
                                                    std::span<const KeyView> values,
                                                    std::optional<std::uint32_t> alive) = 0;
  // How many rows in scope no other call shows, because their key cannot be looked up. None where
  // keys are always whole and of their columns' types.
  virtual Result<std::int64_t> unnamed(const TableShape& /*shape*/) { return 0; }
};

enum class WriteKind : std::uint8_t { kInsert, kUpdate, kRemove };

// One statement's worth of writes: same table, same kind, same columns. Rows sorted by key, one per
// key.
struct WriteGroup {
  const TableShape* shape = nullptr;
  WriteKind kind = WriteKind::kUpdate;
  std::vector<std::uint32_t> columns;  // written columns (indexes into shape->columns); inserts
                                       // include the key columns; empty for remove
  std::vector<KeyView> keys;
  std::vector<RowVersion> guards;  // kUpdate, kRemove: the version read; unused for kInsert
  std::vector<std::uint32_t>
      instances;  // writes with equal numbers belong to one entity instance: all applied or none
  std::vector<std::uint32_t> ordinals;  // the write's number in its intent, for the witness
  std::vector<Value> cells;             // row-major, columns.size() per row
  std::size_t size() const { return keys.size(); }
};

enum class WriteStatus : std::uint8_t {
  kApplied,
  kStale,       // the guard did not match: a user's write came between, or the row is gone
  kKeyTaken,    // insert: the primary key exists already
  kSuppressed,  // nothing happened and the row is unchanged: a trigger or rule ate it (E13)
  kRejected,    // the database refused this row for good; see error
  // A remove that was not made: rows refer to it by a foreign key that would delete them too or
  // clear their reference (E26). Or who refers cannot be seen. See error.
  kReferred,
  kSkipped,  // not tried: another write of its instance was not applied
};

struct WriteResult {
  WriteStatus status = WriteStatus::kSkipped;
  RowVersion version;          // kApplied inserts and updates: as RETURNING shows it
  std::optional<Error> error;  // kRejected; kReferred: kHasChildren, why() names who refers
};

enum class CommitOutcome : std::uint8_t { kCommitted, kRolledBack, kUnknown };
struct CommitAnswer {
  CommitOutcome outcome = CommitOutcome::kUnknown;
  std::optional<Error> error;  // unless committed
};

// Whose transaction it is (E2).
struct ApplyTicket {
  std::string tenant;  // the tenant's immutable id
  Epoch epoch;
  BatchNumber batch;  // the intent's number
};

// One apply transaction, already fenced, witnessed and checked for drift. Destroying it uncommitted
// rolls back.
class Transaction {
 public:
  virtual ~Transaction() = default;
  // Applies groups in the given order. Set-wise; a failing batch is bisected by instance with
  // savepoints, so one poison row costs O(log n) statements. Writes of one instance are applied all
  // or none. Writes that were not applied are recorded in the witness, in this transaction (E3:
  // recovery learns them). A remove is made only while no row refers to it by a foreign key that
  // acts on deletes, whether its table is mapped or not, and nobody can add one until the end; rows
  // that an earlier group removed do not count. Called at most once.
  //   gives   results[g][i] for row i of group g
  //   errors  kRetry, kDrift, kRefused: nothing applied, the transaction is dead
  virtual Result<std::vector<std::vector<WriteResult>>> apply(
      std::span<const WriteGroup> groups) = 0;
  // Never `bool`: an unanswered COMMIT is kUnknown and settled by the witness (E3).
  virtual CommitAnswer commit() = 0;
};

// A tenant's row in a target (E2, E9).
struct Fence {
  Epoch epoch{};       // the highest that may write
  std::string mark{};  // which database it is: given once, it goes along with backups and copies
  friend bool operator==(const Fence&, const Fence&) = default;
};

// What the witness says of an intent (E3).
struct Settlement {
  bool applied = false;  // false: it was not applied and never can be
  std::vector<std::uint32_t>
      unapplied;  // ordinals that were not applied although the transaction was
  // The stamp of the rows that the transaction touched (UTC microseconds); kMinusInfinity: not
  // known.
  std::int64_t stamp_us = kMinusInfinity;
};

class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual const Capabilities& capabilities() const = 0;

  // Connections, versions, clock, privileges of `tables`, poolers. Findings are for people; only
  // unreachable peers are errors.
  virtual Result<Probe> probe(std::span<const TableName> tables) = 0;
  // One entry per table in order. Error kDrift kTableMissing names the first missing table.
  virtual Result<std::vector<TableInfo>> describe(std::span<const TableName> tables) = 0;

  virtual Result<Horizon> horizon() = 0;
  virtual Result<std::unique_ptr<Snapshot>> snapshot() = 0;

  // Makes the fence and witness tables; error kWitnessMissing carries the exact GRANTs.
  virtual Result<> install() = 0;
  // The tenant's fence here; epoch 0 and no mark if there is none, or no table for it.
  virtual Result<Fence> fence(const std::string& tenant) = 0;
  // Raises the fence, waiting for applies in flight. Its mark is kept if it has one.
  //   gives   the mark that it has now
  //   errors  kFenceStale when it is higher already
  virtual Result<std::string> raise_fence(const std::string& tenant, const Fence& to) = 0;
  // Inserts the same witness key as the intent's transaction and commits (E3); call only after
  // raise_fence.
  virtual Result<Settlement> settle(const ApplyTicket& ticket) = 0;
  // Drops witnesses of the tenant with batch numbers up to `upto`: all are confirmed.
  virtual Result<> purge_witnesses(const std::string& tenant, BatchNumber upto) = 0;

  // Reserves `n` key values of shape.key_sequence. Gaps are fine.
  virtual Result<std::vector<std::int64_t>> reserve(const TableShape& shape, std::size_t n) = 0;
  // Opens the apply transaction: fence locked and compared, witness inserted, tables locked,
  // fingerprints of `tables` compared (those with fingerprint != 0).
  //   errors  kFenceStale, kSchemaDrift, kRetry, kRefused
  virtual Result<std::unique_ptr<Transaction>> begin(const ApplyTicket& ticket,
                                                     std::span<const TableShape* const> tables) = 0;
};

}  // namespace atlas
