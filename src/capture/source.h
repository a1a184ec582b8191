#pragma once

// One source of dirty keys: a legacy table or a platform part, scanned by key once and by stamp
// ever after.

#include "endpoint/endpoint.h"
#include "state/store.h"

#include <optional>
#include <string>

namespace atlas {

// What a scan needs to know of its table.
struct SourceSpec {
  std::string name;  // as in Cursor::source
  Side side = Side::kLegacy;
  std::uint32_t part = 0;  // 0 = legacy row, 1.. = platform part
  std::uint16_t kind = 0;  // legacy: which table
  const TableShape* shape = nullptr;
  bool sweeps = true;               // false: found through the root's sweep; starts at the floor
  bool application_stamps = false;  // stamps come from the applications' clocks
  Micros overlap{};                 // application stamps: read again this far back
  Micros margin{};                  // taken off the horizon
};

// Walks one source during one run. Gives pages of keys; the cursor it offers after a page may be
// stored in the confirm that settles the page's keys, never earlier (E6). One thread.
class SourceScan {
 public:
  // `horizon` must have been taken before the first snapshot of the run (E28).
  SourceScan(SourceSpec spec, Cursor stored, const Horizon& horizon);

  bool done() const { return done_; }
  // The next page; empty with done() at the end.
  Result<KeyPage> next(Snapshot& snapshot, std::size_t limit);
  // The cursor after the pages given so far; nullopt when it did not move.
  std::optional<Cursor> moved();

 private:
  Result<KeyPage> sweep(Snapshot& snapshot, std::size_t limit);
  Result<KeyPage> follow(Snapshot& snapshot, std::size_t limit);
  void rest_at(std::int64_t native_stamp);

  SourceSpec spec_;
  Cursor cursor_;         // what may be stored
  Cursor stored_;         // what is stored
  StampPosition at_;      // where this run's stamped scan stands
  std::int64_t ceiling_;  // native stamp the cursor may not pass: the watermark
  bool fixed_ = false;    // a prepared transaction is pending: the cursor does not move
  bool done_ = false;
  bool saw_keys_ = false;
};

// The native stamp below which nothing can appear any more, for a horizon less the margin.
std::int64_t native_floor(const TableShape& shape, Instant instant);

}  // namespace atlas
