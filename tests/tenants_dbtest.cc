// Two tenants of one mapping: legacy systems of their own with equal ids, one platform and one
// state that they share. Nothing of one is seen through the other (RELIABILITY S18).

#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace atlas::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr app::AtlasSize kSmall{
    .users = 40, .staff = 10, .teams = 8, .geofences = 8, .members = 20, .categories = 4};
constexpr std::string_view kOtherOrg = "1c9b3f5e-8a51-4f0e-a6c7-42d1c0ffee43";

// `world` has the platform, the state and acme's legacy system; `other` lends its legacy system.
template <class AnyWorld>
struct TwoTenants {
  AnyWorld world, other;

  TwoTenants() {
    (void)world.load(kSmall);
    (void)other.load(kSmall);
    const std::string variable = world.is_postgres() ? "LEGACY_DSN" : "LEGACY_DB";
    const std::string folder =
        std::filesystem::path(world.mapping_file()).parent_path() / "tenants";
    std::filesystem::create_directory(folder);
    write_text(folder + "/acme.yaml",
               fmt::format("id: 7f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c4\n"
                           "variables: {{ORG_ID: {}}}\nlabels: {{tier: gold}}\n",
                           kOrgId));
    write_text(folder + "/beta.yaml",
               fmt::format("id: 8f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c5\n"
                           "variables: {{ORG_ID: {}, {}: \"{}\"}}\n"
                           "schedule: {{cron: \"*/5 * * * *\", zone: Europe/Berlin}}\n",
                           kOtherOrg, variable, legacy_of(other)));
  }
  static std::string legacy_of(PostgresWorld& of) { return of.dsn(Place::kLegacy); }
  static std::string legacy_of(SqliteWorld& of) {
    return std::string(std::filesystem::path(of.mapping_file()).parent_path() / "legacy.db");
  }
  std::string one(const std::string& sql) { return world.at(Place::kIdentity).one(sql); }
};

template <class AnyWorld>
class Tenants : public testing::Test {};
using Worlds = testing::Types<SqliteWorld, PostgresWorld>;
TYPED_TEST_SUITE(Tenants, Worlds);

TYPED_TEST(Tenants, WithEqualIdsShareAPlatformAndNothingElse) {
  TwoTenants<TypeParam> both;
  auto& world = both.world;
  const std::string users = world.is_postgres() ? "identity.users" : "users";
  const Finished nobody = world.run({"sync"});
  EXPECT_EQ(nobody.exit, 64);
  EXPECT_THAT(nobody.err, HasSubstr("acme, beta"));
  ASSERT_EQ(world.run({"check", "--all"}).exit, 0);

  const Json runs = world.json({"sync", "--all", "--parallel", "2"});
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0]["tenant"], "acme");
  EXPECT_EQ(runs[0]["result"]["total"]["rows_written"], runs[1]["result"]["total"]["rows_written"]);
  const std::string per = fmt::format("select count(*) from {} where tenant_id = '{{}}'", users);
  const std::string acme_rows = both.one(fmt::format(fmt::runtime(per), kOrgId));
  EXPECT_GT(std::stol(acme_rows), 40);
  EXPECT_EQ(acme_rows, both.one(fmt::format(fmt::runtime(per), kOtherOrg)));
  EXPECT_EQ(both.one(fmt::format("select count(distinct id) from {}", users)),
            both.one(fmt::format("select count(*) from {}", users)))
      << "user 5 of the one and user 5 of the other have keys of their own";

  // An edit of one tenant's row reaches its own legacy system only.
  const std::string email = world.at(Place::kLegacy).one("select email from users where id = 2");
  (void)world.at(Place::kIdentity)
      .query(fmt::format("update {} set given_name = 'Changed', family_name = '', updated_at = {} "
                         "where email = {} and tenant_id = '{}'",
                         users, world.now(Place::kIdentity), literal(email), kOtherOrg));
  const Json after = world.json({"sync", "--all"});
  EXPECT_EQ(after[0]["result"]["total"]["rows_written"], 0);
  EXPECT_EQ(after[1]["result"]["total"]["rows_written"], 1);
  EXPECT_EQ(both.other.at(Place::kLegacy).one("select name from users where id = 2"), "Changed");
  EXPECT_NE(world.at(Place::kLegacy).one("select name from users where id = 2"), "Changed");
  const Json verdicts = world.json({"verify", "--all"});
  for (const Json& one : verdicts) EXPECT_EQ(one["result"]["verdict"], "equal") << one["tenant"];
}

TYPED_TEST(Tenants, OneThatFailsOrIsPausedStopsNoOther) {
  TwoTenants<TypeParam> both;
  auto& world = both.world;
  ASSERT_EQ(world.run({"check", "--all"}).exit, 0);
  const std::string folder = std::filesystem::path(world.mapping_file()).parent_path() / "tenants";
  write_text(folder + "/aaa.yaml", "id: nonsense\n");
  const Finished all = world.run({"sync", "--all"});
  EXPECT_EQ(all.exit, 78);
  EXPECT_THAT(all.err, HasSubstr("aaa.yaml:1:5"));
  EXPECT_EQ(both.one(fmt::format("select count(distinct tenant_id) from {}",
                                 world.is_postgres() ? "identity.users" : "users")),
            "2");
  std::filesystem::remove(folder + "/aaa.yaml");
  write_text(folder + "/acme.yaml",
             read_text(folder + "/acme.yaml") + "paused: the office moves\n");
  const Finished paused = world.run({"sync", "--tenant", "acme"});
  EXPECT_EQ(paused.exit, 0);
  EXPECT_THAT(paused.err, HasSubstr("the office moves"));
  EXPECT_THAT(world.run({"tenants", "list"}).out, HasSubstr("*/5 * * * * Europe/Berlin"));
  const Finished misspelt = world.run({"sync", "--tenant", "acne"});
  EXPECT_EQ(misspelt.exit, 64);
  EXPECT_THAT(misspelt.err, HasSubstr("acme"));
}

TYPED_TEST(Tenants, OnTheSameGroundAreRefused) {
  TwoTenants<TypeParam> both;
  auto& world = both.world;
  EXPECT_EQ(world.run({"tenants", "check"}).exit, 0);
  const std::string folder = std::filesystem::path(world.mapping_file()).parent_path() / "tenants";
  std::string twin = read_text(folder + "/acme.yaml");
  twin.replace(twin.find("7f3c"), 4, "9f3c");
  write_text(folder + "/copy.yaml", twin);
  const Finished refused = world.run({"tenants", "check"});
  EXPECT_EQ(refused.exit, 78);
  EXPECT_THAT(refused.err, HasSubstr("copy and acme have the same databases"));
  EXPECT_THAT(refused.err, Not(HasSubstr("same id")));
}

}  // namespace
}  // namespace atlas::e2e
