#pragma once

// Words that the parts of the state store share: instances as arrays, and the steps of one confirm.

#include "engines/postgres/connection.h"
#include "engines/postgres/copy.h"
#include "engines/postgres/state_entity.h"
#include "state/store.h"

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace atlas::postgres {

// Hashes as one int8 array.
void bind_hashes(Params& params, std::span<const FieldHash> hashes);
// Three arrays: side, kind, key.
void bind_instances(Params& params, const StoredEntity& entity,
                    std::span<const InstanceKey* const> instances);
// The instance in the columns side, kind, key that start at `at`.
InstanceKey read_instance(const StoredEntity& entity, const Rowset& rows, std::size_t row,
                          std::size_t at);
// timestamptz cells; null is the epoch.
Instant read_instant(const Rowset& rows, std::size_t row, std::size_t column);
void bind_instant(Params& params, Instant instant);
void append_instant(ArrayWriter& out, Instant instant);

// The statements of one state transaction in order, each with its own parameters.
class StateSteps {
 public:
  // What it means when a step's own check fails (it divides by zero then).
  enum class Guard : std::uint8_t { kNone, kLease, kLinks };

  Params& add(std::string_view label, std::string sql, Guard guard = Guard::kNone);
  // Rows by "copy … from stdin".
  CopyRows& add_copy(std::string_view label, std::string sql);
  // Runs them in the connection's open transaction.
  Result<> run(Connection& connection) const;
  // As one transaction of their own.
  //   errors  kFenceStale, kStateUnusable, kCommitUnknown, kRetry
  Result<> run_committed(Connection& connection) const;

 private:
  struct Entry {
    std::string_view label;
    std::string sql;
    Guard guard;
    Params params;
    std::unique_ptr<CopyRows> copy;
  };
  Result<> run_steps(Connection& connection, std::size_t from, std::size_t to) const;
  std::deque<Entry> entries_;
};

// First step of every write of a run: fails with kFenceStale unless the lease is ours, and keeps it
// from being taken until the transaction ends.
void add_lease_check(StateSteps& steps, const Lease& lease);

void add_link_writes(StateSteps& steps, const StoredEntity& entity, const Confirm& confirm);
void add_pending_writes(StateSteps& steps, const StoredEntity& entity, const Confirm& confirm);
void add_candidate_writes(StateSteps& steps, const StoredEntity& entity, const Confirm& confirm);
void add_conflict_writes(StateSteps& steps, const StoredEntity& entity, const Confirm& confirm);
void add_cursor_writes(StateSteps& steps, const StoredEntity& entity, const Confirm& confirm);

}  // namespace atlas::postgres
