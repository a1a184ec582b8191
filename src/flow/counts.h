#pragma once

// The accounts of a page, an entity, a run (ENGINE E34).

#include <array>
#include <cstdint>
#include <string_view>

namespace atlas {

// What became of one decided instance. Exactly one each.
enum class Outcome : std::uint8_t {
  kApplied,
  kUnchanged,
  kFiltered,
  kHeld,
  kQuarantined,
  kWaiting,
  kStale,
  kLeft,  // not reached: a deadline or a lost peer
  kSuspectedDelete,
};
inline constexpr std::size_t kOutcomes = 9;
std::string_view outcome_name(Outcome outcome);

struct Counts {
  std::int64_t captured = 0;  // keys given by scans and pending sets
  std::int64_t echo = 0;      // of these: our own writes seen again (E16)
  std::int64_t merged = 0;    // of these: another key of an instance already in the page
  std::int64_t parked =
      0;  // of these: set aside as match candidates, decided later in the run (E27)
  std::int64_t decided = 0;
  std::array<std::int64_t, kOutcomes> outcomes{};
  // Details of kApplied; one instance may count in several.
  std::int64_t created_legacy = 0, created_platform = 0, updated_legacy = 0, updated_platform = 0;
  std::int64_t deleted_legacy = 0, deleted_platform = 0, revived_legacy = 0, revived_platform = 0;
  std::int64_t adopted = 0, deferred = 0;
  std::int64_t conflicts = 0, conflicts_held = 0, base_unknown = 0, drift = 0;
  std::int64_t legacy_user_writes = 0;  // counted in phase legacy_readonly (E22)
  std::int64_t rows_written = 0;

  std::int64_t& operator[](Outcome outcome) { return outcomes[static_cast<std::size_t>(outcome)]; }
  std::int64_t operator[](Outcome outcome) const {
    return outcomes[static_cast<std::size_t>(outcome)];
  }
  void add(const Counts& other);
  // captured = echo + merged + parked + decided, and decided = the sum of outcomes.
  bool conserved() const;
};

// Name and value of every counter, in a fixed order: reports and tables iterate over it.
struct CountField {
  std::string_view name;
  std::int64_t Counts::* member;
};
const std::array<CountField, 19>& count_fields();

}  // namespace atlas
