#include "engines/sqlite/state_entity.h"

#include "foundation/assert.h"
#include "model/key.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace atlas::sqlite {
namespace {

struct ComponentInfo {
  Component component;
  std::string_view name;
  std::string_view storage;
  Tag tag;
};

constexpr std::array kComponents = std::to_array<ComponentInfo>({
    {Component::kBool, "bool", "INTEGER", Tag::kBool},
    {Component::kInt, "int", "INTEGER", Tag::kInt},
    {Component::kDecimal, "decimal", "TEXT", Tag::kDecimal},
    {Component::kDate, "date", "INTEGER", Tag::kDate},
    {Component::kTimestamp, "timestamp", "INTEGER", Tag::kTimestamp},
    {Component::kInstant, "instant", "INTEGER", Tag::kInstant},
    {Component::kUuid, "uuid", "BLOB", Tag::kUuid},
    {Component::kText, "text", "TEXT", Tag::kText},
    {Component::kBytes, "bytes", "BLOB", Tag::kBytes},
    {Component::kOther, "other", "TEXT", Tag::kOther},
});

const ComponentInfo& info_of(Component component) {
  return kComponents[static_cast<std::size_t>(component)];
}

Component component_of(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
      return Component::kBool;
    case TypeKind::kInt2:
    case TypeKind::kInt4:
    case TypeKind::kInt8:
      return Component::kInt;
    case TypeKind::kNumeric:
      return Component::kDecimal;
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
    case TypeKind::kEnum:
      return Component::kText;
    case TypeKind::kBytea:
      return Component::kBytes;
    case TypeKind::kDate:
      return Component::kDate;
    case TypeKind::kTimestamp:
      return Component::kTimestamp;
    case TypeKind::kTimestampTz:
      return Component::kInstant;
    case TypeKind::kUuid:
      return Component::kUuid;
    case TypeKind::kFloat4:
    case TypeKind::kFloat8:
    case TypeKind::kTime:
    case TypeKind::kInterval:
    case TypeKind::kJson:
    case TypeKind::kJsonb:
    case TypeKind::kArray:
    case TypeKind::kOther:
      return Component::kOther;
  }
  return Component::kOther;
}

Value component_value(const Query& query, int column, Component component, Arena& arena) {
  switch (component) {
    case Component::kBool:
      return Value::boolean(query.integer(column) != 0);
    case Component::kInt:
      return Value::integer(query.integer(column));
    case Component::kDate:
      return Value::date(query.integer(column));
    case Component::kTimestamp:
      return Value::timestamp(query.integer(column));
    case Component::kInstant:
      return Value::instant(query.integer(column));
    case Component::kDecimal:
      return Value::decimal(arena.copy(query.bytes(column)));
    case Component::kText:
      return Value::text(arena.copy(query.bytes(column)));
    case Component::kBytes:
      return Value::bytes(arena.copy(query.bytes(column)));
    case Component::kUuid: {
      Uuid uuid{};
      const std::string_view bytes = query.bytes(column);
      std::copy_n(bytes.begin(), std::min(bytes.size(), uuid.size()), uuid.begin());
      return Value::uuid(uuid, arena);
    }
    case Component::kOther:
      return Value::other(arena.copy(query.bytes(column)));
  }
  return {};
}

// Where the element of `now` stood in `then`; -1 = nowhere.
template <class T>
std::vector<std::int32_t> positions(const std::vector<T>& now, const std::vector<T>& then) {
  std::vector<std::int32_t> out;
  for (const T& element : now) {
    const auto found = std::ranges::find(then, element);
    out.push_back(found == then.end() ? -1 : static_cast<std::int32_t>(found - then.begin()));
  }
  return out;
}

enum class Role : std::int64_t { kKind = 0, kPart = 1, kField = 2 };

}  // namespace

// --- KeyColumns
// -----------------------------------------------------------------------------------

KeyColumns::KeyColumns(char prefix, const std::vector<Type>& types) : prefix_(1, prefix) {
  for (const Type& type : types) components_.push_back(component_of(type.kind));
}

KeyColumns::KeyColumns(char prefix, std::string_view signature) : prefix_(1, prefix) {
  while (!signature.empty()) {
    const std::string_view word = signature.substr(0, signature.find(','));
    const auto* found = std::ranges::find(kComponents, word, &ComponentInfo::name);
    components_.push_back(found == kComponents.end() ? Component::kOther : found->component);
    signature.remove_prefix(std::min(signature.size(), word.size() + 1));
  }
}

std::string KeyColumns::signature() const {
  std::string out;
  for (const Component component : components_) {
    if (!out.empty()) out += ',';
    out += info_of(component).name;
  }
  return out;
}

std::string KeyColumns::definitions() const {
  std::string out;
  for (std::size_t i = 0; i < components_.size(); ++i) {
    out += fmt::format("{}{} {} NOT NULL", i > 0 ? ", " : "", name(i),
                       info_of(components_[i]).storage);
  }
  return out;
}

std::string KeyColumns::list() const {
  std::string out;
  for (std::size_t i = 0; i < components_.size(); ++i) out += (i > 0 ? ", " : "") + name(i);
  return out;
}

std::string KeyColumns::equals(int first) const {
  std::string out;
  for (std::size_t i = 0; i < components_.size(); ++i) {
    out += fmt::format("{}{} = ?{}", i > 0 ? " AND " : "", name(i), ++first);
  }
  return out;
}

std::string KeyColumns::assignments(int first) const {
  std::string out;
  for (std::size_t i = 0; i < components_.size(); ++i) {
    out += fmt::format("{}{} = ?{}", i > 0 ? ", " : "", name(i), ++first);
  }
  return out;
}

std::string KeyColumns::after(int first) const {
  std::string right;
  for (std::size_t i = 0; i < components_.size(); ++i)
    right += fmt::format("{}?{}", i > 0 ? ", " : "", ++first);
  return fmt::format("({}) > ({})", list(), right);
}

bool KeyColumns::bind(Query& query, int first, KeyView key, Arena& arena) const {
  const std::vector<Value> values = decode_key(key, arena);
  if (values.size() != components_.size()) return false;
  for (std::size_t i = 0; i < values.size(); ++i, ++first) {
    const ComponentInfo& info = info_of(components_[i]);
    if (values[i].tag() != info.tag) return false;
    if (info.storage == "INTEGER") {
      query.integer(first, info.tag == Tag::kBool ? static_cast<std::int64_t>(values[i].as_bool())
                                                  : values[i].as_int());
    } else if (info.storage == "BLOB") {
      query.blob(first, values[i].as_text());
    } else {
      query.text(first, values[i].as_text());
    }
  }
  return true;
}

KeyView KeyColumns::read(const Query& query, int first, Arena& arena) const {
  std::vector<Value> values;
  values.reserve(components_.size());
  for (const Component component : components_)
    values.push_back(component_value(query, first++, component, arena));
  return encode_key(values, arena);
}

// --- StoredEntity
// ---------------------------------------------------------------------------------

StoredEntity::StoredEntity(std::int32_t id, KeyColumns legacy, KeyColumns platform)
    : id_(id),
      legacy_(std::move(legacy)),
      platform_(std::move(platform)),
      table_(fmt::format("main.atlas_bridge_link_{}", id)) {}

Result<> StoredEntity::load(Connection& connection) {
  layouts_.clear();
  maps_.clear();
  kind_numbers_.clear();
  ATLAS_TRY(Query kinds,
            connection.prepare(
                "kinds", "SELECT number, name FROM main.atlas_bridge_kind WHERE entity = ?1"));
  kinds.integer(0, id_);
  for (;;) {
    ATLAS_TRY(const bool row, kinds.step());
    if (!row) break;
    kind_numbers_[std::string(kinds.bytes(1))] = static_cast<std::uint16_t>(kinds.integer(0));
  }
  ATLAS_TRY(Query rows, connection.prepare(
                            "layouts",
                            "SELECT layout, role, name, fingerprint FROM main.atlas_bridge_layout "
                            "WHERE entity = ?1 ORDER BY layout, role, position"));
  rows.integer(0, id_);
  for (;;) {
    ATLAS_TRY(const bool row, rows.step());
    if (!row) return {};
    StoredLayout& layout = layouts_[static_cast<std::int32_t>(rows.integer(0))];
    std::string name(rows.bytes(2));
    switch (static_cast<Role>(rows.integer(1))) {
      case Role::kKind:
        layout.kinds.push_back(std::move(name));
        break;
      case Role::kPart:
        layout.parts.push_back(std::move(name));
        break;
      case Role::kField:
        layout.fields.push_back({std::move(name), static_cast<std::uint64_t>(rows.integer(3))});
        break;
    }
  }
}

std::optional<std::int32_t> StoredEntity::find(const StoredLayout& layout) const {
  for (const auto& [number, known] : layouts_) {
    if (known == layout) return number;
  }
  return std::nullopt;
}

Result<std::int32_t> StoredEntity::add(Connection& connection, const StoredLayout& layout) {
  const std::int32_t number = last_layout() + 1;
  ATLAS_TRY(Query put, connection.prepare(
                           "add layout",
                           "INSERT INTO main.atlas_bridge_layout VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  const auto put_name = [&](Role role, std::size_t position, const std::string& name,
                            std::uint64_t fingerprint) {
    put.integer(0, id_).integer(1, number).integer(2, static_cast<std::int64_t>(role));
    put.integer(3, static_cast<std::int64_t>(position))
        .text(4, name)
        .integer(5, std::bit_cast<std::int64_t>(fingerprint));
    return put.run();
  };
  for (std::size_t i = 0; i < layout.kinds.size(); ++i)
    ATLAS_OK(put_name(Role::kKind, i, layout.kinds[i], 0));
  for (std::size_t i = 0; i < layout.parts.size(); ++i)
    ATLAS_OK(put_name(Role::kPart, i, layout.parts[i], 0));
  for (std::size_t i = 0; i < layout.fields.size(); ++i) {
    ATLAS_OK(put_name(Role::kField, i, layout.fields[i].name, layout.fields[i].fingerprint));
  }
  ATLAS_TRY(Query kind, connection.prepare(
                            "add kind", "INSERT INTO main.atlas_bridge_kind VALUES (?1, ?2, ?3)"));
  for (const std::string& name : layout.kinds) {
    if (kind_numbers_.contains(name)) continue;
    const auto free = static_cast<std::uint16_t>(kind_numbers_.size());
    ATLAS_OK(kind.integer(0, id_).integer(1, free).text(2, name).run());
    kind_numbers_[name] = free;
  }
  layouts_[number] = layout;
  return number;
}

Result<> StoredEntity::make_table(Connection& connection) const {
  // Keys first: rows are found and scanned by them. The second index carries the first key, hence a
  // look-up of the rest.
  return connection.execute(
      "make link table",
      fmt::format(
          "CREATE TABLE IF NOT EXISTS {0} (tenant INTEGER NOT NULL, kind INTEGER NOT NULL, {1}, "
          "{2}, match INTEGER, "
          "batch INTEGER NOT NULL, doc BLOB NOT NULL, PRIMARY KEY (tenant, kind, {3})) STRICT, "
          "WITHOUT ROWID;"
          "CREATE UNIQUE INDEX IF NOT EXISTS {0}_platform ON atlas_bridge_link_{4} (tenant, {5});"
          "CREATE INDEX IF NOT EXISTS {0}_match ON atlas_bridge_link_{4} (tenant, match) WHERE "
          "match IS NOT NULL;",
          table_, legacy_.definitions(), platform_.definitions(), legacy_.list(), id_,
          platform_.list()));
}

const LayoutMap* StoredEntity::map(std::int32_t from, std::int32_t to) {
  if (auto found = maps_.find({from, to}); found != maps_.end()) return &found->second;
  const auto then = layouts_.find(from);
  const auto now = layouts_.find(to);
  if (then == layouts_.end() || now == layouts_.end()) return nullptr;
  LayoutMap map{positions(now->second.parts, then->second.parts),
                positions(now->second.fields, then->second.fields)};
  return &maps_.emplace(std::pair{from, to}, std::move(map)).first->second;
}

std::uint16_t StoredEntity::stored_kind(std::int32_t layout, Side side, std::uint16_t kind) const {
  if (side == Side::kPlatform) return 0;
  const auto found = layouts_.find(layout);
  ATLAS_ASSERT(found != layouts_.end() && kind < found->second.kinds.size(),
               "a kind is one of its entity's");
  return kind_numbers_.at(found->second.kinds[kind]);
}

std::optional<std::uint16_t> StoredEntity::kind_of(std::int32_t layout, Side side,
                                                   std::int64_t stored) const {
  if (side == Side::kPlatform) return std::uint16_t{0};
  const auto found = layouts_.find(layout);
  if (found == layouts_.end()) return std::nullopt;
  for (std::size_t i = 0; i < found->second.kinds.size(); ++i) {
    if (kind_numbers_.at(found->second.kinds[i]) == stored) return static_cast<std::uint16_t>(i);
  }
  return std::nullopt;
}

std::size_t StoredEntity::kinds(std::int32_t layout) const {
  const auto found = layouts_.find(layout);
  return found == layouts_.end() ? 0 : found->second.kinds.size();
}

// --- finding
// --------------------------------------------------------------------------------------

namespace {

Result<std::optional<StoredEntity>> find_entity(Connection& connection, const EntityLayout& decl) {
  KeyColumns legacy('l', decl.legacy_key);
  KeyColumns platform('p', decl.platform_key);
  ATLAS_TRY(Query get,
            connection.prepare("find entity",
                               "SELECT id FROM main.atlas_bridge_entity "
                               "WHERE name = ?1 AND legacy_key = ?2 AND platform_key = ?3"));
  const std::string left = legacy.signature();
  const std::string right = platform.signature();
  ATLAS_TRY(const bool row, get.text(0, decl.name).text(1, left).text(2, right).step());
  std::optional<StoredEntity> out;
  if (!row) return out;
  out.emplace(static_cast<std::int32_t>(get.integer(0)), std::move(legacy), std::move(platform));
  ATLAS_OK(out->load(connection));
  return out;
}

// Links cannot follow keys into other types: what they say would be forgotten silently.
Result<> refuse_changed_keys(Connection& connection, TenantId tenant, const std::string& name) {
  std::vector<std::int64_t> others;
  {
    ATLAS_TRY(Query get,
              connection.prepare("entities of a name",
                                 "SELECT id FROM main.atlas_bridge_entity WHERE name = ?1"));
    get.text(0, name);
    for (;;) {
      ATLAS_TRY(const bool row, get.step());
      if (!row) break;
      others.push_back(get.integer(0));
    }
  }
  for (const std::int64_t other : others) {
    ATLAS_TRY(
        const std::int64_t linked,
        connection.number("links of an entity",
                          fmt::format("SELECT EXISTS (SELECT 1 FROM main.atlas_bridge_link_{} "
                                      "WHERE tenant = {})",
                                      other, tenant.value)));
    if (linked == 0) continue;
    return Error(Code::kKeyUnsupported,
                 fmt::format("entity {} has links under keys of other types", name))
        .at(connection.options().where)
        .advise("give the entity another name, or reset its state");
  }
  return {};
}

Result<StoredEntity> make_entity(Connection& connection, TenantId tenant,
                                 const EntityLayout& decl) {
  ATLAS_OK(refuse_changed_keys(connection, tenant, decl.name));
  KeyColumns legacy('l', decl.legacy_key);
  KeyColumns platform('p', decl.platform_key);
  ATLAS_TRY(Query put, connection.prepare(
                           "make entity",
                           "INSERT INTO main.atlas_bridge_entity (name, legacy_key, platform_key) "
                           "VALUES (?1, ?2, ?3) RETURNING id"));
  const std::string left = legacy.signature();
  const std::string right = platform.signature();
  ATLAS_TRY(const bool row, put.text(0, decl.name).text(1, left).text(2, right).step());
  ATLAS_ASSERT(row && put.integer(0) <= std::numeric_limits<std::int32_t>::max(),
               "a new entity has a number");
  StoredEntity entity(static_cast<std::int32_t>(put.integer(0)), std::move(legacy),
                      std::move(platform));
  put.reset();
  ATLAS_OK(entity.make_table(connection));
  return entity;
}

}  // namespace

Result<FoundEntity> find_or_make_entity(Connection& connection, TenantId tenant,
                                        const EntityLayout& decl) {
  const StoredLayout layout{decl.kinds, decl.parts, decl.fields};
  ATLAS_TRY(auto found, find_entity(connection, decl));
  if (found) {
    if (const auto number = found->find(layout)) return FoundEntity{std::move(*found), *number};
  }
  ATLAS_OK(connection.begin_write());
  WriteScope scope(connection);
  ATLAS_TRY(found, find_entity(connection, decl));  // another run may have made it since
  if (!found) {
    ATLAS_TRY(StoredEntity made, make_entity(connection, tenant, decl));
    found.emplace(std::move(made));
  }
  auto number = found->find(layout);
  if (!number) {
    ATLAS_TRY(number, found->add(connection, layout));
  }
  ATLAS_OK(scope.commit());
  return FoundEntity{std::move(*found), *number};
}

Result<bool> entity_declared(Connection& connection, const EntityLayout& decl) {
  ATLAS_TRY(const auto found, find_entity(connection, decl));
  return found && found->find({decl.kinds, decl.parts, decl.fields}).has_value();
}

Result<std::optional<StoredEntity>> load_entity(Connection& connection, std::int32_t id) {
  ATLAS_TRY(
      Query get,
      connection.prepare(
          "entity", "SELECT legacy_key, platform_key FROM main.atlas_bridge_entity WHERE id = ?1"));
  ATLAS_TRY(const bool row, get.integer(0, id).step());
  std::optional<StoredEntity> out;
  if (!row) return out;
  out.emplace(id, KeyColumns('l', get.bytes(0)), KeyColumns('p', get.bytes(1)));
  ATLAS_OK(out->load(connection));
  return out;
}

}  // namespace atlas::sqlite
