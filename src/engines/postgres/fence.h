#pragma once

// The fence and witness tables of a target (E2, E3), in schema atlas_bridge:
//   fence(tenant, epoch, mark)              the highest epoch that may write; which database it is
//   witness(tenant, batch, ordinal, key)    ordinal -1: the batch itself; ordinals from 0: writes
//   that were not applied
// The batch's row is written by the apply transaction with its now() as the key, microseconds in
// decimal (null: by an earlier version), or by settle with kNever in
// it: whoever commits first has decided, and settling again gives the same answer.

#include "endpoint/endpoint.h"
#include "engines/postgres/connection.h"

#include <string_view>

namespace atlas::postgres {

// $1 tenant → epoch and mark, if there is a fence.
inline constexpr std::string_view kShareFenceSql =
    "select epoch, mark from atlas_bridge.fence where tenant = $1 for share";
// $1 tenant, $2 batch.
inline constexpr std::string_view kWitnessSql =
    "insert into atlas_bridge.witness (tenant, batch, ordinal, key) values ($1, $2, -1, "
    "(extract(epoch from now()) * 1000000)::int8::text::bytea)";
// $1 tenant, $2 batch, $3 ordinals.
inline constexpr std::string_view kUnappliedSql =
    "insert into atlas_bridge.witness (tenant, batch, ordinal) select $1, $2::int8, "
    "unnest($3::int4[])";

Result<> install_witness(Connection& connection);
// Epoch 0 and no mark when the tenant has none, or the tables do not exist.
Result<Fence> read_fence(Connection& connection, const std::string& tenant);
// How long raise_fence and settle wait for transactions in flight is `wait`. Gives the fence's
// mark.
Result<std::string> raise_fence(Connection& connection, const std::string& tenant, const Fence& to,
                                std::chrono::milliseconds wait);
Result<Settlement> settle(Connection& connection, const ApplyTicket& ticket,
                          std::chrono::milliseconds wait);
Result<> purge_witnesses(Connection& connection, const std::string& tenant, BatchNumber upto);

// Turns "no such table" and "no right" on these tables into kWitnessMissing with the statements
// that help.
Error witness_error(const Connection& connection, Error error);

}  // namespace atlas::postgres
