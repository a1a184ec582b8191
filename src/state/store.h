#pragma once

// What the bridge remembers (ENGINE E1–E6). Implemented on PostgreSQL and SQLite, held to
// state/conformance.h. Every method is one transaction unless it says otherwise. Writes of a run
// carry the run's epoch and fail with kFenceStale when a newer run has taken the lease. One thread
// per store object; objects of the same database are independent connections.

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "model/key.h"
#include "state/link.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace atlas {

class Transaction;  // endpoint/endpoint.h

struct TenantInfo {
  TenantId id;
  std::string name;
  std::string uuid;  // immutable id: minted keys derive from it
  std::array<std::uint8_t, 32> hash_key{};
};

struct Lease {
  TenantId tenant;
  RunId run;
  Epoch epoch;
};

// Who holds the lease when it cannot be had.
struct LeaseHolder {
  std::string holder;
  Instant until;
};

struct LeaseAnswer {
  std::optional<Lease> lease;  // set when it was granted
  LeaseHolder held_by;         // otherwise
};

// One field as the link documents know it: a changed fingerprint means the base no longer compares
// (E15).
struct FieldLayout {
  std::string name;
  std::uint64_t fingerprint = 0;
  bool operator==(const FieldLayout&) const = default;
};

// How an entity is kept. Key types decide the native column types of its link table.
struct EntityLayout {
  std::string name;
  std::vector<std::string> kinds;  // legacy tables in mapping order
  std::vector<Type> legacy_key;
  std::vector<Type> platform_key;
  std::vector<std::string> parts;  // "legacy", then platform aliases
  std::vector<FieldLayout> fields;
};

// Handle of an entity in one store. Cheap to copy.
struct EntityRef {
  std::int32_t id = 0;
  std::int32_t layout = 0;
  std::size_t parts = 0;
  std::size_t fields = 0;
};

// Names one entity instance before or after it has a link: by its legacy row, or by its platform
// row if it has none.
struct InstanceKey {
  Side side = Side::kLegacy;
  std::uint16_t kind = 0;  // 0 for platform keys
  Key key;
  auto operator<=>(const InstanceKey&) const = default;
};

// Why an instance is to be looked at again. One row per instance: a later reason replaces an
// earlier one.
enum class PendingState : std::uint8_t {
  kDirty,        // refused by a guard, transient error, deadline, or a recheck after our own write
  kDeferred,     // a deferred reference is to be patched in
  kWaiting,      // a reference's parent has no confirmed link yet
  kHeld,         // a person or a proof is awaited (manual creation, suspected delete, has children)
  kQuarantined,  // could not be mapped or applied
  kDiscarded,    // a person gave it up: nothing is tried until one of its rows changes
};
std::string_view pending_state_name(PendingState state);

struct Pending {
  InstanceKey instance;
  PendingState state = PendingState::kDirty;
  std::uint16_t code = 0;  // ATB number, 0 for kDirty
  std::string reason;      // one line, no row values
  std::string field;       // field or constraint that failed, may be empty
  std::string blocker;     // "team 17": who is waited for; empty if nobody
  // What was seen when it was put here; a difference is a reason to retry (E33).
  std::uint64_t fingerprint = 0;  // hash of versions of all parts and of the mapping
  std::int32_t attempts = 0;
  Instant since{};
  Instant retry_at{};  // not looked at before this, unless captured or named
};

// Cursor of one source (a legacy table or platform part) of an entity.
struct Cursor {
  std::string source;  // part or kind name: "users", "u"
  bool swept = false;  // the first full scan is done: `stamp` rules; else `key` does
  bool has_stamp = false;
  std::int64_t stamp =
      0;    // native stamp (naive or instant microseconds); rows at or after it are read again
  Key key;  // position of the first sweep
  std::int64_t sweep_floor = 0;  // native stamp to start from once the sweep is done
  bool operator==(const Cursor&) const = default;
};

// A field on which both sides differed (E21, MAPPING conflicts).
struct Conflict {
  std::int64_t id = 0;   // given by the store
  InstanceKey instance;  // legacy instance key of the link
  Key platform_key;
  std::string field;
  std::string legacy_value;  // text forms of the mid values
  std::string platform_value;
  std::string legacy_mid;  // the values themselves (model/value_bytes.h); empty: not kept
  std::string platform_mid;
  std::string winner;  // "legacy", "platform", "" while open
  std::string reason;  // "newest: 2026-… > 2026-…", "policy legacy", "manual", "base unknown"
  bool open = false;
  RowVersion legacy_version, platform_version;
  Instant at{};
  std::string resolved_by;     // "legacy" or "platform" asked for by a person, "" if none
  std::int64_t undoes = 0;     // the settled conflict that this one turns round (`conflicts undo`)
  std::int64_t undone_by = 0;  // found by the store: the latest one that does so to this
};

// How an open conflict ends without another one in its place.
struct ClosedConflict {
  InstanceKey instance;
  std::string field;
  std::string winner;  // "": it vanished by itself
  std::string remark;  // added to its reason
};

// A row of a side that has no link, kept while its entity has `match` (E27).
struct Candidate {
  InstanceKey instance;
  FieldHash match = kNoBase;
};

// An intent is stored before its target is touched (E4). The payload is apply/intent_codec.h's.
struct Intent {
  BatchNumber number;
  std::int32_t entity = 0;
  std::string endpoint;  // endpoint name in the mapping, "platform.identity"
  std::string payload;
};

// What one confirm moves, all in one transaction (E4). Contents are borrowed for the call.
struct Confirm {
  std::vector<BatchNumber> intents;  // closed (deleted) by this confirm
  BatchNumber batch;                 // written to every link below
  // Links that the next generation of one of their keys takes the place of, by (kind, legacy key):
  // gone before insert_links come (E14). Missing ones are no error.
  std::vector<std::pair<std::uint16_t, Key>> replaced_links;
  std::vector<const LinkRecord*> insert_links;
  std::vector<const LinkRecord*> update_links;  // by (kind, legacy key)
  std::vector<Pending> put_pending;
  std::vector<InstanceKey> drop_pending;
  std::vector<Candidate> put_candidates;
  std::vector<InstanceKey> drop_candidates;
  std::vector<Conflict>
      put_conflicts;  // open ones replace the open one of (instance, field); settled ones append
  std::vector<ClosedConflict> close_conflicts;  // before put_conflicts come
  std::vector<Cursor> cursors;
  bool empty() const;
};

// A run's entry in the ledger. `report` is JSON made by flow.
struct RunRecord {
  RunId id;
  std::string verb;     // sync
  std::string outcome;  // running, done, partial, stopped, failed, crashed
  std::string holder;
  Instant started{};
  Instant finished{};
  std::string report;
};

struct PendingCounts {
  std::map<PendingState, std::int64_t> by_state;
};

// How much of what a run needs is there already.
enum class Prepared : std::uint8_t {
  kNothing,  // no table, or nothing of this tenant
  kPartly,   // tables of an older version, or an entity that is new or declared otherwise
  kReady,    // migrate(), tenant() and entity() would write nothing
};

class StateStore {
 public:
  virtual ~StateStore() = default;

  // --- life
  // -------------------------------------------------------------------------------------------------------
  // Makes or upgrades the tables. kStateTooNew if a newer version wrote them; kWitnessMissing with
  // GRANTs if it may not.
  virtual Result<> migrate() = 0;
  // What is there of a tenant and its entities. Writes nothing; may be asked before migrate().
  // kStateTooNew, kPrivateState as below.
  virtual Result<Prepared> prepared(const std::string& name, const std::string& uuid,
                                    std::span<const EntityLayout> entities) = 0;
  // The database behind it (Probe::identity), to know which endpoint's transactions can be joined.
  virtual Result<std::string> identity() = 0;
  // Finds or makes the tenant. kPrivateState if `name` exists with another uuid. `fresh_key` is
  // used when it is made.
  virtual Result<TenantInfo> tenant(const std::string& name, const std::string& uuid,
                                    const std::array<std::uint8_t, 32>& fresh_key) = 0;
  // Finds or makes the entity's tables and layout. Links of older layouts are read through field
  // names and fingerprints.
  virtual Result<EntityRef> entity(TenantId tenant, const EntityLayout& decl) = 0;

  // --- lease (E2)
  // ---------------------------------------------------------------------------------------------------
  // Grants the lease if it is free or expired; the epoch rises by one and a run record is opened.
  // `now` is used by stores without a clock of their own.
  virtual Result<LeaseAnswer> take_lease(TenantId tenant, const std::string& holder, Micros ttl,
                                         Instant now) = 0;
  virtual Result<> renew_lease(const Lease& lease, Micros ttl,
                               Instant now) = 0;  // kFenceStale if lost
  virtual Result<> release_lease(const Lease& lease, const RunRecord& end) = 0;
  // The highest epoch ever granted; 0 if none.
  virtual Result<Epoch> epoch(TenantId tenant) = 0;
  // Reserves `n` batch numbers, returns the first. Rising, never reused.
  virtual Result<BatchNumber> reserve_batches(const Lease& lease, std::size_t n) = 0;

  // --- links
  // --------------------------------------------------------------------------------------------------------
  // Links by key, in no particular order; missing ones are simply missing. For kLegacy `kinds[i]`
  // belongs to `keys[i]`.
  virtual Result<Links> links(TenantId tenant, const EntityRef& entity, Side side,
                              std::span<const KeyView> keys,
                              std::span<const std::uint16_t> kinds) = 0;
  // Links ordered by one side's key bytewise, after `after`; for kLegacy of one kind.
  virtual Result<Links> scan_links(TenantId tenant, const EntityRef& entity, Side side,
                                   std::uint16_t kind, KeyView after, std::size_t limit) = 0;

  // --- cursors and pending keys
  // -------------------------------------------------------------------------------------
  virtual Result<std::vector<Cursor>> cursors(TenantId tenant, const EntityRef& entity) = 0;
  // Pending rows of the given states with retry_at ≤ `due`, ordered by instance, after `after`
  // (nullptr = start).
  virtual Result<std::vector<Pending>> pending(TenantId tenant, const EntityRef& entity,
                                               std::span<const PendingState> states, Instant due,
                                               const InstanceKey* after, std::size_t limit) = 0;
  // Pending rows of the given instances.
  virtual Result<std::vector<Pending>> pending_of(TenantId tenant, const EntityRef& entity,
                                                  std::span<const InstanceKey> instances) = 0;
  virtual Result<PendingCounts> pending_counts(TenantId tenant, const EntityRef& entity) = 0;
  // Marks rows due now (quarantine retry). Gives how many.
  virtual Result<std::int64_t> retry_pending(TenantId tenant, const EntityRef& entity,
                                             const InstanceKey* only, Instant now) = 0;

  // --- candidates (E27)
  // -----------------------------------------------------------------------------------------------
  // All candidates of `side` whose match is among `matches`.
  virtual Result<std::vector<Candidate>> candidates(TenantId tenant, const EntityRef& entity,
                                                    Side side,
                                                    std::span<const FieldHash> matches) = 0;
  virtual Result<std::vector<Candidate>> scan_candidates(TenantId tenant, const EntityRef& entity,
                                                         const InstanceKey* after,
                                                         std::size_t limit) = 0;
  // Links whose match is among `matches` (key shift test, value holders).
  virtual Result<Links> links_by_match(TenantId tenant, const EntityRef& entity,
                                       std::span<const FieldHash> matches) = 0;

  // --- intents and confirm (E3, E4)
  // -------------------------------------------------------------------------------------
  virtual Result<> store_intents(const Lease& lease, std::span<const Intent> intents) = 0;
  virtual Result<std::vector<Intent>> open_intents(TenantId tenant) = 0;
  virtual Result<> confirm(const Lease& lease, const EntityRef& entity, const Confirm& confirm) = 0;
  // Puts the following confirm into `transaction` where both are one database: the caller then
  // calls confirm_joined and commits the transaction itself. False: cannot join.
  virtual bool joins(const Transaction& transaction) const = 0;
  virtual Result<> confirm_joined(Transaction& transaction, const Lease& lease,
                                  const EntityRef& entity, const Confirm& confirm) = 0;

  // --- what people see
  // ------------------------------------------------------------------------------------------------
  virtual Result<std::vector<Conflict>> conflicts(TenantId tenant, const EntityRef& entity,
                                                  bool open_only, std::size_t limit) = 0;
  virtual Result<std::optional<std::pair<std::int32_t, Conflict>>> conflict(
      TenantId tenant, std::int64_t id) = 0;  // (entity id, conflict)
  // Open and settled ones in the order of their ids, after `after` (0 = start).
  virtual Result<std::vector<Conflict>> conflicts_after(TenantId tenant, const EntityRef& entity,
                                                        std::int64_t after, std::size_t limit) = 0;
  // Open conflicts of the given links, for decide.
  virtual Result<std::vector<Conflict>> open_conflicts_of(
      TenantId tenant, const EntityRef& entity, std::span<const InstanceKey> instances) = 0;
  // Asks for `winner` ("legacy" or "platform") of the conflict that somebody saw; the next run
  // carries it out if the versions are still those. Puts the instance in the dirty set.
  //   errors  kNotFound: no open conflict has this id and these values
  virtual Result<> resolve_conflict(TenantId tenant, const Conflict& seen,
                                    const std::string& winner, Instant now) = 0;
  // Keeps `undo`, an open conflict with `undoes` set, and puts the instance in the dirty set: the
  // next run carries it out if nobody has edited the field. Gives its id.
  //   errors  kResolveStale: the field has an open conflict, or that one is undone already
  virtual Result<std::int64_t> undo_conflict(TenantId tenant, const EntityRef& entity,
                                             const Conflict& undo) = 0;
  virtual Result<std::vector<RunRecord>> runs(TenantId tenant, std::size_t limit) = 0;
  virtual Result<std::int64_t> link_count(TenantId tenant, const EntityRef& entity) = 0;
  // Without the tombstones: links whose base of liveness is alive.
  virtual Result<std::int64_t> living_count(TenantId tenant, const EntityRef& entity) = 0;

  // --- small documents: check reports and settings of the run
  // ----------------------------------------------------------
  virtual Result<> put_note(TenantId tenant, const std::string& name, const std::string& text) = 0;
  virtual Result<std::optional<std::string>> note(TenantId tenant, const std::string& name) = 0;
  // All of them by name. They are few and small.
  virtual Result<std::map<std::string, std::string>> notes(TenantId tenant) = 0;

  // --- backup and restore (state/backup.h)
  // ----------------------------------------------------------------------------------
  // Removes everything that the entity has: links of all kinds, cursors, pending keys, candidates,
  // conflicts, intents.
  virtual Result<> forget(const Lease& lease, const EntityRef& entity) = 0;
  // What a tenant goes on from that was restored or that finds its targets ahead (E9). Outside of
  // any lease.
  virtual Result<> go_on_from(TenantId tenant, Epoch epoch,
                              const std::array<std::uint8_t, 32>& hash_key) = 0;
};

}  // namespace atlas
