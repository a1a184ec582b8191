// Seeded histories: users of both sides work while runs come, fail, lose answers and are killed;
// entities of a stage and users switch at port calls. Then all faults stop, and what the users did
// must be there, on both sides (S1, S2, S3, H1).

#include "flow/scene_run_testing.h"
#include "model/text_form.h"
#include "sim/virtual/fibers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

namespace atlas::sim {
namespace {

// What users wrote into one field of one person.
struct Written {
  std::map<Side, std::string> last;  // by side
  std::string latest;                // on either, by time
};

struct Person {
  std::string mail;  // never changes: it tells who is who
  std::map<std::string, Written> fields;
  bool ever_deleted = false;
};

class History {
 public:
  History(std::uint64_t seed, TokenStyle tokens)
      : rng_(seed), scene_({}, tokens), fibers_rng_(seed ^ 0xabcdef) {
    compile();
  }

  void play() {
    for (int round = 0; round < 6; ++round) {
      busy_round();
      scene_.world.pass(std::chrono::minutes(10));
    }
    heal();
  }

  void expect_all_there() {
    Company& c = company();
    EXPECT_EQ(c.legacy_people(), c.platform_people());
    EXPECT_EQ(c.legacy_teams(), c.platform_teams());
    EXPECT_TRUE(c.state.tenants.front().intents.empty());
    for (const std::string& line : pending_lines(c.person_state()))
      ADD_FAILURE() << "left pending: " << line;
    expect_once(c.legacy, kPeople);
    expect_once(c.identity, kUsers);
    for (const auto& [key, row] : c.legacy.rows(kPeople)) {
      const std::string mail = c.on_legacy(key, "mail");
      ASSERT_TRUE(people_.contains(mail)) << "invented: " << mail;
      const Person& person = people_.at(mail);
      if (c.on_legacy(key, "deleted_at") != "null") {
        EXPECT_TRUE(person.ever_deleted) << mail << " was deleted by nobody";
        continue;
      }
      for (const auto& [field, written] : person.fields) expect_field(key, mail, field, written);
    }
    EXPECT_EQ(writes_during(c, [&] { (void)run(c); }), 0) << "a further run writes";
    const VerifyReport report = verified(c);
    EXPECT_EQ(report.verdict, Verdict::kEqual);
    EXPECT_EQ(report.total[Standing::kPending], 0);
  }

 private:
  // A row for each person, none doubled, none invented. Who died before anybody linked them is only
  // where they were born.
  void expect_once(Database& database, const TableName& table) {
    std::map<std::string, int> rows;
    for (const auto& [key, row] : database.rows(table)) ++rows[database.text(table, key, "mail")];
    for (const auto& [mail, n] : rows) {
      EXPECT_TRUE(people_.contains(mail)) << "invented: " << mail;
      EXPECT_EQ(n, 1) << mail << " in " << database.name();
    }
    for (const auto& [mail, person] : people_) {
      if (person.ever_deleted) continue;
      EXPECT_EQ(rows[mail], 1) << mail << " is lost in " << database.name();
    }
  }

  Company& company() { return scene_.company; }
  std::uint64_t below(std::uint64_t n) { return rng_.next() % n; }

  void compile() {
    Company& c = company();
    c.field("remark").policy = Policy::kNewest;
    if (below(2) == 0) {  // people and teams side by side
      c.plan.stages = 1;
      c.person().stage = 0;
    }
    if (below(3) == 0) c.field("team").ref->defer = true;
  }

  // --- users
  // ---------------------------------------------------------------------------------------------

  std::string token() { return "v" + std::to_string(++tokens_); }

  void note(const std::string& mail, const std::string& field, Side side,
            const std::string& value) {
    Written& w = people_[mail].fields[field];
    w.last[side] = value;
    w.latest = value;
  }

  Key some(Database& database, const TableName& table) {
    const RowMap& rows = database.rows(table);
    if (rows.empty()) return {};
    auto it = rows.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(below(rows.size())));
    return it->first;
  }

  void user_act() {
    Company& c = company();
    const Side side = below(2) == 0 ? Side::kLegacy : Side::kPlatform;
    const bool legacy = side == Side::kLegacy;
    c.world.pass(Micros(static_cast<std::int64_t>(below(2'000'000))));
    switch (below(9)) {
      case 0: {
        (void)(legacy ? c.found(token()) : c.open_team(token()));
        return;
      }
      case 1:
      case 2: {
        const std::string name = token();
        const Key team = below(2) == 0 ? Key() : some(legacy ? c.legacy : c.identity, kTeams);
        const std::string mail = name + "@example.org";
        people_[mail].mail = mail;
        note(mail, "name", side, name);
        note(mail, "city", side, "Bonn");
        (void)(legacy ? c.hire(name, team) : c.sign_up(name, team));
        return;
      }
      default:
        break;
    }
    const TableName& table = legacy ? kPeople : kUsers;
    Database& database = legacy ? c.legacy : c.identity;
    const Key who = some(database, table);
    if (who.empty()) return;
    const std::string mail = database.text(table, who, "mail");
    switch (below(7)) {
      case 0:
      case 1:
        edit(side, who, mail, "name");
        break;
      case 2:
        edit(side, who, mail, "remark");
        break;
      case 3:
        edit(side, who, mail, "city");
        break;
      case 4: {
        const char* values[2][2] = {{"A", "I"}, {"active", "inactive"}};
        const bool poison = legacy && below(6) == 0;
        c.set(database, table, who, "status", poison ? "?" : values[index(side)][below(2)]);
        break;
      }
      case 5: {
        const bool dead = database.text(table, who, "deleted_at") != "null";
        if (dead) {
          database.update(table, who, {{"deleted_at", Value()}});
        } else {
          people_[mail].ever_deleted = true;
          c.soft_delete(database, table, who);
        }
        break;
      }
      default: {
        const Key team = some(database, kTeams);
        Arena arena;
        const Value to = team.empty() || below(3) == 0 ? Value() : decode_key(team, arena).front();
        database.update(table, who, {{"team", to}});
        break;
      }
    }
  }

  void edit(Side side, const Key& who, const std::string& mail, const std::string& field) {
    Company& c = company();
    const std::string value = token();
    if (side == Side::kPlatform && field == "city") {
      if (!c.geo.has(kProfiles, who)) return;
      c.set(c.geo, kProfiles, who, "city", value);
    } else {
      c.set(side == Side::kLegacy ? c.legacy : c.identity, side == Side::kLegacy ? kPeople : kUsers,
            who, field, value);
    }
    note(mail, field, side, value);
  }

  // --- runs
  // -----------------------------------------------------------------------------------------------

  void busy_round() {
    Company& c = company();
    Fibers fibers(c.world, fibers_rng_.next() | 1U);
    RunSettings settings;
    settings.executor = &fibers.executor();
    settings.page_rows = 1 + below(5);
    if (below(3) == 0) {
      Database* const databases[] = {&c.legacy, &c.identity, &c.geo};
      const CommitFault faults[] = {CommitFault::kAppliedUnanswered,
                                    CommitFault::kRolledBackUnanswered, CommitFault::kAppliedLater};
      Database& database = *databases[below(3)];
      database.commit_faults.assign(below(4), CommitFault::kNone);
      database.commit_faults.push_back(faults[below(3)]);
    }
    const std::uint64_t kill_at = below(2) == 0 ? 1 + below(400) : 0;
    const std::uint64_t errors_in_1000 = below(3) == 0 ? 5 : 0;
    std::uint64_t calls = 0;
    const auto running = fibers.spawn([&] { (void)try_run(c, settings); });
    fibers.at_port = [&](Fibers::Process process, std::string_view,
                         Moment) -> std::optional<Error> {
      if (process != running) return std::nullopt;
      if (++calls == kill_at) fibers.kill(running);
      if (below(1000) < errors_in_1000) return Error(Code::kConnectionLost, "an injected fault");
      return std::nullopt;
    };
    // A server that is still at a commit ends it some time, also where nobody asks for it any more.
    fibers.stuck = [&c] {
      bool held = false;
      for (Database* database : {&c.legacy, &c.identity, &c.geo}) {
        held |= database->locked();
        database->finish_commits();
      }
      return held;
    };
    const std::uint64_t acts = 4 + below(8);
    (void)fibers.spawn([&] {
      for (std::uint64_t i = 0; i < acts; ++i) {
        user_act();
        const std::uint64_t pause = below(40);
        for (std::uint64_t p = 0; p < pause; ++p) (void)c.world.at_port("user", Moment::kBefore);
      }
    });
    fibers.run();
    // Connections of a dead run are closed by their servers.
    for (Database* database : {&c.legacy, &c.identity, &c.geo}) {
      database->commit_faults.clear();
      if (below(2) == 0) database->finish_commits();
    }
  }

  void heal() {
    Company& c = company();
    for (Database* database : {&c.legacy, &c.identity, &c.geo}) database->finish_commits();
    std::vector<Key> poisoned;
    for (const auto& [key, row] : c.legacy.rows(kPeople)) {
      if (c.on_legacy(key, "status") == "?") poisoned.push_back(key);
    }
    for (const Key& key : poisoned) c.set(c.legacy, kPeople, key, "status", "A");
    wait_for_retry(c);
    for (int last = 0; last < 2; ++last) {
      (void)run(c);
      c.world.pass(std::chrono::minutes(1));
    }
  }

  // --- the checks
  // --------------------------------------------------------------------------------------------

  void expect_field(const Key& key, const std::string& mail, const std::string& field,
                    const Written& written) {
    Company& c = company();
    const std::string value = c.on_legacy(key, field);
    bool provenance = false;
    for (const auto& [side, last] : written.last) provenance |= value == last;
    EXPECT_TRUE(provenance) << mail << " " << field << " ends as " << value
                            << ", which a user had written over or nobody wrote";
    if (value == written.latest) return;
    // The latest edit lost: it must be on record.
    const auto& conflicts = c.person_state().conflicts;
    const bool on_record = std::any_of(conflicts.begin(), conflicts.end(), [&](const Conflict& x) {
      return x.instance.key == key && x.field == field &&
             (x.legacy_value == written.latest || x.platform_value == written.latest);
    });
    EXPECT_TRUE(on_record) << mail << " " << field << ": the latest edit " << written.latest
                           << " is lost without a trace";
  }

  SeededRng rng_;
  Scene scene_;
  SeededRng fibers_rng_;
  std::map<std::string, Person> people_;  // by mail
  int tokens_ = 0;
};

// ATLAS_SEEDS="first count" runs others.
struct Seeds {
  std::uint64_t first = 1;
#ifdef __SANITIZE_ADDRESS__
  std::uint64_t count = 60;
#else
  std::uint64_t count = 300;
#endif
};
Seeds seeds() {
  Seeds out;
  if (const char* given = std::getenv("ATLAS_SEEDS"))
    std::sscanf(given, "%lu %lu", &out.first, &out.count);
  return out;
}

TEST(SeededHistory, EverythingUsersDidIsThereOnBothSides) {
  const Seeds range = seeds();
  for (std::uint64_t seed = range.first; seed < range.first + range.count; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed, seed % 2 == 0 ? TokenStyle::kWriter : TokenStyle::kContent);
    history.play();
    history.expect_all_there();
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace atlas::sim
