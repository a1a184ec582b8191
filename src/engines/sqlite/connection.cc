#include "engines/sqlite/connection.h"

#include "engines/sqlite/classify.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace atlas::sqlite {
namespace {

// Statements kept ready; beyond it they are made anew.
constexpr std::size_t kIdleStatementsMax = 256;

// SQLite would give a new file the rights of the umask; it must be its owner's from the first byte.
Result<> make_private_file(const ConnectionOptions& options) {
  const int file = ::open(options.path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) {
    (void)::close(file);
    return {};
  }
  if (errno == EEXIST) return {};
  const Code code = errno == EACCES || errno == EPERM ? Code::kPrivilegeMissing
                    : errno == ENOSPC                 ? Code::kDiskFull
                                                      : Code::kDatabaseMissing;
  return Error(code, fmt::format("{} cannot be made", options.path)).at(options.where);
}

// SQLite would open devices too.
Result<> refuse_irregular(const ConnectionOptions& options) {
  struct ::stat found{};
  if (options.path == kInMemory || ::stat(options.path.c_str(), &found) != 0) return {};
  if (S_ISREG(found.st_mode)) return {};
  return Error(options.damaged, fmt::format("{} is no regular file", options.path))
      .at(options.where)
      .advise("name a file");
}

// SQLite says only that it cannot open a file; the operating system has said why.
bool forbidden(sqlite3* handle) {
  const int reason = sqlite3_system_errno(handle);
  return reason == EACCES || reason == EPERM;
}

}  // namespace

// --- Query
// ----------------------------------------------------------------------------------------

Query::Query(Query&& other) noexcept
    : connection_(other.connection_),
      shelf_(other.shelf_),
      statement_(std::exchange(other.statement_, nullptr)),
      label_(other.label_) {}

Query::~Query() {
  if (statement_ != nullptr) connection_->give_back(*shelf_, statement_);
}

Query& Query::null(int parameter) {
  (void)sqlite3_bind_null(statement_, parameter + 1);
  return *this;
}

Query& Query::integer(int parameter, std::int64_t value) {
  (void)sqlite3_bind_int64(statement_, parameter + 1, value);
  return *this;
}

Query& Query::real(int parameter, double value) {
  (void)sqlite3_bind_double(statement_, parameter + 1, value);
  return *this;
}

Query& Query::text(int parameter, std::string_view value) {
  // A null pointer would bind null.
  (void)sqlite3_bind_text64(statement_, parameter + 1, value.empty() ? "" : value.data(),
                            value.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Query& Query::blob(int parameter, std::string_view value) {
  (void)sqlite3_bind_blob64(statement_, parameter + 1, value.empty() ? "" : value.data(),
                            value.size(), SQLITE_STATIC);
  return *this;
}

Result<bool> Query::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Error failed = connection_->error(code, label_);
  (void)sqlite3_reset(statement_);
  return failed;
}

Result<> Query::run() {
  ATLAS_TRY(const bool row, step());
  (void)row;
  reset();
  return {};
}

void Query::reset() { (void)sqlite3_reset(statement_); }

Storage Query::storage(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER:
      return Storage::kInteger;
    case SQLITE_FLOAT:
      return Storage::kReal;
    case SQLITE_TEXT:
      return Storage::kText;
    case SQLITE_BLOB:
      return Storage::kBlob;
    default:
      return Storage::kNull;
  }
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Query::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string_view Query::bytes(int column) const {
  const void* data = sqlite3_column_type(statement_, column) == SQLITE_BLOB
                         ? sqlite3_column_blob(statement_, column)
                         : sqlite3_column_text(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr || size == 0) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::int64_t Query::content_bytes(int column) const {
  const int type = sqlite3_column_type(statement_, column);
  return type == SQLITE_TEXT || type == SQLITE_BLOB ? sqlite3_column_bytes(statement_, column) : 0;
}

// --- Connection
// -----------------------------------------------------------------------------------

Connection::Connection(sqlite3* handle, ConnectionOptions options)
    : handle_(handle), options_(std::move(options)) {}

Connection::~Connection() {
  for (auto& [sql, statements] : idle_) {
    for (sqlite3_stmt* statement : statements) (void)sqlite3_finalize(statement);
  }
  (void)sqlite3_close_v2(handle_);
}

Result<std::unique_ptr<Connection>> Connection::open(const ConnectionOptions& given) {
  ConnectionOptions options = given;
  if (options.where.empty()) options.where = options.path;
  if (options.create) ATLAS_OK(make_private_file(options));
  ATLAS_OK(refuse_irregular(options));
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(options.path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(handle, std::move(options)));
  if (code != SQLITE_OK) return connection->error(code, "open");
  ATLAS_OK(connection->start_session());
  return connection;
}

Result<> Connection::start_session() {
  (void)sqlite3_busy_timeout(handle_, static_cast<int>(options_.busy_timeout.count()));
  (void)sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  ATLAS_OK(execute("session", "PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL"));
  if (!options_.own_tables.empty()) ATLAS_OK(refuse_foreign());
  return write_ahead();
}

// Before anything is changed: the journal's mode would be the first change.
Result<> Connection::refuse_foreign() {
  std::string own;
  for (const std::string& name : options_.own_tables)
    own += fmt::format("{}'{}'", own.empty() ? "" : ", ", name);
  ATLAS_TRY(Query tables,
            prepare("tables of the file",
                    fmt::format("SELECT count(*), total(name IN ({})) FROM main.sqlite_schema "
                                "WHERE type = 'table'",
                                own)));
  ATLAS_TRY(const bool row, tables.step());
  if (!row || tables.integer(0) == 0 || tables.integer(1) != 0) return {};
  return Error(Code::kStateForeign,
               fmt::format("{} has {} other tables", options_.path, tables.integer(0)))
      .at(options_.where);
}

Result<> Connection::write_ahead() {
  // Without write-ahead logging our own reader would block our writer. A file that is already so is
  // not touched; one that cannot be changed is found by probe().
  ATLAS_TRY(Query mode, prepare("journal mode", "PRAGMA journal_mode"));
  ATLAS_TRY(const bool known, mode.step());
  if (known && mode.bytes(0) != "wal" && !read_only()) {
    mode.reset();
    auto changed = execute("journal mode", "PRAGMA journal_mode=WAL");
    if (!changed && changed.error().code() != Code::kTimeout &&
        changed.error().code() != Code::kPrivilegeMissing) {
      return std::move(changed).error();
    }
  }
  return {};
}

Result<Query> Connection::prepare(std::string_view label, const std::string& sql) {
  Query::Shelf& shelf = idle_[sql];
  if (!shelf.empty()) {
    sqlite3_stmt* statement = shelf.back();
    shelf.pop_back();
    --idle_count_;
    return Query(*this, shelf, statement, label);
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return error(code, label);
  return Query(*this, shelf, statement, label);
}

void Connection::give_back(Query::Shelf& shelf, sqlite3_stmt* statement) {
  (void)sqlite3_reset(statement);
  (void)sqlite3_clear_bindings(statement);
  if (idle_count_ >= kIdleStatementsMax) {
    (void)sqlite3_finalize(statement);
    return;
  }
  shelf.push_back(statement);
  ++idle_count_;
}

Result<> Connection::execute(std::string_view label, const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code, label);
  return {};
}

Result<std::int64_t> Connection::number(std::string_view label, const std::string& sql,
                                        std::int64_t fallback) {
  ATLAS_TRY(Query query, prepare(label, sql));
  ATLAS_TRY(const bool row, query.step());
  return row && query.storage(0) != Storage::kNull ? query.integer(0) : fallback;
}

Result<> Connection::begin_write() {
  ATLAS_TRY(Query begin, prepare("begin", "BEGIN IMMEDIATE"));
  return begin.run();
}

Result<> Connection::begin_read() {
  ATLAS_TRY(Query begin, prepare("begin", "BEGIN"));
  ATLAS_OK(begin.run());
  // BEGIN alone takes no snapshot; the first read does.
  auto first = schema_version();
  if (first) return {};
  rollback();
  return std::move(first).error();
}

Result<> Connection::commit() {
  ATLAS_TRY(Query commit, prepare("commit", "COMMIT"));
  return commit.run();
}

void Connection::rollback() {
  if (in_transaction()) (void)sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

std::int64_t Connection::changes() const { return sqlite3_changes64(handle_); }

bool Connection::deferred_violation() const {
  int violated = 0;
  int unused = 0;
  (void)sqlite3_db_status(handle_, SQLITE_DBSTATUS_DEFERRED_FKS, &violated, &unused, 0);
  return violated != 0;
}

bool Connection::read_only() const { return sqlite3_db_readonly(handle_, "main") == 1; }

Result<std::string> Connection::identity() const {
  if (options_.path == kInMemory) return "sqlite:memory";
  struct ::stat found{};
  std::error_code failed;
  const std::string canonical = std::filesystem::canonical(options_.path, failed);
  if (failed || ::stat(canonical.c_str(), &found) != 0) {
    return Error(Code::kDatabaseMissing, options_.path + " is gone").at(options_.where);
  }
  return fmt::format("sqlite:{}#{}:{}", canonical, found.st_dev, found.st_ino);
}

Result<bool> Connection::compares_bytes(const std::string& table, const std::string& column) const {
  const char* collation = nullptr;
  const int code = sqlite3_table_column_metadata(handle_, "main", table.c_str(), column.c_str(),
                                                 nullptr, &collation, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code, "collation");
  return collation == nullptr || sqlite3_stricmp(collation, "BINARY") == 0;
}

Result<std::int64_t> Connection::schema_version() {
  return number("schema version", "PRAGMA schema_version");
}

std::string writable_advice(const std::string& path) {
  std::string files = path;
  // What a reader of a read-only file has left there is read-only as well.
  for (const char* end : {"-wal", "-shm"}) {
    struct ::stat found{};
    if (::stat((path + end).c_str(), &found) == 0) files += fmt::format(", {}{}", path, end);
  }
  return fmt::format(
      "let the user who runs the bridge read and write {} and the folder, in which SQLite keeps "
      "its journal",
      files);
}

Error Connection::error(int code, std::string_view label) const {
  const int extended = code;
  const std::string message = handle_ == nullptr ? "out of memory" : sqlite3_errmsg(handle_);
  const std::string constraint(constraint_of(message));
  Code found = classify(extended, message, options_.damaged);
  // Nobody alters the state's tables but we.
  const bool schema = found == Code::kTableMissing || found == Code::kColumnMissing;
  if (schema && options_.damaged == Code::kStateUnusable) found = Code::kStateUnusable;
  if (found == Code::kDatabaseMissing && handle_ != nullptr && forbidden(handle_))
    found = Code::kPrivilegeMissing;
  Error out = Error(found, fmt::format("{} (SQLite {})", message, extended))
                  .at(options_.where)
                  .sql({}, std::string(label))
                  .on_constraint(constraint);
  // Files have no GRANT.
  if (out.code() == Code::kPrivilegeMissing)
    return std::move(out).advise(writable_advice(options_.path));
  return out;
}

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out += '"';
}

}  // namespace atlas::sqlite
