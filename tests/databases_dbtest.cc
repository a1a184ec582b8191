// A run that is connected to a database which is not its own. Visible effect: exit 78, the endpoint
// is named, nothing is written on any side. Recovery: the right connection; the next run goes on.

#include "tests/support/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <type_traits>
#include <utility>

namespace atlas::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr app::AtlasSize kSmall{
    .users = 40, .staff = 10, .teams = 10, .geofences = 10, .members = 20, .categories = 6};

// Two companies with one tenant id, each synced as often as the other: their fences stand at the
// same epoch.
template <class W>
struct Databases : testing::Test {
  Databases() {
    for (W* world : {&ours, &theirs}) {
      (void)world->load(kSmall, world == &ours ? 1 : 2);
      world->check();
      (void)world->sync();
    }
    (void)theirs.at(Place::kLegacy)
        .query("update users set name = 'Not Ours', updated_at = " + theirs.now(Place::kLegacy));
  }
  // The variable that names a database, and what it says in `world`.
  static std::string variable(const std::string& database) {
    return database + (std::is_same_v<W, SqliteWorld> ? "_DB" : "_DSN");
  }
  static std::string url(const W& world, const std::string& database) {
    return world.environment.at(variable(database));
  }
  void expect_refused(const Environment& wrong, const std::string& endpoint) {
    for (const std::vector<std::string>& verb : {std::vector<std::string>{"sync"},
                                                 {"repair", "--rewound", "legacy"},
                                                 {"plan"},
                                                 {"check"},
                                                 {"verify"}}) {
      const Finished told = ours.run(verb, wrong);
      EXPECT_EQ(told.exit, 78) << verb[0] << told.out << told.err;
      EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4022"), HasSubstr(endpoint))) << verb[0];
    }
    const Finished doctor = ours.run({"doctor"}, wrong);
    EXPECT_EQ(doctor.exit, 78);
    EXPECT_THAT(doctor.out, AllOf(HasSubstr("ATB-4022"), HasSubstr(endpoint)));
    const char* strangers = "select count(*) from users where name = 'Not Ours'";
    EXPECT_EQ(ours.at(Place::kLegacy).number(strangers), 0);
    EXPECT_EQ(theirs.at(Place::kLegacy).number(strangers),
              theirs.at(Place::kLegacy).number("select count(*) from users"));
  }
  W ours, theirs;
};
using Worlds = testing::Types<SqliteWorld, PostgresWorld>;
TYPED_TEST_SUITE(Databases, Worlds);

TYPED_TEST(Databases, OfAnotherCompanyAreNotWrittenTo) {
  for (const auto& [name, endpoint] : {std::pair{"LEGACY", "legacy.main"},
                                       {"IDENTITY", "platform.identity"},
                                       {"GEO", "platform.geo"}}) {
    this->expect_refused({{this->variable(name), this->url(this->theirs, name)}}, endpoint);
  }
  EXPECT_EQ(this->ours.sync()["total"]["rows_written"], 0);
  EXPECT_GT(this->theirs.sync()["total"]["rows_written"], 0);
  EXPECT_THAT(this->ours.run({"doctor"}).out, Not(HasSubstr("ATB-4022")));
}

// One of the company's own, in the place of another: the mapping's tables are not there.
TYPED_TEST(Databases, OfOneServiceAreNotTakenForThoseOfAnother) {
  const Finished told =
      this->ours.run({"sync"}, {{this->variable("IDENTITY"), this->url(this->ours, "GEO")}});
  EXPECT_EQ(told.exit, 78) << told.out << told.err;
  EXPECT_THAT(told.err, AllOf(HasSubstr("ATB-4022"), HasSubstr("platform.identity")));
  EXPECT_EQ(this->ours.sync()["total"]["rows_written"], 0) << "nothing looks restored afterwards";
}

// Before a tenant's first run nothing tells the databases apart but their tables.
TYPED_TEST(Databases, WithoutTheTablesAreLeftAsTheyAreByAFirstRun) {
  TypeParam fresh;
  (void)fresh.load(kSmall);
  fresh.check();
  const Environment wrong{{this->variable("GEO"), this->url(this->theirs, "ORG")}};
  const Finished told = fresh.run({"sync"}, wrong);
  EXPECT_EQ(told.exit, 78) << told.out << told.err;
  EXPECT_THAT(told.err, HasSubstr("ATB-4005"));
  (void)fresh.sync();
  EXPECT_EQ(fresh.run({"verify", "--exit-code"}).exit, 0);
}

// A person who gives up all links says that the databases may be others too.
TYPED_TEST(Databases, MayBeChangedWithAReset) {
  const Finished reset =
      this->ours.run({"state", "reset", "--reason", "a new pilot", "--confirm", "demo"});
  ASSERT_EQ(reset.exit, 0) << reset.err;
  Environment all;
  for (const char* name : {"LEGACY", "IDENTITY", "ORG", "GEO"})
    all[this->variable(name)] = this->url(this->theirs, name);
  const Finished told = this->ours.run({"sync"}, all);
  EXPECT_EQ(told.exit, 0) << told.out << told.err;
}

}  // namespace
}  // namespace atlas::e2e
