// The main job at the size of a real company: deletes on both sides, emptied sides, restores,
// backlogs under constant writes, bounded memory. ATLAS_SCALE=full makes it that size; without it
// the same happens to 1 % of the rows. Each run's time and memory are printed.

#include "tests/support/scale.h"

#include "engines/postgres/server_testing.h"
#include "foundation/ids.h"
#include "tests/support/books.h"
#include "tests/support/quiet.h"
#include "tests/support/rounds.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <thread>

namespace atlas::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Names = std::set<std::string>;

constexpr const char* kLegacyNow = "updated_at = clock_timestamp() at time zone 'Europe/Berlin'";
constexpr const char* kNow = "updated_at = clock_timestamp()";
constexpr const char* kAlive = "tenant_id = 42 and deleted_at is null and id > 20";

// The generator numbers its rows, and their names tell the numbers on both sides. The first 20 of
// each table are left alone: the awkward ones are among them.
const std::string kOfEmail = "substring(email from '\\.([0-9]+)@')::int";
const std::string kOfTitle = "substring(name from '[0-9]+$')::int";
const std::string kMine = fmt::format("tenant_id = '{}'", kOrgId);

std::string numbered(const std::string& number, long modulus, long rest) {
  return fmt::format("({0} > 20 and {0} % {1} = {2})", number, modulus, rest);
}

std::string list(const Names& keys) { return fmt::format("'{{{}}}'", fmt::join(keys, ",")); }

// A company that was loaded and synced once.
void load_and_sync(World& world, const std::string& before_sync = "select 1") {
  (void)world.load(scaled_atlas());
  (void)world.at(Place::kLegacy).query(before_sync);
  (void)measured(world, {"check"});
  const Json load = measured_json(world, {"sync"});
  EXPECT_EQ(load["outcome"], "done") << load.dump(1);
  fmt::print("  first load wrote {} rows in {} ms\n", load["total"]["rows_written"].dump(),
             load["took_ms"].dump());
}

// --- 1. hard deletes ----------------------------------------------------------------------------

// What a line of the books is about: its first words.
std::string name_of(const std::string& line) {
  const std::size_t first = line.find('|');
  std::size_t end = line.find('|', first + 1);
  if (line.starts_with("membership|")) end = line.find('|', end + 1);
  return line.substr(0, end);
}

Names names_of(const Books& books) {
  Names out;
  for (const std::string& line : books.lines) {
    EXPECT_TRUE(out.insert(name_of(line)).second) << line;
  }
  return out;
}

// Every key of every table of a database, dead rows and other customers' included.
Names keys(World& world, Place place) {
  switch (place) {
    case Place::kLegacy:
      return column(world.at(place),
                    "select 'users ' || id from users union all select 'staff ' || id from staff "
                    "union all select 'teams ' || id from teams union all select 'geofences ' || "
                    "id from geofences union all select 'categories ' || id from categories union "
                    "all select 'members ' || team_id || ' ' || user_id from members");
    case Place::kIdentity:
      return column(world.at(place),
                    "select 'users ' || id from identity.users union all select 'profiles ' || "
                    "user_id from identity.staff_profiles");
    case Place::kOrg:
      return column(world.at(place),
                    "select 'teams ' || id from org.teams union all select 'categories ' || "
                    "tenant_id || code from org.categories union all select 'members ' || team_id "
                    "|| ' ' || user_id from org.team_members");
    case Place::kGeo:
    case Place::kState:
      return column(world.at(place), "select 'geofences ' || id from geo.geofences");
  }
  return {};
}

constexpr std::array kDatabases = {Place::kLegacy, Place::kIdentity, Place::kOrg, Place::kGeo};

std::map<Place, Names> all_keys(World& world) {
  std::map<Place, Names> out;
  for (const Place place : kDatabases) out[place] = keys(world, place);
  return out;
}

// One row in twenty is deleted for good on the legacy side, another on the platform, with all that
// refers to it. What an application has to edit for that (a team without its lead) is no row that
// the other side deletes.
class Demolition {
 public:
  explicit Demolition(World& world) : world_(world) {}

  void legacy() {
    Sql& sql = world_.at(Place::kLegacy);
    const std::string gone = fmt::format("{} and id % 20 = {}", kAlive, kLegacyRest);
    const std::string stays = fmt::format(" and coalesce(team_id, 0) % 20 <> {}", kPlatformRest);
    for (const char* table : {"teams", "staff", "users", "geofences"}) {
      const bool has_team = table == std::string("staff") || table == std::string("geofences");
      (void)sql.query(fmt::format("create table gone_{0} as select * from {0} where {1}{2}", table,
                                  gone, has_team ? stays : ""));
    }
    take(sql, "select 'team|' || trim(title) from gone_teams");
    take(sql, "select 'staff|' || lower(trim(email)) from gone_staff");
    take(sql, "select 'member|' || lower(trim(email)) from gone_users");
    take(sql, "select 'geofence|' || label from gone_geofences");
    (void)sql.query(fmt::format(
        "create index gone_members on members (user_id); begin; update teams set lead_id = null, "
        "{0} where lead_id in (select id from gone_staff); "
        "update staff set team_id = null, {0} where team_id in (select id from gone_teams); "
        "update geofences set team_id = null, {0} where team_id in (select id from gone_teams); "
        "delete from members where team_id in (select id from gone_teams) or user_id in (select id "
        "from gone_users) or (tenant_id = 42 and user_id > 20 and (team_id + user_id) % 20 = {1}); "
        "delete from geofences where id in (select id from gone_geofences); delete from teams "
        "where id in (select id from gone_teams); delete from users where id in (select id from "
        "gone_users); delete from staff where id in (select id from gone_staff); commit; drop "
        "index gone_members; drop table gone_teams, gone_staff, gone_users, gone_geofences",
        kLegacyNow, kLegacyRest));
  }

  void platform() {
    Sql& identity = world_.at(Place::kIdentity);
    Sql& org = world_.at(Place::kOrg);
    Sql& geo = world_.at(Place::kGeo);
    const std::string alive = kMine + " and archived_at is null and ";
    const auto teams = [&](long rest) {
      return list(
          column(org, "select id from org.teams where " + alive + numbered(kOfTitle, 20, rest)));
    };
    const std::string gone_teams = teams(kPlatformRest);
    const std::string others = teams(kLegacyRest);
    const std::string people = list(column(
        identity,
        fmt::format("select id from identity.users where {} {} and not exists (select 1 from "
                    "identity.staff_profiles p where p.user_id = id and p.team_id = any({}))",
                    alive, numbered(kOfEmail, 20, kPlatformRest), others)));
    take(org, "select 'team|' || trim(name) from org.teams where id = any(" + gone_teams + ")");
    take(identity, "select kind || '|' || lower(trim(email)) from identity.users where id = any(" +
                       people + ")");
    const std::string fences = fmt::format("{} and {} and (team_id is null or team_id <> all({}))",
                                           kMine, numbered(kOfTitle, 20, kPlatformRest), others);
    take(geo, "select 'geofence|' || name from geo.geofences where " + fences);
    members(identity, org, gone_teams, people);
    (void)org.query(fmt::format(
        "update org.teams set lead_id = null, {0} where lead_id = any({1}); delete from org.teams "
        "where id = any({2})",
        kNow, people, gone_teams));
    (void)identity.query(fmt::format(
        "update identity.staff_profiles set team_id = null, {0} where team_id = any({1}); delete "
        "from identity.staff_profiles where user_id = any({2}); delete from identity.users where "
        "id = any({2})",
        kNow, gone_teams, people));
    (void)geo.query(fmt::format(
        "delete from geo.geofences where {}; update geo.geofences set team_id = null, {} where "
        "team_id = any({})",
        fences, kNow, gone_teams));
  }

  // What is left of the names.
  Names after(const Names& before) const {
    Names out;
    for (const std::string& name : before) {
      if (!is_gone(name)) out.insert(name);
    }
    return out;
  }
  bool is_gone(const std::string& name) const {
    if (!name.starts_with("membership|")) return gone_.contains(name);
    const std::size_t bar = name.find('|', 11);
    const std::string title = name.substr(11, bar - 11);
    const std::string email = name.substr(bar + 1);
    const long user = number_before(email, email.rfind('@'));
    const long rest = (number_before(title, title.size()) + user) % 20;
    return gone_.contains("team|" + title) || gone_.contains("member|" + email) ||
           (user > 20 && (rest == kLegacyRest || rest == kPlatformRest));
  }

 private:
  static constexpr long kLegacyRest = 3, kPlatformRest = 11;

  static long number_before(const std::string& text, std::size_t end) {
    const std::size_t from = text.find_last_not_of("0123456789", end - 1);
    return std::stol(text.substr(from + 1, end - from - 1));
  }
  void take(Sql& sql, const std::string& query) {
    const Names names = column(sql, query);
    EXPECT_FALSE(names.empty()) << query;
    gone_.insert(names.begin(), names.end());
  }

  // Users' numbers are in another database than the memberships.
  static void members(Sql& identity, Sql& org, const std::string& teams,
                      const std::string& people) {
    std::string values;
    for (const SqlRow& row :
         identity.query(fmt::format("select id, {} from identity.users where {}", kOfEmail, kMine)))
      values += fmt::format("{}('{}', {})", values.empty() ? "" : ",", *row[0], *row[1]);
    (void)org.query(
        "create temp table numbers (id uuid primary key, number int); insert into "
        "numbers values " +
        values + "; analyze numbers");
    (void)org.query(fmt::format(
        "delete from org.team_members m using org.teams t, numbers u where t.id = m.team_id and "
        "u.id = m.user_id and m.{} and (m.team_id = any({}) or m.user_id = any({}) or (u.number > "
        "20 and (u.number + {}) % 20 = {})); drop table numbers",
        kMine, teams, people, with(kOfTitle, "name", "t.name"), kPlatformRest));
  }

  World& world_;
  Names gone_;  // of both sides
};

TEST(Scale, OneRowInTwentyDeletedOnEitherSideIsDeletedOnTheOtherAndNothingElse) {
  PostgresWorld world;
  world.set_mapping(with(world.mapping(), "confirm: 10m", "confirm: 1s"));
  load_and_sync(world);
  const Names before = names_of(expect_sides_equal(world));
  Demolition demolition(world);
  demolition.legacy();
  demolition.platform();
  const auto left = all_keys(world);
  const Names expected = demolition.after(before);
  ASSERT_LT(expected.size(), before.size() * 19 / 20);
  ASSERT_GT(expected.size(), before.size() * 7 / 10);

  // The first look proves nothing; the second finds more than a day allows.
  const Json first = measured_json(world, {"reconcile"});
  EXPECT_EQ(first["outcome"], "done") << first.dump(1);
  EXPECT_EQ(all_keys(world), left);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const Finished capped = measured(world, {"reconcile"}, 78);
  EXPECT_THAT(capped.err, AllOf(HasSubstr("ATB-4020"), HasSubstr("approve")));
  EXPECT_EQ(all_keys(world), left);
  for (const Json& due : measured_json(world, {"approve"})) {
    (void)measured(world, {"approve", due["entity"], "--set", due["set"], "--reason", "closed"});
  }
  const Json deletes = measured_json(world, {"sync"});
  EXPECT_EQ(deletes["outcome"], "done") << deletes.dump(1);
  fmt::print(
      "  {} of {} instances are gone; the bridge deleted {} on the legacy side, {} on the "
      "platform\n",
      before.size() - expected.size(), before.size(), deletes["total"]["deleted_legacy"].dump(),
      deletes["total"]["deleted_platform"].dump());

  EXPECT_EQ(names_of(expect_sides_equal(world)), expected);
  // Where deleting is marking, every row is still there; geofences vanish on the platform.
  const auto now = all_keys(world);
  for (const Place place : {Place::kLegacy, Place::kIdentity, Place::kOrg})
    EXPECT_EQ(now.at(place), left.at(place));
  for (const std::string& key : now.at(Place::kGeo))
    EXPECT_TRUE(left.at(Place::kGeo).contains(key)) << key;
  expect_verified(world);
  const Json quiet = measured_json(world, {"reconcile"});
  EXPECT_EQ(quiet["total"]["rows_written"], 0) << quiet.dump(1);
}

// --- 2. a side that was emptied -----------------------------------------------------------------

void expect_emptied_side_changes_nothing(World& world, const std::vector<Place>& places) {
  std::map<Place, std::vector<std::pair<std::string, std::string>>> tables;  // and their names
  for (const Place place : places) {
    Sql& sql = world.at(place);
    std::string all;
    for (const SqlRow& row : sql.query(
             "select schemaname || '.' || tablename, tablename from pg_tables where schemaname in "
             "('public', 'identity', 'org', 'geo') order by 1")) {
      tables[place].emplace_back(*row[0], *row[1]);
      all += (all.empty() ? "" : ", ") + *row[0];
      (void)sql.query(
          fmt::format("create schema if not exists kept; create table kept.kept_{1} as "
                      "table {0}",
                      *row[0], *row[1]));
    }
    (void)sql.query("truncate " + all);
  }
  const RowVersions before = row_versions(world);
  for (const char* verb : {"reconcile", "sync"}) {
    const Finished told = measured(world, {verb}, 78);
    EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4020"), HasSubstr("approve "), HasSubstr("--set")))
        << verb;
    EXPECT_EQ(row_versions(world), before) << verb << " deletes nothing at all";
  }
  for (const auto& [place, names] : tables) {
    Sql& sql = world.at(place);
    // Leads and staff, users and profiles refer to each other; a restore does without the checks.
    (void)sql.query("set session_replication_role = replica");
    for (const auto& [table, name] : names)
      (void)sql.query(fmt::format("insert into {} table kept.kept_{}", table, name));
    (void)sql.query("reset session_replication_role; drop schema kept cascade");
  }
  const Json restored = measured_json(world, {"reconcile"});
  EXPECT_EQ(restored["outcome"], "done") << restored.dump(1);
  EXPECT_EQ(restored["total"]["rows_written"], 0) << restored.dump(1);
  (void)expect_sides_equal(world);
  expect_verified(world);
}

TEST(Scale, ASideThatIsTruncatedStopsTheRunBeforeItsFirstDelete) {
  PostgresWorld world;
  world.set_mapping(with(world.mapping(), "confirm: 10m", "confirm: 0s"));
  // Whoever waits for an e-mail that another has would get it on an emptied platform.
  load_and_sync(world,
                "update staff set email = 'twin.' || email where lower(email) in (select "
                "lower(email) from users)");
  expect_emptied_side_changes_nothing(world, {Place::kLegacy});
  expect_emptied_side_changes_nothing(world, {Place::kIdentity, Place::kOrg, Place::kGeo});
}

// --- 3. a side that was restored from a backup --------------------------------------------------

// Databases of one side as they were when the object was made.
class Backup {
 public:
  Backup(PostgresWorld& world, std::vector<Place> places)
      : world_(world), places_(std::move(places)) {
    for (const Place place : places_) {
      names_.push_back(world_.at(place).one("select current_database()"));
      world_.close(place);
      (void)admin(place)->query(
          fmt::format("create database {0}_backup template {0}", names_.back()));
    }
  }
  void restore() {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      world_.close(places_[i]);
      const auto sql = admin(places_[i]);
      (void)sql->query(fmt::format("drop database {}", names_[i]));
      (void)sql->query(fmt::format("alter database {0}_backup rename to {0}", names_[i]));
      // The renamed copy has the rows, but not the settings of the database.
      if (places_[i] == Place::kLegacy)
        (void)sql->query(
            fmt::format("alter database {} set timezone to 'Europe/Berlin'", names_[i]));
    }
  }

 private:
  static std::unique_ptr<Sql> admin(Place place) {
    PostgresServer& server =
        place == Place::kLegacy ? PostgresWorld::legacy_server() : PostgresWorld::platform_server();
    return postgres_session(server.dsn("postgres"));
  }

  PostgresWorld& world_;
  std::vector<Place> places_;
  std::vector<std::string> names_;
};

// The phones of one person in ten, told by a token.
void edit_phones(World& world, Side side, long rest, const std::string& token) {
  if (side == Side::kLegacy) {
    (void)world.at(Place::kLegacy)
        .query(fmt::format("update users set phone = '{} ' || id, {} where {} and id % 10 = {}",
                           token, kLegacyNow, kAlive, rest));
    return;
  }
  (void)world.at(Place::kIdentity)
      .query(fmt::format("update identity.users set contact = contact || jsonb_build_object("
                         "'phone', '{} ' || {}), {} where {} and kind = 'member' and archived_at "
                         "is null and {}",
                         token, kOfEmail, kNow, kMine, numbered(kOfEmail, 10, rest)));
}

void sign_up(World& world, Side side, const std::string& word, long people) {
  if (side == Side::kLegacy) {
    (void)world.at(Place::kLegacy)
        .query(fmt::format("insert into users (tenant_id, name, email, legacy_flags) select 42, "
                           "'New {0}', '{0}' || n || '@new.example', 0 from generate_series(1, "
                           "{1}) n",
                           word, people));
    return;
  }
  (void)world.at(Place::kIdentity)
      .query(fmt::format(
          "insert into identity.users (tenant_id, kind, given_name, family_name, email, status, "
          "locale) select '{0}', 'member', 'New', '{1}', '{1}' || n || '@new.example', 'active', "
          "'en' from generate_series(1, {2}) n",
          kOrgId, word, people));
}

// An hour of work on both sides.
void work_for_an_hour(World& world, long people) {
  edit_phones(world, Side::kLegacy, 3, "before");
  sign_up(world, Side::kLegacy, "legacyborn", people);
  (void)world.at(Place::kLegacy)
      .query(fmt::format(
          "update staff set hourly_rate_cents = id * 100, {0} where {1} and id % 10 = 3; "
          "update members set role = 1 - role, {0} where tenant_id = 42 and deleted_at is null and "
          "user_id > 20 and user_id % 10 = 3; "
          "update members set deleted_at = now(), {0} where user_id > 20 and user_id % 100 = 9; "
          "update users set deleted_at = now(), {0} where {1} and id % 100 = 9",
          kLegacyNow, kAlive));
  edit_phones(world, Side::kPlatform, 7, "before");
  sign_up(world, Side::kPlatform, "platformborn", people);
  (void)world.at(Place::kIdentity)
      .query(fmt::format("update identity.users set archived_at = now(), {} where {} and kind = "
                         "'member' and {}",
                         kNow, kMine, numbered(kOfEmail, 100, 29)));
  (void)world.at(Place::kGeo)
      .query(fmt::format("update geo.geofences set radius_m = radius_m + 1, {} where {} and {}",
                         kNow, kMine, numbered(kOfTitle, 10, 7)));
}

// People whose phone was edited before the restore, and whose name is edited after it on the side
// that has the old phone.
constexpr long kEditedTwice = 53;

void edit_names(World& world, Side side) {
  if (side == Side::kLegacy) {
    (void)world.at(Place::kLegacy)
        .query(fmt::format("update users set name = 'Twice', {} where {} and id % 100 = {}",
                           kLegacyNow, kAlive, kEditedTwice));
    return;
  }
  (void)world.at(Place::kIdentity)
      .query(fmt::format("update identity.users set given_name = 'Twice', family_name = '', {} "
                         "where {} and kind = 'member' and archived_at is null and {}",
                         kNow, kMine, numbered(kOfEmail, 100, kEditedTwice)));
}

// Nobody can tell whether they wanted the old phone: it wins, and the lost one is on record.
void expect_twice_edited(World& world, Side side) {
  const long all =
      world.at(Place::kLegacy).number("select count(*) from users where name = 'Twice'");
  EXPECT_GT(all, 0);
  const auto state = postgres_session(world.environment.at("STATE_DSN"));
  EXPECT_EQ(state->number(fmt::format("select count(*) from atlas_bridge.conflict where field like "
                                      "'phone%' and winner = '{}' and {}_value like '%before %'",
                                      side_name(side), side_name(other(side)))),
            all);
}

void expect_phones(World& world, long rest, const std::string& token) {
  Sql& legacy = world.at(Place::kLegacy);
  const std::string people = fmt::format(
      "select count(*) from users where {} and id % 10 = {} and "
      "email not like '%@new.example' and name <> 'Twice'",
      kAlive, rest);
  const long all = legacy.number(people);
  EXPECT_GT(all, 0);
  EXPECT_EQ(legacy.number(fmt::format("{} and phone = '{} ' || id", people, token)), all) << token;
}

void expect_restored_side_is_brought_back(Side side) {
  PostgresWorld world;
  // A state of its own: a restore of it is another matter.
  world.environment["STATE_DSN"] = PostgresWorld::platform_server().create_database();
  world.set_mapping(with(with(world.mapping(), R"(state: {postgres: "${ORG_DSN}"})",
                              R"(state: {postgres: "${STATE_DSN}"})"),
                         "{rows: 1000, percent: 5, confirm: 10m}",
                         "{rows: 1000000, percent: 100, confirm: 0s}"));
  load_and_sync(world);
  const Side healthy = other(side);
  const std::string name(side_name(side));
  const std::vector<Place> places = side == Side::kLegacy
                                        ? std::vector{Place::kLegacy}
                                        : std::vector{Place::kIdentity, Place::kOrg, Place::kGeo};
  Backup backup(world, places);
  const long people = scaled(1000);
  work_for_an_hour(world, people);
  measured_until_quiet(world);
  const Names before = names_of(expect_sides_equal(world));
  edit_phones(world, healthy, 1, "unsynced");

  backup.restore();
  // Sequences are set past what was lost; users go on, on both sides.
  if (side == Side::kLegacy)
    (void)world.at(Place::kLegacy)
        .query(
            "select setval(pg_get_serial_sequence('users', 'id'), max(id) + 1000000) from "
            "users");
  edit_phones(world, side, 2, "after");
  edit_phones(world, healthy, 4, "meanwhile");
  edit_names(world, side);
  sign_up(world, side, "afterborn", people);
  const Finished told = measured(world, {"sync"}, 78);
  EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4003"), HasSubstr("repair --rewound")));
  (void)measured(world, {"repair", "--rewound", name, "--dry-run"});
  const Json repaired = measured_json(world, {"repair", "--rewound", name});
  EXPECT_EQ(repaired["outcome"], "done") << repaired.dump(1);
  EXPECT_EQ(repaired["total"]["deleted_legacy"], 0);
  EXPECT_EQ(repaired["total"]["deleted_platform"], 0);
  measured_until_quiet(world);
  (void)measured_json(world, {"reconcile"});
  measured_until_quiet(world);

  Names expected = before;
  for (long n = 1; n <= people; ++n)
    expected.insert(fmt::format("member|afterborn{}@new.example", n));
  EXPECT_EQ(names_of(expect_sides_equal(world)), expected);
  expect_verified(world);
  for (const long rest : {3L, 7L}) expect_phones(world, rest, "before");
  expect_phones(world, 1, "unsynced");
  expect_phones(world, 2, "after");
  expect_phones(world, 4, "meanwhile");
  expect_twice_edited(world, side);
  EXPECT_EQ(world.at(Place::kLegacy)
                .number(fmt::format("select count(*) from staff where {} and id % 10 = 3 and "
                                    "hourly_rate_cents <> id * 100",
                                    kAlive)),
            0);
}

TEST(Scale, ARestoredLegacySideGetsAnHourBackAndKeepsWhatUsersWroteSince) {
  expect_restored_side_is_brought_back(Side::kLegacy);
}

TEST(Scale, ARestoredPlatformGetsAnHourBackAndKeepsWhatUsersWroteSince) {
  expect_restored_side_is_brought_back(Side::kPlatform);
}

// --- 4. a backlog under constant writes ---------------------------------------------------------

constexpr double kWritesPerSecond = 200;

// Users of both sides who never pause. Each edit is told by its number; one statement in ten signs
// a new user up.
class Crowd {
 public:
  explicit Crowd(World& world) : world_(world) {
    Sql& users = world.at(Place::kLegacy);
    const std::string alive = fmt::format(" from users where {} order by id", kAlive);
    for (const SqlRow& row : users.query("select id" + alive)) users_.push_back(*row[0]);
    for (const SqlRow& row : world.at(Place::kIdentity)
                                 .query(fmt::format("select email from identity.users where {} and "
                                                    "archived_at is null and {} > 20 order by 1",
                                                    kMine, kOfEmail)))
      people_.push_back(*row[0]);
    // Before the first load they edit whoever has come over already.
    loaded_ = !people_.empty();
    if (!loaded_) {
      for (const SqlRow& row : users.query("select lower(trim(email))" + alive))
        people_.push_back(*row[0]);
    }
    begun_ = std::chrono::steady_clock::now();
    legacy_ = std::make_unique<Writer>(world.session(Place::kLegacy), kWritesPerSecond,
                                       [this](long n) { return legacy(n); });
    platform_ = std::make_unique<Writer>(world.session(Place::kIdentity), kWritesPerSecond,
                                         [this](long n) { return platform(n); });
  }

  void stop() {
    legacy_writes_ = legacy_->stop();
    platform_writes_ = platform_->stop();
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
    fmt::print("  {} and {} transactions of users in {:.1f} s\n", legacy_writes_, platform_writes_,
               seconds);
    EXPECT_GT(legacy_writes_, 0);
    EXPECT_GT(platform_writes_, 0);
  }

  // The last edit of each row is in force, and whoever signed up is on both sides.
  void expect_kept() {
    const auto lost = [](Sql& sql, const std::string& query, const auto& last) {
      long out = 0;
      std::map<std::string, std::string> found;
      for (const SqlRow& row : sql.query(query)) found[*row[0]] = row[1].value_or("");
      for (const auto& [id, value] : last) out += found[id] == value ? 0 : 1;
      return out;
    };
    std::map<std::string, std::string> last;
    for (long n = 1; n <= legacy_writes_; ++n)
      if (n % 10 != 0) last[pick(users_, n)] = std::to_string(kFirstLogin + n);
    EXPECT_EQ(lost(world_.at(Place::kLegacy), "select id, last_login from users", last), 0);
    last.clear();
    for (long n = 1; loaded_ && n <= platform_writes_; ++n)
      if (n % 10 != 0) last[pick(people_, n)] = fmt::format("W{}", n);
    EXPECT_EQ(lost(world_.at(Place::kIdentity),
                   "select email, family_name from identity.users where " + kMine, last),
              0);
    const std::string crowd = "email like '%@crowd.example'";
    const long signed_up = legacy_writes_ / 10 + platform_writes_ / 10;
    EXPECT_EQ(world_.at(Place::kLegacy).number("select count(*) from users where " + crowd),
              signed_up);
    EXPECT_EQ(
        world_.at(Place::kIdentity).number("select count(*) from identity.users where " + crowd),
        signed_up);
  }

 private:
  static constexpr long kFirstLogin = 1'700'000'000;

  static const std::string& pick(const std::vector<std::string>& ids, long n) {
    return ids[static_cast<std::size_t>(n * 7919) % ids.size()];
  }
  std::string legacy(long n) const {
    if (n % 10 == 0) {
      return fmt::format(
          "insert into users (tenant_id, name, email, legacy_flags) values (42, "
          "'Crowd L{0}', 'l{0}@crowd.example', 0)",
          n);
    }
    return fmt::format("update users set last_login = {}, {} where id = {}", kFirstLogin + n,
                       kLegacyNow, pick(users_, n));
  }
  std::string platform(long n) const {
    if (n % 10 == 0) {
      return fmt::format(
          "insert into identity.users (tenant_id, kind, given_name, family_name, email, status, "
          "locale) values ('{0}', 'member', 'Crowd', 'P{1}', 'p{1}@crowd.example', 'active', 'en')",
          kOrgId, n);
    }
    return fmt::format(
        "update identity.users set family_name = 'W{}', {} where {} and email = '{}'", n, kNow,
        kMine, pick(people_, n));
  }

  World& world_;
  std::vector<std::string> users_, people_;  // legacy ids, e-mails on the platform
  bool loaded_ = false;
  std::unique_ptr<Writer> legacy_, platform_;
  std::chrono::steady_clock::time_point begun_;
  long legacy_writes_ = 0, platform_writes_ = 0;
};

// Edits of nearly every person and membership on both sides, of different fields: at full size
// 480,000 rows.
class Backlog {
 public:
  explicit Backlog(World& world)
      : legacy_(world.at(Place::kLegacy)),
        identity_(world.at(Place::kIdentity)),
        org_(world.at(Place::kOrg)) {
    leads_before_ = leads();
    edited_ += update(legacy_, "users set phone = 'backlog', " + std::string(kLegacyNow), kAlive);
    edited_ +=
        update(legacy_, "members set joined_at = '2020-01-01 12:00', " + std::string(kLegacyNow),
               "tenant_id = 42 and deleted_at is null and user_id > 20");
    edited_ += update(identity_, "identity.users set given_name = 'Backlog', " + std::string(kNow),
                      fmt::format("{} and archived_at is null and {} > 20", kMine, kOfEmail));
    edited_ += update(org_, "org.team_members set role = 'lead', " + std::string(kNow),
                      kMine + " and archived_at is null and role = 'member'");
  }
  long edited() const { return edited_; }
  // Edits that the other side does not show yet.
  long undelivered() {
    return edited_ -
           identity_.number(
               "select count(*) from identity.users where contact->>'phone' = 'backlog'") -
           org_.number(
               "select count(*) from org.team_members where joined_at = '2020-01-01 11:00+00'") -
           legacy_.number(
               "select (select count(*) from users where name like 'Backlog%') + "
               "(select count(*) from staff where name like 'Backlog%')") -
           (leads() - leads_before_);
  }

 private:
  static long update(Sql& sql, const std::string& what, const std::string& where) {
    return sql.number(fmt::format(
        "with done as (update {} where {} returning 1) select count(*) from done", what, where));
  }
  long leads() {
    return legacy_.number("select count(*) from members where role = 1 and tenant_id = 42");
  }

  Sql& legacy_;
  Sql& identity_;
  Sql& org_;
  long leads_before_ = 0, edited_ = 0;
};

TEST(Scale, ABacklogIsWorkedOffRunByRunWhileUsersKeepWriting) {
  PostgresWorld world;
  load_and_sync(world);
  (void)expect_sides_equal(world);
  Backlog backlog(world);
  Crowd crowd(world);
  const std::string deadline = fmt::format("{}ms", scaled(10'000, 500));
  long lag = backlog.undelivered();
  fmt::print("  backlog: {} edits\n", lag);
  EXPECT_EQ(lag, backlog.edited());
  for (int run = 0; run < 100 && lag > 0; ++run) {
    const Json report = measured_json(world, {"sync", "--deadline", deadline});
    const long now = backlog.undelivered();
    fmt::print("  {}: {} rows written, {} edits undelivered\n",
               report["outcome"].get<std::string>(), report["total"]["rows_written"].dump(), now);
    ASSERT_LT(now, lag);
    lag = now;
  }
  EXPECT_EQ(lag, 0);
  // Without a backlog a run carries what was written since the one before.
  for (int run = 0; run < 3; ++run) {
    const Json report = measured_json(world, {"sync"});
    EXPECT_EQ(report["outcome"], "done") << report.dump(1);
    fmt::print("  {} rows written\n", report["total"]["rows_written"].dump());
  }
  crowd.stop();
  measured_until_quiet(world);
  (void)expect_sides_equal(world);
  crowd.expect_kept();
  expect_verified(world);
}

// --- 5. a first load that is killed -------------------------------------------------------------

TEST(Scale, AFirstLoadThatIsKilledGoesOnWhileUsersKeepWriting) {
  PostgresWorld world;
  (void)world.load(scaled_atlas());
  (void)measured(world, {"check"});
  Crowd crowd(world);
  Sql& identity = world.at(Place::kIdentity);
  long made = 0;
  for (const long part : {20L, 60L}) {
    const auto run = world.start({"sync"});
    const long until = scaled_atlas().users * part / 100;
    while (run->running() &&
           (made = identity.number("select count(*) from identity.users")) < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    run->send(SIGKILL);
    EXPECT_EQ(run->finish().signal, SIGKILL) << "it ended before it could be killed";
    world.expire_lease();
    fmt::print("  killed with {} people on the platform\n", made);
  }
  const Json rest = measured_json(world, {"sync"});
  EXPECT_EQ(rest["outcome"], "done") << rest.dump(1);
  crowd.stop();
  const long people = identity.number("select count(*) from identity.users");
  EXPECT_LE(rest["entities"][1]["counts"]["created_platform"].get<long>(), people - made);
  measured_until_quiet(world);
  (void)expect_sides_equal(world);
  crowd.expect_kept();
  expect_verified(world);
}

// --- tenants ------------------------------------------------------------------------------------

// Two tenants on one platform with one state; `world` has the large one's legacy system.
struct TwoTenants {
  static constexpr std::string_view kOtherOrg = "1c9b3f5e-8a51-4f0e-a6c7-42d1c0ffee43";

  PostgresWorld world, other;

  TwoTenants() {
    (void)world.load(scaled_atlas());
    (void)other.load(
        {.users = 100, .staff = 20, .teams = 10, .geofences = 10, .members = 50, .categories = 4});
    const std::string folder =
        std::filesystem::path(world.mapping_file()).parent_path() / "tenants";
    std::filesystem::create_directory(folder);
    write_text(folder + "/large.yaml", fmt::format("id: 7f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c4\n"
                                                   "variables: {{ORG_ID: {}}}\n",
                                                   kOrgId));
    write_text(folder + "/small.yaml",
               fmt::format("id: 8f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c5\n"
                           "variables: {{ORG_ID: {}, LEGACY_DSN: \"{}\"}}\n",
                           kOtherOrg, other.dsn(Place::kLegacy)));
    (void)measured(world, {"check", "--all"});
    (void)measured_json(world, {"sync", "--all"});
  }

  // One edit of the small tenant; the phone that its users see on the platform.
  void edit(const std::string& phone) {
    (void)other.at(Place::kLegacy)
        .query(fmt::format("update users set phone = '{}', {} where id = 2", phone, kLegacyNow));
  }
  bool arrived(const std::string& phone) {
    return world.at(Place::kIdentity)
               .number(fmt::format("select count(*) from identity.users where tenant_id = "
                                   "'{}' and contact->>'phone' = '{}'",
                                   kOtherOrg, phone)) == 1;
  }
  long waiting() {
    return world.at(Place::kLegacy)
               .number("select count(*) from users where " + std::string(kAlive)) -
           world.at(Place::kIdentity)
               .number(fmt::format("select count(*) from identity.users where tenant_id = '{}' and "
                                   "contact->>'phone' = 'backlog'",
                                   kOrgId));
  }
  void pile_up() {
    (void)world.at(Place::kLegacy)
        .query(fmt::format("update users set phone = id::text, {0} where {1}", kLegacyNow, kAlive));
    (void)measured_json(world, {"sync", "--tenant", "large"});
    (void)world.at(Place::kLegacy)
        .query(fmt::format("update users set phone = 'backlog', {} where {}", kLegacyNow, kAlive));
  }
};

TEST(Scale, NoTenantWaitsForTheBacklogOfAnother) {
  TwoTenants both;
  auto& world = both.world;
  // Whoever holds this row makes sure that the backlog lasts: the run waits for it.
  const auto holder = world.session(Place::kIdentity);
  const auto hold = [&] {
    (void)holder->query(
        fmt::format("begin; select 1 from identity.users where {} and {} = 30 for "
                    "update",
                    kMine, kOfEmail));
  };

  both.pile_up();
  hold();
  both.edit("+49 1");
  const auto large = world.start({"sync", "--tenant", "large"});
  while (both.waiting() == scaled_atlas().users && large->running())
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  (void)measured_json(world, {"sync", "--tenant", "small"});
  EXPECT_TRUE(both.arrived("+49 1"));
  EXPECT_TRUE(large->running());
  EXPECT_GT(both.waiting(), 0);
  (void)holder->query("commit");
  EXPECT_EQ(large->finish(std::chrono::minutes(10)).exit, 0);
  (void)measured_json(world, {"sync", "--tenant", "large"});
  EXPECT_EQ(both.waiting(), 0);

  both.pile_up();
  hold();
  both.edit("+49 2");
  const auto begun = std::chrono::steady_clock::now();
  const auto all = world.start({"sync", "--all", "--parallel", "2"});
  while (!both.arrived("+49 2") && all->running() &&
         std::chrono::steady_clock::now() - begun < std::chrono::minutes(1))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  fmt::print("  the small tenant's edit arrived after {} ms, {} of the large one's waiting\n",
             std::chrono::duration_cast<std::chrono::milliseconds>(
                 std::chrono::steady_clock::now() - begun)
                 .count(),
             both.waiting());
  EXPECT_TRUE(both.arrived("+49 2"));
  EXPECT_TRUE(all->running());
  EXPECT_GT(both.waiting(), 0);
  (void)holder->query("commit");
  EXPECT_EQ(all->finish(std::chrono::minutes(10)).exit, 0);
}

// --- 6. memory ----------------------------------------------------------------------------------

// The benchmark's pair of tables: at full size a million rows.
class Items : public Bridge {
 public:
  explicit Items(long rows) {
    const auto make = [](PostgresServer& server, const char* file) {
      const std::string dsn = server.create_database();
      (void)postgres_session(dsn)->query(script(file));
      return dsn;
    };
    environment = {{"LEGACY_DSN", make(PostgresWorld::legacy_server(), "legacy.sql")},
                   {"PLATFORM_DSN", make(PostgresWorld::platform_server(), "platform.sql")}};
    set_mapping(read_text(std::string(ATLAS_TEST_SOURCE_DIR) + "/bench/items.yaml"));
    std::string fill = script("fill_legacy.sql");
    for (int i = 0; i < 2; ++i) fill = with(fill, ":rows", std::to_string(rows));
    (void)postgres_session(environment["LEGACY_DSN"])->query(fill);
  }
  void edit() {
    (void)postgres_session(environment["LEGACY_DSN"])->query(script("edit_legacy.sql"));
    (void)postgres_session(environment["PLATFORM_DSN"])->query(script("edit_platform.sql"));
  }

 private:
  // Without what cannot be run together with other statements.
  static std::string script(const std::string& file) {
    std::istringstream in(read_text(std::string(ATLAS_TEST_SOURCE_DIR) + "/bench/sql/" + file));
    std::string out;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("--") || line.starts_with("VACUUM") || line.starts_with("CHECKPOINT"))
        continue;
      out += line + "\n";
    }
    return out;
  }
};

TEST(Scale, MemoryDoesNotGrowWithTheTables) {
  Items items(scaled(1'000'000));
  (void)measured(items, {"check"});
  (void)measured_json(items, {"plan"});
  const Json load = measured_json(items, {"sync"});
  EXPECT_EQ(load["total"]["created_platform"], scaled(1'000'000));
  (void)measured_json(items, {"reconcile"});
  expect_verified(items);
  items.edit();
  (void)measured_json(items, {"plan"});
  const Json change = measured_json(items, {"sync"});
  EXPECT_GE(change["total"]["rows_written"], scaled(1'000'000) / 5);
  (void)measured_json(items, {"reconcile"});
  (void)measured_json(items, {"repair", "--dry-run"});
  expect_verified(items);
}

}  // namespace
}  // namespace atlas::e2e
