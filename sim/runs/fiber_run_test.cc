// A run is killed at every port call, before and after the call's effect, and a fresh run must put
// everything right: both sides equal, nothing lost, nothing doubled, and then silence (RELIABILITY
// S1, S2, S7, S8).

#include "flow/scene_run_testing.h"
#include "sim/virtual/fibers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

namespace atlas::sim {
namespace {

// A company with work of every sort waiting: creates on both sides with references, edits of
// different fields, a conflict, an edit in the second platform database, a delete each way, an
// undelete, a manual conflict, a swap of teams.
struct Busy {
  explicit Busy(TokenStyle tokens) : scene({}, tokens) {
    Company& c = scene.company;
    const Key red = c.found("red");
    const Key blue = c.open_team("blue");
    edited = c.hire("edited", red);
    conflicted = c.hire("conflicted", red);
    moved = c.hire("moved");
    gone_here = c.hire("gone_here");
    gone_there = c.hire("gone_there", red);
    back = c.hire("back");
    manual = c.hire("manual");
    (void)c.sign_up("signed", blue);
    (void)run(c);
    c.soft_delete(c.legacy, kPeople, back);
    (void)run(c);
    EXPECT_EQ(c.legacy_people(), c.platform_people());

    const Key green = c.found("green");
    const Key white = c.open_team("white");
    (void)c.hire("new_here", green, "Oslo");
    (void)c.hire("new_alone");
    (void)c.sign_up("new_there", white, "Rome");
    c.set(c.legacy, kPeople, edited, "name", "Edited");
    c.set(c.identity, kUsers, c.platform_of(edited), "status", "inactive");
    c.set(c.geo, kProfiles, c.platform_of(edited), "city", "Ulm");
    c.set(c.identity, kUsers, c.platform_of(conflicted), "name", "loses");
    c.set(c.legacy, kPeople, conflicted, "name", "wins");
    c.legacy.update(kPeople, moved, {{"team", Value::integer(2)}});  // blue
    c.soft_delete(c.legacy, kPeople, gone_here);
    c.soft_delete(c.identity, kUsers, c.platform_of(gone_there));
    c.identity.update(kUsers, c.platform_of(back),
                      {{"deleted_at", Value()}, {"name", Value::text("Back")}});
    c.set(c.legacy, kPeople, manual, "remark", "theirs");
    c.set(c.identity, kUsers, c.platform_of(manual), "remark", "ours");
  }

  // Twice the same story gives twice the same end.
  static const std::vector<std::string>& people() {
    static const std::vector<std::string> all = {
        "Back back@example.org null active Bonn null",
        "Edited edited@example.org red inactive Ulm null",
        "manual manual@example.org null active Bonn REMARK",
        "moved moved@example.org blue active Bonn null",
        "new_alone new_alone@example.org null active Bonn null",
        "new_here new_here@example.org green active Oslo null",
        "new_there new_there@example.org white active Rome null",
        "signed signed@example.org blue active Bonn null",
        "wins conflicted@example.org red active Bonn null",
    };
    return all;
  }

  void expect_settled() {
    Company& c = scene.company;
    auto with_remark = [](std::vector<std::string> lines, const std::string& remark) {
      for (std::string& line : lines) {
        if (const auto at = line.find(remark); at != std::string::npos)
          line.replace(at, remark.size(), "REMARK");
      }
      return lines;
    };
    EXPECT_EQ(with_remark(c.legacy_people(), "theirs"), people());
    EXPECT_EQ(with_remark(c.platform_people(), "ours"), people());
    EXPECT_EQ(c.legacy_teams(), (std::vector<std::string>{"blue", "green", "red", "white"}));
    EXPECT_EQ(c.legacy_teams(), c.platform_teams());
    // Nothing doubled: a row for each instance, the dead ones too.
    EXPECT_EQ(c.legacy.rows(kPeople).size(), 11U);
    EXPECT_EQ(c.identity.rows(kUsers).size(), 11U);
    EXPECT_EQ(c.geo.rows(kProfiles).size(), 11U);
    EXPECT_EQ(c.person_state().links.size(), 11U);
    EXPECT_TRUE(c.state.tenants.front().intents.empty()) << "an intent was left open";
    const auto& conflicts = c.person_state().conflicts;
    EXPECT_EQ(
        std::count_if(conflicts.begin(), conflicts.end(), [](const Conflict& x) { return x.open; }),
        1);
    EXPECT_EQ(writes_during(c, [&] { (void)run(c); }), 0) << "a further run writes";
    const VerifyReport report = verified(c);
    EXPECT_EQ(report.verdict, Verdict::kEqual);
    EXPECT_EQ(report.total[Standing::kKnown], 1) << "the manual conflict";
    for (const EntityVerdict& entity : report.entities) {
      for (const VerifyFinding& f : entity.findings) {
        EXPECT_EQ(f.standing, Standing::kKnown)
            << f.entity << " " << f.legacy_key << " " << f.field << ": " << f.reason;
      }
    }
  }

  Scene scene;
  Key edited, conflicted, moved, gone_here, gone_there, back, manual;
};

// Runs the company's run in a process of its own and kills it at the `at`-th port call. Gives the
// port's name; empty if the run ended before. Seeded: entities of a stage run as fibers and switch
// at port calls.
std::string killed_run(Company& company, std::uint64_t seed, std::size_t at) {
  Fibers fibers(company.world, seed);
  std::size_t reached = 0;
  std::string killed_at;
  fibers.at_port = [&](Fibers::Process process, std::string_view port,
                       Moment moment) -> std::optional<Error> {
    if (++reached == at) {
      killed_at = std::string(moment == Moment::kBefore ? "before " : "after ") + std::string(port);
      fibers.kill(process);
    }
    return std::nullopt;
  };
  RunSettings settings;
  settings.page_rows = 3;
  settings.executor = &fibers.executor();
  const auto process = fibers.spawn([&] { (void)try_run(company, settings); });
  fibers.run();
  EXPECT_FALSE(fibers.alive(process));
  return killed_at;
}

// The next run comes when the dead one's lease is over.
void fresh_runs(Company& company) {
  company.world.pass(std::chrono::minutes(10));
  RunSettings settings;
  settings.page_rows = 3;
  (void)run(company, settings);
  (void)run(company, settings);
}

struct KilledRun : testing::TestWithParam<std::tuple<TokenStyle, std::uint64_t>> {};
INSTANTIATE_TEST_SUITE_P(, KilledRun,
                         testing::Combine(testing::Values(TokenStyle::kWriter,
                                                          TokenStyle::kContent),
                                          testing::Values(0U, 1U, 2U)),
                         [](const auto& cell) {
                           const bool writer = std::get<0>(cell.param) == TokenStyle::kWriter;
                           return std::string(writer ? "WriterTokens" : "ContentTokens") + "Seed" +
                                  std::to_string(std::get<1>(cell.param));
                         });

TEST_P(KilledRun, AtEveryPortCallIsPutRightByTheNext) {
  const auto [tokens, seed] = GetParam();
  std::map<std::string, int> ports;
  for (std::size_t at = 1;; ++at) {
    Busy busy(tokens);
    const std::string port = killed_run(busy.scene.company, seed, at);
    if (port.empty()) break;
    ++ports[port];
    SCOPED_TRACE("killed at call " + std::to_string(at) + ", " + port);
    fresh_runs(busy.scene.company);
    busy.expect_settled();
    if (HasFailure()) break;
  }
  // Calls that a run of this company must have made: an empty run would prove nothing.
  for (const char* port :
       {"before legacy.commit", "after identity.commit", "after geo.commit",
        "before state.store_intents", "after state.confirm", "after legacy.reserve",
        "before identity.raise_fence", "after state.release_lease"}) {
    EXPECT_GT(ports[port], 0) << port;
  }
}

}  // namespace
}  // namespace atlas::sim
