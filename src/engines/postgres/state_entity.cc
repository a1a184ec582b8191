#include "engines/postgres/state_entity.h"

#include "engines/postgres/codec.h"
#include "engines/postgres/sql_text.h"
#include "engines/postgres/state_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atlas::postgres {
namespace {

constexpr std::string_view kSchema = "atlas_bridge";
constexpr char kSeparator = '\x01';

// The column that keeps one key component: texts of all kinds as text, numbers in their own width.
// What has no kind of its own is kept as the text it travels as.
Type key_column_type(TypeKind kind) {
  Type type;
  type.kind = is_text(kind) || kind == TypeKind::kEnum ? TypeKind::kText : kind;
  if (type.kind == TypeKind::kArray) type.kind = TypeKind::kOther;
  type.name = travel_name(type.kind);
  return type;
}

std::vector<std::string> column_types(const std::vector<Type>& key) {
  std::vector<std::string> out;
  out.reserve(key.size());
  for (const Type& type : key) out.emplace_back(type_kind_name(key_column_type(type.kind).kind));
  return out;
}

TypeKind kind_of(std::string_view name) {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(TypeKind::kOther); ++i) {
    if (type_kind_name(static_cast<TypeKind>(i)) == name) return static_cast<TypeKind>(i);
  }
  return TypeKind::kOther;
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::size_t end = list.find(kSeparator);
    out.emplace_back(list.substr(0, end));
    list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
  }
  return out;
}

void add_columns(TableShape& shape, char prefix, const std::vector<std::string>& kinds) {
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    shape.columns.push_back({fmt::format("{}{}", prefix, i), key_column_type(kind_of(kinds[i]))});
  }
}

std::string create_link_table(std::int32_t id, const EntityLayout& decl) {
  std::string columns, legacy, platform;
  const auto add = [&](char prefix, const std::vector<Type>& key, std::string& names) {
    for (std::size_t i = 0; i < key.size(); ++i) {
      const Type type = key_column_type(key[i].kind);
      const bool text = travels_as(type.kind) == kTextOid;
      const std::string name = fmt::format("{}{}", prefix, i);
      columns += fmt::format("{} {}{} not null, ", name, type.name, text ? " collate \"C\"" : "");
      names += (names.empty() ? "" : ", ") + name;
    }
  };
  add('l', decl.legacy_key, legacy);
  add('p', decl.platform_key, platform);
  return fmt::format(
      "create table {} (kind int2 not null, {}batch int8 not null, match int8, doc bytea not null, "
      "primary key (kind, {}), unique ({})) with (fillfactor = 80)",
      link_table(id), columns, legacy, platform);
}

// $1 tenant, $2 name, $3, $4 key kinds, $5 kinds.
constexpr std::string_view kInsertEntity = R"(
insert into atlas_bridge.entity (tenant, name, legacy_key, platform_key, kinds)
select $1::int4, $2, $3::text[], $4::text[], $5::text[]
where not exists (select 1 from atlas_bridge.entity where tenant = $1::int4 and name = $2)
on conflict (tenant, name) do nothing returning id)";
constexpr std::string_view kFindEntity = R"(
select id, array_to_string(legacy_key, E'\x01'), array_to_string(platform_key, E'\x01')
from atlas_bridge.entity where tenant = $1::int4 and name = $2 for update)";
// $1 id, $2 kinds: new names go to the end.
constexpr std::string_view kAddKinds = R"(
update atlas_bridge.entity e
set kinds = e.kinds || array(select k from unnest($2::text[]) with ordinality n(k, i)
                             where k <> all (e.kinds) order by i)
where e.id = $1::int4 and not ($2::text[] <@ e.kinds))";
// $1 entity, $2 kinds, $3 parts, $4 fields, $5 fingerprints.
constexpr std::string_view kFindLayout = R"(
select number from atlas_bridge.layout
where entity = $1::int4 and kinds = $2::text[] and parts = $3::text[] and fields = $4::text[] and fingerprints = $5::int8[])";
constexpr std::string_view kInsertLayout = R"(
insert into atlas_bridge.layout (entity, number, kinds, parts, fields, fingerprints)
select $1::int4, coalesce(max(number), 0) + 1, $2::text[], $3::text[], $4::text[], $5::int8[]
from atlas_bridge.layout where entity = $1::int4
returning number)";

void bind_layout(Params& params, std::int32_t id, const EntityLayout& decl) {
  params.int4(id).texts(decl.kinds).texts(decl.parts);
  {
    ArrayWriter names = params.array(kTextOid);
    for (const FieldLayout& field : decl.fields) names.raw(field.name);
  }
  ArrayWriter prints = params.array(kInt8Oid);
  for (const FieldLayout& field : decl.fields)
    prints.int8(static_cast<std::int64_t>(field.fingerprint));
}

Result<> make_link_table(Connection& connection, std::int32_t id, const EntityLayout& decl) {
  const std::string table = create_link_table(id, decl);
  const std::string index =
      fmt::format("create index on {} (match) where match is not null", link_table(id));
  const std::string storage =
      fmt::format("alter table {} alter column doc set storage external", link_table(id));
  const std::array steps = {Step{.label = "entity", .sql = table, .prepared = false},
                            Step{.label = "entity", .sql = index, .prepared = false},
                            Step{.label = "entity", .sql = storage, .prepared = false}};
  ATLAS_TRY([[maybe_unused]] const auto made, connection.run_all(steps));
  return {};
}

// In an open transaction, the entity's row locked: its number.
Result<std::int32_t> find_or_make(Connection& connection, TenantId tenant,
                                  const EntityLayout& decl) {
  const std::vector<std::string> legacy = column_types(decl.legacy_key);
  const std::vector<std::string> platform = column_types(decl.platform_key);
  Params insert, find;
  insert.int4(tenant.value).text(decl.name).texts(legacy).texts(platform).texts(decl.kinds);
  find.int4(tenant.value).text(decl.name);
  const std::array steps = {Step{.label = "entity", .sql = kInsertEntity, .params = &insert},
                            Step{.label = "entity", .sql = kFindEntity, .params = &find}};
  ATLAS_TRY(const std::vector<Rowset> results, connection.run_all(steps));
  const Rowset& found = results[1];
  const auto id = static_cast<std::int32_t>(found.integer(0, 0));
  if (results[0].size() == 1) {
    ATLAS_OK(make_link_table(connection, id, decl));
    return id;
  }
  if (split(found.bytes(0, 1)) != legacy || split(found.bytes(0, 2)) != platform) {
    return Error(Code::kStateUnusable,
                 fmt::format("the key types of entity {} changed since its links were made",
                             decl.name))
        .at(connection.options().where)
        .advise(
            "give the entity a new name, or remove its links; a key's type cannot change under "
            "them");
  }
  return id;
}

}  // namespace

std::string link_table(std::int32_t entity) { return fmt::format("{}.link_{}", kSchema, entity); }

std::int16_t StoredEntity::stored_kind(std::uint16_t kind) const {
  return static_cast<std::int16_t>(kind < kind_out.size() ? kind_out[kind] : kind);
}

std::int16_t StoredEntity::stored_kind(const InstanceKey& instance) const {
  return instance.side == Side::kPlatform ? static_cast<std::int16_t>(instance.kind)
                                          : stored_kind(instance.kind);
}

std::uint16_t StoredEntity::caller_kind(std::int64_t stored) const {
  const auto index = static_cast<std::size_t>(stored);
  return index < kind_in.size() ? kind_in[index] : kNoKind;
}

std::string StoredEntity::known_kinds(std::string_view alias, bool has_side) const {
  std::string gone;
  for (std::size_t i = 0; i < kind_in.size(); ++i) {
    if (kind_in[i] == kNoKind) gone += fmt::format("{}{}", gone.empty() ? "" : ", ", i);
  }
  if (gone.empty()) return {};
  if (!has_side) return fmt::format(" and {}.kind not in ({})", alias, gone);
  return fmt::format(" and ({0}.side = 1 or {0}.kind not in ({1}))", alias, gone);
}

Result<EntityRef> declare_entity(Connection& connection, TenantId tenant,
                                 const EntityLayout& decl) {
  RollbackGuard guard(connection);
  ATLAS_OK(connection.command("entity", "begin isolation level read committed"));
  ATLAS_TRY(const std::int32_t id, find_or_make(connection, tenant, decl));
  Params kinds, layout;
  kinds.int4(id).texts(decl.kinds);
  bind_layout(layout, id, decl);
  const std::array steps = {Step{.label = "entity", .sql = kAddKinds, .params = &kinds},
                            Step{.label = "entity", .sql = kFindLayout, .params = &layout}};
  ATLAS_TRY(std::vector<Rowset> results, connection.run_all(steps));
  Rowset number = std::move(results[1]);
  if (number.size() == 0) {
    ATLAS_TRY(number, connection.run("entity", kInsertLayout, layout));
  }
  CommitAnswer answer = connection.commit();
  if (answer.outcome != CommitOutcome::kCommitted) return std::move(*answer.error);
  return EntityRef{.id = id,
                   .layout = static_cast<std::int32_t>(number.integer(0, 0)),
                   .parts = decl.parts.size(),
                   .fields = decl.fields.size()};
}

Result<bool> entity_declared(Connection& connection, TenantId tenant, const EntityLayout& decl) {
  constexpr std::string_view kFind = R"(
select id, array_to_string(legacy_key, E'\x01'), array_to_string(platform_key, E'\x01'), $3::text[] <@ kinds
from atlas_bridge.entity where tenant = $1::int4 and name = $2)";
  Params find;
  find.int4(tenant.value).text(decl.name).texts(decl.kinds);
  ATLAS_TRY(const Rowset found, connection.run("entity", kFind, find));
  if (found.size() == 0) return false;
  if (split(found.bytes(0, 1)) != column_types(decl.legacy_key) ||
      split(found.bytes(0, 2)) != column_types(decl.platform_key) || !found.boolean(0, 3))
    return false;
  Params layout;
  bind_layout(layout, static_cast<std::int32_t>(found.integer(0, 0)), decl);
  ATLAS_TRY(const Rowset number, connection.run("entity", kFindLayout, layout));
  return number.size() > 0;
}

namespace {

struct Layout {
  std::vector<std::string> kinds, parts, fields, fingerprints;
};

// Fields keep their base only under an equal fingerprint (E15).
LayoutMap map_layout(const Layout& now, const Layout& then) {
  LayoutMap map;
  for (std::size_t i = 0; i < now.fields.size(); ++i) {
    std::int32_t from = -1;
    for (std::size_t j = 0; j < then.fields.size(); ++j) {
      if (then.fields[j] == now.fields[i] && then.fingerprints[j] == now.fingerprints[i])
        from = static_cast<std::int32_t>(j);
    }
    map.fields.push_back(from);
  }
  for (const std::string& part : now.parts) {
    const auto at = std::find(then.parts.begin(), then.parts.end(), part);
    map.parts.push_back(
        at == then.parts.end() ? -1 : static_cast<std::int32_t>(at - then.parts.begin()));
  }
  return map;
}

}  // namespace

Result<StoredEntity> load_entity(Connection& connection, std::int32_t id, std::int32_t layout) {
  constexpr std::string_view kEntity = R"(
select array_to_string(legacy_key, E'\x01'), array_to_string(platform_key, E'\x01'), array_to_string(kinds, E'\x01')
from atlas_bridge.entity where id = $1::int4)";
  constexpr std::string_view kLayouts = R"(
select number, array_to_string(kinds, E'\x01'), array_to_string(parts, E'\x01'), array_to_string(fields, E'\x01'),
       array_to_string(fingerprints, E'\x01')
from atlas_bridge.layout where entity = $1::int4)";
  Params params;
  params.int4(id);
  const std::array steps = {Step{.label = "entity", .sql = kEntity, .params = &params},
                            Step{.label = "entity", .sql = kLayouts, .params = &params}};
  ATLAS_TRY(const std::vector<Rowset> results, connection.run_all(steps));
  std::map<std::int32_t, Layout> layouts;
  for (std::size_t i = 0; i < results[1].size(); ++i) {
    layouts[static_cast<std::int32_t>(results[1].integer(i, 0))] = {
        .kinds = split(results[1].bytes(i, 1)),
        .parts = split(results[1].bytes(i, 2)),
        .fields = split(results[1].bytes(i, 3)),
        .fingerprints = split(results[1].bytes(i, 4))};
  }
  const auto now = layouts.find(layout);
  if (results[0].size() == 0 || now == layouts.end()) {
    return Error(Code::kStateUnusable,
                 fmt::format("entity {} or its layout {} is gone", id, layout))
        .at(connection.options().where);
  }
  StoredEntity entity;
  entity.id = id;
  entity.layout = layout;
  entity.parts = now->second.parts.size();
  entity.fields = now->second.fields.size();
  const std::vector<std::string> legacy = split(results[0].bytes(0, 0));
  const std::vector<std::string> platform = split(results[0].bytes(0, 1));
  entity.by_legacy.table = {.schema = std::string(kSchema), .name = fmt::format("link_{}", id)};
  add_columns(entity.by_legacy, 'l', legacy);
  add_columns(entity.by_legacy, 'p', platform);
  entity.by_platform = entity.by_legacy;
  for (std::uint32_t i = 0; i < legacy.size(); ++i) entity.by_legacy.key.push_back(i);
  for (std::uint32_t i = 0; i < platform.size(); ++i) {
    entity.by_platform.key.push_back(static_cast<std::uint32_t>(legacy.size()) + i);
  }
  const std::vector<std::string> stored = split(results[0].bytes(0, 2));
  entity.kind_in.assign(stored.size(), kNoKind);
  for (std::size_t i = 0; i < now->second.kinds.size(); ++i) {
    const auto at = std::find(stored.begin(), stored.end(), now->second.kinds[i]) - stored.begin();
    entity.kind_out.push_back(static_cast<std::uint16_t>(at));
    entity.kind_in[static_cast<std::size_t>(at)] = static_cast<std::uint16_t>(i);
  }
  for (const auto& [number, then] : layouts) entity.layouts[number] = map_layout(now->second, then);
  return entity;
}

}  // namespace atlas::postgres
