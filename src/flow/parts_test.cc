// Schedule 14: an instance of several rows in several databases, one of them failed; then it is
// read (E24).

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::optional<Error> geo_is_gone(std::string_view port, Moment) {
  if (port.starts_with("geo.begin") || port.starts_with("geo.commit"))
    return Error(Code::kConnectionLost, "the peer is gone");
  return std::nullopt;
}

struct Parts : testing::TestWithParam<TokenStyle> {
  Scene scene{{}, GetParam()};
  Company& company = scene.company;
};
INSTANTIATE_TEST_SUITE_P(Tokens, Parts, testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                         [](const auto& tokens) {
                           return tokens.param == TokenStyle::kWriter ? "Writer" : "Content";
                         });

TEST_P(Parts, APartNeverWrittenIsWrittenLaterAndNotMissing) {
  const Key ann = company.hire("ann");
  company.world.hook = geo_is_gone;
  ASSERT_TRUE(try_run(company));
  company.world.hook = nullptr;
  const Key user = company.platform_of(ann);
  ASSERT_NE(user, Key());
  EXPECT_TRUE(company.identity.has(kUsers, user));
  EXPECT_FALSE(company.geo.has(kProfiles, user));
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre(testing::StartsWith("dirty")));
  EXPECT_EQ(company.on_legacy(ann, "city"), "Bonn") << "what was never written is no edit to null";
  (void)run(company);
  EXPECT_EQ(company.geo.text(kProfiles, user, "city"), "Bonn");
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// Users go on while half of it is there.
TEST_P(Parts, EditsWhileOneHalfIsThereSurvive) {
  const Key ann = company.hire("ann");
  company.world.hook = geo_is_gone;
  ASSERT_TRUE(try_run(company));
  company.set(company.identity, kUsers, company.platform_of(ann), "name", "Ann");
  company.set(company.legacy, kPeople, ann, "city", "Oslo");
  ASSERT_TRUE(try_run(company));
  company.world.hook = nullptr;
  (void)run(company);
  EXPECT_THAT(company.platform_people(), ElementsAre("Ann ann@example.org null active Oslo null"));
  expect_converged(company);
}

TEST_P(Parts, ADeleteOfHalfAnInstanceGoesThrough) {
  const Key ann = company.hire("ann");
  company.world.hook = geo_is_gone;
  ASSERT_TRUE(try_run(company));
  company.soft_delete(company.legacy, kPeople, ann);
  company.world.hook = nullptr;
  (void)run(company);
  (void)run(company);
  EXPECT_THAT(company.platform_people(), IsEmpty());
  EXPECT_EQ(writes_during(company, [&] { (void)run(company); }), 0);
}

TEST_P(Parts, AConfirmedPartThatIsGoneIsQuarantined) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.geo.remove(kProfiles, user);
  company.set(company.legacy, kPeople, ann, "city", "Oslo");
  (void)run(company);
  EXPECT_FALSE(company.geo.has(kProfiles, user));
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3010 legacy 1"));
  EXPECT_EQ(company.on_legacy(ann, "city"), "Oslo");
  // It comes back: the row syncs by itself.
  Arena arena;
  company.geo.insert(kProfiles, {{"id", decode_key(user, arena).front()},
                                 {"org", Value::integer(1)},
                                 {"city", Value::text("Bonn")}});
  wait_for_retry(company);
  (void)run(company);
  EXPECT_EQ(company.geo.text(kProfiles, user, "city"), "Oslo");
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

TEST_P(Parts, AnOptionalPartThatIsGoneMeansNoValue) {
  company.options.optional_profile = true;
  company.compile();
  const Key ann = company.hire("ann");
  const Key bob = company.hire("bob", {}, "Rome");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.geo.remove(kProfiles, user);
  company.set(company.identity, kUsers, user, "name", "Ann");
  (void)run(company);
  (void)run(company);
  EXPECT_EQ(company.on_legacy(ann, "city"), "null");
  EXPECT_EQ(company.on_legacy(bob, "city"), "Rome");
  expect_converged(company);
  company.set(company.legacy, kPeople, ann, "city", "Oslo");
  (void)run(company);
  EXPECT_EQ(company.geo.text(kProfiles, user, "city"), "Oslo");
  expect_converged(company);
}

TEST_P(Parts, AnOptionalPartWithoutAValueIsNotMade) {
  company.options.optional_profile = true;
  company.compile();
  company.legacy.insert(kPeople, {{"name", Value::text("ann")}, {"status", Value::text("A")}});
  (void)run(company);
  EXPECT_THAT(company.geo.rows(kProfiles), IsEmpty());
  expect_converged(company);
}

}  // namespace
}  // namespace atlas::sim
