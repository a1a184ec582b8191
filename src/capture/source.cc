#include "capture/source.h"

#include "foundation/assert.h"
#include "foundation/planted.h"

#include <algorithm>

namespace atlas {
namespace {

bool naive(const TableShape& shape) {
  return shape.columns[*shape.stamp].type.kind == TypeKind::kTimestamp;
}

Value stamp_value(const TableShape& shape, std::int64_t native) {
  return naive(shape) ? Value::timestamp(native) : Value::instant(native);
}

}  // namespace

std::int64_t native_floor(const TableShape& shape, Instant instant) {
  const std::int64_t us = instant.time_since_epoch().count();
  if (!shape.stamp || !naive(shape)) return us;
  return local_floor(shape.stamp_zone, us);
}

SourceScan::SourceScan(SourceSpec spec, Cursor stored, const Horizon& horizon)
    : spec_(std::move(spec)),
      cursor_(stored),
      stored_(std::move(stored)),
      fixed_(horizon.prepared_pending && !spec_.application_stamps &&
             !planted(Plant::kPreparedIgnored)) {
  const Instant bound = spec_.application_stamps       ? horizon.server_now - spec_.overlap
                        : planted(Plant::kNoWatermark) ? horizon.server_now
                                                       : horizon.safe - spec_.margin;
  ceiling_ = native_floor(*spec_.shape, bound);
  cursor_.source = spec_.name;
  if (!cursor_.swept && cursor_.key.empty() && cursor_.sweep_floor == 0) {
    // A fresh cursor: remember where stamps must be followed from once the sweep is done. While a
    // prepared transaction is pending nothing is a safe floor but the beginning.
    cursor_.sweep_floor = fixed_ ? kMinusInfinity : ceiling_;
    if (!spec_.sweeps) {
      cursor_.swept = true;
      cursor_.has_stamp = cursor_.sweep_floor != kMinusInfinity;
      cursor_.stamp = cursor_.sweep_floor;
    }
  }
  if (spec_.shape->stamp && cursor_.swept && cursor_.has_stamp)
    at_.stamp = stamp_value(*spec_.shape, cursor_.stamp);
}

Result<KeyPage> SourceScan::next(Snapshot& snapshot, std::size_t limit) {
  ATLAS_ASSERT(!done_, "a finished scan is asked again");
  return cursor_.swept ? follow(snapshot, limit) : sweep(snapshot, limit);
}

Result<KeyPage> SourceScan::sweep(Snapshot& snapshot, std::size_t limit) {
  ATLAS_TRY(KeyPage page, snapshot.keys(*spec_.shape, cursor_.key, limit));
  if (!page.keys.empty()) cursor_.key = Key(page.keys.back().key);
  if (page.end) {
    cursor_.swept = true;
    cursor_.key.clear();
    cursor_.has_stamp = cursor_.sweep_floor != kMinusInfinity;
    cursor_.stamp = cursor_.has_stamp ? cursor_.sweep_floor : 0;
    // What changed during the sweep is followed at once, in this same run.
    if (!spec_.shape->stamp)
      done_ = true;
    else if (cursor_.has_stamp)
      at_.stamp = stamp_value(*spec_.shape, cursor_.stamp);
  }
  return page;
}

Result<KeyPage> SourceScan::follow(Snapshot& snapshot, std::size_t limit) {
  if (!spec_.shape->stamp) {
    done_ = true;
    KeyPage none;
    none.end = true;
    return none;
  }
  ATLAS_TRY(KeyPage page, snapshot.changed(*spec_.shape, at_, limit));
  if (!page.keys.empty()) {
    saw_keys_ = true;
    const KeyVersion& last = page.keys.back();
    at_.stamp = last.stamp;
    at_.key = Key(last.key);
    // Inclusive: the whole tie is read again, so the cursor never rests inside it (S11).
    for (const KeyVersion& row : page.keys) {
      // A stamp without a place in time can be paged on from, never rested at.
      if (row.stamp.tag() != Tag::kTimestamp && row.stamp.tag() != Tag::kInstant) continue;
      rest_at(row.stamp.as_int());
    }
  }
  if (page.end) {
    done_ = true;
    // Nothing below the watermark can still appear: pass the last tie, so that it is not read for
    // ever.
    if (saw_keys_) rest_at(ceiling_);
  }
  return page;
}

void SourceScan::rest_at(std::int64_t native_stamp) {
  if (fixed_) return;
  const std::int64_t bounded =
      std::min(native_stamp, ceiling_) + (planted(Plant::kCursorSkipsTie) ? 1 : 0);
  if (bounded == kMinusInfinity) return;
  if (!cursor_.has_stamp || bounded > cursor_.stamp) {
    cursor_.has_stamp = true;
    cursor_.stamp = bounded;
  }
}

std::optional<Cursor> SourceScan::moved() {
  if (cursor_ == stored_) return std::nullopt;
  stored_ = cursor_;
  return cursor_;
}

}  // namespace atlas
