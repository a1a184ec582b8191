#include "flow/lanes.h"

#include <functional>
#include <optional>

namespace atlas {

Result<> Lanes::open(std::size_t lanes) {
  while (more_.size() + 1 < lanes) {
    Lane lane;
    ATLAS_TRY(lane.state, first_.run.ports.open_state());
    lane.context = std::make_unique<EntityContext>(first_.run, first_.entity, *lane.state);
    more_.push_back(std::move(lane));
  }
  return {};
}

Result<std::vector<PageResult>> Lanes::process(std::vector<std::vector<Seed>> pages,
                                               const PageOptions& options) {
  ATLAS_OK(open(pages.size()));
  std::vector<std::optional<Result<PageResult>>> done(pages.size());
  std::vector<std::function<void()>> tasks;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    EntityContext& context = i == 0 ? first_ : *more_[i - 1].context;
    if (i > 0) context.learn(first_);
    PageOptions own = options;
    if (i > 0) own.cursors.clear();
    tasks.emplace_back([&context, &page = pages[i], own = std::move(own), &answer = done[i]] {
      answer.emplace(Page(context).process(std::move(page), own));
    });
  }
  first_.run.ports.executor.run(std::move(tasks));
  std::vector<PageResult> results;
  std::optional<Error> failed;
  for (std::size_t i = 0; i < done.size(); ++i) {
    if (i > 0) first_.learn(*more_[i - 1].context);
    if (*done[i]) {
      results.push_back(std::move(**done[i]));
    } else if (!failed) {
      failed = std::move(*done[i]).error();
    }
  }
  if (failed) return std::move(*failed);
  return results;
}

}  // namespace atlas
