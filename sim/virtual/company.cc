#include "sim/virtual/company.h"

#include "foundation/assert.h"
#include "mapping/lens.h"
#include "mapping/referrers.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas::sim {
namespace {

Type type_of(TypeKind kind) {
  Type out;
  out.kind = kind;
  out.name = type_kind_name(kind);
  if (is_stamp(kind)) out.size = 6;
  return out;
}

ColumnInfo column(std::string name, TypeKind kind, bool not_null = false) {
  ColumnInfo out;
  out.name = std::move(name);
  out.type = type_of(kind);
  out.not_null = not_null;
  return out;
}

ColumnInfo key_column(TypeKind kind) { return column("id", kind, true); }

Table table_of(TableName name, std::vector<ColumnInfo> columns, std::string sequence = {}) {
  Table out;
  out.name = std::move(name);
  out.columns = std::move(columns);
  out.columns.push_back(
      column("secret", TypeKind::kText));  // not mapped: no write of ours may touch it (S14)
  out.columns.push_back(column("updated", TypeKind::kTimestampTz));
  out.key = {0};
  out.stamp = static_cast<std::uint32_t>(out.columns.size() - 1);
  out.sequence = std::move(sequence);
  if (!out.sequence.empty()) out.columns[0].sequence = out.sequence;
  return out;
}

UniqueInfo unique(std::string name, std::vector<std::string> columns) {
  UniqueInfo out;
  out.name = std::move(name);
  out.columns = std::move(columns);
  return out;
}

void make_legacy(Database& legacy) {
  legacy.create(table_of(kTeams,
                         {key_column(TypeKind::kInt8), column("name", TypeKind::kText, true),
                          column("deleted_at", TypeKind::kTimestampTz)},
                         "teams_id"));
  for (const TableName& name : {kPeople, kStaff}) {
    Table people =
        table_of(name,
                 {key_column(TypeKind::kInt8), column("name", TypeKind::kText, true),
                  column("mail", TypeKind::kText), column("team", TypeKind::kInt8),
                  column("status", TypeKind::kText), column("city", TypeKind::kText),
                  column("remark", TypeKind::kText), column("deleted_at", TypeKind::kTimestampTz)},
                 name.name + "_id");
    people.uniques.push_back(unique(name.name + "_mail_key", {"mail"}));
    people.references.push_back({name.name + "_team_fkey", 3, kTeams, false});
    legacy.create(std::move(people));
  }
}

void make_platform(Database& identity, Database& geo) {
  identity.create(table_of(
      kTeams,
      {key_column(TypeKind::kUuid), column("org", TypeKind::kInt4, true),
       column("title", TypeKind::kText, true), column("deleted_at", TypeKind::kTimestampTz)}));
  Table users = table_of(
      kUsers, {key_column(TypeKind::kUuid), column("org", TypeKind::kInt4, true),
               column("kind", TypeKind::kText, true), column("name", TypeKind::kText, true),
               column("mail", TypeKind::kText), column("team", TypeKind::kUuid),
               column("status", TypeKind::kText), column("remark", TypeKind::kText),
               column("deleted_at", TypeKind::kTimestampTz)});
  users.uniques.push_back(unique("users_mail_key", {"org", "mail"}));
  users.references.push_back({"users_team_fkey", 5, kTeams, false});
  identity.create(std::move(users));
  geo.create(
      table_of(kProfiles, {key_column(TypeKind::kUuid), column("org", TypeKind::kInt4, true),
                           column("city", TypeKind::kText), column("team", TypeKind::kUuid)}));
}

// All columns but the secret one and what was added later.
TableShape shape_of(const Database& database, const TableName& name, const std::string& sequence) {
  const Table& table = *database.find(name);
  const TableInfo info = table.info();
  TableShape out;
  out.table = name;
  for (const ColumnInfo& c : table.columns) {
    if (c.name != "secret" && c.name.rfind("extra", 0) != 0)
      out.columns.push_back({c.name, c.type});
  }
  out.key = {0};
  out.stamp = out.column("updated");
  out.key_sequence = sequence;
  out.rewrites = info.has_before_triggers();
  out.after_effects = info.has_after_effects();
  out.fingerprint = info.fingerprint;
  return out;
}

class Mapping {
 public:
  explicit Mapping(EntityPlan& entity) : entity_(entity) {}

  FieldPlan& field(const std::string& name, const std::string& legacy, std::uint32_t part,
                   const std::string& platform) {
    FieldPlan field;
    field.name = name;
    field.line = legacy + " <-> " + platform;
    for (const KindPlan& kind : entity_.kinds)
      field.legacy_by_kind.push_back({kind.shape.column(legacy)});
    field.platform.push_back({part, entity_.parts[part - 1].shape.column(platform)});
    field.fingerprint = stable_hash(entity_.name + "/" + name);
    entity_.fields.push_back(std::move(field));
    return entity_.fields.back();
  }

  void lens(FieldPlan& field, ValueOp op, std::vector<Canon> canon = {}) const {
    LensSpec spec;
    spec.canon = std::move(canon);
    const std::uint32_t legacy = field.legacy_by_kind.front().front();
    spec.legacy.push_back({.name = field.name,
                           .type = entity_.kinds.front().shape.columns[legacy].type,
                           .not_null = false,
                           .path = {}});
    const CellRef cell = field.platform.front();
    spec.platform.push_back({.name = field.name,
                             .type = entity_.parts[cell.part - 1].shape.columns[cell.column].type,
                             .not_null = false,
                             .path = {}});
    spec.op = std::move(op);
    auto made = make_lens(spec);
    ATLAS_ASSERT(made.has_value(), "the company's mapping has a lens that cannot be made");
    field.lens = std::move(*made);
  }

 private:
  EntityPlan& entity_;
};

void soft_delete_of(EntityPlan& entity, bool legacy_soft) {
  entity.liveness[0].kind = legacy_soft ? DeleteKind::kSoft : DeleteKind::kHard;
  for (const KindPlan& kind : entity.kinds)
    entity.liveness[0].flag.push_back({0, kind.shape.column("deleted_at")});
  entity.liveness[1].kind = DeleteKind::kSoft;
  entity.liveness[1].flag.push_back({1, entity.parts.front().shape.column("deleted_at")});
}

std::string or_null(const Value& value) { return value_text(value); }

}  // namespace

Databases::Databases(World& world, TokenStyle tokens)
    : legacy(world, "legacy", tokens),
      identity(world, "identity", tokens),
      geo(world, "geo", tokens) {
  make_legacy(legacy);
  make_platform(identity, geo);
}

Company::Company(World& w, Database& l, Database& i, Database& g, StateData& s, CompanyOptions o)
    : world(w), legacy(l), identity(i), geo(g), state(s), options(std::move(o)), clock(w) {
  compile();
}

void Company::compile() {
  plan = Plan();
  plan.tenant_name = options.tenant;
  plan.tenant_uuid = options.uuid;
  plan.phase = Phase::kDual;
  plan.arena = std::make_shared<Arena>();  // shared: as plan.h says
  plan.stages = 2;
  auto endpoint = [&](std::string name, Side side) {
    EndpointPlan out;
    out.name = std::move(name);
    out.side = side;
    plan.endpoints.push_back(std::move(out));
  };
  endpoint("legacy.main", Side::kLegacy);
  endpoint("platform.identity", Side::kPlatform);
  endpoint("platform.geo", Side::kPlatform);
  const EndpointIndex at_legacy{0};
  const EndpointIndex at_identity{1};
  const EndpointIndex at_geo{2};

  auto entity = [&](const char* name, std::uint32_t index) {
    EntityPlan out;
    out.name = name;
    out.index = EntityIndex{index};
    out.stage = index;
    out.capture.margin = Micros(0);
    out.fingerprint = stable_hash(name);
    return out;
  };
  auto kind = [&](EntityPlan& to, const TableName& table, const char* discriminator) {
    KindPlan out;
    out.name = table.name;
    out.endpoint = at_legacy;
    out.shape = shape_of(legacy, table, table.name + "_id");
    to.kinds.push_back(std::move(out));
    (void)discriminator;
  };
  auto part = [&](EntityPlan& to, const char* alias, EndpointIndex where, const Database& database,
                  const TableName& table, Presence presence) {
    PartPlan out;
    out.alias = alias;
    out.endpoint = where;
    out.shape = shape_of(database, table, {});
    out.shape.scope.push_back({out.shape.column("org"), Value::integer(options.org)});
    out.presence.assign(to.kinds.size(), presence);
    to.parts.push_back(std::move(out));
  };

  EntityPlan teams = entity("team", 0);
  kind(teams, kTeams, nullptr);
  part(teams, "t", at_identity, identity, kTeams, Presence::kRequired);
  {
    Mapping mapping(teams);
    mapping.lens(mapping.field("name", "name", 1, "title"), CopyOp{});
  }
  soft_delete_of(teams, !options.hard_teams);

  EntityPlan people = entity("person", 1);
  kind(people, kPeople, "person");
  if (options.staff) kind(people, kStaff, "staff");
  part(people, "u", at_identity, identity, kUsers, Presence::kRequired);
  part(people, "p", at_geo, geo, kProfiles,
       options.optional_profile ? Presence::kOptional : Presence::kRequired);
  const CellRef discriminator{1, people.parts[0].shape.column("kind")};
  for (KindPlan& k : people.kinds) {
    const Value value = Value::text(k.name == "people" ? "person" : "staff");
    k.platform_constants.push_back({.cell = discriminator, .value = value});
    if (options.staff) k.when.push_back({discriminator, value});
  }
  {
    Mapping mapping(people);
    FieldPlan& name = mapping.field("name", "name", 1, "name");
    mapping.lens(name, CopyOp{});
    FieldPlan& mail = mapping.field("mail", "mail", 1, "mail");
    mail.in_match = options.match_mail;
    mapping.lens(mail, CopyOp{}, options.mail_canon);
    FieldPlan& team = mapping.field("team", "team", options.team_on_profile ? 2 : 1, "team");
    team.ref = RefPlan{};
    team.ref->parent = EntityIndex{0};
    team.ref->defer = options.defer_team;
    team.ref->legacy_key = {{.column = 0, .constant = {}}};
    team.ref->platform_key = team.ref->legacy_key;
    EnumOp codes;
    codes.codes = options.status_codes;
    FieldPlan& status = mapping.field("status", "status", 1, "status");
    mapping.lens(status, codes);
    FieldPlan& city = mapping.field("city", "city", 2, "city");
    mapping.lens(city, CopyOp{});
    FieldPlan& remark = mapping.field("remark", "remark", 1, "remark");
    remark.policy = Policy::kManual;
    mapping.lens(remark, CopyOp{});
  }
  people.has_match = options.match_mail;
  soft_delete_of(people, !options.hard_legacy);
  if (options.hard_platform) people.liveness[1].kind = DeleteKind::kHard;
  plan.entities.push_back(std::move(teams));
  plan.entities.push_back(std::move(people));
  find_referrers(plan);
}

Result<std::unique_ptr<Endpoint>> Company::open_endpoint(EndpointIndex index) {
  return world.call("open_endpoint", [&]() -> Result<std::unique_ptr<Endpoint>> {
    const std::array all = {&legacy, &identity, &geo};
    return std::unique_ptr<Endpoint>(std::make_unique<VirtualEndpoint>(*all.at(index.value)));
  });
}

Result<std::unique_ptr<StateStore>> Company::open_state() {
  return world.call("open_state", [&]() -> Result<std::unique_ptr<StateStore>> {
    return std::unique_ptr<StateStore>(std::make_unique<VirtualState>(state));
  });
}

FieldPlan& Company::field(std::string_view name) {
  auto& fields = person().fields;
  const auto it = std::find_if(fields.begin(), fields.end(),
                               [&](const FieldPlan& f) { return f.name == name; });
  ATLAS_ASSERT(it != fields.end(), "the company has no such field");
  return *it;
}

void Company::changed(std::string_view name) {
  field(name).fingerprint ^= 0x5555;
  person().fingerprint ^= 0x5555;
}

// --- users
// ------------------------------------------------------------------------------------------------

namespace {

Value component(KeyView key, Arena& arena) {
  return key.empty() ? Value() : decode_key(key, arena).front();
}

}  // namespace

Value Company::fresh_uuid(Arena& arena) {
  Uuid id{};
  ++uuids_;
  for (std::size_t i = 0; i < 8; ++i) id[15 - i] = static_cast<std::uint8_t>(uuids_ >> (8 * i));
  id[0] = 0xee;
  id[1] = static_cast<std::uint8_t>(options.org);
  return Value::uuid(id, arena);
}

Key Company::hire(std::string_view name, KeyView team, std::string_view city) {
  Arena arena;
  const std::string mail = std::string(name) + "@example.org";
  return legacy.insert(kPeople, {{"name", Value::text(name)},
                                 {"mail", Value::text(mail)},
                                 {"team", component(team, arena)},
                                 {"status", Value::text("A")},
                                 {"city", Value::text(city)},
                                 {"secret", Value::text("legacy")}});
}

Key Company::found(std::string_view team_name) {
  return legacy.insert(kTeams, {{"name", Value::text(team_name)}});
}

Key Company::sign_up(std::string_view name, KeyView team, std::string_view city) {
  Arena arena;
  const std::string mail = std::string(name) + "@example.org";
  const Value id = fresh_uuid(arena);
  const Value team_id = component(team, arena);
  geo.insert(kProfiles, {{"id", id},
                         {"org", Value::integer(options.org)},
                         {"city", Value::text(city)},
                         {"team", options.team_on_profile ? team_id : Value()}});
  return identity.insert(kUsers, {{"id", id},
                                  {"org", Value::integer(options.org)},
                                  {"kind", Value::text("person")},
                                  {"name", Value::text(name)},
                                  {"mail", Value::text(mail)},
                                  {"team", options.team_on_profile ? Value() : team_id},
                                  {"status", Value::text("active")},
                                  {"secret", Value::text("platform")}});
}

Key Company::open_team(std::string_view team_name) {
  Arena arena;
  return identity.insert(kTeams, {{"id", fresh_uuid(arena)},
                                  {"org", Value::integer(options.org)},
                                  {"title", Value::text(team_name)}});
}

void Company::set(Database& database, const TableName& table, KeyView key,
                  std::string_view column_name, std::string_view text) {
  world.pass(Micros(1));
  database.update(table, key, {{std::string(column_name), Value::text(text)}});
}

void Company::soft_delete(Database& database, const TableName& table, KeyView key) {
  world.pass(Micros(1));
  database.update(table, key,
                  {{"deleted_at", Value::instant(world.now().time_since_epoch().count())}});
}

// --- looking
// ------------------------------------------------------------------------------------------------

Key Company::platform_of(KeyView person_key, std::uint16_t kind) {
  const StateData::Entity* entity = state.entity(options.tenant, "person");
  if (entity == nullptr) return {};
  const auto it = entity->links.find({kind, Key(person_key)});
  return it == entity->links.end() ? Key() : it->second.platform_key;
}

Key Company::legacy_of(KeyView user) {
  const StateData::Entity* entity = state.entity(options.tenant, "person");
  if (entity == nullptr) return {};
  const auto it = entity->by_platform.find(Key(user));
  return it == entity->by_platform.end() ? Key() : it->second.second;
}

std::string Company::on_platform(KeyView user, std::string_view column_name) const {
  return column_name == "city" ? geo.text(kProfiles, user, column_name)
                               : identity.text(kUsers, user, column_name);
}

namespace {

std::string key_of(const Value& value) { return encode_key({&value, 1}); }

// The cells of one row by their columns' names.
struct RowReader {
  const Table& table;
  const Row& row;
  const Value& operator()(std::string_view column) const { return row.cells[table.column(column)]; }
};

}  // namespace

std::vector<std::string> Company::legacy_people() const {
  std::vector<std::string> out;
  for (const TableName& name : {kPeople, kStaff}) {
    const Table& t = *legacy.find(name);
    for (const auto& [key, row] : legacy.rows(name)) {
      const RowReader cell{t, *row};
      if (!cell("deleted_at").is_null()) continue;
      std::string status = or_null(cell("status"));
      for (const auto& [code, word] : options.status_codes) {
        if (status == code) {
          status = word;
          break;
        }
      }
      const std::string team =
          cell("team").is_null() ? "null" : legacy.text(kTeams, key_of(cell("team")), "name");
      out.push_back(fmt::format("{} {} {} {} {} {}", or_null(cell("name")), or_null(cell("mail")),
                                team, status, or_null(cell("city")), or_null(cell("remark"))));
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> Company::platform_people() const {
  std::vector<std::string> out;
  const Table& t = *identity.find(kUsers);
  for (const auto& [key, row] : identity.rows(kUsers)) {
    const RowReader cell{t, *row};
    if (!cell("deleted_at").is_null() || cell("org").as_int() != options.org) continue;
    const bool profiled = !options.optional_profile || geo.has(kProfiles, key);
    const std::string city = profiled ? geo.text(kProfiles, key, "city") : "null";
    Value team_id = cell("team");
    if (options.team_on_profile) {
      const auto profile = geo.rows(kProfiles).find(key);
      team_id = profile == geo.rows(kProfiles).end()
                    ? Value()
                    : profile->second->cells[geo.find(kProfiles)->column("team")];
    }
    const std::string team =
        team_id.is_null() ? "null" : identity.text(kTeams, key_of(team_id), "title");
    out.push_back(fmt::format("{} {} {} {} {} {}", or_null(cell("name")), or_null(cell("mail")),
                              team, or_null(cell("status")), city, or_null(cell("remark"))));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> Company::legacy_teams() const {
  std::vector<std::string> out;
  for (const auto& [key, row] : legacy.rows(kTeams)) {
    if (row->cells[legacy.find(kTeams)->column("deleted_at")].is_null())
      out.push_back(legacy.text(kTeams, key, "name"));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> Company::platform_teams() const {
  std::vector<std::string> out;
  const Table& t = *identity.find(kTeams);
  for (const auto& [key, row] : identity.rows(kTeams)) {
    const bool ours = row->cells[t.column("org")].as_int() == options.org;
    if (ours && row->cells[t.column("deleted_at")].is_null())
      out.push_back(identity.text(kTeams, key, "title"));
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace atlas::sim
