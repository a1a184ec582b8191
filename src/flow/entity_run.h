#pragma once

// One entity of one run: capture its sources page by page, pair candidates, then look at pending
// keys again.

#include "capture/source.h"
#include "flow/context.h"
#include "flow/observer.h"
#include "flow/page.h"

namespace atlas {

class EntityRun {
 public:
  EntityRun(const RunContext& run, const EntityPlan& entity, StateStore& state,
            RunObserver& observer, std::vector<PlannedWrite>* planned, RefTable* planned_links);

  // Captures every source up to now and handles what it finds.
  //   errors  as Page::process; kStopped when the stop was asked for (progress is kept)
  Result<> capture();
  // Looks at pending keys that are due again. `parents_linked`: links were made in this run, so
  // everything that waits is due.
  Result<> revisit(bool parents_linked);

  const Counts& counts() const { return context_.counts; }
  bool links_made() const { return context_.links_made; }
  // A peer failed for now; the run goes on with other entities.
  const std::optional<Error>& transient() const { return transient_; }

 private:
  Result<> start_unswept(std::vector<Cursor>& stored);
  Result<> capture_source(const SourceSpec& spec, const Cursor& stored);
  Result<> pair_candidates();
  struct Pairs {
    std::vector<Seed> seeds;
    std::vector<std::pair<InstanceKey, std::string>> ambiguous;  // and the rows it could belong to
  };
  Result<Pairs> pair(const std::vector<Candidate>& page);
  Result<std::vector<Candidate>> candidate_page(const std::optional<InstanceKey>& after);
  Result<> set_aside(const std::vector<std::pair<InstanceKey, std::string>>& ambiguous);
  Error breaker() const;
  Result<> run_page(std::vector<Seed> seeds, PageOptions options);
  Result<> keep_going();
  Result<bool> paused();
  Result<bool> other_side_empty(Side side);
  std::vector<SourceSpec> sources() const;
  Seed seed_of(const Pending& pending) const;

  EntityContext context_;
  RunObserver& observer_;
  std::optional<Error> transient_;
  bool create_at_once_[2] = {false, false};
};

}  // namespace atlas
