#include "model/tzif.h"

#include "model/calendar.h"
#include "model/posix_tz.h"

#include <algorithm>

namespace atlas {
namespace {

constexpr std::size_t kHeaderSize = 44;
// Transitions before this (about 100,000 BC) are markers for "always", which some compilers write.
constexpr std::int64_t kBigBangSeconds = -3'217'000'000'000;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = (value << 8U) | static_cast<unsigned char>(c);
  return value;
}

struct Counts {
  std::size_t is_ut = 0, is_standard = 0, leaps = 0, times = 0, types = 0, chars = 0;
  std::size_t block_size(std::size_t time_size) const {
    return times * (time_size + 1) + types * 6 + chars + leaps * (time_size + 4) + is_standard +
           is_ut;
  }
};

// The counts of a header at the front of `bytes`; nullopt when there is none.
std::optional<Counts> read_header(std::string_view bytes) {
  if (bytes.size() < kHeaderSize || !bytes.starts_with("TZif") || bytes[4] < '2')
    return std::nullopt;
  auto count = [&](std::size_t i) {
    return static_cast<std::size_t>(big_endian(bytes.substr(20 + 4 * i, 4)));
  };
  return Counts{count(0), count(1), count(2), count(3), count(4), count(5)};
}

void append_segment(ZoneTable& table, std::int64_t begin_us, std::int64_t offset_us) {
  // Two changes at once: only the second counts, and it may undo the first.
  if (table.begins_us.size() > 1 && table.begins_us.back() == begin_us) {
    table.begins_us.pop_back();
    table.offsets_us.pop_back();
  }
  if (table.begins_us.back() == begin_us) {
    table.offsets_us.back() = offset_us;
  } else if (table.offsets_us.back() != offset_us) {
    table.begins_us.push_back(begin_us);
    table.offsets_us.push_back(offset_us);
  }
}

// The transitions listed in the 64-bit block. False when they make no sense.
bool read_transitions(std::string_view block, const Counts& n, ZoneTable& table) {
  const std::string_view times = block.substr(0, n.times * 8);
  const std::string_view kinds = block.substr(n.times * 8, n.times);
  const std::string_view types = block.substr(n.times * 9, n.types * 6);
  auto offset_us = [&](std::size_t type) {
    return static_cast<std::int32_t>(big_endian(types.substr(type * 6, 4))) * kMicrosPerSecond;
  };
  table = fixed_zone(offset_us(0));
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  for (std::size_t i = 0; i < n.times; ++i) {
    const auto at = static_cast<std::int64_t>(big_endian(times.substr(i * 8, 8)));
    const auto type = static_cast<unsigned char>(kinds[i]);
    if (type >= n.types || at <= last || at > -kBigBangSeconds) return false;
    last = at;
    append_segment(table, at < kBigBangSeconds ? kMinusInfinity : at * kMicrosPerSecond,
                   offset_us(type));
  }
  return true;
}

// Continues the table by its rule over more than 400 years; later times are folded back.
void append_rule(const PosixTz& rule, ZoneTable& table) {
  // Without listed transitions the rule must have held always: begin before the first clock was
  // ever put forward.
  const std::int64_t last_us = table.begins_us.back() == kMinusInfinity
                                   ? days_from_civil({1900, 1, 1}) * kMicrosPerDay
                                   : table.begins_us.back();
  if (!rule.has_summer) return;  // the last listed transition leads there already
  const std::int64_t first_year = civil_from_days(floor_div(last_us, kMicrosPerDay)).year;
  const std::int64_t end_year = first_year + 403;
  struct Change {
    std::int64_t at_us, offset_us;
  };
  std::vector<Change> changes;
  for (std::int64_t year = first_year - 1; year < end_year; ++year) {
    changes.push_back(
        {rule.summer_begin_utc(year) * kMicrosPerSecond, rule.summer_seconds * kMicrosPerSecond});
    changes.push_back(
        {rule.summer_end_utc(year) * kMicrosPerSecond, rule.standard_seconds * kMicrosPerSecond});
  }
  // Stable: a summer time that ends as the next one begins is cancelled, not reversed.
  std::ranges::stable_sort(changes, {}, &Change::at_us);
  for (const Change& change : changes) {
    if (change.at_us > last_us) append_segment(table, change.at_us, change.offset_us);
  }
  table.repeats_from_us = days_from_civil({end_year - 1, 1, 1}) * kMicrosPerDay;
}

}  // namespace

ZoneTable fixed_zone(std::int64_t offset_us) {
  ZoneTable table;
  table.begins_us = {kMinusInfinity};
  table.offsets_us = {offset_us};
  table.offset_us_min = table.offset_us_max = offset_us;
  return table;
}

std::optional<ZoneTable> read_tzif(std::string_view bytes) {
  // The first block repeats the second with 32-bit times, for old readers.
  const auto old_counts = read_header(bytes);
  if (!old_counts) return std::nullopt;
  const std::size_t skip = kHeaderSize + old_counts->block_size(4);
  if (skip > bytes.size()) return std::nullopt;
  bytes.remove_prefix(skip);
  const auto counts = read_header(bytes);
  if (!counts || counts->types == 0 || counts->leaps != 0) return std::nullopt;
  bytes.remove_prefix(kHeaderSize);
  if (counts->block_size(8) > bytes.size()) return std::nullopt;

  ZoneTable table;
  if (!read_transitions(bytes, *counts, table)) return std::nullopt;
  bytes.remove_prefix(counts->block_size(8));
  if (bytes.size() < 2 || bytes.front() != '\n') return std::nullopt;
  const std::string_view footer = bytes.substr(1, bytes.find('\n', 1) - 1);
  if (!footer.empty()) {
    const auto rule = parse_posix_tz(footer);
    if (!rule) return std::nullopt;
    append_rule(*rule, table);
  }
  const auto [low, high] = std::ranges::minmax(table.offsets_us);
  table.offset_us_min = low;
  table.offset_us_max = high;
  return table;
}

}  // namespace atlas
