// Deletes: proven, capped, spared while others refer to the row; keys that live again.

#include "flow/deletes.h"

#include "flow/scene_run_testing.h"
#include "model/text_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace atlas::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

enum class How : std::uint8_t { kMarked, kRemoved };

struct Pair {
  bool hard_legacy, hard_platform;
  Side dies;
  How how;
};

std::string name_of(const testing::TestParamInfo<std::tuple<TokenStyle, Pair>>& param) {
  const auto& [tokens, pair] = param.param;
  return std::string(tokens == TokenStyle::kWriter ? "Writer" : "Content") +
         (pair.hard_legacy ? "Hard" : "Soft") + (pair.hard_platform ? "Hard" : "Soft") +
         (pair.dies == Side::kLegacy ? "Legacy" : "Platform") +
         (pair.how == How::kMarked ? "Marked" : "Removed");
}

// Soft and hard sides in all four pairs; a soft side's row may be marked, and any row may go.
constexpr Pair kPairs[] = {
    {false, false, Side::kLegacy, How::kMarked},   {false, false, Side::kLegacy, How::kRemoved},
    {false, false, Side::kPlatform, How::kMarked}, {false, false, Side::kPlatform, How::kRemoved},
    {false, true, Side::kLegacy, How::kMarked},    {false, true, Side::kLegacy, How::kRemoved},
    {false, true, Side::kPlatform, How::kRemoved}, {true, false, Side::kLegacy, How::kRemoved},
    {true, false, Side::kPlatform, How::kMarked},  {true, false, Side::kPlatform, How::kRemoved},
    {true, true, Side::kLegacy, How::kRemoved},    {true, true, Side::kPlatform, How::kRemoved},
};

struct DeletePairs : testing::TestWithParam<std::tuple<TokenStyle, Pair>> {
  Pair pair = std::get<1>(GetParam());
  Scene scene{{.hard_legacy = pair.hard_legacy, .hard_platform = pair.hard_platform},
              std::get<0>(GetParam())};
  Company& company = scene.company;
  Key ann = company.hire("ann");
  Key bob = company.hire("bob");
  Key user;

  void SetUp() override {
    (void)run(company);
    user = company.platform_of(ann);
  }
  void die() {
    Database& database = pair.dies == Side::kLegacy ? company.legacy : company.identity;
    const TableName& table = pair.dies == Side::kLegacy ? kPeople : kUsers;
    const Key& key = pair.dies == Side::kLegacy ? ann : user;
    if (pair.how == How::kMarked) return company.soft_delete(database, table, key);
    database.remove(table, key);
    if (pair.dies == Side::kPlatform) company.geo.remove(kProfiles, user);
  }
  bool alive(Side side) {
    Database& database = side == Side::kLegacy ? company.legacy : company.identity;
    const TableName& table = side == Side::kLegacy ? kPeople : kUsers;
    const Key& key = side == Side::kLegacy ? ann : user;
    return database.has(table, key) && database.text(table, key, "deleted_at") == "null";
  }
};
INSTANTIATE_TEST_SUITE_P(All, DeletePairs,
                         testing::Combine(testing::Values(TokenStyle::kWriter,
                                                          TokenStyle::kContent),
                                          testing::ValuesIn(kPairs)),
                         name_of);

// E14, E31: what dies on one side dies on the other; a row that is gone only after two looks.
TEST_P(DeletePairs, ADeleteArrivesOnTheOtherSide) {
  die();
  (void)reconcile(company);
  if (pair.how == How::kRemoved) {
    EXPECT_TRUE(alive(other(pair.dies))) << "one look proves nothing";
    EXPECT_THAT(pending_lines(company.person_state()), ElementsAre("held 3014 legacy 1"));
    (void)run(company);
    EXPECT_TRUE(alive(other(pair.dies))) << "nor does a second one right away";
    wait_for_proof(company);
    (void)run(company);
  }
  EXPECT_FALSE(alive(other(pair.dies)));
  const bool hard = pair.dies == Side::kLegacy ? pair.hard_platform : pair.hard_legacy;
  const bool there = pair.dies == Side::kLegacy ? company.identity.has(kUsers, user)
                                                : company.legacy.has(kPeople, ann);
  EXPECT_EQ(there, !hard);
  EXPECT_THAT(pending_lines(company.person_state()), IsEmpty());
  EXPECT_THAT(company.platform_people(), ElementsAre(HasSubstr("bob")));
  expect_converged(company);
  EXPECT_EQ(writes_during(company, [&] { prove(company); }), 0) << "the dead stay dead (S5)";
  const VerifyReport report = verified(company);
  EXPECT_EQ(report.verdict, Verdict::kEqual);
  EXPECT_EQ(report.total.links, 2);
  EXPECT_EQ(report.total.dead, 1);
}

// S6: the row was only away.
TEST_P(DeletePairs, ARowThatIsBackAtTheSecondLookIsNotDeleted) {
  if (pair.how != How::kRemoved || pair.dies != Side::kLegacy) return;
  Arena arena;
  const auto& row = *company.legacy.rows(kPeople).at(ann);
  Database::Cells cells;
  const Table& table = *company.legacy.find(kPeople);
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    cells.emplace_back(table.columns[c].name, row.cells[c].copy_to(arena));
  die();
  (void)reconcile(company);
  (void)company.legacy.insert(kPeople, cells);
  wait_for_proof(company);
  prove(company);
  EXPECT_TRUE(alive(Side::kPlatform));
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// The other side's edit is an update against a delete, and by default it wins: the row comes back
// under its old key.
TEST_P(DeletePairs, AnUpdateWinsOverADelete) {
  die();
  const Side survivor = other(pair.dies);
  Database& database = survivor == Side::kLegacy ? company.legacy : company.identity;
  const TableName& table = survivor == Side::kLegacy ? kPeople : kUsers;
  company.set(database, table, survivor == Side::kLegacy ? ann : user, "name", "Anna");
  prove(company);
  wait_for_proof(company);
  (void)run(company);
  EXPECT_TRUE(alive(Side::kLegacy));
  EXPECT_TRUE(alive(Side::kPlatform));
  EXPECT_EQ(company.platform_of(ann), user);
  EXPECT_THAT(company.platform_people(), testing::Contains(HasSubstr("Anna")));
  expect_converged(company);
}

TEST_P(DeletePairs, ADeleteWinsWhereTheMappingSaysSo) {
  company.person().on_delete = OnDelete::kDeleteWins;
  die();
  const Side survivor = other(pair.dies);
  Database& database = survivor == Side::kLegacy ? company.legacy : company.identity;
  const TableName& table = survivor == Side::kLegacy ? kPeople : kUsers;
  company.set(database, table, survivor == Side::kLegacy ? ann : user, "name", "Anna");
  prove(company);
  wait_for_proof(company);
  (void)run(company);
  EXPECT_FALSE(alive(survivor));
  expect_converged(company);
  const auto& conflicts = company.person_state().conflicts;
  const bool both_soft = !pair.hard_legacy && !pair.hard_platform;
  const bool kept = both_soft && pair.how == How::kMarked;
  EXPECT_EQ(conflicts.size(), kept ? 0U : 1U) << "the lost edit is on record";
}

// A kill at every port call of the run that carries the delete out: it happens once.
TEST_P(DeletePairs, ACrashAtAnyMomentLosesAndDoublesNothing) {
  for (int nth = 1; nth < 400; ++nth) {
    Scene own{{.hard_legacy = pair.hard_legacy, .hard_platform = pair.hard_platform},
              std::get<0>(GetParam())};
    Company& c = own.company;
    const Key who = c.hire("ann");
    (void)c.hire("bob");
    (void)run(c);
    const Key there = c.platform_of(who);
    Database& database = pair.dies == Side::kLegacy ? c.legacy : c.identity;
    const TableName& table = pair.dies == Side::kLegacy ? kPeople : kUsers;
    const Key& key = pair.dies == Side::kLegacy ? who : there;
    if (pair.how == How::kMarked) {
      c.soft_delete(database, table, key);
    } else {
      database.remove(table, key);
      if (pair.dies == Side::kPlatform) c.geo.remove(kProfiles, there);
      (void)reconcile(c);
      wait_for_proof(c);
    }
    int calls = 0;
    c.world.hook = [&](std::string_view, Moment) -> std::optional<Error> {
      if (++calls == nth) throw Killed();
      return std::nullopt;
    };
    bool killed = false;
    try {
      (void)try_run(c);
    } catch (const Killed&) {
      killed = true;
    }
    c.world.hook = nullptr;
    if (!killed) return;
    c.world.pass(std::chrono::minutes(10));
    SCOPED_TRACE("killed at call " + std::to_string(nth));
    (void)run(c);
    (void)run(c);
    EXPECT_THAT(c.platform_people(), ElementsAre(HasSubstr("bob")));
    expect_converged(c);
    if (HasFailure()) return;
  }
  ADD_FAILURE() << "a run has more port calls than were tried";
}

struct Deletes : testing::TestWithParam<TokenStyle> {
  Scene scene{{.hard_legacy = true, .hard_platform = true}, GetParam()};
  Company& company = scene.company;
};
INSTANTIATE_TEST_SUITE_P(Tokens, Deletes,
                         testing::Values(TokenStyle::kWriter, TokenStyle::kContent),
                         [](const auto& tokens) {
                           return tokens.param == TokenStyle::kWriter ? "Writer" : "Content";
                         });

// Schedule 12: a row that left the scope is not gone (E31).
TEST_P(Deletes, ARowThatLeftTheScopeIsParkedAndNothingIsDeleted) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.identity.update(kUsers, user, {{"org", Value::integer(2)}});
  prove(company);
  wait_for_proof(company);
  (void)reconcile(company);
  EXPECT_TRUE(company.legacy.has(kPeople, ann));
  EXPECT_TRUE(company.identity.has(kUsers, user));
  EXPECT_EQ(company.platform_of(ann), user) << "the link is kept for the row's return";
}

// E30: an edit that left the stamp as it was is found by the comparison of versions.
TEST_P(Deletes, AnEditWithoutAStampIsFoundByTheSweep) {
  const Key ann = company.hire("ann");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.world.pass(std::chrono::hours(1));
  (void)run(company);
  const auto& row = *company.identity.rows(kUsers).at(user);
  const Value stamp = row.cells[*company.identity.find(kUsers)->stamp];
  const std::string stamp_column =
      company.identity.find(kUsers)->columns[*company.identity.find(kUsers)->stamp].name;
  company.identity.update(kUsers, user, {{"name", Value::text("Anna")}, {stamp_column, stamp}});
  RunSettings off;
  off.sweep.sweep = Sweep::kOff;
  (void)run(company, off);
  EXPECT_EQ(company.on_legacy(ann, "name"), "ann") << "no stamp shows it";
  (void)reconcile(company);
  EXPECT_EQ(company.on_legacy(ann, "name"), "Anna");
  expect_converged(company);
}

// E36: repair is decide with versions forgotten and base kept. A value that was changed under a
// link which knows that version already (a restored table, a hand in the state) is found by nothing
// else.
TEST_P(Deletes, RepairDecidesAgainWhatEveryVersionCallsUnchanged) {
  const Key ann = company.hire("ann");
  const Key bob = company.hire("bob");
  (void)run(company);
  company.set(company.identity, kUsers, company.platform_of(ann), "name", "Anna");
  // The link learns the version, as if the edit had been decided on.
  StateData::Entity& people = company.person_state();
  auto& link = people.links.at({0, ann});
  Links links(people.layouts.back().parts.size(), people.layouts.back().fields.size());
  LinkRecord& record = links.add(0, ann, link.platform_key);
  std::vector<std::int32_t> same(record.bases.size());
  std::iota(same.begin(), same.end(), 0);
  ASSERT_TRUE(decode_link(link.document, same, record));
  const Key user = company.platform_of(ann);
  record.parts[1].version =
      company.identity.version(company.person().parts[0].shape, *company.identity.find(kUsers),
                               *company.identity.rows(kUsers).at(user));
  link.document = encode_link(record, link_layout(link.document));
  RunSettings settings;
  settings.sweep.sweep = Sweep::kFull;
  (void)run(company, settings);
  EXPECT_EQ(company.on_legacy(ann, "name"), "ann") << "its version says that nothing happened";
  EXPECT_EQ(verified(company).verdict, Verdict::kDifferent);
  settings.sweep.sweep = Sweep::kRepair;
  (void)run(company, settings);
  EXPECT_EQ(company.on_legacy(ann, "name"), "Anna") << "what is off the base is an edit";
  EXPECT_EQ(company.on_legacy(bob, "name"), "bob");
  EXPECT_EQ(verified(company).verdict, Verdict::kEqual);
  expect_converged(company);
}

// The rolling sweep needs no verb: in turns, a stretch at a time, it comes round.
TEST_P(Deletes, TheRollingSweepFindsADeleteByItself) {
  std::vector<Key> people;
  for (int i = 0; i < 40; ++i) people.push_back(company.hire("p" + std::to_string(i)));
  RunSettings settings;
  settings.page_rows = 7;
  settings.sweep.rows = 10;
  (void)run(company, settings);
  company.legacy.remove(kPeople, people[33]);
  for (int i = 0; i < 30; ++i) {
    company.world.pass(std::chrono::minutes(6));
    (void)run(company, settings);
  }
  EXPECT_EQ(company.platform_people().size(), 39U);
  expect_converged(company);
}

// Schedule 13: a pair that is made between the two snapshots of a comparison is no discrepancy
// after a second look.
TEST_P(Deletes, APairMadeBetweenTheSnapshotsIsLeftAlone) {
  (void)company.hire("ann");
  (void)run(company);
  for (int nth = 1;; ++nth) {
    bool done = false;
    int calls = 0;
    company.world.hook = [&](std::string_view, Moment) -> std::optional<Error> {
      if (++calls == nth) {
        done = true;
        (void)company.hire("late" + std::to_string(nth));
      }
      return std::nullopt;
    };
    (void)reconcile(company);
    company.world.hook = nullptr;
    if (!done) break;
    for (const std::string& line : pending_lines(company.person_state()))
      EXPECT_EQ(line.find("held"), std::string::npos) << line << " at call " << nth;
    if (HasFailure()) break;
  }
  (void)run(company);
  expect_converged(company);
}

// Schedule 15: a key that is used again after a hard delete belongs to somebody new.
TEST_P(Deletes, AReusedLegacyKeyIsTheNextGeneration) {
  const Key ann = company.hire("ann");
  (void)company.hire("bob");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.legacy.remove(kPeople, ann);
  prove(company);
  ASSERT_FALSE(company.identity.has(kUsers, user));
  Arena arena;
  (void)company.legacy.insert(kPeople, {{"id", decode_key(ann, arena).front()},
                                        {"name", Value::text("new")},
                                        {"mail", Value::text("new@example.org")},
                                        {"status", Value::text("A")}});
  (void)run(company);
  const Key fresh = company.platform_of(ann);
  EXPECT_NE(fresh, user);
  EXPECT_FALSE(fresh.empty());
  EXPECT_FALSE(company.identity.has(kUsers, user)) << "S5: the dead one stays dead";
  EXPECT_THAT(company.platform_people(),
              ElementsAre(HasSubstr("bob"), HasSubstr("new new@example.org")));
  expect_converged(company);
}

TEST_P(Deletes, AReusedPlatformKeyIsTheNextGeneration) {
  const Key ann = company.hire("ann");
  (void)company.hire("bob");
  (void)run(company);
  const Key user = company.platform_of(ann);
  company.identity.remove(kUsers, user);
  company.geo.remove(kProfiles, user);
  prove(company);
  ASSERT_FALSE(company.legacy.has(kPeople, ann));
  Arena arena;
  const Value id = decode_key(user, arena).front();
  (void)company.geo.insert(kProfiles, {{"id", id}, {"org", Value::integer(1)}});
  (void)company.identity.insert(kUsers, {{"id", id},
                                         {"org", Value::integer(1)},
                                         {"kind", Value::text("person")},
                                         {"name", Value::text("new")},
                                         {"mail", Value::text("new@example.org")},
                                         {"status", Value::text("active")}});
  (void)run(company);
  (void)run(company);
  EXPECT_FALSE(company.legacy.has(kPeople, ann));
  EXPECT_FALSE(company.legacy_of(user).empty());
  EXPECT_NE(company.legacy_of(user), ann);
  expect_converged(company);
}

// The same with a kill at every port call: recovery puts the new pair in the old one's place.
TEST_P(Deletes, AReusedKeySurvivesACrashAtAnyMoment) {
  for (int nth = 1; nth < 400; ++nth) {
    Scene own{{.hard_legacy = true, .hard_platform = true}, GetParam()};
    Company& c = own.company;
    const Key ann = c.hire("ann");
    (void)run(c);
    const Key user = c.platform_of(ann);
    c.legacy.remove(kPeople, ann);
    prove(c);
    Arena arena;
    (void)c.legacy.insert(kPeople, {{"id", decode_key(ann, arena).front()},
                                    {"name", Value::text("new")},
                                    {"mail", Value::text("new@example.org")},
                                    {"status", Value::text("A")}});
    int calls = 0;
    c.world.hook = [&](std::string_view, Moment) -> std::optional<Error> {
      if (++calls == nth) throw Killed();
      return std::nullopt;
    };
    bool killed = false;
    try {
      (void)try_run(c);
    } catch (const Killed&) {
      killed = true;
    }
    c.world.hook = nullptr;
    if (!killed) return;
    c.world.pass(std::chrono::minutes(10));
    SCOPED_TRACE("killed at call " + std::to_string(nth));
    (void)run(c);
    (void)run(c);
    EXPECT_THAT(c.platform_people(), ElementsAre(HasSubstr("new")));
    EXPECT_NE(c.platform_of(ann), user);
    expect_converged(c);
    if (HasFailure()) return;
  }
}

// --- parents ------------------------------------------------------------------------------------

// Schedule 11: a team is removed while a member joins it on the other side (E26).
TEST_P(Deletes, AParentIsSparedWhileOthersReferToIt) {
  for (LivenessPlan& live : company.team().liveness) live.kind = DeleteKind::kHard;
  const Key red = company.found("red");
  const Key ann = company.hire("ann", red);
  (void)run(company);
  Arena arena;
  const Key platform_red = company.identity.rows(kTeams).begin()->first;
  company.legacy.update(kPeople, ann, {{"team", Value()}});
  company.legacy.remove(kTeams, red);
  (void)company.sign_up("eve", platform_red);
  prove(company);
  EXPECT_TRUE(company.identity.has(kTeams, platform_red));
  EXPECT_THAT(pending_lines(company.team_state()), ElementsAre("held 3016 legacy 1"));
  // The member leaves: the delete follows by itself.
  const RowMap users = company.identity.rows(kUsers);
  for (const auto& [key, row] : users)
    company.identity.update(kUsers, Key(key), {{"team", Value()}});
  (void)run(company);
  EXPECT_FALSE(company.identity.has(kTeams, platform_red));
  EXPECT_THAT(company.team_state().pending, IsEmpty());
  expect_converged(company);
}

// E23: children die before their parents, in one run, under foreign keys that are checked at once.
TEST_P(Deletes, ChildrenDieBeforeTheirParents) {
  for (LivenessPlan& live : company.team().liveness) live.kind = DeleteKind::kHard;
  const Key red = company.found("red");
  const Key ann = company.hire("ann", red);
  const Key eve = company.hire("eve", red);
  (void)company.hire("bob");
  (void)company.found("blue");
  (void)run(company);
  company.legacy.remove(kPeople, ann);
  company.legacy.remove(kPeople, eve);
  company.legacy.remove(kTeams, red);
  prove(company);
  EXPECT_THAT(company.platform_people(), ElementsAre(HasSubstr("bob")));
  EXPECT_THAT(company.platform_teams(), ElementsAre("blue"));
  expect_converged(company);
}

// --- the cap ------------------------------------------------------------------------------------

std::vector<Key> hire_many(Company& company, int n) {
  std::vector<Key> out;
  for (int i = 0; i < n; ++i) out.push_back(company.hire("p" + std::to_string(i)));
  return out;
}

RunReport capped_run(Company& company) {
  auto report = try_run(company);
  if (!report) throw std::runtime_error(report.error().line());
  return std::move(*report);
}

std::string set_named_in(const Error& error) {
  const std::string advice(error.next());
  const std::size_t at = advice.find("--set ");
  return at == std::string::npos ? "" : advice.substr(at + 6, 16);
}

void approve(Company& company, const std::string& entity, const std::string& set, Instant cutoff) {
  auto state = company.open_state();
  const TenantId tenant = company.state.tenants.front().info.id;
  Approval yes{cutoff, company.world.now() + std::chrono::hours(24), 0, set, "me", "a test"};
  (void)(*state)->put_note(tenant, approval_note(entity), yes.text());
}

// E32: an emptied table deletes nothing, and says what to do.
TEST_P(Deletes, AnEmptiedTableStopsBeforeTheFirstDelete) {
  for (const Key& key : hire_many(company, 5)) {
    (void)key;
  }
  (void)run(company);
  const RowMap people = company.legacy.rows(kPeople);
  for (const auto& [key, row] : people) company.legacy.remove(kPeople, key);
  (void)reconcile(company);
  wait_for_proof(company);
  const RunReport report = capped_run(company);
  ASSERT_TRUE(report.error.has_value());
  EXPECT_EQ(report.error->code(), Code::kDeletesCapped);
  EXPECT_EQ(report.outcome, RunOutcome::kPartial);
  EXPECT_EQ(company.platform_people().size(), 5U);
  const std::string set = set_named_in(*report.error);
  ASSERT_EQ(set.size(), 16U);
  approve(company, "person", set, company.world.now());
  (void)run(company);
  EXPECT_THAT(company.platform_people(), IsEmpty());
  expect_converged(company);
}

// What it names brings the rows back, and counts them as made.
TEST_P(Deletes, AnEmptiedTableIsFilledAgainByTheRepairThatIsNamed) {
  for (const Key& key : hire_many(company, 5)) {
    (void)key;
  }
  (void)run(company);
  const std::vector<std::string> before = company.legacy_people();
  const RowMap people = company.legacy.rows(kPeople);
  for (const auto& [key, row] : people) company.legacy.remove(kPeople, key);
  (void)reconcile(company);
  wait_for_proof(company);
  const RunReport report = capped_run(company);
  ASSERT_TRUE(report.error.has_value());
  EXPECT_THAT(report.error->next(), testing::HasSubstr("`atlas-bridge repair --rewound legacy`"));
  RunSettings repair;
  repair.sweep.sweep = Sweep::kRepair;
  repair.sweep.rewound = Side::kLegacy;
  const RunReport repaired = run(company, repair);
  EXPECT_EQ(repaired.total.created_legacy, 5);
  EXPECT_EQ(company.legacy_people(), before);
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// An approval is for the rows that were named; what becomes due later is not in it.
TEST_P(Deletes, AnApprovalCoversOnlyWhatWasDueThen) {
  const std::vector<Key> people = hire_many(company, 60);
  (void)run(company);
  for (int i = 0; i < 20; ++i) company.legacy.remove(kPeople, people[static_cast<std::size_t>(i)]);
  (void)reconcile(company);
  wait_for_proof(company);
  const RunReport first = capped_run(company);
  ASSERT_TRUE(first.error.has_value());
  approve(company, "person", set_named_in(*first.error), company.world.now());
  for (int i = 20; i < 40; ++i) company.legacy.remove(kPeople, people[static_cast<std::size_t>(i)]);
  company.world.pass(std::chrono::minutes(1));
  RunSettings full;
  full.sweep.sweep = Sweep::kFull;
  (void)try_run(company, full);
  EXPECT_EQ(company.platform_people().size(), 40U) << "the approved ones are gone";
  wait_for_proof(company);
  const RunReport second = capped_run(company);
  ASSERT_TRUE(second.error.has_value());
  EXPECT_EQ(second.error->code(), Code::kDeletesCapped);
  EXPECT_EQ(company.platform_people().size(), 40U);
}

// Schedule 20: runs that each stay under the cap do not get round it together.
TEST_P(Deletes, ManySmallRunsTogetherAreCapped) {
  const std::vector<Key> people = hire_many(company, 80);
  (void)run(company);
  RunSettings full;
  full.sweep.sweep = Sweep::kFull;
  std::size_t gone = 0;
  bool capped = false;
  for (int i = 0; i < 40 && !capped; ++i) {
    company.legacy.remove(kPeople, people[gone++]);
    (void)try_run(company, full);
    wait_for_proof(company);
    capped = capped_run(company).error.has_value();
  }
  EXPECT_TRUE(capped);
  EXPECT_EQ(company.platform_people().size(), 70U) << "ten of eighty a day may always go";
  company.world.pass(std::chrono::hours(25));
  (void)run(company);
  EXPECT_LT(company.platform_people().size(), 70U) << "a day later the next may";
}

// E32: the cap is a share of those that live, not of all that ever did.
TEST_P(Deletes, TheDeadDoNotLetMoreDie) {
  const std::vector<Key> people = hire_many(company, 400);
  (void)run(company);
  const auto remove = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) company.legacy.remove(kPeople, people[i]);
    (void)reconcile(company);
    wait_for_proof(company);
  };
  remove(0, 300);
  const RunReport first = capped_run(company);
  ASSERT_TRUE(first.error.has_value());
  approve(company, "person", set_named_in(*first.error), company.world.now());
  (void)run(company);
  EXPECT_EQ(company.platform_people().size(), 100U);
  company.world.pass(std::chrono::hours(25));
  remove(300, 315);  // below 5 % of 400, above the handful
  EXPECT_TRUE(capped_run(company).error.has_value());
  EXPECT_EQ(company.platform_people().size(), 100U);
}

// A row that the other side's edit brings back is no delete: the cap does not count it, nobody is
// asked, and it does not wait for the end of a run.
TEST_P(Deletes, ARowThatIsBroughtBackDoesNotCountAgainstTheCap) {
  const std::vector<Key> people = hire_many(company, 5);
  (void)run(company);
  company.person().limits.deletes_rows = 1;
  company.legacy.remove(kPeople, people[0]);
  company.legacy.remove(kPeople, people[3]);
  const Key user = company.platform_of(people[0]);
  company.set(company.identity, kUsers, user, "name", "Anna");
  (void)reconcile(company);
  wait_for_proof(company);
  const PlanReport planned = previewed(company);
  EXPECT_FALSE(planned.entities[1].error.has_value());
  const RunReport report = run(company);
  EXPECT_EQ(report.total.created_legacy, 1);
  EXPECT_EQ(report.total.deleted_platform, 1);
  EXPECT_EQ(company.on_legacy(people[0], "name"), "Anna");
  EXPECT_TRUE(company.platform_of(people[3]).empty() ||
              !company.identity.has(kUsers, company.platform_of(people[3])));
  EXPECT_EQ(company.person_state().conflicts.size(), 1U) << "the lost delete is on record";
  EXPECT_THAT(company.person_state().pending, IsEmpty());
  expect_converged(company);
}

// E32: beyond the cap of one entity nothing is deleted, but what a person approved of another.
TEST_P(Deletes, ACapStopsTheDeletesOfAllEntitiesButApprovedOnes) {
  for (LivenessPlan& live : company.team().liveness) live.kind = DeleteKind::kHard;
  const std::vector<Key> people = hire_many(company, 40);
  const Key red = company.found("red");
  const Key blue = company.found("blue");
  const Key bob = company.hire("bob", blue);
  (void)company.found("green");
  (void)run(company);
  for (int i = 0; i < 20; ++i) company.legacy.remove(kPeople, people[static_cast<std::size_t>(i)]);
  company.legacy.remove(kPeople, bob);
  company.legacy.remove(kTeams, red);
  company.legacy.remove(kTeams, blue);
  (void)reconcile(company);
  wait_for_proof(company);
  const RunReport report = capped_run(company);
  ASSERT_TRUE(report.error.has_value());
  EXPECT_EQ(report.error->code(), Code::kDeletesCapped);
  EXPECT_EQ(report.outcome, RunOutcome::kPartial);
  EXPECT_EQ(company.platform_people().size(), 41U);
  EXPECT_THAT(company.platform_teams(), ElementsAre("blue", "green", "red"));
  EXPECT_EQ(pending_lines(company.team_state()).size(), 2U);
  approve(company, "team", "a set", company.world.now());
  (void)capped_run(company);
  EXPECT_THAT(company.platform_teams(), ElementsAre("blue", "green")) << "bob is in blue still";
  EXPECT_THAT(pending_lines(company.team_state()), ElementsAre("held 3016 legacy 2"));
  approve(company, "person", set_named_in(*report.error), company.world.now());
  (void)run(company);
  EXPECT_THAT(company.platform_teams(), ElementsAre("green"));
  EXPECT_EQ(company.platform_people().size(), 20U);
  expect_converged(company);
}

// A shorter limits.deletes.confirm counts for what was seen before it was changed.
TEST_P(Deletes, AShorterWaitCountsForRowsThatAreHeldAlready) {
  const Key ann = company.hire("ann");
  (void)company.hire("bob");
  (void)run(company);
  company.legacy.remove(kPeople, ann);
  (void)reconcile(company);
  company.world.pass(std::chrono::minutes(1));
  (void)run(company);
  EXPECT_EQ(company.platform_people().size(), 2U);
  company.person().limits.deletes_confirm = std::chrono::seconds(30);
  company.plan.mapping_hash = 2;
  (void)run(company);
  EXPECT_EQ(company.platform_people().size(), 1U);
  expect_converged(company);
}

TEST(DeleteLedger, CountsTheLastDayToTheMinuteAndForgetsTheRest) {
  const Instant start = Instant(std::chrono::hours(500'000));
  DeleteLedger ledger = DeleteLedger::parse("");
  ledger.add(start, 3);
  ledger.add(start + std::chrono::minutes(30), 4);
  ledger.add(start + std::chrono::hours(23), 5);
  const DeleteLedger again = DeleteLedger::parse(ledger.text(start + std::chrono::hours(23)));
  EXPECT_EQ(again.total(start + std::chrono::hours(23)), 12);
  EXPECT_EQ(again.total(start + std::chrono::hours(24)), 9);
  EXPECT_EQ(again.total(start + std::chrono::hours(47)), 0);
  EXPECT_EQ(again.text(start + std::chrono::hours(60)), "v1");
}

TEST(Approval, IsReadBackAsItWasGiven) {
  const Approval yes{Instant(Micros(12)), Instant(Micros(99)), 7,
                     "0123456789abcdef",  "me@host",           "the old branch was closed"};
  const auto read = Approval::parse(yes.text());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->text(), yes.text());
  EXPECT_EQ(read->reason, "the old branch was closed");
  EXPECT_FALSE(Approval::parse("v1 12 99").has_value());
  EXPECT_FALSE(Approval::parse("").has_value());
}

TEST(DeletesAllowed, IsTheLesserOfRowsAndPercentButAHandfulAlways) {
  LimitsPlan limits;
  limits.deletes_rows = 1000;
  limits.deletes_percent = 5;
  EXPECT_EQ(deletes_allowed(limits, 20), 10);
  EXPECT_EQ(deletes_allowed(limits, 1000), 50);
  EXPECT_EQ(deletes_allowed(limits, 1'000'000), 1000);
  limits.deletes_rows = 0;
  EXPECT_EQ(deletes_allowed(limits, 1'000'000), 0);
}

}  // namespace
}  // namespace atlas::sim
