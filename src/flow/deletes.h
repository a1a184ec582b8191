#pragma once

// Deletes that are due, and the cap on them (ENGINE E32). Candidates stand in the pending set; what
// was deleted lately and what a person approved are notes in state.

#include "mapping/plan.h"
#include "state/store.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace atlas {

// Whether a pending entry of this code is a delete that waits for the end of a run.
bool is_due(std::uint16_t code);

// A person's yes to one set of deletes: those that were due when it was named. What becomes due
// later is not in it.
struct Approval {
  Instant cutoff;  // due since then or before
  Instant expires;
  std::int64_t rows = 0;
  std::string set;  // DeleteSet::name when it was given
  std::string by, reason;

  bool covers(const Pending& pending, Instant now) const {
    return now < expires && pending.since <= cutoff;
  }
  std::string text() const;
  static std::optional<Approval> parse(std::string_view text);
};
std::string approval_note(std::string_view entity);

// How many rows were deleted when, to the minute; of the last 24 hours.
class DeleteLedger {
 public:
  static constexpr Micros kSpan = std::chrono::hours(24);

  static DeleteLedger parse(std::string_view text);
  std::int64_t total(Instant now) const;
  void add(Instant now, std::int64_t rows);
  std::string text(Instant now) const;

 private:
  std::map<std::int64_t, std::int64_t> by_minute_;
};
std::string ledger_note(std::string_view entity);

// The deletes of one entity that are due.
struct DeleteSet {
  std::int64_t rows = 0;        // without those that others still refer to
  std::int64_t unapproved = 0;  // of these
  std::int64_t blocked = 0;     // others refer to them
  std::string name;             // 16 hex digits made of the rows' keys
  Instant newest = Instant::min();
  // Rows that died, by side and legacy table.
  std::array<std::map<std::uint16_t, std::int64_t>, 2> died;
};
Result<DeleteSet> delete_set(StateStore& state, TenantId tenant, const EntityRef& entity,
                             const std::optional<Approval>& approval, Instant now);

// Rows of an entity with `links` links that may be deleted within 24 hours: limits.deletes.rows and
// limits.deletes.percent, whichever is less, but a handful always.
std::int64_t deletes_allowed(const LimitsPlan& limits, std::int64_t links);

}  // namespace atlas
