#include "mapping/referrers.h"

#include <algorithm>

namespace atlas {
namespace {

// The referring columns as the key of a shape of their own.
ReferrerPlan referrer(const TableShape& child, EndpointIndex endpoint,
                      const std::vector<std::uint32_t>& columns,
                      const std::vector<RefComponent>& parent_key) {
  ReferrerPlan out;
  out.endpoint = endpoint;
  out.shape.table = child.table;
  for (std::uint32_t i = 0; i < parent_key.size(); ++i) {
    if (parent_key[i].column < 0) continue;
    const auto at = static_cast<std::size_t>(parent_key[i].column);
    out.shape.key.push_back(static_cast<std::uint32_t>(out.shape.columns.size()));
    out.shape.columns.push_back(child.columns[columns[at]]);
    out.components.push_back(i);
  }
  return out;
}

void exempt_dead(ReferrerPlan& out, const TableShape& child, std::uint32_t flag) {
  out.alive = static_cast<std::uint32_t>(out.shape.columns.size());
  out.shape.columns.push_back(child.columns[flag]);
}

void add_legacy(const EntityPlan& child, const FieldPlan& field, EntityPlan& parent) {
  const LivenessPlan& live = child.liveness[index(Side::kLegacy)];
  for (std::uint16_t kind = 0; kind < child.kinds.size(); ++kind) {
    if (field.legacy_by_kind.size() <= kind || field.legacy_by_kind[kind].empty()) continue;
    const KindPlan& table = child.kinds[kind];
    ReferrerPlan out =
        referrer(table.shape, table.endpoint, field.legacy_by_kind[kind], field.ref->legacy_key);
    out.kind = field.ref->parent_kind;
    out.deferred = field.ref->defer;
    if (live.kind == DeleteKind::kSoft) exempt_dead(out, table.shape, live.flag[kind].column);
    parent.referrers[index(Side::kLegacy)].push_back(std::move(out));
  }
}

void add_platform(const EntityPlan& child, const FieldPlan& field, EntityPlan& parent) {
  const LivenessPlan& live = child.liveness[index(Side::kPlatform)];
  const std::uint32_t part = field.platform.front().part;
  const PartPlan& table = child.parts[part - 1];
  std::vector<std::uint32_t> columns;
  for (const CellRef& cell : field.platform) columns.push_back(cell.column);
  ReferrerPlan out = referrer(table.shape, table.endpoint, columns, field.ref->platform_key);
  out.deferred = field.ref->defer;
  if (live.kind == DeleteKind::kSoft && live.flag.front().part == part)
    exempt_dead(out, table.shape, live.flag.front().column);
  parent.referrers[index(Side::kPlatform)].push_back(std::move(out));
}

// A part of the entity that the bridge itself removes before its root.
bool is_own_part(const EntityPlan& entity, EndpointIndex endpoint, const TableName& table) {
  return std::any_of(entity.parts.begin() + 1, entity.parts.end(), [&](const PartPlan& part) {
    return part.endpoint == endpoint && part.shape.table == table;
  });
}

void add_cascades_of(EntityPlan& entity, Side side, std::uint16_t kind, EndpointIndex endpoint,
                     const TableShape& shape, const TableInfo& info) {
  for (const CascadeInfo& cascade : info.cascades) {
    if (side == Side::kPlatform && is_own_part(entity, endpoint, cascade.table)) continue;
    ReferrerPlan out;
    out.by_key = true;
    out.endpoint = endpoint;
    out.shape.table = cascade.table;
    out.kind = kind;
    for (std::uint32_t k = 0; k < shape.key.size(); ++k) {
      const ShapeColumn& column = shape.columns[shape.key[k]];
      const auto at =
          std::find(cascade.target_columns.begin(), cascade.target_columns.end(), column.name);
      if (at == cascade.target_columns.end()) continue;
      const auto which = static_cast<std::size_t>(at - cascade.target_columns.begin());
      out.shape.key.push_back(static_cast<std::uint32_t>(out.shape.columns.size()));
      out.shape.columns.push_back({cascade.columns[which], column.type});
      out.components.push_back(k);
    }
    if (!out.components.empty()) entity.referrers[index(side)].push_back(std::move(out));
  }
}

const TableInfo* find_table(const std::vector<TableInfo>& catalog, const TableName& table) {
  const auto it = std::find_if(catalog.begin(), catalog.end(),
                               [&](const TableInfo& one) { return one.table == table; });
  return it == catalog.end() ? nullptr : &*it;
}

// A foreign key of the referring columns, among others, to the parent's own table.
bool holds_by_key(const ReferrerPlan& referrer, EndpointIndex endpoint, const TableName& parent,
                  const std::vector<TableInfo>& catalog) {
  const TableInfo* child = find_table(catalog, referrer.shape.table);
  if (child == nullptr || referrer.endpoint != endpoint) return false;
  return std::any_of(
      child->foreign_keys.begin(), child->foreign_keys.end(), [&](const ForeignKeyInfo& key) {
        return key.target == parent &&
               std::all_of(referrer.shape.key.begin(), referrer.shape.key.end(),
                           [&](std::uint32_t c) {
                             return std::find(key.columns.begin(), key.columns.end(),
                                              referrer.shape.columns[c].name) != key.columns.end();
                           });
      });
}

void mark_keys(EntityPlan& entity, const std::vector<std::vector<TableInfo>>& catalogs) {
  for (ReferrerPlan& one : entity.referrers[index(Side::kLegacy)]) {
    const KindPlan& kind = entity.kinds[one.kind];
    one.key_holds =
        holds_by_key(one, kind.endpoint, kind.shape.table, catalogs[one.endpoint.value]);
  }
  const PartPlan& root = entity.parts.front();
  for (ReferrerPlan& one : entity.referrers[index(Side::kPlatform)])
    one.key_holds =
        holds_by_key(one, root.endpoint, root.shape.table, catalogs[one.endpoint.value]);
}

}  // namespace

void find_referrers(Plan& plan) {
  for (EntityPlan& entity : plan.entities) {
    for (auto& side : entity.referrers) side.clear();
  }
  for (const EntityPlan& child : plan.entities) {
    for (const FieldPlan& field : child.fields) {
      if (!field.ref) continue;
      EntityPlan& parent = plan.entities[field.ref->parent.value];
      add_legacy(child, field, parent);
      add_platform(child, field, parent);
    }
  }
}

void add_foreign_keys(Plan& plan, const std::vector<std::vector<TableInfo>>& catalogs) {
  for (EntityPlan& entity : plan.entities) {
    mark_keys(entity, catalogs);
    for (std::uint16_t kind = 0; kind < entity.kinds.size(); ++kind) {
      const KindPlan& k = entity.kinds[kind];
      if (const TableInfo* table = find_table(catalogs[k.endpoint.value], k.shape.table))
        add_cascades_of(entity, Side::kLegacy, kind, k.endpoint, k.shape, *table);
    }
    const PartPlan& root = entity.parts.front();
    if (const TableInfo* table = find_table(catalogs[root.endpoint.value], root.shape.table))
      add_cascades_of(entity, Side::kPlatform, 0, root.endpoint, root.shape, *table);
  }
}

}  // namespace atlas
