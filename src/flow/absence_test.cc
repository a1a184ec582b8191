// Rows that are not seen where they were: hidden, somebody else's, of another kind, found late, in
// another order (E30, E31).

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Absence : testing::TestWithParam<TokenStyle> {
  Scene scene{{.hard_legacy = true, .hard_platform = true}, GetParam()};
  Company& company = scene.company;

  // A full comparison that is stopped; gives what stopped it.
  Code stopped() {
    RunSettings full;
    full.sweep.sweep = Sweep::kFull;
    const auto report = try_run(company, full);
    if (!report) return report.error().code();
    return report->error ? report->error->code() : Code::kInternal;
  }
};
INSTANTIATE_TEST_SUITE_P(Tokens, Absence,
                         testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                         [](const auto& tokens) {
                           return tokens.param == TokenStyle::kWriter ? "Writer" : "Content";
                         });

// --- schedule 12 --------------------------------------------------------------------------------

TEST_P(Absence, RowsHiddenByRowSecurityAreNotGone) {
  const Key ann = company.hire("ann");
  (void)company.hire("bob");
  (void)run(company);
  company.identity.table(kUsers).row_security = true;
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(stopped(), Code::kRowsHidden);
    wait_for_proof(company);
  }
  EXPECT_EQ(company.legacy_people().size(), 2U);
  EXPECT_THAT(pending_lines(company.person_state()), Not(Contains(HasSubstr("held"))));
  (void)company.found("red");
  (void)stopped();
  EXPECT_THAT(company.platform_teams(), ElementsAre("red")) << "other entities go on";
  company.identity.table(kUsers).row_security = false;
  prove(company);
  EXPECT_THAT(company.platform_people(), ElementsAre(HasSubstr("Ann"), HasSubstr("bob")));
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

TEST(AbsenceOfTenants, ARowThatChangesItsTenantIsNewThereAndDeletedNowhere) {
  World world;
  Databases platform(world);
  StateData state(world);
  CompanyOptions of_a{.tenant = "a",
                      .uuid = "aaaaaaaa-0000-4000-8000-00000000000a",
                      .hard_legacy = true,
                      .hard_platform = true};
  CompanyOptions of_b = of_a;
  of_b.tenant = "b";
  of_b.uuid = "bbbbbbbb-0000-4000-8000-00000000000b";
  of_b.org = 2;
  Company a(world, platform, state, of_a);
  Databases legacy_b(world);
  Company b(world, legacy_b.legacy, platform.identity, platform.geo, state, of_b);
  const Key ann = a.hire("ann");
  (void)run(a);
  (void)run(b);
  const Key user = a.platform_of(ann);
  world.pass(Micros(1));
  platform.identity.update(kUsers, user, {{"org", Value::integer(2)}});
  platform.geo.update(kProfiles, user, {{"org", Value::integer(2)}});
  for (int i = 0; i < 3; ++i) {
    (void)reconcile(a);
    (void)reconcile(b);
    wait_for_proof(a);
  }
  EXPECT_EQ(a.legacy.rows(kPeople).size(), 1U) << "left the scope is not deleted";
  EXPECT_EQ(a.platform_of(ann), user) << "the link is parked";
  EXPECT_THAT(b.legacy_people(), ElementsAre("ann ann@example.org null active Bonn null"));
  EXPECT_TRUE(platform.identity.has(kUsers, user));
  // What a does to its own row is nothing to b's.
  a.set(a.legacy, kPeople, ann, "name", "elsewhere");
  a.legacy.remove(kPeople, ann);
  for (int i = 0; i < 3; ++i) {
    (void)reconcile(a);
    (void)reconcile(b);
    wait_for_proof(a);
  }
  EXPECT_EQ(platform.identity.text(kUsers, user, "name"), "ann");
  EXPECT_EQ(b.legacy.rows(kPeople).size(), 1U);
}

struct AbsenceOfKinds : testing::Test {
  Scene scene{{.staff = true, .hard_legacy = true, .hard_platform = true}};
  Company& company = scene.company;
  Key ann = company.hire("ann");

  void SetUp() override { (void)run(company); }
};

TEST_F(AbsenceOfKinds, APlatformRowThatChangesItsKindIsDeletedNowhere) {
  for (const char* kind : {"staff", "robot"}) {
    company.set(company.identity, kUsers, company.platform_of(ann), "kind", kind);
    EXPECT_EQ(writes_during(company,
                            [&] {
                              prove(company);
                              wait_for_proof(company);
                              (void)reconcile(company);
                            }),
              0);
    EXPECT_TRUE(company.legacy.has(kPeople, ann));
    EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3008 legacy 1"));
  }
  company.set(company.identity, kUsers, company.platform_of(ann), "kind", "person");
  (void)run(company);
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// A row that moves from one legacy table to another dies in the one and is new in the other.
TEST_F(AbsenceOfKinds, ALegacyRowThatMovesToAnotherTableIsReplaced) {
  const Key user = company.platform_of(ann);
  company.legacy.remove(kPeople, ann);
  const Key moved = company.legacy.insert(kStaff, {{"name", Value::text("ann")},
                                                   {"mail", Value::text("ann@example.org")},
                                                   {"status", Value::text("A")},
                                                   {"city", Value::text("Bonn")}});
  prove(company);
  EXPECT_FALSE(company.identity.has(kUsers, user));
  wait_for_retry(company);
  (void)run(company);
  EXPECT_EQ(company.on_platform(company.platform_of(moved, 1), "kind"), "staff");
  EXPECT_THAT(company.platform_people(), ElementsAre("ann ann@example.org null active Bonn null"));
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// --- schedule 13 --------------------------------------------------------------------------------

// A pair, with its rows and its link, that is there from one port call on and was not before.
class LatePair {
 public:
  explicit LatePair(Company& company) : company_(company) {
    for (Database* database : databases()) without_.push_back(database->moment());
    const Key late = company.hire("late");
    (void)run(company);
    for (Database* database : databases()) with_.push_back(database->moment());
    StateData::Entity& people = company.person_state();
    link_ = *people.links.find({0, late});
    hide();
  }
  void hide() {
    put(without_);
    company_.person_state().links.erase(link_.first);
    company_.person_state().by_platform.erase(link_.second.platform_key);
  }
  void show() {
    put(with_);
    company_.person_state().links.insert(link_);
    company_.person_state().by_platform.emplace(link_.second.platform_key, link_.first);
  }

 private:
  std::array<Database*, 3> databases() {
    return {&company_.legacy, &company_.identity, &company_.geo};
  }
  void put(const std::vector<Moments>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) restore(*databases()[i], rows[i]);
  }
  Company& company_;
  std::vector<Moments> without_, with_;
  std::pair<StateData::Entity::LinkKey, StateData::Entity::StoredLink> link_;
};

// The links' snapshot opens first: what comes between it and the rows' is a row without a link,
// which its link then calls an echo; never a link without a row.
TEST_P(Absence, APairMadeBetweenTwoSnapshotsOfAComparisonIsNotDecided) {
  (void)company.hire("ann");
  (void)run(company);
  LatePair pair(company);
  company.world.pass(std::chrono::hours(1));
  (void)run(company);
  int seen = 0;
  for (int nth = 1;; ++nth) {
    pair.hide();
    int calls = 0;
    bool done = false;
    std::string where;
    company.world.hook = [&](std::string_view port, Moment) -> std::optional<Error> {
      if (++calls != nth) return std::nullopt;
      done = true;
      where = std::string(port);
      pair.show();
      return std::nullopt;
    };
    RunReport report;
    const std::int64_t writes = writes_during(company, [&] { report = reconcile(company); });
    company.world.hook = nullptr;
    if (!done) break;
    SCOPED_TRACE("made at call " + std::to_string(nth) + ", " + where);
    EXPECT_EQ(writes, 0);
    EXPECT_EQ(report.total.decided, 0);
    EXPECT_THAT(pending_lines(company.person_state()), IsEmpty());
    EXPECT_EQ(company.person_state().links.size(), 2U);
    seen += report.total.echo > 0 ? 1 : 0;
    if (HasFailure()) break;
  }
  EXPECT_GT(seen, 0) << "some call lay between two snapshots";
  pair.show();
  expect_converged(company);
}

// E30: a scan by key that steps backwards misses rows, which would look deleted.
TEST_P(Absence, KeysInAnotherOrderThanOursStopTheScan) {
  for (int i = 0; i < 5; ++i) (void)company.hire("p" + std::to_string(i));
  (void)run(company);
  company.legacy.table(kPeople).collation = [](KeyView a, KeyView b) { return a > b; };
  const std::int64_t writes = writes_during(company, [&] {
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(stopped(), Code::kScanDisordered);
      wait_for_proof(company);
    }
  });
  EXPECT_EQ(writes, 0);
  EXPECT_EQ(company.platform_people().size(), 5U);
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  company.legacy.table(kPeople).collation = nullptr;
  (void)reconcile(company);
  expect_converged(company);
}

}  // namespace
}  // namespace atlas::sim
