#include "flow/counts.h"

#include <numeric>

namespace atlas {

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kApplied:
      return "applied";
    case Outcome::kUnchanged:
      return "unchanged";
    case Outcome::kFiltered:
      return "filtered";
    case Outcome::kHeld:
      return "held";
    case Outcome::kQuarantined:
      return "quarantined";
    case Outcome::kWaiting:
      return "waiting";
    case Outcome::kStale:
      return "stale";
    case Outcome::kLeft:
      return "left";
    case Outcome::kSuspectedDelete:
      return "suspected_delete";
  }
  return "?";
}

const std::array<CountField, 19>& count_fields() {
  static constexpr std::array<CountField, 19> kFields = {{
      {"captured", &Counts::captured},
      {"echo", &Counts::echo},
      {"merged", &Counts::merged},
      {"parked", &Counts::parked},
      {"decided", &Counts::decided},
      {"created_legacy", &Counts::created_legacy},
      {"created_platform", &Counts::created_platform},
      {"updated_legacy", &Counts::updated_legacy},
      {"updated_platform", &Counts::updated_platform},
      {"deleted_legacy", &Counts::deleted_legacy},
      {"deleted_platform", &Counts::deleted_platform},
      {"revived_legacy", &Counts::revived_legacy},
      {"revived_platform", &Counts::revived_platform},
      {"adopted", &Counts::adopted},
      {"deferred", &Counts::deferred},
      {"conflicts", &Counts::conflicts},
      {"conflicts_held", &Counts::conflicts_held},
      {"base_unknown", &Counts::base_unknown},
      {"rows_written", &Counts::rows_written},
  }};
  return kFields;
}

void Counts::add(const Counts& other) {
  for (const CountField& field : count_fields()) this->*field.member += other.*field.member;
  drift += other.drift;
  legacy_user_writes += other.legacy_user_writes;
  for (std::size_t i = 0; i < kOutcomes; ++i) outcomes[i] += other.outcomes[i];
}

bool Counts::conserved() const {
  const std::int64_t sum = std::accumulate(outcomes.begin(), outcomes.end(), std::int64_t{0});
  return decided == sum && captured == echo + merged + parked + decided;
}

}  // namespace atlas
