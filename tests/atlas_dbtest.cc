// The Atlas example at full size on two PostgreSQL servers: first load, edits on both sides,
// convergence in one run, and a run that writes nothing.

#include "tests/support/books.h"
#include "tests/support/quiet.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::e2e {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

#ifdef __SANITIZE_ADDRESS__
constexpr std::int64_t kDivisor = 10;
#else
constexpr std::int64_t kDivisor = 1;
#endif
constexpr app::AtlasSize kSize{.users = 20'000 / kDivisor,
                               .staff = 2'000 / kDivisor,
                               .teams = 500 / kDivisor,
                               .geofences = 5'000 / kDivisor,
                               .members = 30'000 / kDivisor,
                               .categories = 20};

// Both servers hash a text alike, so each side can pick its rows by what they mean. The first
// generated rows are left alone: the awkward ones are among them.
std::string bucket(const std::string& what) {
  return fmt::format("mod(abs(hashtext({})::bigint), 1000)", what);
}

std::string between(const std::string& what, int from, int to) {
  const std::string number = bucket(what);
  return fmt::format("({0} >= {1} and {0} < {2})", number, from, to);
}

// Buckets of 1000: the legacy side edits [0, 100), the platform [90, 190). In [90, 100) both edit
// the same field.
class Editors {
 public:
  explicit Editors(World& world)
      : legacy_(world.at(Place::kLegacy)),
        identity_(world.at(Place::kIdentity)),
        org_(world.at(Place::kOrg)),
        geo_(world.at(Place::kGeo)) {}

  // The platform edits some of the contended rows first and the others last.
  void edit() {
    platform_people(90, 95, "early");
    legacy();
    platform_people(95, 100, "late");
    platform_rest();
  }

 private:
  static constexpr const char* kLegacyNow =
      "updated_at = clock_timestamp() at time zone "
      "'Europe/Berlin'";
  static constexpr const char* kNow = "updated_at = clock_timestamp()";
  // Rows that cannot be synced, or whose twin may be chosen instead, are not edited.
  static constexpr const char* kPlain = "tenant_id = 42 and deleted_at is null and id > 20";

  void platform_people(int from, int to, const char* word) {
    (void)identity_.query(fmt::format(
        "update identity.users set given_name = 'P{} ' || family_name, family_name = 'Platform', "
        "{} where {} and tenant_id = '{}' and archived_at is null",
        word, kNow, between("lower(trim(email))", from, to), kOrgId));
  }

  void legacy() {
    const std::string mail = "lower(trim(email))";
    (void)legacy_.query(
        fmt::format("update users set name = 'Legacy ' || trim(name), {} where {} "
                    "and {}",
                    kLegacyNow, between(mail, 90, 100), kPlain));
    (void)legacy_.query(
        fmt::format("update staff set name = 'Legacy ' || trim(name), {} where {} "
                    "and {}",
                    kLegacyNow, between(mail, 90, 100), kPlain));
    (void)legacy_.query(fmt::format(
        "update users set phone = '+49 1 ' || id, last_login = last_login + 60, {} where {} and {}",
        kLegacyNow, between(mail, 0, 90), kPlain));
    (void)legacy_.query(fmt::format(
        "update staff set hourly_rate_cents = hourly_rate_cents + 125, status = 2, {} where {} "
        "and {}",
        kLegacyNow, between(mail, 0, 90), kPlain));
    (void)legacy_.query(fmt::format("update teams set title = title || ' L', {} where {} and {}",
                                    kLegacyNow, between("id::text", 0, 100), kPlain));
    (void)legacy_.query(fmt::format("update geofences set radius = radius + 7, {} where {} and {}",
                                    kLegacyNow, between("trim(label)", 0, 100), kPlain));
    (void)legacy_.query(
        fmt::format("update members set role = 1 - role, {} where {} and tenant_id = 42 and "
                    "deleted_at is null and user_id > 20",
                    kLegacyNow, between("team_id || '/' || user_id", 0, 100)));
  }

  void platform_rest() {
    const std::string mine = fmt::format("tenant_id = '{}'", kOrgId);
    (void)identity_.query(fmt::format(
        "update identity.users set status = 'invited', {} where {} and {} and archived_at is null",
        kNow, between("lower(trim(email))", 100, 190), mine));
    (void)org_.query(
        fmt::format("update org.teams set category_code = (select min(code) from org.categories "
                    "where {0}), {1} where {2} and {0}",
                    mine, kNow, between("id::text", 0, 100)));
    (void)org_.query(fmt::format(
        "update org.team_members set joined_at = joined_at + interval '1 day', {} where {} and {}",
        kNow, between("user_id::text || team_id", 0, 100), mine));
    (void)geo_.query(fmt::format("update geo.geofences set name = name || ' P', {} where {} and {}",
                                 kNow, between("id::text", 0, 100), mine));
  }

  Sql& legacy_;
  Sql& identity_;
  Sql& org_;
  Sql& geo_;
};

// Of the names that both sides edited, the later edit is on the platform; so is, by
// expect_sides_equal, what the legacy side shows.
void expect_newest_won(World& world) {
  Sql& identity = world.at(Place::kIdentity);
  const auto count = [&](int from, int to, const std::string& condition) {
    return identity.number(
        fmt::format("select count(*) from identity.users where {} and tenant_id = '{}' and "
                    "archived_at is null and email !~ '\\.([0-9]|1[0-9]|20)@' and ({})",
                    between("lower(trim(email))", from, to), kOrgId, condition));
  };
  EXPECT_GT(count(90, 95, "family_name like 'Legacy%' or given_name like 'Legacy%'"), 0);
  EXPECT_GT(count(95, 100, "given_name like 'Plate%'"), 0);
  EXPECT_EQ(count(90, 95, "given_name like 'Pearly%'"), 0);
  EXPECT_EQ(count(95, 100, "given_name like 'Legacy%'"), 0);
}

TEST(Atlas, TwoServersConvergeInOneRunAndTheNextRunWritesNothing) {
  PostgresWorld world;
  const app::AtlasAwkward awkward = world.load(kSize);
  world.check();

  // First load.
  const Json load = world.sync();
  EXPECT_EQ(load["outcome"], "done") << load.dump(1);
  const Books first = expect_sides_equal(world);
  EXPECT_EQ(first.unmappable_people, static_cast<std::size_t>(awkward.unmappable_users));
  EXPECT_EQ(first.gap_stamps, static_cast<std::size_t>(awkward.gap_stamps));
  EXPECT_EQ(first.orphan_geofences, static_cast<std::size_t>(awkward.orphan_geofences));
  EXPECT_EQ(first.shared_emails, static_cast<std::size_t>(awkward.shared_emails));
  fmt::print("first load: {} rows written in {} ms\n", load["total"]["rows_written"].dump(),
             load["took_ms"].dump());
  if (HasFailure()) return;

  // Edits on both sides, one run.
  Editors editors(world);
  editors.edit();
  const Json change = world.sync();
  EXPECT_EQ(change["outcome"], "done") << change.dump(1);
  (void)expect_sides_equal(world);
  fmt::print("change: {} rows written, {} conflicts in {} ms\n",
             change["total"]["rows_written"].dump(), change["total"]["conflicts"].dump(),
             change["took_ms"].dump());
  EXPECT_GT(change["total"]["conflicts"].get<long>(), kSize.users / 200);

  expect_newest_won(world);

  // verify: nothing differs, and the known rows are named.
  const Verdict verdict = world.verify();
  EXPECT_TRUE(verdict.complete);
  EXPECT_EQ(verdict.different, 0) << verdict.report.dump(1);
  EXPECT_EQ(verdict.drift, 0);
  EXPECT_EQ(verdict.pending, 0);
  EXPECT_EQ(verdict.unlinked, 0) << verdict.report.dump(1);
  const std::int64_t known = awkward.unmappable_users + awkward.gap_stamps +
                             awkward.orphan_geofences + awkward.shared_emails +
                             awkward.members_of_unmappable;
  EXPECT_EQ(verdict.known, known);
  EXPECT_EQ(std::ssize(verdict.aside), known);
  EXPECT_THAT(verdict.aside, Contains(HasSubstr("person users/14: quarantined: status")));
  fmt::print("verify: {} equal, {} different, {} known\n", verdict.equal, verdict.different,
             verdict.known);

  // Silence.
  const RowVersions versions = row_versions(world);
  const auto written = tuples_written(world);
  const Json quiet = world.sync();
  EXPECT_EQ(quiet["total"]["rows_written"], 0) << quiet.dump(1);
  EXPECT_EQ(tuples_written(world), written);
  EXPECT_EQ(row_versions(world), versions);
}

}  // namespace
}  // namespace atlas::e2e
