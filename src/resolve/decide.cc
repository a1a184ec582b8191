#include "resolve/decide.h"

#include "foundation/planted.h"

#include <algorithm>

namespace atlas {
namespace {

std::int64_t truncate(std::int64_t stamp, std::int64_t precision) {
  if (precision <= 1 || stamp == kInfinity || stamp == kMinusInfinity) return stamp;
  const std::int64_t rest = ((stamp % precision) + precision) % precision;
  return stamp < kMinusInfinity + rest ? kMinusInfinity : stamp - rest;
}

// One unit of conflict: a group's fields, or a single field.
struct Unit {
  std::vector<std::size_t> fields;
  bool legacy_edited = false;
  bool platform_edited = false;
  std::int64_t legacy_stamp = kMinusInfinity;
  std::int64_t platform_stamp = kMinusInfinity;
};

class FieldDecider {
 public:
  FieldDecider(const DecideInput& input, std::vector<FieldAnswer>& out) : in_(input), out_(out) {}

  void run() {
    for (std::size_t i = 0; i < in_.fields.size(); ++i) {
      if (!in_.policies[i].applies) continue;
      if (in_.policies[i].flow != FieldFlow::kBoth) {
        one_way(i);
      } else if (in_.policies[i].group < 0) {
        Unit unit;
        add(unit, i);
        settle(unit);
      } else if (first_of_group(i)) {
        Unit unit;
        for (std::size_t j = i; j < in_.fields.size(); ++j) {
          if (in_.policies[j].group == in_.policies[i].group && in_.policies[j].applies &&
              in_.policies[j].flow == FieldFlow::kBoth) {
            add(unit, j);
          }
        }
        settle(unit);
      }
    }
  }

 private:
  bool first_of_group(std::size_t i) const {
    for (std::size_t j = 0; j < i; ++j) {
      if (in_.policies[j].group == in_.policies[i].group && in_.policies[j].applies &&
          in_.policies[j].flow == FieldFlow::kBoth) {
        return false;
      }
    }
    return true;
  }

  void add(Unit& unit, std::size_t i) const {
    const FieldView& f = in_.fields[i];
    unit.fields.push_back(i);
    if (f.legacy == kNoBase || f.platform == kNoBase || f.legacy == f.platform) return;
    bool legacy_edit = f.legacy != f.base;
    bool platform_edit = f.platform != f.base;
    if (f.base == kNoBase) {
      // E15: in an adoption null yields to a value; otherwise both count as edits without a base.
      const bool adopts = in_.link == LinkState::kNone && !planted(Plant::kNullWinsAdoption);
      if (adopts && f.legacy_null) legacy_edit = false;
      if (adopts && f.platform_null) platform_edit = false;
    }
    unit.legacy_edited |= legacy_edit;
    unit.platform_edited |= platform_edit;
    if (legacy_edit) unit.legacy_stamp = std::max(unit.legacy_stamp, f.legacy_stamp);
    if (platform_edit) unit.platform_stamp = std::max(unit.platform_stamp, f.platform_stamp);
  }

  void flow(std::size_t i, Side from) const {
    out_[i].action = from == Side::kLegacy ? FieldAction::kToPlatform : FieldAction::kToLegacy;
  }

  // A part that one side does not have yet receives the other side's value.
  bool one_sided(std::size_t i) const {
    const FieldView& f = in_.fields[i];
    if (f.legacy == kNoBase && f.platform == kNoBase) return true;
    if (f.platform == kNoBase) {
      if (f.legacy != f.base || f.base == kNoBase) flow(i, Side::kLegacy);
      return true;
    }
    if (f.legacy == kNoBase) {
      if (f.platform != f.base || f.base == kNoBase) flow(i, Side::kPlatform);
      return true;
    }
    return false;
  }

  void settle(const Unit& unit) const {
    Side winner = unit.legacy_edited ? Side::kLegacy : Side::kPlatform;
    ConflictReason reason = ConflictReason::kNone;
    bool hold = false;
    if (unit.legacy_edited && unit.platform_edited) choose(unit, winner, reason, hold);
    for (const std::size_t i : unit.fields) {
      const FieldView& f = in_.fields[i];
      if (one_sided(i)) continue;
      if (f.legacy == f.platform) {
        if (f.legacy != f.base) out_[i].action = FieldAction::kAgree;
        continue;
      }
      if (!unit.legacy_edited && !unit.platform_edited)
        continue;  // unreachable: unequal values differ from some base
      if (hold) {
        out_[i] = {FieldAction::kHold, reason, f.base == kNoBase, winner};
        continue;
      }
      flow(i, winner);
      if (reason != ConflictReason::kNone) report_loser(i, winner, reason);
    }
  }

  // Writing the winner's value over the other side's loses an edit where that one differs from
  // base.
  void report_loser(std::size_t i, Side winner, ConflictReason reason) const {
    const FieldView& f = in_.fields[i];
    const FieldHash loser = winner == Side::kLegacy ? f.platform : f.legacy;
    const bool loser_null = winner == Side::kLegacy ? f.platform_null : f.legacy_null;
    const bool base_unknown = f.base == kNoBase;
    if (loser == kNoBase || loser == f.base) return;
    const bool one_way = in_.policies[i].flow != FieldFlow::kBoth;
    if (base_unknown && loser_null && (one_way || in_.link == LinkState::kNone)) return;
    const bool say_unknown = base_unknown && reason != ConflictReason::kAsked;
    out_[i].conflict = say_unknown ? ConflictReason::kBaseUnknown : reason;
    out_[i].base_unknown = base_unknown;
    out_[i].winner = winner;
  }

  void choose(const Unit& unit, Side& winner, ConflictReason& reason, bool& hold) const {
    for (const std::size_t i : unit.fields) {
      if (!in_.asked.empty() && in_.asked[i] >= 0) {
        winner = in_.asked[i] == 0 ? Side::kLegacy : Side::kPlatform;
        reason = ConflictReason::kAsked;
        return;
      }
    }
    switch (in_.policies[unit.fields.front()].conflict) {
      case ConflictPolicy::kNewest: {
        bool tie = false;
        winner = newest(unit.legacy_stamp, unit.platform_stamp, in_.stamp_precision_us,
                        in_.tie_winner, &tie);
        reason = tie ? ConflictReason::kTieRank : ConflictReason::kNewest;
        return;
      }
      case ConflictPolicy::kLegacy:
        winner = Side::kLegacy;
        reason = ConflictReason::kPolicy;
        return;
      case ConflictPolicy::kPlatform:
        winner = Side::kPlatform;
        reason = ConflictReason::kPolicy;
        return;
      case ConflictPolicy::kManual:
        if (planted(Plant::kManualOverwrites)) return;
        hold = true;
        reason = ConflictReason::kManual;
        return;
    }
  }

  void one_way(std::size_t i) const {
    const FieldView& f = in_.fields[i];
    const bool to_platform = in_.policies[i].flow == FieldFlow::kToPlatform;
    const FieldHash source = to_platform ? f.legacy : f.platform;
    const FieldHash target = to_platform ? f.platform : f.legacy;
    if (source == kNoBase) return;
    if (source == target) {
      if (source != f.base) out_[i].action = FieldAction::kAgree;
      return;
    }
    if (source != f.base || in_.policies[i].enforce || target == kNoBase) {
      const Side from = to_platform ? Side::kLegacy : Side::kPlatform;
      flow(i, from);
      report_loser(i, from, ConflictReason::kPolicy);
    } else {
      out_[i].action = FieldAction::kDrift;
    }
  }

  const DecideInput& in_;
  std::vector<FieldAnswer>& out_;
};

// Every field of the surviving side flows to a row that is made (or made again).
void flow_all(const DecideInput& in, Side from, std::vector<FieldAnswer>& out) {
  for (std::size_t i = 0; i < in.fields.size(); ++i) {
    if (!in.policies[i].applies) continue;
    const FieldFlow flow = in.policies[i].flow;
    const FieldHash source = from == Side::kLegacy ? in.fields[i].legacy : in.fields[i].platform;
    if (source == kNoBase) continue;
    if (from == Side::kLegacy && flow != FieldFlow::kToLegacy)
      out[i].action = FieldAction::kToPlatform;
    if (from == Side::kPlatform && flow != FieldFlow::kToPlatform)
      out[i].action = FieldAction::kToLegacy;
  }
}

bool edited(const DecideInput& in, Side side) {
  for (std::size_t i = 0; i < in.fields.size(); ++i) {
    if (!in.policies[i].applies || in.policies[i].flow != FieldFlow::kBoth) continue;
    const FieldHash value = side == Side::kLegacy ? in.fields[i].legacy : in.fields[i].platform;
    if (value != kNoBase && in.fields[i].base != kNoBase && value != in.fields[i].base) return true;
  }
  return false;
}

// A dead side may be a row that is gone: then there is nothing to compare with, and nothing to
// write to but a new row.
bool shows_values(const DecideInput& in, Side side) {
  const Presentation shown = side == Side::kLegacy ? in.legacy : in.platform;
  if (shown == Presentation::kAbsent) return false;
  return std::ranges::any_of(in.fields, [&](const FieldView& field) {
    return (side == Side::kLegacy ? field.legacy : field.platform) != kNoBase;
  });
}

// `from` is alive and the other side's row comes back: the same row if it is there, else a new one
// with every field.
void revive(const DecideInput& in, Side from, std::vector<FieldAnswer>& out) {
  if (shows_values(in, other(from))) {
    FieldDecider(in, out).run();
  } else {
    flow_all(in, from, out);
  }
}

// The survivor's row goes, and what was edited there since the base goes with it.
void report_lost_updates(const DecideInput& in, Side survivor, std::vector<FieldAnswer>& out) {
  const FieldFlow inward =
      survivor == Side::kLegacy ? FieldFlow::kToLegacy : FieldFlow::kToPlatform;
  for (std::size_t i = 0; i < in.fields.size(); ++i) {
    const FieldView& f = in.fields[i];
    if (!in.policies[i].applies || in.policies[i].flow == inward) continue;
    const FieldHash value = survivor == Side::kLegacy ? f.legacy : f.platform;
    if (value == kNoBase || f.base == kNoBase || value == f.base || f.legacy == f.platform) {
      continue;
    }
    out[i].conflict = ConflictReason::kPolicy;
    out[i].winner = other(survivor);
  }
}

void settle_delete(const DecideInput& in, Side survivor, Decision& out) {
  if (in.on_delete == DeletePolicy::kUpdateWins && edited(in, survivor)) {
    out.delete_lost = true;
    out.what = survivor == Side::kPlatform ? Case::kReviveLegacy : Case::kRevivePlatform;
    revive(in, survivor, out.fields);
  } else if (in.both_soft && shows_values(in, other(survivor))) {
    FieldDecider(in, out.fields).run();
  } else {
    report_lost_updates(in, survivor, out.fields);
  }
}

}  // namespace

Side newest(std::int64_t legacy_stamp, std::int64_t platform_stamp, std::int64_t precision_us,
            Side tie_winner, bool* tie) {
  const std::int64_t legacy = truncate(legacy_stamp, precision_us);
  const std::int64_t platform = truncate(platform_stamp, precision_us);
  if (tie != nullptr) *tie = legacy == platform;
  if (legacy != platform && planted(Plant::kOldestWins))
    return legacy < platform ? Side::kLegacy : Side::kPlatform;
  if (legacy != platform) return legacy > platform ? Side::kLegacy : Side::kPlatform;
  return tie_winner;
}

Decision decide(const DecideInput& input) {
  Decision out;
  out.what = classify(input.link, input.legacy, input.platform);
  out.fields.resize(input.fields.size());
  switch (out.what) {
    case Case::kNothing:
    case Case::kSuspectedDelete:
    case Case::kFilteredDead:
    case Case::kFilteredScope:
    case Case::kHoldMismatch:
      break;
    case Case::kCreatePlatform:
      flow_all(input, Side::kLegacy, out.fields);
      out.writes_platform = true;
      break;
    case Case::kCreateLegacy:
      flow_all(input, Side::kPlatform, out.fields);
      out.writes_legacy = true;
      break;
    case Case::kAdopt:
    case Case::kFields:
    case Case::kBothRevived:
      FieldDecider(input, out.fields).run();
      break;
    case Case::kBothDead:
    case Case::kStillDead:
      if (input.both_soft && shows_values(input, Side::kLegacy) &&
          shows_values(input, Side::kPlatform)) {
        FieldDecider(input, out.fields).run();
      }
      break;
    case Case::kDeletePlatform:
      if (planted(Plant::kDeathIgnored)) {
        out.what = Case::kNothing;
        return out;
      }
      settle_delete(input, Side::kPlatform, out);
      break;
    case Case::kDeleteLegacy:
      settle_delete(input, Side::kLegacy, out);
      break;
    case Case::kRevivePlatform:
      revive(input, Side::kLegacy, out.fields);
      break;
    case Case::kReviveLegacy:
      revive(input, Side::kPlatform, out.fields);
      break;
  }
  for (const FieldAnswer& field : out.fields) {
    out.writes_platform |= field.action == FieldAction::kToPlatform;
    out.writes_legacy |= field.action == FieldAction::kToLegacy;
  }
  out.writes_platform |= out.what == Case::kDeletePlatform || out.what == Case::kRevivePlatform;
  out.writes_legacy |= out.what == Case::kDeleteLegacy || out.what == Case::kReviveLegacy;
  return out;
}

std::string_view field_action_name(FieldAction action) {
  switch (action) {
    case FieldAction::kNothing:
      return "nothing";
    case FieldAction::kAgree:
      return "agree";
    case FieldAction::kToPlatform:
      return "to_platform";
    case FieldAction::kToLegacy:
      return "to_legacy";
    case FieldAction::kHold:
      return "hold";
    case FieldAction::kDrift:
      return "drift";
  }
  return "?";
}

std::string_view conflict_reason_name(ConflictReason reason) {
  switch (reason) {
    case ConflictReason::kNone:
      return "none";
    case ConflictReason::kNewest:
      return "newest";
    case ConflictReason::kTieRank:
      return "equal stamps, side rank";
    case ConflictReason::kPolicy:
      return "policy";
    case ConflictReason::kManual:
      return "manual";
    case ConflictReason::kAsked:
      return "resolved by a person";
    case ConflictReason::kBaseUnknown:
      return "base unknown";
  }
  return "?";
}

}  // namespace atlas
