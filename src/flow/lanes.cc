#include "flow/lanes.h"

#include <algorithm>
#include <atomic>
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
                                               const PageOptions& options,
                                               const std::function<Result<>()>& keep_going,
                                               std::function<void()> beside) {
  const std::size_t lanes = std::min(kLanes, pages.size());
  ATLAS_OK(open(lanes));
  std::vector<std::optional<Result<PageResult>>> done(pages.size());
  std::atomic<std::size_t> next{lanes};
  const auto work = [&](std::size_t lane) {
    for (std::size_t i = lane; i < pages.size(); i = next.fetch_add(1)) {
      if (i != lane) {
        Result<> go = lane == 0 ? keep_going() : stopped();
        if (!go) {
          done[i].emplace(std::move(go).error());
          return;
        }
      }
      PageOptions own = options;
      if (i > 0) own.cursors.clear();
      done[i].emplace(Page(context(lane)).process(std::move(pages[i]), std::move(own)));
      if (!*done[i]) return;
    }
  };
  std::vector<std::function<void()>> tasks;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    if (lane > 0) context(lane).learn(first_);
    tasks.emplace_back([&work, lane] { work(lane); });
  }
  if (beside) tasks.push_back(std::move(beside));
  first_.run.ports.executor.run(std::move(tasks));
  for (std::size_t lane = 1; lane < lanes; ++lane) first_.learn(context(lane));
  std::vector<PageResult> results;
  for (auto& answer : done) {
    if (!answer) continue;  // an earlier page of its lane failed
    if (!*answer) return std::move(*answer).error();
    results.push_back(std::move(**answer));
  }
  return results;
}

Result<> Lanes::stopped() const {
  if (first_.run.ports.stop() == Ports::Stop::kNone) return {};
  return Error(Code::kDeadline, "entity " + first_.entity.name + " goes on in the next run");
}

}  // namespace atlas
