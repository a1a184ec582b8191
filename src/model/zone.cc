#include "model/zone.h"

#include "model/calendar.h"
#include "model/tzif.h"
#include "model/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace atlas {

// Our own reader of the system's files, not a library's: the usual one ignores the rule in the
// footer, so that summer time ends in 2037, and lists the whole directory at start.
class Zone {
 public:
  Zone(std::string name, ZoneTable table) : name_(std::move(name)), table_(std::move(table)) {}

  const std::string& name() const { return name_; }
  const ZoneTable& table() const { return table_; }
  // The segment in force at a UTC time that is already folded.
  std::size_t segment(std::int64_t utc_us) const {
    const auto after =
        std::upper_bound(table_.begins_us.begin() + 1, table_.begins_us.end(), utc_us);
    return static_cast<std::size_t>(after - table_.begins_us.begin()) - 1;
  }

 private:
  std::string name_;
  ZoneTable table_;
};

namespace {

constexpr std::string_view kZoneFolder = "/usr/share/zoneinfo";
constexpr std::size_t kZoneFileBytesMax = 64 * 1024;
constexpr std::int64_t kCycleMicros = kDaysPerCycle * kMicrosPerDay;

bool is_infinite(std::int64_t us) { return us == kInfinity || us == kMinusInfinity; }

// Relative path of letters, digits, '_', '-' and '+': nothing that leaves the folder.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' || name.front() == '-') return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  });
}

std::optional<std::string> read_zone_file(std::string_view name) {
  std::ifstream in(fmt::format("{}/{}", kZoneFolder, name), std::ios::binary);
  std::string bytes(kZoneFileBytesMax, '\0');
  if (!in || !in.read(bytes.data(), 4)) return std::nullopt;
  in.read(bytes.data() + 4, static_cast<std::streamsize>(kZoneFileBytesMax - 4));
  bytes.resize(4 + static_cast<std::size_t>(in.gcount()));
  return bytes;
}

// Whole cycles of 400 years to take off a time so that the table covers it, a day of slack for any
// offset included.
std::int64_t fold_micros(const ZoneTable& table, std::int64_t us) {
  if (us < table.repeats_from_us - kMicrosPerDay) return 0;
  return (floor_div(us - (table.repeats_from_us - kMicrosPerDay), kCycleMicros) + 1) * kCycleMicros;
}

// a + b, held at the ends of the finite range.
std::int64_t add_clamped(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  const bool over = __builtin_add_overflow(a, b, &sum);
  if (over ? b > 0 : sum == kInfinity) return kInfinity - 1;
  if (over ? b < 0 : sum == kMinusInfinity) return kMinusInfinity + 1;
  return sum;
}

std::int64_t offset_at(const Zone& zone, std::int64_t utc_us) {
  return zone.table().offsets_us[zone.segment(utc_us - fold_micros(zone.table(), utc_us))];
}

// The offsets that a local time may have: none in a gap, two where the clock was put back.
struct Candidates {
  int count = 0;
  std::int64_t earlier_offset = 0;  // of the earlier instant
  std::int64_t later_offset = 0;
  std::int64_t before_gap_offset = 0;  // when count is 0
};

Candidates candidates(const Zone& zone, std::int64_t local_us) {
  const ZoneTable& table = zone.table();
  Candidates out;
  for (std::size_t i = zone.segment(add_clamped(local_us, -table.offset_us_max));
       i < table.begins_us.size(); ++i) {
    const std::int64_t offset = table.offsets_us[i];
    const bool begun = i == 0 || local_us >= table.begins_us[i] + offset;
    const bool ended =
        i + 1 < table.begins_us.size() && local_us >= table.begins_us[i + 1] + offset;
    if (begun && !ended) {
      if (out.count++ == 0) out.earlier_offset = offset;
      out.later_offset = offset;
    }
    if (ended) out.before_gap_offset = offset;
    if (i != 0 && local_us < table.begins_us[i] + table.offset_us_min) break;
  }
  return out;
}

}  // namespace

Result<std::shared_ptr<const Zone>> find_zone(std::string_view name) {
  if (name == "UTC") return std::make_shared<const Zone>("UTC", fixed_zone(0));
  std::optional<ZoneTable> table;
  if (is_zone_name(name)) {
    if (const auto bytes = read_zone_file(name)) table = read_tzif(*bytes);
  }
  if (!table) {
    return Error(Code::kWrongShape, fmt::format("there is no time zone \"{}\"", name))
        .advise(fmt::format(
            "give an IANA name such as Europe/Berlin; zones are read from {} (package tzdata)",
            kZoneFolder));
  }
  return std::make_shared<const Zone>(std::string(name), std::move(*table));
}

std::string zone_name(const ZoneRule& rule) { return rule.zone ? rule.zone->name() : "UTC"; }

std::optional<std::int64_t> to_instant(const ZoneRule& rule, std::int64_t local_us) {
  if (!rule.zone || is_infinite(local_us)) return local_us;
  const std::int64_t folded = local_us - fold_micros(rule.zone->table(), local_us);
  const Candidates found = candidates(*rule.zone, folded);
  if (found.count > 1 && rule.ambiguous == Ambiguous::kQuarantine) return std::nullopt;
  if (found.count == 0 && rule.gap == Gap::kQuarantine) return std::nullopt;
  std::int64_t offset =
      rule.ambiguous == Ambiguous::kEarlier ? found.earlier_offset : found.later_offset;
  if (found.count == 0) offset = found.before_gap_offset;
  std::int64_t utc_us = 0;
  if (__builtin_sub_overflow(local_us, offset, &utc_us) || is_infinite(utc_us)) return std::nullopt;
  return utc_us;
}

std::int64_t to_local(const ZoneRule& rule, std::int64_t utc_us) {
  if (!rule.zone || is_infinite(utc_us)) return utc_us;
  return add_clamped(utc_us, offset_at(*rule.zone, utc_us));
}

std::int64_t local_floor(const ZoneRule& rule, std::int64_t utc_us) {
  if (!rule.zone || is_infinite(utc_us)) return utc_us;
  const ZoneTable& table = rule.zone->table();
  const std::int64_t fold = fold_micros(table, utc_us);
  const std::int64_t folded = utc_us - fold;
  const std::size_t now = rule.zone->segment(folded);
  // Local time falls back only where a later segment begins; segments too far ahead cannot show a
  // smaller time.
  std::int64_t floor_us = add_clamped(folded, table.offsets_us[now]);
  for (std::size_t i = now + 1; i < table.begins_us.size(); ++i) {
    if (table.begins_us[i] + table.offset_us_min >= floor_us) break;
    floor_us = std::min(floor_us, table.begins_us[i] + table.offsets_us[i]);
  }
  return add_clamped(floor_us, fold);
}

}  // namespace atlas
