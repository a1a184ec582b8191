#pragma once

#include "foundation/result.h"

#include <memory>
#include <string>
namespace atlas::app {

// A PostgreSQL server for the demo: in a folder of its own, reached by a unix socket in it only,
// without fsync, stopped when destroyed. The folder stays; who made it removes it.
class TemporaryPostgres {
 public:
  // `folder` must not exist; its path must be short enough for a socket (below 90 bytes).
  //   errors  kUnreachable, with the package to install, when there is no server on this machine
  static Result<std::unique_ptr<TemporaryPostgres>> start(const std::string& folder);
  ~TemporaryPostgres();
  TemporaryPostgres(const TemporaryPostgres&) = delete;
  TemporaryPostgres& operator=(const TemporaryPostgres&) = delete;

  // Connection string of the superuser, who needs no password.
  std::string dsn(const std::string& database) const;
  // The command that starts the server again after it was stopped.
  std::string start_command() const;

 private:
  TemporaryPostgres(std::string folder, std::string binaries)
      : folder_(std::move(folder)), binaries_(std::move(binaries)) {}
  Result<> make_cluster();
  Result<> launch();

  std::string folder_;
  std::string binaries_;
  int pid_ = 0;  // a pid_t
};

}  // namespace atlas::app
