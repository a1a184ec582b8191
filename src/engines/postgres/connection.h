#pragma once

// One connection to a PostgreSQL server: fixed session settings, pipelines of prepared statements,
// classified errors.

#include "endpoint/endpoint.h"
#include "engines/postgres/params.h"
#include "engines/postgres/rowset.h"
#include "foundation/result.h"
#include "foundation/secret.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct pg_conn;

namespace atlas::postgres {

struct ConnectionOptions {
  Secret dsn;         // libpq connection string or URI
  std::string where;  // the endpoint's name for errors: "legacy.main"
  std::string application_name = "atlas-bridge";
  std::chrono::milliseconds connect_timeout{10'000};
  // All three are shorter than the lease (E2).
  std::chrono::milliseconds statement_timeout{60'000};
  std::chrono::milliseconds lock_timeout{10'000};
  std::chrono::milliseconds idle_in_transaction_timeout{60'000};
  // Only our own tables are touched, all by keys: the keyed and generic plans of plans.h hold for
  // the session.
  bool keyed_plans = false;

  // Whether a session made with `other` may serve here.
  bool same_session(const ConnectionOptions& other) const {
    return dsn.reveal() == other.dsn.reveal() && where == other.where &&
           application_name == other.application_name &&
           statement_timeout == other.statement_timeout && lock_timeout == other.lock_timeout &&
           idle_in_transaction_timeout == other.idle_in_transaction_timeout &&
           keyed_plans == other.keyed_plans;
  }
};

// Facts of the session, read once at its start.
struct Session {
  std::uint32_t backend = 0;  // server process
  int server_version = 0;     // 150020
  std::string server_encoding;
  std::string database;
  std::string user;
  std::string identity;  // see Probe::identity
  bool proxied =
      false;  // the server's process is not the one that the connection was told: a pooler
};

// One statement of a pipeline. Everything is borrowed until the pipeline returns.
struct Step {
  std::string_view label;  // "apply", for errors and fault points
  std::string_view sql;
  const Params* params = nullptr;
  // Kept prepared for the life of the connection. For statements that come again.
  bool prepared = true;
};

// What a pipeline gave: results of the steps before the first that failed.
struct PipelineAnswer {
  std::vector<Rowset> results;
  std::optional<Error> error;
  std::size_t failed = 0;  // the step of `error`; results.size()
};

// One thread. After usable() has become false nothing works any more: make a new one.
class Connection {
 public:
  // errors  kUnreachable, kLoginRefused, kDatabaseMissing, kConnectionLost
  static Result<std::unique_ptr<Connection>> open(const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const Session& session() const { return session_; }
  const ConnectionOptions& options() const { return options_; }
  bool usable() const;

  // Sends all steps at once and reads all answers: one round trip. The server skips what comes
  // after a failed step. Outside of a transaction block the steps are one transaction.
  PipelineAnswer pipeline(std::span<const Step> steps);
  // All results, or the first error.
  Result<std::vector<Rowset>> run_all(std::span<const Step> steps);
  Result<Rowset> run(std::string_view label, std::string_view sql, const Params& params);
  Result<Rowset> run(std::string_view label, std::string_view sql);
  // A statement without parameters that is not worth preparing: SAVEPOINT, DDL.
  Result<> command(std::string_view label, std::string_view sql);

  // Statements without parameters, one of which is COPY … FROM STDIN in binary form and takes
  // `data`. The server skips what comes after a failure. Not for the first statement of a
  // transaction.
  Result<> copy(std::string_view label, const std::string& sql, std::string_view data);

  // Sends COMMIT. An answer that never comes is kUnknown, and the connection is unusable.
  CommitAnswer commit();
  // Ends an open transaction block, whatever its state. An unusable connection needs none.
  void rollback();

  // How long the server may stay silent before the connection counts as lost. Follows
  // statement_timeout unless set.
  void set_patience(std::chrono::milliseconds patience) { patience_ = patience; }
  void reset_patience();

 private:
  Connection(pg_conn* connection, ConnectionOptions options);

  Result<> start_session();
  bool send_step(const Step& step, std::vector<bool>& prepares);
  bool flush();
  bool send_copy(std::string_view data);
  pg_result* receive();
  bool wait(short events);
  // Behaves as a broken connection from now on.
  void sever();
  bool reached(std::string_view label, std::string_view stage);
  void collect(std::span<const Step> steps, const std::vector<bool>& prepares,
               PipelineAnswer& answer);
  Error error_of(const pg_result* result, const Step& step);
  Error lost(std::string_view label) const;
  std::string& name_of(const std::string& sql);

  pg_conn* connection_;
  ConnectionOptions options_;
  Session session_;
  std::chrono::milliseconds patience_;
  bool severed_ = false;
  std::unordered_map<std::string, std::string> prepared_;  // SQL → statement name
  std::uint64_t statements_ = 0;
  // Reused by every send.
  std::vector<const char*> values_;
  std::vector<int> lengths_, formats_;
  std::string sql_;
};

// Rolls back when it goes out of scope.
class RollbackGuard {
 public:
  explicit RollbackGuard(Connection& connection) : connection_(connection) {}
  ~RollbackGuard() { connection_.rollback(); }
  RollbackGuard(const RollbackGuard&) = delete;
  RollbackGuard& operator=(const RollbackGuard&) = delete;

 private:
  Connection& connection_;
};

}  // namespace atlas::postgres
