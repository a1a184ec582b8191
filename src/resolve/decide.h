#pragma once

// The pure decision (DESIGN §2, ENGINE §2–3): given what both sides show of one instance, the link
// and the policies, what is to be written where. Deterministic; equal inputs, equal answer;
// swapping the sides swaps the answer (RELIABILITY S4).

#include "foundation/ids.h"
#include "model/hashing.h"
#include "resolve/liveness.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace atlas {

enum class FieldFlow : std::uint8_t { kBoth, kToPlatform, kToLegacy };
enum class ConflictPolicy : std::uint8_t { kNewest, kLegacy, kPlatform, kManual };
enum class DeletePolicy : std::uint8_t { kUpdateWins, kDeleteWins };

// A field as both sides show it. kNoBase as a side's hash: that side has no value for it (its part
// is absent).
struct FieldView {
  FieldHash legacy = kNoBase;
  FieldHash platform = kNoBase;
  FieldHash base = kNoBase;
  bool legacy_null = false;
  bool platform_null = false;
  // Effective stamps of the rows that hold the field, UTC µs, clock offset applied (E18, E19).
  std::int64_t legacy_stamp = kMinusInfinity;
  std::int64_t platform_stamp = kMinusInfinity;
};

struct FieldPolicy {
  FieldFlow flow = FieldFlow::kBoth;
  ConflictPolicy conflict = ConflictPolicy::kNewest;
  std::int32_t group = -1;  // fields of one group win or lose together
  bool enforce = false;     // one-way: drift of the target is written over (E17)
  bool applies = true;      // false: not a field of this kind
};

struct DecideInput {
  LinkState link = LinkState::kNone;
  Presentation legacy = Presentation::kAbsent;
  Presentation platform = Presentation::kAbsent;
  bool both_soft = false;  // fields of dead instances flow only then (E14)
  DeletePolicy on_delete = DeletePolicy::kUpdateWins;
  Side tie_winner = Side::kPlatform;    // side rank when stamps tie (E18)
  std::int64_t stamp_precision_us = 1;  // the coarser side's
  std::span<const FieldView> fields;
  std::span<const FieldPolicy> policies;  // same length
  std::span<const std::int8_t>
      asked;  // per field: -1 no, else index(Side) a person asked for; may be empty
};

enum class FieldAction : std::uint8_t {
  kNothing,  // base already holds, or it does not apply
  kAgree,    // both sides are equal: the base becomes their value
  kToPlatform,
  kToLegacy,
  kHold,   // manual: base and both values stay (E21)
  kDrift,  // one-way target differs: reported only (E17)
};

enum class ConflictReason : std::uint8_t {
  kNone,
  kNewest,
  kTieRank,
  kPolicy,
  kManual,
  kAsked,
  kBaseUnknown
};

struct FieldAnswer {
  FieldAction action = FieldAction::kNothing;
  ConflictReason conflict = ConflictReason::kNone;  // set when an edit loses or is held
  bool base_unknown = false;                        // conflict without a base (E15)
  Side winner = Side::kLegacy;  // valid when conflict is set and action is not kHold
};

struct Decision {
  Case what = Case::kNothing;
  std::vector<FieldAnswer> fields;
  bool delete_lost =
      false;  // update_wins: the dead side is revived instead (recorded as a conflict of liveness)
  bool writes_legacy = false;
  bool writes_platform = false;
};

Decision decide(const DecideInput& input);

// The winner of one conflict under `newest`: later stamp (truncated), then side rank, then value
// hash. Exposed for the law tests.
Side newest(std::int64_t legacy_stamp, std::int64_t platform_stamp, std::int64_t precision_us,
            Side tie_winner, bool* tie);

std::string_view field_action_name(FieldAction action);
std::string_view conflict_reason_name(ConflictReason reason);

}  // namespace atlas
