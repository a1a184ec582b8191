#include "mapping/lens_trial.h"

#include "mapping/lens_pair.h"
#include "mapping/lens_samples.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

constexpr std::size_t kCombinationsMax = 4096;

std::string shown(const std::vector<LensColumn>& columns, std::span<const Value> cells) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i)
    out += fmt::format("{}{}={}", i == 0 ? "" : ", ", columns[i].name, shown_cell(cells[i]));
  return out;
}

// Every combination of the first samples of each column, as many of each as keep within the limit.
class Combinations {
 public:
  Combinations(const std::vector<LensColumn>& columns, Arena& arena) {
    for (const LensColumn& column : columns) samples_.push_back(sample_cells(column, arena));
    while (power(each_ + 1) <= kCombinationsMax) ++each_;
    at_.assign(columns.size(), 0);
  }
  // Into `out`; false after the last.
  bool next(std::vector<Value>& out) {
    if (done_) return false;
    out.clear();
    for (std::size_t i = 0; i < at_.size(); ++i) out.push_back(samples_[i][at_[i]]);
    std::size_t i = 0;
    while (i < at_.size() && ++at_[i] >= std::min(each_, samples_[i].size())) at_[i++] = 0;
    done_ = i == at_.size();
    return true;
  }

 private:
  std::size_t power(std::size_t each) const {
    std::size_t out = 1;
    for (std::size_t i = 0; i < samples_.size(); ++i) out *= each;
    return out;
  }

  std::vector<std::vector<Value>> samples_;
  std::vector<std::size_t> at_;
  std::size_t each_ = 1;
  bool done_ = false;
};

}  // namespace

std::string shown_cell(const Value& cell) {
  return cell.tag() == Tag::kText ? fmt::format("'{}'", cell.as_text()) : value_text(cell);
}

std::optional<std::string> lost_trip(const Lens& lens, const LensSpec& spec, Side side) {
  Arena arena;
  Combinations all(columns_of(spec, side), arena);
  std::optional<std::string> smallest;
  std::vector<Value> cells;
  while (all.next(cells)) {
    if (!lens.handles_null() && std::ranges::any_of(cells, &Value::is_null)) continue;
    Value mid;
    std::vector<Value> there(lens.arity(other(side)));
    std::vector<Value> back(cells.size());
    if (!lens.get(side, cells, arena, mid).ok()) continue;
    if (!lens.create(other(side), mid, {}, arena, there).ok()) continue;
    Value again;
    const bool returns = lens.get(other(side), there, arena, again).ok() &&
                         lens.create(side, again, cells, arena, back).ok();
    if (returns && back == cells) continue;
    std::string lost = fmt::format("{} {} is written as {} and comes back as {}", side_name(side),
                                   shown(columns_of(spec, side), cells),
                                   shown(columns_of(spec, other(side)), there),
                                   returns ? shown(columns_of(spec, side), back) : "nothing");
    if (!smallest || lost.size() < smallest->size()) smallest = std::move(lost);
  }
  return smallest;
}

}  // namespace atlas
