// Confirm: links, pending keys, candidates, conflicts, cursors and intents move in one transaction
// (E4).

#include "engines/postgres/plans.h"
#include "engines/postgres/state.h"
#include "engines/postgres/state_rows.h"
#include "engines/postgres/transaction.h"

#include <map>

namespace atlas {

using postgres::ArrayWriter;
using postgres::Connection;
using postgres::Params;
using postgres::StateSteps;
using postgres::StoredEntity;

namespace {

void add_intent_deletes(StateSteps& steps, const Lease& lease, const Confirm& confirm) {
  if (confirm.intents.empty()) return;
  Params& params = steps.add(
      "confirm intents",
      "delete from atlas_bridge.intent where tenant = $1::int4 and number = any ($2::int8[])");
  params.int4(lease.tenant.value);
  ArrayWriter numbers = params.array(postgres::kInt8Oid);
  for (const BatchNumber number : confirm.intents) numbers.int8(number.value);
}

void add_confirm_steps(StateSteps& steps, const Lease& lease, const StoredEntity& entity,
                       const Confirm& confirm) {
  postgres::add_lease_check(steps, lease);
  add_intent_deletes(steps, lease, confirm);
  postgres::add_link_writes(steps, entity, confirm);
  postgres::add_pending_writes(steps, entity, confirm);
  postgres::add_candidate_writes(steps, entity, confirm);
  postgres::add_conflict_writes(steps, entity, confirm);
  postgres::add_cursor_writes(steps, entity, confirm);
}

}  // namespace

Result<> PostgresState::confirm(const Lease& lease, const EntityRef& ref, const Confirm& confirm) {
  ATLAS_TRY(const StoredEntity* entity, stored(ref));
  StateSteps steps;
  add_confirm_steps(steps, lease, *entity, confirm);
  return pool_.with([&](Connection& connection) { return steps.run_committed(connection); });
}

// The same role in the same database reaches the state's tables.
bool PostgresState::joins(const Transaction& transaction) const {
  const auto* ours = dynamic_cast<const postgres::PostgresTransaction*>(&transaction);
  return ours != nullptr && ours->session().identity == session_.identity &&
         ours->session().user == session_.user;
}

Result<> PostgresState::confirm_joined(Transaction& transaction, const Lease& lease,
                                       const EntityRef& ref, const Confirm& confirm) {
  auto* ours = dynamic_cast<postgres::PostgresTransaction*>(&transaction);
  if (ours == nullptr) return Error(Code::kInternal, "a foreign transaction cannot be joined");
  ATLAS_TRY(const StoredEntity* entity, stored(ref));
  StateSteps steps;
  steps.add("plans", std::string(postgres::kKeyedPlansSql));
  add_confirm_steps(steps, lease, *entity, confirm);
  return steps.run(ours->connection());
}

}  // namespace atlas
