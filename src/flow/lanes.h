#pragma once

// Pages of one scan side by side: while one waits for a server, another computes. Each lane has
// connections of its own. One caller.

#include "flow/page.h"

#include <memory>
#include <vector>

namespace atlas {

class Lanes {
 public:
  // `first` is lane 0; what the lanes find out is gathered there.
  explicit Lanes(EntityContext& first) : first_(first) {}

  // Processes each page on a lane of its own. No instance may be in two of them (ENGINE E5). The
  // cursors in `options` are confirmed with the first page.
  //   gives   one result a page, in order
  //   errors  as Page::process; other pages may have been confirmed
  Result<std::vector<PageResult>> process(std::vector<std::vector<Seed>> pages,
                                          const PageOptions& options);

 private:
  struct Lane {
    std::unique_ptr<StateStore> state;
    std::unique_ptr<EntityContext> context;
  };
  Result<> open(std::size_t lanes);

  EntityContext& first_;
  std::vector<Lane> more_;  // lanes 1..
};

}  // namespace atlas
