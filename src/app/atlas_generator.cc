#include "app/atlas_generator.h"

#include "app/atlas_row_text.h"
#include "app/atlas_words.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>

namespace atlas::app {
namespace {

// ---- Shapes -------------------------------------------------------------------------------------

enum class Table : std::uint8_t { kCategories, kTeams, kStaff, kUsers, kMembers, kGeofences };

constexpr std::array<std::string_view, 6> kCategoryColumns = {"id",    "tenant_id", "code",
                                                              "label", "colour",    "updated_at"};
constexpr std::array<std::string_view, 7> kTeamColumns = {
    "id", "tenant_id", "title", "lead_id", "category_id", "updated_at", "deleted_at"};
constexpr std::array<std::string_view, 10> kStaffColumns = {
    "id",      "tenant_id", "name",     "email",      "hourly_rate_cents",
    "team_id", "status",    "hired_on", "updated_at", "deleted_at"};
constexpr std::array<std::string_view, 12> kUserColumns = {
    "id",         "tenant_id",    "name",         "email",      "phone",      "status",
    "last_login", "legacy_flags", "password_md5", "created_at", "updated_at", "deleted_at"};
constexpr std::array<std::string_view, 7> kMemberColumns = {
    "tenant_id", "team_id", "user_id", "role", "joined_at", "updated_at", "deleted_at"};
constexpr std::array<std::string_view, 9> kGeofenceColumns = {
    "id", "tenant_id", "label", "lat", "lng", "radius", "team_id", "updated_at", "deleted_at"};

constexpr std::array<AtlasTable, 6> kTables = {{
    {.name = "categories", .columns = kCategoryColumns, .numbered = true},
    {.name = "teams", .columns = kTeamColumns, .numbered = true},
    {.name = "staff", .columns = kStaffColumns, .numbered = true},
    {.name = "users", .columns = kUserColumns, .numbered = true},
    {.name = "members", .columns = kMemberColumns, .numbered = false},
    {.name = "geofences", .columns = kGeofenceColumns, .numbered = true},
}};

// ---- Where the awkward rows sit -----------------------------------------------------------------
// An ordinal counts the demo tenant's rows of one table from 0.

constexpr std::int64_t kAliveFirst = 20;  // the rows before it are never soft-deleted
constexpr std::int64_t kPlantFirst = 10;
constexpr std::int64_t kSharedEmails = 3;  // users and staff 10..12
constexpr std::int64_t kUnmappableUser = 13;
constexpr std::int64_t kUnmappableMember = 13;  // a membership of that user
constexpr std::int64_t kPlantedUsers = 4;       // users 10..13; memberships pass them by
constexpr std::int64_t kGapStamps = 3;          // members 10..12
constexpr std::int64_t kOrphans = 3;            // geofences 10..12
constexpr std::int64_t kFinePoint = 13;
constexpr std::int64_t kFinePoints = 2;     // geofences 13 and 14
constexpr std::int64_t kNameShowcase = 14;  // users 14..17: one of each kind of hard name
constexpr std::int64_t kNoSuchTeam = 2'000'000'001;
constexpr std::int64_t kUnknownStatus = 9;
constexpr std::int64_t kForeignUsers = 3;

constexpr bool is_within(std::int64_t ordinal, std::int64_t first, std::int64_t count) {
  return ordinal >= first && ordinal < first + count;
}

// ---- Randomness ---------------------------------------------------------------------------------

// splitmix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
class Draws {
 public:
  explicit Draws(std::uint64_t state) : state_(state) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(limit));
  }
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  bool percent(std::int64_t share) { return below(100) < share; }
  template <class T, std::size_t kSize>
  const T& pick(const std::array<T, kSize>& from) {
    return from[static_cast<std::size_t>(next() % kSize)];
  }

 private:
  std::uint64_t state_;
};

// Facts about a row that other rows need too are drawn from streams of their own, so that they can
// be told without generating the row or keeping it.
enum class Stream : std::uint8_t { kRow, kName, kLife, kHome };

// ---- The legacy system --------------------------------------------------------------------------

using std::chrono::days;
using std::chrono::hours;

UtcMicros between(UtcMicros from, UtcMicros to, Draws& draws) {
  return from + std::chrono::microseconds{draws.below((to - from).count() + 1)};
}

std::int64_t seconds_since_epoch(UtcMicros at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

struct PersonName {
  std::string text;
  std::string ascii;
};

std::int64_t& rows_of(AtlasSize& size, Table table) {
  switch (table) {
    case Table::kCategories:
      return size.categories;
    case Table::kTeams:
      return size.teams;
    case Table::kStaff:
      return size.staff;
    case Table::kUsers:
      return size.users;
    case Table::kMembers:
      return size.members;
    case Table::kGeofences:
      break;
  }
  return size.geofences;
}

// A row's key: rows are numbered from 1 in the order of their ordinals.
constexpr std::int64_t id_of(std::int64_t ordinal) { return ordinal + 1; }

// The legacy system being written. One thread; holds one row at a time.
class LegacySystem {
 public:
  LegacySystem(const AtlasSize& size, std::uint64_t seed, std::int64_t now_us,
               const AtlasSink& sink)
      : size_(size), seed_(seed), now_(std::chrono::microseconds{now_us}), sink_(sink) {}

  AtlasAwkward generate() {
    categories();
    for (std::int64_t i = 0; i < size_.teams; ++i) team(i);
    foreign_team();
    for (std::int64_t i = 0; i < size_.staff; ++i) staff(i);
    foreign_staff();
    for (std::int64_t i = 0; i < size_.users; ++i) user(i);
    foreign_users();
    members();
    foreign_members();
    for (std::int64_t i = 0; i < size_.geofences; ++i) geofence(i);
    foreign_geofence();
    return awkward_;
  }

 private:
  // Facts about a row that other rows ask for too.
  Draws draws(Table table, std::int64_t ordinal, Stream stream) const;
  bool is_deleted(Table table, std::int64_t ordinal) const;
  bool shares_email(std::int64_t ordinal) const;
  std::optional<std::int64_t> lead_of(std::int64_t team) const;
  std::int64_t live_team_from(std::int64_t ordinal) const;
  PersonName person_name(Table table, std::int64_t ordinal) const;
  std::string email(Table table, std::int64_t ordinal) const;

  // Rows of the demo tenant.
  void categories();
  void team(std::int64_t ordinal);
  void staff(std::int64_t ordinal);
  void user(std::int64_t ordinal);
  void members();
  void member(std::int64_t ordinal, std::int64_t team, std::int64_t user);
  void geofence(std::int64_t ordinal);

  // Rows of the foreign tenant, whose ids follow the demo tenant's.
  void foreign_team();
  void foreign_staff();
  void foreign_users();
  void foreign_members();
  void foreign_geofence();

  // Parts of rows.
  void begin(std::int64_t ordinal, std::int32_t tenant = kAtlasTenant);
  void name_and_email(Table table, std::int64_t ordinal, bool deleted);
  void status(bool deleted, Draws& row);
  void point(std::int64_t ordinal, const Place& place, Draws& row);
  void end(Table table, UtcMicros updated, bool deleted);
  void end_foreign(Table table, bool has_deleted_at = true);
  void emit(Table table) { sink_(kTables[static_cast<std::size_t>(table)].name, row_.cells()); }

  // A moment of the last two years, and one after a given moment.
  UtcMicros earlier(Draws& row) const { return between(now_ - days{730}, latest(), row); }
  UtcMicros later(UtcMicros from, Draws& row) const {
    return between(std::min(from, latest()), latest(), row);
  }
  UtcMicros latest() const { return now_ - hours{1}; }

  const AtlasSize size_;
  const std::uint64_t seed_;
  const UtcMicros now_;
  const AtlasSink& sink_;
  RowText row_;
  AtlasAwkward awkward_;
};

Draws LegacySystem::draws(Table table, std::int64_t ordinal, Stream stream) const {
  Draws mixed(seed_);
  mixed = Draws(mixed.next() ^
                (static_cast<std::uint64_t>(table) * 8 + static_cast<std::uint64_t>(stream)));
  return Draws(mixed.next() ^ static_cast<std::uint64_t>(ordinal));
}

bool LegacySystem::is_deleted(Table table, std::int64_t ordinal) const {
  return ordinal >= kAliveFirst && draws(table, ordinal, Stream::kLife).percent(2);
}

bool LegacySystem::shares_email(std::int64_t ordinal) const {
  return is_within(ordinal, kPlantFirst, kSharedEmails) && ordinal < size_.users &&
         ordinal < size_.staff;
}

// The staff member of the team's own number leads it, unless nobody does. Nobody refers to staff
// who may end in quarantine, so that what waits for a parent is what was planted to wait.
std::optional<std::int64_t> LegacySystem::lead_of(std::int64_t team) const {
  if (team >= size_.staff || team % 10 == 9) return std::nullopt;
  if (shares_email(team) || is_deleted(Table::kStaff, team)) return std::nullopt;
  return team;
}

// The first live team from `ordinal` on, going round; team 0 is always alive.
std::int64_t LegacySystem::live_team_from(std::int64_t ordinal) const {
  while (is_deleted(Table::kTeams, ordinal)) ordinal = (ordinal + 1) % size_.teams;
  return ordinal;
}

PersonName LegacySystem::person_name(Table table, std::int64_t ordinal) const {
  if (table == Table::kUsers && is_within(ordinal, kNameShowcase, std::ssize(kShowcaseNames))) {
    const Word& name = kShowcaseNames[static_cast<std::size_t>(ordinal - kNameShowcase)];
    return {std::string(name.text), std::string(name.ascii)};
  }
  Draws draw = draws(table, ordinal, Stream::kName);
  const std::int64_t kind = draw.below(100);
  if (kind < 3) {
    const Word& name = draw.pick(kOneWordNames);
    return {std::string(name.text), std::string(name.ascii)};
  }
  const Names& names = draw.pick(kNames);
  const Word& first = draw.pick(names.first);
  const Word& last = draw.pick(names.last);
  PersonName name{std::string(first.text), std::string(first.ascii)};
  if (kind < 10) name.text.append(" ").append(draw.pick(names.first).text);
  name.text.append(" ").append(last.text);
  name.ascii.append(".").append(last.ascii);
  if (kind == 99) name.text.insert(0, " ").append(" ");
  return name;
}

std::string LegacySystem::email(Table table, std::int64_t ordinal) const {
  if (table == Table::kStaff && shares_email(ordinal)) table = Table::kUsers;
  std::string address = person_name(table, ordinal).ascii;
  if (ordinal % 25 == 24) address[0] = static_cast<char>(address[0] - 'a' + 'A');
  address.append(".").append(std::to_string(id_of(ordinal)));
  address.append(table == Table::kUsers ? "@example.org" : "@staff.example.org");
  return address;
}

void LegacySystem::begin(std::int64_t ordinal, std::int32_t tenant) {
  row_.clear();
  row_.number(id_of(ordinal));
  row_.number(tenant);
}

void LegacySystem::name_and_email(Table table, std::int64_t ordinal, bool deleted) {
  const PersonName name = person_name(table, ordinal);
  if (!deleted && name.text.find(' ') == std::string::npos) ++awkward_.one_word_names;
  row_.text(name.text);
  row_.text(email(table, ordinal));
}

// 0 invited, 1 active, 2 suspended, 3 suspended too.
void LegacySystem::status(bool deleted, Draws& row) {
  const std::int64_t kind = row.below(100);
  const std::int64_t code = kind < 78 ? 1 : kind < 86 ? 0 : kind < 94 ? 2 : 3;
  if (code == 3 && !deleted) ++awkward_.folded_statuses;
  row_.number(code);
}

// Within some six kilometres of the place, to the centimetre; two points are finer than that.
void LegacySystem::point(std::int64_t ordinal, const Place& place, Draws& row) {
  const bool is_fine = is_within(ordinal, kFinePoint, kFinePoints);
  for (const std::int64_t middle_e7 : {place.lat_e7, place.lng_e7}) {
    row_.degrees(middle_e7 + row.between(-500'000, 500'000));
    if (is_fine) row_.add("4321");
  }
  if (is_fine) ++awkward_.fine_points;
}

void LegacySystem::end(Table table, UtcMicros updated, bool deleted) {
  row_.berlin_time(updated);
  if (deleted) {
    row_.berlin_time(updated);
    ++rows_of(awkward_.deleted, table);
  } else {
    row_.null();
  }
  emit(table);
}

void LegacySystem::end_foreign(Table table, bool has_deleted_at) {
  row_.berlin_time(now_ - days{30});
  if (has_deleted_at) row_.null();
  ++rows_of(awkward_.foreign, table);
  emit(table);
}

void LegacySystem::categories() {
  for (std::int64_t i = 0; i < size_.categories; ++i) {
    Draws row = draws(Table::kCategories, i, Stream::kRow);
    const std::int64_t round = i / std::ssize(kCategoryWords);
    const CategoryWord& word =
        kCategoryWords[static_cast<std::size_t>(i % std::ssize(kCategoryWords))];
    begin(i);
    for (const std::string_view part : {word.code, word.label}) {
      row_.text(part);
      if (round == 0) continue;
      row_.add("-");
      row_.add_number(round + 1);
    }
    if (row.percent(10)) {
      row_.null();
    } else {
      row_.text(row.pick(kColours));
    }
    row_.berlin_time(earlier(row));
    emit(Table::kCategories);
  }
  // The same code as the demo tenant's first category: codes are unique within a tenant only.
  begin(size_.categories, kAtlasForeignTenant);
  row_.text(kCategoryWords[0].code);
  row_.text("Field work");
  row_.null();
  end_foreign(Table::kCategories, false);
}

void LegacySystem::team(std::int64_t ordinal) {
  Draws row = draws(Table::kTeams, ordinal, Stream::kRow);
  const bool deleted = is_deleted(Table::kTeams, ordinal);
  begin(ordinal);
  row_.text(row.pick(kTitles));
  row_.add(" ");
  row_.add_number(id_of(ordinal));
  row_.number_or_null(lead_of(ordinal).transform(id_of));
  if (size_.categories > 0 && !row.percent(10)) {
    row_.number(id_of(row.below(size_.categories)));
  } else {
    row_.null();
  }
  end(Table::kTeams, earlier(row), deleted);
}

// Of five leads, four work in the team they lead, and one in another.
void LegacySystem::staff(std::int64_t ordinal) {
  Draws row = draws(Table::kStaff, ordinal, Stream::kRow);
  const bool deleted = is_deleted(Table::kStaff, ordinal);
  std::optional<std::int64_t> team;
  if (ordinal < size_.teams && ordinal % 5 != 4 && !is_deleted(Table::kTeams, ordinal)) {
    team = ordinal;
    if (lead_of(ordinal)) ++awkward_.led_cycles;
  } else if (size_.teams > 0 && !row.percent(10)) {
    team = live_team_from(row.below(size_.teams));
  }
  begin(ordinal);
  name_and_email(Table::kStaff, ordinal, deleted);
  row_.number(row.between(1500, 14999));
  row_.number_or_null(team.transform(id_of));
  status(deleted, row);
  if (row.percent(5)) {
    row_.null();
  } else {
    row_.date(std::chrono::floor<days>(now_) - days{row.between(1, 9000)});
  }
  if (shares_email(ordinal)) ++awkward_.shared_emails;
  end(Table::kStaff, earlier(row), deleted);
}

void LegacySystem::user(std::int64_t ordinal) {
  Draws row = draws(Table::kUsers, ordinal, Stream::kRow);
  const bool deleted = is_deleted(Table::kUsers, ordinal);
  const UtcMicros created = earlier(row);
  begin(ordinal);
  name_and_email(Table::kUsers, ordinal, deleted);
  if (row.percent(30)) {
    row_.null();
  } else {
    row_.text("+49 30 5550");
    row_.add_padded(row.below(10'000), 4);
  }
  if (ordinal == kUnmappableUser) {
    row_.number(kUnknownStatus);
    ++awkward_.unmappable_users;
  } else {
    status(deleted, row);
  }
  row_.number(row.percent(15) ? 0 : seconds_since_epoch(later(created, row)));
  row_.number(row.below(16));
  if (row.percent(15)) {
    row_.null();
  } else {
    row_.text("");
    for (int digit = 0; digit < 32; ++digit) {
      row_.add(
          std::string_view("0123456789abcdef").substr(static_cast<std::size_t>(row.below(16)), 1));
    }
  }
  row_.berlin_time(created);
  end(Table::kUsers, later(created, row), deleted);
}

// A user's memberships are in neighbouring teams, the first in a team of the user's own drawing:
// so no pair comes twice and none has to be remembered.
void LegacySystem::members() {
  if (size_.teams == 0) return;
  const std::int64_t passed_by =
      std::clamp<std::int64_t>(size_.users - kPlantFirst, 0, kPlantedUsers);
  const std::int64_t users = size_.users - passed_by;
  std::int64_t paired = 0;
  for (std::int64_t i = 0; i < size_.members; ++i) {
    if (i == kUnmappableMember && size_.users > kUnmappableUser) {
      member(i, 0, kUnmappableUser);
      ++awkward_.members_of_unmappable;
      continue;
    }
    if (users == 0 || paired / users == size_.teams) return;
    const std::int64_t place = paired % users;
    const std::int64_t user = place < kPlantFirst ? place : place + passed_by;
    const std::int64_t home = user < kAliveFirst
                                  ? user % size_.teams
                                  : draws(Table::kUsers, user, Stream::kHome).below(size_.teams);
    member(i, (home + paired / users) % size_.teams, user);
    ++paired;
  }
}

// Whoever deletes a user or a team deletes its memberships too.
void LegacySystem::member(std::int64_t ordinal, std::int64_t team, std::int64_t user) {
  Draws row = draws(Table::kMembers, ordinal, Stream::kRow);
  const bool deleted = is_deleted(Table::kMembers, ordinal) || is_deleted(Table::kTeams, team) ||
                       is_deleted(Table::kUsers, user);
  row_.clear();
  row_.number(kAtlasTenant);
  row_.number(id_of(team));
  row_.number(id_of(user));
  row_.number(row.percent(10) ? 1 : 0);
  UtcMicros joined = earlier(row);
  if (is_within(ordinal, kPlantFirst, kGapStamps) && !deleted) {
    const std::chrono::sys_days day = last_spring_change(now_);
    row_.date(day);
    row_.add(" 02:30:00.000000");
    joined = day + hours{1};
    ++awkward_.gap_stamps;
  } else {
    row_.berlin_time(joined);
  }
  end(Table::kMembers, later(joined, row), deleted);
}

void LegacySystem::geofence(std::int64_t ordinal) {
  Draws row = draws(Table::kGeofences, ordinal, Stream::kRow);
  const bool deleted = is_deleted(Table::kGeofences, ordinal);
  const Place& place = row.pick(kPlaces);
  begin(ordinal);
  row_.text(row.pick(kGeofenceKinds));
  row_.add(" ");
  row_.add(place.name);
  row_.add(" ");
  row_.add_number(id_of(ordinal));
  point(ordinal, place, row);
  row_.number(row.between(5, 500) * 10);
  if (is_within(ordinal, kPlantFirst, kOrphans)) {
    row_.number(kNoSuchTeam + ordinal);
    ++awkward_.orphan_geofences;
  } else if (size_.teams > 0 && !row.percent(20)) {
    row_.number(id_of(live_team_from(row.below(size_.teams))));
  } else {
    row_.null();
  }
  end(Table::kGeofences, earlier(row), deleted);
}

void LegacySystem::foreign_team() {
  begin(size_.teams, kAtlasForeignTenant);
  row_.text("Someone else's team");
  row_.number(id_of(size_.staff));
  row_.number(id_of(size_.categories));
  end_foreign(Table::kTeams);
}

void LegacySystem::foreign_staff() {
  begin(size_.staff, kAtlasForeignTenant);
  row_.text("Ines Fremd");
  row_.text("ines.fremd@example.net");
  row_.number(4200);
  row_.number(id_of(size_.teams));
  row_.number(1);
  row_.text("2019-04-01");
  end_foreign(Table::kStaff);
}

// The first has the e-mail of the demo tenant's first user: that is unique within a tenant only.
void LegacySystem::foreign_users() {
  for (std::int64_t i = 0; i < kForeignUsers; ++i) {
    begin(size_.users + i, kAtlasForeignTenant);
    row_.text("Klaus Fremd");
    if (i == 0 && size_.users > 0) {
      row_.text(email(Table::kUsers, 0));
    } else {
      row_.text("klaus.fremd.");
      row_.add_number(id_of(i));
      row_.add("@example.net");
    }
    row_.null();
    row_.number(kUnknownStatus);
    row_.number(0);
    row_.number(0);
    row_.null();
    row_.berlin_time(now_ - days{60});
    end_foreign(Table::kUsers);
  }
}

void LegacySystem::foreign_members() {
  for (std::int64_t i = 0; i < kForeignUsers; ++i) {
    row_.clear();
    row_.number(kAtlasForeignTenant);
    row_.number(id_of(size_.teams));
    row_.number(id_of(size_.users + i));
    row_.number(0);
    row_.berlin_time(now_ - days{60});
    end_foreign(Table::kMembers);
  }
}

void LegacySystem::foreign_geofence() {
  begin(size_.geofences, kAtlasForeignTenant);
  row_.text("Somewhere else");
  row_.degrees(kPlaces[0].lat_e7);
  row_.degrees(kPlaces[0].lng_e7);
  row_.number(100);
  row_.number(id_of(size_.teams));
  end_foreign(Table::kGeofences);
}

}  // namespace

std::span<const AtlasTable> atlas_legacy_tables() { return kTables; }

AtlasAwkward generate_legacy(const AtlasSize& size, std::uint64_t seed, std::int64_t now_us,
                             const AtlasSink& sink) {
  return LegacySystem(size, seed, now_us, sink).generate();
}

}  // namespace atlas::app
