#pragma once

// Compares what both sides show of every link, field by field in mid values, and looks for rows
// that have no link (ENGINE E36). Reads only: no lease, no fence, nothing is written to a side.
// Runs beside live users and beside a run.

#include "endpoint/endpoint.h"
#include "foundation/clock.h"
#include "mapping/plan.h"
#include "state/store.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

// What verify is given from outside.
struct VerifyPorts {
  Clock& clock;
  // A new connection of the plan's endpoint.
  std::function<Result<std::unique_ptr<Endpoint>>(EndpointIndex)> open_endpoint;
  std::function<Result<std::unique_ptr<StateStore>>()> open_state;
  // Whether to end early; asked between pages. May be empty.
  std::function<bool()> stop;
};

struct VerifyOptions {
  std::vector<std::string> entities;  // empty: all
  std::size_t page_rows =
      2000;  // also the bound of memory: one page of links with the rows of both sides
  // Sums are compared by so many parts of the keys; fewer take less memory and look at more rows.
  std::size_t buckets = std::size_t{1} << 16U;
  std::size_t findings_max = 100;            // kept per entity and standing; the counts go on
  std::array<std::uint8_t, 32> fresh_key{};  // hash key for a tenant that state does not know yet
};

// What verify says of one link, or of one row without a link.
enum class Standing : std::uint8_t {
  kEqual,
  kDifferent,  // confirmed: seen twice, and capture will not come back to it by itself
  kPending,    // differs, but was just edited or is already due: a run will look at it
  kKnown,      // differs for a reason on record: quarantined, waiting, held, or an open conflict
  kDrift,      // only targets of one-way fields differ, and none is enforced (E17)
  kUnlinkedLegacy,  // confirmed: in scope, alive, passed by capture, and no link
  kUnlinkedPlatform,
  kFiltered,  // not ours by a rule: out of scope, dead without a link, of no kind
};
inline constexpr std::size_t kStandings = 8;
std::string_view standing_name(Standing standing);

// Every link and every unlinked row has exactly one standing.
struct VerifyCounts {
  std::int64_t links = 0;          // read so far
  std::int64_t dead = 0;           // of these: both sides agree that the instance is dead
  std::int64_t rows_unlinked = 0;  // rows of either side that no link names
  std::array<std::int64_t, kStandings> standings{};
  std::int64_t& operator[](Standing s) { return standings[static_cast<std::size_t>(s)]; }
  std::int64_t operator[](Standing s) const { return standings[static_cast<std::size_t>(s)]; }
};

// Evidence. Keys are identifiers and may be shown; no row values.
struct VerifyFinding {
  std::string entity;
  std::string legacy_table;              // "users"; empty when the kind is not known
  std::string legacy_key, platform_key;  // as key_text prints them; empty where there is none
  std::string field;  // first field that differs; empty when it is not about a field
  Standing standing = Standing::kDifferent;
  std::string reason;  // "the values differ", "alive on legacy, dead on platform", "quarantined:
                       // ATB-3001 …"
};

// kUnknown: stopped, failed, or never captured. Never kEqual unless every link and every row was
// looked at.
enum class Verdict : std::uint8_t { kEqual, kDifferent, kUnknown };
std::string_view verdict_name(Verdict verdict);

struct EntityVerdict {
  std::string entity;
  Verdict verdict = Verdict::kUnknown;
  VerifyCounts counts;
  std::vector<VerifyFinding>
      findings;  // differences first, in scan order; equal and filtered ones are never listed
  bool complete = false;       // all links and all rows were looked at
  std::optional<Error> error;  // why it is not
};

struct VerifyReport {
  Verdict verdict = Verdict::kUnknown;  // different if any entity is; else unknown if any is
  std::vector<EntityVerdict> entities;  // in plan order
  VerifyCounts total;
  bool stopped = false;
  Micros took{};
};

class VerifyObserver {
 public:
  virtual ~VerifyObserver() = default;
  // After each page: the entity's counts so far.
  virtual void page_done(const std::string& /*entity*/, const VerifyCounts& /*so_far*/) {}
  virtual void entity_done(const EntityVerdict& /*verdict*/) {}
};

//   errors  only what stops the whole: state cannot be opened, or an entity that is asked for does
//   not exist (kNotFound).
//           An unreachable peer or a drifted table makes its entities unknown, and the others go
//           on.
Result<VerifyReport> verify(const Plan& plan, const VerifyPorts& ports,
                            const VerifyOptions& options, VerifyObserver& observer);

}  // namespace atlas
