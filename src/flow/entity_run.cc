#include "flow/entity_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>  // lookup only

namespace atlas {
namespace {

constexpr int kTransientPagesMax =
    3;  // pages in a row that a peer may spoil before the entity gives up for this run
constexpr std::size_t kPagesALane =
    2;  // handed to a lane at a time; a cursor moves when all are done

// Stamps by the database are followed only where every open transaction is seen (E28).
Result<Horizon> horizon_of(const SourceSpec& spec, Endpoint& endpoint) {
  ATLAS_TRY(Horizon horizon, endpoint.horizon());
  if (horizon.hidden && !spec.application_stamps) return std::move(*horizon.hidden);
  return horizon;
}

// Moves the first `n` out of `seeds`.
std::vector<Seed> take_first(std::vector<Seed>& seeds, std::size_t n) {
  const auto end = seeds.begin() + static_cast<std::ptrdiff_t>(n);
  std::vector<Seed> first(std::move_iterator(seeds.begin()), std::move_iterator(end));
  seeds.erase(seeds.begin(), end);
  return first;
}

// Pages of at most `page_rows`; more than one are as many for each lane, so that none works alone
// in the end.
std::vector<std::vector<Seed>> divided(std::vector<Seed> seeds, std::size_t page_rows) {
  std::vector<std::vector<Seed>> pages;
  std::size_t n = seeds.size() / page_rows + (seeds.size() % page_rows == 0 ? 0 : 1);
  if (n > 1) n = (n + Lanes::kLanes - 1) / Lanes::kLanes * Lanes::kLanes;
  n = std::min(n, seeds.size());
  pages.reserve(n);
  auto from = seeds.begin();
  for (std::size_t i = 0; i < n; ++i) {
    const auto to = seeds.begin() + static_cast<std::ptrdiff_t>(seeds.size() * (i + 1) / n);
    pages.emplace_back(std::move_iterator(from), std::move_iterator(to));
    from = to;
  }
  return pages;
}

}  // namespace

EntityRun::EntityRun(const RunContext& run, const EntityPlan& entity, StateStore& state,
                     RunObserver& observer, PlannedWrites* planned, RefTable* planned_links)
    : context_(run, entity, state),
      lanes_(context_),
      page_size_(run.page_rows),
      observer_(observer) {
  context_.planned = planned;
  context_.planned_links = planned_links;
}

Result<> EntityRun::keep_going() {
  switch (context_.run.ports.stop()) {
    case Ports::Stop::kNone:
      break;
    case Ports::Stop::kDeadline:
      return Error(Code::kDeadline, "entity " + context_.entity.name + " goes on in the next run");
    case Ports::Stop::kInterrupted:
      return Error(Code::kInterrupted,
                   "entity " + context_.entity.name + " goes on in the next run");
  }
  if (context_.run.dry) return {};
  const Micros now = context_.run.ports.clock.monotonic();
  if (context_.renewed.count() == 0) context_.renewed = now;
  if (now - context_.renewed < context_.run.lease_ttl / 4) return {};
  ATLAS_OK(context_.state.renew_lease(context_.run.lease, context_.run.lease_ttl,
                                      context_.run.ports.clock.now()));
  context_.renewed = now;
  return {};
}

std::vector<SourceSpec> EntityRun::sources(Wanted wanted) const {
  const EntityPlan& entity = context_.entity;
  const CapturePlan& capture = entity.capture;
  std::vector<SourceSpec> out;
  auto add = [&](Side side, std::uint32_t part, std::uint16_t kind) {
    SourceSpec spec;
    spec.name = entity.source(part, kind);
    spec.side = side;
    spec.part = part;
    spec.kind = kind;
    spec.shape = &entity.shape(part, kind);
    spec.sweeps = part <= 1;
    spec.application_stamps = capture.stamp_by == StampBy::kApplication;
    spec.overlap = capture.overlap;
    spec.margin = capture.margin;
    if (wanted == Wanted::kAll || spec.sweeps || spec.shape->stamp) out.push_back(spec);
  };
  for (std::size_t kind = 0; kind < entity.kinds.size(); ++kind)
    add(Side::kLegacy, 0, static_cast<std::uint16_t>(kind));
  for (std::uint32_t part = 1; part <= entity.parts.size(); ++part) add(Side::kPlatform, part, 0);
  return out;
}

// A breaker, not a fuse for the bridge: too many quarantined instances pause this entity only
// (MAPPING §6).
Result<bool> EntityRun::paused() {
  ATLAS_TRY(const PendingCounts pending,
            context_.state.pending_counts(context_.run.tenant.id, context_.ref));
  std::int64_t all = 0;
  for (const auto& [state, n] : pending.by_state) all += n;
  context_.any_pending = all > 0;
  const auto it = pending.by_state.find(PendingState::kQuarantined);
  return it != pending.by_state.end() && it->second > context_.entity.limits.open_max;
}

Error EntityRun::breaker() const {
  return Error(Code::kCapExceeded,
               fmt::format("entity {} has more than {} quarantined rows and is paused",
                           context_.entity.name, context_.entity.limits.open_max))
      .advise("see `atlas-bridge quarantine list`; correct the rows or raise limits.open");
}

Result<bool> EntityRun::other_side_empty(Side side) {
  const Side far = other(side);
  const std::uint32_t part = far == Side::kLegacy ? 0 : 1;
  const auto kinds = far == Side::kLegacy ? static_cast<std::uint16_t>(context_.entity.kinds.size())
                                          : std::uint16_t{1};
  for (std::uint16_t kind = 0; kind < kinds; ++kind) {
    ATLAS_TRY(Endpoint * endpoint, context_.endpoint(context_.entity.endpoint(part, kind)));
    ATLAS_TRY(auto snapshot, endpoint->snapshot());
    ATLAS_TRY(const KeyPage page, snapshot->keys(context_.entity.shape(part, kind), {}, 1));
    if (!page.keys.empty()) return false;
  }
  return true;
}

Result<> EntityRun::capture() {
  ATLAS_TRY(bool pause, paused());
  if (pause && !context_.run.dry && !context_.run.sweep.state_rewound) {
    // Rows that were corrected end the pause by themselves.
    ATLAS_OK(revisit(false));
    ATLAS_TRY(pause, paused());
  }
  if (pause) return breaker();
  ATLAS_TRY(const std::vector<Conflict> open,
            context_.state.conflicts(context_.run.tenant.id, context_.ref, true, 1));
  context_.any_open_conflict = !open.empty();
  ATLAS_TRY(std::vector<Cursor> stored,
            context_.state.cursors(context_.run.tenant.id, context_.ref));
  if (context_.entity.has_match && stored.empty()) {
    for (const Side side : {Side::kLegacy, Side::kPlatform}) {
      ATLAS_TRY(create_at_once_[index(side)], other_side_empty(side));
    }
  }
  ATLAS_OK(start_unswept(stored));
  bool loads = false;
  for (const SourceSpec& spec : sources()) {
    Cursor cursor;
    cursor.source = spec.name;
    for (const Cursor& c : stored) {
      if (c.source == spec.name) cursor = c;
    }
    context_.first_load |= spec.side == Side::kLegacy && !cursor.swept;
    if (!cursor.swept && !std::exchange(loads, true)) {
      ATLAS_TRY(const std::int64_t links,
                context_.state.link_count(context_.run.tenant.id, context_.ref));
      observer_.first_load(context_.entity.name, links);
    }
    ATLAS_OK(capture_source(spec, cursor));
  }
  ATLAS_OK(reconcile(stored));
  if (context_.run.sweep.state_rewound) return pair_lost();
  return context_.entity.has_match ? pair_candidates() : Result<>();
}

// Parts without a sweep of their own are followed from a moment before the first sweep reads
// anything: what users write into them while it goes on, or before the run that comes after a
// crash, is later than that and found by its stamp.
Result<> EntityRun::start_unswept(std::vector<Cursor>& stored) {
  Confirm confirm;
  for (const SourceSpec& spec : sources()) {
    const bool known = std::any_of(stored.begin(), stored.end(),
                                   [&](const Cursor& c) { return c.source == spec.name; });
    if (spec.sweeps || known) continue;
    ATLAS_TRY(Endpoint * endpoint,
              context_.endpoint(context_.entity.endpoint(spec.part, spec.kind)));
    ATLAS_TRY(const Horizon horizon, horizon_of(spec, *endpoint));
    Cursor fresh;
    fresh.source = spec.name;
    if (auto start = SourceScan(spec, fresh, horizon).moved()) confirm.cursors.push_back(*start);
  }
  stored.insert(stored.end(), confirm.cursors.begin(), confirm.cursors.end());
  if (confirm.cursors.empty() || context_.run.dry) return {};
  return context_.state.confirm(context_.run.lease, context_.ref, confirm);
}

Result<> EntityRun::capture_source(const SourceSpec& spec, const Cursor& stored) {
  Result<> done = scan_source(spec, stored);
  if (!owed_) return done;
  Confirm confirm;
  confirm.cursors.push_back(*std::exchange(owed_, std::nullopt));
  Result<> moved = context_.state.confirm(context_.run.lease, context_.ref, confirm);
  return done ? moved : done;
}

Result<> EntityRun::scan_source(const SourceSpec& spec, const Cursor& stored) {
  const EndpointIndex at = context_.entity.endpoint(spec.part, spec.kind);
  ATLAS_TRY(Endpoint * endpoint, context_.endpoint(at));
  // The watermark first, then the snapshots (E28).
  ATLAS_TRY(const Horizon horizon, horizon_of(spec, *endpoint));
  SourceScan scan(spec, stored, horizon);
  PageOptions options;
  options.may_create_at_once = create_at_once_[index(spec.side)];
  int spoiled = 0;
  // Little work opens no further connections, and is confirmed with its cursor.
  ATLAS_TRY(Wave wave, read_wave(scan, *endpoint, context_.run.dry ? 1 : Lanes::kLanes));
  std::unique_ptr<Endpoint> reader;  // reads ahead while the lanes work
  while (true) {
    ATLAS_OK(keep_going());
    transient_.reset();
    std::vector<Seed> seeds = seeds_of(wave, spec);
    ATLAS_OK(measure(seeds, options));
    // A dry run has no lanes.
    std::vector<std::vector<Seed>> pages =
        divided(std::move(seeds), context_.run.dry ? SIZE_MAX : page_size_.rows());
    std::optional<Result<Wave>> ahead;
    std::function<void()> read_ahead;
    if (pages.size() > 1 && !scan.done()) {
      if (reader == nullptr) {
        ATLAS_TRY(reader, context_.run.ports.open_endpoint(at));
      }
      read_ahead = [&] { ahead.emplace(read_wave(scan, *reader, Lanes::kLanes * kPagesALane)); };
    }
    if (!pages.empty() || wave.moved) {
      ATLAS_OK(run_pages(std::move(pages), options, wave.moved, std::move(read_ahead)));
      if (context_.counts[Outcome::kQuarantined] > context_.entity.limits.open_max)
        return breaker();
      spoiled = transient_ ? spoiled + 1 : 0;
      if (spoiled >= kTransientPagesMax) return *transient_;
    }
    if (!ahead) {
      if (scan.done()) return {};
      ahead.emplace(read_wave(scan, *endpoint, context_.run.dry ? 1 : Lanes::kLanes));
    }
    if (!*ahead) return std::move(*ahead).error();
    wave = std::move(**ahead);
  }
}

// Up to so many pages of one moment.
Result<EntityRun::Wave> EntityRun::read_wave(SourceScan& scan, Endpoint& endpoint,
                                             std::size_t pages) const {
  Wave wave;
  ATLAS_TRY(auto snapshot, endpoint.snapshot());
  while (!scan.done() && wave.pages.size() < pages) {
    ATLAS_TRY(KeyPage page, scan.next(*snapshot, context_.run.page_rows));
    if (!page.keys.empty()) wave.pages.push_back(std::move(page));
  }
  wave.moved = scan.moved();
  return wave;
}

// The rows of a wave without our own writes of this run. A row that moved between two of its pages
// stays in the first (E5): what is decided there is its newest state.
std::vector<Seed> EntityRun::seeds_of(const Wave& wave, const SourceSpec& spec) {
  const EndpointIndex at = context_.entity.endpoint(spec.part, spec.kind);
  std::vector<Seed> seeds;
  std::unordered_set<KeyView> seen;
  for (const KeyPage& page : wave.pages) {
    seeds.reserve(seeds.size() + page.keys.size());
    for (const KeyVersion& row : page.keys) {
      const bool ours = context_.own_writes.contains(at, row.version.token);
      const bool again = !ours && wave.pages.size() > 1 && !seen.insert(row.key).second;
      if (ours || again) {
        ++context_.counts.captured;
        ++(ours ? context_.counts.echo : context_.counts.merged);
        continue;
      }
      Seed seed;
      seed.instance = {spec.side, spec.kind, Key(row.key)};
      seed.scanned = row.version;
      seed.part = spec.part;
      seeds.push_back(std::move(seed));
    }
  }
  return seeds;
}

// One page with its cursor; or several side by side, and the cursor with a page that comes once all
// of these are confirmed (E6).
Result<> EntityRun::run_pages(std::vector<std::vector<Seed>> pages, PageOptions options,
                              const std::optional<Cursor>& moved, std::function<void()> beside) {
  if (owed_) options.cursors.push_back(*owed_);
  if (pages.size() <= 1) {
    owed_.reset();
    if (moved) options.cursors = {*moved};
    return run_page(pages.empty() ? std::vector<Seed>() : std::move(pages.front()),
                    std::move(options));
  }
  ATLAS_TRY(std::vector<PageResult> done,
            lanes_.process(
                std::move(pages), options, [this] { return keep_going(); }, std::move(beside)));
  for (PageResult& result : done) take(std::move(result));
  if (moved) owed_ = moved;
  return {};
}

void EntityRun::take(PageResult result) {
  context_.counts.add(result.counts);
  page_size_.learn(result.rows, result.bytes);
  if (result.transient) transient_ = std::move(result.transient);
  observer_.page_done(context_.entity.name, context_.counts);
}

// Runs a first small page where nobody knows yet how large rows are.
Result<> EntityRun::measure(std::vector<Seed>& seeds, const PageOptions& options) {
  if (page_size_.known() || seeds.size() <= page_size_.rows()) return {};
  return run_page(take_first(seeds, page_size_.rows()), options);
}

// In several pages where rows are large; the cursors go with the last.
Result<> EntityRun::run_page(std::vector<Seed> seeds, PageOptions options) {
  PageOptions early = options;
  early.cursors.clear();
  while (seeds.size() > page_size_.rows()) {
    Page page(context_);
    ATLAS_TRY(PageResult result, page.process(take_first(seeds, page_size_.rows()), early));
    take(std::move(result));
    ATLAS_OK(keep_going());
  }
  Page page(context_);
  ATLAS_TRY(PageResult result, page.process(std::move(seeds), std::move(options)));
  take(std::move(result));
  return {};
}

// One page of candidates: from the store, or in plan mode from this run's own findings.
Result<std::vector<Candidate>> EntityRun::candidate_page(const std::optional<InstanceKey>& after) {
  if (!context_.run.dry) {
    return context_.state.scan_candidates(context_.run.tenant.id, context_.ref,
                                          after ? &*after : nullptr, context_.run.page_rows);
  }
  std::vector<Candidate> page;
  if (!after) page.swap(context_.planned_candidates);
  return page;
}

Result<> EntityRun::set_aside(const std::vector<std::pair<InstanceKey, std::string>>& ambiguous) {
  const auto n = static_cast<std::int64_t>(ambiguous.size());
  context_.counts.captured += n;
  context_.counts.decided += n;
  context_.counts[Outcome::kQuarantined] += n;
  if (context_.run.dry || ambiguous.empty()) return {};
  Confirm confirm;
  for (const auto& [instance, rows] : ambiguous) {
    Pending p;
    p.instance = instance;
    p.state = PendingState::kQuarantined;
    p.code = static_cast<std::uint16_t>(Code::kAmbiguousMatch);
    p.reason = "several rows match";
    p.blocker = rows;
    p.since = context_.run.now;
    p.retry_at = context_.run.now + back_off(0);
    confirm.put_pending.push_back(std::move(p));
  }
  context_.any_pending = true;
  return context_.state.confirm(context_.run.lease, context_.ref, confirm);
}

// After a restore of the state: rows without a link that belong together are found by their minted
// keys (Page), by match, or by all that they hold. What is left is new, if only one side has such
// rows or every key can be derived; else a person says which of them belong together (E9).
Result<> EntityRun::pair_lost() {
  std::vector<InstanceKey> left;  // of a dry run, which keeps no candidates
  std::int64_t alone[2] = {0, 0};
  PageOptions options;
  options.pairing = true;
  std::optional<InstanceKey> after;
  while (true) {
    ATLAS_OK(keep_going());
    ATLAS_TRY(const std::vector<Candidate> page, candidate_page(after));
    if (page.empty()) break;
    after = page.back().instance;
    ATLAS_TRY(Pairs pairs, pair(page, PageOf::kAll));
    ATLAS_OK(set_aside(pairs.ambiguous));
    for (const InstanceKey& one : pairs.alone) ++alone[index(one.side)];
    if (context_.run.dry) left = std::move(pairs.alone);
    if (!pairs.seeds.empty()) ATLAS_OK(run_page(std::move(pairs.seeds), options));
  }
  const EntityPlan& entity = context_.entity;
  const bool derivable =
      entity.legacy_key != KeyOrigin::kSequence && entity.platform_key != KeyOrigin::kSequence;
  const bool unsure = !derivable && alone[0] > 0 && alone[1] > 0;
  if (context_.run.dry) return settle_alone(left, unsure, options);
  after.reset();
  while (true) {
    ATLAS_OK(keep_going());
    ATLAS_TRY(const std::vector<Candidate> page, candidate_page(after));
    if (page.empty()) return {};
    after = page.back().instance;
    ATLAS_TRY(const Pairs pairs, pair(page, PageOf::kAll));
    ATLAS_OK(settle_alone(pairs.alone, unsure, options));
  }
}

Result<> EntityRun::settle_alone(const std::vector<InstanceKey>& alone, bool unsure,
                                 const PageOptions& options) {
  if (alone.empty()) return {};
  if (!unsure) {
    std::vector<Seed> seeds(alone.size());
    for (std::size_t i = 0; i < alone.size(); ++i) seeds[i].instance = alone[i];
    return run_page(std::move(seeds), options);
  }
  const auto n = static_cast<std::int64_t>(alone.size());
  context_.counts.captured += n;
  context_.counts.decided += n;
  context_.counts[Outcome::kQuarantined] += n;
  if (context_.run.dry) return {};
  Confirm confirm;
  for (const InstanceKey& instance : alone) {
    Pending p;
    p.instance = instance;
    p.state = PendingState::kQuarantined;
    p.code = static_cast<std::uint16_t>(Code::kLostPair);
    p.reason = "both sides have rows without a link since the state was restored";
    p.since = context_.run.now;
    p.retry_at = context_.run.now + std::chrono::days(36'500);  // a person's word is awaited
    confirm.put_pending.push_back(std::move(p));
    if (!context_.entity.has_match) confirm.drop_candidates.push_back(instance);
  }
  context_.any_pending = true;
  return context_.state.confirm(context_.run.lease, context_.ref, confirm);
}

Result<> EntityRun::pair_candidates() {
  std::optional<InstanceKey> after;
  while (true) {
    ATLAS_OK(keep_going());
    ATLAS_TRY(const std::vector<Candidate> page, candidate_page(after));
    if (page.empty()) return {};
    after = page.back().instance;
    ATLAS_TRY(Pairs pairs, pair(page, PageOf::kAll));
    ATLAS_OK(set_aside(pairs.ambiguous));
    if (pairs.seeds.empty()) continue;
    PageOptions options;
    options.pairing = true;
    ATLAS_OK(run_page(std::move(pairs.seeds), std::move(options)));
  }
}

// A row that was set aside before its pair was known is taken for new only once there is none.
Result<> EntityRun::pair_possible() {
  if (context_.possible_pairs.empty()) return {};
  ATLAS_TRY(Pairs pairs, pair(std::exchange(context_.possible_pairs, {}), PageOf::kSome));
  ATLAS_OK(set_aside(pairs.ambiguous));
  PageOptions options;
  options.pairing = true;
  return pairs.seeds.empty() ? Result<>() : run_page(std::move(pairs.seeds), options);
}

Result<bool> EntityRun::plan_later() {
  const RefTable& links = *context_.planned_links;
  const auto linked = [&](const MissingParent& parent) {
    return parent.side == Side::kLegacy
               ? links.platform_of(parent.parent, parent.kind, parent.key).has_value()
               : links.legacy_of(parent.parent, parent.key).has_value();
  };
  std::vector<PlannedLater> later;
  later.swap(context_.planned_later);
  std::vector<Seed> seeds;
  bool any = false;
  for (PlannedLater& one : later) {
    if (!std::all_of(one.parents.begin(), one.parents.end(), linked)) {
      context_.planned_later.push_back(std::move(one));
      continue;
    }
    any = true;
    if (one.patch) {
      context_.planned->add(std::move(*one.patch));
      continue;
    }
    context_.planned_seen.erase(instance_hash(one.id));
    Seed seed;
    seed.instance = std::move(one.id);
    seed.forced = true;
    seeds.push_back(std::move(seed));
  }
  // They are decided again, and counted again.
  const auto n = static_cast<std::int64_t>(seeds.size());
  context_.counts.captured -= n;
  context_.counts.decided -= n;
  context_.counts[Outcome::kWaiting] -= n;
  if (n > 0) ATLAS_OK(run_page(std::move(seeds), {}));
  ATLAS_OK(pair_possible());
  return any;
}

}  // namespace atlas
