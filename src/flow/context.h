#pragma once

// What all pages of one entity share during one run.

#include "flow/counts.h"
#include "flow/ports.h"
#include "mapping/mapper.h"
#include "state/store.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace atlas {

// How much of both sides a run compares with the links beside what capture brings (E30).
enum class Sweep : std::uint8_t {
  kRolling,  // a stretch of each table, from where the last one ended
  kFull,     // everything
  kRepair,   // everything, and every pair is decided anew, whatever its versions say (E36)
  kOff,
};
struct SweepOptions {
  Sweep sweep = Sweep::kRolling;
  // Of kRolling: links and rows of one table looked at in one turn, and the time between two turns.
  std::int64_t rows = 50'000;
  Micros every = std::chrono::minutes(5);
  // Of kRepair: the side whose databases were restored from an older backup (E9).
  std::optional<Side> rewound;
  // Of kRepair: it is the state that was restored from an older backup, or lost what it knew last.
  bool state_rewound = false;

  // "legacy", "platform" or "state"; empty when nothing was restored.
  std::string_view restored() const {
    return state_rewound ? "state" : rewound ? side_name(*rewound) : std::string_view();
  }
};

// The same for every entity of the run; read-only after it is made.
struct RunContext {
  const Plan& plan;
  const Ports& ports;
  TenantInfo tenant;
  Lease lease;                      // not set (run 0) in plan mode
  std::vector<EntityRef> entities;  // by EntityIndex
  Hasher hasher;
  Instant now;  // one moment for the whole run: soft flags, pending stamps, create: now()
  std::int64_t legacy_clock_offset_us = 0;  // added to legacy stamps before comparing (E18)
  std::vector<bool> may_join;               // by EndpointIndex: its database is the state's
  bool dry = false;                         // plan: nothing is written anywhere
  std::size_t page_rows = 2000;
  Micros lease_ttl = std::chrono::minutes(5);
  SweepOptions sweep;
};

// One write that plan would make, for people.
struct PlannedWrite {
  std::string entity, endpoint, table, key;
  std::string action;  // insert, update, delete
  std::vector<std::string> columns;
  // The row is as it was when a database refused it; its time has come to be tried again.
  bool again = false;
};

// Hashes of instances and rows, eight bytes each: two of a million are taken for one with a chance
// of 1 : 10^7.
class HashSet {
 public:
  void insert(std::uint64_t hash);
  bool contains(std::uint64_t hash) const;
  void erase(std::uint64_t hash);  // meant for few

 private:
  std::vector<std::uint64_t> sorted_;
  std::set<std::uint64_t> recent_;  // not in sorted_ yet
  std::set<std::uint64_t> erased_;  // of sorted_
};

// What planned writes mean for the parents of the rows that are written: a delete that is due looks
// at who refers to its row once they are made (E26).
struct PlannedChildren {
  HashSet removed, marked;  // rows
  HashSet moved;            // rows, each with the first column of a reference that is written
  HashSet arrived;          // references: the table, their first column, the parent's key
  std::set<std::pair<EndpointIndex, TableName>> tables;  // that have such rows

  static std::uint64_t row(EndpointIndex endpoint, const TableName& table, KeyView key);
  static std::uint64_t row_column(std::uint64_t row, std::string_view column);
  static std::uint64_t reference(EndpointIndex endpoint, const TableName& table,
                                 std::string_view column, KeyView parent);
};

// All of them: sums, and the first rows.
struct PlannedWrites {
  struct Sums {
    std::int64_t inserts = 0, updates = 0, deletes = 0;
  };
  std::size_t rows_max = SIZE_MAX;
  std::vector<PlannedWrite> rows;
  std::map<std::pair<std::string, std::string>, Sums> tables;  // by endpoint and table
  std::int64_t total = 0, again = 0;
  PlannedChildren children;

  void add(PlannedWrite write);
};

// An instance that a dry run leaves waiting for parents, or a write that follows them: the run
// comes back to it once they are linked.
struct PlannedLater {
  InstanceKey id;
  std::vector<MissingParent> parents;
  std::optional<PlannedWrite> patch;  // none: nothing of it is planned yet
};

std::uint64_t instance_hash(const InstanceKey& id);

// Our own confirmed transactions of this run, by the version tokens that they gave their rows: a
// row that still has one is an echo (E16), and its link need not be asked. Bounded; what does not
// fit is found through its link.
class OwnWrites {
 public:
  void add(EndpointIndex endpoint, std::uint64_t token) {
    if (tokens_.size() < kTokensMax) tokens_.emplace(endpoint, token);
  }
  bool contains(EndpointIndex endpoint, std::uint64_t token) const {
    return tokens_.contains({endpoint, token});
  }
  void merge(const OwnWrites& other) {
    for (const auto& [endpoint, token] : other.tokens_) add(endpoint, token);
  }

 private:
  static constexpr std::size_t kTokensMax = 4096;
  std::set<std::pair<EndpointIndex, std::uint64_t>> tokens_;
};

// One entity's own connections and running accounts. One thread.
class EntityContext {
 public:
  EntityContext(const RunContext& run_context, const EntityPlan& plan, StateStore& store)
      : run(run_context),
        entity(plan),
        ref(run_context.entities[plan.index.value]),
        state(store),
        mapper(plan, run_context.hasher) {}

  Result<Endpoint*> endpoint(EndpointIndex index);
  // A number for an apply transaction. They are reserved in blocks: each block is a commit.
  Result<BatchNumber> next_batch();
  // Takes over what another lane of the same entity knows.
  void learn(const EntityContext& other);

  const RunContext& run;
  const EntityPlan& entity;
  EntityRef ref;
  StateStore& state;
  Mapper mapper;
  Counts counts;
  bool any_pending = true;        // some instance of the entity may be pending
  bool any_open_conflict = true;  // some conflict is open
  bool first_load = false;        // rows of legacy come up that were there before the bridge
  bool unique_may_be_free =
      false;                // a row was changed or removed: held unique values may be free (E33)
  Micros renewed{};         // monotonic: when this entity last renewed the lease
  bool links_made = false;  // children may have been waiting for them
  // Rows that were about to be made on the other side, where one may stand that belongs to them.
  std::vector<Candidate> possible_pairs;
  OwnWrites own_writes;
  std::int64_t shifted = 0;  // links of this run that show another link's match value (E27)
  // plan mode: what would be written, and the links that would be made.
  PlannedWrites* planned = nullptr;
  RefTable* planned_links = nullptr;
  std::vector<Candidate> planned_candidates;
  std::set<InstanceKey> planned_unmapped;  // of these: rows that cannot be mapped
  std::set<InstanceKey> planned_deletes;
  // The instances that something was said of: it is said once, though they are captured on both
  // sides.
  HashSet planned_seen;
  std::vector<PlannedLater> planned_later;
  std::int64_t planned_ids = 0;  // counts down: stand-ins for sequence values

 private:
  static constexpr std::int64_t kBatchBlock = 32;

  std::map<EndpointIndex, std::unique_ptr<Endpoint>> open_;
  BatchNumber next_batch_;
  std::int64_t batches_left_ = 0;
};

}  // namespace atlas
