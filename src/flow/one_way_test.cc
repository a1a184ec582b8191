// Fields that go one way, of rows and parts that we made ourselves (E12, E17).

#include "flow/scene_run_testing.h"
#include "mapping/lens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::IsEmpty;

// E12, E17: the source is a part that was never made, or that we made without a value. Its null is
// nobody's edit and goes over nothing.
TEST(OneWayPart, RestsWhileItWasNeverMade) {
  for (const bool optional : {true, false}) {
    SCOPED_TRACE(optional ? "optional" : "required");
    Scene scene{{.optional_profile = optional}};
    Company& company = scene.company;
    company.field("city").direction = Direction::kToLegacy;
    const Key ann = company.hire("ann");
    (void)run(company);
    const Key user = company.platform_of(ann);
    EXPECT_EQ(company.geo.has(kProfiles, user), !optional);
    EXPECT_EQ(writes_during(company,
                            [&] {
                              (void)reconcile(company);
                              (void)reconcile(company);
                            }),
              0);
    const VerifyReport report = verified(company);
    EXPECT_EQ(report.verdict, Verdict::kEqual);
    EXPECT_EQ(report.total[Standing::kDrift], 1);
    company.set(company.identity, kUsers, user, "name", "Ann");
    (void)run(company);
    EXPECT_EQ(company.on_legacy(ann, "name"), "Ann");
    EXPECT_EQ(company.on_legacy(ann, "city"), "Bonn");
    RunSettings repair;
    repair.sweep.sweep = Sweep::kRepair;
    EXPECT_EQ(writes_during(company, [&] { (void)run(company, repair); }), 0);
    EXPECT_THAT(company.person_state().conflicts, IsEmpty());
  }
}

TEST(OneWayPart, SpeaksOnceItIsThere) {
  Scene scene{{.optional_profile = true}};
  Company& company = scene.company;
  company.field("city").direction = Direction::kToLegacy;
  const Key ann = company.hire("ann");
  (void)run(company);
  Arena arena;
  company.world.pass(Micros(1));
  company.geo.insert(kProfiles, {{"id", decode_key(company.platform_of(ann), arena).front()},
                                 {"org", Value::integer(1)},
                                 {"city", Value::text("Rome")}});
  (void)run(company);
  EXPECT_EQ(company.on_legacy(ann, "city"), "Rome");
  ASSERT_EQ(company.person_state().conflicts.size(), 1U) << "what legacy had is on record";
  expect_converged(company);
}

// The other way round: the row that we made on legacy is the source.
TEST(OneWayPart, ARowThatWasMadeWithoutItsValueRests) {
  Scene scene;
  Company& company = scene.company;
  company.field("city").direction = Direction::kToPlatform;
  const Key user = company.sign_up("ann");
  (void)run(company);
  EXPECT_EQ(verified(company).verdict, Verdict::kEqual);
  const Key ann = company.legacy_of(user);
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "name"), "Ann");
  EXPECT_EQ(company.on_platform(user, "city"), "Bonn");
  company.set(company.legacy, kPeople, ann, "city", "Rome");
  (void)run(company);
  EXPECT_EQ(company.on_platform(user, "city"), "Rome");
  expect_converged(company);
}

}  // namespace
}  // namespace atlas::sim
