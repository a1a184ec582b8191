#pragma once

// Maps one entity instance both ways with a compiled plan: cells ↔ mid values. Batches are loops
// over instances; nothing is allocated per cell but arena bytes. Any thread, each with its own
// Arena.

#include "mapping/plan.h"
#include "mapping/refs.h"
#include "model/hashing.h"

#include <optional>
#include <span>
#include <vector>

namespace atlas {

// The rows of one instance as read. rows[0] = legacy row, rows[1..] = platform parts; an empty span
// is an absent row.
struct InstanceRows {
  std::uint16_t kind = 0;
  std::vector<std::span<const Value>> rows;
};

struct Misfit {
  // The mark of a soft delete, which is no field.
  static constexpr std::uint32_t kDeleteMark = UINT32_MAX;

  std::uint32_t field = 0;
  const char* reason = nullptr;  // static text, no row values
};

// A parent that is needed and has no confirmed link.
struct MissingParent {
  std::uint32_t field = 0;
  EntityIndex parent;
  Side side = Side::kLegacy;  // on which side the parent is known
  std::uint16_t kind = 0;
  Key key;
};

// Mid values of one side.
struct Mids {
  std::vector<Value> values;      // one per field of the entity; null where not applicable
  std::vector<FieldHash> hashes;  // kNoBase where the field does not apply to this side's rows
  bool match_unfit = false;       // a field of the match cannot be mapped
};

class Mapper {
 public:
  Mapper(const EntityPlan& entity, const Hasher& hasher) : entity_(entity), hasher_(hasher) {}

  // Parents named by the rows of one side, to be looked up before read().
  struct ParentKey {
    std::uint32_t field;
    EntityIndex parent;
    Side side;
    std::uint16_t kind;
    Key key;
  };
  void parents(Side side, const InstanceRows& rows, std::vector<ParentKey>& out) const;

  // Cells → mids of every applicable field. nullopt = all fit; else the first that does not: it and
  // its like have no value, all others do. A mark of a soft delete that is no value of its column's
  // type says neither dead nor alive: it is a misfit, after all fields.
  std::optional<Misfit> read(Side side, const InstanceRows& rows, const RefTable& refs,
                             Arena& arena, Mids& out) const;

  // The field's name; the column's of a delete mark.
  const std::string& misfit_name(Side side, std::uint16_t kind, const Misfit& misfit) const;

  // Mids → cells of one field on `side`. `cells` gives the current cells (old or already written
  // this time) and receives the new ones; `present` says whether an old row is there. MissingParent
  // when a reference cannot be resolved.
  struct Written {
    std::optional<Misfit> misfit;
    std::optional<MissingParent> missing;
    bool deferred = false;  // a deferred or null-on-missing reference was written as null
  };
  Written write(Side side, std::uint32_t field_index, std::uint16_t kind, const Value& mid,
                bool present, const RefTable& refs, Arena& arena, std::span<Value> cells) const;

  // Hash over the match fields of one side's mids; kNoBase if any is null or cannot be mapped, or
  // the entity has no match.
  FieldHash match(const Mids& mids) const;
  // The platform kind of a platform root row by `when`; nullopt if no kind's conditions hold.
  std::optional<std::uint16_t> kind_of(std::span<const std::span<const Value>> rows) const;
  // Whether the scope constants hold in this row.
  static bool in_scope(const TableShape& shape, std::span<const Value> row);
  // Whether a soft flag says dead. `rows` as in InstanceRows.
  bool dead(Side side, const InstanceRows& rows) const;
  // The flag's instant, if it is a stamp that is set.
  std::optional<std::int64_t> died_at(Side side, const InstanceRows& rows) const;
  // The cell to write to make the side dead (`instant` set) or alive (nullopt).
  Value flag_value(Side side, std::uint16_t kind, std::optional<std::int64_t> instant) const;

  const EntityPlan& entity() const { return entity_; }

 private:
  const EntityPlan& entity_;
  const Hasher& hasher_;
};

// The minted platform key (E7): UUIDv5 of tenant uuid, entity, legacy table, canonical key,
// generation (RFC 9562 §5.5).
Uuid mint_uuid(const std::string& tenant_uuid, std::string_view entity, std::string_view table,
               KeyView key, std::uint32_t generation);

}  // namespace atlas
