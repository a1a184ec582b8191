#pragma once

// Pages of one scan on several lanes side by side: while one waits for a server, another computes.
// Each lane has connections of its own. One caller.

#include "flow/page.h"

#include <functional>
#include <memory>
#include <vector>

namespace atlas {

class Lanes {
 public:
  // `first` is lane 0; what the lanes find out is gathered there.
  explicit Lanes(EntityContext& first) : first_(first) {}

  // At most so many pages are worked on at a time.
  static constexpr std::size_t kLanes = 3;

  // Processes the pages; a lane that is free takes the next. No instance may be in two of them
  // (ENGINE E5). The cursors in `options` are confirmed with the first page. Lane 0 asks
  // `keep_going` before each further page, the others whether the run is to stop.
  //   beside  what to do meanwhile, on connections of its own; may be empty
  //   gives   one result a page, in order
  //   errors  as Page::process and `keep_going`; other pages may have been confirmed
  Result<std::vector<PageResult>> process(std::vector<std::vector<Seed>> pages,
                                          const PageOptions& options,
                                          const std::function<Result<>()>& keep_going,
                                          std::function<void()> beside);

 private:
  struct Lane {
    std::unique_ptr<StateStore> state;
    std::unique_ptr<EntityContext> context;
  };
  Result<> open(std::size_t lanes);
  Result<> stopped() const;
  EntityContext& context(std::size_t lane) { return lane == 0 ? first_ : *more_[lane - 1].context; }

  EntityContext& first_;
  std::vector<Lane> more_;  // lanes 1..
};

}  // namespace atlas
