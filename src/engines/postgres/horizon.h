#pragma once

#include "endpoint/endpoint.h"
#include "engines/postgres/connection.h"

namespace atlas::postgres {

// kReadOnlyServer: what a replica shows is late, and says nothing of its primary's transactions.
Error replica(const std::string& where);

// E28, on a connection outside of any transaction.
//   errors  kReadOnlyServer on a replica; kStampedUnsafe when other users' transactions are hidden
//   from us
Result<Horizon> read_horizon(Connection& connection);

// GRANT pg_read_all_stats for the session's role.
std::string grant_stats(const Session& session);

}  // namespace atlas::postgres
