#include "app/progress.h"

#include "app/duration.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace atlas::app {
namespace {

constexpr Micros kRedraw = std::chrono::milliseconds(100);
constexpr Micros kPlainLine = std::chrono::seconds(10);
constexpr std::size_t kBarColumns = 20;

}  // namespace

Progress::Progress(Terminal& terminal, Clock& clock, std::string verb, std::size_t entities)
    : terminal_(terminal),
      clock_(clock),
      verb_(std::move(verb)),
      entities_(std::max<std::size_t>(entities, 1)),
      begun_(clock.monotonic()),
      shown_(begun_) {}

Progress::~Progress() {
  const std::scoped_lock lock(mutex_);
  erase();
}

void Progress::expect(const std::string& entity, std::int64_t legacy_rows,
                      std::int64_t platform_rows) {
  const std::scoped_lock lock(mutex_);
  loads_[entity] = {legacy_rows, platform_rows, 0, {}};
}

// Legacy is read, then the platform with what was made there.
void Progress::first_load(const std::string& entity, std::int64_t links) {
  const std::scoped_lock lock(mutex_);
  const auto it = loads_.find(entity);
  if (it == loads_.end() || it->second.legacy_rows < 0 || it->second.platform_rows < 0) return;
  const std::int64_t fresh = std::max<std::int64_t>(it->second.legacy_rows - links, 0);
  it->second.to_do = 2 * fresh + it->second.platform_rows;
  it->second.begun = clock_.monotonic();
}

// ", person: 25 %, about 30 s left" while the latest entity is loaded for the first time.
std::string Progress::load_text() const {
  const auto it = loads_.find(latest_);
  const auto rows = rows_.find(latest_);
  if (it == loads_.end() || it->second.to_do == 0 || rows == rows_.end() || rows->second == 0)
    return {};
  const std::int64_t done = std::min(rows->second, it->second.to_do);
  const Micros took = clock_.monotonic() - it->second.begun;
  const Micros left(static_cast<std::int64_t>(static_cast<double>(took.count()) *
                                              static_cast<double>(it->second.to_do - done) /
                                              static_cast<double>(done)));
  return fmt::format(", {}: {} %, about {} left", latest_, 100 * done / it->second.to_do,
                     duration_text(left));
}

void Progress::page_done(const std::string& entity, const Counts& so_far) {
  seen(entity, so_far.captured, false);
}

void Progress::entity_done(const std::string& entity, const Counts& counts,
                           const Error* /*error*/) {
  seen(entity, counts.captured, true);
}

void Progress::page_done(const std::string& entity, const VerifyCounts& so_far) {
  seen(entity, so_far.links + so_far.rows_unlinked, false);
}

void Progress::entity_done(const EntityVerdict& verdict) {
  seen(verdict.entity, verdict.counts.links + verdict.counts.rows_unlinked, true);
}

void Progress::seen(const std::string& entity, std::int64_t rows, bool done) {
  const std::scoped_lock lock(mutex_);
  rows_[entity] = rows;
  latest_ = entity;
  if (done) ++done_;
  const Micros now = clock_.monotonic();
  if (now - shown_ < (terminal_.live ? kRedraw : kPlainLine)) return;
  shown_ = now;
  show();
}

void Progress::show() {
  std::int64_t rows = 0;
  for (const auto& [entity, count] : rows_) rows += count;
  // Entities that work side by side count as half done.
  const std::size_t begun = std::min(rows_.size(), entities_);
  const std::size_t halves = std::min(done_ + begun, 2 * entities_);
  const std::string facts =
      fmt::format("{}  {} of {} entities, {} rows, {}{}", latest_, done_, entities_, grouped(rows),
                  duration_text(clock_.monotonic() - begun_), load_text());
  if (!terminal_.live) {
    terminal_.err << verb_ << ": " << facts << std::endl;
    return;
  }
  const std::size_t filled = kBarColumns * halves / (2 * entities_);
  terminal_.err << "\r\x1b[K" << verb_ << " [" << std::string(filled, '#')
                << std::string(kBarColumns - filled, '-') << "] " << facts << std::flush;
  drawn_ = true;
}

void Progress::erase() {
  if (drawn_) terminal_.err << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace atlas::app
