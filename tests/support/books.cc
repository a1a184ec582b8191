#include "tests/support/books.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <map>
#include <set>

namespace atlas::e2e {
namespace {

constexpr std::size_t kShownLines = 8;

using Names = std::map<std::string, std::string, std::less<>>;

// --- words --------------------------------------------------------------------------------------

std::string text(const std::optional<std::string>& cell) { return cell.value_or("-"); }

std::string trimmed(const std::string& name) {
  const auto first = name.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return name.substr(first, name.find_last_not_of(' ') - first + 1);
}

std::string email_of(const std::string& email) {
  std::string out = trimmed(email);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// "" when the code means nothing.
std::string status_of(const std::string& code) {
  static const std::map<std::string, std::string> kStatus = {
      {"0", "invited"}, {"1", "active"}, {"2", "suspended"}, {"3", "suspended"}};
  const auto found = kStatus.find(code);
  return found == kStatus.end() ? "" : found->second;
}

std::string role_of(const std::string& code) { return code == "1" ? "lead" : "member"; }

std::string named(const Names& names, const std::optional<std::string>& key) {
  if (!key) return "-";
  const auto found = names.find(*key);
  return found == names.end() ? "?" + *key : found->second;
}

// Between two and three on the last Sunday of March, Berlin's clocks show nothing.
bool never_was(const std::string& berlin) {
  using namespace std::chrono;
  int y = 0, m = 0, d = 0, h = 0;
  if (std::sscanf(berlin.c_str(), "%d-%d-%d %d", &y, &m, &d, &h) != 4) return false;
  const year_month_day last_sunday{sys_days(year(y) / March / Sunday[last])};
  return h == 2 && year(y) / m / d == last_sunday;
}

std::string berlin_of_utc(const std::string& utc) {
  std::tm parts{};
  int us = 0;
  if (std::sscanf(utc.c_str(), "%d-%d-%d %d:%d:%d.%d", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &us) != 7)
    return "unreadable " + utc;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const std::time_t seconds = ::timegm(&parts);
  (void)::setenv("TZ", "Europe/Berlin", 1);
  ::tzset();
  (void)::localtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     us);
}

// --- reading ------------------------------------------------------------------------------------

Names names_of(Sql& sql, const std::string& query) {
  Names out;
  for (const SqlRow& row : sql.query(query)) out[text(row[0])] = text(row[1]);
  return out;
}

// SQL that differs by engine.
struct Spelling {
  bool postgres;
  std::string places7(const std::string& number) const {
    return postgres ? "round((" + number + ")::numeric, 7)" : "printf('%.7f', " + number + ")";
  }
  std::string money(const std::string& number) const {
    return postgres ? "(" + number + ")::numeric(12,2)" : "printf('%.2f', " + number + ")";
  }
  std::string coordinate(int i) const {
    return postgres ? fmt::format("(centre->'coordinates'->>{})", i)
                    : fmt::format("(centre ->> '$.coordinates[{}]')", i);
  }
  std::string phone() const { return postgres ? "contact->>'phone'" : "contact ->> '$.phone'"; }
  std::string seconds(const std::string& at) const {
    return postgres ? "extract(epoch from " + at + ")::bigint"
                    : "strftime('%s', substr(" + at + ", 1, 19))";
  }
  std::string micros(const std::string& at) const {
    return postgres ? "to_char(" + at + ", 'YYYY-MM-DD HH24:MI:SS.US')" : at;
  }
  std::string berlin(const std::string& at) const {
    return postgres ? micros(at + " at time zone 'Europe/Berlin'") : at;
  }
  std::string day(const std::string& at) const { return postgres ? at + "::text" : at; }
};

Spelling spelling_of(const World& world) { return {world.is_postgres()}; }

// --- the legacy side ----------------------------------------------------------------------------

class LegacyReader {
 public:
  explicit LegacyReader(World& world)
      : sql_(world.at(Place::kLegacy)), spell_(spelling_of(world)) {}

  Books read(std::vector<std::string>* shared) {
    find_shared();
    teams_ = names_of(sql_, "select id, trim(title) from teams");
    users_ = names_of(sql_, "select id, lower(trim(email)) from users");
    staff_ = names_of(sql_, "select id, lower(trim(email)) from staff");
    categories_ = names_of(sql_, "select id, code from categories");
    people();
    teams();
    members();
    geofences();
    for (const SqlRow& row :
         sql_.query("select code, trim(label), colour from categories where tenant_id = 42"))
      books_.lines.push_back(
          fmt::format("category|{}|{}|{}", text(row[0]), text(row[1]), text(row[2])));
    std::ranges::sort(books_.lines);
    if (shared != nullptr) shared->assign(shared_.begin(), shared_.end());
    return std::move(books_);
  }

 private:
  void find_shared() {
    for (const SqlRow& row :
         sql_.query("select lower(trim(email)) from (select email from users where tenant_id = 42 "
                    "and deleted_at is null union all select email from staff where tenant_id = 42 "
                    "and deleted_at is null) e group by 1 having count(*) > 1"))
      shared_.insert(text(row[0]));
    books_.shared_emails = shared_.size();
  }

  void people() {
    for (const SqlRow& row :
         sql_.query("select id, email, name, status, phone, last_login from users where "
                    "tenant_id = 42 and deleted_at is null"))
      person(row, "member",
             fmt::format("{}|{}", text(row[4]), text(row[5]) == "0" ? "-" : text(row[5])));
    for (const SqlRow& row :
         sql_.query("select id, email, name, status, " + spell_.money("hourly_rate_cents / 100.0") +
                    ", " + spell_.day("hired_on") +
                    ", team_id from staff where tenant_id = 42 and deleted_at is null"))
      person(row, "staff",
             fmt::format("{}|{}|{}", text(row[4]), text(row[5]), named(teams_, row[6])));
  }
  void person(const SqlRow& row, const std::string& kind, const std::string& rest) {
    const std::string email = email_of(text(row[1]));
    const std::string status = status_of(text(row[3]));
    if (status.empty()) {
      ++books_.unmappable_people;
      if (kind == "member") unmappable_users_.insert(text(row[0]));
      return;
    }
    if (shared_.contains(email)) return;
    books_.lines.push_back(
        fmt::format("{}|{}|{}|{}|{}", kind, email, trimmed(text(row[2])), status, rest));
  }

  void teams() {
    for (const SqlRow& row : sql_.query("select trim(title), lead_id, category_id from teams where "
                                        "tenant_id = 42 and deleted_at is null"))
      books_.lines.push_back(fmt::format("team|{}|{}|{}", text(row[0]), named(staff_, row[1]),
                                         named(categories_, row[2])));
  }

  void members() {
    for (const SqlRow& row :
         sql_.query("select team_id, user_id, role, " + spell_.micros("joined_at") +
                    " from members where tenant_id = 42 and deleted_at is null")) {
      if (unmappable_users_.contains(text(row[1]))) {
        ++books_.members_of_unmappable;
      } else if (never_was(text(row[3]))) {
        ++books_.gap_stamps;
      } else {
        books_.lines.push_back(fmt::format("membership|{}|{}|{}|{}", named(teams_, row[0]),
                                           named(users_, row[1]), role_of(text(row[2])),
                                           text(row[3])));
      }
    }
  }

  void geofences() {
    for (const SqlRow& row :
         sql_.query("select label, " + spell_.places7("lat") + ", " + spell_.places7("lng") +
                    ", radius, team_id from geofences where tenant_id = 42 and deleted_at is "
                    "null")) {
      if (row[4] && !teams_.contains(*row[4])) {
        ++books_.orphan_geofences;
        continue;
      }
      books_.lines.push_back(fmt::format("geofence|{}|{}|{}|{}|{}", text(row[0]), text(row[1]),
                                         text(row[2]), text(row[3]), named(teams_, row[4])));
    }
  }

  Sql& sql_;
  Spelling spell_;
  Books books_;
  std::set<std::string> shared_, unmappable_users_;
  Names teams_, users_, staff_, categories_;
};

// --- the platform -------------------------------------------------------------------------------

class PlatformReader {
 public:
  explicit PlatformReader(World& world) : world_(world), spell_(spelling_of(world)) {}

  Books read(const std::vector<std::string>& leave_out) {
    left_out_.insert(leave_out.begin(), leave_out.end());
    Sql& org = world_.at(Place::kOrg);
    teams_ = names_of(org, "select id, trim(name) from org.teams");
    users_ =
        names_of(world_.at(Place::kIdentity), "select id, lower(trim(email)) from identity.users");
    people();
    for (const SqlRow& row : org.query("select trim(name), lead_id, category_code from org.teams" +
                                       tenant() + " and archived_at is null"))
      books_.lines.push_back(
          fmt::format("team|{}|{}|{}", text(row[0]), named(users_, row[1]), text(row[2])));
    for (const SqlRow& row :
         org.query("select team_id, user_id, role, " + spell_.berlin("joined_at") +
                   " from org.team_members" + tenant() + " and archived_at is null"))
      books_.lines.push_back(
          fmt::format("membership|{}|{}|{}|{}", named(teams_, row[0]), named(users_, row[1]),
                      text(row[2]), spell_.postgres ? text(row[3]) : berlin_of_utc(text(row[3]))));
    for (const SqlRow& row :
         org.query("select code, trim(name), colour from org.categories" + tenant()))
      books_.lines.push_back(
          fmt::format("category|{}|{}|{}", text(row[0]), text(row[1]), text(row[2])));
    geofences();
    std::ranges::sort(books_.lines);
    return std::move(books_);
  }

 private:
  static std::string tenant() { return fmt::format(" where tenant_id = '{}'", kOrgId); }

  void people() {
    Sql& identity = world_.at(Place::kIdentity);
    for (const SqlRow& row : identity.query(
             "select u.kind, u.email, u.given_name, u.family_name, u.status, " + spell_.phone() +
             ", " + spell_.seconds("u.last_login_at") + ", " + spell_.money("p.hourly_rate") +
             ", " + spell_.day("p.hired_on") +
             ", p.team_id, p.user_id from identity.users u left join "
             "identity.staff_profiles p on p.user_id = u.id" +
             fmt::format(" where u.tenant_id = '{}'", kOrgId) + " and u.archived_at is null")) {
      const std::string email = email_of(text(row[1]));
      if (left_out_.contains(email)) {
        ++books_.shared_emails;
        continue;
      }
      std::string name = text(row[2]);
      if (!text(row[3]).empty()) name += " " + text(row[3]);
      std::string rest;
      if (text(row[0]) == "staff") {
        rest = row[10] ? fmt::format("{}|{}|{}", text(row[7]), text(row[8]), named(teams_, row[9]))
                       : "without a profile";
      } else {
        rest = fmt::format("{}|{}{}", text(row[5]), text(row[6]), row[10] ? "|a profile" : "");
      }
      books_.lines.push_back(
          fmt::format("{}|{}|{}|{}|{}", text(row[0]), email, trimmed(name), text(row[4]), rest));
    }
  }

  void geofences() {
    for (const SqlRow& row : world_.at(Place::kGeo)
                                 .query("select name, " + spell_.places7(spell_.coordinate(1)) +
                                        ", " + spell_.places7(spell_.coordinate(0)) +
                                        ", radius_m, team_id, srid from geo.geofences" + tenant() +
                                        " and shape = 'circle'")) {
      std::string line = fmt::format("geofence|{}|{}|{}|{}|{}", text(row[0]), text(row[1]),
                                     text(row[2]), text(row[3]), named(teams_, row[4]));
      if (text(row[5]) != "4326") line += "|srid " + text(row[5]);
      books_.lines.push_back(std::move(line));
    }
  }

  World& world_;
  Spelling spell_;
  Books books_;
  std::set<std::string> left_out_;
  Names teams_, users_;
};

std::string shown(const std::vector<std::string>& lines) {
  std::string out;
  for (std::size_t i = 0; i < std::min(lines.size(), kShownLines); ++i) out += "\n  " + lines[i];
  return out;
}

}  // namespace

Books legacy_books(World& world) { return LegacyReader(world).read(nullptr); }

Books platform_books(World& world, const std::vector<std::string>& leave_out) {
  return PlatformReader(world).read(leave_out);
}

Books expect_sides_equal(World& world) {
  std::vector<std::string> shared;
  Books legacy = LegacyReader(world).read(&shared);
  const Books platform = platform_books(world, shared);
  std::vector<std::string> lost, extra;
  std::ranges::set_difference(legacy.lines, platform.lines, std::back_inserter(lost));
  std::ranges::set_difference(platform.lines, legacy.lines, std::back_inserter(extra));
  EXPECT_TRUE(lost.empty()) << lost.size() << " lines only on the legacy side:" << shown(lost);
  EXPECT_TRUE(extra.empty()) << extra.size() << " lines only on the platform:" << shown(extra);
  EXPECT_EQ(platform.shared_emails, shared.size()) << "of two people with one e-mail, one is there";
  return legacy;
}

}  // namespace atlas::e2e
