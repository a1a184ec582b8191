#pragma once

// One entity of one run: capture its sources page by page, pair candidates, then look at pending
// keys again.

#include "capture/source.h"
#include "flow/context.h"
#include "flow/deletes.h"
#include "flow/lanes.h"
#include "flow/observer.h"
#include "flow/page.h"
#include "verify/page_size.h"

#include <functional>
#include <map>

namespace atlas {

class EntityRun {
 public:
  EntityRun(const RunContext& run, const EntityPlan& entity, StateStore& state,
            RunObserver& observer, PlannedWrites* planned, RefTable* planned_links);

  // Captures every source up to now and handles what it finds.
  //   errors  as Page::process; kStopped when the stop was asked for (progress is kept)
  Result<> capture();
  // Looks at pending keys that are due again. `parents_linked`: links were made in this run, so
  // everything that waits is due.
  // plan mode: what waited for parents that this run would have linked by now. True if there was
  // any.
  Result<bool> plan_later();
  Result<> revisit(bool parents_linked);

  // Whether the deletes that are due exceed the cap (E32): the reason, or nothing.
  Result<std::optional<Error>> deletes_over_cap();
  Result<std::int64_t> misspelled_keys();
  std::string cap_advice(const std::string& name, const DeleteSet& due) const;
  // Carries out the deletes that are due and allowed, or only those that a person approved. After
  // all upserts, children's entities before their parents' (E23).
  enum class Deletes : std::uint8_t { kAllowed, kApproved };
  Result<> carry_out_deletes(Deletes which);

  const Counts& counts() const { return context_.counts; }
  bool links_made() const { return context_.links_made; }
  // A peer failed for now; the run goes on with other entities.
  const std::optional<Error>& transient() const { return transient_; }

 private:
  Result<> start_unswept(std::vector<Cursor>& stored);
  Result<> capture_source(const SourceSpec& spec, const Cursor& stored);
  Result<> scan_source(const SourceSpec& spec, const Cursor& stored);
  Result<> reconcile(const std::vector<Cursor>& stored);
  Result<> reconcile_source(const SourceSpec& spec, const Cursor& turn, bool rolling);
  Result<bool> side_emptied(Side side, std::uint16_t kind);
  Result<std::optional<Approval>> approval();
  Result<std::vector<Seed>> due_seeds(const std::optional<InstanceKey>& after,
                                      std::optional<InstanceKey>& last, std::int64_t budget);
  Result<> delete_page(std::vector<Seed> seeds);
  Result<> pair_candidates();
  Result<> pair_lost();
  Result<> settle_alone(const std::vector<InstanceKey>& alone, bool unsure,
                        const PageOptions& options);
  struct Pairs {
    std::vector<Seed> seeds;
    std::vector<std::pair<InstanceKey, std::string>> ambiguous;  // and the rows it could belong to
    std::vector<InstanceKey> alone;  // after a restore of the state: without a match
  };
  // kAll: every candidate comes up, so that a pair is handled with its legacy row.
  enum class PageOf : std::uint8_t { kAll, kSome };
  using Matches = std::map<FieldHash, std::vector<InstanceKey>>;
  Result<> find_matches(const std::vector<Candidate>& page, Matches& legacy, Matches& platform);
  std::string names_of(const std::vector<InstanceKey>& legacy,
                       const std::vector<InstanceKey>& platform) const;
  Result<std::map<InstanceKey, InstanceKey>> pairs_of_kind(const Matches& legacy,
                                                           const Matches& platform);
  Result<Pairs> pair(const std::vector<Candidate>& page, PageOf of);
  Result<> pair_possible();
  Result<std::vector<Candidate>> candidate_page(const std::optional<InstanceKey>& after);
  Result<> set_aside(const std::vector<std::pair<InstanceKey, std::string>>& ambiguous);
  Error breaker() const;
  // Some pages of a scan, and where its cursor rests once all of them are confirmed.
  struct Wave {
    std::vector<KeyPage> pages;
    std::optional<Cursor> moved;
  };
  Result<Wave> read_wave(SourceScan& scan, Endpoint& endpoint, std::size_t pages) const;
  std::vector<Seed> seeds_of(const Wave& wave, const SourceSpec& spec);
  Result<> run_pages(std::vector<std::vector<Seed>> pages, PageOptions options,
                     const std::optional<Cursor>& moved, std::function<void()> beside);
  void take(PageResult result);
  Result<> run_page(std::vector<Seed> seeds, PageOptions options);
  Result<> measure(std::vector<Seed>& seeds, const PageOptions& options);
  Result<> keep_going();
  Result<bool> paused();
  Result<bool> other_side_empty(Side side);
  enum class Wanted : std::uint8_t { kCaptured, kAll };  // kAll: also parts that have no stamp
  std::vector<SourceSpec> sources(Wanted wanted = Wanted::kCaptured) const;
  Seed seed_of(const Pending& pending) const;
  struct Pass {
    std::span<const PendingState> states;
    bool everything = false;   // also what is not due yet
    bool unique_only = false;  // only what wants a unique value
  };
  Result<> revisit_pass(const Pass& pass);
  Result<> release_after_change();

  EntityContext context_;
  Lanes lanes_;
  PageSize page_size_;
  RunObserver& observer_;
  std::optional<Error> transient_;
  std::optional<Cursor> owed_;  // of pages that are confirmed; goes with the next ones
  // Set by deletes_over_cap().
  std::optional<Approval> approval_;
  DeleteLedger ledger_;
  std::int64_t allowed_ = 0;
  bool any_due_ = false;
  bool released_ = false;  // release_after_change() has been called
  bool create_at_once_[2] = {false, false};
};

}  // namespace atlas
