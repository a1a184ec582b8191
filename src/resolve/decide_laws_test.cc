// Laws of the decision (RELIABILITY S3 to S5), held on the whole of a small domain and on random
// scenes.

#include "resolve/scene_testing.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace atlas {
namespace {

constexpr Side kSides[] = {Side::kLegacy, Side::kPlatform};

// A law says what is wrong with a decision, or nothing.
using Law = std::function<std::string(const Scene&, const Decision&)>;

Presentation shown(const Scene& scene, Side side) {
  return side == Side::kLegacy ? scene.legacy : scene.platform;
}

bool writes(const FieldAnswer& answer, Side target) {
  return answer.action ==
         (target == Side::kPlatform ? FieldAction::kToPlatform : FieldAction::kToLegacy);
}

bool moves(const FieldAnswer& answer) {
  return writes(answer, Side::kLegacy) || writes(answer, Side::kPlatform) ||
         answer.action == FieldAction::kAgree;
}

// ---- the laws

std::string pure(const Scene& scene, const Decision& decision) {
  return decide(scene) == decision ? "" : "a second call answers otherwise";
}

std::string symmetric(const Scene& scene, const Decision& decision) {
  const Decision mirrored = decide(swapped(scene));
  return mirrored == swapped(decision) ? "" : "swapped sides answer " + describe(mirrored);
}

std::string idempotent(const Scene& scene, const Decision& decision) {
  const Scene after = carried_out(scene, decision);
  const Decision again = decide(after);
  bool rests = !again.writes_legacy && !again.writes_platform && !again.delete_lost;
  for (std::size_t i = 0; i < again.fields.size(); ++i) {
    const FieldAnswer& answer = again.fields[i];
    rests = rests && !moves(answer);
    rests =
        rests && (answer.conflict == ConflictReason::kNone || answer.action == FieldAction::kHold);
  }
  rests = rests && (again.what == decide(carried_out(after, again)).what);
  return rests ? "" : "carried out\n" + describe(after) + "\nit answers " + describe(again);
}

// S3: where a value that somebody wrote is no longer on its side, its loss is reported, and to the
// side that won; where nothing is lost, nothing is reported.
std::string loser_is_reported(const Scene& scene, const Decision& decision) {
  const Scene after = carried_out(scene, decision);
  for (std::size_t i = 0; i < scene.fields.size(); ++i) {
    if (!scene.policies[i].applies) continue;
    const FieldAnswer& answer = decision.fields[i];
    const bool reported = answer.conflict != ConflictReason::kNone;
    if (answer.action == FieldAction::kHold) {
      if (!reported) return "a hold without a conflict";
      continue;
    }
    bool lost_any = false;
    for (const Side side : kSides) {
      const FieldHash value = value_of(scene.fields[i], side);
      const bool buried = shown(after, side) == Presentation::kAbsent;
      const bool was_source =
          scene.policies[i].flow == FieldFlow::kBoth ||
          (scene.policies[i].flow == FieldFlow::kToPlatform) == (side == Side::kLegacy);
      if (!is_edit(scene, i, side) || value_of(after.fields[i], side) == value) continue;
      // A deleted row takes along what the other side holds too, what nobody can call an edit, and
      // the drift of a target.
      const bool with_row = buried && (value == value_of(scene.fields[i], other(side)) ||
                                       scene.fields[i].base == kNoBase || !was_source);
      if (with_row) continue;
      lost_any = true;
      if (!reported) return "field " + std::to_string(i) + ": an edit is lost without a word";
      if (answer.winner == side) return "field " + std::to_string(i) + ": the loser won";
    }
    if (reported && !lost_any) return "field " + std::to_string(i) + ": nothing was lost";
  }
  return "";
}

// E21: a held field keeps both values and its base, is on manual, and is a conflict of two edits
// (or stands in a group that is).
std::string hold_keeps_both(const Scene& scene, const Decision& decision) {
  const Scene after = carried_out(scene, decision);
  for (std::size_t i = 0; i < scene.fields.size(); ++i) {
    if (decision.fields[i].action != FieldAction::kHold) continue;
    const FieldView& before = scene.fields[i];
    const FieldView& now = after.fields[i];
    const bool kept =
        before.legacy == now.legacy && before.platform == now.platform && before.base == now.base;
    if (!kept) return "a held field moved";
    if (scene.policies[i].conflict != ConflictPolicy::kManual) return "held without manual";
    if (decision.fields[i].conflict != ConflictReason::kManual) return "held for another reason";
    if (before.legacy == before.platform) return "held although equal";
  }
  return "";
}

// E15: the flag stands on every conflict without a base and on no other.
std::string base_unknown_is_counted(const Scene& scene, const Decision& decision) {
  for (std::size_t i = 0; i < scene.fields.size(); ++i) {
    const FieldAnswer& answer = decision.fields[i];
    const bool conflict = answer.conflict != ConflictReason::kNone;
    if (answer.base_unknown != (conflict && scene.fields[i].base == kNoBase)) {
      return "field " + std::to_string(i) + ": base_unknown is wrong";
    }
    if (answer.conflict == ConflictReason::kBaseUnknown && !answer.base_unknown) {
      return "reason base unknown with a base";
    }
  }
  return "";
}

// Nothing is written where nothing is shown to come from, nor by a field that does not apply, nor
// against the direction of a one-way field; and the flags of the decision say what its fields do.
std::string writes_have_a_source(const Scene& scene, const Decision& decision) {
  for (std::size_t i = 0; i < scene.fields.size(); ++i) {
    const FieldAnswer& answer = decision.fields[i];
    const FieldPolicy& policy = scene.policies[i];
    if (!policy.applies && !(answer == FieldAnswer{})) return "a field that does not apply";
    for (const Side target : kSides) {
      if (!writes(answer, target)) continue;
      if (value_of(scene.fields[i], other(target)) == kNoBase) return "a write without a value";
      const FieldFlow against =
          target == Side::kLegacy ? FieldFlow::kToPlatform : FieldFlow::kToLegacy;
      if (policy.flow == against) return "a one-way field flows back";
      const bool flag = target == Side::kLegacy ? decision.writes_legacy : decision.writes_platform;
      if (!flag) return "a write that the flags deny";
      if (shown(scene, target) == Presentation::kOutOfScope) return "a write out of scope";
    }
    if (answer.action == FieldAction::kDrift &&
        (policy.flow == FieldFlow::kBoth || policy.enforce)) {
      return "drift of a field that is not one-way, or is enforced";
    }
  }
  return "";
}

// S5, E14: fields of dead instances rest unless both sides are soft.
std::string the_dead_rest(const Scene& scene, const Decision& decision) {
  const bool dead_case = decision.what == Case::kBothDead || decision.what == Case::kStillDead ||
                         decision.what == Case::kDeletePlatform ||
                         decision.what == Case::kDeleteLegacy;
  if (!dead_case || scene.both_soft) return "";
  const bool moved = std::ranges::any_of(decision.fields, moves);
  return moved ? "a field of a dead instance flows" : "";
}

// S5: a side that is dead is written only to revive it, or as soft rows that stay dead.
std::string no_row_is_made_for_the_dead(const Scene& scene, const Decision& decision) {
  for (const Side side : kSides) {
    const bool written = side == Side::kLegacy ? decision.writes_legacy : decision.writes_platform;
    const bool gone = std::ranges::all_of(
        scene.fields, [&](const FieldView& view) { return value_of(view, side) == kNoBase; });
    if (!written || !gone || shown(scene, side) == Presentation::kAlive) continue;
    const Case makes[] = {
        side == Side::kLegacy ? Case::kCreateLegacy : Case::kCreatePlatform,
        side == Side::kLegacy ? Case::kReviveLegacy : Case::kRevivePlatform,
    };
    if (std::ranges::find(makes, decision.what) == std::end(makes)) return "a gone row is written";
    // A new row has every value that can flow to it.
    for (std::size_t i = 0; i < scene.fields.size(); ++i) {
      const FieldFlow away = side == Side::kLegacy ? FieldFlow::kToPlatform : FieldFlow::kToLegacy;
      const bool can = scene.policies[i].applies && scene.policies[i].flow != away &&
                       value_of(scene.fields[i], other(side)) != kNoBase;
      if (can != writes(decision.fields[i], side)) return "a new row misses a value";
    }
  }
  return "";
}

// E14: what was deleted against no edit is deleted, and an edit decides by on_delete alone.
std::string on_delete_decides(const Scene& scene, const Decision& decision) {
  if (scene.link != LinkState::kAlive) return decision.delete_lost ? "no delete to lose" : "";
  for (const Side survivor : kSides) {
    if (shown(scene, survivor) != Presentation::kAlive) continue;
    if (shown(scene, other(survivor)) != Presentation::kDead) continue;
    bool edited = false;
    for (std::size_t i = 0; i < scene.fields.size(); ++i) {
      edited = edited || (scene.policies[i].applies && scene.policies[i].flow == FieldFlow::kBoth &&
                          scene.fields[i].base != kNoBase && is_edit(scene, i, survivor));
    }
    const bool revives = edited && scene.on_delete == DeletePolicy::kUpdateWins;
    if (decision.delete_lost != revives) return "delete_lost is wrong";
    const bool deletes =
        decision.what == Case::kDeleteLegacy || decision.what == Case::kDeletePlatform;
    return deletes == revives ? "the case is wrong" : "";
  }
  return decision.delete_lost ? "no delete to lose" : "";
}

struct NamedLaw {
  const char* name;
  Law law;
};
void PrintTo(const NamedLaw& law, std::ostream* out) { *out << law.name; }

const NamedLaw kLaws[] = {
    {"Pure", pure},
    {"SymmetricUnderSwappingTheSides", symmetric},
    {"NothingIsLeftToDoOnceCarriedOut", idempotent},
    {"EachLoserIsReportedAndNobodyElse", loser_is_reported},
    {"HoldKeepsBothValuesAndTheBase", hold_keeps_both},
    {"ConflictsWithoutABaseAreCounted", base_unknown_is_counted},
    {"WritesHaveASourceAndADirection", writes_have_a_source},
    {"FieldsOfTheDeadRest", the_dead_rest},
    {"NoRowIsMadeForTheDead", no_row_is_made_for_the_dead},
    {"OnDeleteAloneDecidesUpdateAgainstDelete", on_delete_decides},
};

// ---- the small domain

// What a field's configuration, stamps and a person can say of one conflict. Stamps matter to
// `newest` only; nobody is asked about a one-way field.
struct Setting {
  FieldPolicy policy;
  std::int64_t legacy_stamp = 10;
  std::int8_t asked = -1;
};

constexpr std::int8_t kAsked[] = {-1, 0, 1};  // nobody, legacy, platform

std::vector<Setting> all_settings() {
  std::vector<Setting> out;
  for (const std::int8_t asked : kAsked) {
    for (const std::int64_t stamp : {5, 10, 15}) {
      out.push_back({{.conflict = ConflictPolicy::kNewest}, stamp, asked});
    }
    for (const auto policy :
         {ConflictPolicy::kLegacy, ConflictPolicy::kPlatform, ConflictPolicy::kManual}) {
      out.push_back({{.conflict = policy}, 10, asked});
    }
  }
  for (const auto flow : {FieldFlow::kToPlatform, FieldFlow::kToLegacy}) {
    for (const bool enforce : {false, true}) {
      out.push_back({{.flow = flow, .enforce = enforce}, 10, -1});
    }
  }
  return out;
}

// Every presentation, link, policy of deletes and side of ties.
template <class Visit>
void for_every_context(Visit visit) {
  Scene scene;
  for (const LinkState link : kLinkStates) {
    for (const Presentation legacy : kPresentations) {
      for (const Presentation platform : kPresentations) {
        for (unsigned bits = 0; bits < 8; ++bits) {
          const bool soft = (bits & 1U) != 0;
          const bool delete_wins = (bits & 2U) != 0;
          if (link == LinkState::kNone && soft) continue;
          if (link != LinkState::kAlive && delete_wins) continue;
          scene.link = link;
          scene.legacy = legacy;
          scene.platform = platform;
          scene.both_soft = soft;
          scene.on_delete = delete_wins ? DeletePolicy::kDeleteWins : DeletePolicy::kUpdateWins;
          scene.tie_winner = (bits & 4U) != 0 ? Side::kLegacy : Side::kPlatform;
          visit(scene);
        }
      }
    }
  }
}

// All values out of {none, 1, 2, 3} for legacy, platform and base; an absent row has no values and
// an unlinked pair no base. With `null`, the value 1 is null.
template <class Visit>
void for_every_view(const Scene& scene, Visit visit) {
  for (FieldHash legacy = 0; legacy <= 3; ++legacy) {
    if (legacy != kNoBase && scene.legacy == Presentation::kAbsent) continue;
    for (FieldHash platform = 0; platform <= 3; ++platform) {
      if (platform != kNoBase && scene.platform == Presentation::kAbsent) continue;
      for (FieldHash base = 0; base <= 3; ++base) {
        if (base != kNoBase && scene.link == LinkState::kNone) continue;
        for (const bool null : {false, true}) {
          if (null && base != kNoBase) continue;
          visit(FieldView{.legacy = legacy,
                          .platform = platform,
                          .base = base,
                          .legacy_null = null && legacy == 1,
                          .platform_null = null && platform == 1,
                          .legacy_stamp = 10,
                          .platform_stamp = 10});
        }
      }
    }
  }
}

class DecideLaws : public ::testing::TestWithParam<NamedLaw> {
 protected:
  void hold(const Scene& scene) {
    ++scenes_;
    if (failures_ >= 3) return;
    const Decision decision = decide(scene);
    const std::string wrong = GetParam().law(scene, decision);
    if (wrong.empty()) return;
    ++failures_;
    ADD_FAILURE() << wrong << "\n" << describe(scene) << "\n" << describe(decision);
  }

  std::size_t scenes_ = 0;

 private:
  int failures_ = 0;
};

TEST_P(DecideLaws, HoldForEveryFieldInEveryCase) {
  const std::vector<Setting> settings = all_settings();
  for_every_context([&](Scene& scene) {
    scene.fields.resize(1);
    scene.policies.resize(1);
    scene.asked.resize(1);
    for_every_view(scene, [&](const FieldView& view) {
      for (const Setting& setting : settings) {
        scene.fields[0] = view;
        scene.fields[0].legacy_stamp = setting.legacy_stamp;
        scene.policies[0] = setting.policy;
        scene.asked[0] = setting.asked;
        hold(scene);
      }
    });
  });
  EXPECT_GT(scenes_, 100'000U);
}

// Two fields of one group, each with every triple out of {1, 2, 3}, base known or not.
TEST_P(DecideLaws, HoldForEveryGroupOfTwo) {
  const std::vector<Setting> settings = all_settings();
  Scene scene;
  scene.asked = {-1, -1};
  scene.fields.resize(2);
  scene.policies.resize(2);
  for (const LinkState link : {LinkState::kNone, LinkState::kAlive}) {
    scene.link = link;
    std::vector<FieldView> views;
    for_every_view(scene, [&](const FieldView& view) {
      if (view.legacy != kNoBase && view.platform != kNoBase) views.push_back(view);
    });
    for (const Setting& setting : settings) {
      if (setting.policy.flow != FieldFlow::kBoth || setting.asked == 0) continue;
      scene.policies[0] = scene.policies[1] = setting.policy;
      scene.policies[0].group = scene.policies[1].group = 0;
      scene.asked[1] = setting.asked;
      for (const FieldView& first : views) {
        for (const FieldView& second : views) {
          scene.fields = {first, second};
          scene.fields[0].legacy_stamp = setting.legacy_stamp;
          hold(scene);
        }
      }
    }
  }
  EXPECT_GT(scenes_, 20'000U);
}

INSTANTIATE_TEST_SUITE_P(All, DecideLaws, ::testing::ValuesIn(kLaws),
                         [](const auto& law) { return std::string(law.param.name); });

// ---- laws of a narrower domain

template <class Visit>
void for_every_living_pair(Visit visit) {
  for (FieldHash legacy = 1; legacy <= 3; ++legacy) {
    for (FieldHash platform = 1; platform <= 3; ++platform) {
      for (FieldHash base = 1; base <= 3; ++base) {
        for (const std::int64_t stamp : {5, 10, 15}) {
          visit(FieldView{.legacy = legacy,
                          .platform = platform,
                          .base = base,
                          .legacy_stamp = stamp,
                          .platform_stamp = 10});
        }
      }
    }
  }
}

// S3, as an independent word: the final value is the maximum of all observed edits in the order
// (stamp, side rank), and the base where nobody edited.
TEST(DecideNewest, FinalValueIsTheNewestOfAllEditsOnBothSides) {
  for_every_living_pair([](const FieldView& view) {
    for (const Side ties : kSides) {
      Scene scene;
      scene.tie_winner = ties;
      scene.field(view);
      FieldHash expected = view.base;
      std::int64_t best = kMinusInfinity;
      for (const Side side : {other(ties), ties}) {  // the later of equals wins
        const std::int64_t stamp = side == Side::kLegacy ? view.legacy_stamp : view.platform_stamp;
        if (!is_edit(scene, 0, side) || stamp < best) continue;
        best = stamp;
        expected = value_of(view, side);
      }
      const FieldView after = carried_out(scene, decide(scene)).fields[0];
      ASSERT_EQ(after.legacy, expected) << describe(scene);
      ASSERT_EQ(after.platform, expected) << describe(scene);
      ASSERT_EQ(after.base, expected) << describe(scene);
    }
  });
}

// S1: whatever the policy, both sides and the base are one value afterwards, unless it is held.
TEST(DecideConverges, BothSidesAndTheBaseAreOneValueUnlessHeld) {
  for_every_living_pair([](const FieldView& view) {
    for (const Setting& setting : all_settings()) {
      Scene scene;
      scene.field(view, setting.policy);
      scene.asked = {setting.asked};
      const Decision decision = decide(scene);
      const FieldView after = carried_out(scene, decision).fields[0];
      const FieldAction action = decision.fields[0].action;
      if (action == FieldAction::kHold || action == FieldAction::kDrift) continue;
      ASSERT_EQ(after.legacy, after.platform) << describe(scene);
      ASSERT_EQ(after.legacy, after.base) << describe(scene);
    }
  });
}

// Edits of different fields of one row both survive: an ungrouped field is decided as if alone.
TEST(DecideIndependence, AFieldOutsideAGroupIsDecidedAsIfItWereAlone) {
  std::vector<FieldView> views;
  for_every_living_pair([&](const FieldView& view) { views.push_back(view); });
  for (const FieldView& first : views) {
    Scene alone;
    alone.field(first);
    const FieldAnswer expected = decide(alone).fields[0];
    for (const FieldView& second : views) {
      Scene both;
      both.field(first).field(second, {.conflict = ConflictPolicy::kManual});
      ASSERT_TRUE(decide(both).fields[0] == expected) << describe(both);
    }
  }
}

// S9: unequal members of a group all take the same way.
TEST(DecideGroups, UnequalMembersAllGoTheSameWay) {
  std::vector<FieldView> views;
  for_every_living_pair([&](const FieldView& view) { views.push_back(view); });
  for (const auto policy : {ConflictPolicy::kNewest, ConflictPolicy::kLegacy,
                            ConflictPolicy::kPlatform, ConflictPolicy::kManual}) {
    const FieldPolicy grouped{.conflict = policy, .group = 7};
    for (const FieldView& first : views) {
      for (const FieldView& second : views) {
        if (first.legacy == first.platform || second.legacy == second.platform) continue;
        Scene scene;
        scene.field(first, grouped).field(second, grouped);
        const Decision decision = decide(scene);
        ASSERT_EQ(decision.fields[0].action, decision.fields[1].action) << describe(scene);
        ASSERT_NE(decision.fields[0].action, FieldAction::kNothing) << describe(scene);
      }
    }
  }
}

// ---- random scenes of many fields

rc::Gen<FieldView> any_view(const Scene& scene) {
  const auto value = [](bool may) {
    return may ? rc::gen::inRange<FieldHash>(0, 4) : rc::gen::just(kNoBase);
  };
  const auto stamp =
      rc::gen::elementOf(std::vector<std::int64_t>{kMinusInfinity, 5, 10, 15, 1'000'010});
  return rc::gen::map(
      rc::gen::tuple(value(scene.legacy != Presentation::kAbsent),
                     value(scene.platform != Presentation::kAbsent),
                     value(scene.link != LinkState::kNone), rc::gen::arbitrary<bool>(), stamp,
                     stamp),
      [](const auto& drawn) {
        const auto& [legacy, platform, base, null, legacy_stamp, platform_stamp] = drawn;
        return FieldView{
            legacy,       platform,      base, null && legacy == 1, null && platform == 1,
            legacy_stamp, platform_stamp};
      });
}

Scene any_scene() {
  Scene scene;
  scene.link = *rc::gen::elementOf(kLinkStates);
  scene.legacy = *rc::gen::elementOf(kPresentations);
  scene.platform = *rc::gen::elementOf(kPresentations);
  scene.both_soft = *rc::gen::arbitrary<bool>();
  scene.on_delete = *rc::gen::element(DeletePolicy::kUpdateWins, DeletePolicy::kDeleteWins);
  scene.tie_winner = *rc::gen::element(Side::kLegacy, Side::kPlatform);
  scene.precision_us = *rc::gen::elementOf(std::vector<std::int64_t>{1, 1'000'000});
  const ConflictPolicy group_policy[] = {
      *rc::gen::element(ConflictPolicy::kNewest, ConflictPolicy::kLegacy, ConflictPolicy::kManual),
      *rc::gen::element(ConflictPolicy::kNewest, ConflictPolicy::kPlatform)};
  const int fields = *rc::gen::inRange(1, 7);
  for (int i = 0; i < fields; ++i) {
    FieldPolicy policy;
    policy.group = *rc::gen::inRange(-1, 2);
    policy.conflict = policy.group >= 0
                          ? group_policy[policy.group]
                          : *rc::gen::element(ConflictPolicy::kNewest, ConflictPolicy::kLegacy,
                                              ConflictPolicy::kPlatform, ConflictPolicy::kManual);
    policy.flow = *rc::gen::element(FieldFlow::kBoth, FieldFlow::kBoth, FieldFlow::kToPlatform,
                                    FieldFlow::kToLegacy);
    policy.enforce = *rc::gen::arbitrary<bool>();
    policy.applies = *rc::gen::inRange(0, 5) != 0;
    scene.field(*any_view(scene), policy);
    scene.asked.push_back(*rc::gen::elementOf(std::vector<std::int8_t>{-1, -1, -1, 0, 1}));
  }
  return scene;
}

RC_GTEST_PROP(DecideLawsOfManyFields, HoldForRandomScenes, ()) {
  for (int i = 0; i < 20; ++i) {
    const Scene scene = any_scene();
    const Decision decision = decide(scene);
    for (const NamedLaw& law : kLaws) {
      const std::string wrong = law.law(scene, decision);
      if (wrong.empty()) continue;
      RC_FAIL(std::string(law.name) + ": " + wrong + "\n" + describe(scene) + "\n" +
              describe(decision));
    }
  }
}

// S4: the order of fields does not matter.
RC_GTEST_PROP(DecideLawsOfManyFields, AnswersDoNotDependOnTheOrderOfFields, ()) {
  Scene scene = any_scene();
  scene.asked.clear();
  Scene reversed = scene;
  std::ranges::reverse(reversed.fields);
  std::ranges::reverse(reversed.policies);
  Decision expected = decide(scene);
  std::ranges::reverse(expected.fields);
  RC_ASSERT(decide(reversed) == expected);
}

}  // namespace
}  // namespace atlas
