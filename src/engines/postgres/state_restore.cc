// What backup and restore need beside a run's own words.

#include "engines/postgres/state.h"
#include "engines/postgres/state_rows.h"

#include <fmt/format.h>

namespace atlas {

using postgres::Params;
using postgres::Rowset;
using postgres::StateSteps;

Result<std::map<std::string, std::string>> PostgresState::notes(TenantId tenant) {
  Params params;
  params.int4(tenant.value);
  ATLAS_TRY(
      const Rowset rows,
      ask("notes", "select name, content from atlas_bridge.note where tenant = $1::int4", params));
  std::map<std::string, std::string> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.emplace(rows.text(i, 0), rows.text(i, 1));
  return out;
}

// The link table is the entity's own, however many links it has.
Result<> PostgresState::forget(const Lease& lease, const EntityRef& ref) {
  StateSteps steps;
  postgres::add_lease_check(steps, lease);
  for (const char* table : {"cursor", "pending", "candidate", "conflict", "intent"}) {
    steps.add("forget", fmt::format("delete from atlas_bridge.{} where entity = $1::int4", table))
        .int4(ref.id);
  }
  steps.add("forget", fmt::format("truncate {}", postgres::link_table(ref.id)));
  return pool_.with(
      [&](postgres::Connection& connection) { return steps.run_committed(connection); });
}

Result<> PostgresState::go_on_from(TenantId tenant, Epoch epoch,
                                   const std::array<std::uint8_t, 32>& hash_key) {
  StateSteps steps;
  steps.add("go on from", "update atlas_bridge.tenant set hash_key = $2::bytea where id = $1::int4")
      .int4(tenant.value)
      .text({reinterpret_cast<const char*>(hash_key.data()), hash_key.size()});
  steps
      .add("go on from",
           "insert into atlas_bridge.lease (tenant, epoch, holder) values ($1::int4, $2::int8, '') "
           "on conflict (tenant) do update set epoch = excluded.epoch")
      .int4(tenant.value)
      .int8(epoch.value);
  return pool_.with(
      [&](postgres::Connection& connection) { return steps.run_committed(connection); });
}

}  // namespace atlas
