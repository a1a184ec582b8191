#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

// Rows for the Atlas example's legacy system (examples/atlas): realistic, awkward in known places,
// and the same for the same seed. The platform's rows are never generated: the first load makes
// them.
namespace atlas::app {

// How many rows the demo tenant has in each legacy table, awkward and soft-deleted rows included.
struct AtlasSize {
  std::int64_t users = 0;
  std::int64_t staff = 0;
  std::int64_t teams = 0;
  std::int64_t geofences = 0;
  std::int64_t members = 0;
  std::int64_t categories = 0;

  bool operator==(const AtlasSize&) const = default;
};

// The tenant that the example's mapping selects (TENANT_ID), and another customer who shares the
// tables and whose rows must stay as they are.
inline constexpr std::int32_t kAtlasTenant = 42;
inline constexpr std::int32_t kAtlasForeignTenant = 7;

// One legacy table as the generator fills it.
struct AtlasTable {
  std::string_view name;
  std::span<const std::string_view> columns;  // in the order of the cells
  // The key `id` is numbered from 1 by the generator, so the loader has to move the sequence past
  // the greatest id afterwards (PostgreSQL: setval; SQLite's AUTOINCREMENT does it by itself).
  bool numbered;
};

// The six legacy tables in the order generate_legacy fills them. Static storage.
std::span<const AtlasTable> atlas_legacy_tables();

// What generate_legacy planted, counted as it was emitted. Planted rows are alive and sit at fixed
// places among the first 20 of their table, so sizes of 20 and more hold all of them; the first ten
// rows of each table are ordinary and alive. "Ends in" tells what a first load makes of them.
struct AtlasAwkward {
  // Pairs of a user and a staff row with one e-mail; nothing refers to either.
  // Ends in: one of each pair linked, the other quarantined, as the platform allows an e-mail once.
  std::int64_t shared_emails = 0;
  // Users with status 9, which the mapping does not know. Ends in: quarantined.
  std::int64_t unmappable_users = 0;
  // Memberships of those users. Ends in: waiting for the user.
  std::int64_t members_of_unmappable = 0;
  // Memberships whose joined_at lies in the hour that summer time skips. Ends in: quarantined.
  std::int64_t gap_stamps = 0;
  // Geofences whose team_id names no team. Ends in: quarantined.
  std::int64_t orphan_geofences = 0;

  // The rest loads, and must survive the way there and back as it is.
  std::int64_t folded_statuses = 0;  // live users and staff with status 3, `suspended` like 2
  std::int64_t led_cycles = 0;       // live teams led by a staff member who works in that very team
  std::int64_t one_word_names = 0;   // live users and staff
  std::int64_t fine_points = 0;      // live geofences with more digits than the mapping compares

  AtlasSize deleted;  // soft-deleted rows of the demo tenant, included in its sizes
  AtlasSize foreign;  // rows of kAtlasForeignTenant, on top of the sizes
};

// Receives one row. `cells` has a text for each of the table's columns, std::nullopt for NULL:
// integers and decimals in plain digits, dates as YYYY-MM-DD, timestamps as
// YYYY-MM-DD HH:MM:SS.ffffff in Berlin's local time. The views live until the call returns.
using AtlasSink = std::function<void(std::string_view table,
                                     std::span<const std::optional<std::string_view>> cells)>;

// Streams the legacy tables' rows, one table after the other; nothing per row is kept in memory.
//   size    each 0 or more; memberships beyond every possible pair of user and team are left out
//   seed    same size, seed and now give the same rows, on any machine
//   now_us  microseconds since 1970 UTC, after 2000; every stamp lies in the two years before it
// Foreign keys hold once all tables are loaded; teams.lead_id points forward to staff, so its check
// has to be deferred (PostgreSQL: SET CONSTRAINTS ALL DEFERRED; SQLite: PRAGMA defer_foreign_keys).
AtlasAwkward generate_legacy(const AtlasSize& size, std::uint64_t seed, std::int64_t now_us,
                             const AtlasSink& sink);

}  // namespace atlas::app
