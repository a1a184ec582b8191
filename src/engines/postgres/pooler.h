#pragma once

// Transaction-mode poolers hand our statements to changing server processes: session settings,
// prepared statements and the meaning of "this connection" are lost. They are detected and refused.

#include "engines/postgres/connection.h"

namespace atlas::postgres {

inline constexpr std::string_view kBackendSql = "select pg_backend_pid()";

// `answer` is kBackendSql's, or a row that starts with pg_backend_pid(). Error kPoolerRefused when
// another process answers than the one that the session began with.
Result<> check_backend(const Connection& connection, const Rowset& answer);

// Asks whether a second session gets the first one's process while that one is idle. Only useful
// behind a proxy (Session::proxied). Error kPoolerRefused if so; a session-mode pooler passes.
Result<> refuse_shared_backends(Connection& first);

}  // namespace atlas::postgres
