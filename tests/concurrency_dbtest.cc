// Edits of one row pair by users of both sides, a third of them landing between the bridge's read
// and its write. The lock: a user holds the rows, so the bridge's guarded update waits for it;
// when the user commits, the guard no longer fits and the row is decided again.

#include "tests/support/books.h"
#include "tests/support/rounds.h"
#include "tests/support/world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace atlas::e2e {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr long kPairs = 90;
#else
constexpr long kPairs = 1000;
#endif

class Concurrency : public ::testing::Test {
 protected:
  Concurrency() {
    (void)legacy_.query(fmt::format(
        "insert into users (tenant_id, name, email, phone, legacy_flags, updated_at) select 42, "
        "'User ' || n, 'u' || n || '@example.org', n, 0, '2026-06-01' from "
        "generate_series(1, {}) n",
        kPairs));
    world_.check();
    (void)world_.sync();
  }

  // Waits until a session of the bridge waits for a lock there.
  static void wait_until_blocked(Sql& watcher, Program& run) {
    for (int i = 0; i < 3000 && run.running(); ++i) {
      if (watcher.one("select count(*) from pg_stat_activity where application_name = "
                      "'atlas-bridge' and wait_event_type = 'Lock' and datname = "
                      "current_database()") != "0")
        return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "the bridge never waited for the row locks";
  }

  static std::string email_in(const std::string& condition) {
    return "substring(email from '[0-9]+')::int " + condition;
  }

  // Starts a run, lets it read, and commits `edit` between its read and its write of these rows.
  void edit_under_the_run(Place place, const std::string& lock, const std::string& edit) {
    const auto user = world_.session(place);
    (void)user->query("begin; " + lock);
    const auto run = world_.start({"sync"});
    wait_until_blocked(world_.at(place), *run);
    (void)user->query(edit + "; commit");
    const Finished done = run->finish();
    EXPECT_EQ(done.exit, 0) << done.err;
  }

  PostgresWorld world_;
  Sql& legacy_ = world_.at(Place::kLegacy);
  Sql& identity_ = world_.at(Place::kIdentity);
};

TEST_F(Concurrency, EditsOfDifferentFieldsBothSurviveInAllCases) {
  // All rows: a phone on the legacy side.
  (void)legacy_.query(fmt::format("update users set phone = 'L' || id, updated_at = {}",
                                  world_.now(Place::kLegacy)));
  // Two thirds: a name on the platform, before the run. One third: while it writes.
  const std::string name =
      "update identity.users set given_name = 'P', family_name = email, updated_at = "
      "clock_timestamp() where ";
  (void)identity_.query(name + email_in("% 3 <> 0"));
  edit_under_the_run(Place::kIdentity,
                     "select 1 from identity.users where " + email_in("% 3 = 0") + " for update",
                     name + email_in("% 3 = 0"));
  (void)sync_until_quiet(world_);
  (void)expect_sides_equal(world_);
  EXPECT_EQ(legacy_.number("select count(*) from users where phone = 'L' || id and name = 'P ' || "
                           "email"),
            kPairs);
  EXPECT_EQ(identity_.number("select count(*) from identity.users where family_name = email and "
                             "contact->>'phone' = 'L' || substring(email from '[0-9]+')"),
            kPairs);
}

TEST_F(Concurrency, EditsOfDifferentFieldsSurviveWhenTheLegacySideIsEditedUnderTheRun) {
  (void)identity_.query(
      "update identity.users set given_name = 'P', family_name = email, updated_at = "
      "clock_timestamp()");
  const std::string phone =
      "update users set phone = 'L' || id, updated_at = " + world_.now(Place::kLegacy) + " where ";
  (void)legacy_.query(phone + "id % 3 <> 0");
  edit_under_the_run(Place::kLegacy, "select 1 from users where id % 3 = 0 for update",
                     phone + "id % 3 = 0");
  (void)sync_until_quiet(world_);
  (void)expect_sides_equal(world_);
  EXPECT_EQ(legacy_.number("select count(*) from users where phone = 'L' || id and name = 'P ' || "
                           "email"),
            kPairs);
}

// Of the same field, the newest by row stamp wins on both sides, whichever side it is and whenever
// it lands; the loser can be read in the conflict ledger.
TEST_F(Concurrency, OfTheSameFieldTheNewestWinsInAllCasesAndTheLoserIsOnRecord) {
  const auto on_platform = [&](const std::string& which) {
    return "update identity.users set given_name = 'Platform', family_name = email, updated_at = "
           "clock_timestamp() where " +
           email_in(which);
  };
  // % 3 = 0: platform early, legacy late. 1: the other way. 2: the platform's is latest of all,
  // between our read and our write.
  (void)identity_.query(on_platform("% 3 = 0"));
  (void)legacy_.query(fmt::format("update users set name = 'Legacy ' || email, updated_at = {}",
                                  world_.now(Place::kLegacy)));
  (void)identity_.query(on_platform("% 3 = 1"));
  edit_under_the_run(Place::kIdentity,
                     "select 1 from identity.users where " + email_in("% 3 = 2") + " for update",
                     on_platform("% 3 = 2"));
  (void)sync_until_quiet(world_);
  (void)expect_sides_equal(world_);
  EXPECT_EQ(legacy_.number("select count(*) from users where name = case id % 3 when 0 then "
                           "'Legacy ' else 'Platform ' end || email"),
            kPairs);
  // The ledger: one entry for each person, with the value that lost.
  Sql& state = world_.at(Place::kState);
  EXPECT_EQ(state.number("select count(distinct platform_key) from atlas_bridge.conflict where "
                         "field like 'name%'"),
            kPairs);
  EXPECT_EQ(state.number("select count(*) from atlas_bridge.conflict where winner = 'legacy' and "
                         "platform_value like '%Platform%'"),
            (kPairs) / 3);
}

// A trigger writes another row in the bridge's own transaction: that row is an edit, no echo,
// although it carries the transaction of our own writes (E16).
TEST(OwnWrites, WhatATriggerWroteInOurTransactionIsAnEdit) {
  PostgresWorld world;
  Sql& legacy = world.at(Place::kLegacy);
  Sql& identity = world.at(Place::kIdentity);
  (void)legacy.query(
      "insert into users (tenant_id, name, email, phone, legacy_flags) "
      "values (42, 'Ann Lee', 'ann@example.org', '1', 0); "
      "insert into staff (tenant_id, name, email, status, hourly_rate_cents, hired_on) "
      "values (42, 'Bob Ray', 'bob@example.org', 1, 100, '2020-01-01'); "
      "create function follow() returns trigger language plpgsql as $$ begin "
      "update public.staff set hourly_rate_cents = hourly_rate_cents + 5, "
      "updated_at = now() at time zone 'Europe/Berlin'; return null; end $$; "
      "create trigger follow after update on users for each row execute function follow()");
  world.check();
  (void)world.sync();
  (void)legacy.query(
      "alter table users disable trigger follow; update users set phone = '2', "
      "updated_at = now() at time zone 'Europe/Berlin'; "
      "alter table users enable trigger follow");
  (void)identity.query(
      "update identity.users set given_name = 'Anna', updated_at = now() "
      "where email = 'ann@example.org'");
  (void)world.sync();
  (void)world.sync();
  EXPECT_EQ(legacy.one("select name from users"), "Anna Lee");
  EXPECT_EQ(legacy.number("select hourly_rate_cents from staff"), 105);
  EXPECT_EQ(identity.one("select hourly_rate from identity.staff_profiles"), "1.05");
}

}  // namespace
}  // namespace atlas::e2e
