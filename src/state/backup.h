#pragma once

// One tenant's state as a file, and back into this or another store: the format is that of no
// engine (docs/formats/state-backup.md). Both are done under the lease, so nothing moves meanwhile;
// both hold a page of rows at a time.

#include "state/store.h"

#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace atlas {

// Note of a tenant whose restore has begun and not ended: no run may use what is there.
inline constexpr const char* kRestoringNote = "restoring";

struct BackupHead {
  std::string program;  // version that wrote it
  std::string tenant, uuid;
  std::array<std::uint8_t, 32> hash_key{};
  Epoch epoch;
  BatchNumber next_batch;
  Instant made{};
};

struct BackupCounts {
  std::int64_t entities = 0, links = 0, pending = 0, conflicts = 0, records = 0;
};

// Renews the lease, or says that the work is to stop. Called between pages.
using KeepGoing = std::function<Result<>()>;

// Writes everything that `layouts` have; entity handles belong to them by position.
//   errors  kUnexpected kinds of the store; kFileUnwritable when `out` takes no more; kRefused when
//           an intent of an entity that is not among `layouts` is open
Result<BackupCounts> write_backup(StateStore& state, const TenantInfo& tenant,
                                  std::span<const EntityLayout> layouts, const BackupHead& head,
                                  const KeepGoing& keep_going, std::ostream& out);

// Reads the whole file and checks every byte of it. The store is not asked.
//   errors  kBackupUnusable: damaged, cut off, or of a later format
struct BackupSummary {
  BackupHead head;
  BackupCounts counts;
  std::vector<EntityLayout> layouts;
};
Result<BackupSummary> check_backup(std::istream& in);

// Whether a file's first line is that of a backup, whole or not. Reads no further.
bool begins_as_backup(std::istream& in);

// Puts a file that was checked into a tenant whose entities are empty. Ends with batch numbers that
// the old state cannot have used. The caller sets the epoch and the hash key afterwards.
Result<> read_backup(StateStore& state, const TenantInfo& tenant, const Lease& lease,
                     const KeepGoing& keep_going, std::istream& in);

// Whether the tenant remembers anything of the entity.
Result<bool> anything_kept(StateStore& state, TenantId tenant, const EntityRef& entity);

// Batch numbers beyond all that a lost later state can have used: its witnesses are still there.
Result<> leave_batches_behind(StateStore& state, const Lease& lease);

}  // namespace atlas
