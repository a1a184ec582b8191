#include "resolve/scene_testing.h"

#include <algorithm>
#include <utility>

namespace atlas {
namespace {

Case swapped(Case c) {
  switch (c) {
    case Case::kCreatePlatform:
      return Case::kCreateLegacy;
    case Case::kCreateLegacy:
      return Case::kCreatePlatform;
    case Case::kDeletePlatform:
      return Case::kDeleteLegacy;
    case Case::kDeleteLegacy:
      return Case::kDeletePlatform;
    case Case::kRevivePlatform:
      return Case::kReviveLegacy;
    case Case::kReviveLegacy:
      return Case::kRevivePlatform;
    case Case::kNothing:
    case Case::kAdopt:
    case Case::kFields:
    case Case::kBothDead:
    case Case::kStillDead:
    case Case::kBothRevived:
    case Case::kSuspectedDelete:
    case Case::kFilteredDead:
    case Case::kFilteredScope:
    case Case::kHoldMismatch:
      return c;
  }
  return c;
}

FieldAction swapped(FieldAction action) {
  switch (action) {
    case FieldAction::kToPlatform:
      return FieldAction::kToLegacy;
    case FieldAction::kToLegacy:
      return FieldAction::kToPlatform;
    case FieldAction::kNothing:
    case FieldAction::kAgree:
    case FieldAction::kHold:
    case FieldAction::kDrift:
      return action;
  }
  return action;
}

FieldPolicy swapped(FieldPolicy policy) {
  if (policy.flow != FieldFlow::kBoth) {
    policy.flow =
        policy.flow == FieldFlow::kToLegacy ? FieldFlow::kToPlatform : FieldFlow::kToLegacy;
  }
  if (policy.conflict == ConflictPolicy::kLegacy) {
    policy.conflict = ConflictPolicy::kPlatform;
  } else if (policy.conflict == ConflictPolicy::kPlatform) {
    policy.conflict = ConflictPolicy::kLegacy;
  }
  return policy;
}

// The row of `side` keeps its values under a mark where both sides are soft and have a row; else it
// goes.
void bury(Scene& scene, Side side) {
  const bool stays =
      scene.both_soft && std::ranges::any_of(scene.fields, [&](const FieldView& view) {
        return value_of(view, other(side)) != kNoBase;
      });
  (side == Side::kLegacy ? scene.legacy : scene.platform) =
      stays ? Presentation::kDead : Presentation::kAbsent;
  if (stays) return;
  for (FieldView& view : scene.fields) {
    (side == Side::kLegacy ? view.legacy : view.platform) = kNoBase;
  }
}

void confirm_liveness(Scene& scene, Case what) {
  switch (what) {
    case Case::kCreatePlatform:
    case Case::kCreateLegacy:
    case Case::kAdopt:
    case Case::kFields:
    case Case::kRevivePlatform:
    case Case::kReviveLegacy:
    case Case::kBothRevived:
      scene.link = LinkState::kAlive;
      scene.legacy = scene.platform = Presentation::kAlive;
      return;
    case Case::kDeletePlatform:
      scene.link = LinkState::kDead;
      bury(scene, Side::kPlatform);
      return;
    case Case::kDeleteLegacy:
      scene.link = LinkState::kDead;
      bury(scene, Side::kLegacy);
      return;
    case Case::kBothDead:
    case Case::kStillDead:
      scene.link = LinkState::kDead;
      return;
    case Case::kNothing:
    case Case::kSuspectedDelete:
    case Case::kFilteredDead:
    case Case::kFilteredScope:
    case Case::kHoldMismatch:
      return;
  }
}

std::string text(std::int64_t stamp) {
  return stamp == kMinusInfinity ? "-inf" : std::to_string(stamp);
}

std::string text(FieldHash hash, bool null) {
  return hash == kNoBase ? "–" : std::to_string(hash) + (null ? " (null)" : "");
}

}  // namespace

Scene& Scene::field(const FieldView& view, const FieldPolicy& policy) {
  fields.push_back(view);
  policies.push_back(policy);
  return *this;
}

Decision decide(const Scene& scene) {
  DecideInput input;
  input.link = scene.link;
  input.legacy = scene.legacy;
  input.platform = scene.platform;
  input.both_soft = scene.both_soft;
  input.on_delete = scene.on_delete;
  input.tie_winner = scene.tie_winner;
  input.stamp_precision_us = scene.precision_us;
  input.fields = scene.fields;
  input.policies = scene.policies;
  input.asked = scene.asked;
  return decide(input);
}

Scene swapped(const Scene& scene) {
  Scene out = scene;
  std::swap(out.legacy, out.platform);
  out.tie_winner = other(scene.tie_winner);
  for (FieldView& view : out.fields) {
    std::swap(view.legacy, view.platform);
    std::swap(view.legacy_null, view.platform_null);
    std::swap(view.legacy_stamp, view.platform_stamp);
  }
  for (FieldPolicy& policy : out.policies) policy = swapped(policy);
  for (std::int8_t& side : out.asked) {
    if (side >= 0) side = static_cast<std::int8_t>(1 - side);
  }
  return out;
}

Decision swapped(const Decision& decision) {
  Decision out = decision;
  out.what = swapped(decision.what);
  std::swap(out.writes_legacy, out.writes_platform);
  for (FieldAnswer& field : out.fields) {
    field.action = swapped(field.action);
    field.winner = other(field.winner);
  }
  return out;
}

Scene carried_out(const Scene& scene, const Decision& decision) {
  Scene out = scene;
  out.asked.clear();
  for (std::size_t i = 0; i < out.fields.size(); ++i) {
    FieldView& view = out.fields[i];
    switch (decision.fields[i].action) {
      case FieldAction::kToPlatform:
        view.platform = view.base = view.legacy;
        view.platform_null = view.legacy_null;
        break;
      case FieldAction::kToLegacy:
        view.legacy = view.base = view.platform;
        view.legacy_null = view.platform_null;
        break;
      case FieldAction::kAgree:
        view.base = view.legacy;
        break;
      case FieldAction::kNothing:
      case FieldAction::kHold:
      case FieldAction::kDrift:
        break;
    }
  }
  confirm_liveness(out, decision.what);
  return out;
}

FieldHash value_of(const FieldView& view, Side side) {
  return side == Side::kLegacy ? view.legacy : view.platform;
}

bool is_edit(const Scene& scene, std::size_t field, Side side) {
  const FieldView& view = scene.fields[field];
  const FieldHash mine = value_of(view, side);
  const FieldHash theirs = value_of(view, other(side));
  if (mine == kNoBase) return false;
  if (view.base != kNoBase) return mine != view.base;
  if (theirs == kNoBase || mine == theirs) return false;
  const bool null = side == Side::kLegacy ? view.legacy_null : view.platform_null;
  const FieldFlow flow = scene.policies[field].flow;
  const bool target =
      flow == (side == Side::kLegacy ? FieldFlow::kToLegacy : FieldFlow::kToPlatform);
  return !(null && (target || scene.link == LinkState::kNone));
}

std::string describe(const Scene& scene) {
  std::string out;
  out += "link " + std::string(link_state_name(scene.link));
  out += ", legacy " + std::string(presentation_name(scene.legacy));
  out += ", platform " + std::string(presentation_name(scene.platform));
  out += scene.both_soft ? ", both soft" : "";
  out += scene.on_delete == DeletePolicy::kUpdateWins ? ", update wins" : ", delete wins";
  out += ", ties to " + std::string(side_name(scene.tie_winner));
  for (std::size_t i = 0; i < scene.fields.size(); ++i) {
    const FieldView& f = scene.fields[i];
    const FieldPolicy& p = scene.policies[i];
    out += "\n  field: legacy " + text(f.legacy, f.legacy_null) + " @" + text(f.legacy_stamp);
    out += ", platform " + text(f.platform, f.platform_null) + " @" + text(f.platform_stamp);
    out += ", base " + text(f.base, false);
    out += ", flow " + std::to_string(static_cast<int>(p.flow));
    out += ", policy " + std::to_string(static_cast<int>(p.conflict));
    out += ", group " + std::to_string(p.group) + (p.enforce ? ", enforce" : "");
    out += p.applies ? "" : ", does not apply";
    if (!scene.asked.empty()) out += ", asked " + std::to_string(scene.asked[i]);
  }
  return out;
}

std::string describe(const Decision& decision) {
  std::string out(case_name(decision.what));
  out += decision.writes_legacy ? ", writes legacy" : "";
  out += decision.writes_platform ? ", writes platform" : "";
  out += decision.delete_lost ? ", delete lost" : "";
  for (const FieldAnswer& f : decision.fields) {
    out += "\n  " + std::string(field_action_name(f.action));
    out += ", " + std::string(conflict_reason_name(f.conflict));
    out += f.base_unknown ? ", base unknown" : "";
    out += ", winner " + std::string(side_name(f.winner));
  }
  return out;
}

bool operator==(const FieldAnswer& a, const FieldAnswer& b) {
  const bool same =
      a.action == b.action && a.conflict == b.conflict && a.base_unknown == b.base_unknown;
  const bool has_winner = a.conflict != ConflictReason::kNone && a.action != FieldAction::kHold;
  return same && (!has_winner || a.winner == b.winner);
}

bool operator==(const Decision& a, const Decision& b) {
  return a.what == b.what && a.delete_lost == b.delete_lost && a.writes_legacy == b.writes_legacy &&
         a.writes_platform == b.writes_platform &&
         std::ranges::equal(a.fields, b.fields,
                            [](const FieldAnswer& x, const FieldAnswer& y) { return x == y; });
}

}  // namespace atlas
