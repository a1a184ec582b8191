// How a connection begins: libpq's parameters, then the session's settings and facts in one round
// trip.

#include "engines/postgres/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <optional>

namespace atlas::postgres {
namespace {

// set_config($1[i], $2[i]) for all settings, and what we need to know of the session.
// The server's system identifier and the database's oid survive in physical copies, so its start
// time is part of the identity: a clone must never be taken for the original.
constexpr std::string_view kStart = R"(
with settings as materialized (
  select count(set_config(s.name, s.value, false)) as n
  from unnest($1::text[], $2::text[]) as s(name, value))
select pg_backend_pid(), current_setting('server_version_num')::int4, current_setting('server_encoding'),
       current_database()::text, current_user::text,
       coalesce(inet_server_addr()::text, '') || ':' || coalesce(current_setting('port', true), ''),
       extract(epoch from pg_postmaster_start_time())::text, d.oid::int8, settings.n
from pg_database d, settings where d.datname = current_database())";

// May be refused on managed servers; the rest of the identity stands without it.
constexpr std::string_view kSystem = "select system_identifier from pg_control_system()";

// What libpq quotes may be a piece of a password where the connection string is not what its writer
// meant.
std::string without_quotes(std::string_view text) {
  const std::size_t open = text.find('"');
  if (open == std::string_view::npos) return std::string(text);
  return fmt::format("{}\"...\"{}", text.substr(0, open), text.substr(text.rfind('"') + 1));
}

// libpq's own reason, in one line. Of a server that was asked it quotes the host or its socket.
std::string reason_of(const pg_conn* connection) {
  std::string text = PQerrorMessage(connection);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  const std::string_view host = PQhost(connection);
  const bool asked = text.starts_with("connection to server ") && !host.empty() &&
                     host.find_first_of("@\"") == std::string_view::npos;
  return asked ? text : without_quotes(text);
}

// nullopt: libpq can read it.
std::optional<Error> malformed(const std::string& dsn, const std::string& where) {
  const bool whole = dsn.find('=') != std::string::npos || dsn.starts_with("postgres://") ||
                     dsn.starts_with("postgresql://");
  if (!whole) return std::nullopt;  // a database's name
  char* why = nullptr;
  PQconninfoOption* options = PQconninfoParse(dsn.c_str(), &why);
  if (options != nullptr) {
    PQconninfoFree(options);
    return std::nullopt;
  }
  std::string text = why == nullptr ? "out of memory" : without_quotes(why);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  Error out(Code::kBadAddress, std::move(text));
  PQfreemem(why);
  return std::move(out).at(where);
}

// A login that was refused has no result to take an SQLSTATE from, and libpq's texts are localised.
// What can be told apart safely: whether a server answered at all.
Error connect_error(const pg_conn* connection, const std::string& where) {
  if (PQconnectionNeedsPassword(connection) != 0 || PQconnectionUsedPassword(connection) != 0) {
    return Error(Code::kLoginRefused, "the server asked for a password and refused the login")
        .at(where);
  }
  const std::string_view text = PQerrorMessage(connection);
  const auto says = [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  };
  if (says("pg_hba.conf") || says("Peer authentication") || says("password authentication") ||
      says("role \"")) {
    return Error(Code::kLoginRefused, "the server refused the login").at(where);
  }
  if (says("database \"") && says("does not exist")) {
    return Error(Code::kDatabaseMissing, "the server knows no such database").at(where);
  }
  // An option that is there and has no such value: "invalid sslmode value", "invalid port number".
  if (text.starts_with("invalid "))
    return Error(Code::kBadAddress, reason_of(connection)).at(where);
  return Error(Code::kUnreachable, "no connection could be made: " + reason_of(connection))
      .at(where);
}

std::string milliseconds(std::chrono::milliseconds span) {
  return fmt::format("{}ms", span.count());
}

void ignore_notice(void* /*context*/, const pg_result* /*result*/) {}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const ConnectionOptions& options) {
  if (auto bad = malformed(options.dsn.reveal(), options.where)) return std::move(*bad);
  const std::string timeout =
      std::to_string(std::max<std::int64_t>(2, options.connect_timeout.count() / 1000));
  // What comes before dbname is a default that the connection string may change; what comes after
  // may not be.
  const std::array keywords = {
      "connect_timeout",  "keepalives_idle",  "keepalives_interval",
      "keepalives_count", "tcp_user_timeout", "dbname",
      "client_encoding",  "application_name", static_cast<const char*>(nullptr)};
  const std::array values = {timeout.c_str(),
                             "15",
                             "5",
                             "3",
                             "60000",
                             options.dsn.reveal().c_str(),
                             "UTF8",
                             options.application_name.c_str(),
                             static_cast<const char*>(nullptr)};
  pg_conn* handle = PQconnectdbParams(keywords.data(), values.data(), 1);
  if (handle == nullptr) return Error(Code::kUnreachable, "out of memory").at(options.where);
  std::unique_ptr<Connection> connection(new Connection(handle, options));
  if (PQstatus(handle) != CONNECTION_OK) return connect_error(handle, options.where);
  PQsetNoticeReceiver(handle, ignore_notice, nullptr);
  if (PQsetnonblocking(handle, 1) != 0 || PQenterPipelineMode(handle) != 1) {
    return Error(Code::kUnreachable, "libpq cannot use pipelines").at(options.where);
  }
  ATLAS_OK(connection->start_session());
  return connection;
}

Result<> Connection::start_session() {
  std::vector<std::pair<std::string_view, std::string>> settings = {
      {"search_path", "pg_catalog, pg_temp"},
      {"row_security", "off"},  // rows that a policy hides are an error, never silently missing
      {"synchronous_commit", "on"},
      {"statement_timeout", milliseconds(options_.statement_timeout)},
      {"lock_timeout", milliseconds(options_.lock_timeout)},
      {"idle_in_transaction_session_timeout", milliseconds(options_.idle_in_transaction_timeout)},
      {"default_transaction_isolation", "read committed"},
      {"default_transaction_deferrable", "off"},
      {"standard_conforming_strings", "on"},
      // Text forms of the types that travel as text.
      {"DateStyle", "ISO, YMD"},
      {"IntervalStyle", "postgres"},
      {"TimeZone", "UTC"},
      {"bytea_output", "hex"},
      {"extra_float_digits", "1"},
      {"client_min_messages", "error"},
      {"jit", "off"},
      {"plan_cache_mode", options_.keyed_plans ? "force_generic_plan" : "auto"},
      {"client_encoding", "UTF8"},
  };
  if (options_.keyed_plans) {
    for (const std::string_view name : {"enable_seqscan", "enable_bitmapscan", "enable_hashjoin",
                                        "enable_mergejoin", "enable_sort"})
      settings.emplace_back(name, "off");
  }
  Params params;
  {
    ArrayWriter names = params.array(kTextOid);
    for (const auto& [name, value] : settings) names.raw(name);
  }
  {
    ArrayWriter values = params.array(kTextOid);
    for (const auto& [name, value] : settings) values.raw(value);
  }
  const Step start{.label = "start", .sql = kStart, .params = &params, .prepared = false};
  ATLAS_TRY(const auto results, run_all({&start, 1}));
  const Rowset& facts = results.front();
  session_.backend = static_cast<std::uint32_t>(facts.integer(0, 0));
  session_.server_version = static_cast<int>(facts.integer(0, 1));
  session_.server_encoding = facts.text(0, 2);
  session_.database = facts.text(0, 3);
  session_.user = facts.text(0, 4);
  session_.proxied = session_.backend != static_cast<std::uint32_t>(PQbackendPID(connection_));
  const Step ask{.label = "start", .sql = kSystem, .prepared = false};
  const PipelineAnswer system = pipeline({&ask, 1});
  if (!usable()) return lost("start");
  const std::string server =
      system.error ? facts.text(0, 5) : std::to_string(system.results.front().integer(0, 0));
  session_.identity = fmt::format("pg:{}/{}@{}", server, facts.integer(0, 7), facts.text(0, 6));
  return {};
}

}  // namespace atlas::postgres
