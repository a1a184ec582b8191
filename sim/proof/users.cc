#include "sim/proof/users.h"

#include "sim/proof/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atlas::sim {
namespace {

constexpr std::int64_t kOurs = 1;

Value uuid_of(std::uint64_t n, Arena& arena) {
  Uuid id{};
  // Spread, so that order of keys is not order of birth.
  const std::uint64_t spread = n * 0x9e3779b97f4a7c15ULL;
  for (std::size_t i = 0; i < 8; ++i) {
    id[i] = static_cast<std::uint8_t>(spread >> (8 * i));
    id[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  }
  return Value::uuid(id, arena);
}

}  // namespace

void Users::pause(std::uint32_t calls) const { company_.world.pause(calls); }

TableName Users::table_of(Side side, std::uint32_t which) const {
  if (side == Side::kPlatform) return kUsers;
  return script_.company.staff && which % 3 == 0 ? kStaff : kPeople;
}

Key Users::pick(const Database& database, const TableName& table, std::uint32_t which) const {
  const RowMap& rows = database.rows(table);
  if (rows.empty()) return {};
  auto it = rows.begin();
  std::advance(it, static_cast<std::ptrdiff_t>(which % rows.size()));
  return it->first;
}

Key Users::pick_team(Side side, std::uint32_t which) const {
  const Database& database = people_of(side);
  std::vector<Key> open_teams;
  for (const auto& [key, row] : database.rows(kTeams)) {
    if (database.text(kTeams, key, "deleted_at") == "null") open_teams.push_back(key);
  }
  return open_teams.empty() ? Key() : open_teams[which % open_teams.size()];
}

std::int64_t Users::person_at(const Database& database, const TableName& table, KeyView key) const {
  const auto token = token_of(database.text(
      table, key, table == kTeams && &database != &company_.legacy ? "title" : "name"));
  return token ? token->person : 0;
}

std::string Users::token(std::int64_t person, char field) {
  return fmt::format("{}{}{}", person, field, ++serials_);
}

bool Users::write(Work& work, const TableName& name, WriteKind kind, KeyView key, Cells cells) {
  const Table& table = *work.database().find(name);
  if (kind != WriteKind::kRemove) {
    cells.emplace_back(table.columns[*table.stamp].name,
                       Value::instant(work.begun().time_since_epoch().count()));
  }
  std::vector<std::uint32_t> columns;
  std::vector<Value> values;
  for (const auto& [column, value] : cells) {
    columns.push_back(table.column(column));
    values.push_back(value);
  }
  if (!work.lock(table, kind, key, columns, values)) return false;
  return work.write(table, kind, key, columns, values).status == WriteStatus::kApplied;
}

bool Users::once(Database& database, const TableName& table, WriteKind kind, KeyView key,
                 Cells cells) {
  Work work(database);
  if (!write(work, table, kind, key, std::move(cells)) || work.lost()) return false;
  work.commit();
  return true;
}

void Users::act(const Step& step) {
  // Time goes by between what people do.
  company_.world.pass(Micros(static_cast<std::int64_t>(step.c % 2'000'000)));
  using Act = void (Users::*)(const Step&);
  static const std::map<StepKind, Act> kActs = {
      {StepKind::kFound, &Users::add_team},   {StepKind::kHire, &Users::hire},
      {StepKind::kTwin, &Users::hire_twice},  {StepKind::kName, &Users::edit},
      {StepKind::kRemark, &Users::edit},      {StepKind::kStatus, &Users::edit},
      {StepKind::kPoison, &Users::edit},      {StepKind::kSecret, &Users::edit},
      {StepKind::kCity, &Users::edit_city},   {StepKind::kMove, &Users::move},
      {StepKind::kDelete, &Users::remove},    {StepKind::kRevive, &Users::revive},
      {StepKind::kPair, &Users::pair},        {StepKind::kBulk, &Users::bulk},
      {StepKind::kLate, &Users::stay_open},   {StepKind::kPrepared, &Users::stay_open},
      {StepKind::kClose, &Users::close_team},
  };
  if (const auto act = kActs.find(step.kind); act != kActs.end()) (this->*act->second)(step);
  pause(step.c % 40);
}

// --- births -------------------------------------------------------------------------------------

void Users::add_team(const Step& step) {
  const std::string name = token(++people_, 't');
  if (step.side == Side::kLegacy) {
    const Value id = Value::integer(company_.legacy.next_of("teams_id"));
    once(company_.legacy, kTeams, WriteKind::kInsert, encode_key({&id, 1}),
         {{"id", id}, {"name", Value::text(name)}});
    return;
  }
  Arena arena;
  const Value id = uuid_of(++uuids_, arena);
  once(company_.identity, kTeams, WriteKind::kInsert, encode_key({&id, 1}),
       {{"id", id}, {"org", Value::integer(kOurs)}, {"title", Value::text(name)}});
}

void Users::hire(const Step& step) {
  add_person(step.side, step.a, step.b, ++people_, step.b % 2 == 0);
}

void Users::hire_twice(const Step& step) {
  const std::int64_t person = ++people_;
  const std::uint32_t person_table = (step.b - (step.b % 3)) + 1;  // of one kind on both sides
  add_person(step.side, step.a, person_table, person, false);
  pause(step.b % 20);
  add_person(other(step.side), step.a, person_table, person, false);
}

void Users::add_person(Side side, std::uint32_t a, std::uint32_t b, std::int64_t person,
                       bool with_team) {
  Arena arena;
  const std::string name = token(person, 'n');
  const std::string city = token(person, 'c');
  const std::string mail = fmt::format("{}@example.org", person);
  const Key team_key = with_team ? pick_team(side, a) : Key();
  const Value team = team_key.empty() ? Value() : decode_key(team_key, arena).front();
  if (side == Side::kLegacy) {
    const TableName table = table_of(side, b);
    const Value id = Value::integer(company_.legacy.next_of(table.name + "_id"));
    once(company_.legacy, table, WriteKind::kInsert, encode_key({&id, 1}),
         {{"id", id},
          {"name", Value::text(name)},
          {"mail", Value::text(mail)},
          {"team", team},
          {"status", Value::text("A")},
          {"city", Value::text(city)},
          {"secret", Value::text("legacy")}});
    return;
  }
  const Value id = uuid_of(++uuids_, arena);
  const bool on_profile = script_.company.team_on_profile;
  if (!script_.company.optional_profile || b % 3 != 0) {
    once(company_.geo, kProfiles, WriteKind::kInsert, encode_key({&id, 1}),
         {{"id", id},
          {"org", Value::integer(kOurs)},
          {"city", Value::text(city)},
          {"team", on_profile ? team : Value()}});
    pause(b % 7);
  }
  once(company_.identity, kUsers, WriteKind::kInsert, encode_key({&id, 1}),
       {{"id", id},
        {"org", Value::integer(kOurs)},
        {"kind", Value::text("person")},
        {"name", Value::text(name)},
        {"mail", Value::text(mail)},
        {"team", on_profile ? Value() : team},
        {"status", Value::text("active")},
        {"secret", Value::text("platform")}});
}

// --- edits --------------------------------------------------------------------------------------

void Users::edit(const Step& step) {
  if (step.kind == StepKind::kName) return write_over(step, "name", 'n');
  if (step.kind == StepKind::kRemark) return write_over(step, "remark", 'r');
  write_over(step, step.kind == StepKind::kSecret ? "secret" : "status", '-');
}

void Users::write_over(const Step& step, std::string_view column, char field) {
  const Side side = step.kind == StepKind::kPoison ? Side::kLegacy : step.side;
  Database& database = people_of(side);
  const TableName table = table_of(side, step.b);
  const Key who = pick(database, table, step.a);
  if (who.empty()) return;
  std::string text;
  if (step.kind == StepKind::kPoison) {
    text = "?";
  } else if (step.kind == StepKind::kStatus) {
    constexpr std::array<std::array<const char*, 2>, 2> codes = {
        {{"A", "I"}, {"active", "inactive"}}};
    text = codes.at(index(side)).at(step.b / 3 % 2);
  } else {
    text = token(person_at(database, table, who), field);
  }
  once(database, table, WriteKind::kUpdate, who, {{std::string(column), Value::text(text)}});
}

void Users::edit_city(const Step& step) {
  if (step.side == Side::kLegacy) return write_over(step, "city", 'c');
  const Key who = pick(company_.identity, kUsers, step.a);
  if (who.empty()) return;
  const std::string city = token(person_at(company_.identity, kUsers, who), 'c');
  if (company_.geo.has(kProfiles, who)) {
    once(company_.geo, kProfiles, WriteKind::kUpdate, who, {{"city", Value::text(city)}});
    return;
  }
  if (!script_.company.optional_profile) return;
  Arena arena;
  once(company_.geo, kProfiles, WriteKind::kInsert, who,
       {{"id", decode_key(who, arena).front()},
        {"org", Value::integer(kOurs)},
        {"city", Value::text(city)}});
}

void Users::move(const Step& step) {
  Database& database = people_of(step.side);
  const TableName table = table_of(step.side, step.b);
  const Key who = pick(database, table, step.a);
  if (who.empty()) return;
  Arena arena;
  const Key team = step.b % 4 == 0 ? Key() : pick_team(step.side, step.b);
  const Value to = team.empty() ? Value() : decode_key(team, arena).front();
  if (step.side == Side::kPlatform && script_.company.team_on_profile) {
    if (company_.geo.has(kProfiles, who))
      once(company_.geo, kProfiles, WriteKind::kUpdate, who, {{"team", to}});
    return;
  }
  once(database, table, WriteKind::kUpdate, who, {{"team", to}});
}

void Users::remove(const Step& step) {
  Database& database = people_of(step.side);
  const TableName table = table_of(step.side, step.b);
  const Key who = pick(database, table, step.a);
  if (who.empty()) return;
  const bool hard =
      step.side == Side::kLegacy ? script_.company.hard_legacy : script_.company.hard_platform;
  if (!hard) {
    if (database.text(table, who, "deleted_at") != "null") return;
    const std::int64_t now = database.now().time_since_epoch().count();
    once(database, table, WriteKind::kUpdate, who, {{"deleted_at", Value::instant(now)}});
    return;
  }
  if (!once(database, table, WriteKind::kRemove, who, {})) return;
  if (step.side == Side::kLegacy || !company_.geo.has(kProfiles, who)) return;
  pause(step.b % 7);
  once(company_.geo, kProfiles, WriteKind::kRemove, who, {});
}

void Users::revive(const Step& step) {
  Database& database = people_of(step.side);
  const TableName table = table_of(step.side, step.b);
  // The next dead one after the one drawn.
  const std::size_t n = database.rows(table).size();
  for (std::uint32_t i = 0; i < n; ++i) {
    const Key who = pick(database, table, (step.a % static_cast<std::uint32_t>(n)) + i);
    if (database.text(table, who, "deleted_at") == "null") continue;
    once(database, table, WriteKind::kUpdate, who, {{"deleted_at", Value()}});
    return;
  }
}

// --- longer transactions ------------------------------------------------------------------------

void Users::pair(const Step& step) {
  Database& database = people_of(step.side);
  const TableName table = table_of(step.side, step.b);
  Work work(database);
  for (const std::uint32_t which : {step.a, step.b}) {
    const Key who = pick(database, table, which);
    if (who.empty()) return;
    const std::string name = token(person_at(database, table, who), 'n');
    if (!write(work, table, WriteKind::kUpdate, who, {{"name", Value::text(name)}})) return;
    pause(1 + (step.c % 30));
  }
  if (!work.lost()) work.commit();
}

void Users::bulk(const Step& step) {
  Database& database = step.side == Side::kLegacy ? company_.legacy : company_.geo;
  const TableName table = step.side == Side::kLegacy ? kPeople : kProfiles;
  Work work(database);
  std::vector<Key> all;
  for (const auto& [key, row] : database.rows(table)) all.push_back(key);
  std::size_t n = 0;
  for (const Key& who : all) {
    const Database& named = people_of(step.side);
    const TableName name_table = step.side == Side::kLegacy ? kPeople : kUsers;
    if (!named.has(name_table, who)) continue;
    const std::string city = token(person_at(named, name_table, who), 'c');
    if (!write(work, table, WriteKind::kUpdate, who, {{"city", Value::text(city)}})) return;
    ++n;
  }
  if (work.lost()) return;
  work.commit();
  most_equal_stamps_ = std::max(most_equal_stamps_, n);
}

void Users::stay_open(const Step& step) {
  Database& database = people_of(step.side);
  const TableName table = table_of(step.side, step.b);
  const Key who = pick(database, table, step.a);
  if (who.empty()) return;
  auto work = std::make_unique<Work>(database);
  const std::string name = token(person_at(database, table, who), 'n');
  if (!write(*work, table, WriteKind::kUpdate, who, {{"name", Value::text(name)}})) return;
  const bool prepared = step.kind == StepKind::kPrepared;
  if (prepared) work->prepare();
  open.push_back(
      {std::move(work), static_cast<std::uint8_t>(step.round + 1 + (step.c % 2)), prepared});
}

void Users::close_team(const Step& step) {
  Database& database = people_of(step.side);
  const Key team = pick(database, kTeams, step.a);
  if (team.empty() || database.text(kTeams, team, "deleted_at") != "null") return;
  Arena arena;
  const Value id = decode_key(team, arena).front();
  const bool on_profile = step.side == Side::kPlatform && script_.company.team_on_profile;
  auto empty = [&](Database& where, const TableName& table, Work& work) {
    std::vector<Key> members;
    const std::uint32_t column = where.find(table)->column("team");
    for (const auto& [key, row] : where.rows(table)) {
      if (row->cells[column] == id) members.push_back(key);
    }
    return std::ranges::all_of(members, [&](const Key& who) {
      return write(work, table, WriteKind::kUpdate, who, {{"team", Value()}});
    });
  };
  if (on_profile) {
    Work work(company_.geo);
    if (!empty(company_.geo, kProfiles, work) || work.lost()) return;
    work.commit();
  }
  Work work(database);
  if (step.side == Side::kLegacy) {
    if (!empty(database, kPeople, work) || !empty(database, kStaff, work)) return;
  } else if (!on_profile && !empty(database, kUsers, work)) {
    return;
  }
  pause(step.c % 20);
  const std::int64_t now = work.begun().time_since_epoch().count();
  const bool hard = step.side == Side::kLegacy && script_.company.hard_teams;
  const WriteKind kind = hard ? WriteKind::kRemove : WriteKind::kUpdate;
  const Cells mark = hard ? Cells{} : Cells{{"deleted_at", Value::instant(now)}};
  if (!write(work, kTeams, kind, team, mark)) return;
  if (!work.lost()) work.commit();
}

void Users::commit_open(std::uint8_t round, bool everything) {
  for (Open& open_one : open) {
    if (!everything && open_one.until > round) continue;
    if (open_one.work && !open_one.work->lost()) open_one.work->commit();
    open_one.work.reset();
  }
  std::erase_if(open, [](const Open& one) { return one.work == nullptr; });
}

// Who was put into a team that was being closed leaves it, as the application would see to.
bool Users::leave_closed_teams(Database& database, const TableName& table, Side side) {
  const std::uint32_t column = database.find(table)->column("team");
  std::vector<Key> lost;
  for (const auto& [key, row] : database.rows(table)) {
    const Value& team = row->cells[column];
    if (team.is_null()) continue;
    const Key there = encode_key({&team, 1});
    if (people_of(side).text(kTeams, there, "deleted_at") != "null") lost.push_back(key);
  }
  for (const Key& key : lost) once(database, table, WriteKind::kUpdate, key, {{"team", Value()}});
  return !lost.empty();
}

bool Users::leave_held_teams() {
  const StateData::Entity* teams = company_.state.entity(company_.options.tenant, "team");
  if (teams == nullptr) return false;
  bool any = false;
  auto leave = [&](Database& database, const TableName& table, const Key& team) {
    const std::uint32_t column = database.find(table)->column("team");
    std::vector<Key> members;
    for (const auto& [key, row] : database.rows(table)) {
      const Value& cell = row->cells[column];
      if (!cell.is_null() && encode_key({&cell, 1}) == team) members.push_back(key);
    }
    for (const Key& key : members)
      any |= once(database, table, WriteKind::kUpdate, key, {{"team", Value()}});
  };
  for (const auto& [instance, pending] : teams->pending) {
    const bool held = pending.code == static_cast<std::uint16_t>(Code::kHasChildren) ||
                      pending.code == static_cast<std::uint16_t>(Code::kConstraintViolated);
    if (!held) continue;
    const auto link = teams->links.find({instance.kind, instance.key});
    if (link == teams->links.end()) continue;
    leave(company_.legacy, kPeople, instance.key);
    leave(company_.legacy, kStaff, instance.key);
    leave(company_.identity, kUsers, link->second.platform_key);
    leave(company_.geo, kProfiles, link->second.platform_key);
  }
  return leave_closed_teams() || any;
}

bool Users::leave_closed_teams() {
  bool any = leave_closed_teams(company_.legacy, kPeople, Side::kLegacy);
  any |= leave_closed_teams(company_.legacy, kStaff, Side::kLegacy);
  any |= script_.company.team_on_profile
             ? leave_closed_teams(company_.geo, kProfiles, Side::kPlatform)
             : leave_closed_teams(company_.identity, kUsers, Side::kPlatform);
  return any;
}

void Users::cure() {
  (void)leave_closed_teams();
  for (const TableName& table : {kPeople, kStaff}) {
    std::vector<Key> poisoned;
    for (const auto& [key, row] : company_.legacy.rows(table)) {
      if (company_.legacy.text(table, key, "status") == "?") poisoned.push_back(key);
    }
    for (const Key& key : poisoned)
      once(company_.legacy, table, WriteKind::kUpdate, key, {{"status", Value::text("A")}});
  }
}

}  // namespace atlas::sim
