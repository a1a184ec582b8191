// A transaction that stays open across two runs and then commits rows with an old stamp (ENGINE
// schedule 22, E28). Visible effect: the rows were there for neither run, and their stamp is older
// than everything the runs saw. Recovery: the watermark held the cursor back, so the next run
// captures them.

#include "tests/support/books.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace atlas::e2e {
namespace {

constexpr app::AtlasSize kSize{
    .users = 60, .staff = 25, .teams = 20, .geofences = 25, .members = 40, .categories = 3};
// Rows younger than this are read again in each run anyway; the example says ten minutes.
constexpr const char* kOverlap = "overlap: 10m";

class LateCommit : public ::testing::Test {
 protected:
  LateCommit() {
    // Without the overlap only the watermark can find the row.
    std::string mapping = world_.mapping();
    mapping.replace(mapping.find(kOverlap), std::string_view(kOverlap).size(), "overlap: 0s");
    world_.set_mapping(mapping);
    (void)world_.load(kSize);
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
  const auto sleeper = world_.session(Place::kLegacy);
  (void)sleeper->query("begin; select count(*) from users");
  busy_run(1);
  busy_run(2);
  (void)sleeper->query("update users set name = 'Late Bird', updated_at = now() where id = 5");
  (void)sleeper->query("commit");
  expect_synced("Late Bird");
}

TEST_F(LateCommit, OfATransactionThatWroteBeforeTheRunsLooked) {
  const auto sleeper = world_.session(Place::kLegacy);
  (void)sleeper->query(
      "begin; update users set name = 'Early Writer', updated_at = now() where id = 5");
  busy_run(1);
  busy_run(2);
  (void)sleeper->query("commit");
  expect_synced("Early Writer");
}

TEST_F(LateCommit, OfAPlatformTransaction) {
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

}  // namespace
}  // namespace atlas::e2e
