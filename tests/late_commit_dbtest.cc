// A transaction that stays open across two runs and then commits rows with an old stamp (ENGINE
// schedule 22, E28). Visible effect: the rows were there for neither run, and their stamp is older
// than everything the runs saw. Recovery: the watermark held the cursor back, so the next run
// captures them.

#include "engines/postgres/server_testing.h"
#include "tests/support/books.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

namespace atlas::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr app::AtlasSize kSize{
    .users = 60, .staff = 25, .teams = 20, .geofences = 25, .members = 40, .categories = 3};

class LateCommit : public ::testing::Test {
 protected:
  LateCommit() {
    // Rows younger than the margin are read again in each run: without it only the watermark can
    // find the row.
    std::string mapping = world_.mapping();
    const std::string margin = "margin: 5s";
    mapping.replace(mapping.find(margin), margin.size(), "margin: 0s");
    world_.set_mapping(mapping);
    (void)world_.load(kSize);
  }
  void first_run() {
    world_.check();
    (void)world_.sync();
    (void)expect_sides_equal(world_);
  }

  // Edits by others, on both sides, and a run. Their stamps are later than the sleeper's.
  void busy_run(int round) {
    (void)world_.at(Place::kLegacy)
        .query(fmt::format("update users set phone = '+49 {0}', updated_at = {1} where id = 3; "
                           "update geofences set radius = {0}, updated_at = {1} where id = 4",
                           100 + round, world_.now(Place::kLegacy)));
    (void)world_.at(Place::kIdentity)
        .query(fmt::format("update identity.users set given_name = 'Busy {}', updated_at = now() "
                           "where kind = 'staff' and email = (select min(email) from "
                           "identity.users where kind = 'staff')",
                           round));
    EXPECT_EQ(world_.sync()["outcome"], "done");
  }

  void expect_synced(const std::string& name) {
    const Json report = world_.sync();
    EXPECT_EQ(report["outcome"], "done");
    const Books books = expect_sides_equal(world_);
    const auto has = [&](const std::string& line) { return line.find(name) != std::string::npos; };
    EXPECT_EQ(std::ranges::count_if(books.lines, has), 1) << name;
  }

  PostgresWorld world_;
};

// The transaction has no id until its first write, which comes after both runs; its stamp is that
// of its beginning.
TEST_F(LateCommit, OfATransactionThatHadNoIdWhileTheRunsLooked) {
  first_run();
  const auto sleeper = world_.session(Place::kLegacy);
  (void)sleeper->query("begin; select count(*) from users");
  busy_run(1);
  busy_run(2);
  (void)sleeper->query("update users set name = 'Late Bird', updated_at = now() where id = 5");
  (void)sleeper->query("commit");
  expect_synced("Late Bird");
}

TEST_F(LateCommit, OfATransactionThatWroteBeforeTheRunsLooked) {
  first_run();
  const auto sleeper = world_.session(Place::kLegacy);
  (void)sleeper->query(
      "begin; update users set name = 'Early Writer', updated_at = now() where id = 5");
  busy_run(1);
  busy_run(2);
  (void)sleeper->query("commit");
  expect_synced("Early Writer");
}

TEST_F(LateCommit, OfAPlatformTransaction) {
  first_run();
  const auto sleeper = world_.session(Place::kIdentity);
  (void)sleeper->query(
      "begin; update identity.users set given_name = 'Platform', family_name = 'Sleeper', "
      "updated_at = now() where email = (select max(email) from identity.users where kind = "
      "'member')");
  busy_run(1);
  busy_run(2);
  (void)sleeper->query("commit");
  expect_synced("Platform Sleeper");
}

// Between PREPARE and COMMIT no session has the transaction.
TEST_F(LateCommit, OfAPreparedTransaction) {
  first_run();
  const auto sleeper = world_.session(Place::kLegacy);
  (void)sleeper->query(
      "begin; update users set name = 'Two Phases', updated_at = now() where id = 5; "
      "prepare transaction 'late'");
  busy_run(1);
  busy_run(2);
  (void)sleeper->query("commit prepared 'late'");
  expect_synced("Two Phases");
}

// An insert with a stamp far in the past, by a transaction that was open all the while: what its
// own stamp says does not matter, only that it is later than the transaction's beginning.
TEST_F(LateCommit, OfAnInsertIntoATableWithoutAKeyOfItsOwn) {
  first_run();
  const auto sleeper = world_.session(Place::kLegacy);
  (void)sleeper->query("begin; select 1");
  busy_run(1);
  (void)sleeper->query(
      "insert into users (tenant_id, name, email, legacy_flags) values (42, 'Late Guest', "
      "'late@new.example', 0)");
  (void)sleeper->query(
      "insert into members (tenant_id, team_id, user_id) select 42, 1, id from users where email = "
      "'late@new.example'");
  busy_run(2);
  (void)sleeper->query("commit");
  expect_synced("Late Guest");
}

// A role that is no superuser and has what `doctor` asks for, and nothing else.
class LateCommitSeenByAPlainRole : public LateCommit {
 protected:
  LateCommitSeenByAPlainRole() {
    for (const Place place : kPlaces) {
      Sql& owner = world_.at(place);
      const bool there = owner.number("select count(*) from pg_roles where rolname = 'plain'") > 0;
      if (!there) (void)owner.query("create role plain login");
      const bool legacy = place == Place::kLegacy;
      const PostgresServer& server =
          legacy ? PostgresWorld::legacy_server() : PostgresWorld::platform_server();
      world_.environment[kVariables.at(place)] =
          server.dsn(owner.one("select current_database()"), "plain");
    }
  }

  // Runs what `doctor` prints to be run, in the database it names, as that one's owner.
  //   returns how doctor ended
  int follow_doctor(const std::string& but = "") {
    int exit = -1;
    for (int round = 0; round < 4; ++round) {
      const Finished told = world_.run({"doctor", "-o", "json"});
      exit = told.exit;
      for (const Json& endpoint : Json::parse(told.out)) {
        for (const Json& finding : endpoint["findings"]) {
          const std::string fix = finding["fix"];
          if (finding["level"] != "fail" || (!but.empty() && fix.find(but) != std::string::npos))
            continue;
          const std::size_t told_where = fix.find("run: ");
          (void)world_.at(kNames.at(endpoint["name"]))
              .query(told_where == std::string::npos ? fix : fix.substr(told_where + 5));
        }
      }
      if (exit == 0) break;
    }
    return exit;
  }

  static constexpr std::array kPlaces = {Place::kLegacy, Place::kIdentity, Place::kOrg,
                                         Place::kGeo};
  const std::map<Place, std::string> kVariables = {{Place::kLegacy, "LEGACY_DSN"},
                                                   {Place::kIdentity, "IDENTITY_DSN"},
                                                   {Place::kOrg, "ORG_DSN"},
                                                   {Place::kGeo, "GEO_DSN"}};
  const std::map<std::string, Place> kNames = {{"legacy.main", Place::kLegacy},
                                               {"platform.identity", Place::kIdentity},
                                               {"platform.org", Place::kOrg},
                                               {"platform.geo", Place::kGeo},
                                               {"state", Place::kState}};
};

TEST_F(LateCommitSeenByAPlainRole, OrTheRunStopsAndTellsTheGrant) {
  EXPECT_EQ(follow_doctor("pg_read_all_stats"), 78) << "transactions of others are hidden";
  world_.check();
  const Finished blind = world_.run({"sync"});
  EXPECT_EQ(blind.exit, 78) << blind.out << blind.err;
  EXPECT_THAT(blind.err, AllOf(HasSubstr("ATB-4015"), HasSubstr("GRANT pg_read_all_stats TO")));
  EXPECT_EQ(world_.at(Place::kIdentity).number("select count(*) from identity.users"), 0);

  EXPECT_EQ(follow_doctor(), 0);
  first_run();
  const auto legacy = world_.session(Place::kLegacy);
  (void)legacy->query("begin; select count(*) from users");
  const auto identity = world_.session(Place::kIdentity);
  (void)identity->query(
      "begin; update identity.users set given_name = 'Platform', family_name = 'Sleeper', "
      "updated_at = now() where email = (select max(email) from identity.users where kind = "
      "'member')");
  busy_run(1);
  busy_run(2);
  (void)legacy->query(
      "update users set name = 'Late Bird', updated_at = now() where id = 5; commit");
  (void)identity->query("commit");
  expect_synced("Late Bird");
  expect_synced("Platform Sleeper");
}

}  // namespace
}  // namespace atlas::e2e
