// Schedule 7: tenant A's person 5, tenant B's person 5, A's staff 5: one platform, three different
// people (E7, E25, S18).

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::ElementsAre;

struct Kinds : testing::Test {
  static CompanyOptions options() {
    CompanyOptions out;
    out.staff = true;
    return out;
  }
  static Key hire_staff(Company& company, std::string_view name) {
    const std::string mail = std::string(name) + "@example.org";
    return company.legacy.insert(kStaff, {{"name", Value::text(name)},
                                          {"mail", Value::text(mail)},
                                          {"status", Value::text("A")},
                                          {"city", Value::text("Bonn")}});
  }
  Scene scene{options()};
  Company& a = scene.company;
};

TEST_F(Kinds, EqualIdsOfKindsAreDifferentPeople) {
  const Key person = a.hire("ann");
  const Key staff = hire_staff(a, "sue");
  EXPECT_EQ(person, staff) << "both are 1";
  (void)run(a);
  EXPECT_NE(a.platform_of(person, 0), a.platform_of(staff, 1));
  EXPECT_EQ(a.on_platform(a.platform_of(person, 0), "kind"), "person");
  EXPECT_EQ(a.on_platform(a.platform_of(staff, 1), "kind"), "staff");
  a.set(a.identity, kUsers, a.platform_of(staff, 1), "name", "Sue");
  (void)run(a);
  EXPECT_EQ(a.legacy.text(kStaff, staff, "name"), "Sue");
  EXPECT_EQ(a.legacy.text(kPeople, person, "name"), "ann");
  expect_converged(a);
}

TEST(Tenants, EqualIdsOfTenantsAreDifferentPeople) {
  World world;
  Databases platform(world);
  StateData state(world);
  CompanyOptions of_a;
  of_a.tenant = "a";
  of_a.uuid = "aaaaaaaa-0000-4000-8000-00000000000a";
  of_a.org = 1;
  CompanyOptions of_b = of_a;
  of_b.tenant = "b";
  of_b.uuid = "bbbbbbbb-0000-4000-8000-00000000000b";
  of_b.org = 2;
  Company a(world, platform, state, of_a);
  Databases legacy_b(world);
  Company b(world, legacy_b.legacy, platform.identity, platform.geo, state, of_b);
  const Key ann = a.hire("ann", a.found("red"));
  const Key bea = b.hire("bea", b.found("blue"));
  EXPECT_EQ(ann, bea);
  (void)run(a);
  (void)run(b);
  (void)run(a);
  EXPECT_NE(a.platform_of(ann), b.platform_of(bea));
  EXPECT_THAT(a.platform_people(), ElementsAre("ann ann@example.org red active Bonn null"));
  EXPECT_THAT(b.platform_people(), ElementsAre("bea bea@example.org blue active Bonn null"));
  EXPECT_THAT(a.legacy_people(), ElementsAre("ann ann@example.org red active Bonn null"))
      << "nothing of b came over";
  b.set(b.identity, kUsers, b.platform_of(bea), "name", "Bea");
  (void)run(a);
  EXPECT_EQ(b.legacy.text(kPeople, bea, "name"), "bea") << "a's run leaves b's rows alone";
  (void)run(b);
  EXPECT_EQ(b.legacy.text(kPeople, bea, "name"), "Bea");
  expect_converged(a);
  expect_converged(b);
  // Two tenants' fences and witnesses do not meet either.
  EXPECT_EQ(platform.identity.fences.size(), 2U);
}

// E31: a row that changes its tenant is parked; nothing is deleted, nothing is written.
TEST(Tenants, ARowThatLeavesItsTenantIsParked) {
  Scene scene;
  Company& company = scene.company;
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.world.pass(Micros(1));
  company.identity.update(kUsers, user,
                          {{"org", Value::integer(2)}, {"name", Value::text("elsewhere")}});
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  EXPECT_EQ(writes_during(company,
                          [&] {
                            (void)run(company);
                            (void)run(company);
                          }),
            0);
  EXPECT_EQ(company.on_legacy(ann, "deleted_at"), "null");
  EXPECT_EQ(company.on_platform(user, "name"), "elsewhere");
  company.identity.update(kUsers, user, {{"org", Value::integer(1)}});
  (void)run(company);
  (void)run(company);
  expect_converged(company);
}

// E25: a changed kind is quarantined, not guessed.
TEST_F(Kinds, AChangedKindIsQuarantined) {
  const Key person = a.hire("ann");
  (void)run(a);
  a.set(a.identity, kUsers, a.platform_of(person), "kind", "staff");
  EXPECT_EQ(writes_during(a, [&] { (void)run(a); }), 0);
  EXPECT_THAT(pending_lines(a.person_state()), ElementsAre("quarantined 3008 legacy 1"));
  a.set(a.identity, kUsers, a.platform_of(person), "kind", "person");
  (void)run(a);
  EXPECT_THAT(a.person_state().pending, testing::IsEmpty());
  expect_converged(a);
}

// A platform row of no kind is nobody's.
TEST_F(Kinds, ARowOfNoKindIsFiltered) {
  const Key robot = a.sign_up("robot");
  a.set(a.identity, kUsers, robot, "kind", "robot");
  const RunReport report = run(a);
  EXPECT_EQ(report.total[Outcome::kFiltered], 1);
  EXPECT_THAT(a.legacy_people(), testing::IsEmpty());
}

}  // namespace
}  // namespace atlas::sim
