#include "apply/batch.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace atlas {

std::vector<Step> plan_steps(const std::vector<RowWrite>& writes) {
  struct Order {
    std::uint32_t first_part = 0;
    std::vector<std::uint32_t> writes;
  };
  std::map<std::pair<bool, EndpointIndex>, Order> steps;
  for (std::uint32_t i = 0; i < writes.size(); ++i) {
    Order& order = steps[{writes[i].kind == WriteKind::kRemove, writes[i].endpoint}];
    const std::uint32_t part = writes[i].effect.part;
    order.first_part = order.writes.empty() ? part : std::min(order.first_part, part);
    order.writes.push_back(i);
  }
  std::vector<std::tuple<bool, std::int64_t, Step>> sorted;
  for (auto& [key, order] : steps) {
    const auto rank = static_cast<std::int64_t>(order.first_part);
    sorted.emplace_back(key.first, key.first ? -rank : rank,
                        Step{key.second, key.first, std::move(order.writes)});
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
  });
  std::vector<Step> out;
  out.reserve(sorted.size());
  for (auto& entry : sorted) out.push_back(std::move(std::get<2>(entry)));
  return out;
}

Grouped group_writes(const std::vector<RowWrite>& writes,
                     const std::vector<std::uint32_t>& chosen) {
  std::vector<std::uint32_t> sorted = chosen;
  // Each kind has a legacy table of its own; on the platform all kinds share theirs. Removes run
  // last part first.
  auto table = [](const RowWrite& w) {
    const std::uint32_t part = w.kind == WriteKind::kRemove ? ~w.effect.part : w.effect.part;
    return std::pair(part, w.effect.part == 0 ? w.effect.kind : std::uint16_t{0});
  };
  auto less = [&writes, &table](std::uint32_t ia, std::uint32_t ib) {
    const RowWrite& a = writes[ia];
    const RowWrite& b = writes[ib];
    const auto table_a = table(a);
    const auto table_b = table(b);
    return std::tie(table_a, a.kind, a.columns, a.key) <
           std::tie(table_b, b.kind, b.columns, b.key);
  };
  std::sort(sorted.begin(), sorted.end(), less);
  Grouped out;
  for (const std::uint32_t i : sorted) {
    const RowWrite& w = writes[i];
    const bool same = !out.groups.empty() && out.groups.back().shape == w.shape &&
                      out.groups.back().kind == w.kind && out.groups.back().columns == w.columns;
    if (!same) {
      WriteGroup group;
      group.shape = w.shape;
      group.kind = w.kind;
      group.columns = w.columns;
      out.groups.push_back(std::move(group));
      out.order.emplace_back();
    }
    WriteGroup& group = out.groups.back();
    group.keys.push_back(w.key);
    group.guards.push_back(w.guard);
    group.instances.push_back(w.instance);
    group.ordinals.push_back(w.effect.ordinal);
    group.cells.insert(group.cells.end(), w.cells.begin(), w.cells.end());
    out.order.back().push_back(i);
  }
  return out;
}

}  // namespace atlas
