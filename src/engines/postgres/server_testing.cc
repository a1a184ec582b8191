#include "engines/postgres/server_testing.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <pwd.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace atlas {
namespace {

constexpr std::chrono::seconds kStartMax{60};
constexpr std::chrono::milliseconds kPoll{20};

// PostgreSQL refuses to run as root; its package brings a user for it.
const passwd* server_user() { return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr; }

// Starts `arguments` as the server's user with output to `log`. The child dies with us.
pid_t spawn(std::vector<std::string> arguments, const std::string& log) {
  const passwd* user = server_user();
  if (::geteuid() == 0 && user == nullptr)
    throw std::runtime_error("there is no user postgres to run a server as");
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child > 0) return child;
  if (user != nullptr && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) ::_exit(126);
  (void)::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (out >= 0) {
    (void)::dup2(out, STDOUT_FILENO);
    (void)::dup2(out, STDERR_FILENO);
  }
  (void)::setenv("LC_ALL", "C.UTF-8", 1);
  (void)::setenv("TZ", "UTC", 1);
  (void)::execv(argv.front(), argv.data());
  ::_exit(127);
}

void run(const std::vector<std::string>& arguments, const std::string& log) {
  int status = 0;
  const pid_t child = spawn(arguments, log);
  if (::waitpid(child, &status, 0) != child || status != 0) {
    throw std::runtime_error(fmt::format("{} failed, see {}", arguments.front(), log));
  }
}

std::string find_binaries() {
  constexpr std::string_view kDebian = "/usr/lib/postgresql/15/bin";
  if (std::filesystem::exists(std::string(kDebian) + "/postgres")) return std::string(kDebian);
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::string folder(rest.substr(0, rest.find(':')));
    if (!folder.empty() && std::filesystem::exists(folder + "/postgres")) return folder;
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
  }
  throw std::runtime_error("no PostgreSQL server found: install postgresql-15");
}

}  // namespace

// --- server -------------------------------------------------------------------------------------

PostgresServer::PostgresServer(PostgresServerOptions options)
    : options_(std::move(options)), binaries_(find_binaries()) {
  std::array<char, 20> name{"/tmp/atlas-pgXXXXXX"};
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("no folder could be made below /tmp");
  folder_ = name.data();
  if (const passwd* user = server_user(); user != nullptr) {
    if (::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error("chown failed");
  }
  make_cluster();
  start();
}

PostgresServer::~PostgresServer() {
  stop(SIGQUIT);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void PostgresServer::make_cluster() {
  if (options_.standby_of != nullptr) {
    run({binaries_ + "/pg_basebackup", "-D", folder_ + "/data", "-h", options_.standby_of->folder(),
         "-U", "postgres", "-R", "-c", "fast", "--no-sync"},
        folder_ + "/basebackup.log");
    return;
  }
  run({binaries_ + "/initdb", "-D", folder_ + "/data", "-U", "postgres", "-A", "trust", "-E",
       "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
      folder_ + "/initdb.log");
}

void PostgresServer::start() {
  std::vector<std::string> arguments = {binaries_ + "/postgres", "-D", folder_ + "/data", "-k",
                                        folder_};
  const auto set = [&](std::string setting) {
    arguments.emplace_back("-c");
    arguments.push_back(std::move(setting));
  };
  set("listen_addresses=");
  set("max_prepared_transactions=10");
  set("shared_buffers=64MB");
  set("autovacuum=off");
  set(options_.fsync ? "fsync=on" : "fsync=off");
  for (const std::string& setting : options_.settings) set(setting);
  pid_ = spawn(arguments, folder_ + "/server.log");
  const auto until = std::chrono::steady_clock::now() + kStartMax;
  while (PQping(dsn("postgres").c_str()) != PQPING_OK) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      throw std::runtime_error(fmt::format("the server ended at once, see {}/server.log", folder_));
    }
    if (std::chrono::steady_clock::now() > until)
      throw std::runtime_error("the server does not answer");
    std::this_thread::sleep_for(kPoll);
  }
}

void PostgresServer::stop(int signal) {
  if (pid_ <= 0) return;
  (void)::kill(pid_, signal);
  (void)::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

// Immediate shutdown: what committed is in the log, all else is gone, recovery runs at the next
// start.
void PostgresServer::crash() { stop(SIGQUIT); }

std::string PostgresServer::dsn(std::string_view database, std::string_view user) const {
  return fmt::format("host={} user={} dbname={}", folder_, user, database);
}

std::string PostgresServer::create_database() {
  std::string name = fmt::format("t{}", ++databases_);
  PostgresUser(dsn("postgres")).query(fmt::format("create database {} template template0", name));
  return dsn(name);
}

PostgresServer& shared_postgres_server() {
  static PostgresServer server({.fsync = false, .settings = {}});
  return server;
}

// --- user ---------------------------------------------------------------------------------------

namespace {

std::vector<PostgresUser::Row> rows_of(const PGresult* result) {
  std::vector<PostgresUser::Row> rows(static_cast<std::size_t>(PQntuples(result)));
  for (int r = 0; r < PQntuples(result); ++r) {
    for (int c = 0; c < PQnfields(result); ++c) {
      auto& row = rows[static_cast<std::size_t>(r)];
      if (PQgetisnull(result, r, c) != 0) {
        row.emplace_back();
      } else {
        row.emplace_back(std::string(PQgetvalue(result, r, c),
                                     static_cast<std::size_t>(PQgetlength(result, r, c))));
      }
    }
  }
  return rows;
}

}  // namespace

PostgresUser::PostgresUser(const std::string& dsn) : connection_(PQconnectdb(dsn.c_str())) {
  if (PQstatus(connection_) == CONNECTION_OK) {
    (void)query("set client_min_messages = warning");
    return;
  }
  const std::string why = PQerrorMessage(connection_);
  PQfinish(connection_);
  throw std::runtime_error("a user cannot connect: " + why);
}

PostgresUser::~PostgresUser() { PQfinish(connection_); }

void PostgresUser::start(const std::string& sql) {
  if (PQsendQuery(connection_, sql.c_str()) != 1)
    throw std::runtime_error(PQerrorMessage(connection_));
}

std::vector<PostgresUser::Row> PostgresUser::finish() {
  std::vector<Row> rows;
  std::string why;
  while (PGresult* result = PQgetResult(connection_)) {
    const ExecStatusType status = PQresultStatus(result);
    rows = rows_of(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
      why = PQresultErrorMessage(result);
    }
    PQclear(result);
  }
  if (!why.empty()) throw std::runtime_error("a user's statement failed: " + why);
  return rows;
}

std::vector<PostgresUser::Row> PostgresUser::query(const std::string& sql) {
  start(sql);
  return finish();
}

std::string PostgresUser::one(const std::string& sql) {
  const auto rows = query(sql);
  if (rows.empty() || rows.front().empty()) throw std::runtime_error("no row: " + sql);
  return rows.front().front().value_or("");
}

}  // namespace atlas
