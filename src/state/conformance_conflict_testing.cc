// The conflict ledger (E21).

#include "state/conformance_cases_testing.h"

namespace atlas::state_conformance {
namespace {

Conflict conflict_of(std::int64_t id, const std::string& field, bool open) {
  Conflict out;
  out.instance = World::user(id);
  out.platform_key = uuid_key(static_cast<std::uint32_t>(id));
  out.field = field;
  out.legacy_value = "legacy \xE2\x82\xAC";
  out.platform_value = "platform 'x'";
  out.legacy_mid = std::string("\x05legacy\0", 8);
  out.platform_mid = std::string(1, '\0');
  out.winner = open ? "" : "platform";
  out.reason = open ? "manual" : "newest";
  out.open = open;
  out.legacy_version = {0xffffffffffffff00U, -1};
  out.platform_version = {2, kMinusInfinity};
  out.at = Instant(Micros(1'700'000'000'000'000));
  return out;
}

void put(World& world, const std::vector<Conflict>& conflicts) {
  Confirm confirm;
  confirm.put_conflicts = conflicts;
  must(world.confirm(confirm));
}

std::vector<Conflict> of_user(World& world, std::int64_t id) {
  const InstanceKey instance = World::user(id);
  return must(
      world.store->open_conflicts_of(world.tenant.id, world.entity, std::span(&instance, 1)));
}

void expect_same(const Conflict& actual, const Conflict& expected) {
  EXPECT_EQ(actual.instance, expected.instance);
  EXPECT_EQ(actual.platform_key, expected.platform_key);
  EXPECT_EQ(actual.field, expected.field);
  EXPECT_EQ(actual.legacy_value, expected.legacy_value);
  EXPECT_EQ(actual.platform_value, expected.platform_value);
  EXPECT_EQ(actual.legacy_mid, expected.legacy_mid);
  EXPECT_EQ(actual.platform_mid, expected.platform_mid);
  EXPECT_EQ(actual.undoes, expected.undoes);
  EXPECT_EQ(actual.winner, expected.winner);
  EXPECT_EQ(actual.reason, expected.reason);
  EXPECT_EQ(actual.open, expected.open);
  EXPECT_EQ(actual.legacy_version, expected.legacy_version);
  EXPECT_EQ(actual.platform_version, expected.platform_version);
  EXPECT_EQ(actual.at, expected.at);
  EXPECT_EQ(actual.resolved_by, expected.resolved_by);
}

void AConflictIsKeptWhole(StateFixture& fixture) {
  World world(fixture);
  put(world, {conflict_of(1, "email", true), conflict_of(1, "name", false)});
  const auto all = must(fixture.open()->conflicts(world.tenant.id, world.entity, false, 10));
  ASSERT_EQ(all.size(), 2U);
  for (const Conflict& conflict : all)
    expect_same(conflict, conflict_of(1, conflict.field, conflict.field == "email"));
  const auto found = must(world.store->conflict(world.tenant.id, all[0].id));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->first, world.entity.id);
  expect_same(found->second, all[0]);
  EXPECT_FALSE(must(world.store->conflict(make_tenant(*world.store, "b").id, all[0].id)))
      << "another tenant's";
}

// Schedule 24: edited again on both sides, then equal.
void AnOpenConflictIsUpdatedInPlaceAndVanishesByItself(StateFixture& fixture) {
  World world(fixture);
  put(world,
      {conflict_of(1, "email", true), conflict_of(1, "name", true), conflict_of(2, "email", true)});
  const auto before = of_user(world, 1);
  ASSERT_EQ(before.size(), 2U);
  Conflict edited = conflict_of(1, "email", true);
  edited.legacy_value = "edited";
  edited.legacy_version = {5, 6};
  put(world, {edited});
  const auto after = of_user(world, 1);
  ASSERT_EQ(after.size(), 2U);
  for (const Conflict& conflict : after) {
    if (conflict.field != "email") continue;
    EXPECT_EQ(conflict.legacy_value, "edited");
    EXPECT_EQ(conflict.legacy_version, edited.legacy_version);
    for (const Conflict& old : before)
      EXPECT_EQ(old.id == conflict.id, old.field == "email") << "people keep its number";
  }
  Confirm confirm;
  confirm.close_conflicts = {{World::user(1), "email", "", ""},
                             {World::user(1), "no such field", "", ""}};
  must(world.confirm(confirm));
  ASSERT_EQ(of_user(world, 1).size(), 1U);
  EXPECT_EQ(of_user(world, 1)[0].field, "name");
  EXPECT_EQ(must(world.store->conflicts(world.tenant.id, world.entity, true, 10)).size(), 2U);
  put(world, {conflict_of(1, "email", true)});
  EXPECT_EQ(of_user(world, 1).size(), 2U) << "and opens anew";
}

void SettledConflictsPileUp(StateFixture& fixture) {
  World world(fixture);
  for (int i = 0; i < 3; ++i) put(world, {conflict_of(1, "email", false)});
  EXPECT_EQ(must(world.store->conflicts(world.tenant.id, world.entity, false, 10)).size(), 3U);
  EXPECT_EQ(must(world.store->conflicts(world.tenant.id, world.entity, false, 2)).size(), 2U);
  EXPECT_TRUE(must(world.store->conflicts(world.tenant.id, world.entity, true, 10)).empty());
  EXPECT_TRUE(of_user(world, 1).empty());
}

void AResolutionIsKeptAndMakesTheInstanceDirty(StateFixture& fixture) {
  World world(fixture);
  put(world, {conflict_of(1, "email", true), conflict_of(2, "email", false)});
  const Conflict seen = of_user(world, 1)[0];
  const Instant at = now();
  must(world.store->resolve_conflict(world.tenant.id, seen, "legacy", at));
  const auto found = of_user(world, 1);
  ASSERT_EQ(found.size(), 1U) << "it stays open until a run has carried it out";
  EXPECT_EQ(found[0].resolved_by, "legacy");
  const InstanceKey instance = World::user(1);
  const auto pending =
      must(world.store->pending_of(world.tenant.id, world.entity, std::span(&instance, 1)));
  ASSERT_EQ(pending.size(), 1U);
  EXPECT_EQ(pending[0].state, PendingState::kDirty);
  EXPECT_LE(pending[0].retry_at, at);
}

void OnlyAnOpenConflictOfTheTenantCanBeResolved(StateFixture& fixture) {
  World world(fixture);
  put(world, {conflict_of(1, "email", true), conflict_of(2, "email", false)});
  const Conflict seen = of_user(world, 1)[0];
  Conflict settled;
  for (const Conflict& conflict :
       must(world.store->conflicts(world.tenant.id, world.entity, false, 10))) {
    if (!conflict.open) settled = conflict;
  }
  const TenantInfo b = make_tenant(*world.store, "b");
  EXPECT_EQ(code_of(world.store->resolve_conflict(world.tenant.id, settled, "legacy", now())),
            Code::kNotFound);
  Conflict other = seen;
  other.id += 1000;
  EXPECT_EQ(code_of(world.store->resolve_conflict(world.tenant.id, other, "legacy", now())),
            Code::kNotFound);
  EXPECT_EQ(code_of(world.store->resolve_conflict(b.id, seen, "legacy", now())), Code::kNotFound);
  EXPECT_FALSE(world.store->resolve_conflict(world.tenant.id, seen, "nobody", now()));
  other = seen;
  other.platform_value += "!";
  EXPECT_EQ(code_of(world.store->resolve_conflict(world.tenant.id, other, "legacy", now())),
            Code::kNotFound)
      << "it has other values than the person saw";
  EXPECT_EQ(of_user(world, 1)[0].resolved_by, "");
}

void AnUndoIsOpenUntilItIsClosedAndShowsOnWhatItUndoes(StateFixture& fixture) {
  World world(fixture);
  put(world, {conflict_of(1, "email", false), conflict_of(1, "name", true)});
  const auto all = must(world.store->conflicts(world.tenant.id, world.entity, false, 10));
  const auto settled =
      std::find_if(all.begin(), all.end(), [](const Conflict& c) { return !c.open; });
  Conflict undo = conflict_of(1, "email", true);
  undo.undoes = settled->id;
  undo.resolved_by = "legacy";
  const auto undone_by = [&] {
    return must(world.store->conflict(world.tenant.id, settled->id))->second.undone_by;
  };
  const auto end = [&](const std::string& winner) {
    Confirm confirm;
    confirm.close_conflicts = {{World::user(1), "email", winner, "; said"}};
    must(world.confirm(confirm));
  };
  EXPECT_EQ(undone_by(), 0);
  const std::int64_t first = must(world.store->undo_conflict(world.tenant.id, world.entity, undo));
  EXPECT_EQ(undone_by(), first) << "it is on its way";
  const InstanceKey instance = World::user(1);
  EXPECT_EQ(must(world.store->pending_of(world.tenant.id, world.entity, std::span(&instance, 1)))[0]
                .state,
            PendingState::kDirty);
  EXPECT_EQ(code_of(world.store->undo_conflict(world.tenant.id, world.entity, undo)),
            Code::kResolveStale)
      << "one at a time";
  end("");
  EXPECT_EQ(undone_by(), 0) << "it was refused";
  const std::int64_t second = must(world.store->undo_conflict(world.tenant.id, world.entity, undo));
  end("legacy");
  EXPECT_EQ(undone_by(), second);
  const Conflict kept = must(world.store->conflict(world.tenant.id, second))->second;
  EXPECT_EQ(kept.winner, "legacy");
  EXPECT_EQ(kept.undoes, settled->id);
  EXPECT_EQ(kept.reason, undo.reason + "; said");
  EXPECT_FALSE(kept.open);
  EXPECT_EQ(code_of(world.store->undo_conflict(world.tenant.id, world.entity, undo)),
            Code::kResolveStale)
      << "it is undone";
  EXPECT_EQ(must(world.store->conflict(world.tenant.id, second))->second.undone_by, 0);
}

}  // namespace

std::vector<Case> conflict_cases() {
  return {
      {"AConflictIsKeptWhole", AConflictIsKeptWhole},
      {"AnOpenConflictIsUpdatedInPlaceAndVanishesByItself",
       AnOpenConflictIsUpdatedInPlaceAndVanishesByItself},
      {"AnUndoIsOpenUntilItIsClosedAndShowsOnWhatItUndoes",
       AnUndoIsOpenUntilItIsClosedAndShowsOnWhatItUndoes},
      {"SettledConflictsPileUp", SettledConflictsPileUp},
      {"AResolutionIsKeptAndMakesTheInstanceDirty", AResolutionIsKeptAndMakesTheInstanceDirty},
      {"OnlyAnOpenConflictOfTheTenantCanBeResolved", OnlyAnOpenConflictOfTheTenantCanBeResolved}};
}

}  // namespace atlas::state_conformance
