#pragma once

// One connection to a SQLite file: fixed session settings, prepared statements kept for reuse,
// classified errors.

#include "foundation/result.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace atlas::sqlite {

// A path: a database of one connection, gone with it.
inline constexpr std::string_view kInMemory = ":memory:";

struct ConnectionOptions {
  std::string path;
  std::string where;  // the endpoint's name for errors: "legacy.main"; the path if empty
  // How long a statement waits for another connection's lock. Shorter than the lease (E2).
  std::chrono::milliseconds busy_timeout{10'000};
  bool create = false;  // make the file if it is missing; it is then readable by its owner only
  // A file with tables must have one of these; another file is somebody else's, and stays as it is.
  // Empty: any file will do.
  std::vector<std::string> own_tables;
  Code damaged = Code::kFileDamaged;  // what a file that is no database is called here
};

class Connection;

// What a cell is stored as.
enum class Storage : std::uint8_t { kInteger, kReal, kText, kBlob, kNull };

// A prepared statement in use. Bound texts and blobs are borrowed until the query ends. Parameters
// and columns count from 0. Ends when it goes out of scope and leaves the statement to the
// connection, which must outlive it.
class Query {
 public:
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

  Query& null(int parameter);
  Query& integer(int parameter, std::int64_t value);
  Query& real(int parameter, double value);
  Query& text(int parameter, std::string_view value);
  Query& blob(int parameter, std::string_view value);

  // True: there is a row. False: the statement is done.
  Result<bool> step();
  // For statements that give no rows.
  Result<> run();
  // Ready for another round with the same bindings, or new ones.
  void reset();

  Storage storage(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  // Bytes of a text or blob, valid until the next step. Numbers come in SQLite's own spelling.
  std::string_view bytes(int column) const;
  // Size of a text or blob, 0 for numbers and null. Changes nothing.
  std::int64_t content_bytes(int column) const;

 private:
  friend class Connection;
  using Shelf = std::vector<sqlite3_stmt*>;
  Query(Connection& connection, Shelf& shelf, sqlite3_stmt* statement, std::string_view label)
      : connection_(&connection), shelf_(&shelf), statement_(statement), label_(label) {}

  Connection* connection_;
  Shelf* shelf_;  // where the statement is kept between its uses
  sqlite3_stmt* statement_;
  std::string_view label_;
};

// One thread.
class Connection {
 public:
  // errors  kDatabaseMissing, kPrivilegeMissing, kTimeout, kStateForeign, options.damaged
  static Result<std::unique_ptr<Connection>> open(const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const ConnectionOptions& options() const { return options_; }

  // `label` names the statement in errors; it must be a literal.
  Result<Query> prepare(std::string_view label, const std::string& sql);
  // Runs a script without parameters.
  Result<> execute(std::string_view label, const std::string& sql);
  // The first column of the only row; `fallback` when there is none or it is null.
  Result<std::int64_t> number(std::string_view label, const std::string& sql,
                              std::int64_t fallback = 0);

  // BEGIN IMMEDIATE: waits for the write lock. kTimeout when another connection keeps it.
  Result<> begin_write();
  // A read transaction that has its snapshot already.
  Result<> begin_read();
  Result<> commit();
  // Ends an open transaction, whatever its state.
  void rollback();
  bool in_transaction() const;

  // Rows changed by the last statement itself, without what its triggers did.
  std::int64_t changes() const;
  // True while a deferred foreign key is violated in the open transaction.
  bool deferred_violation() const;
  bool read_only() const;
  // The same for every connection to the same file: its canonical path and inode.
  Result<std::string> identity() const;
  // Whether a column compares by bytes, having no collation of its own.
  Result<bool> compares_bytes(const std::string& table, const std::string& column) const;
  // The schema as a whole; changes with every DDL statement.
  Result<std::int64_t> schema_version();

 private:
  friend class Query;
  Connection(sqlite3* handle, ConnectionOptions options);

  Result<> start_session();
  Result<> refuse_foreign();
  Result<> write_ahead();
  Error error(int code, std::string_view label) const;
  void give_back(Query::Shelf& shelf, sqlite3_stmt* statement);

  sqlite3* handle_;
  ConnectionOptions options_;
  std::unordered_map<std::string, Query::Shelf> idle_;  // by SQL; shelves stay where they are
  std::size_t idle_count_ = 0;
};

// Rolls back when it goes out of scope, unless committed.
class WriteScope {
 public:
  explicit WriteScope(Connection& connection) : connection_(&connection) {}
  ~WriteScope() {
    if (connection_ != nullptr) connection_->rollback();
  }
  WriteScope(const WriteScope&) = delete;
  WriteScope& operator=(const WriteScope&) = delete;

  Result<> commit() {
    ATLAS_OK(connection_->commit());
    connection_ = nullptr;
    return {};
  }

 private:
  Connection* connection_;
};

// An identifier of the catalog in double quotes.
std::string quoted_name(std::string_view name);
// What to do where a file, or its folder, cannot be written.
std::string writable_advice(const std::string& path);

}  // namespace atlas::sqlite
