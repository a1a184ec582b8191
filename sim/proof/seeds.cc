#include "sim/proof/seeds.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace atlas::sim {
namespace {

std::uint32_t median(std::vector<std::uint32_t>& of) {
  if (of.empty()) return 0;
  const auto middle = of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2);
  std::nth_element(of.begin(), middle, of.end());
  return *middle;
}

// What the threads add to.
struct Shared {
  std::mutex mutex;
  SeedSums sums;
  std::vector<std::uint32_t> commits, runs, faults;
  std::atomic<std::uint64_t> next{0};
};

Outcome twice(std::uint64_t seed) {
  const Script script = draw(seed);
  Outcome first = play(script);
  const Outcome second = play(script);
  if (first.trace != second.trace && !first.violation)
    first.violation = Violation{"S21 determinism", "two plays of one seed differ"};
  return first;
}

void add(Shared& shared, std::uint64_t seed, const Outcome& outcome) {
  const std::scoped_lock lock(shared.mutex);
  SeedSums& sums = shared.sums;
  ++sums.seeds;
  if (outcome.violation) sums.broken.push_back({seed, *outcome.violation});
  for (std::size_t m = 0; m < kMarks; ++m) {
    if (outcome.marks.has(static_cast<Mark>(m))) ++sums.marks[m];
  }
  for (std::size_t f = 0; f < kFaultKinds; ++f) sums.faults[f] += outcome.faults[f];
  sums.user_commits += outcome.user_commits;
  sums.runs += outcome.runs;
  sums.fault_sum += outcome.fault_count();
  shared.commits.push_back(outcome.user_commits);
  shared.runs.push_back(outcome.runs);
  shared.faults.push_back(outcome.fault_count());
}

void work(Shared& shared, const SeedRange& range) {
  while (true) {
    const std::uint64_t n = shared.next.fetch_add(1);
    if (n >= range.count) return;
    {
      const std::scoped_lock lock(shared.mutex);
      if (shared.sums.broken.size() >= range.violations_max) return;
    }
    add(shared, range.first + n, twice(range.first + n));
  }
}

}  // namespace

SeedSums play_seeds(const SeedRange& range) {
  Shared shared;
  const auto begun = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < range.threads; ++i)
      threads.emplace_back([&shared, &range] { work(shared, range); });
  }
  SeedSums& sums = shared.sums;
  sums.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::ranges::sort(sums.broken, {}, &BrokenSeed::seed);
  sums.user_commits_median = median(shared.commits);
  sums.runs_median = median(shared.runs);
  sums.faults_median = median(shared.faults);
  return std::move(sums);
}

std::string describe(const SeedSums& sums, const SeedRange& range) {
  std::string out;
  for (const BrokenSeed& b : sums.broken)
    out += fmt::format("seed {}: {}: {}\n", b.seed, b.violation.law, b.violation.what);
  const double rate = sums.seconds > 0 ? static_cast<double>(sums.seeds) / sums.seconds : 0;
  out += fmt::format("{} seeds from {}, each twice: {:.0f} seeds/s on {} threads, {} violations\n",
                     sums.seeds, range.first, rate, range.threads, sums.broken.size());
  out += fmt::format("a seed, median: {} user transactions, {} runs, {} faults\n",
                     sums.user_commits_median, sums.runs_median, sums.faults_median);
  out += fmt::format("in all: {} user transactions, {} runs, {} faults\n", sums.user_commits,
                     sums.runs, sums.fault_sum);
  for (std::size_t f = 0; f < kFaultKinds; ++f)
    out += fmt::format("  {:>10} {}\n", sums.faults[f], kFaultNames[f]);
  out += "reached, in seeds:\n";
  for (std::size_t m = 0; m < kMarks; ++m)
    out += fmt::format("  {:>10} {}\n", sums.marks[m], kMarkNames[m]);
  return out;
}

}  // namespace atlas::sim
