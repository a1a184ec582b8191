#include "app/temporary_postgres.h"

#include "foundation/clock.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <pwd.h>
#include <string>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace atlas::app {
namespace {

constexpr Micros kStartMax = std::chrono::seconds(60);
constexpr Micros kPoll = std::chrono::milliseconds(20);
constexpr std::size_t kSocketFolderMax = 90;  // sun_path holds 108 with the socket's name

// PostgreSQL refuses to run as root; its package brings a user for it.
const passwd* server_user() { return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr; }

// Starts a program as the server's user, its output appended to `log`. It ends when we end.
Result<pid_t> spawn(const std::vector<std::string>& arguments, const std::string& log) {
  const passwd* user = server_user();
  if (::geteuid() == 0 && user == nullptr) {
    return Error(Code::kUnreachable, "there is no user `postgres` to run a server as")
        .advise("apt-get install --no-install-recommends postgresql-15");
  }
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): execv's signature; it copies
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return Error(Code::kDatabaseFailed, "fork failed");
  if (child > 0) return child;
  if (user != nullptr && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) ::_exit(126);
  // Interrupts at the terminal are ours to handle.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (out >= 0) {
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
  }
  ::setenv("LC_ALL", "C.UTF-8", 1);
  ::execv(argv.front(), argv.data());
  ::_exit(127);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// What a program said last; its log goes with the demo's folder.
std::string last_line(const std::string& log) {
  std::ifstream file(log);
  std::string last = "it said nothing";
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

// The newest version under Debian's folder.
Result<std::string> find_binaries() {
  std::string found;
  int newest = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    const std::string version = entry.path().filename().string();
    const int number = std::atoi(version.c_str());
    const std::string folder = (entry.path() / "bin").string();
    if (number > newest && std::filesystem::exists(folder + "/initdb", ignored)) {
      newest = number;
      found = folder;
    }
  }
  if (!found.empty()) return found;
  return Error(Code::kUnreachable, "no PostgreSQL server is installed on this machine")
      .at("/usr/lib/postgresql/*/bin")
      .advise("apt-get install --no-install-recommends postgresql-15");
}

}  // namespace

Result<std::unique_ptr<TemporaryPostgres>> TemporaryPostgres::start(const std::string& folder) {
  if (folder.size() > kSocketFolderMax) {
    return Error(Code::kUsage, fmt::format("the path is too long for a socket: {}", folder))
        .advise("choose a shorter --dir");
  }
  ATLAS_TRY(std::string binaries, find_binaries());
  auto server =
      std::unique_ptr<TemporaryPostgres>(new TemporaryPostgres(folder, std::move(binaries)));
  ATLAS_OK(server->make_cluster());
  ATLAS_OK(server->launch());
  return server;
}

Result<> TemporaryPostgres::make_cluster() {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  const passwd* user = server_user();
  if (failed || (user != nullptr && ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0)) {
    return Error(Code::kDatabaseFailed, "the folder cannot be made").at(folder_);
  }
  const std::string log = folder_ + "/initdb.log";
  ATLAS_TRY(const pid_t child, spawn({binaries_ + "/initdb", "--pgdata=" + folder_ + "/data",
                                      "--username=postgres", "--auth=trust", "--encoding=UTF8",
                                      "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
                                     log));
  if (wait_for(child) == 0) return {};
  return Error(Code::kDatabaseFailed, "initdb failed: " + last_line(log))
      .at(folder_)
      .advise(
          "the folder must be reachable for the user that the server runs as; --dir names "
          "another");
}

Result<> TemporaryPostgres::launch() {
  const std::string log = folder_ + "/server.log";
  ATLAS_TRY(pid_, spawn({binaries_ + "/postgres", "-D", folder_ + "/data", "-k", folder_, "-c",
                         "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=50"},
                        log));
  Clock& clock = system_clock();
  const Micros end = clock.monotonic() + kStartMax;
  while (PQping(dsn("postgres").c_str()) != PQPING_OK) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      return Error(Code::kUnreachable, "the server ended at once: " + last_line(log)).at(folder_);
    }
    if (clock.monotonic() > end) {
      return Error(Code::kTimeout, "the server does not start: " + last_line(log)).at(folder_);
    }
    clock.sleep(kPoll);
  }
  return {};
}

TemporaryPostgres::~TemporaryPostgres() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGINT);  // fast shutdown: sessions are ended, data is written
  wait_for(pid_);
}

std::string TemporaryPostgres::dsn(const std::string& database) const {
  return fmt::format("host={} user=postgres dbname={}", folder_, database);
}

std::string TemporaryPostgres::start_command() const {
  const std::string command =
      fmt::format("{}/pg_ctl -D {}/data -o \"-k {} -h ''\" -l {}/server.log start", binaries_,
                  folder_, folder_, folder_);
  return server_user() == nullptr ? command : "runuser -u postgres -- " + command;
}

}  // namespace atlas::app
