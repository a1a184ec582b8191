// The parts of an entity's run that find and carry out deletes: the sweep over both sides, the cap,
// the last stage (ENGINE E23, E30–E32).

#include "capture/reconcile.h"
#include "flow/deletes.h"
#include "flow/entity_run.h"
#include "model/key.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
// Compares rows and links: all of them, or a stretch of each table when its turn has come. The
// first scan of a table was itself a look at all of it.
Result<> EntityRun::reconcile(const std::vector<Cursor>& stored) {
  const SweepOptions& options = context_.run.sweep;
  if (options.sweep == Sweep::kOff) return {};
  const bool rolling = options.sweep == Sweep::kRolling;
  const std::int64_t now = context_.run.now.time_since_epoch().count();
  auto cursor = [&](const std::string& name) -> const Cursor* {
    const auto it = std::find_if(stored.begin(), stored.end(),
                                 [&](const Cursor& c) { return c.source == name; });
    return it == stored.end() ? nullptr : &*it;
  };
  PageOptions first_turns;
  for (const SourceSpec& spec : sources(Wanted::kAll)) {
    Cursor turn;
    if (const Cursor* last = cursor(sweep_cursor(spec.name))) turn = *last;
    turn.source = sweep_cursor(spec.name);
    const Cursor* scanned = cursor(spec.name);
    if (rolling && spec.sweeps && (scanned == nullptr || !scanned->swept)) {
      turn.has_stamp = true;
      turn.stamp = now;
      first_turns.cursors.push_back(std::move(turn));
      continue;
    }
    // A turn in the future was stamped by a clock that was ahead.
    const bool early = now >= turn.stamp && now - turn.stamp < options.every.count();
    if (rolling && turn.has_stamp && early) continue;
    ATLAS_OK(reconcile_source(spec, turn, rolling));
  }
  return first_turns.cursors.empty() ? Result<>() : run_page({}, std::move(first_turns));
}

Result<> EntityRun::reconcile_source(const SourceSpec& spec, const Cursor& turn, bool rolling) {
  ReconcileScan scan(spec, context_.ref, context_.run.tenant.id, rolling ? turn.key : Key());
  if (context_.run.sweep.sweep == Sweep::kRepair) scan.forget_versions();
  const std::int64_t budget = rolling ? context_.run.sweep.rows : INT64_MAX;
  while (!scan.done() && scan.looked_at() < budget) {
    ATLAS_OK(keep_going());
    ATLAS_TRY(Endpoint * endpoint,
              context_.endpoint(context_.entity.endpoint(spec.part, spec.kind)));
    ATLAS_TRY(std::vector<Discrepancy> found,
              scan.next(*endpoint, context_.state, context_.run.page_rows));
    std::vector<Seed> seeds;
    seeds.reserve(found.size());
    for (Discrepancy& one : found) {
      Seed seed;
      seed.instance = std::move(one.instance);
      seed.scanned = one.scanned;
      seed.part = spec.part;
      seeds.push_back(std::move(seed));
    }
    PageOptions options;
    const bool last = scan.done() || scan.looked_at() >= budget;
    if (rolling && last) {
      Cursor moved = turn;
      moved.key = scan.position();
      moved.has_stamp = true;
      moved.stamp = context_.run.now.time_since_epoch().count();
      options.cursors.push_back(std::move(moved));
    }
    if (!seeds.empty() || !options.cursors.empty())
      ATLAS_OK(run_page(std::move(seeds), std::move(options)));
  }
  return {};
}

// --- the cap
// --------------------------------------------------------------------------------------

Result<std::optional<Approval>> EntityRun::approval() {
  ATLAS_TRY(const std::optional<std::string> note,
            context_.state.note(context_.run.tenant.id, approval_note(context_.entity.name)));
  return note ? Approval::parse(*note) : std::nullopt;
}

// Whether no row of a table is left in scope: what a TRUNCATE or a wrong database looks like.
Result<bool> EntityRun::side_emptied(Side side, std::uint16_t kind) {
  const std::uint32_t part = side == Side::kLegacy ? 0 : 1;
  ATLAS_TRY(Endpoint * endpoint, context_.endpoint(context_.entity.endpoint(part, kind)));
  ATLAS_TRY(auto snapshot, endpoint->snapshot());
  ATLAS_TRY(const KeyPage page, snapshot->keys(context_.entity.shape(part, kind), {}, 1));
  return page.keys.empty();
}

// Rows that wait with such a key: one that was spelled anew looks gone under its old spelling.
Result<std::int64_t> EntityRun::misspelled_keys() {
  constexpr std::array kQuarantined = {PendingState::kQuarantined};
  std::int64_t out = 0;
  std::optional<InstanceKey> after;
  while (true) {
    ATLAS_TRY(
        const std::vector<Pending> page,
        context_.state.pending(context_.run.tenant.id, context_.ref, kQuarantined, Instant::max(),
                               after ? &*after : nullptr, context_.run.page_rows));
    if (page.empty()) return out;
    after = page.back().instance;
    out += std::ranges::count_if(page, [](const Pending& p) { return has_stray(p.instance.key); });
  }
}

namespace {

// Where the rows are gone: the side that `repair` brings them back to.
std::string losing_side(const DeleteSet& due) {
  std::int64_t rows[2] = {0, 0};
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    for (const auto& [kind, n] : due.died[index(side)]) rows[index(side)] += n;
  }
  if (rows[0] == 0 && rows[1] == 0) return "SIDE";
  return std::string(side_name(rows[0] >= rows[1] ? Side::kLegacy : Side::kPlatform));
}

}  // namespace

std::string EntityRun::cap_advice(const std::string& name, const DeleteSet& due) const {
  if (!context_.planned_deletes.empty()) {
    return fmt::format(
        "nothing was deleted, and `atlas-bridge sync` deletes nothing of {} either: it sets these "
        "rows aside and names the set that `atlas-bridge approve` wants",
        name);
  }
  return fmt::format(
      "nothing of it was deleted; look at `atlas-bridge quarantine list --state held --entity "
      "{0}`; if they were lost, `atlas-bridge repair --rewound {2}` makes them again from the "
      "other side (look at it with --dry-run first); if they are meant to go, run `atlas-bridge "
      "approve {0} --set {1} --reason ...`",
      name, due.name, losing_side(due));
}

Result<std::optional<Error>> EntityRun::deletes_over_cap() {
  const Instant now = context_.run.now;
  const std::string& name = context_.entity.name;
  if (!context_.any_pending && context_.planned_deletes.empty()) return std::optional<Error>();
  ATLAS_TRY(approval_, approval());
  ATLAS_TRY(DeleteSet due,
            delete_set(context_.state, context_.run.tenant.id, context_.ref, approval_, now));
  due.unapproved += std::ssize(context_.planned_deletes);
  any_due_ = due.rows + due.blocked > 0;
  if (!any_due_ && context_.planned_deletes.empty()) return std::optional<Error>();
  ATLAS_TRY(const std::optional<std::string> note,
            context_.state.note(context_.run.tenant.id, ledger_note(name)));
  ledger_ = DeleteLedger::parse(note.value_or(""));
  ATLAS_TRY(const std::int64_t living,
            context_.state.living_count(context_.run.tenant.id, context_.ref));
  // A share of what lived when the 24 hours began.
  const std::int64_t lately = ledger_.total(now);
  allowed_ = deletes_allowed(context_.entity.limits, living + lately);
  std::string why;
  if (due.unapproved > 0 && due.unapproved + lately > allowed_) {
    const LimitsPlan& limits = context_.entity.limits;
    why = fmt::format(
        "the cap is {} in 24 hours ({} rows, {} % of {} pairs, but a handful always), and {} were "
        "deleted",
        allowed_, limits.deletes_rows, limits.deletes_percent, living + lately, lately);
  }
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    for (const auto& [kind, rows] : due.died[index(side)]) {
      if (!why.empty() || rows < 2 || due.unapproved == 0) continue;
      ATLAS_TRY(const bool emptied, side_emptied(side, kind));
      const std::uint32_t part = side == Side::kLegacy ? 0 : 1;
      if (emptied) {
        why = fmt::format("{} on {} is empty", context_.entity.shape(part, kind).table.text(),
                          side_name(side));
      }
    }
  }
  if (why.empty() && due.unapproved > 0) {
    ATLAS_TRY(const std::int64_t strays, misspelled_keys());
    if (strays > 0)
      why = fmt::format(
          "{} rows have keys that are not spelled as their columns' types, and may be these",
          strays);
  }
  if (why.empty()) return std::optional<Error>();
  return std::optional<Error>(
      Error(Code::kDeletesCapped,
            fmt::format("entity {}: {} rows are to be deleted; {}", name, due.unapproved, why))
          .advise(cap_advice(name, due)));
}

// --- the last stage
// -------------------------------------------------------------------------------

// One page of deletes that are due, at most `budget` of them without an approval.
Result<std::vector<Seed>> EntityRun::due_seeds(const std::optional<InstanceKey>& after,
                                               std::optional<InstanceKey>& last,
                                               std::int64_t budget) {
  constexpr std::array kHeld = {PendingState::kHeld};
  ATLAS_TRY(const std::vector<Pending> page,
            context_.state.pending(context_.run.tenant.id, context_.ref, kHeld, Instant::max(),
                                   after ? &*after : nullptr, context_.run.page_rows));
  if (page.empty()) {
    last.reset();
  } else {
    last = page.back().instance;
  }
  std::vector<Seed> seeds;
  for (const Pending& pending : page) {
    if (!is_due(pending.code)) continue;
    const bool approved = approval_ && approval_->covers(pending, context_.run.now);
    if (!approved && budget-- <= 0) continue;
    Seed seed;
    seed.instance = pending.instance;
    seed.forced = true;
    seed.due = true;
    seeds.push_back(std::move(seed));
  }
  return seeds;
}

// The ledger counts before the rows go, so that a crash cannot make it forget them.
Result<> EntityRun::delete_page(std::vector<Seed> seeds) {
  const Instant now = context_.run.now;
  const std::string name = ledger_note(context_.entity.name);
  const auto most = static_cast<std::int64_t>(seeds.size());
  auto deleted = [this] {
    return context_.counts.deleted_legacy + context_.counts.deleted_platform;
  };
  const std::int64_t before = deleted();
  if (!context_.run.dry) {
    DeleteLedger ahead = ledger_;
    ahead.add(now, most);
    ATLAS_OK(context_.state.put_note(context_.run.tenant.id, name, ahead.text(now)));
  }
  ATLAS_OK(run_page(std::move(seeds), {}));
  ledger_.add(now, deleted() - before);
  if (context_.run.dry) return {};
  return context_.state.put_note(context_.run.tenant.id, name, ledger_.text(now));
}

Result<> EntityRun::carry_out_deletes(Deletes which) {
  std::optional<InstanceKey> after;
  while (any_due_) {
    ATLAS_OK(keep_going());
    std::optional<InstanceKey> last;
    const std::int64_t budget =
        which == Deletes::kApproved ? 0 : allowed_ - ledger_.total(context_.run.now);
    ATLAS_TRY(std::vector<Seed> seeds, due_seeds(after, last, budget));
    if (!seeds.empty()) ATLAS_OK(delete_page(std::move(seeds)));
    if (!last) break;
    after = last;
  }
  // What a dry run found itself is nowhere in state.
  std::vector<Seed> planned;
  for (const InstanceKey& instance : context_.planned_deletes) {
    Seed seed;
    seed.instance = instance;
    seed.forced = true;
    seed.due = true;
    seed.planned = true;
    planned.push_back(std::move(seed));
  }
  context_.planned_deletes.clear();
  if (planned.empty() || which == Deletes::kApproved) return {};
  return delete_page(std::move(planned));
}

}  // namespace atlas
