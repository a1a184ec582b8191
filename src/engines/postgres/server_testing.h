#pragma once

// A temporary PostgreSQL server for tests: made in a folder of its own below /tmp, reached by a
// unix socket only, gone when the process ends. Needs PostgreSQL 15 in /usr/lib/postgresql/15/bin
// or in PATH; a test that cannot start it fails.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

struct pg_conn;

namespace atlas {

class PostgresServer;

struct PostgresServerOptions {
  bool fsync = true;
  // Further settings as "name=value".
  std::vector<std::string> settings;
  // Not a new cluster but a standby of this one, with all that it has; it follows until promoted.
  const PostgresServer* standby_of = nullptr;
};

// Everything throws std::runtime_error when it fails. One thread.
class PostgresServer {
 public:
  explicit PostgresServer(PostgresServerOptions options = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // Makes an empty database with a name of its own and gives the connection string of superuser
  // postgres.
  std::string create_database();
  std::string dsn(std::string_view database, std::string_view user = "postgres") const;
  const std::string& folder() const { return folder_; }

  // Ends the server as a crash does: no checkpoint, no goodbye.
  void crash();
  // Starts it again after crash().
  void start();

 private:
  void make_cluster();
  void stop(int signal);

  PostgresServerOptions options_;
  std::string folder_;
  std::string binaries_;
  pid_t pid_ = 0;
  int databases_ = 0;
};

// The one server of this test process, without fsync. Started by the first use.
PostgresServer& shared_postgres_server();

// A plain session of a user beside the bridge, in text.
class PostgresUser {
 public:
  using Row = std::vector<std::optional<std::string>>;

  explicit PostgresUser(const std::string& dsn);
  ~PostgresUser();
  PostgresUser(const PostgresUser&) = delete;
  PostgresUser& operator=(const PostgresUser&) = delete;

  // One or several statements; the rows of the last. Throws with the server's message.
  std::vector<Row> query(const std::string& sql);
  // The first cell of the first row.
  std::string one(const std::string& sql);
  // Sends a statement whose answer is taken by finish(): it may have to wait.
  void start(const std::string& sql);
  std::vector<Row> finish();

 private:
  pg_conn* connection_;
};

}  // namespace atlas
