// Holds the tables of docs/formats/decision.md against decide(): each line is true, and each input
// of the small domain is on exactly one line.

#include "resolve/page_testing.h"
#include "resolve/scene_testing.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace atlas {
namespace {

const std::string kPage = ATLAS_TEST_SOURCE_DIR "/docs/formats/decision.md";
constexpr std::string_view kDash = "–";

bool any_or(const std::string& cell, std::string_view wanted) {
  return cell == "any" || cell == wanted;
}

std::string row_text(const TableRow& row) {
  std::string out = "page line |";
  for (const std::string& cell : row) out += " " + cell + " |";
  return out;
}

FieldAction toward(Side target) {
  return target == Side::kPlatform ? FieldAction::kToPlatform : FieldAction::kToLegacy;
}

// What a value, with the letters of a line bound so far, may stand for.
struct Letters {
  FieldHash base;
  bool nulls_are_values;
  std::map<std::string, FieldHash> bound;

  bool match(const std::string& cell, FieldHash value, bool null) {
    if (cell == kDash) return value == kNoBase;
    if (value == kNoBase) return false;
    if (cell == "null") return null;
    if (cell == "b") return base != kNoBase && value == base;
    if (null && (cell == "v" || cell == "w" || !nulls_are_values)) return false;
    if (value == base) return false;
    for (const auto& [letter, other] : bound) {
      if ((letter == cell) != (other == value)) return false;
    }
    bound.emplace(cell, value);
    return true;
  }
};

// One field seen from its two columns: legacy and platform, or source and target.
struct Seen {
  FieldHash first;
  FieldHash second;
  FieldHash base;
  bool null_is_one;  // the value 1 is null
  bool adoption;

  bool first_null() const { return null_is_one && first == 1; }
  bool second_null() const { return null_is_one && second == 1; }

  bool is_on(const TableRow& row) const {
    if (row.at(2) != (base == kNoBase ? "none" : "b")) return false;
    if (!any_or(row.at(3), adoption ? "adoption" : "linked")) return false;
    Letters letters{base, row.at(3) != "adoption", {}};
    return letters.match(row.at(0), first, first_null()) &&
           letters.match(row.at(1), second, second_null());
  }

  Scene scene(Side first_side, const FieldPolicy& policy) const {
    Scene scene;
    scene.link = adoption ? LinkState::kNone : LinkState::kAlive;
    FieldView view;
    view.base = base;
    (first_side == Side::kLegacy ? view.legacy : view.platform) = first;
    (first_side == Side::kLegacy ? view.platform : view.legacy) = second;
    view.legacy_null = null_is_one && view.legacy == 1;
    view.platform_null = null_is_one && view.platform == 1;
    scene.field(view, policy);
    return scene;
  }
};

template <class Check>
void for_each_seen(Check check) {
  for (FieldHash first = 0; first <= 3; ++first) {
    for (FieldHash second = 0; second <= 3; ++second) {
      for (FieldHash base = 0; base <= 3; ++base) {
        for (const bool null_is_one : {false, true}) {
          check(Seen{first, second, base, null_is_one, false});
          if (base == kNoBase) check(Seen{first, second, base, null_is_one, true});
        }
      }
    }
  }
}

// The only line that fits; a failure and null where there is none or another one.
template <class Fits>
const TableRow* only_line(const std::vector<TableRow>& rows, Fits fits) {
  const TableRow* found = nullptr;
  for (const TableRow& row : rows) {
    if (!fits(row)) continue;
    if (found != nullptr) ADD_FAILURE() << row_text(*found) << " and " << row_text(row);
    found = &row;
  }
  EXPECT_NE(found, nullptr) << "no line of the page";
  return found;
}

constexpr ConflictPolicy kPolicies[] = {ConflictPolicy::kNewest, ConflictPolicy::kLegacy,
                                        ConflictPolicy::kPlatform, ConflictPolicy::kManual};

std::string_view policy_name(ConflictPolicy policy) {
  switch (policy) {
    case ConflictPolicy::kNewest:
      return "newest";
    case ConflictPolicy::kLegacy:
      return "legacy";
    case ConflictPolicy::kPlatform:
      return "platform";
    case ConflictPolicy::kManual:
      return "manual";
  }
  return "?";
}

ConflictPolicy policy_of(std::string_view name) {
  for (const ConflictPolicy policy : kPolicies) {
    if (policy_name(policy) == name) return policy;
  }
  ADD_FAILURE() << "no policy " << name;
  return ConflictPolicy::kNewest;
}

TEST(DecisionPage, EveryInputOfATwoWayFieldIsOnOneLineThatIsTrue) {
  const std::vector<TableRow> rows = page_table(kPage, "Fields that flow both ways");
  std::map<const TableRow*, int> used;
  for_each_seen([&](const Seen& seen) {
    for (const ConflictPolicy policy : kPolicies) {
      const Scene scene = seen.scene(Side::kLegacy, {.conflict = policy});
      SCOPED_TRACE(describe(scene));
      const TableRow* row = only_line(rows, [&](const TableRow& r) { return seen.is_on(r); });
      if (row == nullptr) return;
      ++used[row];
      const FieldAnswer answer = decide(scene).fields[0];
      const bool conflict = row->at(4) == "conflict";
      EXPECT_EQ(answer.conflict != ConflictReason::kNone, conflict) << row_text(*row);
      EXPECT_EQ(answer.base_unknown, conflict && row->at(2) == "none") << row_text(*row);
      if (!conflict) {
        EXPECT_EQ(field_action_name(answer.action), row->at(4)) << row_text(*row);
      } else if (policy == ConflictPolicy::kManual) {
        EXPECT_EQ(answer.action, FieldAction::kHold) << row_text(*row);
      }
    }
  });
  EXPECT_EQ(used.size(), rows.size()) << "a line of the page that no input is on";
}

TEST(DecisionPage, EveryConflictIsOnOneLineThatIsTrue) {
  const std::vector<TableRow> rows = page_table(kPage, "Conflicts");
  std::map<const TableRow*, int> used;
  const std::map<std::string_view, std::int64_t> legacy_stamps = {
      {"legacy later", 20}, {"equal", 10}, {"platform later", 0}};
  const auto check = [&](Scene& scene, const TableRow& row) {
    const FieldAnswer answer = decide(scene).fields[0];
    const bool unknown = scene.fields[0].base == kNoBase;
    const bool says_unknown = unknown && row[5] != "manual" && row[5] != "resolved by a person";
    EXPECT_EQ(field_action_name(answer.action), row[4]);
    EXPECT_EQ(conflict_reason_name(answer.conflict), says_unknown ? "base unknown" : row[5]);
    EXPECT_EQ(answer.base_unknown, unknown);
    if (row[4] != "hold") {
      EXPECT_EQ(toward(other(answer.winner)), answer.action);
    }
  };
  for (const ConflictPolicy policy : kPolicies) {
    for (const auto& [stamps, legacy_stamp] : legacy_stamps) {
      for (const Side ties : {Side::kLegacy, Side::kPlatform}) {
        for (const int asked : {-1, 0, 1}) {
          const std::string_view asked_name =
              asked < 0 ? kDash : side_name(static_cast<Side>(asked));
          const TableRow* row = only_line(rows, [&](const TableRow& r) {
            return r.at(0) == asked_name && any_or(r.at(1), policy_name(policy)) &&
                   any_or(r.at(2), stamps) && any_or(r.at(3), side_name(ties));
          });
          if (row == nullptr) return;
          ++used[row];
          for (const FieldHash base : {FieldHash{1}, kNoBase}) {
            Scene scene;
            scene.tie_winner = ties;
            scene.asked = {static_cast<std::int8_t>(asked)};
            scene.field({.legacy = 2,
                         .platform = 3,
                         .base = base,
                         .legacy_stamp = legacy_stamp,
                         .platform_stamp = 10},
                        {.conflict = policy});
            SCOPED_TRACE(describe(scene) + "\n" + row_text(*row));
            check(scene, *row);
          }
        }
      }
    }
  }
  EXPECT_EQ(used.size(), rows.size()) << "a line of the page that no input is on";
}

TEST(DecisionPage, EveryInputOfAOneWayFieldIsOnOneLineThatIsTrue) {
  const std::vector<TableRow> rows = page_table(kPage, "One-way fields");
  std::map<const TableRow*, int> used;
  const auto check = [&](const Seen& seen, Side source, bool enforce) {
    FieldPolicy policy;
    policy.flow = source == Side::kLegacy ? FieldFlow::kToPlatform : FieldFlow::kToLegacy;
    policy.enforce = enforce;
    const Scene scene = seen.scene(source, policy);
    SCOPED_TRACE(describe(scene));
    const TableRow* row = only_line(rows, [&](const TableRow& r) {
      return seen.is_on(r) && any_or(r.at(4), enforce ? "yes" : "no");
    });
    if (row == nullptr) return;
    ++used[row];
    const FieldAnswer answer = decide(scene).fields[0];
    const std::string_view action =
        row->at(5) == "write" ? field_action_name(toward(other(source))) : row->at(5);
    const std::string reason = row->at(6) == kDash ? "none" : row->at(6);
    EXPECT_EQ(field_action_name(answer.action), action) << row_text(*row);
    EXPECT_EQ(conflict_reason_name(answer.conflict), reason) << row_text(*row);
    EXPECT_EQ(answer.base_unknown, reason == "base unknown") << row_text(*row);
    if (reason != "none") {
      EXPECT_EQ(answer.winner, source) << row_text(*row);
    }
  };
  for_each_seen([&](const Seen& seen) {
    for (const Side source : {Side::kLegacy, Side::kPlatform}) {
      for (const bool enforce : {false, true}) check(seen, source, enforce);
    }
  });
  EXPECT_EQ(used.size(), rows.size()) << "a line of the page that no input is on";
}

bool flows(const Decision& decision) {
  for (const FieldAnswer& field : decision.fields) {
    if (field.action != FieldAction::kNothing) return true;
  }
  return false;
}

// The survivor's first field is edited or not; the dead side, while its row is there, edited the
// second one before it died; nobody edited the third.
Scene update_against_delete(Side survivor, bool edited, bool gone) {
  Scene scene;
  const FieldHash dead_side[] = {1, 2, 1};
  const FieldHash living_side[] = {edited ? FieldHash{3} : FieldHash{1}, 1, 1};
  for (std::size_t i = 0; i < 3; ++i) {
    FieldView view;
    view.base = 1;
    view.legacy = survivor == Side::kLegacy ? living_side[i] : dead_side[i];
    view.platform = survivor == Side::kLegacy ? dead_side[i] : living_side[i];
    if (gone) (survivor == Side::kLegacy ? view.platform : view.legacy) = kNoBase;
    scene.field(view);
  }
  (survivor == Side::kLegacy ? scene.platform : scene.legacy) = Presentation::kDead;
  return scene;
}

void check_delete_line(const TableRow& row, const Scene& scene, Side survivor) {
  const Decision decision = decide(scene);
  SCOPED_TRACE(row_text(row) + "\n" + describe(scene) + "\n" + describe(decision));
  const bool revive = row.at(4) == "revive";
  const bool legacy_lives = survivor == Side::kLegacy;
  const Case deleted = legacy_lives ? Case::kDeleteLegacy : Case::kDeletePlatform;
  const Case revived = legacy_lives ? Case::kRevivePlatform : Case::kReviveLegacy;
  EXPECT_EQ(decision.what, revive ? revived : deleted);
  EXPECT_EQ(decision.delete_lost, row.at(6) == "the delete");
  // A delete writes the survivor, a revival the other side.
  const bool other_written =
      survivor == Side::kLegacy ? decision.writes_platform : decision.writes_legacy;
  if (revive) {
    EXPECT_TRUE(other_written);
  }
  EXPECT_TRUE(revive || (legacy_lives ? decision.writes_legacy : decision.writes_platform));
  if (row.at(5) == "compared") {
    Scene both_alive = scene;
    both_alive.legacy = both_alive.platform = Presentation::kAlive;
    EXPECT_TRUE(decision.fields == decide(both_alive).fields);
    EXPECT_TRUE(flows(decision));
  } else {
    for (const FieldAnswer& field : decision.fields) {
      EXPECT_EQ(field.action, row.at(5) == "all" ? toward(other(survivor)) : FieldAction::kNothing);
    }
    if (row.at(5) == "none") {
      EXPECT_FALSE(other_written);
    }
  }
  const bool lost_edit = row.at(6) == "each lost edit";
  EXPECT_EQ(decision.fields[0].conflict,
            lost_edit ? ConflictReason::kPolicy : ConflictReason::kNone);
  if (lost_edit) {
    EXPECT_EQ(decision.fields[0].winner, other(survivor));
  }
  EXPECT_EQ(decision.fields[2].conflict, ConflictReason::kNone);
}

TEST(DecisionPage, EveryUpdateAgainstADeleteIsOnOneLineThatIsTrue) {
  const std::vector<TableRow> rows = page_table(kPage, "Update against delete");
  std::map<const TableRow*, int> used;
  for (unsigned bits = 0; bits < 32; ++bits) {
    const bool update_wins = (bits & 1U) != 0;
    const bool edited = (bits & 2U) != 0;
    const bool gone = (bits & 4U) != 0;
    const bool both_soft = (bits & 8U) != 0;
    const Side survivor = (bits & 16U) != 0 ? Side::kLegacy : Side::kPlatform;
    const TableRow* row = only_line(rows, [&](const TableRow& r) {
      return r.at(0) == (update_wins ? "update_wins" : "delete_wins") &&
             r.at(1) == (edited ? "yes" : "no") && r.at(2) == (gone ? "gone" : "there") &&
             any_or(r.at(3), both_soft ? "yes" : "no");
    });
    if (row == nullptr) return;
    ++used[row];
    Scene scene = update_against_delete(survivor, edited, gone);
    scene.both_soft = both_soft;
    scene.on_delete = update_wins ? DeletePolicy::kUpdateWins : DeletePolicy::kDeleteWins;
    check_delete_line(*row, scene, survivor);
  }
  EXPECT_EQ(used.size(), rows.size()) << "a line of the page that no input is on";
}

// A field on which both sides made the same edit: comparing it shows as `agree`, and nothing else
// does.
Scene same_edit(LinkState link, Presentation legacy, Presentation platform, bool both_soft) {
  Scene scene;
  scene.link = link;
  scene.legacy = legacy;
  scene.platform = platform;
  scene.both_soft = both_soft;
  scene.on_delete = DeletePolicy::kDeleteWins;
  FieldView view;
  view.legacy = legacy == Presentation::kAbsent ? kNoBase : 2;
  view.platform = platform == Presentation::kAbsent ? kNoBase : 2;
  view.base = link == LinkState::kNone ? kNoBase : 1;
  scene.field(view);
  return scene;
}

void check_case_line(const TableRow& row, const Scene& scene) {
  const Decision decision = decide(scene);
  SCOPED_TRACE(row_text(row) + "\n" + describe(scene) + "\n" + describe(decision));
  EXPECT_EQ(decision.writes_legacy, row.at(1) == "legacy");
  EXPECT_EQ(decision.writes_platform, row.at(1) == "platform");
  const bool one_gone =
      scene.legacy == Presentation::kAbsent || scene.platform == Presentation::kAbsent;
  const bool to_new_row =
      row[2] == "all" || (row[2].ends_with("all if the row is gone") && one_gone);
  const bool compared = row[2].starts_with("compared") && !one_gone &&
                        (row[2] != "compared if both soft" || scene.both_soft);
  FieldAction action = FieldAction::kNothing;
  if (to_new_row) action = toward(row[1] == "legacy" ? Side::kLegacy : Side::kPlatform);
  if (compared) action = FieldAction::kAgree;
  EXPECT_EQ(decision.fields[0].action, action);
  EXPECT_EQ(decision.fields[0].conflict, ConflictReason::kNone);
  EXPECT_FALSE(decision.delete_lost);
  const LinkState after = carried_out(scene, decision).link;
  EXPECT_EQ(link_state_name(after), row[3] == "as it was" ? link_state_name(scene.link) : row[3]);
}

TEST(DecisionPage, EveryCaseDoesWhatItsLineSays) {
  std::map<std::string, TableRow> lines;
  for (const TableRow& row : page_table(kPage, "What a case does")) lines[row.at(0)] = row;
  for (const LinkState link : kLinkStates) {
    for (const Presentation legacy : kPresentations) {
      for (const Presentation platform : kPresentations) {
        for (const bool both_soft : {false, true}) {
          const Scene scene = same_edit(link, legacy, platform, both_soft);
          const std::string name(case_name(decide(scene).what));
          ASSERT_TRUE(lines.contains(name)) << name;
          check_case_line(lines[name], scene);
        }
      }
    }
  }
}

FieldHash hash_of(const std::string& text) {
  return text == "none" ? kNoBase : std::hash<std::string>{}(text) | 1U;
}

TEST(DecisionPage, WorkedExampleComesOutAsPrinted) {
  const std::vector<TableRow> rows = page_table(kPage, "A worked example");
  ASSERT_EQ(rows.size(), 10U);
  constexpr std::int64_t kMinute = 60'000'000;
  Scene scene;
  scene.precision_us = kMinute;
  for (const TableRow& row : rows) {
    FieldPolicy policy;
    policy.flow = row.at(1) == "both"          ? FieldFlow::kBoth
                  : row.at(1) == "to_platform" ? FieldFlow::kToPlatform
                                               : FieldFlow::kToLegacy;
    policy.conflict = policy_of(row.at(2));
    policy.group = row.at(3) == kDash ? -1 : std::stoi(row.at(3));
    scene.field({.legacy = hash_of(row.at(4)),
                 .platform = hash_of(row.at(5)),
                 .base = hash_of(row.at(6)),
                 .legacy_stamp = (10 * 60 + 20) * kMinute,
                 .platform_stamp = (10 * 60 + 30) * kMinute},
                policy);
  }
  const Decision decision = decide(scene);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(field_action_name(decision.fields[i].action), rows[i].at(7)) << rows[i].at(0);
    EXPECT_EQ(conflict_reason_name(decision.fields[i].conflict), rows[i].at(8)) << rows[i].at(0);
  }
  const Decision again = decide(carried_out(scene, decision));
  EXPECT_FALSE(again.writes_legacy || again.writes_platform) << describe(again);
}

}  // namespace
}  // namespace atlas
