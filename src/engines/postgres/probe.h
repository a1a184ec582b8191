#pragma once

#include "endpoint/endpoint.h"
#include "engines/postgres/connection.h"

#include <span>

namespace atlas::postgres {

// See Endpoint::probe. The connection is outside of any transaction.
Result<Probe> probe_server(Connection& connection, std::span<const TableName> tables);

}  // namespace atlas::postgres
