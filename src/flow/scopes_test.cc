// A tenant whose scope says something else than when its links were made: its rows are another
// customer's, and nothing is carried into them.

#include "flow/scopes.h"

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Scopes : testing::Test {
  Scene scene;
  Company& company = scene.company;

  void move_to(std::int64_t org) {
    company.options.org = org;
    company.compile();
  }
};

TEST_F(Scopes, ARunInAnotherScopeThanTheLinksIsRefusedBeforeItWrites) {
  (void)company.hire("ann", company.found("red"));
  (void)run(company);
  move_to(7);
  (void)company.sign_up("eve");
  const std::int64_t writes = company.bridge_writes();
  const auto refused = try_run(company);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kOtherDatabase);
  EXPECT_THAT(refused.error().why(), AllOf(HasSubstr("teams.org is 1"), HasSubstr("says 7")));
  EXPECT_THAT(refused.error().next(), HasSubstr("state reset --entity team"));
  EXPECT_EQ(company.bridge_writes(), writes);
  EXPECT_THROW((void)previewed(company), std::runtime_error);
  move_to(1);
  (void)run(company);
  expect_converged(company);
}

TEST_F(Scopes, ATenantWithoutLinksMayBeGivenAnotherScope) {
  (void)run(company);
  move_to(7);
  (void)company.hire("ann");
  (void)run(company);
  EXPECT_EQ(company.platform_people().size(), 1U);
  move_to(1);
  EXPECT_FALSE(try_run(company));
}

TEST_F(Scopes, AScopeThatIsForgottenIsAnyScope) {
  (void)company.found("red");
  (void)run(company);
  const auto state = company.open_state();
  const TenantId tenant = company.state.tenants.front().info.id;
  ASSERT_TRUE((*state)->put_note(tenant, scope_note("team"), ""));
  move_to(7);
  EXPECT_TRUE(try_run(company));
}

}  // namespace
}  // namespace atlas::sim
