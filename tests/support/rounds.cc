#include "tests/support/rounds.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace atlas::e2e {
namespace {

constexpr int kRows = 8;  // the first rows of each table, which are ordinary and alive
constexpr int kDeletedAfter = 2;

std::string uuid_of(int kind, int round) {
  return fmt::format("00000000-0000-4000-8{:03}-{:012}", kind, round);
}

}  // namespace

std::string Rounds::token(const std::string& what) const {
  return fmt::format("k{}{};", round_, what);
}

std::string Rounds::token_at(const std::string& place, const std::string& what) {
  return in_force_[place] = token(what);
}

void Rounds::play() {
  ++round_;
  create();
  change();
  if (round_ > kDeletedAfter) remove();
}

void Rounds::create() {
  Sql& legacy = world_.at(Place::kLegacy);
  const std::string then = world_.now(Place::kLegacy);
  const std::string email = fmt::format("l{}@new.example", round_);
  (void)legacy.query(
      fmt::format("insert into users (tenant_id, name, email, legacy_flags, updated_at) values "
                  "(42, 'New {}', '{}', 0, {})",
                  token_at(fmt::format("lc{}", round_), "lc"), email, then));
  (void)legacy.query(
      fmt::format("insert into members (tenant_id, team_id, user_id, role, joined_at, updated_at) "
                  "select 42, {}, id, 1, {}, {} from users where email = '{}'",
                  1 + (round_ % kRows), then, then, email));
  lines_["|" + email + "|lead|"] = 1;
  Sql& identity = world_.at(Place::kIdentity);
  const std::string now = world_.now(Place::kIdentity);
  (void)identity.query(fmt::format(
      "insert into identity.users (id, tenant_id, kind, given_name, family_name, email, status, "
      "locale, updated_at) values ('{0}', '{1}', 'staff', 'New', '{2}', 'p{3}@new.example', "
      "'active', 'en', {4})",
      uuid_of(1, round_), kOrgId, token_at(fmt::format("pc{}", round_), "pc"), round_, now));
  (void)identity.query(
      fmt::format("insert into identity.staff_profiles (user_id, tenant_id, hourly_rate, "
                  "updated_at) values ('{}', '{}', '12.50', {})",
                  uuid_of(1, round_), kOrgId, now));
  (void)world_.at(Place::kGeo)
      .query(fmt::format(
          "insert into geo.geofences (id, tenant_id, name, centre, radius_m, updated_at) values "
          "('{}', "
          "'{}', '{}', '{{\"type\": \"Point\", \"coordinates\": [13.25, 52.5]}}', 40, {})",
          uuid_of(2, round_), kOrgId, token_at(fmt::format("gc{}", round_), "gc"),
          world_.now(Place::kGeo)));
}

void Rounds::change() {
  Sql& legacy = world_.at(Place::kLegacy);
  const int row = 1 + (round_ % kRows);
  const std::string email =
      legacy.one(fmt::format("select lower(trim(email)) from users where id = {}", row));
  // One person, a field on each side.
  (void)legacy.query(
      fmt::format("update users set name = 'Changed {}', updated_at = {} where id = {}",
                  token_at(fmt::format("ln{}", row), "ln"), world_.now(Place::kLegacy), row));
  (void)world_.at(Place::kIdentity)
      .query(fmt::format("update identity.users set contact = '{{\"phone\": \"{}\"}}', updated_at "
                         "= {} where lower(email) = '{}'",
                         token_at(fmt::format("ph{}", row), "ph"), world_.now(Place::kIdentity),
                         email));
  (void)legacy.query(fmt::format(
      "update geofences set radius = radius + 1, label = '{}', updated_at = {} where id = {}",
      token_at(fmt::format("lg{}", row), "lg"), world_.now(Place::kLegacy), row));
  (void)legacy.query(fmt::format("update teams set lead_id = {}, updated_at = {} where id = {}",
                                 row, world_.now(Place::kLegacy), 1 + ((round_ + 3) % kRows)));
  Sql& org = world_.at(Place::kOrg);
  const std::string team = org.one(fmt::format(
      "select id from org.teams where tenant_id = '{}' and archived_at is null order by "
      "id limit 1 offset {}",
      kOrgId, round_ % kRows));
  (void)org.query(fmt::format("update org.teams set name = '{}', updated_at = {} where id = '{}'",
                              token_at("tn" + team, "tn"), world_.now(Place::kOrg), team));
}

void Rounds::remove() {
  const int then = round_ - kDeletedAfter;
  Sql& legacy = world_.at(Place::kLegacy);
  const std::string at = world_.now(Place::kLegacy);
  // What came from the platform goes on the legacy side, and the other way.
  (void)legacy.query(fmt::format(
      "update geofences set deleted_at = {0}, updated_at = {0} where label = 'k{1}gc;'", at, then));
  in_force_.erase(fmt::format("gc{}", then));
  lines_[fmt::format("k{}gc;", then)] = 0;
  (void)legacy.query(
      fmt::format("update staff set deleted_at = {0}, updated_at = {0} where email = "
                  "'p{1}@new.example'",
                  at, then));
  in_force_.erase(fmt::format("pc{}", then));
  lines_[fmt::format("k{}pc;", then)] = 0;
  const std::string email = fmt::format("l{}@new.example", then);
  Sql& identity = world_.at(Place::kIdentity);
  const std::string user =
      identity.one(fmt::format("select id from identity.users where email = '{}'", email));
  (void)world_.at(Place::kOrg)
      .query(fmt::format(
          "update org.team_members set archived_at = {0}, updated_at = {0} where user_id = "
          "'{1}'",
          world_.now(Place::kOrg), user));
  (void)identity.query(
      fmt::format("update identity.users set archived_at = {0}, updated_at = {0} where id = '{1}'",
                  world_.now(Place::kIdentity), user));
  in_force_.erase(fmt::format("lc{}", then));
  lines_["|" + email + "|lead|"] = 0;
  lines_[fmt::format("k{}lc;", then)] = 0;
}

void Rounds::expect_kept(const Books& books) const {
  const auto lines_with = [&](const std::string& text) {
    return std::ranges::count_if(
        books.lines, [&](const std::string& line) { return line.find(text) != std::string::npos; });
  };
  for (const auto& [place, token] : in_force_) {
    // A team's title is also in the lines of those who refer to it.
    if (place.starts_with("tn")) {
      EXPECT_EQ(lines_with("team|" + token + "|"), 1) << place << " " << token;
    } else {
      EXPECT_EQ(lines_with(token), 1) << place << " " << token;
    }
  }
  for (const auto& [text, count] : lines_) EXPECT_EQ(lines_with(text), count) << text;
}

int sync_until_quiet(World& world, int most) {
  for (int run = 1; run <= most; ++run) {
    const Json report = world.sync();
    EXPECT_EQ(report["outcome"], "done") << report.dump(1);
    if (report["total"]["rows_written"] == 0) return run;
  }
  ADD_FAILURE() << "still writing after " << most << " runs";
  return most;
}

}  // namespace atlas::e2e
