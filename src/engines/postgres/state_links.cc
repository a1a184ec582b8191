// Links: reading by key, in order, by match; writing them set-wise.

#include "engines/postgres/codec.h"
#include "engines/postgres/sql_text.h"
#include "engines/postgres/state.h"
#include "engines/postgres/state_rows.h"
#include "engines/postgres/state_schema.h"
#include "engines/postgres/table_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

namespace atlas {

using postgres::ArrayWriter;
using postgres::Params;
using postgres::Rowset;
using postgres::StoredEntity;

namespace {

// kind, key columns of both sides, batch, match, document.
std::string link_columns(const StoredEntity& entity) {
  std::string out = "t.kind, ";
  for (std::uint32_t i = 0; i < entity.by_legacy.columns.size(); ++i) {
    out += postgres::read_expression(postgres::column_reference(entity.by_legacy, i),
                                     entity.by_legacy.columns[i].type) +
           ", ";
  }
  return out + "t.batch, t.match, t.doc";
}

const TableShape& side_of(const StoredEntity& entity, Side side) {
  return side == Side::kLegacy ? entity.by_legacy : entity.by_platform;
}

// "from … where …" over the keys' arrays, on the legacy side with an array of kinds behind them.
std::string joined_source(const TableShape& shape, bool legacy) {
  std::string arrays, names, conditions;
  std::size_t count = 0;
  const auto add = [&](std::string_view type, const std::string& name, const std::string& column) {
    const std::string_view comma = count == 0 ? "" : ", ";
    arrays += fmt::format("{}${}::{}[]", comma, ++count, type);
    names += fmt::format("{}{}", comma, name);
    conditions += fmt::format("{}{} = s.{}", conditions.empty() ? "" : " and ", column, name);
  };
  for (std::size_t i = 0; i < shape.key.size(); ++i) {
    add(postgres::travel_name(shape.columns[shape.key[i]].type.kind), fmt::format("k{}", i),
        postgres::column_reference(shape, shape.key[i]));
  }
  if (legacy) add("int2", "kind", "t.kind");
  return fmt::format("from unnest({}) as s({}) join {} as t on {} where true", arrays, names,
                     postgres::quote_table(shape.table), conditions);
}

// The key in the columns that start at `at`.
KeyView read_key(const TableShape& shape, const Rowset& rows, std::size_t row, std::size_t at,
                 Arena& arena) {
  std::vector<Value> components(shape.key.size());
  for (std::size_t i = 0; i < components.size(); ++i) {
    components[i] = postgres::decode_cell(shape.columns[shape.key[i]].type.kind,
                                          rows.bytes(row, at + i), arena);
  }
  return encode_key(components, arena);
}

}  // namespace

Result<Links> PostgresState::read_links(const StoredEntity& entity, const Rowset& rows) {
  Links links(entity.parts, entity.fields);
  const std::size_t legacy = entity.by_legacy.key.size();
  const std::size_t platform = entity.by_platform.key.size();
  const std::size_t tail = 1 + legacy + platform;
  Arena scratch;
  std::int32_t layout = -1;
  const postgres::LayoutMap* map = nullptr;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    scratch.clear();
    const KeyView legacy_key = read_key(entity.by_legacy, rows, r, 1, scratch);
    const KeyView platform_key = read_key(entity.by_platform, rows, r, 1 + legacy, scratch);
    LinkRecord& link = links.add(entity.caller_kind(rows.integer(r, 0)), legacy_key, platform_key);
    link.batch = BatchNumber{rows.integer(r, tail)};
    link.match = static_cast<FieldHash>(rows.integer(r, tail + 1));
    const std::string_view document = rows.bytes(r, tail + 2);
    const std::int32_t number = link_layout(document);
    if (map == nullptr || number != layout) {
      const auto found = entity.layouts.find(number);
      map = found == entity.layouts.end() ? nullptr : &found->second;
      layout = number;
    }
    if (map == nullptr || !decode_link(document, map->fields, link, map->parts)) {
      return Error(Code::kStateUnusable,
                   fmt::format("a link of {} is damaged", entity.by_legacy.table.text()));
    }
  }
  return links;
}

Result<Links> PostgresState::links(TenantId /*tenant*/, const EntityRef& ref, Side side,
                                   std::span<const KeyView> keys,
                                   std::span<const std::uint16_t> kinds) {
  ATLAS_TRY(const StoredEntity* entity, stored(ref));
  const TableShape& shape = side_of(*entity, side);
  Params params;
  const std::size_t bound = postgres::bind_keys(shape, keys, params);
  if (bound == 0) return Links(entity->parts, entity->fields);
  if (bound != keys.size())
    return Error(Code::kInternal, "links were asked for with keys of another type");
  const bool legacy = side == Side::kLegacy;
  const bool one_kind =
      std::adjacent_find(kinds.begin(), kinds.end(), std::not_equal_to<>()) == kinds.end();
  std::string source;
  if (shape.key.size() == 1 && (!legacy || one_kind)) {
    // The cheapest of all: one walk through the index.
    source = postgres::keyed_source(shape, 1);
    if (legacy) {
      params.int2(entity->stored_kind(kinds.front()));
      source += " and t.kind = $2::int2";
    }
  } else {
    source = joined_source(shape, legacy);
    if (legacy) {
      ArrayWriter out = params.array(postgres::kInt2Oid);
      for (const std::uint16_t kind : kinds) out.int2(entity->stored_kind(kind));
    }
  }
  const std::string sql =
      fmt::format("select {} {}{}", link_columns(*entity), source, entity->known_kinds("t", false));
  ATLAS_TRY(const Rowset rows, ask("links", sql, params));
  return read_links(*entity, rows);
}

Result<Links> PostgresState::scan_links(TenantId /*tenant*/, const EntityRef& ref, Side side,
                                        std::uint16_t kind, KeyView after, std::size_t limit) {
  ATLAS_TRY(const StoredEntity* entity, stored(ref));
  const TableShape& shape = side_of(*entity, side);
  Params params;
  std::string condition = "true";
  if (side == Side::kLegacy) {
    params.int2(entity->stored_kind(kind));
    condition = "t.kind = $1::int2";
  }
  condition += postgres::key_condition(shape, after, params) + entity->known_kinds("t", false);
  const std::string sql =
      fmt::format("select {} from {} as t where {} order by {} limit {}", link_columns(*entity),
                  postgres::link_table(entity->id), condition, postgres::key_order(shape), limit);
  ATLAS_TRY(const Rowset rows, ask("scan_links", sql, params));
  return read_links(*entity, rows);
}

Result<Links> PostgresState::links_by_match(TenantId /*tenant*/, const EntityRef& ref,
                                            std::span<const FieldHash> matches) {
  ATLAS_TRY(const StoredEntity* entity, stored(ref));
  Params params;
  postgres::bind_hashes(params, matches);
  const std::string sql = fmt::format("select {} from {} as t where t.match = any ($1::int8[]){}",
                                      link_columns(*entity), postgres::link_table(entity->id),
                                      entity->known_kinds("t", false));
  ATLAS_TRY(const Rowset rows, ask("links_by_match", sql, params));
  return read_links(*entity, rows);
}

Result<std::int64_t> PostgresState::link_count(TenantId /*tenant*/, const EntityRef& ref) {
  return count_links(fmt::format("select count(*) from {}", postgres::link_table(ref.id)));
}

// The document's flags follow its layout, a number of one byte or two (docs/formats/link.md).
Result<std::int64_t> PostgresState::living_count(TenantId /*tenant*/, const EntityRef& ref) {
  return count_links(
      fmt::format("select count(*) from {} where "
                  "get_byte(doc, case when get_byte(doc, 1) < 128 then 2 else 3 end) = 0",
                  postgres::link_table(ref.id)));
}

// The one kind of statement that reads a whole table.
Result<std::int64_t> PostgresState::count_links(const std::string& sql) {
  const std::array steps = {
      postgres::Step{.label = "link_count",
                     .sql = "select set_config('enable_seqscan', 'on', true)"},
      postgres::Step{.label = "link_count", .sql = sql}};
  return pool_.with([&](postgres::Connection& connection) -> Result<std::int64_t> {
    auto results = connection.run_all(steps);
    if (!results) return postgres::state_error(connection, std::move(results).error());
    return results->back().integer(0, 0);
  });
}

namespace postgres {
namespace {

// The arrays of all columns of some links, in the order kind, key columns, match, document.
void bind_links(const StoredEntity& entity, std::span<const LinkRecord* const> links,
                Params& params) {
  {
    ArrayWriter kinds = params.array(kInt2Oid);
    for (const LinkRecord* link : links) kinds.int2(entity.stored_kind(link->kind));
  }
  for (const TableShape* shape : {&entity.by_legacy, &entity.by_platform}) {
    std::vector<KeyView> keys;
    keys.reserve(links.size());
    for (const LinkRecord* link : links) {
      keys.push_back(shape == &entity.by_legacy ? link->legacy_key : link->platform_key);
    }
    const std::size_t bound = bind_keys(*shape, keys, params);
    ATLAS_ASSERT(bound == links.size(), "a link's key is not of its entity's types");
  }
  {
    ArrayWriter matches = params.array(kInt8Oid);
    for (const LinkRecord* link : links) {
      if (link->match == kNoBase) {
        matches.null();
      } else {
        matches.int8(static_cast<std::int64_t>(link->match));
      }
    }
  }
  ArrayWriter documents = params.array(kByteaOid);
  std::string document;
  for (const LinkRecord* link : links) {
    document.clear();
    append_link(document, *link, entity.layout);
    documents.raw(document);
  }
}

// Many new links at once: the columns in the order of link_source, then the batch.
void copy_links(const StoredEntity& entity, const Confirm& confirm, CopyRows& rows) {
  const auto& columns = entity.by_legacy.columns;
  Arena arena;
  std::string document;
  for (const LinkRecord* link : confirm.insert_links) {
    arena.clear();
    rows.row(columns.size() + 4);
    rows.cells().int2(entity.stored_kind(link->kind));
    std::size_t column = 0;
    for (const KeyView key : {link->legacy_key, link->platform_key}) {
      for (const Value& component : decode_key(key, arena)) {
        ATLAS_ASSERT(column < columns.size() && fits(columns[column].type, component),
                     "a link's key is not of its entity's types");
        rows.cell(columns[column++].type, component);
      }
    }
    ATLAS_ASSERT(column == columns.size(), "a link's key is not of its entity's types");
    if (link->match == kNoBase) {
      rows.cells().null();
    } else {
      rows.cells().int8(static_cast<std::int64_t>(link->match));
    }
    document.clear();
    append_link(document, *link, entity.layout);
    rows.cells().raw(document);
    rows.cells().int8(confirm.batch.value);
  }
  rows.finish();
}

struct LinkSource {
  std::string arrays, names, columns;
};

LinkSource link_source(const StoredEntity& entity) {
  LinkSource source{.arrays = "$1::int2[]", .names = "kind", .columns = {}};
  std::size_t parameter = 1;
  for (const ShapeColumn& column : entity.by_legacy.columns) {
    source.arrays += fmt::format(", ${}::{}[]", ++parameter, travel_name(column.type.kind));
    source.names += ", " + column.name;
  }
  source.arrays += fmt::format(", ${}::int8[], ${}::bytea[]", parameter + 1, parameter + 2);
  source.names += ", match, doc";
  return source;
}

// The batch number is the last parameter.
std::size_t batch_parameter(const StoredEntity& entity) {
  return entity.by_legacy.columns.size() + 4;
}

void add_replaced_links(StateSteps& steps, const StoredEntity& entity, const Confirm& confirm) {
  if (confirm.replaced_links.empty()) return;
  std::string arrays = "$1::int2[]", names = "kind", key = "t.kind = s.kind";
  std::size_t parameter = 1;
  for (const std::uint32_t i : entity.by_legacy.key) {
    const ShapeColumn& column = entity.by_legacy.columns[i];
    arrays += fmt::format(", ${}::{}[]", ++parameter, travel_name(column.type.kind));
    names += ", " + column.name;
    key += fmt::format(" and t.{0} = s.{0}", column.name);
  }
  Params& params = steps.add("confirm links",
                             fmt::format("delete from {} as t using unnest({}) as s({}) where {}",
                                         link_table(entity.id), arrays, names, key));
  std::vector<KeyView> keys;
  keys.reserve(confirm.replaced_links.size());
  {
    ArrayWriter kinds = params.array(kInt2Oid);
    for (const auto& [kind, legacy] : confirm.replaced_links) {
      kinds.int2(entity.stored_kind(kind));
      keys.push_back(legacy);
    }
  }
  const std::size_t bound = bind_keys(entity.by_legacy, keys, params);
  ATLAS_ASSERT(bound == keys.size(), "a link's key is not of its entity's types");
}

}  // namespace

void add_link_writes(StateSteps& steps, const StoredEntity& entity, const Confirm& confirm) {
  const LinkSource source = link_source(entity);
  const std::size_t batch = batch_parameter(entity);
  add_replaced_links(steps, entity, confirm);
  if (confirm.insert_links.size() >= kCopyRowsMin) {
    copy_links(entity, confirm,
               steps.add_copy("confirm links",
                              fmt::format("copy {} ({}, batch) from stdin (format binary)",
                                          link_table(entity.id), source.names)));
  } else if (!confirm.insert_links.empty()) {
    Params& params = steps.add(
        "confirm links",
        fmt::format("insert into {} ({}, batch) select {}, ${}::int8 from unnest({}) as s({})",
                    link_table(entity.id), source.names, source.names, batch, source.arrays,
                    source.names));
    bind_links(entity, confirm.insert_links, params);
    params.int8(confirm.batch.value);
  }
  if (confirm.update_links.empty()) return;
  std::string sets, key = "t.kind = s.kind";
  for (const std::uint32_t i : entity.by_legacy.key) {
    key += fmt::format(" and t.{0} = s.{0}", entity.by_legacy.columns[i].name);
  }
  for (const std::uint32_t i : entity.by_platform.key) {
    sets += fmt::format("{0} = s.{0}, ", entity.by_platform.columns[i].name);
  }
  // A link that is not there is a defect of ours or a damaged state: the division stops the
  // transaction.
  Params& params = steps.add(
      "confirm links",
      fmt::format("with done as (update {} as t set {}match = s.match, doc = s.doc, batch = "
                  "${}::int8 from unnest({}) as s({}) where {} returning 1) "
                  "select 1 / (count(*) = ${}::int8)::int4 from done",
                  link_table(entity.id), sets, batch, source.arrays, source.names, key, batch + 1),
      StateSteps::Guard::kLinks);
  bind_links(entity, confirm.update_links, params);
  params.int8(confirm.batch.value).int8(static_cast<std::int64_t>(confirm.update_links.size()));
}

}  // namespace postgres
}  // namespace atlas
