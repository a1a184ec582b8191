#include "flow/deletes.h"

#include "model/hashing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace atlas {
namespace {

constexpr std::int64_t kAlwaysAllowed = 10;  // a small table may lose some rows
constexpr std::size_t kPageRows = 5000;

std::int64_t minute_of(Instant at) {
  return std::chrono::floor<std::chrono::minutes>(at.time_since_epoch()).count();
}

// The words of a note, separated by one space each; the last takes the rest.
std::vector<std::string_view> words(std::string_view text, std::size_t most) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t space = out.size() + 1 == most ? std::string_view::npos : text.find(' ');
    out.push_back(text.substr(0, space));
    if (space == std::string_view::npos) break;
    text.remove_prefix(space + 1);
  }
  return out;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace

bool is_due(std::uint16_t code) {
  return code == static_cast<std::uint16_t>(Code::kDeleteDue) ||
         code == static_cast<std::uint16_t>(Code::kHasChildren);
}

std::string Approval::text() const {
  return fmt::format("v1 {} {} {} {} {} {}", cutoff.time_since_epoch().count(),
                     expires.time_since_epoch().count(), rows, set, by, reason);
}

std::optional<Approval> Approval::parse(std::string_view text) {
  const auto parts = words(text, 7);
  if (parts.size() != 7 || parts[0] != "v1") return std::nullopt;
  const auto cutoff = number(parts[1]);
  const auto expires = number(parts[2]);
  const auto rows = number(parts[3]);
  if (!cutoff || !expires || !rows) return std::nullopt;
  return Approval{Instant(Micros(*cutoff)), Instant(Micros(*expires)), *rows,
                  std::string(parts[4]),    std::string(parts[5]),     std::string(parts[6])};
}

std::string approval_note(std::string_view entity) { return fmt::format("approval {}", entity); }
std::string ledger_note(std::string_view entity) { return fmt::format("deletes {}", entity); }

DeleteLedger DeleteLedger::parse(std::string_view text) {
  DeleteLedger out;
  for (const std::string_view word : words(text, text.size() + 1)) {
    const std::size_t colon = word.find(':');
    if (colon == std::string_view::npos) continue;
    const auto minute = number(word.substr(0, colon));
    const auto rows = number(word.substr(colon + 1));
    if (minute && rows) out.by_minute_[*minute] += *rows;
  }
  return out;
}

std::int64_t DeleteLedger::total(Instant now) const {
  std::int64_t sum = 0;
  for (auto it = by_minute_.upper_bound(minute_of(now - kSpan)); it != by_minute_.end(); ++it)
    sum += it->second;
  return sum;
}

void DeleteLedger::add(Instant now, std::int64_t rows) { by_minute_[minute_of(now)] += rows; }

std::string DeleteLedger::text(Instant now) const {
  std::string out = "v1";
  for (auto it = by_minute_.upper_bound(minute_of(now - kSpan)); it != by_minute_.end(); ++it) {
    if (it->second != 0) out += fmt::format(" {}:{}", it->first, it->second);
  }
  return out;
}

Result<DeleteSet> delete_set(StateStore& state, TenantId tenant, const EntityRef& entity,
                             const std::optional<Approval>& approval, Instant now) {
  constexpr std::array kHeld = {PendingState::kHeld};
  DeleteSet out;
  std::uint64_t hash = 0;
  std::optional<InstanceKey> after;
  while (true) {
    ATLAS_TRY(const std::vector<Pending> page, state.pending(tenant, entity, kHeld, Instant::max(),
                                                             after ? &*after : nullptr, kPageRows));
    for (const Pending& pending : page) {
      if (!is_due(pending.code)) continue;
      if (pending.code == static_cast<std::uint16_t>(Code::kHasChildren)) {
        ++out.blocked;
        continue;
      }
      ++out.rows;
      if (!approval || !approval->covers(pending, now)) ++out.unapproved;
      out.newest = std::max(out.newest, pending.since);
      const Side dead = pending.field == side_name(Side::kLegacy) ? Side::kLegacy : Side::kPlatform;
      ++out.died[index(dead)][pending.instance.kind];
      hash = stable_hash(fmt::format("{:x} {} {} {}", hash, index(pending.instance.side),
                                     pending.instance.kind, pending.instance.key));
    }
    if (page.size() < kPageRows) break;
    after = page.back().instance;
  }
  out.name = fmt::format("{:016x}", hash);
  return out;
}

std::int64_t deletes_allowed(const LimitsPlan& limits, std::int64_t links) {
  const std::int64_t share = links * limits.deletes_percent / 100;
  return std::min(limits.deletes_rows, std::max(share, kAlwaysAllowed));
}

}  // namespace atlas
