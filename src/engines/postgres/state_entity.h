#pragma once

// An entity as the state keeps it: key columns of its link table, layouts, and kinds by lasting
// numbers.

#include "engines/postgres/connection.h"
#include "model/table.h"
#include "state/store.h"

#include <map>
#include <string>
#include <vector>

namespace atlas::postgres {

// How documents of an older layout are read.
struct LayoutMap {
  std::vector<std::int32_t> fields, parts;  // new index → old index, -1 = none
};

struct StoredEntity {
  std::int32_t id = 0;
  std::int32_t layout = 0;
  std::size_t parts = 0;
  std::size_t fields = 0;
  // The link table as a shape: columns l0.., p0..; the key is one side's columns. Alias t.
  TableShape by_legacy, by_platform;
  // Kinds are stored by the number that their name got first; a mapping may order them anew.
  // kNoKind: a kind that the present mapping does not name.
  std::vector<std::uint16_t> kind_out;  // caller's → stored
  std::vector<std::uint16_t> kind_in;   // stored → caller's
  std::map<std::int32_t, LayoutMap> layouts;

  std::int16_t stored_kind(const InstanceKey& instance) const;
  std::int16_t stored_kind(std::uint16_t kind) const;
  std::uint16_t caller_kind(std::int64_t stored) const;
  // " and …" that leaves out rows of kinds which the mapping has no more; nothing where there are
  // none. Rows of table or alias `alias`; platform instances are kept where it has a side.
  std::string known_kinds(std::string_view alias, bool has_side) const;
};

inline constexpr std::uint16_t kNoKind = 0xFFFF;

// Finds or makes the entity, its link table and the layout. The connection is outside of any
// transaction.
Result<EntityRef> declare_entity(Connection& connection, TenantId tenant, const EntityLayout& decl);
// Whether declare_entity() would write nothing.
Result<bool> entity_declared(Connection& connection, TenantId tenant, const EntityLayout& decl);
// Reads it back under one of its layouts.
Result<StoredEntity> load_entity(Connection& connection, std::int32_t id, std::int32_t layout);

// "atlas_bridge"."link_7".
std::string link_table(std::int32_t entity);

}  // namespace atlas::postgres
