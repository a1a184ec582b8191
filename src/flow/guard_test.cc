// Users write while we do: between our reads, and between our reads and our writes.

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace atlas::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Guard : testing::TestWithParam<TokenStyle> {
  Scene scene{{}, GetParam()};
  Company& company = scene.company;
};
INSTANTIATE_TEST_SUITE_P(Tokens, Guard, testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                         [](const auto& tokens) {
                           return tokens.param == TokenStyle::kWriter ? "Writer" : "Content";
                         });

// S3: a user write landing between our read and our write survives, wherever it lands. All port
// calls of a run are tried.
TEST_P(Guard, AUsersWriteAtAnyMomentSurvives) {
  std::set<std::string> tried;
  for (int nth = 1;; ++nth) {
    Scene own{{}, GetParam()};
    Company& c = own.company;
    const Key ann = c.hire("ann");
    (void)run(c);
    const Key user = c.platform_of(ann);
    c.set(c.legacy, kPeople, ann, "name", "Ann");
    int calls = 0;
    std::string where;
    c.world.hook = [&](std::string_view port, Moment) -> std::optional<Error> {
      if (++calls != nth) return std::nullopt;
      where = std::string(port);
      c.set(c.identity, kUsers, user, "status", "inactive");
      c.set(c.geo, kProfiles, user, "city", "Oslo");
      c.set(c.legacy, kPeople, ann, "mail", "new@example.org");
      return std::nullopt;
    };
    (void)run(c);
    c.world.hook = nullptr;
    if (where.empty()) break;
    tried.insert(where);
    SCOPED_TRACE("users write at call " + std::to_string(nth) + ", " + where);
    (void)run(c);
    (void)run(c);
    EXPECT_THAT(c.platform_people(), ElementsAre("Ann new@example.org null inactive Oslo null"));
    expect_converged(c);
    if (HasFailure()) break;
  }
  EXPECT_TRUE(tried.contains("identity.begin") && tried.contains("identity.read") &&
              tried.contains("state.links"));
}

// The same with an edit of the very field that we are about to write: the later edit wins
// everywhere.
TEST_P(Guard, ALaterEditOfTheSameFieldWinsAtAnyMoment) {
  for (int nth = 1;; ++nth) {
    Scene own{{}, GetParam()};
    Company& c = own.company;
    const Key ann = c.hire("ann");
    (void)run(c);
    const Key user = c.platform_of(ann);
    c.set(c.legacy, kPeople, ann, "name", "early");
    int calls = 0;
    bool done = false;
    c.world.hook = [&](std::string_view, Moment) -> std::optional<Error> {
      if (++calls == nth) {
        done = true;
        c.set(c.identity, kUsers, user, "name", "late");
      }
      return std::nullopt;
    };
    (void)run(c);
    c.world.hook = nullptr;
    if (!done) break;
    SCOPED_TRACE("call " + std::to_string(nth));
    (void)run(c);
    (void)run(c);
    EXPECT_EQ(c.on_legacy(ann, "name"), "late");
    expect_converged(c);
    if (HasFailure()) break;
  }
}

// Schedule 4, E10: links are read before the rows of their instances, in every page.
TEST_P(Guard, LinksAreReadBeforeRows) {
  const Key ann = company.hire("ann");
  (void)run(company);
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  std::vector<std::string> ports;
  company.world.hook = [&](std::string_view port, Moment moment) -> std::optional<Error> {
    if (moment == Moment::kBefore) ports.emplace_back(port);
    return std::nullopt;
  };
  (void)run(company);
  const auto scan = std::find(ports.begin(), ports.end(), "legacy.changed");
  // The page of the people's table: its scan is the second of legacy, after the teams'.
  const auto people = std::find(scan + 1, ports.end(), "legacy.changed");
  const auto links = std::find(people, ports.end(), "state.links");
  const auto snapshot = std::find(links, ports.end(), "identity.snapshot");
  const auto read = std::find(people, ports.end(), "identity.read");
  ASSERT_NE(read, ports.end());
  EXPECT_LT(links, snapshot);
  EXPECT_LT(snapshot, read) << "rows come from a snapshot opened after the links were read";
}

// Schedule 4: the scan shows the row as a user left it; we wrote the row since. What is decided on
// is the row as it is now: the name that the image still has is no edit.
TEST_P(Guard, AScanOlderThanOurOwnWriteIsNotDecidedOn) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  // Somebody's open transaction keeps the cursor before the row, so that it comes up again.
  company.identity.open_since.insert(company.world.now());
  company.set(company.identity, kUsers, user, "status", "inactive");
  const Moments image = company.identity.moment();
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  (void)run(company);
  ASSERT_EQ(company.on_platform(user, "name"), "Ann");
  const Moments now = company.identity.moment();
  // What is opened before the links of the users' scan are read shows the old image.
  int scans = 0;
  bool linked = false;
  bool read = false;
  company.world.hook = [&](std::string_view port, Moment moment) -> std::optional<Error> {
    scans += port == "identity.changed" && moment == Moment::kAfter ? 1 : 0;
    linked |= port == "state.links" && scans == 2;  // the teams' scan is the first
    read |= port == "identity.read" && linked;
    if (port == "identity.snapshot" && !linked)
      restore(company.identity, moment == Moment::kBefore ? image : now);
    return std::nullopt;
  };
  RunReport report;
  EXPECT_EQ(writes_during(company, [&] { report = run(company); }), 0);
  company.world.hook = nullptr;
  EXPECT_TRUE(read);
  EXPECT_EQ(report.total[Outcome::kUnchanged], 1) << "the scan's version is not the link's";
  EXPECT_EQ(report.total.conflicts, 0);
  EXPECT_EQ(company.on_legacy(ann, "name"), "Ann");
  company.identity.open_since.clear();
  expect_converged(company);
}

// E16: both sides' scans bring ann up in one run; the platform's shows what the legacy page wrote.
TEST_P(Guard, OurOwnWritesComeUpAndAreDropped) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.set(company.legacy, kPeople, ann, "name", "Ann");
  company.set(company.identity, kUsers, user, "status", "inactive");
  const RunReport report = run(company);
  EXPECT_EQ(report.total.conflicts, 0);
  EXPECT_GT(report.total.echo, 0);
  EXPECT_THAT(company.platform_people(),
              ElementsAre("Ann ann@example.org null inactive Bonn null"));
  expect_converged(company);
}

// Schedule 16: a row that a user writes faster than we do stays dirty; nobody else waits for it
// (L2).
TEST_P(Guard, AHotRowStarvesNobody) {
  const Key hot = company.hire("hot");
  std::vector<Key> others;
  for (int i = 0; i < 6; ++i) others.push_back(company.hire("other" + std::to_string(i)));
  (void)run(company);
  int beat = 0;
  for (int round = 0; round < 5; ++round) {
    company.set(company.legacy, kPeople, hot, "name", "hot" + std::to_string(round));
    for (const Key& key : others)
      company.set(company.legacy, kPeople, key, "name", "round" + std::to_string(round));
    company.world.hook = [&](std::string_view port, Moment moment) -> std::optional<Error> {
      if (port == "identity.begin" && moment == Moment::kBefore) {
        company.set(company.identity, kUsers, company.platform_of(hot), "status",
                    ++beat % 2 == 0 ? "active" : "inactive");
      }
      return std::nullopt;
    };
    RunSettings settings;
    settings.page_rows = 2;
    const RunReport report = run(company, settings);
    EXPECT_GT(report.total[Outcome::kStale], 0);
    for (const Key& key : others)
      EXPECT_EQ(company.on_platform(company.platform_of(key), "name"),
                "round" + std::to_string(round));
    ASSERT_THAT(pending_lines(company.person_state()),
                testing::Contains(testing::StartsWith("dirty")))
        << "E6: stored with the cursor's move";
  }
  company.world.hook = nullptr;
  (void)run(company);
  EXPECT_EQ(company.on_platform(company.platform_of(hot), "name"), "hot4");
  expect_converged(company);
  EXPECT_THAT(company.person_state().pending, IsEmpty());
}

// Schedule 8: the application inserts an explicit id that we had just reserved: the id is burnt,
// another one is taken.
TEST_P(Guard, AnExplicitIdEqualToAReservedOneBurnsIt) {
  const Key bob = company.sign_up("bob");
  at_port(company, "legacy.reserve", Moment::kAfter, [&] {
    const std::int64_t reserved = company.legacy.next_of("people_id") - 1;
    company.legacy.insert(kPeople, {{"id", Value::integer(reserved)},
                                    {"name", Value::text("explicit")},
                                    {"status", Value::text("A")},
                                    {"mail", Value::text("explicit@example.org")}});
  });
  (void)run(company);
  company.world.hook = nullptr;
  (void)run(company);
  (void)run(company);
  EXPECT_THAT(company.legacy_people(),
              ElementsAre("bob bob@example.org null active Bonn null",
                          "explicit explicit@example.org null active null null"));
  EXPECT_NE(company.legacy_of(bob), Key());
  EXPECT_EQ(company.person_state().links.size(), 2U);
  expect_converged(company);
}

// E7: a row that stands at a minted id is adopted only if it is ours by its match; else it stays
// theirs.
TEST_P(Guard, AForeignRowAtAMintedIdIsNotTaken) {
  const Key ann = company.hire("ann");
  Arena arena;
  const Value minted =
      Value::uuid(mint_uuid(company.options.uuid, "person", "people", ann, 0), arena);
  company.identity.insert(kUsers, {{"id", minted},
                                   {"org", Value::integer(99)},
                                   {"kind", Value::text("person")},
                                   {"name", Value::text("theirs")}});
  for (int i = 0; i < 3; ++i) {
    (void)try_run(company);
    wait_for_retry(company);
  }
  EXPECT_EQ(company.identity.text(kUsers, encode_key({&minted, 1}), "name"), "theirs");
  EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("quarantined 3009 legacy 1"));
  EXPECT_EQ(writes_during(company, [&] { (void)try_run(company); }), 0);
}

}  // namespace
}  // namespace atlas::sim
