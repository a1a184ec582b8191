#pragma once

// One entity as a store keeps it: its link table with native key columns, its layouts, and numbers
// for its kinds.

#include "engines/sqlite/connection.h"
#include "state/store.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace atlas::sqlite {

// How a key component is kept, by the type of its column.
enum class Component : std::uint8_t {
  kBool,
  kInt,
  kDecimal,
  kDate,
  kTimestamp,
  kInstant,
  kUuid,
  kText,
  kBytes,
  kOther
};

// The key of one side as columns of the link table.
class KeyColumns {
 public:
  // Columns are called `prefix`1, `prefix`2, …
  KeyColumns(char prefix, const std::vector<Type>& types);
  KeyColumns(char prefix, std::string_view signature);

  int size() const { return static_cast<int>(components_.size()); }
  // "int,uuid": equal for types that are kept alike.
  std::string signature() const;
  std::string definitions() const;           // l1 INTEGER NOT NULL, l2 BLOB NOT NULL
  std::string list() const;                  // l1, l2
  std::string equals(int first) const;       // l1 = ?3 AND l2 = ?4; parameters from `first`
  std::string assignments(int first) const;  // l1 = ?3, l2 = ?4
  std::string after(int first) const;        // (l1, l2) > (?3, ?4)
  // False when the key is not of these components: no link can have it.
  bool bind(Query& query, int first, KeyView key, Arena& arena) const;
  KeyView read(const Query& query, int first, Arena& arena) const;

 private:
  std::string name(std::size_t i) const { return prefix_ + std::to_string(i + 1); }

  std::string prefix_;
  std::vector<Component> components_;
};

// Names and fingerprints that a layout number stands for.
struct StoredLayout {
  std::vector<std::string> kinds;
  std::vector<std::string> parts;
  std::vector<FieldLayout> fields;
  bool operator==(const StoredLayout&) const = default;
};

// How a document of one layout is read under another.
struct LayoutMap {
  std::vector<std::int32_t> parts;
  std::vector<std::int32_t> fields;
};

class StoredEntity {
 public:
  StoredEntity(std::int32_t id, KeyColumns legacy, KeyColumns platform);

  std::int32_t id() const { return id_; }
  const KeyColumns& legacy() const { return legacy_; }
  const KeyColumns& platform() const { return platform_; }
  const KeyColumns& key(Side side) const { return side == Side::kLegacy ? legacy_ : platform_; }
  const std::string& table() const { return table_; }  // main.atlas_bridge_link_7

  // Reads layouts and kinds anew.
  Result<> load(Connection& connection);
  std::optional<std::int32_t> find(const StoredLayout& layout) const;
  std::int32_t last_layout() const { return layouts_.empty() ? -1 : layouts_.rbegin()->first; }
  // Inside a write transaction.
  Result<std::int32_t> add(Connection& connection, const StoredLayout& layout);
  Result<> make_table(Connection& connection) const;

  // nullptr when one of the layouts is unknown.
  const LayoutMap* map(std::int32_t from, std::int32_t to);
  // The number that a kind of `layout` is stored under, and back; nullopt for a kind that the
  // layout does not have.
  std::uint16_t stored_kind(std::int32_t layout, Side side, std::uint16_t kind) const;
  std::optional<std::uint16_t> kind_of(std::int32_t layout, Side side, std::int64_t stored) const;
  std::size_t kinds(std::int32_t layout) const;

 private:
  std::int32_t id_;
  KeyColumns legacy_, platform_;
  std::string table_;
  std::map<std::int32_t, StoredLayout> layouts_;
  std::map<std::string, std::uint16_t> kind_numbers_;
  std::map<std::pair<std::int32_t, std::int32_t>, LayoutMap> maps_;
};

// Finds or makes the entity and the layout of `decl`.
//   errors  kKeyUnsupported when the tenant has links under keys of other types
struct FoundEntity {
  StoredEntity entity;
  std::int32_t layout = 0;
};
Result<FoundEntity> find_or_make_entity(Connection& connection, TenantId tenant,
                                        const EntityLayout& decl);
// Whether find_or_make_entity() would write nothing.
Result<bool> entity_declared(Connection& connection, const EntityLayout& decl);
// By number, for what people look up; nullopt when there is none.
Result<std::optional<StoredEntity>> load_entity(Connection& connection, std::int32_t id);

}  // namespace atlas::sqlite
