#pragma once

// The compiled mapping: what a run needs, resolved against both live schemas. Immutable after
// compile(); any thread.

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/secret.h"
#include "mapping/lens.h"
#include "model/table.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace atlas {

// Position in the mapping file, 1-based; line 0 = unknown.
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;
  std::string text() const;
};

enum class EngineKind : std::uint8_t { kPostgres, kSqlite };
struct EndpointPlan {
  std::string name;  // "legacy.main", "platform.identity", "state"
  Side side = Side::kLegacy;
  EngineKind engine = EngineKind::kPostgres;
  Secret address;  // DSN or file
};

enum class Phase : std::uint8_t { kLegacyLeads, kDual, kPlatformLeads, kLegacyReadonly };
enum class Direction : std::uint8_t { kBoth, kToPlatform, kToLegacy };
enum class Policy : std::uint8_t { kNewest, kLegacy, kPlatform, kManual };
enum class OnDelete : std::uint8_t { kUpdateWins, kDeleteWins };
enum class OnMissing : std::uint8_t { kWait, kNull, kQuarantine };
enum class StampBy : std::uint8_t { kDatabase, kApplication };

struct CapturePlan {
  StampBy stamp_by = StampBy::kDatabase;
  Micros overlap = std::chrono::minutes(10);
  Micros margin = std::chrono::seconds(5);
};

struct LimitsPlan {
  std::int64_t deletes_rows = 1000;
  int deletes_percent = 5;
  Micros deletes_confirm = std::chrono::minutes(10);
  std::int64_t open_max = 500;  // quarantined instances of an entity before it pauses
  std::int64_t row_bytes = 8 * 1024 * 1024;
};

// A cell of an instance: part 0 = legacy row, 1.. = platform parts.
struct CellRef {
  std::uint32_t part = 0;
  std::uint32_t column = 0;  // index into that part's shape
  bool operator==(const CellRef&) const = default;
};

// One component of the parent's key: a column of the field on that side, or a constant of the
// parent's scope.
struct RefComponent {
  std::int32_t column = -1;  // position in the field's columns; -1 = constant
  Value constant;            // content owned by the plan's arena
};

// Reference through links. Its mid value is the parent's encoded legacy key (see refs.h).
struct RefPlan {
  EntityIndex parent;
  std::uint16_t parent_kind = 0;  // the legacy table the legacy column points into
  OnMissing on_missing = OnMissing::kWait;
  bool defer = false;
  std::vector<RefComponent> legacy_key,
      platform_key;  // the parent's whole key, in key order; one null column = no parent
};

struct FieldPlan {
  std::string name;  // legacy side as written: "lat, lng"; unique within the entity ("users.status"
                     // when kinds differ)
  std::string line;  // "name <-> u.given_name, u.family_name"
  SourcePosition where;
  Direction direction = Direction::kBoth;
  bool enforce = false;
  Policy policy = Policy::kNewest;  // phase and entity defaults already applied
  std::int32_t group = -1;          // fields of one group win or lose together
  bool in_match = false;
  // Unique in a table of one side, and two values there may be one on the other: `check` counts
  // such rows.
  bool count_values = false;
  std::uint64_t kinds = ~std::uint64_t{0};  // bit per kind it applies to
  std::vector<std::vector<std::uint32_t>>
      legacy_by_kind;  // [kind] → columns in that kind's shape; empty if not applicable
  std::vector<CellRef> platform;
  std::unique_ptr<const Lens> lens;  // null when `ref` is set
  std::optional<RefPlan> ref;
  std::uint64_t fingerprint = 0;  // operator and its options: a change drops the base (E15)
};

// A cell written with a constant: scope constants, kind values, `const:` always; `create:` on
// insert only.
struct ConstantCell {
  CellRef cell;
  Value value;  // content owned by the plan's arena
  bool on_update = false;
  bool now = false;  // `create: "now()"`: the run's time instead of value
};

// Legacy table of a kind.
struct KindPlan {
  std::string name;  // "users"
  EndpointIndex endpoint;
  TableShape shape;
  std::vector<ConstantCell> constants;  // written on insert (legacy side)
  std::vector<ConstantCell>
      platform_constants;  // written on the platform when this kind is created
  // The platform rows of this kind: all of these hold.
  struct Condition {
    CellRef cell;
    Value value;
  };
  std::vector<Condition> when;
};

enum class Presence : std::uint8_t { kRequired, kOptional, kAbsent };
struct PartPlan {
  std::string alias;  // "u"
  EndpointIndex endpoint;
  TableShape shape;
  std::vector<Presence> presence;  // per kind
};

// How a new key of one side is made.
enum class KeyOrigin : std::uint8_t {
  kUuid5,       // minted (E7)
  kSequence,    // reserved
  kFromFields,  // natural or composite: every key column is a cell of a mapped field or a scope
                // constant
};

enum class DeleteKind : std::uint8_t { kNone, kSoft, kHard };
struct LivenessPlan {
  DeleteKind kind = DeleteKind::kNone;
  std::vector<CellRef> flag;  // kSoft: the flag cell per kind on the legacy side (by kind), one
                              // entry on the platform
  ZoneRule zone;              // for naive flags
};

// Rows that refer to the rows of one side of an entity: these are deleted only when nobody does
// any more (E26).
struct ReferrerPlan {
  EndpointIndex endpoint;
  TableShape shape;  // its `key` is the referring columns
  // The components of the parent's key, by position, that the columns hold.
  std::vector<std::uint32_t> components;
  std::uint16_t kind = 0;              // legacy: of the parent's rows
  std::optional<std::uint32_t> alive;  // into shape.columns: dead rows do not count
  // A foreign key alone, no reference of the mapping: it acts when the row is removed for good, and
  // does not care for a mark.
  bool by_key = false;
  // A reference that closes a cycle (`defer`): each would wait for the other's end. It keeps no row
  // from being marked.
  bool deferred = false;
  // Dead rows hold the parent as well: a foreign key of theirs refuses its removal.
  bool key_holds = false;
  // The table is not as it was checked: whether its rows refer cannot be asked.
  bool drifted = false;
};

struct EntityPlan {
  std::string name;
  EntityIndex index;
  SourcePosition where;
  std::vector<KindPlan> kinds;  // legacy tables
  std::vector<PartPlan> parts;  // platform tables, root first
  std::vector<FieldPlan> fields;
  KeyOrigin legacy_key = KeyOrigin::kSequence;
  KeyOrigin platform_key = KeyOrigin::kUuid5;
  LivenessPlan liveness[2];                // by index(Side)
  std::vector<ReferrerPlan> referrers[2];  // by index(Side)
  OnDelete on_delete = OnDelete::kUpdateWins;
  bool has_match = false;
  bool natural_match =
      false;  // keys come from fields on both sides: the same key is the same instance
  std::vector<ConstantCell> platform_constants;  // every kind
  bool kind_change_quarantines = true;
  bool preserve_stamp = false;  // E20
  CapturePlan capture;
  LimitsPlan limits;
  std::uint32_t stage = 0;        // entities of equal stage run side by side
  std::uint64_t fingerprint = 0;  // of the entity's mapping
  // What became different in its tables since the check that passed, a line each (E8). Not empty:
  // the entity is paused; it is compiled for its tables as they were checked.
  std::vector<std::string> drift;

  const TableShape& shape(std::uint32_t part, std::uint16_t kind) const {
    return part == 0 ? kinds[kind].shape : parts[part - 1].shape;
  }
  EndpointIndex endpoint(std::uint32_t part, std::uint16_t kind) const {
    return part == 0 ? kinds[kind].endpoint : parts[part - 1].endpoint;
  }
  // Source name of a part in cursors: "users", "u".
  const std::string& source(std::uint32_t part, std::uint16_t kind) const {
    return part == 0 ? kinds[kind].name : parts[part - 1].alias;
  }
};

struct Plan {
  std::string tenant_name;
  std::string tenant_uuid;
  Phase phase = Phase::kDual;
  std::vector<EndpointPlan> endpoints;
  EndpointPlan state;
  std::vector<EntityPlan> entities;  // in file order
  std::uint32_t stages = 0;
  std::uint64_t mapping_hash = 0;  // of the mapping text after variables (secrets excluded)
  std::uint64_t schema_hash = 0;   // of all table fingerprints
  std::shared_ptr<Arena> arena;    // constants; shared: shapes are copied into tests

  const EntityPlan* entity(std::string_view name) const;
};

// Why the entity is paused: its drift in one line. Only for one that has some.
Error paused_by_drift(const EntityPlan& entity);

}  // namespace atlas
